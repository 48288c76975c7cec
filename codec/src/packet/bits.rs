//! Bits of a packet header, with the stuffing of ISO/IEC 15444-1 B.10.1.

use crate::coded::Pages;
use crate::error::Error;

/// Reads bits from the most significant down; after a byte `FF` the next one carries seven.
///
/// What goes wrong is told once, by [`Self::finish`]: from there on all bits read as zero.
pub(crate) struct Bits<'p, 'a> {
    pages: &'p mut Pages<'a>,
    /// The header's first byte, the next byte to load, and the first byte that is not the header's.
    first: usize,
    at: usize,
    end: usize,
    /// Bits that are loaded and not read yet, the next one at the top; below them zeros.
    word: u64,
    /// How many there are: at most 63, but without end once something has gone wrong.
    left: u32,
    /// A one for the first bit of each byte in `word`.
    starts: u64,
    /// The bytes loaded last, the newest at the bottom.
    loaded: u128,
    /// Offset in the file of byte 0, for errors.
    base: u64,
    failure: Option<Error>,
}

/// Bits above which no byte is loaded, so that no shift reaches 64.
const FULL: u32 = 55;
/// The lowest bit and the highest bit of each byte.
const LOW_BITS: u64 = u64::MAX / 255;
const HIGH_BITS: u64 = LOW_BITS << 7;

impl<'p, 'a> Bits<'p, 'a> {
    /// A header that begins at `at` and ends before `end`.
    pub fn new(pages: &'p mut Pages<'a>, at: usize, end: usize, base: u64) -> Self {
        Self { pages, first: at, at, end, word: 0, left: 0, starts: 0, loaded: 0, base, failure: None }
    }

    /// Where in the file the byte after the one being read lies.
    fn position(&self) -> u64 {
        self.base.saturating_add(self.next() as u64)
    }

    /// The first byte of which no bit is read.
    fn next(&self) -> usize {
        self.at.saturating_sub(self.unread() as usize)
    }

    /// Bytes that are loaded of which no bit is read.
    fn unread(&self) -> u32 {
        self.starts.count_ones()
    }

    /// Whether something has gone wrong.
    #[inline]
    pub fn failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Something is wrong: `error` is told where. What went wrong first counts.
    #[cold]
    pub fn fail(&mut self, error: impl FnOnce(u64) -> Error) {
        if self.failure.is_none() {
            self.failure = Some(error(self.position()));
            (self.word, self.left, self.starts) = (0, u32::MAX, 0);
        }
    }

    /// The header contradicts the standard.
    #[cold]
    pub fn malformed(&mut self, why: &str) {
        self.fail(|at| Error::malformed("packet header", at, why));
    }

    /// Loads until there are `needed` bits, at most [`FULL`].
    #[cold]
    fn load(&mut self, needed: u32) {
        if let Err(error) = self.try_load(needed) {
            self.fail(|_| error);
        }
    }

    fn try_load(&mut self, needed: u32) -> Result<(), Error> {
        while self.left < needed {
            let bytes = self.pages.from(self.at, self.end)?;
            if bytes.is_empty() {
                return Err(Error::Truncated { at: self.base.saturating_add(self.at as u64), what: "a packet header" });
            }
            // Most bytes come many at a time.
            if let (Some(&chunk), true) = (bytes.first_chunk(), self.loaded as u8 != 0xFF) {
                let chunk = u64::from_be_bytes(chunk);
                // The high bit of each byte that is FF, perhaps of others above one that is.
                let stuffing = (!chunk).wrapping_sub(LOW_BITS) & chunk & HIGH_BITS;
                if stuffing == 0 {
                    let count = (63u32.saturating_sub(self.left) >> 3) & 7;
                    let bits = count << 3;
                    let taken = chunk & !(u64::MAX >> (bits & 63));
                    self.word |= taken >> (self.left & 63);
                    self.starts |= (HIGH_BITS & !(u64::MAX >> (bits & 63))) >> (self.left & 63);
                    self.left = self.left.saturating_add(bits);
                    self.loaded = self.loaded << (bits & 63) | u128::from(chunk >> (64u32.saturating_sub(bits) & 63));
                    self.at = self.at.saturating_add(count as usize);
                    continue;
                }
            }
            for &byte in bytes {
                if self.left > FULL {
                    break;
                }
                let width = match self.loaded as u8 {
                    0xFF if byte & 0x80 == 0 => 7,
                    // Behind the header there may be anything.
                    0xFF if self.left >= needed => return Ok(()),
                    0xFF => {
                        let at = self.base.saturating_add(self.at as u64);
                        return Err(Error::malformed("packet header", at, "a stuffed bit is set"));
                    }
                    _ => 8,
                };
                self.word |= u64::from(byte) << (64u32.saturating_sub(width).saturating_sub(self.left) & 63);
                self.starts |= (1u64 << 63) >> (self.left & 63);
                self.left = self.left.saturating_add(width);
                self.loaded = self.loaded << 8 | u128::from(byte);
                self.at = self.at.saturating_add(1);
            }
        }
        Ok(())
    }

