//! Entropy-coded bits (T.81 B.1.1.5): a zero byte after FF is stuffing, any other is a marker and ends the data.

pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    cache: u64,
    count: u32,
}

/// The data end too early or hold an impossible code.
pub(super) type Fault = &'static str;

pub(super) const CUT: Fault = "the entropy-coded data end before the image does";

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, cache: 0, count: 0 }
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let byte = match self.data.get(self.at..) {
                Some([0xFF, 0, ..]) => {
                    self.at += 2;
                    0xFF
                }
                Some([0xFF, ..]) | Some([]) | None => return,
                Some([byte, ..]) => {
                    self.at += 1;
                    *byte
                }
            };
            self.cache = self.cache << 8 | u64::from(byte);
            self.count += 8;
        }
    }

    /// The next 16 bits without taking them, filled up with ones at the end of the data, and how many are there.
    #[inline]
    pub(super) fn peek16(&mut self) -> (u32, u32) {
        if self.count < 16 {
            self.fill();
        }
        if self.count >= 16 {
            ((self.cache >> (self.count - 16)) as u32 & 0xFFFF, 16)
        } else {
            let spare = 16 - self.count;
            (((self.cache << spare) as u32 | ((1 << spare) - 1)) & 0xFFFF, self.count)
        }
    }

    /// Takes `n` bits that [`Bits::peek16`] has shown.
    #[inline]
    pub(super) fn skip(&mut self, n: u32) -> Result<(), Fault> {
        self.count = self.count.checked_sub(n).ok_or(CUT)?;
        Ok(())
    }

    /// The next `n` bits, at most 16.
    #[inline]
    pub(super) fn read(&mut self, n: u32) -> Result<u32, Fault> {
        if self.count < n {
            self.fill();
        }
        self.count = self.count.checked_sub(n).ok_or(CUT)?;
        Ok((self.cache >> self.count) as u32 & ((1 << n) - 1))
    }

    /// A difference of `size` bits (T.81 F.2.2.1 EXTEND), at most 16 bits.
    #[inline]
    pub(super) fn extended(&mut self, size: u32) -> Result<i32, Fault> {
        if size == 0 {
            return Ok(0);
        }
        let value = self.read(size)? as i32;
        Ok(if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value })
    }

    /// Drops the rest of the byte and takes restart marker `n` modulo 8.
    pub(super) fn restart(&mut self, n: u32) -> Result<(), Fault> {
        self.finish();
        while let Some([0xFF, 0xFF, ..]) = self.data.get(self.at..) {
            self.at += 1;
        }
        match self.data.get(self.at..) {
            Some([0xFF, marker, ..]) if u32::from(*marker) == 0xD0 + n % 8 => {
                self.at += 2;
                Ok(())
            }
            _ => Err("a restart marker is missing"),
        }
    }

    /// Offset of what follows the entropy-coded data: the next marker, as whole bytes left in the cache are given back.
    pub(super) fn finish(&mut self) -> usize {
        while self.count >= 8 {
            self.at -= if self.at >= 2 && self.data[self.at - 1] == 0 && self.data[self.at - 2] == 0xFF { 2 } else { 1 };
            self.count -= 8;
        }
        self.count = 0;
        self.at
    }
}
