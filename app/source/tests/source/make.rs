//! Data sets element by element.

use std::io::Write;

/// One element in explicit VR, little endian. Long forms take SQ and OW.
pub fn element(group: u16, number: u16, vr: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = [group.to_le_bytes(), number.to_le_bytes()].concat();
    bytes.extend(vr.as_bytes());
    let length = value.len().next_multiple_of(2);
    if matches!(vr, "SQ" | "OW" | "OB") {
        bytes.extend([0, 0]);
        bytes.extend((length as u32).to_le_bytes());
    } else {
        bytes.extend((length as u16).to_le_bytes());
    }
    bytes.extend(value);
    bytes.resize(bytes.len() + length - value.len(), if vr == "UI" { 0 } else { b' ' });
    bytes
}

pub fn text(group: u16, number: u16, vr: &str, value: &str) -> Vec<u8> {
    element(group, number, vr, value.as_bytes())
}

pub fn words(group: u16, number: u16, vr: &str, value: &[u16]) -> Vec<u8> {
    element(group, number, vr, &value.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<_>>())
}

pub fn sequence(group: u16, number: u16, items: &[Vec<u8>]) -> Vec<u8> {
    let item = |item: &Vec<u8>| [&[0xFE, 0xFF, 0x00, 0xE0][..], &(item.len() as u32).to_le_bytes(), item].concat();
    element(group, number, "SQ", &items.iter().flat_map(item).collect::<Vec<_>>())
}

/// A file of Explicit VR Little Endian with these elements, which stand in the order of their tags.
pub fn file(elements: &[Vec<u8>]) -> tempfile::NamedTempFile {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0");
    bytes.extend(elements.concat());
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&bytes).expect("its bytes");
    file
}

/// Samples per Pixel to Pixel Representation of `columns` times `columns` grey pixels of a byte; Number of Frames where it is given.
pub fn grey(columns: u16, frames: &str) -> Vec<u8> {
    let number = |number, value: u16| words(0x0028, number, "US", &[value]);
    let frames = if frames.is_empty() { Vec::new() } else { text(0x0028, 0x0008, "IS", frames) };
    [
        number(0x0002, 1),
        text(0x0028, 0x0004, "CS", "MONOCHROME2"),
        frames,
        number(0x0010, columns),
        number(0x0011, columns),
        number(0x0100, 8),
        number(0x0101, 8),
        number(0x0102, 7),
        number(0x0103, 0),
    ]
    .concat()
}

/// Pixel Data of so many bytes, a ramp.
pub fn pixels(bytes: usize) -> Vec<u8> {
    element(0x7FE0, 0x0010, "OW", &(0..bytes).map(|i| i as u8).collect::<Vec<_>>())
}
