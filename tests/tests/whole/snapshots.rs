//! What `lightbox snapshot` draws, through the shader, is what pydicom computes in f64: within one grey level at every pixel.

use crate::lightbox;
use lightbox_tests::{data, limited, python, root, say, vulkan};
use std::process::Command;
use std::time::Duration;

/// How many files must be compared, whatever the reference leaves out.
const AT_LEAST: usize = 20;

/// A picture that a script in tests/pydicom has computed.
#[derive(serde::Deserialize)]
pub struct Expected {
    pub file: String,
    rows: u32,
    columns: u32,
    /// Grey levels 0 to 255 as little-endian f32, one a pixel, in this file; NaN where there is nothing to compare with.
    grey: std::path::PathBuf,
    /// How the reference was made: "window LINEAR", "LUT" and so on.
    pub how: String,
}

#[test]
fn snapshots_are_within_one_grey_level_of_pydicom() {
    let (Some(folder), Some(python)) = (data("dicom"), python()) else { return };
    let base = folder.parent().expect("the data folder");
    if !vulkan() {
        return;
    }
    let out = tempfile::tempdir().expect("a temporary folder");
    let reference =
        Command::new(python).arg(root().join("tests/pydicom/grey.py")).args([base, out.path()]).output().expect("Python starts");
    assert!(reference.status.success(), "{}", String::from_utf8_lossy(&reference.stderr));
    let lines = String::from_utf8(reference.stdout).expect("JSON lines");
    let expected: Vec<Expected> = lines.lines().map(|l| serde_json::from_str(l).expect("a line of the reference")).collect();
    assert!(expected.len() >= AT_LEAST, "the reference has {} files", expected.len());

    let mut failures = Vec::new();
    let mut kinds = std::collections::BTreeMap::<&str, usize>::new();
    for (i, file) in expected.iter().enumerate() {
        let picture = out.path().join(format!("{i}.png"));
        let mut command = lightbox();
        command.arg("snapshot").arg(base.join(&file.file)).arg("--output").arg(&picture);
        let limits = limited::Limits { time: Duration::from_secs(60), ..Default::default() };
        let outcome = limited::run(&mut command, limits).expect("the program starts");
        match outcome.success().then(|| compare(file, &std::fs::read(&picture).expect("the picture"))) {
            Some(Ok(())) => *kinds.entry(&file.how).or_default() += 1,
            Some(Err(difference)) => failures.push(format!("{} ({}): {difference}", file.file, file.how)),
            None => failures.push(format!("{}: {}", file.file, outcome.stderr.trim())),
        }
    }
    say(&format!("snapshots within one grey level: {} of {}, {kinds:?}", expected.len() - failures.len(), expected.len()));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The program that draws itself: its demo study needs no file.
#[test]
fn the_demo_study_is_a_picture_of_a_body() {
    if !vulkan() {
        return;
    }
    let out = tempfile::tempdir().expect("a temporary folder");
    let picture = out.path().join("demo.png");
    let mut command = lightbox();
    command.args(["demo", "--snapshot"]).arg(&picture);
    let limits = limited::Limits { time: Duration::from_secs(120), ..Default::default() };
    let outcome = limited::run(&mut command, limits).expect("the program starts");
    assert!(outcome.success(), "{}", outcome.stderr);
    let (width, height, channels, pixels) = decoded(&std::fs::read(&picture).expect("the picture")).expect("a PNG");
    assert_eq!((width, height), (512, 512));
    // In the window that it opens with: air around it and in it, soft tissue, and some bone.
    let share = |range: std::ops::RangeInclusive<u8>| {
        let pixels = pixels.chunks_exact(channels).filter(|pixel| range.contains(&pixel[0])).count();
        pixels as f32 / (width * height) as f32
    };
    let (air, tissue, bone) = (share(0..=8), share(90..=200), share(250..=255));
    assert!((0.4..0.85).contains(&air) && (0.1..0.5).contains(&tissue) && (0.005..0.1).contains(&bone), "{air} {tissue} {bone}");
}

/// Width, height, samples a pixel and samples of a PNG.
fn decoded(png: &[u8]) -> Result<(u32, u32, usize, Vec<u8>), String> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().map_err(|e| e.to_string())?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("too large a picture")?];
    let frame = reader.next_frame(&mut pixels).map_err(|e| e.to_string())?;
    Ok((frame.width, frame.height, frame.color_type.samples(), pixels))
}

/// Whether every pixel of a grey PNG is within one level of what was computed; where and how far not, otherwise.
pub fn compare(expected: &Expected, png: &[u8]) -> Result<(), String> {
    let (width, height, channels, pixels) = decoded(png)?;
    if (height, width) != (expected.rows, expected.columns) {
        return Err(format!("{width}x{height} pixels, not {}x{}", expected.columns, expected.rows));
    }
    let grey = std::fs::read(&expected.grey).map_err(|e| e.to_string())?;
    if grey.len() / 4 * channels != pixels.len() {
        return Err(format!("the reference has {} values for {width}x{height} pixels", grey.len() / 4));
    }
    let grey = grey.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let (mut worst, mut at, mut open) = (0.0f32, 0, 0);
    for (i, (expected, pixel)) in grey.zip(pixels.chunks_exact(channels)).enumerate() {
        if channels >= 3 && (pixel[0] != pixel[1] || pixel[1] != pixel[2]) {
            return Err(format!("pixel {i} is coloured: {pixel:?}"));
        }
        let difference = (f32::from(pixel[0]) - expected).abs();
        if difference.is_nan() {
            open += 1;
        } else if difference > worst {
            (worst, at) = (difference, i as u32);
        }
    }
    if open > pixels.len() / channels / 2 {
        return Err(format!("{open} pixels have nothing to be compared with"));
    }
    let place = (at % expected.columns, at / expected.columns);
    if worst <= 1.0 { Ok(()) } else { Err(format!("{worst} grey levels apart at column, row {place:?}")) }
}
