//! Scanning files, folders, DICOMDIRs and archives: headers only, in parallel, told one by one as they are found.

use crate::archive::Archive;
use crate::catalogue::{Place, Stamp};
use crate::dicom::file::File;
use crate::dicom::{dicomdir, header};
use crate::storage::Storage;
use crate::{Catalogue, Error, codestream};
use lightbox_model::study::{ObjectHeader, ObjectKind};
use rayon::iter::{IntoParallelIterator, ParallelBridge, ParallelIterator};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use walkdir::WalkDir;

/// Folders within folders.
const MAX_DEPTH: usize = 64;

/// Asks a scan to end; clones are the same request.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// The scan returns soon; what it has found stays.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`Stop::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a scan tells while it runs, from any of its threads.
#[derive(Clone, Debug)]
pub enum ScanEvent {
    /// How far it is.
    Progress {
        /// Files and archive members found so far.
        files: u64,
        /// Of these, looked at.
        done: u64,
    },
    /// An object with its number. Damaged objects come with [`lightbox_model::study::ObjectKind::Damaged`].
    Object(Arc<ObjectHeader>),
    /// A file that is no image object, or one that could not be opened.
    Skipped {
        /// The file, archive member or folder.
        origin: String,
        /// Why, as a sentence.
        reason: String,
    },
}

/// What a scan found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanSummary {
    /// Files and archive members found.
    pub files: u64,
    /// Objects told.
    pub objects: u64,
    /// Files left out.
    pub skipped: u64,
    /// Whether it ended because it was asked to.
    pub stopped: bool,
}

impl Catalogue {
    /// Looks for objects in files, folders (with all folders below), DICOMDIRs and .zip files, and enters what it finds.
    /// Blocks until it is through or stopped; `on` is called from several threads.
    pub fn scan(&self, inputs: &[PathBuf], stop: &Stop, on: &(dyn Fn(ScanEvent) + Sync)) -> ScanSummary {
        let scan = Scan { catalogue: self, stop, on, files: 0.into(), done: 0.into(), objects: 0.into(), skipped: 0.into() };
        for input in inputs {
            scan.input(input);
        }
        scan.progress();
        ScanSummary {
            files: scan.files.into_inner(),
            objects: scan.objects.into_inner(),
            skipped: scan.skipped.into_inner(),
            stopped: stop.is_stopped(),
        }
    }
}

struct Scan<'a> {
    catalogue: &'a Catalogue,
    stop: &'a Stop,
    on: &'a (dyn Fn(ScanEvent) + Sync),
    files: AtomicU64,
    done: AtomicU64,
    objects: AtomicU64,
    skipped: AtomicU64,
}

