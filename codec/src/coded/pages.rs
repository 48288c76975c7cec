//! A few KiB of coded bytes at a time.

use std::borrow::Cow;
use std::ops::Range;

use super::Coded;
use crate::error::Error;

/// Bytes that are read from a source at a time, at first and at most: headers are small and far apart, or long and in one piece.
const PIECE: Range<usize> = 4 << 10..256 << 10;
/// Bytes that are read ahead at a place where a header is expected, and of all such places together.
const EXPECTED: usize = 512;
const MOST_EXPECTED: usize = 16 << 20;

/// Coded bytes and the pieces of them that were looked at last.
#[derive(Clone)]
pub(crate) struct Pages<'a> {
    coded: Coded<'a>,
    /// What was read from a source last.
    last: Piece,
    /// What was read ahead.
    expected: Vec<Piece>,
}

/// Bytes that were read.
#[derive(Clone, Default)]
struct Piece {
    at: usize,
    bytes: Vec<u8>,
}

impl Piece {
    fn end(&self) -> usize {
        self.at.saturating_add(self.bytes.len())
    }

    fn holds(&self, at: usize) -> bool {
        (self.at..self.end()).contains(&at)
    }

    /// The bytes from `at` on that lie before `end`.
    fn from(&self, at: usize, end: usize) -> &[u8] {
        let until = end.saturating_sub(self.at).min(self.bytes.len());
        self.bytes.get(at.saturating_sub(self.at)..until).unwrap_or_default()
    }
}

impl<'a> Pages<'a> {
    pub fn new(coded: Coded<'a>) -> Self {
        Self { coded, last: Piece::default(), expected: Vec::new() }
    }

    pub fn coded(&self) -> Coded<'a> {
        self.coded
    }

    /// Reads a little at each of these places in one call to the source. Does nothing in memory, nor for more than is worth it.
    pub fn expect(&mut self, mut places: Vec<usize>) -> Result<(), Error> {
        self.expected = Vec::new();
        if self.coded.in_memory().is_some() {
            return Ok(());
        }
        places.sort_unstable();
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut total = 0usize;
        for place in places.into_iter().filter(|&place| place < self.coded.len()) {
            let end = place.saturating_add(EXPECTED).min(self.coded.len());
            match ranges.last_mut() {
                Some(last) if place <= last.end => last.end = end.max(last.end),
                _ => ranges.push(place..end),
            }
            total = total.saturating_add(EXPECTED);
            if total > MOST_EXPECTED {
                return Ok(());
            }
        }
        let mut bytes = self.coded.gather(&ranges)?;
        for range in ranges.into_iter().rev() {
            let own = bytes.split_off(bytes.len().saturating_sub(range.len()));
            self.expected.push(Piece { at: range.start, bytes: own });
        }
        self.expected.reverse();
        Ok(())
    }

    /// The bytes from `at` on as far as they are at hand, but not those from `end` on: at least one where there is any.
    #[inline]
    pub fn from(&mut self, at: usize, end: usize) -> Result<&[u8], Error> {
        let end = end.min(self.coded.len());
        match self.coded.in_memory() {
            Some(bytes) => Ok(bytes.get(at..end).unwrap_or_default()),
            None if at >= end => Ok(&[]),
            None => Ok(self.piece(at)?.from(at, end)),
        }
    }

    /// The piece that holds byte `at`.
    fn piece(&mut self, at: usize) -> Result<&Piece, Error> {
        if !self.last.holds(at) {
            let after = self.expected.partition_point(|piece| piece.at <= at);
            let expected = after.checked_sub(1).and_then(|n| self.expected.get_mut(n)).filter(|piece| piece.holds(at));
            self.last = match expected {
                Some(piece) => Piece { at: piece.at, bytes: std::mem::take(&mut piece.bytes) },
                None => self.read(at)?,
            };
        }
        Ok(&self.last)
    }

    /// Reads the piece that begins at `at`: a longer one where it follows the last.
    fn read(&self, at: usize) -> Result<Piece, Error> {
        let follows = at == self.last.end();
        let len = if follows { self.last.bytes.len().saturating_mul(2).clamp(PIECE.start, PIECE.end) } else { PIECE.start };
        let end = at.saturating_add(len).min(self.coded.len());
        Ok(Piece { at, bytes: self.coded.gather(std::slice::from_ref(&(at..end)))? })
    }

    /// The bytes of a range that lies within the coded ones.
    pub fn take(&mut self, range: Range<usize>) -> Result<Cow<'a, [u8]>, Error> {
        if let Some(bytes) = self.coded.in_memory() {
            return Ok(Cow::Borrowed(bytes.get(range).unwrap_or_default()));
        }
        let at_hand = self.from(range.start, range.end)?;
        if at_hand.len() == range.len() {
            return Ok(Cow::Owned(at_hand.to_vec()));
        }
        Ok(Cow::Owned(self.coded.gather(std::slice::from_ref(&range))?))
    }
}
