//! Coded bytes, in memory or behind a [`ByteSource`], and how they are looked at.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

use std::fmt;
use std::ops::Range;

use crate::error::Error;

mod pages;

pub(crate) use pages::Pages;

/// Bytes that can be read at any offset: of a file, of a server that answers with ranges, of memory.
///
/// A decoder reads headers in pieces of a few KiB, many in one call where TLM or PLT say where they are, and then
/// what the request needs in one call: a source whose way is long may fetch the ranges of a call side by side.
pub trait ByteSource: Sync {
    /// Bytes there are.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `into` with the bytes of `ranges`, one range after the other. The ranges ascend, do not overlap, and lie within
    /// [`Self::len`]; together they are as long as `into`.
    ///
    /// # Errors
    /// Why bytes could not be read, as a clause for a person. Nothing is decoded then.
    fn read(&self, ranges: &[Range<u64>], into: &mut [u8]) -> Result<(), String>;
}

/// The coded bytes of an image: in memory, or where they can be read from.
#[derive(Clone, Copy)]
pub struct Coded<'a>(Bytes<'a>);

#[derive(Clone, Copy)]
enum Bytes<'a> {
    Memory(&'a [u8]),
    /// `len` bytes from `start`.
    Source {
        source: &'a dyn ByteSource,
        start: u64,
        len: usize,
    },
}

impl<'a> From<&'a [u8]> for Coded<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(Bytes::Memory(bytes))
    }
}

impl<'a> From<&&'a [u8]> for Coded<'a> {
    fn from(bytes: &&'a [u8]) -> Self {
        Self(Bytes::Memory(bytes))
    }
}

impl<'a> From<&'a Vec<u8>> for Coded<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self(Bytes::Memory(bytes))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Coded<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self(Bytes::Memory(bytes))
    }
}

impl<'a> From<&'a dyn ByteSource> for Coded<'a> {
    fn from(source: &'a dyn ByteSource) -> Self {
        // What is behind the address space is as if it were cut off.
        Self(Bytes::Source { source, start: 0, len: usize::try_from(source.len()).unwrap_or(usize::MAX) })
    }
}

impl fmt::Debug for Coded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} coded bytes", self.len())
    }
}

impl<'a> Coded<'a> {
    /// Bytes there are.
    pub fn len(&self) -> usize {
        match self.0 {
            Bytes::Memory(bytes) => bytes.len(),
            Bytes::Source { len, .. } => len,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, where they are in memory.
    pub(crate) fn in_memory(&self) -> Option<&'a [u8]> {
        match self.0 {
            Bytes::Memory(bytes) => Some(bytes),
            Bytes::Source { .. } => None,
        }
    }

    /// A part of them, which ends where they do.
    pub(crate) fn part(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.len());
        let from = range.start.min(end);
        Self(match self.0 {
            Bytes::Memory(bytes) => Bytes::Memory(bytes.get(from..end).unwrap_or_default()),
            Bytes::Source { source, start, .. } => {
                Bytes::Source { source, start: start.saturating_add(from as u64), len: end.saturating_sub(from) }
            }
        })
    }

    /// The bytes of ranges that ascend and lie within these, one range after the other.
    pub(crate) fn gather(&self, ranges: &[Range<usize>]) -> Result<Vec<u8>, Error> {
        let total = ranges.iter().map(Range::len).fold(0, usize::saturating_add);
        match self.0 {
            Bytes::Memory(bytes) => {
                let mut all = Vec::with_capacity(total);
                ranges.iter().for_each(|range| all.extend_from_slice(bytes.get(range.clone()).unwrap_or_default()));
                Ok(all)
            }
            Bytes::Source { source, start, .. } => {
                let place = |at: usize| start.saturating_add(at as u64);
                let places: Vec<_> = ranges.iter().map(|range| place(range.start)..place(range.end)).collect();
                let mut all = vec![0; total];
                let failed = |why| Error::Read { at: places.first().map_or(0, |first| first.start), why };
                source.read(&places, &mut all).map_err(failed)?;
                Ok(all)
            }
        }
    }
}
