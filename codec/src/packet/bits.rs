//! Bits of a packet header, with the stuffing of ISO/IEC 15444-1 B.10.1.

use crate::error::Error;

/// Reads bits from the most significant down; after a byte `FF` the next one carries seven.
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    /// Next byte to load.
    at: usize,
    /// The byte being read.
    current: u8,
    /// Bits of it not read yet.
    left: u32,
    /// Offset of `bytes` in the file, for errors.
    base: u64,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8], base: u64) -> Self {
        Self { bytes, at: 0, current: 0, left: 0, base }
    }

    pub fn position(&self) -> u64 {
        self.base.saturating_add(self.at as u64)
    }

    fn load(&mut self) -> Result<(), Error> {
        let stuffed = self.current == 0xFF;
        let Some(&byte) = self.bytes.get(self.at) else {
            return Err(Error::Truncated { at: self.position(), what: "a packet header" });
        };
        if stuffed && byte & 0x80 != 0 {
            return Err(Error::malformed("packet header", self.position(), "a stuffed bit is set"));
        }
        self.current = byte;
        self.left = if stuffed { 7 } else { 8 };
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    pub fn bit(&mut self) -> Result<bool, Error> {
        if self.left == 0 {
            self.load()?;
        }
        self.left = self.left.saturating_sub(1);
        Ok((self.current >> (self.left & 7)) & 1 == 1)
    }

    /// The next `count` bits, at most 32, as a number.
    pub fn number(&mut self, count: u32) -> Result<u32, Error> {
        let (mut v, mut more) = (0u32, count);
        while more > 0 {
            if self.left == 0 {
                self.load()?;
            }
            // At most the eight bits of a byte at a time.
            let taken = more.min(self.left) & 15;
            self.left = self.left.saturating_sub(taken);
            let mask = (1u32 << taken).saturating_sub(1);
            v = (v << taken) | ((u32::from(self.current) >> (self.left & 7)) & mask);
            more = more.saturating_sub(taken);
        }
        Ok(v)
    }

    /// Ends the header: gives the bytes it took. A header never ends with `FF` (B.10.1).
    pub fn finish(mut self) -> Result<usize, Error> {
        if self.current == 0xFF {
            self.load()?;
        }
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_after_ff_carries_seven_bits() {
        let mut bits = Bits::new(&[0xFF, 0x7F, 0x80], 0);
        assert_eq!(bits.number(15).unwrap(), 0x7FFF);
        assert!(bits.bit().unwrap());
        assert_eq!(bits.finish().unwrap(), 3);
    }

    #[test]
    fn a_header_that_ends_with_ff_takes_the_stuffed_byte() {
        let mut bits = Bits::new(&[0xFF, 0x00, 0x12], 0);
        assert_eq!(bits.number(8).unwrap(), 255);
        assert_eq!(bits.finish().unwrap(), 2);
        let mut bits = Bits::new(&[0xFF, 0x80], 7);
        assert_eq!(bits.number(8).unwrap(), 255);
        assert!(matches!(bits.bit(), Err(Error::Malformed { at: 8, .. })));
        let mut bits = Bits::new(&[0xFF], 7);
        bits.number(8).unwrap();
        assert_eq!(bits.finish(), Err(Error::Truncated { at: 8, what: "a packet header" }));
    }
}
