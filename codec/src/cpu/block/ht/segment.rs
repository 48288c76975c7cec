//! A cleanup segment taken apart (ISO/IEC 15444-15, 7.1) and its bit-streams laid out without stuffing bits.

use super::BlockError;
use super::mel::Mel;
use crate::cpu::simd::Simd;

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

/// MagSgn bytes that a block can use: 4096 samples of 64 bits, stuffed by at most one bit in fifteen.
const MAX_MAGSGN: usize = 4096 * 8 * 16 / 15 + 16;

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

/// The suffix length S_cup of a cleanup segment of `segment` bytes, from its last two (7.1.1).
pub(crate) fn suffix_len(segment: usize, before: u8, last: u8) -> Result<usize, BlockError> {
    let suffix = usize::from(last) << 4 | usize::from(before & 0x0F);
    if !(2..=segment.min(MAX_SUFFIX)).contains(&suffix) {
        return Err(BlockError::Suffix { suffix, segment });
    }
    Ok(suffix)
}

impl<'a> Segment<'a> {
    /// Finds the two parts by the suffix length in the last twelve bits (7.1.1).
    pub fn split(bytes: &'a [u8]) -> Result<Self, BlockError> {
        let [.., before, last] = *bytes else { return Err(BlockError::Short(bytes.len())) };
        let suffix = suffix_len(bytes.len(), before, last)?;
        let (magsgn, suffix) = bytes.split_at(bytes.len() - suffix);
        Ok(Self { magsgn, suffix })
    }

    /// Lays out the streams of a block of `width` columns whose samples take at most `bytes` bytes of MagSgn each. The
    /// segment itself is not changed: its last twelve bits count as ones (7.1.1).
    pub fn destuff(self, simd: Simd, width: usize, bytes: usize, buffers: &'a mut Buffers) -> Streams<'a> {
        let magsgn = &self.magsgn[..self.magsgn.len().min(MAX_MAGSGN)];
        // Two lines of samples; a pair of quads takes up to 38 bits of VLC. Then a vector or a word more.
        let ones = 2 * bytes * width.next_multiple_of(8) + 64;
        let zeros = 5 * width.div_ceil(4) + 16;
        Streams {
            magsgn: forwards(simd, magsgn, &mut buffers.magsgn, ones),
            vlc: backwards(self.suffix, &mut buffers.vlc, zeros),
            mel: Mel::new(self.suffix),
        }
    }
}

/// Appends bits to a byte buffer that is large enough.
pub(super) struct Writer<'a> {
    pub bytes: &'a mut [u8],
    /// The next byte.
    pub at: usize,
    /// Bits for it, and how many, below 8.
    pub pending: u64,
    pub count: u32,
}

impl<'a> Writer<'a> {
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, at: 0, pending: 0, count: 0 }
    }

    /// Appends the lowest `bits` (at most 64) bits of `value`, which has no others.
    #[inline(always)]
    pub fn append(&mut self, value: u64, bits: u32) {
        let low = value << self.count | self.pending;
        self.bytes[self.at..self.at + 8].copy_from_slice(&low.to_le_bytes());
        let total = self.count + bits;
        self.at += total as usize / 8;
        // What did not fit is shifted out in two steps, because the count may be zero.
        self.pending = if total >= 64 { value >> 1 >> (63 - self.count) } else { low >> (total & !7) };
        self.count = total % 8;
    }

    /// Appends a word of `bytes` bytes without the bits that `stuffed` marks.
    #[inline(always)]
    fn append_unstuffed(&mut self, mut word: u64, mut stuffed: u64, bytes: usize) {
        let mut bits = 8 * bytes as u32;
        // From the top, so that the places below stay where they are. Most words have none.
        while stuffed != 0 {
            let bit = 1 << (63 - stuffed.leading_zeros());
            let below = word & (bit - 1);
            word = (word >> 1 & !(bit - 1)) | below;
            stuffed ^= bit;
            bits -= 1;
        }
        self.append(word, bits);
    }

    /// Fills the last byte and `more` behind it with the bits of `padding`, and returns how many bits came before.
    pub fn finish(self, padding: u8, more: usize) -> usize {
        self.bytes[self.at] = self.pending as u8 | padding << self.count;
        let rest = self.at + 1;
        self.bytes[rest..rest + more].fill(padding);
        self.at * 8 + self.count as usize
    }
}

