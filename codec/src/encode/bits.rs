//! Bits of a packet header as they are written, with the stuffing of ISO/IEC 15444-1 B.10.1.

/// Appends bits from the most significant down; after a byte `FF` the next one carries seven.
pub(super) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    byte: u8,
    /// Bits of the byte that are still free.
    free: u8,
}

impl<'a> BitWriter<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, byte: 0, free: 8 }
    }

    pub fn bit(&mut self, bit: bool) {
        self.free -= 1;
        self.byte |= u8::from(bit) << self.free;
        if self.free == 0 {
            self.out.push(self.byte);
            self.free = if self.byte == 0xFF { 7 } else { 8 };
            self.byte = 0;
        }
    }

    /// The lowest `count` bits of a number.
    pub fn number(&mut self, value: u32, count: u32) {
        for n in (0..count).rev() {
            self.bit(value >> n & 1 == 1);
        }
    }

    /// Fills the last byte. A header never ends with `FF`.
    pub fn finish(self) {
        let begun = self.free < 8;
        if begun {
            self.out.push(self.byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_after_ff_carries_seven_bits_and_none_ends_with_it() {
        let mut out = Vec::new();
        let mut bits = BitWriter::new(&mut out);
        bits.number(0x7FFF, 15);
        bits.bit(true);
        bits.finish();
        assert_eq!(out, [0xFF, 0x7F, 0x80]);
        let mut out = Vec::new();
        let mut bits = BitWriter::new(&mut out);
        bits.number(0xFF, 8);
        bits.finish();
        assert_eq!(out, [0xFF, 0x00]);
    }
}
