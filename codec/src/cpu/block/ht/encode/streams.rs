//! The three bit-streams of a cleanup segment as they are written (ISO/IEC 15444-15, 7.1 turned around): MagSgn and VLC bits
//! without stuffing first, which then goes in while they are copied; MEL bits, of which there are few, at once.

use super::super::mel::EXPONENT;
use super::super::segment::{TOP, low_ones, word};

/// Whole bytes that are looked at together: what is left of a word when the bit position is not on a byte.
const STEP: usize = 7;
const STEP_MASK: u64 = (1 << (8 * STEP)) - 1;

/// Up to 56 bits from a bit position on.
#[inline(always)]
fn fetch(raw: &[u8], position: usize) -> u64 {
    word(raw, position / 8) >> (position % 8) & STEP_MASK
}

/// Copies `bits` MagSgn bits, after which `raw` goes on with ones for nine bytes and more: the byte after an 0xFF takes
/// seven. Gives the number of bytes; ones at the end are left out, because a decoder reads them anyway.
pub(super) fn stuff_forwards(raw: &[u8], bits: usize, out: &mut [u8]) -> usize {
    let (mut position, mut at) = (0, 0);
    while position < bits {
        let word = fetch(raw, position);
        let ones = low_ones(word) & word & STEP_MASK;
        out[at..at + 8].copy_from_slice(&word.to_le_bytes());
        if ones == 0 {
            (position, at) = (position + 8 * STEP, at + STEP);
        } else {
            let whole = ones.trailing_zeros() as usize / 8 + 1;
            (position, at) = (position + 8 * whole, at + whole);
            out[at] = (fetch(raw, position) & 0x7F) as u8;
            (position, at) = (position + 7, at + 1);
        }
    }
    loop {
        match out[..at] {
            [.., 0xFF] => at -= 1,
            [.., 0xFF, 0x7F] => at -= 2,
            _ => return at,
        }
    }
}

/// Copies `bits` VLC bits, the first four of which stand for the suffix length's, to the end of `out` and backwards; `raw`
/// goes on with zeros for nine bytes and more. A byte takes seven bits when they are ones and the byte before it is above
/// 0x8F; before the first lies an 0xFF. Gives the number of bytes and how many bits of the last are in use.
pub(super) fn stuff_backwards(raw: &[u8], bits: usize, out: &mut [u8]) -> (usize, u32) {
    let (mut position, mut at) = (0, 0);
    let mut above = TOP & 0xFF;
    while position + 8 * STEP <= bits {
        let word = fetch(raw, position);
        let high = word & (word << 1 | word << 2 | word << 3) & TOP;
        let ones = low_ones(word) & (high << 8 | above) & STEP_MASK;
        let whole = if ones == 0 { STEP } else { ones.trailing_zeros() as usize / 8 + 1 };
        let end = out.len() - at;
        out[end - 8..end].copy_from_slice(&(word & !lowest(ones)).swap_bytes().to_le_bytes());
        position += 8 * whole - usize::from(ones != 0);
        above = if ones == 0 { high >> (8 * STEP - 8) & 0x80 } else { 0 };
        at += whole;
    }
    let mut used = 8;
    while position < bits {
        let byte = fetch(raw, position) as u8;
        let stuffed = byte & 0x7F == 0x7F && above != 0;
        let byte = if stuffed { 0x7F } else { byte };
        let width = if stuffed { 7 } else { 8 };
        above = u64::from(byte > 0x8F);
        used = if stuffed { 8 } else { (bits - position).min(8) as u32 };
        at += 1;
        let end = out.len() - at;
        out[end] = byte;
        position += width;
    }
    (at, used)
}

/// The lowest of the bits that are set.
#[inline(always)]
fn lowest(bits: u64) -> u64 {
    bits & bits.wrapping_neg()
}

/// Most bytes that the events of a block take: one for each of 1024 quads and of 256 pairs, at most six bits for each, some
/// stuffed.
const MEL_BYTES: usize = 1100;

/// The MEL adaptive run-length encoder (7.3.3).
pub(super) struct MelWriter {
    bytes: [u8; MEL_BYTES],
    len: usize,
    /// Bits of the byte begun, the first highest, and how many are still free.
    byte: u32,
    free: u32,
    state: usize,
    /// Events of 0 in the run so far.
    run: u32,
}

