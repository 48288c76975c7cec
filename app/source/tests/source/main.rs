//! Tests of what a scan finds and decodes, on real files and on damaged ones.

mod annotations;
mod charset;
mod damage;
mod elements;
mod enhanced;
mod headers;
mod hostile;
mod inputs;
mod jpegxl;
mod make;
mod many;
mod offsets;
mod presentation;
mod transcode;

use lightbox_codec::{Backend, Decoder};
use lightbox_model::FrameId;
use lightbox_model::study::ObjectHeader;
use lightbox_source::{Catalogue, Error, ImageSource, Picture, ScanEvent, ScanSummary, Stop};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A folder or file of the test data; `None`, loudly, where it is not there, and a failure where `LIGHTBOX_REQUIRE` names data.
fn data(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let base = std::env::var_os("LIGHTBOX_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let path = base.join(name);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var("LIGHTBOX_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|r| r.trim() == "data"), "{} is missing", path.display());
    let _ = writeln!(std::io::stderr(), "SKIPPED: {name} is not in the test data; LIGHTBOX_DATA names its folder");
    None
}

/// What a scan of one input told.
struct Scanned {
    catalogue: Arc<Catalogue>,
    headers: Vec<Arc<ObjectHeader>>,
    skipped: Vec<String>,
    summary: ScanSummary,
}

fn scan(inputs: &[PathBuf]) -> Scanned {
    let catalogue = Catalogue::new();
    let headers = Mutex::new(Vec::new());
    let skipped = Mutex::new(Vec::new());
    let summary = catalogue.scan(inputs, &Stop::default(), &|event| match event {
        ScanEvent::Object(header) => headers.lock().expect("no panic holds it").push(header),
        ScanEvent::Skipped { origin, reason } => skipped.lock().expect("no panic holds it").push(format!("{origin}: {reason}")),
        ScanEvent::Progress { files, done } => assert!(done <= files, "{done} of {files}"),
    });
    let mut headers = headers.into_inner().expect("no panic holds it");
    headers.sort_by(|a, b| a.origin.cmp(&b.origin));
    Scanned { catalogue, headers, skipped: skipped.into_inner().expect("no panic holds it"), summary }
}

impl Scanned {
    fn decode(&self, object: usize, frame: u32) -> Result<Picture, Error> {
        let decoder = Decoder::new(Backend::Cpu).expect("the CPU decodes");
        self.catalogue.decode(FrameId { object: self.headers[object].id, frame }, &decoder)
    }
}

/// The header of the one object of a file.
fn header(path: &Path) -> Arc<ObjectHeader> {
    let scanned = scan(&[path.to_owned()]);
    assert_eq!(scanned.headers.len(), 1, "{}: {:?}", path.display(), scanned.skipped);
    scanned.headers[0].clone()
}
