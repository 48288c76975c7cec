//! Functional groups of objects built here.

use crate::header;
use crate::make::{element, file, grey, pixels, sequence, text, words};
use lightbox_model::display::{Modality, Voi};
use lightbox_model::image::ImageHeader;
use std::sync::Arc;

/// An image of two frames with these groups each.
fn image(root: Vec<u8>, groups: [Vec<u8>; 2]) -> Arc<ImageHeader> {
    let file = file(&[root, grey(4, "2"), sequence(0x5200, 0x9230, &groups), pixels(32)]);
    header(file.path()).image.clone().expect("an image")
}

#[test]
fn inputs_of_a_frames_lut_have_the_sign_that_its_rescale_gives_them() {
    let lut = [words(0x0028, 0x3002, "US", &[2, 0xFC18, 8]), words(0x0028, 0x3006, "OW", &[0, 255])].concat();
    let voi = sequence(0x0028, 0x9132, &[sequence(0x0028, 0x3010, &[lut])]);
    let rescale = |intercept| {
        let values = [text(0x0028, 0x1052, "DS", intercept), text(0x0028, 0x1053, "DS", "1"), text(0x0028, 0x1054, "LO", "HU")];
        sequence(0x0028, 0x9145, &[values.concat()])
    };
    let image = image(Vec::new(), [[voi.clone(), rescale("-1024")].concat(), [voi, rescale("0")].concat()]);
    assert_eq!(image.facts(0).modality, Modality::Rescale { slope: 1.0, intercept: -1024.0 });
    let first = |frame| match &image.facts(frame).voi[..] {
        [Voi::Lut(lut)] => lut.first,
        other => panic!("{other:?}"),
    };
    assert_eq!((first(0), first(1)), (-1000, 0xFC18));
}

#[test]
fn frames_say_themselves_whether_they_have_the_palettes_colours() {
    let presentation = |term| text(0x0008, 0x9205, "CS", term);
    let frame_type = |term| sequence(0x0018, 0x9226, &[presentation(term)]);
    let descriptors = (0x1101..=0x1103).map(|number| words(0x0028, number, "US", &[1, 9, 8]));
    let tables = (0x1201..=0x1203).map(|number| element(0x0028, number, "OW", &[255, 0]));
    let root = std::iter::once(presentation("MIXED")).chain(descriptors).chain(tables).flatten().collect();
    let image = image(root, [frame_type("MONOCHROME"), frame_type("COLOR")]);
    assert_eq!(image.defect, None);
    assert_eq!([0, 1].map(|frame| image.facts(frame).supplemental_palette), [false, true]);
    assert_eq!(image.palette.as_ref().map(|p| (p.first, p.entries.len())), Some((9, 1)));
}
