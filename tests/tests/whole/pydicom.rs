//! Every frame that pydicom decodes, Lightbox decodes to the same stored values.

use lightbox_codec::{Backend, Decoder, Samples};
use lightbox_model::FrameId;
use lightbox_source::{Catalogue, ImageSource, Pixels, ScanEvent, Stop};
use lightbox_tests::{data, python, root, say};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

/// Frames that differ, by how much at most, and why that is right. Lossy codings whose standards bound the error of a decoder
/// and do not fix its result; nothing lossless is here.
const EXCEPTIONS: [(&str, i64, &str); 12] = [
    ("dicom/htj2k-derived/ct_203_irreversible_qstep0.002.dcm", 1, IRREVERSIBLE),
    ("dicom/pydicom-core/JPEG2000.dcm", 1, IRREVERSIBLE),
    ("wg04/dicom/CT1_J2KI.dcm", 1, IRREVERSIBLE),
    ("wg04/dicom/MG1_J2KI.dcm", 1, IRREVERSIBLE),
    ("wg04/dicom/MR1_J2KI.dcm", 1, IRREVERSIBLE),
    ("wg04/dicom/MR3_J2KI.dcm", 1, IRREVERSIBLE),
    ("wg04/dicom/RG2_J2KI.dcm", 1, IRREVERSIBLE),
    ("wg04/dicom/US1_J2KI.dcm", 1, IRREVERSIBLE),
    ("wg04/dicom/VL1_J2KI.dcm", 1, IRREVERSIBLE),
    ("wg04/dicom/XA1_J2KI.dcm", 1, IRREVERSIBLE),
    ("dicom/pydicom-core/JPGExtended.dcm", 1, "12-bit DCT: T.83 bounds the inverse DCT's error; equal to DCMTK in every pixel"),
    (
        "dicom/transfer-syntax/CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm",
        1,
        "12-bit DCT: T.83 bounds the inverse DCT's error; equal to DCMTK in every pixel",
    ),
];

const IRREVERSIBLE: &str =
    "irreversible wavelet: ISO/IEC 15444-1 leaves the rounding of the 9/7 transform open; OpenJPEG and OpenJPH differ as much";

/// How many frames the data hold that pydicom decodes; fewer means that something was not compared.
const AT_LEAST: usize = 1900;

#[derive(serde::Deserialize)]
struct Line {
    file: String,
    #[serde(default)]
    frame: u32,
    #[serde(default)]
    shape: Vec<u32>,
    sha256: Option<String>,
    error: Option<String>,
}

#[test]
fn stored_values_equal_pydicoms() {
    let (Some(folder), Some(python)) = (data("dicom"), python()) else { return };
    let base = folder.parent().expect("the data folder");
    let lines: Vec<Line> =
        reference(&python, base, &[]).lines().map(|l| serde_json::from_str(l).expect("a line of the reference")).collect();

    let catalogue = Catalogue::new();
    let decoder = Decoder::new(Backend::Cpu).expect("the CPU decodes");
    let inputs: Vec<_> = ["dicom", "wg04/dicom", "slide", "malformed/dicom"].iter().map(|f| base.join(f)).collect();
    let ids = Mutex::new(BTreeMap::new());
    catalogue.scan(&inputs, &Stop::default(), &|event| {
        if let ScanEvent::Object(header) = event {
            let path = catalogue.path(header.id).expect("a scanned object has a path");
            let name = path.strip_prefix(base).expect("below the data folder").to_string_lossy().into_owned();
            ids.lock().expect("no panic holds it").insert(name, header.id);
        }
    });
    let ids = ids.into_inner().expect("no panic holds it");

    let (mut equal, mut excepted, mut failures) = (0, 0, Vec::new());
    for line in lines.iter().filter(|l| l.error.is_none()) {
        let Some(&object) = ids.get(&line.file) else {
            failures.push(format!("{}: not found by the scan", line.file));
            continue;
        };
        let picture = match catalogue.decode(FrameId { object, frame: line.frame }, &decoder) {
            Ok(picture) => picture,
            Err(error) => {
                failures.push(format!("{} frame {}: {error}", line.file, line.frame));
                continue;
            }
        };
        let shape = [picture.rows, picture.columns, picture.samples_per_pixel.into()];
        if shape[..] == line.shape[..] && Some(digest(&picture.pixels)) == line.sha256 {
            equal += 1;
        } else if let Some((_, most, why)) = EXCEPTIONS.iter().find(|(file, ..)| *file == line.file) {
            let apart = apart(&picture.pixels, &values(&python, base, &line.file));
            match apart {
                Some(apart) if apart <= *most => excepted += 1,
                apart => failures.push(format!("{}: {apart:?} apart, {most} allowed ({why})", line.file)),
            }
        } else {
            failures.push(format!("{} frame {}: {shape:?} differs from {:?}", line.file, line.frame, line.shape));
        }
    }
    let refused = lines.iter().filter(|l| l.error.is_some()).count();
    say(&format!(
        "frames equal to pydicom's: {equal}; within a rounding step: {excepted}; different: {}; files pydicom refuses: {refused}",
        failures.len()
    ));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(equal >= AT_LEAST, "only {equal} frames were compared");
}

/// What `tests/pydicom/reference.py` prints.
fn reference(python: &Path, base: &Path, more: &[&str]) -> String {
    let out =
        Command::new(python).arg(root().join("tests/pydicom/reference.py")).arg(base).args(more).output().expect("Python starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("JSON lines")
}

/// pydicom's values of the first frame of a file.
fn values(python: &Path, base: &Path, file: &str) -> Vec<i64> {
    serde_json::from_str(&reference(python, base, &["--values", file])).expect("a list of values")
}

/// The largest difference; `None` where the numbers of values differ.
fn apart(pixels: &Pixels, other: &[i64]) -> Option<i64> {
    let Pixels::Integer(samples) = pixels else { return None };
    let ours = (0..samples.len()).filter_map(|i| samples.get(i));
    (samples.len() == other.len()).then(|| ours.zip(other).map(|(a, b)| (a - b).abs()).max().unwrap_or(0))
}

/// SHA-256 of the values in the narrowest type that holds them, little endian: see the reference.
fn digest(pixels: &Pixels) -> String {
    let bytes = match pixels {
        Pixels::Integer(samples) => narrow(samples),
        Pixels::Float(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Pixels::Double(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
    };
    Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn narrow(samples: &Samples) -> Vec<u8> {
    let values: Vec<i64> = (0..samples.len()).filter_map(|i| samples.get(i)).collect();
    let (low, high) = (values.iter().min().copied().unwrap_or(0), values.iter().max().copied().unwrap_or(0));
    let width = match (low, high) {
        (0.., ..=0xFF) | (-0x80..0, ..=0x7F) => 1,
        (0.., ..=0xFFFF) | (-0x8000..0, ..=0x7FFF) => 2,
        _ => 4,
    };
    values.iter().flat_map(|v| v.to_le_bytes().into_iter().take(width)).collect()
}
