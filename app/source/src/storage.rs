//! Bytes that can be read at any offset: a part of a file, or memory.

use crate::Error;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Where the bytes of one object are. Files are read by position and never mapped: a file that another program
/// shortens while it is open gives an error and not a crash.
#[derive(Clone, Debug)]
pub(crate) enum Storage {
    /// `len` bytes of a file from `start`.
    File { file: Arc<File>, start: u64, len: u64 },
    /// Inflated bytes.
    Memory(Arc<[u8]>),
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

    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::File { len, .. } => *len,
            Self::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// Exactly `len` bytes from `at`.
    pub(crate) fn read(&self, at: u64, len: usize) -> Result<Vec<u8>, Error> {
        // Nothing is allocated before the bytes are known to be there.
        self.reaches(at, len)?;
        let mut out = vec![0; len];
        self.fill(at, &mut out)?;
        Ok(out)
    }

    /// Fills `out` with the bytes from `at` on.
    pub(crate) fn fill(&self, at: u64, out: &mut [u8]) -> Result<(), Error> {
        let end = self.reaches(at, out.len())?;
        match self {
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
