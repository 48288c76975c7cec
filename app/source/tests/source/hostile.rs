//! Numbers that a file claims and nobody should believe, in data sets built here.

use crate::make::{element, file, grey, pixels, sequence, text, words};
use crate::{header, scan};
use lightbox_model::display::VoiFunction;
use lightbox_model::image::{ImageHeader, Shutter};
use lightbox_source::ImageSource;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ULTRASOUND: &str = "1.2.840.10008.5.1.4.1.1.3.1";

fn image(elements: &[Vec<u8>]) -> Arc<ImageHeader> {
    let file = file(elements);
    let header = header(file.path());
    header.image.clone().unwrap_or_else(|| panic!("{:?}", header.kind))
}

#[test]
fn places_beyond_all_images_are_far_away() {
    let far = "-99999999999\\-1e30";
    let overlay = [
        words(0x6000, 0x0010, "US", &[4]),
        words(0x6000, 0x0011, "US", &[4]),
        text(0x6000, 0x0050, "DS", far),
        element(0x6000, 0x3000, "OW", &[0xFF; 2]),
    ];
    let seen = image(&[&[grey(4, "")], &overlay[..], &[pixels(16)]].concat());
    assert_eq!((seen.overlays[0].row, seen.overlays[0].column), (i32::MIN, i32::MIN));

    let edge = |number| text(0x0018, number, "DS", "-1e30");
    let shape = |shape| text(0x0018, 0x1600, "CS", shape);
    let rectangle = [shape("RECTANGULAR"), edge(0x1602), edge(0x1604), edge(0x1606), edge(0x1608), grey(4, ""), pixels(16)];
    assert_eq!(image(&rectangle).shutters, [Shutter::Rectangle([i32::MIN; 4])]);
    let circle = [shape("CIRCULAR"), text(0x0018, 0x1610, "DS", far), text(0x0018, 0x1612, "IS", "5"), grey(4, ""), pixels(16)];
    assert_eq!(image(&circle).shutters, [Shutter::Circle([i32::MIN, i32::MIN, 5])]);
    let polygon = [shape("POLYGONAL"), text(0x0018, 0x1620, "DS", &[far; 3].join("\\")), grey(4, ""), pixels(16)];
    assert_eq!(image(&polygon).shutters, [Shutter::Polygon(vec![[i32::MIN; 2]; 3])]);
}

#[test]
fn every_shape_of_the_shutter_is_read_and_none_twice() {
    let shutters = |shape: &str| {
        let edges =
            [("2", 0x1602), ("7", 0x1604), ("1", 0x1606), ("8", 0x1608)].map(|(value, number)| text(0x0018, number, "IS", value));
        let circle = [text(0x0018, 0x1610, "IS", "4\\5"), text(0x0018, 0x1612, "IS", "3")];
        let polygon = text(0x0018, 0x1620, "IS", "1\\1\\1\\4\\5\\1");
        let shape = text(0x0018, 0x1600, "CS", shape);
        image(&[&[shape], &edges[..], &circle[..], &[polygon, grey(8, ""), pixels(64)]].concat()).shutters.clone()
    };
    let rectangle = Shutter::Rectangle([1, 6, 0, 7]);
    let circle = Shutter::Circle([4, 3, 3]);
    let polygon = Shutter::Polygon(vec![[0, 0], [3, 0], [0, 4]]);
    assert_eq!(shutters("POLYGONAL\\RECTANGULAR\\CIRCULAR"), [rectangle, circle.clone(), polygon.clone()]);
    assert_eq!(shutters("BITMAP\\CIRCULAR"), [circle]);
    assert_eq!(shutters(&["POLYGONAL"; 3000].join("\\")), [polygon]);
    assert_eq!(shutters(""), []);
}

