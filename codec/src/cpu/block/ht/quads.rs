//! Step one of the cleanup pass: MEL, CxtVLC and U-VLC codes to a record per quad (ISO/IEC 15444-15, 7.3.3 to 7.3.6).

use super::mel::Mel;
use super::segment::VlcBits;
use super::vlc::{CONTEXT_MASK, EXTENDED, INITIAL, OTHER, UVLC, UVLC_SUFFIXES, mode, record};

/// Reads the quads of a block, pair by pair and row by row. It is small and without references to itself, so that a loop
/// can keep it in registers; the MEL decoder, less often used, stays apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuadReader<'a> {
    vlc: VlcBits<'a>,
    /// The byte of the next refill, the bits not yet used, and how many.
    at: usize,
    window: u64,
    count: u32,
}

/// Bit 0 of a quad's context, from the samples to the north-west and north, and bit 2, from those to the north-east and
/// beyond: the bottom samples, 1 and 3, of the quads above. At its place in a table index.
#[inline(always)]
pub(super) fn context_above(west: u32, north: u32, east: u32) -> u32 {
    const LOW: u32 = 1 << record::CONTEXT;
    let low = west >> (record::RHO + 3 - record::CONTEXT) | north >> (record::RHO + 1 - record::CONTEXT);
    let high = north >> (record::RHO + 1 - record::CONTEXT) | east >> (record::RHO - 1 - record::CONTEXT);
    low & LOW | high & LOW << 2
}

impl<'a> QuadReader<'a> {
    pub fn new(vlc: VlcBits<'a>) -> Self {
        Self { vlc, at: 7, window: vlc.word(0), count: 56 }
    }

    /// Whether no more bits were used than the stream holds. To be asked after every row.
    pub fn within(&self) -> bool {
        self.at * 8 <= self.vlc.len + self.count as usize
    }

    /// Reads a pair of quads, the first in the low half. `left` is the context that the quad to the left adds, `above` what
    /// [`context_above`] says of each, nothing in the first row. Without `second` the row ends between the two. Gives also
    /// what the pair adds to the context of the quad to its right. `deposit` is [`deposit`] or does the same. Without `LONG`
    /// values of 33 and more are not read to their end: their exponents are too great for the caller.
    #[inline(always)]
    pub fn pair<const FIRST_ROW: bool, const LONG: bool>(
        &mut self,
        mel: &mut Mel<'_>,
        left: u32,
        above: [u32; 2],
        second: bool,
        deposit: impl Fn(u64, u64) -> u64,
    ) -> (u64, u32) {
        let table = if FIRST_ROW { &INITIAL } else { &OTHER };
        // A pair takes at most 38 bits, so that 18 are left of the refilled 56: enough for the first CxtVLC code, which need
        // not wait for the refill.
        let fresh = self.window | self.vlc.word(self.at) << self.count;
        self.at += (63 - self.count as usize) / 8;
        self.count |= 56;

        // Every shift takes its count from the lowest six bits of what was looked up, so that nothing else stands between
        // one look-up and the next.
        let first = quad(table, mel, left | above[0], self.window);
        let bits = fresh >> (first & 63);
        let second = if second { quad(table, mel, first | above[1], bits) } else { 0 };
        let bits = bits >> (second & 63);

        const BOTH: u32 = 3 << record::U_OFF;
        let mut mode = first & 1 << record::U_OFF | (second & 1 << record::U_OFF) << 1;
        if FIRST_ROW && mode == BOTH {
            mode = if mel.event() { mode::BOTH_LONG } else { mode::BOTH_SHORT } << record::U_OFF;
        }
        let index = (mode | bits as u32 & 63) as usize;
        let code = UVLC[index];
        self.window = bits >> (code & 63);
        // The lengths of the first code and of the U-VLC codes add up in the lowest bits.
        let mut pair = (u64::from(second) << 32 | u64::from(first)) + code;
        self.count -= (pair as u32 & 63) + (second & record::LENGTH);

        let suffixes = deposit(bits >> (code >> 32 & 63), UVLC_SUFFIXES[index]);
        pair += suffixes;
        if LONG && suffixes >> 2 & suffixes >> 1 & suffixes & EXTENDED != 0 {
            // Rare: a value of 33 or more.
            for place in [record::EXPONENT, record::EXPONENT + 32] {
                if suffixes >> place & 31 >= 28 {
                    pair += (self.window & 15) << (place + 2);
                    self.window >>= 4;
                    self.count -= 4;
                }
            }
        }
        (pair, second)
    }
}

/// Puts the lowest bits of a stream at the places that a mask of [`UVLC_SUFFIXES`] has, in the order of the places.
#[inline(always)]
pub(super) fn deposit(bits: u64, mask: u64) -> u64 {
    let places = bits << record::EXPONENT;
    let first = (mask as u32).count_ones();
    places & mask & 0xFFFF_FFFF | places >> first << 32 & mask & !0xFFFF_FFFF
}

/// One quad's entry. In context 0 a MEL event says whether there is a code at all.
#[inline(always)]
fn quad(table: &[u32; 1024], mel: &mut Mel<'_>, context: u32, bits: u64) -> u32 {
    let context = context & CONTEXT_MASK;
    let entry = table[(context | bits as u32 & 127) as usize];
    if context == 0 && !mel.event() { 0 } else { entry }
}