impl Scan<'_> {
    /// Something the user named.
    fn input(&self, path: &Path) {
        if path.is_dir() {
            return self.folder(path);
        }
        match self.directory(path) {
            Some(files) => self.listed(path, &files),
            None => {
                self.files.fetch_add(1, Ordering::Relaxed);
                self.file(path, true);
            }
        }
    }

    fn folder(&self, path: &Path) {
        let walk = WalkDir::new(path).follow_links(true).max_depth(MAX_DEPTH).sort_by_file_name();
        let entries = walk.into_iter().take_while(|_| !self.stop.is_stopped()).filter_map(|entry| match entry {
            Ok(entry) if entry.file_type().is_file() => {
                self.files.fetch_add(1, Ordering::Relaxed);
                Some(entry.into_path())
            }
            Ok(entry) => {
                if entry.file_type().is_dir() && entry.depth() == MAX_DEPTH {
                    self.skip(name(entry.path()), format!("It lies below {MAX_DEPTH} folders and was not looked into."));
                }
                None
            }
            Err(error) => {
                let origin = error.path().map(name).unwrap_or_default();
                self.skip(origin, unreadable(&error));
                None
            }
        });
        entries.par_bridge().for_each(|path| self.file(&path, false));
    }

    /// The files that a DICOMDIR lists; `None` where the file is no DICOMDIR.
    fn directory(&self, path: &Path) -> Option<Vec<PathBuf>> {
        let file = File::open(Storage::open(path).ok()?).ok()??;
        dicomdir::is_directory(&file).then(|| dicomdir::referenced_files(&file))
    }

    /// Files of a DICOMDIR; those that are not there are listed as such. Where none is there the DICOMDIR is of no use and
    /// its folder is scanned instead.
    fn listed(&self, directory: &Path, files: &[PathBuf]) {
        let folder = directory.parent().unwrap_or(Path::new(""));
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let found: Vec<_> = files.iter().map(|file| (file, dicomdir::resolve(folder, file))).collect();
        if found.iter().all(|(_, path)| path.is_none()) {
            return self.folder(folder);
        }
        self.files.fetch_add(found.len() as u64, Ordering::Relaxed);
        found.into_par_iter().for_each(|(listed, path)| {
            if self.stop.is_stopped() {
                return;
            }
            match path {
                Some(path) => self.file(&path, true),
                None => {
                    let why = "It is listed in the DICOMDIR, but the file is missing.".to_owned();
                    let place = Place::File(folder.join(listed));
                    let found = header::damaged(listed.display().to_string(), why);
                    // A missing file has no stamp; the DICOMDIR's own serves as one.
                    if let Ok(stamp) = Stamp::of(directory) {
                        let known = self.catalogue.known(&place, stamp);
                        self.tell(known.unwrap_or_else(|| self.catalogue.enter(place, stamp, found)));
                    }
                    self.finished();
                }
            }
        });
    }

    /// One file. Only one that the user `named` is told of when it is nothing we know.
    fn file(&self, path: &Path, named: bool) {
        if self.stop.is_stopped() {
            return;
        }
        let origin = name(path);
        match Stamp::of(path).and_then(|stamp| Ok((stamp, Storage::open(path)?))) {
            Ok((stamp, storage)) if Archive::is_archive(&storage) => self.archive(path, stamp, storage, origin),
            Ok((stamp, storage)) => self.object(Place::File(path.to_path_buf()), stamp, storage, origin, named),
            Err(error) => self.skip(origin, error.to_string()),
        }
        self.finished();
    }

    fn archive(&self, path: &Path, stamp: Stamp, storage: Storage, origin: String) {
        let archive = match Archive::open(path, storage) {
            Ok(archive) => archive,
            Err(error) => return self.skip(origin, error.to_string()),
        };
        self.files.fetch_add(archive.len() as u64, Ordering::Relaxed);
        (0..archive.len()).into_par_iter().for_each_init(
            || archive.clone(),
            |archive, index| {
                if self.stop.is_stopped() {
                    return;
                }
                let Some(name) = archive.member_name(index) else { return self.finished() };
                let origin = format!("{origin}: {name}");
                match archive.member(index) {
                    Ok(member) => self.object(Place::Member(path.to_path_buf(), index), stamp, member, origin, false),
                    Err(error) => self.skip(origin, error.to_string()),
                }
                self.finished();
            },
        );
    }

    /// What one file or member holds.
    fn object(&self, place: Place, stamp: Stamp, storage: Storage, origin: String, named: bool) {
        if let Some(known) = self.catalogue.known(&place, stamp) {
            return self.tell(known);
        }
        // A mistake of ours costs this file and no other.
        let looked = catch_unwind(AssertUnwindSafe(|| look(storage, &origin, named)));
        match looked.unwrap_or_else(|_| Looked::object(header::damaged(origin.clone(), FAILED.to_owned()))) {
            Looked::Object(found) => self.tell(self.catalogue.enter(place, stamp, *found)),
            Looked::Directory => {}
            Looked::NoImage => self.not_an_image(origin, named),
            Looked::Unreadable(why) => self.skip(origin, why),
        }
    }

    fn not_an_image(&self, origin: String, named: bool) {
        if named {
            self.skip(origin, "This is neither a DICOM file nor a JPEG 2000 codestream.".to_owned());
        } else {
            self.skipped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn tell(&self, header: Arc<ObjectHeader>) {
        self.objects.fetch_add(1, Ordering::Relaxed);
        (self.on)(ScanEvent::Object(header));
    }

    fn skip(&self, origin: String, reason: String) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
        (self.on)(ScanEvent::Skipped { origin, reason });
    }

    fn finished(&self) {
        // Every sixteenth is enough for a progress bar.
        if self.done.fetch_add(1, Ordering::Relaxed).is_multiple_of(16) {
            self.progress();
        }
    }

    fn progress(&self) {
        let files = self.files.load(Ordering::Relaxed);
        let done = self.done.load(Ordering::Relaxed);
        (self.on)(ScanEvent::Progress { files, done });
    }
}

/// The last part of a path.
fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}

/// Why something in a folder could not be read, as a sentence.
fn unreadable(error: &walkdir::Error) -> String {
    match (error.loop_ancestor(), error.io_error()) {
        (Some(_), _) => "It is a link to a folder that it lies in, and was not followed.".to_owned(),
        (None, Some(why)) => format!("It could not be read: {why}."),
        (None, None) => "It could not be read.".to_owned(),
    }
}

/// What was seen in a file.
enum Looked {
    /// Something to list, be it damaged.
    Object(Box<header::Found>),
    /// A DICOMDIR: its files are found without it.
    Directory,
    /// Nothing we know.
    NoImage,
    /// The system did not let us look, for this reason.
    Unreadable(String),
}

impl Looked {
    fn object(found: header::Found) -> Self {
        Self::Object(Box::new(found))
    }
}

/// Of a file that made the program fail.
const FAILED: &str = "Lightbox failed on this file; please report it with the file.";

fn look(storage: Storage, origin: &str, named: bool) -> Looked {
    if codestream::is_codestream(&storage) {
        return Looked::object(codestream::read(&storage, origin.to_owned()));
    }
    match File::open(storage.clone()) {
        Ok(Some(file)) if dicomdir::is_directory(&file) && !named => Looked::Directory,
        Ok(Some(file)) => match header::read(&file, origin.to_owned()) {
            Some(found) => Looked::object(checked(found, &storage)),
            None => Looked::NoImage,
        },
        Ok(None) => Looked::NoImage,
        Err(error @ (Error::Io { .. } | Error::NotFound { .. } | Error::Denied { .. })) => Looked::Unreadable(error.to_string()),
        Err(error) => Looked::object(header::unreadable(origin.to_owned(), &error)),
    }
}

/// Images are compared with the archive's checksum when their pixels are read, all else now: it is not read again.
fn checked(mut found: header::Found, storage: &Storage) -> header::Found {
    if found.pixels.is_none()
        && let Err(error) = storage.check()
    {
        found.header.kind = ObjectKind::Damaged(error.to_string());
        found.header.presentation = None;
    }
    found
}
