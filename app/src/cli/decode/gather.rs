//! Every image that lies in files, folders, archives and DICOMDIRs.

use super::names;
use crate::cli::failure::Failure;
use crate::cli::input;
use lightbox_model::study::{ObjectHeader, ObjectKind};
use lightbox_source::{Catalogue, ScanEvent, Stop};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What was found.
pub struct Gathered {
    /// Where the bytes are.
    pub catalogue: Arc<Catalogue>,
    /// Images, in the order of their paths.
    pub images: Vec<Image>,
    /// What could not be read.
    pub failures: Vec<Failure>,
    /// Objects in folders and archives that hold no image.
    pub left_out: usize,
}

/// An object with pixels, or with what should be pixels.
pub struct Image {
    /// What its header says.
    pub header: Arc<ObjectHeader>,
    /// Its file; the archive for a member of one.
    pub path: PathBuf,
    /// Its name in the archive.
    pub member: Option<String>,
}

impl Image {
    /// How many frames its header says.
    pub fn frames(&self) -> u32 {
        self.header.image.as_ref().map_or(1, |image| image.frames).max(1)
    }

    /// Its name for people.
    pub fn name(&self) -> PathBuf {
        self.member.as_ref().map_or_else(|| self.path.clone(), |member| self.path.join(member))
    }
}

/// Looks through `inputs`. Each object is found once, however often it is named.
pub fn gather(inputs: &[PathBuf]) -> Gathered {
    let inputs: Vec<PathBuf> = inputs.iter().map(|input| names::plain(input)).collect();
    let catalogue = Catalogue::new();
    let told = Mutex::new((Vec::new(), Vec::new()));
    catalogue.scan(&inputs, &Stop::default(), &|event| {
        let (objects, skipped) = &mut *told.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            ScanEvent::Object(header) => objects.push(header),
            ScanEvent::Skipped { origin, reason } => skipped.push(Failure::new(format_args!("{origin}: {reason}"))),
            ScanEvent::Progress { .. } => {}
        }
    });
    let (objects, mut failures) = told.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (mut images, mut left_out, mut seen) = (Vec::new(), 0, HashSet::new());
    for header in objects.into_iter().filter(|header: &Arc<ObjectHeader>| seen.insert(header.id)) {
        let path = catalogue.path(header.id).unwrap_or_default();
        let member = member(&path, &header);
        let named = member.is_none() && inputs.contains(&path);
        match (&header.kind, input::image(&header)) {
            (ObjectKind::Other(_), Err(_)) if !named => left_out += 1,
            // A bare codestream that no viewport shows may have components to write.
            (ObjectKind::Image, _) => images.push(Image { header, path, member }),
            (_, Err(failure)) => failures.push(failure),
            (_, Ok(_)) => left_out += 1,
        }
    }
    images.sort_by(|a, b| (&a.path, &a.member).cmp(&(&b.path, &b.member)));
    Gathered { catalogue, images, failures, left_out }
}

/// The name of an archive's member, which its origin carries behind that of the archive.
fn member(path: &Path, header: &ObjectHeader) -> Option<String> {
    let archive = path.file_name()?.to_string_lossy();
    Some(header.origin.strip_prefix(&*archive)?.strip_prefix(": ")?.to_owned())
}
