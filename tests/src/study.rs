//! A small study made for a test: three series of one patient, a few images each, in files of a temporary folder.

use std::path::Path;

/// Images of the series, in order: CT, MR, PT.
pub const IMAGES: [u32; 3] = [12, 8, 6];
/// Rows and columns of every image.
pub const SIZE: u16 = 64;

/// Writes the study into `folder`.
///
/// # Panics
/// When a file cannot be written: the test cannot run then.
pub fn write(folder: &Path) {
    for (number, (modality, count)) in ["CT", "MR", "PT"].into_iter().zip(IMAGES).enumerate() {
        for image in 0..count {
            let path = folder.join(format!("{modality}{image:02}.dcm"));
            std::fs::write(path, object(modality, number as u32 + 1, image)).expect("the temporary folder can be written");
        }
    }
}

/// One image: a disc that is brighter from slice to slice, in Explicit VR Little Endian.
fn object(modality: &str, series: u32, image: u32) -> Vec<u8> {
    let uid = format!("2.25.{series}{image:04}");
    let mut meta = Vec::new();
    text(&mut meta, (0x0002, 0x0002), "UI", "1.2.840.10008.5.1.4.1.1.2");
    text(&mut meta, (0x0002, 0x0003), "UI", &uid);
    text(&mut meta, (0x0002, 0x0010), "UI", "1.2.840.10008.1.2.1");

    let mut data = Vec::new();
    let intercept = if modality == "CT" { "-1024" } else { "0" };
    for (tag, vr, value) in [
        ((0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.2"),
        ((0x0008, 0x0018), "UI", &uid),
        ((0x0008, 0x0020), "DA", "20240312"),
        ((0x0008, 0x0060), "CS", modality),
        ((0x0008, 0x1030), "LO", "Test study"),
        ((0x0008, 0x103E), "LO", &format!("Images of {modality}")),
        ((0x0010, 0x0010), "PN", "Test^Patient"),
        ((0x0010, 0x0020), "LO", "T-1"),
        ((0x0018, 0x0050), "DS", "2"),
        ((0x0020, 0x000D), "UI", "2.25.1"),
        ((0x0020, 0x000E), "UI", &format!("2.25.{}", series + 10)),
        ((0x0020, 0x0011), "IS", &series.to_string()),
        ((0x0020, 0x0013), "IS", &(image + 1).to_string()),
        ((0x0020, 0x0032), "DS", &format!("0\\0\\{}", image * 2)),
        ((0x0020, 0x0037), "DS", "1\\0\\0\\0\\1\\0"),
        ((0x0020, 0x0052), "UI", "2.25.2"),
        ((0x0028, 0x0002), "US", "1"),
        ((0x0028, 0x0004), "CS", "MONOCHROME2"),
        ((0x0028, 0x0010), "US", &SIZE.to_string()),
        ((0x0028, 0x0011), "US", &SIZE.to_string()),
        ((0x0028, 0x0030), "DS", "0.5\\0.5"),
        ((0x0028, 0x0100), "US", "16"),
        ((0x0028, 0x0101), "US", "12"),
        ((0x0028, 0x0102), "US", "11"),
        ((0x0028, 0x0103), "US", "0"),
        ((0x0028, 0x1050), "DS", "40"),
        ((0x0028, 0x1051), "DS", "400"),
        ((0x0028, 0x1052), "DS", intercept),
        ((0x0028, 0x1053), "DS", "1"),
    ] {
        text(&mut data, tag, vr, value);
    }
    element(&mut data, (0x7FE0, 0x0010), "OW", &pixels(image));

    let mut file = vec![0u8; 128];
    file.extend_from_slice(b"DICM");
    element(&mut file, (0x0002, 0x0000), "UL", &(meta.len() as u32).to_le_bytes());
    file.extend(meta);
    file.extend(data);
    file
}

fn pixels(image: u32) -> Vec<u8> {
    let edge = i32::from(SIZE);
    let value = |i: i32| {
        let (x, y) = (i % edge - edge / 2, i / edge - edge / 2);
        if x * x + y * y < 400 { 1000 + image as u16 * 20 } else { (x + edge) as u16 }
    };
    (0..edge * edge).flat_map(|i| value(i).to_le_bytes()).collect()
}

/// A value given as text; numbers of VR US are written in binary.
fn text(out: &mut Vec<u8>, tag: (u16, u16), vr: &str, value: &str) {
    if vr == "US" {
        return element(out, tag, vr, &value.parse::<u16>().expect("a number in the list above").to_le_bytes());
    }
    let mut bytes = value.as_bytes().to_vec();
    if bytes.len() % 2 == 1 {
        bytes.push(if vr == "UI" { 0 } else { b' ' });
    }
    element(out, tag, vr, &bytes);
}

/// An element in explicit form (PS3.5 7.1.2).
fn element(out: &mut Vec<u8>, (group, number): (u16, u16), vr: &str, value: &[u8]) {
    out.extend(group.to_le_bytes());
    out.extend(number.to_le_bytes());
    out.extend(vr.as_bytes());
    if vr == "OW" {
        out.extend([0, 0]);
        out.extend((value.len() as u32).to_le_bytes());
    } else {
        out.extend((value.len() as u16).to_le_bytes());
    }
    out.extend(value);
}