    /// Passes over bits that are loaded, at most 63.
    #[inline]
    fn drop(&mut self, count: u32) {
        self.word <<= count & 63;
        self.starts <<= count & 63;
        self.left = self.left.saturating_sub(count);
    }

    /// The next bit.
    #[inline]
    pub fn bit(&mut self) -> bool {
        if self.left == 0 {
            self.load(1);
        }
        let bit = self.word >> 63 == 1;
        self.drop(1);
        bit
    }

    /// Loads so that there is at least one bit more, as long as there is room.
    fn one_more(&mut self) {
        if self.left < FULL {
            self.load(self.left.saturating_add(1));
        }
    }

    /// Reads ones up to the first zero, and that; gives how many there were.
    #[inline]
    pub fn ones(&mut self) -> u32 {
        // Below the bits that are loaded there are zeros.
        if self.word.leading_ones() >= self.left {
            self.one_more();
        }
        let run = self.word.leading_ones();
        if run < self.left {
            self.drop(run.saturating_add(1));
            return run;
        }
        self.many_ones()
    }

    #[cold]
    fn many_ones(&mut self) -> u32 {
        let mut ones = 0u32;
        while self.bit() {
            ones = ones.saturating_add(1);
        }
        ones
    }

    /// Reads zeros, at most `most` of them, and the one behind fewer; gives how many zeros there were, and whether a one.
    #[inline]
    pub fn zeros(&mut self, most: u32) -> (u32, bool) {
        if self.word == 0 && self.left < most {
            self.one_more();
        }
        let run = self.word.leading_zeros();
        if run < most.min(64) {
            // There is a one among the bits that are loaded.
            self.drop(run.saturating_add(1));
            return (run, true);
        }
        if most <= self.left.min(63) {
            self.drop(most);
            return (most, false);
        }
        self.many_zeros(most)
    }

    #[cold]
    fn many_zeros(&mut self, most: u32) -> (u32, bool) {
        for zeros in 0..most {
            if self.bit() {
                return (zeros, true);
            }
        }
        (most, false)
    }

    /// The next `count` bits, at most 32, as a number.
    #[inline]
    pub fn number(&mut self, count: u32) -> u32 {
        if self.left < count {
            self.load(count);
        }
        // Two shifts, as there may be none of them.
        let v = self.word >> 1 >> (63u32.saturating_sub(count) & 63);
        self.drop(count);
        v as u32
    }

