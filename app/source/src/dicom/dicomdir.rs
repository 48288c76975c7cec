//! DICOMDIR (PS3.10 section 8, PS3.3 F.3): which files a medium holds.

use super::file::File;
use super::reader::{self, Want};
use super::sop_class;
use dicom_dictionary_std::tags;
use std::path::{Component, Path, PathBuf};

/// Whether the file says it is a DICOMDIR.
pub(crate) fn is_directory(file: &File) -> bool {
    file.meta().text(tags::MEDIA_STORAGE_SOP_CLASS_UID) == sop_class::MEDIA_STORAGE_DIRECTORY
}

/// The files that its records name, relative to the DICOMDIR's folder, in the order of the records. Records are taken as they lie
/// in the file and not by their offsets, which are the first thing to break when a medium is copied.
pub(crate) fn referenced_files(file: &File) -> Vec<PathBuf> {
    let parsed = reader::parse(&file.storage, file.start, file.syntax, Want::Header);
    let root = parsed.data.root();
    root.items(tags::DIRECTORY_RECORD_SEQUENCE)
        .map(|record| record.texts(tags::REFERENCED_FILE_ID).iter().collect::<PathBuf>())
        .filter(|path| path.components().next().is_some())
        // A record names a file below the DICOMDIR and nothing else.
        .filter(|path| path.components().all(|c| matches!(c, Component::Normal(_))))
        .collect()
}

/// The file below `folder`, whatever the case in which the medium's file system wrote its names.
pub(crate) fn resolve(folder: &Path, relative: &Path) -> Option<PathBuf> {
    let exact = folder.join(relative);
    if exact.is_file() {
        return Some(exact);
    }
    let mut at = folder.to_path_buf();
    for part in relative.components() {
        let wanted = part.as_os_str().to_string_lossy();
        // ISO 9660 adds ".;1" or ";1" to names.
        let matches = |name: &str| {
            let plain = name.split(';').next().unwrap_or(name).trim_end_matches('.');
            plain.eq_ignore_ascii_case(&wanted)
        };
        let entry = std::fs::read_dir(&at).ok()?.flatten().find(|e| matches(&e.file_name().to_string_lossy()))?;
        at = entry.path();
    }
    at.is_file().then_some(at)
}
