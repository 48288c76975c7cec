//! Measuring from stored samples.

use lightbox_codec::Samples;
use lightbox_model::display::{Modality, Padding};
use lightbox_model::geometry::{Spacing, SpacingKind};
use lightbox_model::image::Photometric;
use lightbox_model::measure::*;

const HOUNSFIELD: Modality = Modality::Rescale { slope: 2.0, intercept: -1000.0 };

fn frame<'a>(samples: &'a Samples, modality: &'a Modality) -> Frame<'a> {
    Frame {
        columns: 4,
        rows: 3,
        samples_per_pixel: 1,
        stored: Stored::Integer(samples),
        modality: Some(modality),
        padding: Some(Padding { low: 99, high: 99 }),
        partial: false,
    }
}

fn spacing(kind: SpacingKind) -> Spacing {
    Spacing { mm: Some([2.0, 0.5]), kind, ..Spacing::default() }
}

#[test]
fn lengths_use_each_direction_its_own_spacing() {
    let patient = spacing(SpacingKind::Patient);
    let along_row = Length::between(&patient, [1.0, 1.0], [11.0, 1.0]);
    assert_eq!((along_row.value, along_row.in_mm, along_row.label().as_str()), (5.0, true, "5.00 mm"));
    assert_eq!(Length::between(&patient, [1.0, 1.0], [1.0, 11.0]).label(), "20.0 mm");
    assert_eq!(Length::between(&patient, [0.0, 0.0], [6.0, 2.0]).value, 5.0);
}

#[test]
fn lengths_say_how_far_to_believe_them() {
    let detector = Length::between(&spacing(SpacingKind::Detector), [0.0, 0.0], [4.0, 0.0]);
    assert_eq!(detector.label(), "2.00 mm at detector");
    let none = Length::between(&Spacing::default(), [0.0, 0.0], [3.0, 4.0]);
    assert_eq!((none.in_mm, none.label().as_str()), (false, "5.0 px"));
    // The last two are side by side and of one scale.
    let regions = [([0, 0, 9, 9], [0.1, 0.1]), ([20, 0, 29, 9], [0.2, 0.2]), ([30, 0, 39, 9], [0.2, 0.2])].into();
    let us = Spacing { kind: SpacingKind::Region, regions, ..Spacing::default() };
    assert_eq!(Length::between(&us, [1.0, 1.0], [6.0, 1.0]).label(), "0.50 mm");
    for (from, to) in [(1.0, 25.0), (25.0, 35.0), (25.0, 15.0), (15.0, 25.0)] {
        let across = Length::between(&us, [from, 1.0], [to, 1.0]);
        assert_eq!((across.in_mm, across.caution.is_some()), (false, true), "{from} to {to}");
    }
}

#[test]
fn the_probe_reads_the_pixel_under_the_point() {
    let samples = Samples::U16(vec![0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 99, 23]);
    let mut frame = frame(&samples, &HOUNSFIELD);
    let probe = frame.probe([3.999, 1.0]).unwrap();
    assert_eq!((probe.at, probe.stored, probe.modality, probe.padding), ([3, 1], vec![13.0], Some(-974.0), false));
    let padding = frame.probe([2.5, 2.5]).unwrap();
    assert_eq!((padding.stored, padding.modality, padding.padding), (vec![99.0], None, true));
    for outside in [[-0.1, 0.0], [4.0, 0.0], [0.0, 3.0], [f64::NAN, 0.0]] {
        assert_eq!(frame.probe(outside), None);
    }
    frame.partial = true;
    assert_eq!(frame.probe([0.0, 0.0]).unwrap().caution, Some("picture not complete"));
}

#[test]
fn the_probe_reads_colour_and_floats() {
    let rgb = Samples::U8((0..36).collect());
    let colour = Frame { samples_per_pixel: 3, ..frame(&rgb, &Modality::Identity) };
    assert_eq!(colour.probe([1.5, 1.5]).unwrap().stored, [15.0, 16.0, 17.0]);
    assert_eq!(colour.probe([1.5, 1.5]).unwrap().modality, None);
    let floats = [0.5f32; 12];
    let float = Frame { stored: Stored::Float(&floats), ..frame(&rgb, &HOUNSFIELD) };
    assert_eq!(float.probe([0.0, 0.0]).unwrap().modality, Some(-999.0));
}

#[test]
fn an_index_into_a_palette_is_no_modality_value() {
    let samples = Samples::U8((0..12).collect());
    let mut image = crate::make::image();
    image.shared.modality = HOUNSFIELD;
    for photometric in [Photometric::Monochrome1, Photometric::Monochrome2, Photometric::PaletteColor, Photometric::Rgb] {
        image.format.photometric = photometric;
        let frame = Frame { modality: image.measures(0), ..frame(&samples, &HOUNSFIELD) };
        let probe = frame.probe([1.5, 1.5]).unwrap();
        let value = photometric.is_grey().then_some(-990.0);
        assert_eq!((probe.stored, probe.modality), (vec![5.0], value), "{photometric:?}");
    }
}

#[test]
fn a_header_that_promises_more_samples_than_there_are_is_survived() {
    let samples = Samples::U16(vec![1; 5]);
    let frame = frame(&samples, &Modality::Identity);
    assert_eq!(frame.probe([3.5, 2.5]), None);
}
