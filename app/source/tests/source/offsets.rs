//! Frames of encapsulated pixel data through every kind of offset table, on objects built here.

use crate::scan;
use lightbox_source::{ImageSource, Pixels};
use std::io::Write;

/// One explicit little endian element.
fn element(out: &mut Vec<u8>, tag: (u16, u16), vr: &[u8; 2], value: &[u8]) {
    out.extend(tag.0.to_le_bytes());
    out.extend(tag.1.to_le_bytes());
    out.extend(vr);
    if matches!(vr, b"OB" | b"OW" | b"OV" | b"SQ" | b"UN") {
        out.extend([0, 0]);
        out.extend((value.len() as u32).to_le_bytes());
    } else {
        out.extend((value.len() as u16).to_le_bytes());
    }
    out.extend(value);
}

fn item(out: &mut Vec<u8>, value: &[u8]) {
    out.extend([0xFE, 0xFF, 0x00, 0xE0]);
    out.extend((value.len() as u32).to_le_bytes());
    out.extend(value);
}

/// A frame of 2 x 2 pixels of one value as RLE: header, then one run.
fn rle(value: u8) -> Vec<u8> {
    let mut frame = vec![0; 64];
    frame[0] = 1;
    frame[4] = 64;
    frame.extend([(-3i8) as u8, value]);
    frame
}

enum Table {
    Empty,
    Basic,
    Extended,
}

/// An RLE object with these frames, each cut into pieces of `piece` bytes.
fn object(values: &[u8], piece: usize, table: &Table) -> Vec<u8> {
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    element(&mut out, (2, 0x10), b"UI", b"1.2.840.10008.1.2.5\0");
    element(&mut out, (8, 0x16), b"UI", b"1.2.840.10008.5.1.4.1.1.7\0");
    element(&mut out, (0x28, 2), b"US", &1u16.to_le_bytes());
    element(&mut out, (0x28, 4), b"CS", b"MONOCHROME2 ");
    element(&mut out, (0x28, 8), b"IS", format!("{:<2}", values.len()).as_bytes());
    for (element_number, value) in [(0x10, 2u16), (0x11, 2), (0x100, 8), (0x101, 8), (0x102, 7), (0x103, 0)] {
        element(&mut out, (0x28, element_number), b"US", &value.to_le_bytes());
    }
    let (mut items, mut offsets, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    for &value in values {
        let frame = rle(value);
        offsets.push(items.len() as u64);
        lengths.push(frame.len() as u64);
        frame.chunks(piece).for_each(|part| item(&mut items, part));
    }
    let words = |list: &[u64]| list.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
    if matches!(table, Table::Extended) {
        element(&mut out, (0x7FE0, 1), b"OV", &words(&offsets));
        element(&mut out, (0x7FE0, 2), b"OV", &words(&lengths));
    }
    out.extend([0xE0, 0x7F, 0x10, 0x00, b'O', b'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
    let basic: Vec<u8> = offsets.iter().flat_map(|&v| (v as u32).to_le_bytes()).collect();
    item(&mut out, if matches!(table, Table::Basic) { &basic } else { &[] });
    out.extend(items);
    out.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    out
}

fn decoded(bytes: &[u8]) -> Vec<Result<u8, String>> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("its bytes");
    let scanned = scan(&[file.path().to_owned()]);
    let header = &scanned.headers[0];
    let image = header.image.as_ref().unwrap_or_else(|| panic!("{:?}", header.kind));
    (0..image.frames)
        .map(|frame| match scanned.decode(0, frame).map_err(|e| e.to_string())?.pixels {
            Pixels::Integer(samples) => {
                let all: Vec<_> = (0..samples.len()).filter_map(|i| samples.get(i)).collect();
                assert!(all.len() == 4 && all.iter().all(|&v| v == all[0]), "{all:?}");
                Ok(all[0] as u8)
            }
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn frames_are_found_by_every_table() {
    let values = [10, 20, 30, 40];
    let expected: Vec<_> = values.iter().map(|&v| Ok(v)).collect();
    for (piece, table) in [(66, Table::Empty), (66, Table::Basic), (66, Table::Extended), (40, Table::Basic), (40, Table::Extended)]
    {
        assert_eq!(decoded(&object(&values, piece, &table)), expected, "pieces of {piece}");
    }
}

#[test]
fn fragments_without_a_table_that_cannot_be_told_apart_are_an_error() {
    let frames = decoded(&object(&[10, 20, 30], 40, &Table::Empty));
    assert!(frames.iter().all(|f| f.as_ref().is_err_and(|e| e.contains("cannot be matched"))), "{frames:?}");
}

#[test]
fn one_frame_may_be_in_many_fragments() {
    assert_eq!(decoded(&object(&[77], 20, &Table::Empty)), [Ok(77)]);
}

#[test]
fn frames_before_a_cut_are_whole_and_those_behind_it_an_error() {
    let whole = object(&[1, 2, 3, 4], 66, &Table::Basic);
    // Cuts the delimiter and half of the last frame.
    let frames = decoded(&whole[..whole.len() - 8 - 33]);
    assert_eq!(frames[..3], [Ok(1), Ok(2), Ok(3)]);
    assert!(frames[3].as_ref().is_err_and(|e| e.contains("byte")), "{frames:?}");
}

#[test]
fn a_frame_beyond_the_last_is_not_found() {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&object(&[1], 66, &Table::Empty)).expect("its bytes");
    let scanned = scan(&[file.path().to_owned()]);
    let frame = lightbox_model::FrameId { object: scanned.headers[0].id, frame: 1 };
    assert!(matches!(scanned.catalogue.encoded_frame(frame), Err(lightbox_source::Error::NotFound { .. })));
}
