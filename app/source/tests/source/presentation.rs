//! Presentation states built here, element by element: what is read of them, and which are refused with which sentence.

use crate::header;
use crate::make::{element, file, sequence, text, words};
use lightbox_model::presentation::{Presentation, PresentationLut, SizeMode};
use std::sync::Arc;

const GRAYSCALE: &str = "1.2.840.10008.5.1.4.1.1.11.1";

/// Referenced Series Sequence with one image, and frames of it where `frames` says so.
fn reference(frames: &str) -> Vec<u8> {
    let mut image = text(0x0008, 0x1155, "UI", "1.2.3");
    if !frames.is_empty() {
        image.extend(text(0x0008, 0x1160, "IS", frames));
    }
    sequence(0x0008, 0x1115, &[sequence(0x0008, 0x1140, &[image])])
}

fn area(mode: &str) -> Vec<u8> {
    let corner = |number, [x, y]: [i32; 2]| element(0x0070, number, "SL", &[x.to_le_bytes(), y.to_le_bytes()].concat());
    let item = [corner(0x0052, [8, 9]), corner(0x0053, [3, 4]), text(0x0070, 0x0100, "CS", mode)].concat();
    sequence(0x0070, 0x005A, &[item])
}

fn window(width: &str) -> Vec<u8> {
    sequence(0x0028, 0x3110, &[[text(0x0028, 0x1050, "DS", "40"), text(0x0028, 0x1051, "DS", width)].concat()])
}

fn presentation_lut(first: u16) -> Vec<u8> {
    let item = [words(0x0028, 0x3002, "US", &[2, first, 12]), words(0x0028, 0x3006, "OW", &[4095, 0])].concat();
    sequence(0x2050, 0x0010, &[item])
}

/// The state of a file with this SOP class and these elements, which stand in the order of their tags.
fn state(sop_class: &str, elements: &[Vec<u8>]) -> Arc<Presentation> {
    let file = file(&[&[text(0x0008, 0x0016, "UI", sop_class)], elements].concat());
    header(file.path()).presentation.clone().unwrap_or_else(|| panic!("{:?}", header(file.path()).kind))
}

#[test]
fn what_a_state_says_is_read() {
    let elements = [
        reference("1\\3"),
        window("400"),
        text(0x0070, 0x0041, "CS", "Y"),
        words(0x0070, 0x0042, "US", &[270]),
        area("TRUE SIZE"),
        text(0x0070, 0x0080, "CS", "NAME"),
        presentation_lut(0),
    ];
    let state = state(GRAYSCALE, &elements);
    assert_eq!((state.name(), state.images[0].frames.as_slice()), ("NAME", &[0, 2][..]));
    let transforms = state.transforms.as_ref().expect("it can be applied");
    assert_eq!((transforms.quarter_turns, transforms.flip, transforms.overlays), (3, true, false));
    let area = transforms.areas[0].value;
    assert_eq!((area.from, area.to, area.size), ([2.0, 3.0], [8.0, 9.0], SizeMode::TrueSize), "corners in any order");
    let PresentationLut::Table(table) = &transforms.lut else { panic!("{:?}", transforms.lut) };
    assert_eq!((table.bits, &table.entries[..]), (12, &[4095, 0][..]));
}

#[test]
fn what_cannot_be_followed_is_refused_as_a_whole() {
    let signed = |slope: &str| [text(0x0028, 0x1052, "DS", "0"), text(0x0028, 0x1053, "DS", slope)].concat();
    for (elements, why) in [
        (vec![reference("0")], "reference to an image"),
        (vec![reference("1.5")], "reference to an image"),
        (vec![reference(""), signed("0")], "Rescale Slope"),
        (vec![reference(""), signed("1e300")], "Rescale Slope"),
        (vec![reference(""), window("0")], "no usable window"),
        (vec![reference(""), sequence(0x0028, 0x6100, &[text(0x0028, 0x6101, "CS", "AVG_SUB")])], "subtracts a mask"),
        (vec![reference(""), words(0x0070, 0x0042, "US", &[45])], "no multiple of 90"),
        (vec![reference(""), area("LARGE")], "\"LARGE\""),
        (vec![reference(""), area("MAGNIFY")], "magnification ratio"),
        (vec![reference(""), presentation_lut(5)], "begins at 5"),
        (vec![reference(""), text(0x2050, 0x0020, "CS", "LIN OD")], "\"LIN OD\""),
    ] {
        let refused = state(GRAYSCALE, &elements).transforms.clone().expect_err(why);
        assert!(refused.contains(why) && refused.ends_with('.'), "{refused}");
    }
    let many: Vec<Vec<u8>> = (0..70_000).map(|_| text(0x0008, 0x1155, "UI", "1.2.3")).collect();
    let many = sequence(0x0008, 0x1115, &[sequence(0x0008, 0x1140, &many)]);
    assert!(state(GRAYSCALE, &[many]).transforms.as_ref().is_err_and(|why| why.contains("allowed")));
}

#[test]
fn other_kinds_are_listed_with_their_images_and_not_applied() {
    for (class, kind) in [("11.2", "Color"), ("11.3", "Pseudo-color"), ("11.5", "XA/XRF")] {
        let state = state(&format!("1.2.840.10008.5.1.4.1.1.{class}"), &[reference("")]);
        assert!(state.kind.starts_with(kind) && state.references("1.2.3", 7), "{state:?}");
        assert!(state.transforms.as_ref().is_err_and(|why| why.contains("not applied")), "{state:?}");
    }
}
