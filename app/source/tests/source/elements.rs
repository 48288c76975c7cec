//! Data sets as no writer should make them, built here: what the parser must not trust.

use crate::{Scanned, data, scan};
use lightbox_model::study::ObjectKind;
use lightbox_source::{ImageSource, TagNode};
use std::io::Write;
use std::time::{Duration, Instant};

const ITEM: [u8; 4] = [0xFE, 0xFF, 0x00, 0xE0];
const ITEM_END: [u8; 8] = [0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0];
const SEQUENCE_END: [u8; 8] = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];
const UNDEFINED: [u8; 4] = [0xFF; 4];
/// Source Image Sequence (0008,2112) in explicit VR, without its length.
const SEQUENCE: [u8; 8] = [0x08, 0x00, 0x12, 0x21, b'S', b'Q', 0, 0];
/// Modality (0008,0060) CT.
const MODALITY: [u8; 10] = [0x08, 0x00, 0x60, 0x00, b'C', b'S', 2, 0, b'C', b'T'];
/// Study ID (0020,0010) 1.
const STUDY: [u8; 10] = [0x20, 0x00, 0x10, 0x00, b'S', b'H', 2, 0, b'1', b' '];

/// A file of Explicit VR Little Endian whose data set is `body`.
fn object(body: &[&[u8]]) -> Scanned {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0");
    bytes.extend(MODALITY);
    bytes.extend(body.concat());
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&bytes).expect("its bytes");
    let scanned = scan(&[file.path().to_owned()]);
    let mut scanned = Scanned { skipped: Vec::new(), ..scanned };
    // The tree is asked for while the file is there.
    let tree = scanned.catalogue.tags(scanned.headers[0].id).expect("a tree");
    scanned.skipped.extend(tree.note);
    scanned
}

fn damage(scanned: &Scanned) -> &str {
    match &scanned.headers[0].kind {
        ObjectKind::Damaged(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn delimiters_that_end_nothing_are_damage() {
    let empty_item: [&[u8]; 2] = [&ITEM, &[0; 4]];
    for body in [
        [&ITEM_END[..], &empty_item.concat(), &STUDY].concat(),
        [&SEQUENCE_END[..], &empty_item.concat(), &STUDY].concat(),
        [&SEQUENCE[..], &UNDEFINED, &ITEM_END, &empty_item.concat(), &STUDY].concat(),
        [&ITEM[..], &UNDEFINED, &STUDY].concat(),
    ] {
        let scanned = object(&[&body]);
        assert!(damage(&scanned).contains("byte"), "{}", damage(&scanned));
        assert_eq!(scanned.skipped.len(), 1, "the inspector tells it as well");
    }
}

#[test]
fn sequences_nested_without_end_are_refused() {
    let level = [&SEQUENCE[..], &UNDEFINED, &ITEM, &UNDEFINED].concat();
    assert!(damage(&object(&[&level.repeat(100_000)])).contains("depth"));
}

#[test]
fn a_sequence_without_end_is_damage() {
    let scanned = object(&[&SEQUENCE, &UNDEFINED, &ITEM, &UNDEFINED, &STUDY]);
    assert!(damage(&scanned).contains("the data end within a sequence"), "{}", damage(&scanned));
}

#[test]
fn reading_goes_on_behind_a_damaged_sequence_of_known_length() {
    // Its item claims more than the sequence has.
    let item: [&[u8]; 3] = [&ITEM, &100u32.to_le_bytes(), &MODALITY];
    let item = item.concat();
    let length = (item.len() as u32).to_le_bytes();
    let scanned = object(&[&SEQUENCE, &length, &item, &STUDY]);
    assert_eq!(scanned.headers[0].kind, ObjectKind::Other("CT object without pixels".to_owned()));
    assert_eq!(scanned.skipped, [""; 0]);
}

#[test]
fn lengths_are_believed_only_as_far_as_the_file_goes() {
    let start = Instant::now();
    // Media Storage SOP Class UID as OB of nearly 4 GiB.
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM\x02\x00\x02\x00OB\x00\x00\xF0\xFF\xFF\xFF1.2");
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&bytes).expect("its bytes");
    assert!(damage(&scan(&[file.path().to_owned()])).contains("only 3 are left"));
    // And a private value of the data set.
    let scanned = object(&[&[0x09, 0x00, 0x01, 0x10, b'O', b'B', 0, 0, 0xF0, 0xFF, 0xFF, 0xFF], &STUDY]);
    assert!(damage(&scanned).contains("10 are left"), "{}", damage(&scanned));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn sequences_written_as_unknown_are_opened() {
    let Some(path) = data("dicom/pydicom-core/UN_sequence.dcm") else { return };
    let scanned = scan(&[path]);
    let tree = scanned.catalogue.tags(scanned.headers[0].id).expect("a tree");
    assert_eq!(tree.note, None);
    let sequences: Vec<&TagNode> = tree.elements.iter().filter(|e| e.vr == "SQ").collect();
    assert!(!sequences.is_empty() && sequences.iter().all(|s| s.children.iter().all(|item| !item.children.is_empty())));
}
