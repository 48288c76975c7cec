//! What a command was given: a bare codestream, or objects in a catalogue.

use super::failure::Failure;
use lightbox_model::study::{ObjectHeader, ObjectKind};
use lightbox_source::{Catalogue, EncodedFrame, FrameBytes, ScanEvent, Stop};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Bytes that are read of a codestream that comes through a pipe: more than any that is decoded.
const LARGEST_CODESTREAM: u64 = 1 << 30;

/// One file, by what it begins with.
pub enum Input {
    /// A bare codestream or a JP2 or JPH file.
    Codestream(FrameBytes),
    /// A DICOM file.
    Dicom(Box<Object>),
}

/// One object and the catalogue that knows its bytes.
pub struct Object {
    /// Where its bytes are.
    pub catalogue: Arc<Catalogue>,
    /// What its header says.
    pub header: Arc<ObjectHeader>,
}

/// Opens one file that is a bare codestream or one DICOM object.
pub fn open_file(path: &Path) -> Result<Input, Failure> {
    if let Some(bytes) = codestream(path)? {
        return Ok(Input::Codestream(bytes));
    }
    let (catalogue, mut objects) = scan(&[path.to_owned()])?;
    match objects.len() {
        1 => Ok(Input::Dicom(Box::new(Object { catalogue, header: objects.remove(0) }))),
        n => Err(Failure::at(path, format_args!("it holds {n} objects and this command takes one; name a single file"))),
    }
}

/// The bytes of `path` if it is a bare codestream, `None` if it is a folder or another kind of file. Of a file nothing but its
/// begin is read here; what can only be read from front to end, as a pipe, is read to its end.
pub fn codestream(path: &Path) -> Result<Option<FrameBytes>, Failure> {
    let unreadable = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => Failure::at(path, "there is no such file; check the name"),
        std::io::ErrorKind::PermissionDenied => Failure::at(path, "it may not be read; ask for permission"),
        _ => Failure::at(path, format_args!("it could not be read: {e}")),
    };
    let fail = |e: lightbox_source::Error| Failure::at(path, e);
    let mut file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Ok(None);
    }
    if metadata.is_file() && metadata.len() == 0 {
        return Err(Failure::at(path, "it is empty; get the file again"));
    }
    if metadata.is_file() {
        let bytes = FrameBytes::open(path).map_err(fail)?;
        return Ok(bytes.is_codestream().map_err(fail)?.then_some(bytes));
    }
    let mut bytes = Vec::new();
    file.by_ref().take(64).read_to_end(&mut bytes).map_err(unreadable)?;
    if !lightbox_codec::looks_like_codestream(&bytes) {
        return Ok(None);
    }
    file.take(LARGEST_CODESTREAM).read_to_end(&mut bytes).map_err(unreadable)?;
    FrameBytes::in_memory(EncodedFrame { bytes, transfer_syntax: String::new() }).map(Some).map_err(fail)
}

/// Everything that can be found in `inputs`, at least one object, in the order of discovery.
pub fn scan(inputs: &[PathBuf]) -> Result<(Arc<Catalogue>, Vec<Arc<ObjectHeader>>), Failure> {
    let catalogue = Catalogue::new();
    let found = Mutex::new((Vec::new(), None));
    catalogue.scan(inputs, &Stop::default(), &|event| {
        let mut found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match event {
            ScanEvent::Object(header) => found.0.push(header),
            ScanEvent::Skipped { origin, reason } => _ = found.1.get_or_insert((origin, reason)),
            ScanEvent::Progress { .. } => {}
        }
    });
    let (mut objects, skipped) = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    objects.sort_by_key(|o: &Arc<ObjectHeader>| o.id);
    match (objects.is_empty(), skipped) {
        (false, _) => Ok((catalogue, objects)),
        (true, Some((origin, why))) => Err(Failure::new(format_args!("{origin}: {why}"))),
        (true, None) => {
            let names: Vec<String> = inputs.iter().map(|p| p.display().to_string()).collect();
            Err(Failure::new(format_args!("{}: no medical image was found there", names.join(", "))))
        }
    }
}

/// The image of `header`, or why it has none.
pub fn image(header: &ObjectHeader) -> Result<&Arc<lightbox_model::image::ImageHeader>, Failure> {
    let refuse = |why: String| Failure::new(format_args!("{}: {why}", header.origin));
    if let ObjectKind::Damaged(why) = &header.kind {
        return Err(refuse(why.clone()));
    }
    let image = header.image.as_ref().ok_or_else(|| match &header.kind {
        ObjectKind::Other(name) => refuse(format!("it has no pixels: it is a {name}")),
        _ => refuse("it has no pixels".into()),
    })?;
    match &image.defect {
        Some(defect) => Err(refuse(defect.clone())),
        None => Ok(image),
    }
}
