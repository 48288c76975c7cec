//! Members of a .zip file. Stored members are read in place; deflated ones are inflated as far as they are read, within a limit.

use crate::Error;
use crate::inflating::{Inflating, MAX_INFLATED, Said};
use crate::storage::{Reader, Storage};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zip::{CompressionMethod, ZipArchive};

/// Most that deflate can gain; a member that claims more lies about its size.
const MAX_RATIO: u64 = 1100;

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
        let zip = ZipArchive::new(Reader::new(storage.clone())).map_err(|e| bad(path, &e.to_string()))?;
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

    /// A member; what is deflated is inflated as far as it is read, and not compared with its checksum.
    pub(crate) fn member(&mut self, index: usize) -> Result<Storage, Error> {
        let path = self.path.clone();
        let member = self.zip.by_index(index).map_err(|e| bad(&path, &e.to_string()))?;
        let (size, stored, crc32) = (member.size(), member.compressed_size(), member.crc32());
        let packed = member.compression() != CompressionMethod::Stored;
        let limit = MAX_INFLATED.min(stored.saturating_mul(MAX_RATIO));
        if packed && size > limit {
            return Err(Error::Limit { what: "the size of an archive member", asked: size, allowed: limit });
        }
        let start = member.data_start().ok_or_else(|| bad(&path, "a member is nowhere"))?;
        drop(member);
        let storage = self.storage.part(start, if packed { stored } else { size });
        let storage = storage.map_err(|_| bad(&path, "a member goes beyond the end of the archive"))?;
        let inflating = |storage| Storage::Inflating(Arc::new(Inflating::new(storage, Some(Said { len: size, crc32 }))));
        Ok(if packed { inflating(storage) } else { storage })
    }
}

fn bad(path: &Path, why: &str) -> Error {
    let name = path.file_name().map_or_else(|| "the archive".into(), |n| n.to_string_lossy().into_owned());
    Error::Decode { coding: "ZIP", why: format!("{name}: {why}") }
}
