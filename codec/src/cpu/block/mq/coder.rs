//! The MQ decoder (ISO/IEC 15444-1 Annex C): bytes of a codeword segment to binary decisions.
//!
//! The registers are the standard's, wider: A and C stand in the top 16 bits of 64, and below them C holds bits that have been
//! loaded early. Every decision is computed without a branch on what is decoded: `select_unpredictable` stands where the compiler
//! would make one.

use std::hint::select_unpredictable;

use super::contexts::{Contexts, RUN, qe};

/// Bytes of a codeword segment and how far they are loaded.
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    /// Whether the byte before was 0xFF, so that the next one overlaps it by a bit.
    after_ones: bool,
    /// What is read beyond the end: 0xFF, as the standard says, or 0.
    beyond: u8,
    /// Bits beyond the end that have been loaded.
    invented: u32,
}

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8], beyond: u8) -> Self {
        Self { bytes, after_ones: false, beyond, invented: 0 }
    }

    /// BYTEIN (C.3.4) until the register is full. `left` counts the bits in `c` below its top 16.
    #[cold]
    #[inline(never)]
    fn load(&mut self, mut c: u64, mut left: i32) -> (u64, i32) {
        while left <= 40 {
            let byte = match *self.bytes {
                // A marker, or the end.
                [next, ..] if self.after_ones && next > 0x8F => {
                    self.bytes = &[];
                    None
                }
                [next, ..] => {
                    self.bytes = &self.bytes[1..];
                    Some(next)
                }
                [] => None,
            };
            let width = if self.after_ones && byte.is_some() { 7 } else { 8 };
            left += width;
            // The bit that a byte after 0xFF has in common with it may carry into it.
            c = c.wrapping_add(u64::from(byte.unwrap_or(self.beyond)) << (48 - left));
            self.invented += if byte.is_none() { 8 } else { 0 };
            self.after_ones = byte == Some(0xFF);
        }
        (c, left)
    }
}

/// Decisions of a pass.
pub(super) trait Decisions {
    /// The zero-coding label of a sample whose neighbourhood is `around`.
    fn zero_coding(&self, around: usize) -> u8;

    /// Whether a sample with that label becomes significant.
    fn significance(&mut self, label: u8) -> bool;

    /// The sign bit of a sample; `around` is an index into [`super::contexts::SIGN_CODING`].
    fn sign(&mut self, around: usize) -> u64;

    /// The next magnitude bit; `context` is a refinement label.
    fn refinement(&mut self, context: u8) -> u64;

    /// The same in new variables, which the compiler keeps in registers for one pass: those that come from a pass and go to
    /// the next it keeps in memory.
    fn local(self) -> Self;
}

/// The registers of the decoder, and what they draw on.
pub(super) struct Mq<'c, 'a> {
    /// A: the interval, at bit 48.
    a: u64,
    /// C: where the codeword lies in it.
    c: u64,
    /// Bits of C below its top 16.
    left: i32,
    contexts: &'c mut Contexts,
    input: &'c mut Input<'a>,
}

impl<'c, 'a> Mq<'c, 'a> {
    /// INITDEC (C.3.5).
    pub fn new(contexts: &'c mut Contexts, input: &'c mut Input<'a>) -> Self {
        // The top bit of C stays free: 15 bits are missing in its top 16.
        let (c, left) = input.load(0, -15);
        Self { a: 1 << 63, c, left, contexts, input }
    }

    /// Whether the segment ends as D.4.2 lets an encoder end it: it writes the lower bound of its interval, cut below the 16
    /// bits of A within a byte. The difference to that bound, C, then has no bit among those that were written.
    pub fn ends_predictably(&self) -> bool {
        let unused = self.unused();
        // An encoder may leave out a last 0xFF.
        (-23..=48).contains(&unused) && i64::from(self.c.leading_zeros()) >= 16 + unused
    }

    /// Whether the segment is as long as encoders make it that take for a layer the bytes written so far and three of those that
    /// are still to come: of A's 16 bits at most 10 lie beyond it then.
    pub fn ends_within(&self) -> bool {
        self.unused() > -11
    }

    /// Bits of the segment below the top 16 of C; negative where that many of the 16 were never written.
    fn unused(&self) -> i64 {
        i64::from(self.left) - i64::from(self.input.invented) + 8 * self.input.bytes.len() as i64
    }

    /// Gives all contexts the probabilities that a code-block begins with.
    pub fn reset(&mut self) {
        self.contexts.reset();
    }

