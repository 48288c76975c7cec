//! The MEL adaptive run-length decoder (ISO/IEC 15444-15, 7.1.3 and 7.3.3).

/// Exponent of the run length in each state (Table 2).
pub(super) const EXPONENT: [u8; 13] = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5];

/// What a codeword says, by state and the next six bits.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0..7 | events: two for each 0, and one more when a 1 ends the run |
/// | 7..10 | length of the codeword |
/// | 10..14 | next state |
static CODES: [u16; 16 * 64] = codes();

const fn codes() -> [u16; 16 * 64] {
    let mut table = [0; 16 * 64];
    let mut index = 0;
    while index < EXPONENT.len() * 64 {
        let (state, bits) = (index / 64, index as u16 % 64);
        let exponent = EXPONENT[state] as u16;
        let (events, length, next) = if bits >= 32 {
            (2 << exponent, 1, if state + 1 < EXPONENT.len() { state + 1 } else { state })
        } else {
            // After the 0 bit come as many bits of run length as the exponent says.
            (2 * (bits >> (5 - exponent)) + 1, 1 + exponent, state.saturating_sub(1))
        };
        table[index] = events | length << 7 | (next as u16) << 10;
        index += 1;
    }
    table
}

/// Decodes the events that say whether a quad in the all-zero context has a significant sample.
#[derive(Clone, Debug)]
pub(super) struct Mel<'a> {
    suffix: &'a [u8],
    at: usize,
    /// Bits not yet used, the next one in the top place, and how many.
    window: u64,
    count: u32,
    /// Whether the last byte taken was 0xFF, so that the next carries seven bits.
    after_ones: bool,
    state: u32,
    /// Events left of the run: two for each 0, and one more when a 1 ends it.
    run: u32,
}

impl<'a> Mel<'a> {
    /// A decoder of the suffix of a cleanup segment, of at least two bytes.
    pub fn new(suffix: &'a [u8]) -> Self {
        Self { suffix, at: 0, window: 0, count: 0, after_ones: false, state: 0, run: 0 }
    }

    /// The next event.
    #[inline(always)]
    pub fn event(&mut self) -> bool {
        if self.run == 0 {
            self.next_run();
        }
        let one = self.run == 1;
        self.run = self.run.saturating_sub(2);
        one
    }

    #[inline(always)]
    fn next_run(&mut self) {
        if self.count < 6 {
            self.fill();
        }
        let code = u32::from(CODES[(self.state % 16 * 64 + (self.window >> 58) as u32) as usize]);
        let length = code >> 7 & 7;
        (self.run, self.state) = (code & 127, code >> 10);
        self.window <<= length;
        self.count -= length;
    }

    /// Takes bytes while they fit. The last twelve bits of the segment, and all beyond it, are ones.
    #[cold]
    fn fill(&mut self) {
        while self.count <= 56 {
            let left = self.suffix.len().saturating_sub(self.at);
            let byte = match left {
                0 | 1 => 0xFF,
                2 => self.suffix[self.at] | 0x0F,
                _ => self.suffix[self.at],
            };
            self.at += usize::from(left > 0);
            let bits = if self.after_ones { 7 } else { 8 };
            self.after_ones = byte == 0xFF;
            let value = u64::from(byte) & ((1 << bits) - 1);
            self.window |= value << (64 - self.count - bits);
            self.count += bits;
        }
    }
}
