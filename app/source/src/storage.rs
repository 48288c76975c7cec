//! Bytes that can be read at any offset: a part of a file, memory, or what is inflated of either.

use crate::Error;
use crate::inflating::Inflating;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// Where the bytes of one object are. Files are read by position and never mapped: a file that another program
/// shortens while it is open gives an error and not a crash.
#[derive(Clone, Debug)]
pub(crate) enum Storage {
    /// `len` bytes of a file from `start`.
    File { file: Arc<File>, start: u64, len: u64 },
    /// All bytes.
    Memory(Arc<Vec<u8>>),
    /// Bytes that are inflated when they are read, best from front to end.
    Inflating(Arc<Inflating>),
}

impl Storage {
    /// The whole of a file.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let name = || path.display().to_string();
        // Opening a pipe would wait for whoever writes it, and what is read of it would be gone.
        if !std::fs::metadata(path).map_err(|e| Error::io(name(), e))?.is_file() {
            return Err(Error::unsupported(format!("{} is a pipe or a device; save what it gives as a file first", name())));
        }
        let file = File::open(path).map_err(|e| Error::io(name(), e))?;
        let len = file.metadata().map_err(|e| Error::io(name(), e))?.len();
        Ok(Self::File { file: Arc::new(file), start: 0, len })
    }

    /// Bytes in memory.
    pub(crate) fn memory(bytes: Vec<u8>) -> Self {
        Self::Memory(Arc::new(bytes))
    }

    /// Number of bytes; of what is still to be inflated the most that it can be.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::File { len, .. } => *len,
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Inflating(inflating) => inflating.len(),
        }
    }

    /// Bytes that there are from `at` on, at most `most`.
    pub(crate) fn left(&self, at: u64, most: u64) -> u64 {
        match self {
            Self::Inflating(inflating) => inflating.left(at, most),
            Self::File { .. } | Self::Memory(_) => self.len().saturating_sub(at).min(most),
        }
    }

    /// The same bytes where any of them is read as soon as any other.
    pub(crate) fn whole(self) -> Result<Self, Error> {
        match self {
            Self::Inflating(inflating) => inflating.whole(),
            other => Ok(other),
        }
    }

    /// Whether the bytes are those that were packed, where that can be told.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Inflating(inflating) => inflating.check(),
            Self::File { .. } | Self::Memory(_) => Ok(()),
        }
    }

    /// Bytes `start..start + len` of these, if they are there.
    pub(crate) fn part(&self, start: u64, len: u64) -> Result<Self, Error> {
        let end = start.checked_add(len).filter(|&end| end <= self.len());
        end.ok_or_else(|| Error::dicom(start, format!("{len} bytes are needed here, but the data end at byte {}", self.len())))?;
        match self {
            Self::File { file, start: base, .. } => Ok(Self::File { file: file.clone(), start: base + start, len }),
            Self::Memory(_) | Self::Inflating(_) => Ok(Self::memory(self.read(start, len as usize)?)),
        }
    }

    /// Exactly `len` bytes from `at`.
    pub(crate) fn read(&self, at: u64, len: usize) -> Result<Vec<u8>, Error> {
        // Nothing is allocated before the bytes are known to be there.
        self.reaches(at, len)?;
        if let Self::Inflating(inflating) = self {
            return inflating.read(at, len);
        }
        let mut out = vec![0; len];
        self.fill(at, &mut out)?;
        Ok(out)
    }

    /// Fills `out` with the bytes from `at` on.
    pub(crate) fn fill(&self, at: u64, out: &mut [u8]) -> Result<(), Error> {
        let end = self.reaches(at, out.len())?;
        match self {
            Self::Inflating(inflating) => inflating.fill(at, out)?,
            Self::Memory(bytes) => out.copy_from_slice(&bytes[at as usize..end as usize]),
            Self::File { file, start, .. } => read_exact_at(file, out, start + at).map_err(|e| Error::io("the file", e))?,
        }
        Ok(())
    }

    /// The end of `len` bytes from `at`, which must not lie behind the last byte.
    fn reaches(&self, at: u64, len: usize) -> Result<u64, Error> {
        let have = self.len();
        let end = at.checked_add(len as u64).filter(|&end| end <= have);
        end.ok_or_else(|| Error::dicom(at, format!("{len} bytes are needed here, but the data end at byte {have}")))
    }
}

/// Positioned reads as a stream with a position of its own, so that clones do not disturb each other.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    storage: Storage,
    at: u64,
}

impl Reader {
    /// From the first byte.
    pub(crate) fn new(storage: Storage) -> Self {
        Self { storage, at: 0 }
    }
}

impl Read for Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = self.storage.left(self.at, out.len() as u64) as usize;
        self.storage.fill(self.at, &mut out[..len]).map_err(io::Error::other)?;
        self.at += len as u64;
        Ok(len)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.storage.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], at: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, at)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut at: u64) -> std::io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, at)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            n => {
                buffer = &mut buffer[n..];
                at += n as u64;
            }
        }
    }
    Ok(())
}
