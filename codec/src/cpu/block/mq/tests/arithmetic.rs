//! The MQ encoder (ISO/IEC 15444-1 C.2) and raw bits, with both ways to end a codeword segment.

use super::super::contexts::STATES;

pub struct Encoder {
    /// Index into [`STATES`] of each context.
    contexts: [usize; 19],
    raw: bool,
    a: u32,
    c: u32,
    ct: u32,
    /// The bytes; the first one stands before the segment.
    out: Vec<u8>,
    bits: Vec<u32>,
}

impl Encoder {
    pub fn new() -> Self {
        let mut new = Self { contexts: [0; 19], raw: false, a: 0, c: 0, ct: 0, out: Vec::new(), bits: Vec::new() };
        new.reset();
        new
    }

    pub fn reset(&mut self) {
        self.contexts = [0; 19];
        (self.contexts[0], self.contexts[17], self.contexts[18]) = (2 * 4, 2 * 3, 2 * 46);
    }

    /// INITENC (C.2.8).
    pub fn begin(&mut self, raw: bool) {
        (self.raw, self.a, self.c, self.ct) = (raw, 0x8000, 0, 12);
        self.out = vec![0];
        self.bits.clear();
    }

    pub fn raw(&mut self, bit: u32) {
        self.bits.push(bit);
    }

    /// CODEMPS and CODELPS (C.2.4).
    pub fn encode(&mut self, context: usize, bit: u32) {
        let state = STATES[self.contexts[context]];
        let qe = (state.qe >> 48) as u32;
        self.a -= qe;
        let more_probable = bit == state.next >> 24;
        // Conditional exchange gives the more probable symbol the larger part.
        if (self.a < qe) == more_probable {
            self.a = qe;
        } else {
            self.c += qe;
        }
        if self.a >= 0x8000 {
            return;
        }
        let next = if more_probable { state.next >> 8 } else { state.next >> 16 };
        self.contexts[context] = next as usize & 0xFF;
        while self.a < 0x8000 {
            self.a <<= 1;
            self.c <<= 1;
            self.ct -= 1;
            if self.ct == 0 {
                self.byte_out();
            }
        }
    }

    /// BYTEOUT (C.2.7).
    fn byte_out(&mut self) {
        let last = self.out.last_mut().expect("a byte stands before the segment");
        if *last != 0xFF && self.c >= 0x0800_0000 {
            *last += 1;
            self.c &= 0x07FF_FFFF;
        }
        let shift = if *last == 0xFF { 20 } else { 19 };
        self.out.push((self.c >> shift) as u8);
        self.c &= (1 << shift) - 1;
        self.ct = 27 - shift;
    }

    /// Bytes that have been written, not counting the last one, to which a carry may come.
    pub fn written(&self) -> usize {
        self.out.len().saturating_sub(2)
    }

    /// Ends the segment and gives its bytes.
    pub fn end(&mut self, predictable: bool) -> Vec<u8> {
        if self.raw {
            return self.raw_bytes(predictable);
        }
        if predictable {
            // D.4.2: the bits that have left the interval's 16.
            let mut bits = 12 - self.ct as i32;
            while bits > 0 {
                self.c <<= self.ct;
                self.byte_out();
                bits -= self.ct as i32;
            }
        } else {
            // FLUSH (C.2.9): as many ones as fit into the interval.
            let limit = self.c + self.a;
            self.c |= 0xFFFF;
            if self.c >= limit {
                self.c -= 0x8000;
            }
            for _ in 0..2 {
                self.c <<= self.ct;
                self.byte_out();
            }
        }
        if self.out.last() == Some(&0xFF) {
            self.out.pop();
        }
        self.out.split_off(1)
    }

    /// Bytes from the top bit down, seven bits after 0xFF; what is left is filled with 0, 1, 0, ...
    fn raw_bytes(&self, predictable: bool) -> Vec<u8> {
        let mut out: Vec<u8> = Vec::new();
        let mut bits = self.bits.iter().copied().peekable();
        while bits.peek().is_some() || predictable && out.last() == Some(&0xFF) {
            let count = if out.last() == Some(&0xFF) { 7 } else { 8 };
            let mut fill = 1;
            let mut next = || {
                bits.next().unwrap_or_else(|| {
                    fill = 1 - fill;
                    fill
                })
            };
            out.push((0..count).fold(0, |byte, _| byte << 1 | next() as u8));
        }
        if out.last() == Some(&0xFF) {
            out.pop();
        }
        out
    }
}