    /// DECODE (C.3.2).
    #[inline(always)]
    pub fn decode(&mut self, context: u8) -> u64 {
        let estimate = self.contexts.estimates[usize::from(context)];
        let place = usize::from(estimate as u8);
        let (more, less) = (self.contexts.more[place], self.contexts.less[place]);
        let qe = qe(estimate);
        let upper = self.a.wrapping_sub(qe);
        // The lower sub-interval has the size Qe. It is the less probable symbol's unless it is the larger one.
        let (above, lower) = self.c.overflowing_sub(qe);
        let less_probable = lower ^ (upper < qe);
        self.c = select_unpredictable(lower, self.c, above);
        self.a = select_unpredictable(lower, qe, upper);
        // RENORMD: as many shifts at once as A needs.
        let shift = self.a.leading_zeros();
        let next = more ^ select_unpredictable(less_probable, less, 0);
        self.contexts.estimates[usize::from(context)] = select_unpredictable(shift == 0, estimate, next);
        self.a <<= shift & 63;
        self.c <<= shift & 63;
        self.left -= shift as i32;
        if self.left < 0 {
            (self.c, self.left) = self.input.load(self.c, self.left);
        }
        (estimate ^ u64::from(less_probable)) & 1
    }

    /// How many of the next `most` decisions in the run-length context are 0, as far as they leave its estimate as it is.
    #[inline(always)]
    pub fn zero_runs(&mut self, most: u32) -> u32 {
        let estimate = self.contexts.estimates[usize::from(RUN)];
        if estimate & 1 == 1 {
            return 0;
        }
        let qe = qe(estimate);
        let mut runs = 0;
        while runs < most {
            let upper = self.a.wrapping_sub(qe);
            if upper < 1 << 63 || self.c < qe {
                break;
            }
            (self.a, self.c) = (upper, self.c - qe);
            runs += 1;
        }
        runs
    }
}

impl Decisions for Mq<'_, '_> {
    #[inline(always)]
    fn zero_coding(&self, around: usize) -> u8 {
        self.contexts.zero_coding[around % 512]
    }

    #[inline(always)]
    fn significance(&mut self, label: u8) -> bool {
        self.decode(label) != 0
    }

    #[inline(always)]
    fn sign(&mut self, around: usize) -> u64 {
        let context = self.contexts.sign_coding[around % 256];
        self.decode(context & 31) ^ u64::from(context >> 7)
    }

    #[inline(always)]
    fn refinement(&mut self, context: u8) -> u64 {
        self.decode(context)
    }

    #[inline(always)]
    fn local(self) -> Self {
        let Self { a, c, left, contexts, input } = self;
        Self { a, c, left, contexts, input }
    }
}

/// Raw bits of the selective arithmetic coding bypass (D.6): from the top bit down, seven in the byte after 0xFF, ones beyond
/// the end.
pub(super) struct Raw<'a> {
    bytes: &'a [u8],
    byte: u8,
    count: u32,
    invented: u32,
}

impl<'a> Raw<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, byte: 0, count: 0, invented: 0 }
    }

    /// Whether the segment ends as D.6 lets an encoder end it: unused bits of the last byte alternate from 0 on, and the last
    /// byte is not 0xFF.
    pub fn ends_predictably(mut self) -> bool {
        let byte_end = |raw: &Self| raw.count == 0 && raw.byte != 0xFF;
        let mut expected = false;
        while !byte_end(&self) && self.invented == 0 {
            if self.next() != expected {
                return false;
            }
            expected = !expected;
        }
        self.bytes.is_empty() && self.invented == 0
    }

    fn next(&mut self) -> bool {
        if self.count == 0 {
            let after_ones = self.byte == 0xFF;
            let next = self.bytes.first().copied().filter(|&next| !(after_ones && next > 0x8F));
            self.bytes = if next.is_some() { &self.bytes[1..] } else { &[] };
            self.count = if after_ones && next.is_some() { 7 } else { 8 };
            self.invented += if next.is_none() { 8 } else { 0 };
            self.byte = next.unwrap_or(0xFF);
        }
        self.count -= 1;
        self.byte >> self.count & 1 == 1
    }
}

impl Decisions for Raw<'_> {
    fn zero_coding(&self, _around: usize) -> u8 {
        0
    }

    fn significance(&mut self, _label: u8) -> bool {
        self.next()
    }

    fn sign(&mut self, _around: usize) -> u64 {
        u64::from(self.next())
    }

    fn refinement(&mut self, _context: u8) -> u64 {
        u64::from(self.next())
    }

    fn local(self) -> Self {
        self
    }
}
