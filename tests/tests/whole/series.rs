//! Three whole series, 766 HTJ2K slices of a CT, an MR and a PET: every pixel as published before compression.

use lightbox_codec::{Backend, Decoder};
use lightbox_model::FrameId;
use lightbox_source::{Catalogue, ImageSource, Pixels, ScanEvent, Stop};
use lightbox_tests::{data, say};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;

#[test]
fn every_slice_of_the_series_is_exact() {
    let Some(folder) = data("series") else { return };
    let mut slices = 0;
    for (series, count) in [("ct-chest-lidc-0314", 275), ("mr-head-mprage-sag", 192), ("pet-wholebody-qin", 299)] {
        let equal = compare(&folder.join(series));
        assert_eq!(equal, count, "{series}");
        slices += equal;
    }
    say(&format!("slices of the series equal to their originals: {slices} of 766"));
    assert_eq!(slices, 766);
}

/// How many slices of `pixels.csv` a scan of the folder finds and decodes to their hash.
fn compare(folder: &Path) -> usize {
    let table = std::fs::read_to_string(folder.join("pixels.csv")).expect("pixels.csv");
    let expected: HashMap<&str, &str> =
        table.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()).map(|columns| (columns[0], columns[2])).collect();
    let catalogue = Catalogue::new();
    let decoder = Decoder::new(Backend::Cpu).expect("the CPU decodes");
    let headers = Mutex::new(Vec::new());
    catalogue.scan(&[folder.to_owned()], &Stop::default(), &|event| {
        if let ScanEvent::Object(header) = event {
            headers.lock().expect("no panic holds it").push(header);
        }
    });
    let mut equal = 0;
    for header in headers.into_inner().expect("no panic holds it") {
        let path = catalogue.path(header.id).expect("a scanned object has a path");
        // Originals lie in a folder of their own and under other names.
        let Some(&hash) = expected.get(header.origin.as_str()).filter(|_| path.parent() == Some(folder)) else { continue };
        let picture = catalogue.decode(FrameId { object: header.id, frame: 0 }, &decoder);
        let picture = picture.unwrap_or_else(|error| panic!("{}: {error}", header.origin));
        let Pixels::Integer(samples) = &picture.pixels else { panic!("{}: not integers", header.origin) };
        let bytes: Vec<u8> = (0..samples.len()).filter_map(|i| samples.get(i)).flat_map(|v| (v as u16).to_le_bytes()).collect();
        let found: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(found, hash, "{}", path.display());
        equal += 1;
    }
    equal
}
