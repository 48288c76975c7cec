//! Graphic annotation of presentation states built here.

use crate::header;
use crate::make::{element, file, sequence, text, words};
use lightbox_model::presentation::{Annotations, Graphic, Justification, Outline, Place, Units};

fn floats(number: u16, values: &[f32]) -> Vec<u8> {
    element(0x0070, number, "FL", &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())
}

fn graphic(units: &str, kind: &str, points: &[f32], filled: &str) -> Vec<u8> {
    [text(0x0070, 5, "CS", units), floats(0x22, points), text(0x0070, 0x23, "CS", kind), text(0x0070, 0x24, "CS", filled)].concat()
}

/// What is read of a state about one image with these layers and annotations.
fn read(layers: &[Vec<u8>], annotations: &[Vec<u8>]) -> Vec<Annotations> {
    let image = [text(8, 0x1150, "UI", "1.2"), text(8, 0x1155, "UI", "1.2.3")].concat();
    let file = file(&[
        text(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.11.1"),
        sequence(8, 0x1115, &[sequence(8, 0x1140, &[image])]),
        sequence(0x70, 1, annotations),
        sequence(0x70, 0x60, layers),
    ]);
    let header = header(file.path());
    let state = header.presentation.as_ref().unwrap_or_else(|| panic!("{:?}", header.kind));
    state.transforms.as_ref().expect("it can be applied").annotations.iter().map(|part| part.value.clone()).collect()
}

#[test]
fn every_kind_is_read_with_its_layer() {
    let layers = [
        [text(0x70, 2, "CS", "LATE"), text(0x70, 0x62, "IS", "7"), words(0x70, 0x66, "US", &[0x8080])].concat(),
        [text(0x70, 2, "CS", "RED"), text(0x70, 0x62, "IS", "1"), words(0x70, 0x401, "US", &[35579, 53662, 50856])].concat(),
    ];
    let points = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.5];
    let graphics = [
        graphic("PIXEL", "POINT", &points[..2], "N"),
        graphic("DISPLAY", "POLYLINE", &[0.25, 0.5, 0.75, 1.0], "N"),
        graphic("PIXEL", "INTERPOLATED", &points, "Y"),
        graphic("PIXEL", "CIRCLE", &points[..4], "Y"),
        graphic("PIXEL", "ELLIPSE", &points, "N"),
    ];
    let boxed = [
        text(0x70, 3, "CS", "PIXEL"),
        text(0x70, 6, "ST", "a\\b\r\nc "),
        floats(0x10, &[10.0, 20.0]),
        floats(0x11, &[30.0, 40.0]),
        text(0x70, 0x12, "CS", "RIGHT"),
    ];
    let annotations = [
        [text(0x70, 2, "CS", "LATE"), sequence(0x70, 9, &graphics)].concat(),
        [text(0x70, 2, "CS", "RED"), sequence(0x70, 8, &[boxed.concat()])].concat(),
    ];
    let [late, red] = &read(&layers, &annotations)[..] else { panic!("two parts") };
    assert_eq!((late.order, late.colour, late.missing, late.notes.len()), (7, Some([0x80; 3]), 0, 0));
    let kinds: Vec<_> = late.graphics.iter().map(|g| (g.outline, g.units, g.points.len(), g.filled)).collect();
    let expected = [
        (Outline::Point, Units::Pixels, 1, false),
        (Outline::Polyline, Units::Area, 2, false),
        (Outline::Interpolated, Units::Pixels, 4, true),
        (Outline::Circle, Units::Pixels, 2, true),
        (Outline::Ellipse, Units::Pixels, 4, false),
    ];
    assert_eq!(kinds, expected);
    let Graphic { points, .. } = &late.graphics[4];
    assert_eq!(points[..], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.5]]);
    let [note] = &red.notes[..] else { panic!("{red:?}") };
    assert!(red.order == 1 && red.colour.is_some_and(|[r, g, b]| r > 250 && g < 5 && b < 5), "{red:?}");
    let place = |at| Place { units: Units::Pixels, at };
    assert_eq!((note.text.as_str(), note.justification), ("a\\b\nc", Justification::Right));
    assert_eq!((note.corners, note.anchor, note.pointed), (Some([place([10.0, 20.0]), place([30.0, 40.0])]), None, false));
}

#[test]
fn what_cannot_be_drawn_is_counted() {
    let graphics = [
        graphic("MATRIX", "POINT", &[1.0, 2.0], "N"),
        graphic("PIXEL", "RECTANGLE", &[1.0, 2.0], "N"),
        graphic("PIXEL", "CIRCLE", &[1.0, 2.0], "N"),
        graphic("PIXEL", "POLYLINE", &[1.0, 2.0, 3.0], "N"),
        graphic("PIXEL", "POINT", &[f32::NAN, 2.0], "N"),
        graphic("PIXEL", "POINT", &[1.0, 1e30], "N"),
        graphic("DISPLAY", "POINT", &[1.0, 1e6], "N"),
        graphic("PIXEL", "POINT", &[1.0, 2.0], "N"),
    ];
    let nowhere = text(0x70, 6, "ST", "nowhere");
    let annotations = [sequence(0x70, 8, &[nowhere]), sequence(0x70, 9, &graphics), sequence(0x70, 0x209, &[Vec::new()])].concat();
    let [read] = &read(&[], &[annotations])[..] else { panic!("one part") };
    assert_eq!((read.graphics.len(), read.notes.len(), read.missing, read.len()), (1, 0, 9, 10));
}

#[test]
fn no_more_is_kept_than_can_be_drawn_with_every_image() {
    let annotations = |graphic: Vec<u8>, count| sequence(0x70, 9, &vec![graphic; count]);
    // 16 times 8000 points.
    let long = annotations(graphic("PIXEL", "POLYLINE", &[5.0; 16_000], "N"), 16);
    let many = annotations(graphic("PIXEL", "POINT", &[5.0; 2], "N"), 5000);
    let read = read(&[], &[long, many]);
    assert_eq!((read[0].graphics.len(), read[0].missing), (8, 8));
    assert_eq!((read[1].graphics.len(), read[1].missing), (1536, 5000 - 1536), "room for 65536 points");
    let many = self::read(&[], &[annotations(graphic("PIXEL", "POINT", &[5.0; 2], "N"), 5000)]);
    assert_eq!((many[0].graphics.len(), many[0].missing), (4096, 904));
}
