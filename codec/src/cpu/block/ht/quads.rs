//! Step one of the cleanup pass: MEL, CxtVLC and U-VLC codes to a record per quad (ISO/IEC 15444-15, 7.3.3 to 7.3.6).

use super::mel::Mel;
use super::segment::VlcBits;
use super::vlc::{CONTEXT_MASK, EXTENDED, INITIAL, OTHER, UVLC, mode, record};

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

    /// Reads a pair of quads. `left` is the record to its left, `above` what [`context_above`] says of each, nothing in the
    /// first row. Without `second` the row ends between the two.
    #[inline(always)]
    pub fn pair<const FIRST_ROW: bool>(&mut self, mel: &mut Mel<'_>, left: u32, above: [u32; 2], second: bool) -> [u32; 2] {
        let table = if FIRST_ROW { &INITIAL } else { &OTHER };
        // A pair takes at most 38 bits, so that 18 are left of the refilled 56: enough for both CxtVLC codes, which
        // need not wait for the refill.
        let fresh = self.window | self.vlc.word(self.at) << self.count;
        self.at += (63 - self.count as usize) / 8;
        self.count |= 56;

        // Every shift takes its count from the lowest six bits of what was looked up, so that nothing else stands between
        // one look-up and the next.
        let first = quad(table, mel, left, above[0], self.window);
        let second = if second { quad(table, mel, first, above[1], self.window >> (first & 63)) } else { 0 };
        let bits = fresh >> (first & 63) >> (second & 63);

        const BOTH: u32 = 3 << record::U_OFF;
        let mut mode = u64::from(first & 1 << record::U_OFF | (second & 1 << record::U_OFF) << 1);
        if FIRST_ROW && mode == u64::from(BOTH) {
            mode = if mel.event() { mode::BOTH_LONG } else { mode::BOTH_SHORT } << record::U_OFF;
        }
        let code = UVLC[(mode | bits & 63) as usize];
        self.window = bits >> (code & 63);
        self.count -= (first & record::LENGTH) + (second & record::LENGTH) + (code as u32 & 63);

        let suffixes = (bits >> (code >> 8 & 63)) as u32;
        let lengths = [(code >> 16) as u8, (code >> 32) as u8];
        let suffix0 = suffixes & ((1 << lengths[0]) - 1);
        let suffix1 = suffixes >> lengths[0] & ((1 << lengths[1]) - 1);
        let mut u0 = (code as u32 & 0xFF << record::EXPONENT) + (suffix0 << record::EXPONENT);
        let mut u1 = ((code >> 32) as u32 & 0xFF << record::EXPONENT) + (suffix1 << record::EXPONENT);
        if suffix0 >= EXTENDED || suffix1 >= EXTENDED {
            // Rare: a value of 33 or more.
            for (suffix, u) in [(suffix0, &mut u0), (suffix1, &mut u1)] {
                if suffix >= EXTENDED {
                    *u += (self.window as u32 & 15) << (record::EXPONENT + 2);
                    self.window >>= 4;
                    self.count -= 4;
                }
            }
        }
        [first + u0, second + u1]
    }
}

/// One quad's entry. In context 0 a MEL event says whether there is a code at all.
#[inline(always)]
fn quad(table: &[u32; 1024], mel: &mut Mel<'_>, left: u32, above: u32, bits: u64) -> u32 {
    let context = above | left & CONTEXT_MASK;
    let entry = table[(context | bits as u32 & 127) as usize];
    if context == 0 && !mel.event() { 0 } else { entry }
}
