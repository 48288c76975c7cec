//! What `lightbox snapshot` draws of pictures with an ICC profile is what Little CMS makes of them in sRGB.

use crate::lightbox;
use lightbox_tests::{data, limited, python, root, say, vulkan};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

#[derive(serde::Deserialize)]
struct Expected {
    name: String,
    rows: u32,
    columns: u32,
    /// Levels by which the profile moves a sample at most: what is not converted differs by this much.
    moved: u8,
}

#[test]
fn profiles_are_shown_as_little_cms_shows_them() {
    let (Some(folder), Some(python)) = (data("slide"), python()) else { return };
    if !vulkan() {
        return;
    }
    let out = tempfile::tempdir().expect("a temporary folder");
    let base = folder.parent().expect("the data folder");
    let reference =
        Command::new(python).arg(root().join("tests/pydicom/icc.py")).args([base, out.path()]).output().expect("Python starts");
    assert!(reference.status.success(), "{}", String::from_utf8_lossy(&reference.stderr));
    let lines = String::from_utf8(reference.stdout).expect("JSON lines");
    let expected: Vec<Expected> = lines.lines().map(|l| serde_json::from_str(l).expect("a line of the reference")).collect();
    assert_eq!(expected.len(), 5);
    for expected in &expected {
        assert!(expected.moved > 8, "{}: the profile changes too little to tell", expected.name);
        let picture = out.path().join(&expected.name).with_extension("png");
        let mut command = lightbox();
        command.arg("snapshot").arg(picture.with_extension("dcm")).arg("--output").arg(&picture);
        let outcome = limited::run(&mut command, limited::Limits { time: Duration::from_secs(60), ..Default::default() });
        let outcome = outcome.expect("the program starts");
        assert!(outcome.success(), "{}: {}", expected.name, outcome.stderr);
        compare(expected, &picture);
    }
}

/// Matrix profiles are within 2 levels everywhere. A profile with tables is sampled at 33 nodes a channel before it is used, which shows
/// where colours leave the gamut and beside black and white: within 8 levels. Unconverted samples are further away than that.
fn compare(expected: &Expected, picture: &Path) {
    let shown = std::fs::read(picture.with_extension("rgb")).expect("the reference");
    let file = std::io::BufReader::new(std::fs::File::open(picture).expect("the picture"));
    let mut reader = png::Decoder::new(file).read_info().expect("a PNG");
    let mut drawn = vec![0; reader.output_buffer_size().expect("a small picture")];
    let frame = reader.next_frame(&mut drawn).expect("its pixels");
    assert_eq!((frame.height, frame.width, frame.color_type), (expected.rows, expected.columns, png::ColorType::Rgb));
    assert_eq!(drawn.len(), shown.len(), "{}", expected.name);
    let apart: Vec<u8> = drawn.iter().zip(&shown).map(|(a, b)| a.abs_diff(*b)).collect();
    let (worst, above) = (apart.iter().max().copied().unwrap_or(0), apart.iter().filter(|&&d| d > 2).count());
    say(&format!("{}: {} samples, at most {worst} levels apart, {above} by more than 2", expected.name, apart.len()));
    let most = if expected.name.starts_with("tables") { 8 } else { 2 };
    assert!(worst <= most, "{}: {worst} levels apart, {most} allowed", expected.name);
}