    /// Ends the header: gives the bytes it took. A header never ends with `FF` (B.10.1).
    ///
    /// # Errors
    /// What has gone wrong first.
    pub fn finish(mut self) -> Result<usize, Error> {
        let last = self.loaded >> ((self.unread() << 3) & 127);
        if self.next() > self.first && last as u8 == 0xFF {
            // The rest of it does not count, and the byte after it is taken.
            self.drop(self.starts.leading_zeros().min(self.left));
            self.bit();
        }
        match self.failure {
            Some(error) => Err(error),
            None => Ok(self.next().saturating_sub(self.first)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<R>(bytes: &[u8], base: u64, work: impl FnOnce(Bits) -> R) -> R {
        work(Bits::new(&mut Pages::new(bytes.into()), 0, bytes.len(), base))
    }

    #[test]
    fn a_byte_after_ff_carries_seven_bits() {
        read(&[0xFF, 0x7F, 0x80], 0, |mut bits| {
            assert_eq!(bits.number(15), 0x7FFF);
            assert!(bits.bit());
            assert_eq!(bits.finish().unwrap(), 3);
        });
    }

    #[test]
    fn a_header_that_ends_with_ff_takes_the_stuffed_byte() {
        read(&[0xFF, 0x00, 0x12], 0, |mut bits| {
            assert_eq!(bits.number(8), 255);
            assert_eq!(bits.finish().unwrap(), 2);
        });
        read(&[0xFF, 0x80], 7, |mut bits| {
            assert_eq!(bits.number(8), 255);
            assert!(!bits.bit() && bits.failed());
            assert!(matches!(bits.finish(), Err(Error::Malformed { at: 8, .. })));
        });
        read(&[0xFF], 7, |mut bits| {
            bits.number(8);
            assert_eq!(bits.finish(), Err(Error::Truncated { at: 8, what: "a packet header" }));
        });
    }

    #[test]
    fn bytes_that_are_loaded_ahead_are_not_taken() {
        // What follows the header would be no header: a byte of eight bits after FF.
        let bytes = [0xC0, 0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        for (count, taken) in [(0, 0), (1, 1), (8, 1), (9, 2), (16, 2)] {
            read(&bytes, 0, |mut bits| {
                bits.number(count);
                assert_eq!((bits.position(), bits.finish().unwrap()), (taken as u64, taken));
            });
        }
        read(&bytes, 0, |mut bits| {
            bits.number(24);
            assert!(matches!(bits.finish(), Err(Error::Malformed { at: 3, .. })));
        });
    }

    #[test]
    fn bits_are_those_that_are_read_one_by_one() {
        // With stuffing nearly everywhere, here and there, and nowhere.
        [3, 40, 1000].into_iter().for_each(one_by_one);
        // Runs that are longer than what is loaded at a time.
        let long = [[0u8; 40].as_slice(), &[0xFF, 0x7F].repeat(40), &[0]].concat();
        read(&long, 0, |mut bits| {
            assert_eq!((bits.zeros(300), bits.zeros(99)), ((300, false), (20, true)));
            assert_eq!((bits.ones(), bits.position()), (40 * 15 - 1, 121));
        });
    }

    fn one_by_one(stuffing: u32) {
        let byte = |i: u32| match i % stuffing {
            0 => 0xFF,
            1 => i * 37 % 128,
            _ => i * 37 % 255,
        };
        let bytes: Vec<u8> = (0..400).map(|i| byte(i) as u8).collect();
        let mut plain = Vec::new();
        for (i, byte) in bytes.iter().enumerate() {
            let width = if i > 0 && bytes[i - 1] == 0xFF { 7 } else { 8 };
            plain.extend((0..width).rev().map(|b| byte >> b & 1));
        }
        read(&bytes, 0, |mut bits| {
            let (mut at, mut count) = (0, 0);
            while at + count <= plain.len() {
                let expected = plain[at..at + count].iter().fold(0u32, |v, &bit| v << 1 | u32::from(bit));
                assert_eq!(bits.number(count as u32), expected, "{count} bits from {at}");
                (at, count) = (at + count, (count + 5) % 33);
            }
        });
        read(&bytes, 0, |mut bits| {
            let (mut at, mut most) = (0, 0);
            let run = |at: usize, bit: u8| plain[at..].iter().take_while(|&&b| b == bit).count();
            while at + 200 < plain.len() {
                let ones = run(at, 1);
                assert_eq!(bits.ones(), ones as u32, "ones from {at}");
                at += ones + 1;
                let zeros = run(at, 0).min(most);
                assert_eq!(bits.zeros(most as u32), (zeros as u32, zeros < most), "at most {most} zeros from {at}");
                at += zeros + usize::from(zeros < most);
                most = (most + 1) % 12;
            }
        });
    }
}
