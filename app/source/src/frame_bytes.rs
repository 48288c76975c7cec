//! The bytes of one frame where they are stored, to be read as far as they are needed.

use crate::storage::Storage;
use crate::{EncodedFrame, Error};
use lightbox_codec::{ByteSource, looks_like_codestream};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most bytes of an encoded frame; every one within the decoder's limits is smaller.
const MAX_ENCODED: u64 = 1 << 30;

/// The bytes of one frame as the object holds them, in a file or in memory; its fragments count as joined.
#[derive(Debug)]
pub struct FrameBytes {
    storage: Storage,
    fragments: Vec<Range<u64>>,
    len: u64,
    read: AtomicU64,
    /// Transfer Syntax UID that says how they are coded.
    pub transfer_syntax: String,
}

impl FrameBytes {
    /// Bytes that lie in `fragments` of `storage`, which are within it.
    pub(crate) fn new(storage: Storage, fragments: Vec<Range<u64>>, transfer_syntax: String) -> Result<Self, Error> {
        let len = fragments.iter().map(|f| f.end - f.start).sum();
        if len > MAX_ENCODED {
            return Err(Error::Limit { what: "the size of an encoded frame", asked: len, allowed: MAX_ENCODED });
        }
        Ok(Self { storage, fragments, len, read: AtomicU64::new(0), transfer_syntax })
    }

    /// A file that is one bare codestream.
    ///
    /// # Errors
    /// The file cannot be opened, or is larger than any codestream that can be decoded.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::bare(Storage::open(path)?, String::new())
    }

    /// A frame that is in memory already.
    ///
    /// # Errors
    /// It is larger than any that can be decoded.
    pub fn in_memory(encoded: EncodedFrame) -> Result<Self, Error> {
        Self::bare(Storage::memory(encoded.bytes), encoded.transfer_syntax)
    }

    pub(crate) fn bare(storage: Storage, transfer_syntax: String) -> Result<Self, Error> {
        let all = 0..storage.len();
        Self::new(storage, vec![all], transfer_syntax)
    }

    /// Whether they begin as a codestream does, or as a JP2 or JPH file.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn is_codestream(&self) -> Result<bool, Error> {
        let mut head = vec![0; self.len.min(64) as usize];
        self.fill(0, &mut head)?;
        Ok(looks_like_codestream(&head))
    }

    /// All of them.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn whole(&self) -> Result<EncodedFrame, Error> {
        let mut bytes = vec![0; self.len as usize];
        self.fill(0, &mut bytes)?;
        Ok(EncodedFrame { bytes, transfer_syntax: self.transfer_syntax.clone() })
    }

    /// How many bytes have been read; what was read twice counts twice.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Fills `into` with the bytes from `at` on, which are there.
    fn fill(&self, mut at: u64, mut into: &mut [u8]) -> Result<(), Error> {
        self.read.fetch_add(into.len() as u64, Ordering::Relaxed);
        for fragment in &self.fragments {
            let len = fragment.end - fragment.start;
            if at >= len {
                at -= len;
                continue;
            }
            let (now, later) = into.split_at_mut((len - at).min(into.len() as u64) as usize);
            self.storage.fill(fragment.start + at, now)?;
            (at, into) = (0, later);
            if into.is_empty() {
                break;
            }
        }
        Ok(())
    }
}

impl ByteSource for FrameBytes {
    fn len(&self) -> u64 {
        self.len
    }

    fn read(&self, ranges: &[Range<u64>], mut into: &mut [u8]) -> Result<(), String> {
        for range in ranges {
            let (now, later) = into.split_at_mut((range.end - range.start) as usize);
            self.fill(range.start, now).map_err(|e| e.to_string())?;
            into = later;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_count_as_joined() {
        let storage = Storage::memory((0..100u8).collect());
        let frame = FrameBytes::new(storage, vec![10..13, 20..20, 30..32, 50..60], "1.2".into()).expect("a small frame");
        let all: Vec<u8> = (10..13).chain(30..32).chain(50..60).collect();
        assert_eq!((ByteSource::len(&frame), &frame.whole().expect("it is there").bytes), (15, &all));
        for (start, end) in (0..=15u64).flat_map(|a| (a..=15).map(move |b| (a, b))) {
            let mut part = vec![0; (end - start) as usize];
            frame.read(std::slice::from_ref(&(start..end)), &mut part).expect("it is there");
            assert_eq!(part, all[start as usize..end as usize]);
        }
        let (before, mut two) = (frame.bytes_read(), [0; 4]);
        frame.read(&[1..3, 12..14], &mut two).expect("it is there");
        assert_eq!((two, frame.bytes_read() - before), ([11, 12, 57, 58], 4));
    }
}
