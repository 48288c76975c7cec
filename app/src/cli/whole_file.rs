//! Files that appear whole or not at all.

use super::failure::{Failure, Outcome};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes `path` through `fill`. The bytes go to a new file in the same folder, which takes the name only when everything is on disk;
/// after a failure no part of it is left and an older file of that name is untouched. A pipe or device is written directly.
pub fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Outcome {
    // A link is followed, so that the file it names is replaced and not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let result = match fs::metadata(&target) {
        Ok(found) if found.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder; name a file in it")),
        Ok(found) if !found.is_file() => OpenOptions::new().write(true).open(&target).and_then(|file| filled(file, fill).map(drop)),
        _ => replace(&target, fill),
    };
    result.map_err(|e| Failure::new(format_args!("{} could not be written: {e}", path.display())))
}

fn filled(file: File, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<File> {
    let mut out = BufWriter::with_capacity(1 << 16, file);
    fill(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)
}

fn replace(target: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let (part, file) = Part::beside(target)?;
    part.keep(&filled(file, fill)?)
}

/// A file that is being written beside the one whose name it will take; without [`Part::keep`] it is removed.
pub struct Part {
    path: PathBuf,
    target: PathBuf,
    kept: bool,
}

impl Part {
    /// A new file in the folder of `target`.
    pub fn beside(target: &Path) -> io::Result<(Self, File)> {
        let (path, file) = new_beside(target)?;
        Ok((Self { path, target: target.to_owned(), kept: false }, file))
    }

    /// Gives `file`, which is whole, its name once everything is on disk.
    pub fn keep(mut self, file: &File) -> io::Result<()> {
        file.sync_all()?;
        fs::rename(&self.path, &self.target)?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            // What went wrong before is what is reported.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A new file in the folder of `target`, under a name that nothing else has.
fn new_beside(target: &Path) -> io::Result<(PathBuf, File)> {
    let name = target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
    for attempt in 0..100u32 {
        let mut part = std::ffi::OsString::from(".");
        part.push(name);
        part.push(format!(".{}-{attempt}.part", std::process::id()));
        let part = target.with_file_name(part);
        match OpenOptions::new().write(true).create_new(true).open(&part) {
            Ok(file) => return Ok((part, file)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "its folder is full of unfinished files; remove the *.part files"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.raw");
        write(&path, |w| w.write_all(b"old")).unwrap();
        let failed = write(&path, |w| {
            w.write_all(b"new")?;
            Err(io::Error::other("stopped"))
        });
        assert!(failed.unwrap_err().to_string().contains("stopped"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_is_not_a_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write(folder.path(), |_| Ok(())).is_err());
        assert!(write(&folder.path().join("missing/out.raw"), |_| Ok(())).is_err());
    }
}