#[test]
fn a_voi_lut_function_that_is_not_known_is_told_and_windows_stay_linear() {
    let window = |function| {
        let values = [text(0x0028, 0x1050, "DS", "40"), text(0x0028, 0x1051, "DS", "400"), text(0x0028, 0x1056, "CS", function)];
        values.concat()
    };
    for (function, unknown) in [("LINEAR", false), ("SIGMOID", false), ("LINEAR_EXACT", false), ("", false), ("LOG", true)] {
        let facts = image(&[grey(8, ""), window(function), pixels(64)]).shared.clone();
        assert_eq!(facts.unknown_voi_function.as_deref(), unknown.then_some(function));
        assert_eq!(facts.voi[0].function() == VoiFunction::Linear, unknown || ["LINEAR", ""].contains(&function), "{function}");
    }
    // Without a window it does not matter; what a frame says of its own windows holds for that frame.
    assert_eq!(image(&[grey(8, ""), text(0x0028, 0x1056, "CS", "LOG"), pixels(64)]).shared.unknown_voi_function, None);
    let frames = ["LOG", "LINEAR"].map(|function| sequence(0x0028, 0x9132, &[window(function)]));
    let of_frames = image(&[grey(8, "2"), sequence(0x5200, 0x9230, &frames), pixels(128)]);
    let said = [0, 1].map(|frame| of_frames.facts(frame).unknown_voi_function.clone());
    assert_eq!(said, [Some("LOG".into()), None]);
}

#[test]
fn frames_are_believed_only_as_far_as_the_pixels_go() {
    for frames in ["1000000", "65"] {
        let defect = image(&[grey(8, frames), pixels(64)]).defect.clone().expect("so many frames are not there");
        assert!(defect.contains(frames) && defect.contains("64"), "{defect}");
    }
    // Of data that are cut off the first frames are good.
    assert_eq!(image(&[grey(8, "2"), pixels(64)]).defect, None);
}

#[test]
fn frames_share_what_they_have_in_common() {
    const FRAMES: usize = 1000;
    let many = |value: &str| vec![value; 5000].join("\\");
    let region = |number| element(0x0018, number, "UL", &5u32.to_le_bytes());
    let delta = |number| element(0x0018, number, "FD", &0.1f64.to_le_bytes());
    let regions = [
        region(0x6018),
        region(0x601A),
        region(0x601C),
        region(0x601E),
        words(0x0018, 0x6024, "US", &[3]),
        words(0x0018, 0x6026, "US", &[3]),
        delta(0x602C),
        delta(0x602E),
    ];
    let image = image(&[
        text(0x0008, 0x0016, "UI", ULTRASOUND),
        text(0x0008, 0x0060, "CS", "US"),
        sequence(0x0018, 0x6011, &vec![regions.concat(); 500]),
        grey(1, &FRAMES.to_string()),
        text(0x0028, 0x1050, "DS", &many("40")),
        text(0x0028, 0x1051, "DS", &many("400")),
        text(0x0028, 0x1054, "LO", &"long ".repeat(1000)),
        text(0x0028, 0x1053, "DS", "2"),
        sequence(0x5200, 0x9230, &vec![Vec::new(); FRAMES]),
        pixels(FRAMES),
    ]);
    assert_eq!((image.per_frame.len(), image.defect.clone()), (FRAMES, None));
    let (first, last) = (image.facts(0), image.facts(FRAMES as u32 - 1));
    assert!(Arc::ptr_eq(&first.voi, &last.voi) && first.voi.len() == 256, "{}", first.voi.len());
    assert!(Arc::ptr_eq(&first.spacing.regions, &last.spacing.regions) && first.spacing.regions.len() == 500);
    assert!(first.units.as_ref().is_some_and(|units| units.len() <= 64), "{:?}", first.units);
}

#[test]
fn as_many_texts_as_elements_take_no_longer_than_others() {
    let texts = text(0x0009, 0x0010, "LO", "").repeat(400_000);
    let file = file(&[texts, grey(4, ""), pixels(16)]);
    let start = Instant::now();
    let scanned = scan(&[file.path().to_owned()]);
    let tree = scanned.catalogue.tags(scanned.headers[0].id).expect("a tree");
    assert!(tree.elements.len() > 400_000 && start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
#[cfg(unix)]
fn a_pipe_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there");
    assert!(made.success());
    let scanned = scan(&[pipe]);
    assert!(scanned.headers.is_empty() && scanned.skipped.iter().any(|why| why.contains("pipe")), "{:?}", scanned.skipped);
}