/// Eight bytes from `at` on, first byte lowest.
#[inline(always)]
pub(super) fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

/// Fewer than eight bytes, first byte lowest, zeros above.
fn short_word<'a>(bytes: impl DoubleEndedIterator<Item = &'a u8>) -> u64 {
    bytes.rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// The top bit of each byte.
pub(super) const TOP: u64 = 0x8080_8080_8080_8080;

/// The top bit of each byte whose lower seven bits are all ones.
#[inline(always)]
pub(super) fn low_ones(word: u64) -> u64 {
    ((word & !TOP) + 0x0101_0101_0101_0101) & TOP
}

/// Appends eight MagSgn bytes. `first` has the top bit of the first byte where the byte before was 0xFF; it becomes that of
/// the next word.
#[inline(always)]
pub(super) fn append_word(writer: &mut Writer<'_>, first: &mut u64, word: u64) {
    let ones = low_ones(word) & word;
    writer.append_unstuffed(word, ones << 8 | *first, 8);
    *first = ones >> 63 << 7;
}

/// MagSgn: the byte after an 0xFF carries seven bits (7.1.2).
fn forwards<'a>(simd: Simd, input: &[u8], buffer: &'a mut Vec<u8>, more: usize) -> MagSgnBits<'a> {
    let needed = input.len() + 16 + more;
    if buffer.len() < needed {
        buffer.resize(needed, 0);
    }
    let mut writer = Writer::new(buffer);
    let (mut first, mut rest) = (0, input);
    #[cfg(target_arch = "x86_64")]
    if simd.is_avx2() {
        rest = super::unstuff::blocks(simd, &mut writer, &mut first, rest);
    }
    let (words, rest) = rest.as_chunks();
    words.iter().for_each(|word| append_word(&mut writer, &mut first, u64::from_le_bytes(*word)));
    let word = short_word(rest.iter());
    let ones = low_ones(word) & word;
    let within = (1 << (8 * rest.len())) - 1;
    writer.append_unstuffed(word, (ones << 8 | first) & within, rest.len());
    let len = writer.finish(0xFF, more);
    MagSgnBits { bytes: &buffer[..len / 8 + 1 + more], len }
}

/// VLC: from the end of the suffix, a byte with seven ones at the bottom carries seven bits when the byte read before
/// it is above 0x8F (7.1.4). The first four bits are those above the suffix length.
fn backwards<'a>(suffix: &[u8], buffer: &'a mut [u8; VLC_BYTES + 8], zeros: usize) -> VlcBits<'a> {
    let mut writer = Writer::new(buffer);
    let (body, end) = suffix.split_at(suffix.len() - 2);
    let nibble = end[0] >> 4;
    let bits = if nibble & 7 == 7 { 3 } else { 4 };
    writer.append(u64::from(nibble) & ((1 << bits) - 1), bits);
    // The top bit of the first byte of a word, where the byte before was above 0x8F.
    let mut first = u64::from(end[0] | 0x0F > 0x8F) << 7;
    let words = body.rchunks_exact(8);
    let rest = words.remainder();
    for bytes in words {
        let word = word(bytes, 0).swap_bytes();
        let high = word & (word << 1 | word << 2 | word << 3) & TOP;
        writer.append_unstuffed(word, low_ones(word) & (high << 8 | first), 8);
        first = high >> 63 << 7;
    }
    let word = short_word(rest.iter().rev());
    let high = word & (word << 1 | word << 2 | word << 3) & TOP;
    writer.append_unstuffed(word, low_ones(word) & (high << 8 | first), rest.len());
    let len = writer.finish(0, zeros);
    VlcBits { bytes: buffer, len }
}
