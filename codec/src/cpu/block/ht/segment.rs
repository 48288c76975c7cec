//! A cleanup segment taken apart (ISO/IEC 15444-15, 7.1) and its bit-streams laid out without stuffing bits.

use super::BlockError;
use super::mel::Mel;

/// A cleanup segment: the MagSgn bytes, then the suffix that MEL (forwards) and VLC (backwards) share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    magsgn: &'a [u8],
    suffix: &'a [u8],
}

/// MagSgn bits, first bit in the least significant place of the first byte, then ones (7.1.2): enough for whatever a row of
/// quads may take that begins no later than the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct MagSgnBits<'a> {
    pub bytes: &'a [u8],
    /// How many bits are coded.
    len: usize,
}

impl MagSgnBits<'_> {
    /// Where a row that would begin at `position` may begin instead: behind the end there are only ones.
    pub fn row_start(self, position: usize) -> usize {
        position.min(self.len.next_multiple_of(8))
    }

    /// Eight bytes from the one that holds bit `position`.
    #[inline(always)]
    pub fn word(self, position: usize) -> u64 {
        word(self.bytes, position / 8)
    }
}

/// VLC bits in the same order, then zeros: as many as a row of quads may take that begins no later than the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct VlcBits<'a> {
    bytes: &'a [u8; VLC_BYTES + 8],
    /// How many bits are coded.
    pub len: usize,
}

impl VlcBits<'_> {
    /// Eight bytes from byte `at` on.
    #[inline(always)]
    pub fn word(self, at: usize) -> u64 {
        // A power of two, so that no check is needed in the innermost loop.
        word(self.bytes, at % VLC_BYTES)
    }
}

/// The three bit-streams of a cleanup segment.
#[derive(Clone, Debug)]
pub(super) struct Streams<'a> {
    pub magsgn: MagSgnBits<'a>,
    pub vlc: VlcBits<'a>,
    pub mel: Mel<'a>,
}

/// MagSgn bytes that a block can use: 4096 samples of 32 bits, stuffed by at most one bit in fifteen.
const MAX_MAGSGN: usize = 4096 * 4 * 16 / 15 + 16;

/// The greatest suffix length S_cup (7.1.1).
const MAX_SUFFIX: usize = 4079;

/// Room for the longest suffix and the zeros behind it.
const VLC_BYTES: usize = 8192;

/// Memory for the unstuffed streams.
#[derive(Debug)]
pub(super) struct Buffers {
    magsgn: Vec<u8>,
    vlc: Box<[u8; VLC_BYTES + 8]>,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { magsgn: Vec::new(), vlc: Box::new([0; VLC_BYTES + 8]) }
    }
}

impl<'a> Segment<'a> {
    /// Finds the two parts by the suffix length in the last twelve bits (7.1.1).
    pub fn split(bytes: &'a [u8]) -> Result<Self, BlockError> {
        let [.., before, last] = *bytes else { return Err(BlockError::Short(bytes.len())) };
        let suffix = usize::from(last) << 4 | usize::from(before & 0x0F);
        if !(2..=bytes.len().min(MAX_SUFFIX)).contains(&suffix) {
            return Err(BlockError::Suffix { suffix, segment: bytes.len() });
        }
        let (magsgn, suffix) = bytes.split_at(bytes.len() - suffix);
        Ok(Self { magsgn, suffix })
    }

    /// Lays out the streams of a block of `width` columns. The segment itself is not changed: its last twelve bits count
    /// as ones (7.1.1).
    pub fn destuff(self, width: usize, buffers: &'a mut Buffers) -> Streams<'a> {
        let magsgn = &self.magsgn[..self.magsgn.len().min(MAX_MAGSGN)];
        // Two lines of samples take up to four bytes each; a pair of quads takes up to 38 bits of VLC. Then a word more.
        let ones = 8 * width.next_multiple_of(4) + 32;
        let zeros = 5 * width.div_ceil(4) + 16;
        Streams {
            magsgn: forwards(magsgn, &mut buffers.magsgn, ones),
            vlc: backwards(self.suffix, &mut buffers.vlc, zeros),
            mel: Mel::new(self.suffix),
        }
    }
}

/// Appends bits to a byte buffer that is large enough.
struct Writer<'a> {
    bytes: &'a mut [u8],
    at: usize,
    pending: u64,
    count: u32,
}