impl MelWriter {
    pub fn new() -> Self {
        Self { bytes: [0; MEL_BYTES], len: 0, byte: 0, free: 8, state: 0, run: 0 }
    }

    /// Empties it for the next block.
    pub fn reset(&mut self) {
        (self.len, self.byte, self.free, self.state, self.run) = (0, 0, 8, 0, 0);
    }

    /// `count` events of 0.
    pub fn zeros(&mut self, count: u32) {
        self.run += count;
        while self.run >= 1 << EXPONENT[self.state] {
            self.run -= 1 << EXPONENT[self.state];
            self.bit(1);
            self.state = (self.state + 1).min(EXPONENT.len() - 1);
        }
    }

    /// An event of 1.
    pub fn one(&mut self) {
        self.bit(0);
        for n in (0..EXPONENT[self.state]).rev() {
            self.bit(self.run >> n & 1);
        }
        self.state = self.state.saturating_sub(1);
        self.run = 0;
    }

    /// The event that `one` says.
    pub fn event(&mut self, one: bool) {
        if one { self.one() } else { self.zeros(1) }
    }

    fn bit(&mut self, bit: u32) {
        self.free -= 1;
        self.byte |= bit << self.free;
        if self.free == 0 {
            self.bytes[self.len] = self.byte as u8;
            self.len += 1;
            self.free = if self.byte == 0xFF { 7 } else { 8 };
            self.byte = 0;
        }
    }

    /// Ends the events. Gives the whole bytes, then the last one with those of its bits that are in use, none where there
    /// is no last one.
    pub fn finish(&mut self) -> (&[u8], u8, u8) {
        if self.run > 0 {
            // A run that is not full ends beyond the last event.
            self.bit(1);
        }
        (&self.bytes[..self.len], self.byte as u8, (0xFF << self.free) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::Random;
    use super::*;

    /// Bits packed eight to a byte, or seven where `short` says so of the byte before and the next seven bits.
    fn packed(bits: &[bool], fill: bool, first: u8, short: impl Fn(u8, u8) -> bool) -> Vec<u8> {
        let (mut out, mut at, mut before) = (Vec::new(), 0, first);
        let bit = |at: usize| u8::from(bits.get(at).copied().unwrap_or(fill));
        while at < bits.len() {
            let seven: u8 = (0..7).map(|i| bit(at + i) << i).sum();
            let width = if short(before, seven) { 7 } else { 8 };
            before = if width == 7 { seven } else { seven | bit(at + 7) << 7 };
            at += width;
            out.push(before);
        }
        out
    }

    #[test]
    fn stuffing_by_words_is_stuffing_by_bits() {
        let mut random = Random(0x0123_4567_89AB_CDEF);
        for round in 0..4000 {
            let count = 4 + random.below(if round % 2 == 0 { 40 } else { 700 }) as usize;
            let density = 1 + random.below(12);
            let bits: Vec<bool> = (0..count).map(|n| n < 4 || random.below(density) > 0 || density == 1).collect();
            let raw = |fill: u8| {
                let mut raw = vec![fill; count / 8 + 24];
                for (n, &bit) in bits.iter().enumerate() {
                    raw[n / 8] = raw[n / 8] & !(1 << (n % 8)) | u8::from(bit) << (n % 8);
                }
                raw
            };
            let mut out = vec![0; count / 7 + 32];
            let len = stuff_forwards(&raw(0xFF), count, &mut out);
            let mut expected = packed(&bits, true, 0, |before, _| before == 0xFF);
            while expected.ends_with(&[0xFF]) || expected.ends_with(&[0xFF, 0x7F]) {
                expected.pop();
            }
            assert_eq!(out[..len], expected, "forwards, {count} bits");

            let (len, used) = stuff_backwards(&raw(0), count, &mut out);
            let mut expected = packed(&bits, false, 0xFF, |before, seven| before > 0x8F && seven == 0x7F);
            expected.reverse();
            let start = out.len() - len;
            assert_eq!(out[start..], expected, "backwards, {count} bits");
            assert!((1..=8).contains(&used));
        }
    }
}
