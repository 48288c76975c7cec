//! A cursor over bytes that knows where in the file it stands.

use std::borrow::Cow;
use std::ops::Range;

use super::marker::Marker;
use crate::coded::{Coded, Pages};
use crate::error::Error;

/// Big-endian reads that fail with the byte offset instead of running over the end.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    pages: Pages<'a>,
    at: usize,
    end: usize,
    base: u64,
}

impl<'a> Reader<'a> {
    /// A cursor at the start of `coded`, the first byte of which lies at offset `base` of the file.
    pub fn new(coded: impl Into<Coded<'a>>, base: u64) -> Self {
        let coded = coded.into();
        Self { pages: Pages::new(coded), at: 0, end: coded.len(), base }
    }

    /// Offset in the file of the next byte.
    pub fn position(&self) -> u64 {
        self.base.saturating_add(self.at as u64)
    }

    /// Offset in these bytes of the next byte.
    pub fn index(&self) -> usize {
        self.at
    }

    /// Bytes not read yet.
    pub fn remaining(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// Whether the bytes that are left could be the beginning of `marker`, or of more.
    pub fn may_begin(&mut self, marker: Marker) -> Result<bool, Error> {
        let marker = marker.0.to_be_bytes();
        let rest = self.pages.take(self.at..self.at.saturating_add(self.remaining().min(marker.len())))?;
        Ok(marker.starts_with(&rest))
    }

    /// Whether the last bytes of all are `marker`.
    pub fn ends_with(&mut self, marker: Marker) -> Result<bool, Error> {
        let marker = marker.0.to_be_bytes();
        let last = self.remaining().min(marker.len());
        Ok(*self.pages.take(self.end.saturating_sub(last)..self.end)? == marker)
    }

    /// Reading will go on at each of these places.
    pub fn expect(&mut self, places: Vec<usize>) -> Result<(), Error> {
        self.pages.expect(places)
    }

    /// Passes over the next `len` bytes, and gives where they lie among these.
    pub fn skip(&mut self, len: usize, what: &'static str) -> Result<Range<usize>, Error> {
        let from = self.at;
        match from.checked_add(len).filter(|&end| end <= self.end) {
            Some(end) => {
                self.at = end;
                Ok(from..end)
            }
            None => Err(Error::Truncated { at: self.base.saturating_add(self.end as u64), what }),
        }
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize, what: &'static str) -> Result<Cow<'a, [u8]>, Error> {
        let range = self.skip(len, what)?;
        self.pages.take(range)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Error> {
        let mut out = [0; N];
        out.copy_from_slice(&self.take(N, what)?);
        Ok(out)
    }

    pub fn u8(&mut self, what: &'static str) -> Result<u8, Error> {
        Ok(u8::from_be_bytes(self.array(what)?))
    }

    pub fn u16(&mut self, what: &'static str) -> Result<u16, Error> {
        Ok(u16::from_be_bytes(self.array(what)?))
    }

    pub fn u32(&mut self, what: &'static str) -> Result<u32, Error> {
        Ok(u32::from_be_bytes(self.array(what)?))
    }

    pub fn u64(&mut self, what: &'static str) -> Result<u64, Error> {
        Ok(u64::from_be_bytes(self.array(what)?))
    }

    /// A component index: one byte where there are fewer than 257 components, else two (Table A.22).
    pub fn component(&mut self, components: usize, what: &'static str) -> Result<u16, Error> {
        if components < 257 { Ok(u16::from(self.u8(what)?)) } else { self.u16(what) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_big_endian_and_end_with_the_offset() {
        let mut r = Reader::new(&[1, 2, 3, 4, 5, 6, 7], 100);
        assert_eq!(r.u16("a"), Ok(0x0102));
        assert_eq!(r.u32("b"), Ok(0x0304_0506));
        assert_eq!((r.position(), r.remaining()), (106, 1));
        assert_eq!(r.u16("c"), Err(Error::Truncated { at: 107, what: "c" }));
        assert_eq!(r.u8("d"), Ok(7), "a failed read takes nothing");
        assert!(r.take(usize::MAX, "e").is_err());
    }
}
