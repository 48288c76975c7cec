//! Members of a .zip file. Stored members are read in place; deflated ones are inflated in memory, within a limit.

use crate::Error;
use crate::storage::Storage;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zip::{CompressionMethod, ZipArchive};

/// Largest member that is inflated.
const MAX_MEMBER: u64 = 1 << 30;
/// Most that deflate can gain; a member that claims more lies about its size.
const MAX_RATIO: u64 = 1100;
/// Bytes that tell whether a member is worth inflating.
const HEAD: u64 = 132;

/// An opened archive; clones share its directory.
#[derive(Clone)]
pub(crate) struct Archive {
    pub path: PathBuf,
    zip: ZipArchive<Reader>,
    storage: Storage,
}

impl Archive {
    /// Whether a file begins as a .zip does.
    pub(crate) fn is_archive(storage: &Storage) -> bool {
        storage.read(0, 4).is_ok_and(|head| head == *b"PK\x03\x04")
    }

    pub(crate) fn open(path: &Path, storage: Storage) -> Result<Self, Error> {
        let reader = Reader { storage: storage.clone(), at: 0 };
        let zip = ZipArchive::new(reader).map_err(|e| bad(path, &e.to_string()))?;
        Ok(Self { path: path.to_path_buf(), zip, storage })
    }

    /// Number of members, folders among them.
    pub(crate) fn len(&self) -> usize {
        self.zip.len()
    }

    /// Name of a member as the archive spells it; `None` for folders.
    pub(crate) fn member_name(&mut self, index: usize) -> Option<String> {
        let member = self.zip.by_index_raw(index).ok()?;
        let name = member.name().ok()?.into_owned();
        (!member.is_dir()).then_some(name)
    }

    /// Bytes of a member. With `probe`, a deflated member that does not begin as an image does is `None` and costs nothing.
    pub(crate) fn member(&mut self, index: usize, probe: fn(&[u8]) -> bool) -> Result<Option<Storage>, Error> {
        let path = self.path.clone();
        let mut member = self.zip.by_index(index).map_err(|e| bad(&path, &e.to_string()))?;
        let size = member.size();
        if member.compression() == CompressionMethod::Stored
            && let (Some(start), Storage::File { file, start: base, len }) = (member.data_start(), &self.storage)
        {
            let end = start.checked_add(size).filter(|end| end <= len);
            if end.is_none() {
                return Err(bad(&path, "a member goes beyond the end of the archive"));
            }
            return Ok(Some(Storage::File { file: file.clone(), start: base + start, len: size }));
        }
        if size > MAX_MEMBER || size / MAX_RATIO > member.compressed_size() {
            let allowed = MAX_MEMBER.min(member.compressed_size().saturating_mul(MAX_RATIO));
            return Err(Error::Limit { what: "the size of an archive member", asked: size, allowed });
        }
        let mut bytes = Vec::new();
        let read = |e: io::Error| bad(&path, &e.to_string());
        member.by_ref().take(HEAD).read_to_end(&mut bytes).map_err(read)?;
        if !probe(&bytes) {
            return Ok(None);
        }
        member.take(size.saturating_sub(bytes.len() as u64) + 1).read_to_end(&mut bytes).map_err(read)?;
        if bytes.len() as u64 != size {
            return Err(bad(&path, "a member is longer than the archive says"));
        }
        Ok(Some(Storage::Memory(Arc::from(bytes))))
    }
}

fn bad(path: &Path, why: &str) -> Error {
    let name = path.file_name().map_or_else(|| "the archive".into(), |n| n.to_string_lossy().into_owned());
    Error::Decode { coding: "ZIP", why: format!("{name}: {why}") }
}

/// Positioned reads as a stream with a position of its own, so that clones do not disturb each other.
#[derive(Clone)]
struct Reader {
    storage: Storage,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = (self.storage.len().saturating_sub(self.at)).min(out.len() as u64) as usize;
        let bytes = self.storage.read(self.at, len).map_err(io::Error::other)?;
        out[..len].copy_from_slice(&bytes);
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
