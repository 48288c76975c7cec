//! Step one of the cleanup pass: MEL, CxtVLC and U-VLC codes to a record per quad (ISO/IEC 15444-15, 7.3.3 to 7.3.6).

use super::mel::Mel;
use super::segment::Bits;
use super::vlc::{CONTEXT_MASK, EXTENDED, INITIAL, OTHER, UVLC, mode, record};

/// Reads the quads of a block, pair by pair and row by row.
#[derive(Debug)]
pub(super) struct QuadReader<'a> {
    mel: Mel<'a>,
    vlc: Bits<'a>,
    /// The byte of the next refill, the bits not yet used, and how many.
    at: usize,
    window: u64,
    count: u32,
}

impl<'a> QuadReader<'a> {
    pub fn new(mel: Mel<'a>, vlc: Bits<'a>) -> Self {
        Self { mel, vlc, at: 7, window: vlc.word(0), count: 56 }
    }

    /// Whether no more bits were used than the stream holds.
    pub fn within(&self) -> bool {
        self.at * 8 <= self.vlc.len + self.count as usize
    }

    /// Reads a pair of quads of the first row; `left` is the record to its left. Without `second` the row ends between.
    #[inline(always)]
    pub fn initial_pair(&mut self, left: u32, second: bool) -> [u32; 2] {
        self.pair::<true>(&INITIAL, left, [0, 0], second)
    }

    /// Reads a pair of quads of another row; `above` are the records above it, from one to the left to one to the right.
    #[inline(always)]
    pub fn other_pair(&mut self, left: u32, above: [u32; 4], second: bool) -> [u32; 2] {
        // Bit 0 of the context: the samples to the north-west and north; bit 2: those to the north-east and beyond.
        // They are the bottom samples 1 and 3 of the quads above.
        let [a, b, c, d] = above;
        let bits = |west: u32, north: u32, east: u32| {
            ((west >> (record::RHO + 3 - record::CONTEXT) | north >> (record::RHO + 1 - record::CONTEXT)) & 1 << record::CONTEXT)
                | ((north >> (record::RHO + 1 - record::CONTEXT) | east >> (record::RHO - 1 - record::CONTEXT))
                    & 4 << record::CONTEXT)
        };
        self.pair::<false>(&OTHER, left, [bits(a, b, c), bits(b, c, d)], second)
    }

    #[inline(always)]
    fn pair<const FIRST_ROW: bool>(&mut self, table: &[u32; 1024], left: u32, above: [u32; 2], second: bool) -> [u32; 2] {
        // A pair takes at most 38 bits, so that 18 are left of the refilled 56: enough for both CxtVLC codes, which
        // need not wait for the refill.
        let fresh = self.window | self.vlc.word(self.at) << self.count;
        self.at += (63 - self.count as usize) / 8;
        self.count |= 56;

        let first = self.quad(table, left, above[0], self.window);
        let mut used = first & record::LENGTH;
        let second = if second {
            let next = self.quad(table, first, above[1], self.window >> used);
            used += next & record::LENGTH;
            next
        } else {
            0
        };
        let mut bits = fresh >> used;

        let mut mode = (first >> record::U_OFF & 1) | (second >> record::U_OFF & 1) << 1;
        if FIRST_ROW && mode == 3 {
            mode = if self.mel.event() { mode::BOTH_LONG } else { mode::BOTH_SHORT };
        }
        let code = UVLC[(mode << 6) as usize | (bits & 63) as usize];
        let suffixes = (bits >> (code >> 5 & 7)) as u32;
        let (length0, length1) = (code >> 8 & 7, code >> 11 & 7);
        let suffix0 = suffixes & ((1 << length0) - 1);
        let suffix1 = suffixes >> length0 & ((1 << length1) - 1);
        let mut u0 = (code >> 16 & 15) + suffix0;
        let mut u1 = (code >> 20 & 15) + suffix1;
        used += code & 31;
        if suffix0 >= EXTENDED || suffix1 >= EXTENDED {
            bits = fresh >> used;
            if suffix0 >= EXTENDED {
                u0 += 4 * (bits as u32 & 15);
                bits >>= 4;
                used += 4;
            }
            if suffix1 >= EXTENDED {
                u1 += 4 * (bits as u32 & 15);
                used += 4;
            }
        }
        self.window = fresh >> used;
        self.count -= used;
        [first | u0 << record::EXPONENT, second | u1 << record::EXPONENT]
    }

    /// One quad's entry. In context 0 a MEL event says whether there is a code at all.
    #[inline(always)]
    fn quad(&mut self, table: &[u32; 1024], left: u32, above: u32, bits: u64) -> u32 {
        let context = above | left & CONTEXT_MASK;
        let entry = table[(context | bits as u32 & 127) as usize];
        if context == 0 && !self.mel.event() { 0 } else { entry }
    }
}