impl Writer<'_> {
    /// Appends the lowest `bits` (0..=8) bits of `value`, which has no others.
    #[inline(always)]
    fn few(&mut self, value: u64, bits: u32) {
        self.pending |= value << self.count;
        self.count += bits;
        if self.count >= 8 {
            self.bytes[self.at] = self.pending as u8;
            self.at += 1;
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    /// Appends 64 bits.
    #[inline(always)]
    fn word(&mut self, value: u64) {
        let bytes = (value << self.count | self.pending).to_le_bytes();
        self.bytes[self.at..self.at + 8].copy_from_slice(&bytes);
        self.at += 8;
        // In two shifts, because the count may be zero.
        self.pending = value >> 1 >> (63 - self.count);
    }

    /// Fills the last byte and `more` behind it with the bits of `padding`, and returns how many bits came before.
    fn finish(self, padding: u8, more: usize) -> usize {
        self.bytes[self.at] = self.pending as u8 | padding << self.count;
        let rest = self.at + 1;
        self.bytes[rest..rest + more].fill(padding);
        self.at * 8 + self.count as usize
    }
}

fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

/// The top bit of each byte.
const TOP: u64 = 0x8080_8080_8080_8080;

/// The top bit of each byte whose lower seven bits are all ones.
#[inline(always)]
fn low_ones(word: u64) -> u64 {
    ((word & !TOP) + 0x0101_0101_0101_0101) & TOP
}

/// MagSgn: the byte after an 0xFF carries seven bits (7.1.2).
fn forwards<'a>(input: &[u8], buffer: &'a mut Vec<u8>, ones: usize) -> MagSgnBits<'a> {
    let needed = input.len() + 9 + ones;
    if buffer.len() < needed {
        buffer.resize(needed, 0);
    }
    let mut writer = Writer { bytes: buffer, at: 0, pending: 0, count: 0 };
    let mut after_ones = false;
    let mut at = 0;
    while at < input.len() {
        if at + 8 <= input.len() {
            let word = word(input, at);
            let ones = low_ones(word) & word;
            // An 0xFF in the last place matters only to the next word.
            if ones << 8 == 0 && !after_ones {
                writer.word(word);
                after_ones = ones != 0;
                at += 8;
                continue;
            }
        }
        for &byte in &input[at..input.len().min(at + 8)] {
            let bits = if after_ones { 7 } else { 8 };
            writer.few(u64::from(byte) & ((1 << bits) - 1), bits);
            after_ones = byte == 0xFF;
        }
        at += 8;
    }
    let len = writer.finish(0xFF, ones);
    MagSgnBits { bytes: &buffer[..len / 8 + 1 + ones], len }
}

/// VLC: from the end of the suffix, a byte with seven ones at the bottom carries seven bits when the byte read before
/// it is above 0x8F (7.1.4). The first four bits are those above the suffix length.
fn backwards<'a>(suffix: &[u8], buffer: &'a mut [u8; VLC_BYTES + 8], zeros: usize) -> VlcBits<'a> {
    let mut writer = Writer { bytes: buffer, at: 0, pending: 0, count: 0 };
    let start = suffix.len() - 2;
    let first = suffix[start] >> 4;
    let bits = if first & 7 == 7 { 3 } else { 4 };
    writer.few(u64::from(first) & ((1 << bits) - 1), bits);
    let mut above = suffix[start] | 0x0F > 0x8F;
    let mut left = start;
    while left > 0 {
        if left >= 8 {
            let word = word(suffix, left - 8).swap_bytes();
            // The top bit of each byte above 0x8F, moved to the byte that is read after it.
            let high = word & (word << 1 | word << 2 | word << 3) & TOP;
            if low_ones(word) & (high << 8 | u64::from(above) << 7) == 0 {
                writer.word(word);
                above = high >> 63 != 0;
                left -= 8;
                continue;
            }
        }
        for &byte in suffix[left.saturating_sub(8)..left].iter().rev() {
            let bits = if above && byte & 0x7F == 0x7F { 7 } else { 8 };
            writer.few(u64::from(byte) & ((1 << bits) - 1), bits);
            above = byte > 0x8F;
        }
        left = left.saturating_sub(8);
    }
    let len = writer.finish(0, zeros);
    VlcBits { bytes: buffer, len }
}
