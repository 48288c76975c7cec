//! Damaged files: a picture or an error, soon, and never a panic.

use crate::{data, scan};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Longest that one file may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Scans a file, decodes its first frames and lists its elements. Decoders that panic are caught by the source and told; that
/// would be a bug all the same.
fn survive(path: &Path, what: &str) {
    let start = Instant::now();
    let scanned = scan(&[path.to_owned()]);
    for (object, header) in scanned.headers.iter().enumerate() {
        assert!(!format!("{:?}", header.kind).contains("please report"), "{what}: the scan failed inside");
        let frames = header.image.as_ref().map_or(0, |image| image.frames.min(3));
        for frame in 0..frames {
            if let Err(error) = scanned.decode(object, frame) {
                assert!(!error.to_string().contains("please report"), "{what}: {error}");
            }
        }
        let _ = lightbox_source::ImageSource::tags(&*scanned.catalogue, header.id);
    }
    assert!(start.elapsed() < PATIENCE, "{what} took {:?}", start.elapsed());
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").flatten().map(|e| e.path()).filter(|p| p.is_file()).collect();
    found.sort();
    found
}

#[test]
fn malformed_files_end_soon() {
    for folder in ["malformed/dicom", "malformed/codestream", "malformed/derived"] {
        let Some(folder) = data(folder) else { return };
        for path in files(&folder) {
            survive(&path, &path.display().to_string());
        }
    }
}

/// Numbers that look random and are the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

/// One damaged copy after another of every small file of a folder, with a seed that the failure names.
fn damage(folder: &str, rounds: u64, change: fn(&mut Vec<u8>, &mut Random)) {
    let Some(folder) = data(folder) else { return };
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let path = scratch.path().join("damaged");
    for file in files(&folder) {
        let whole = std::fs::read(&file).expect("the file");
        if whole.len() > 48 << 10 {
            continue;
        }
        for seed in 0..rounds {
            let mut bytes = whole.clone();
            change(&mut bytes, &mut Random(seed));
            std::fs::write(&path, &bytes).expect("a damaged copy");
            survive(&path, &format!("{} with seed {seed}", file.display()));
        }
    }
}

#[test]
fn truncated_files_are_survived() {
    damage("dicom/pydicom-core", 12, |bytes, random| bytes.truncate(random.below(bytes.len())));
}

#[test]
fn files_with_changed_bytes_are_survived() {
    damage("dicom/pydicom-core", 30, |bytes, random| {
        for _ in 0..=random.below(8) {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
    });
}

#[test]
fn headers_with_changed_bytes_are_survived() {
    for folder in ["dicom/seg", "dicom/dicomdir/98892003/MR2", "dicom/charset"] {
        damage(folder, 20, |bytes, random| {
            let end = bytes.len().min(3000);
            for _ in 0..=random.below(4) {
                bytes[random.below(end)] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF][random.below(6)];
            }
        });
    }
}

#[test]
fn truncated_native_data_name_the_frame_and_the_byte() {
    let Some(path) = data("malformed/dicom/MR_truncated.dcm") else { return };
    let error = scan(&[path]).decode(0, 0).expect_err("it is cut off").to_string();
    assert!(error.contains("byte 9630") && error.contains("frame 1"), "{error}");
}
