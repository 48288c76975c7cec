//! The first window: its order, and histograms without padding.

use crate::make;
use lightbox_codec::Samples;
use lightbox_model::display::*;
use lightbox_model::histogram::Histogram;
use lightbox_model::image::{Delivered, FrameFacts, ImageHeader, Photometric};
use std::sync::Arc;

fn window(centre: f64, width: f64) -> Voi {
    Voi::window(centre, width, VoiFunction::Linear)
}

fn delivered(photometric: Photometric, bits: u16) -> Delivered {
    Delivered { photometric, bits }
}

fn some_lut() -> Voi {
    Voi::Lut(Lut { first: 0, bits: 8, entries: vec![0, 255].into(), explanation: Some("NORMAL".into()) })
}

#[test]
fn lut_before_window_before_preset_before_percentile_before_full_range() {
    let mut image = make::image();
    image.shared.modality = Modality::Rescale { slope: 1.0, intercept: -1024.0 };
    image.shared.units = Some("HU".into());
    let samples = Samples::U16((0..1000).collect());
    let histogram = Histogram::of(&samples, &image.shared.modality, None).unwrap();

    image.shared.voi = vec![some_lut(), window(40.0, 400.0), window(-600.0, 1500.0)].into();
    let first = InitialVoi::choose(&image, "CT", 0, Some(&histogram));
    assert_eq!((first.voi, first.origin), (some_lut(), VoiOrigin::Header(0)));

    image.shared.voi = vec![window(0.0, 0.0), window(-600.0, 1500.0)].into();
    let first = InitialVoi::choose(&image, "CT", 0, Some(&histogram));
    assert_eq!((first.voi, first.origin), (window(-600.0, 1500.0), VoiOrigin::Header(1)), "an impossible window is passed over");

    image.shared.voi = [].into();
    let first = InitialVoi::choose(&image, "CT", 0, Some(&histogram));
    assert_eq!((first.voi.centre_width(), first.origin), ((40.0, 400.0), VoiOrigin::Preset));
    assert_eq!(InitialVoi::choose(&image, "MR", 0, Some(&histogram)).origin, VoiOrigin::Percentile);
    assert_eq!(InitialVoi::choose(&image, "MR", 0, None).origin, VoiOrigin::FullRange);

    image.shared.units = Some("US".into());
    assert_eq!(InitialVoi::choose(&image, "CT", 0, Some(&histogram)).origin, VoiOrigin::Percentile, "not Hounsfield units");
}

#[test]
fn each_frame_has_its_own_window() {
    let mut image = make::image();
    image.frames = 2;
    image.per_frame = vec![image.shared.clone(), image.shared.clone()];
    image.per_frame[0].voi = vec![window(1.0, 10.0)].into();
    image.per_frame[1].voi = vec![window(2.0, 20.0)].into();
    assert_eq!(InitialVoi::choose(&image, "MR", 1, None).voi.centre_width(), (2.0, 20.0));
}

#[test]
fn full_range_covers_what_the_bits_hold() {
    let mut image = make::image();
    image.format.stored = 12;
    let full = |image: &ImageHeader| InitialVoi::choose(image, "MR", 0, None).voi.centre_width();
    assert_eq!(full(&image), (2047.5, 4095.0));
    image.format.signed = true;
    assert_eq!(full(&image), (-0.5, 4095.0));
    image.shared.modality = Modality::Rescale { slope: -2.0, intercept: 10.0 };
    assert_eq!(full(&image), (11.0, 8190.0));
}

#[test]
fn percentiles_leave_out_padding_and_outliers() {
    // 10,000 values 100..=199, a tenth as much padding, two wild pixels.
    let mut values: Vec<i16> = (0..10_000).map(|i| 100 + i % 100).collect();
    values.extend(vec![-2000; 1000]);
    values.extend([30_000, -30_000]);
    let padding = Some(Padding { low: -2000, high: -2000 });
    let histogram = Histogram::of(&Samples::I16(values), &Modality::Identity, padding).unwrap();
    assert_eq!(histogram.total(), 10_002);
    assert_eq!((histogram.min(), histogram.max()), (-30_000.0, 30_000.0));
    assert_eq!((histogram.percentile(0.5), histogram.percentile(0.0), histogram.percentile(1.0)), (149.0, -30_000.0, 30_000.0));
    let voi = InitialVoi::choose(&make::image(), "MR", 0, Some(&histogram)).voi;
    assert_eq!(voi.centre_width(), (149.5, 99.0));
}

#[test]
fn percentiles_are_in_modality_units_whatever_the_slope() {
    let samples = Samples::U16((0..=1000).collect());
    for (slope, intercept) in [(0.5, -100.0), (-0.5, 100.0), (-1.0, 0.0), (0.001, 5.0)] {
        let modality = Modality::Rescale { slope, intercept };
        let histogram = Histogram::of(&samples, &modality, None).unwrap();
        let ends = [intercept, 1000.0 * slope + intercept];
        let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        let near = |a: f64, b: f64| (a - b).abs() < 1e-3 * slope.abs() + 1e-5;
        assert!(near(histogram.min(), low) && near(histogram.max(), high), "{slope} {intercept}");
        assert!(near(histogram.percentile(0.25), low + 250.0 * slope.abs()), "{slope}: {}", histogram.percentile(0.25));
    }
}

#[test]
fn a_falling_slope_turns_the_distribution_round() {
    // Nine pixels at the stored bottom, which is the top in modality units, and one at the other end.
    let mut values = vec![0u16; 9];
    values.push(1000);
    let histogram = Histogram::of(&Samples::U16(values), &Modality::Rescale { slope: -1.0, intercept: 0.0 }, None).unwrap();
    assert_eq!([0.1, 0.2, 1.0].map(|p| histogram.percentile(p)), [-1000.0, 0.0, 0.0]);
    let (first, _, counts) = histogram.bins(usize::MAX);
    assert_eq!((first, counts[0], counts[1000]), (-1000.0, 1, 9));
}

#[test]
fn a_modality_lut_is_counted_by_its_outputs() {
    let lut = Lut { first: 0, bits: 16, entries: vec![500, 100, 300].into(), explanation: None };
    let histogram = Histogram::of(&Samples::U8(vec![0, 1, 1, 2, 2, 2]), &Modality::Lut(lut), None).unwrap();
    assert_eq!([0.1, 0.5, 0.9, 1.0].map(|p| histogram.percentile(p)), [100.0, 300.0, 500.0, 500.0]);
}

#[test]
fn wide_samples_keep_their_ends_and_middle() {
    let samples = Samples::U32((0..100_000u32).map(|i| i * 40_000).collect());
    let histogram = Histogram::of(&samples, &Modality::Identity, None).unwrap();
    assert_eq!(histogram.min(), 0.0);
    assert!((histogram.max() - 3_999_960_000.0).abs() < 512.0);
    assert!((histogram.percentile(0.5) - 2e9).abs() < 2.0 * 4e9 / 65536.0);
}

#[test]
fn drawing_bins_hold_every_pixel() {
    let samples = Samples::U16((0..5000).map(|i| i * 13).collect());
    let histogram = Histogram::of(&samples, &Modality::Identity, None).unwrap();
    for most in [1, 7, 256, 100_000] {
        let (first, width, counts) = histogram.bins(most);
        assert!(counts.len() <= most);
        assert_eq!(counts.iter().map(|&n| u64::from(n)).sum::<u64>(), histogram.total());
        assert!(first - width / 2.0 <= histogram.min() && first + width * counts.len() as f64 >= histogram.max());
    }
}

#[test]
fn a_mask_is_shown_whole_and_a_constant_picture_is_grey() {
    let mut mask = vec![0u8; 10_000];
    mask[5] = 1;
    let histogram = Histogram::of(&Samples::U8(mask), &Modality::Identity, None).unwrap();
    let tables = Display::new(Modality::Identity, InitialVoi::choose(&make::image(), "OT", 0, Some(&histogram)).voi).tables();
    assert_eq!((tables.grey(0), tables.grey(1)), (0.0, 1.0));
    let flat = Histogram::of(&Samples::U8(vec![7; 10]), &Modality::Identity, None).unwrap();
    let tables = Display::new(Modality::Identity, InitialVoi::choose(&make::image(), "OT", 0, Some(&flat)).voi).tables();
    assert_eq!(tables.grey(7), 0.5);
    let padding = Some(Padding { low: 7, high: 7 });
    assert_eq!(Histogram::of(&Samples::U8(vec![7; 10]), &Modality::Identity, padding), None);
}

#[test]
fn floats_are_windowed_in_their_own_small_range() {
    let values: Vec<f32> = (0..1000).map(|i| i as f32 / 1e6).chain([f32::NAN, f32::INFINITY]).collect();
    let histogram = Histogram::of_floats(&values, &Modality::Identity).unwrap();
    assert_eq!(histogram.total(), 1000);
    let (centre, width) = InitialVoi::choose(&make::image(), "MR", 0, Some(&histogram)).voi.centre_width();
    assert!((centre - 0.0005).abs() < 1e-5 && (width - 0.00099).abs() < 2e-5, "{centre} {width}");
}

#[test]
fn the_decoders_colour_space_is_believed_over_the_headers() {
    let mut image = make::image();
    image.format.photometric = Photometric::YbrFull422;
    image.format.stored = 8;
    let display = Display::initial(&image, "US", 0, delivered(Photometric::Rgb, 8), None).unwrap();
    assert_eq!(display.colour, ColourModel::Rgb);
    assert_eq!(display.tables().rgb8(&[1, 2, 3]), [1, 2, 3]);
}

#[test]
fn the_decoders_bits_are_believed_over_the_headers() {
    let mut image = make::image();
    image.format.photometric = Photometric::Rgb;
    // The header says 16 bits (as a lossy 8-bit JPEG in a 16-bit object may), the decoder found 8; and the other way round.
    for (header, decoder, full) in [(16, 8, 255), (8, 12, 4095), (12, 16, 65535)] {
        image.format.stored = header;
        let tables = Display::initial(&image, "SM", 0, delivered(Photometric::Rgb, decoder), None).unwrap().tables();
        assert_eq!(tables.rgb8(&[full, full / 2, 0]), [255, 127, 0], "{header} {decoder}");
    }
    assert_eq!(Display::initial(&image, "MR", 0, delivered(Photometric::Monochrome2, 10), None).unwrap().bits, 10);
}

#[test]
fn monochrome1_with_presentation_inverse_is_inverted_once() {
    let mut image = make::image();
    let inverse =
        |image: &ImageHeader, photometric| Display::initial(image, "DX", 0, delivered(photometric, 12), None).unwrap().inverse;
    assert!(!inverse(&image, Photometric::Monochrome2));
    assert!(inverse(&image, Photometric::Monochrome1));
    image.presentation_inverse = true;
    assert!(inverse(&image, Photometric::Monochrome1));
    assert!(inverse(&image, Photometric::Monochrome2));
}

#[test]
fn an_unusable_rescale_is_an_error_that_names_it() {
    let mut image = make::image();
    image.shared.modality = Modality::Rescale { slope: f64::NAN, intercept: 0.0 };
    let error = Display::initial(&image, "CT", 0, delivered(Photometric::Monochrome2, 16), None).unwrap_err();
    assert!(error.to_string().contains("(0028,1053)"), "{error}");
}

#[test]
fn a_palette_colours_grey_frames_only_where_they_say_so() {
    let mut image = make::image();
    image.palette = Some(Arc::new(Palette { first: 500, entries: vec![[65535, 0, 0]; 10] }));
    image.frames = 2;
    image.per_frame = vec![image.shared.clone(), FrameFacts { supplemental_palette: true, ..image.shared.clone() }];
    let grey = Delivered { photometric: Photometric::Monochrome2, bits: 12 };
    let shown = |frame| {
        let display = Display::initial(&image, "CT", frame, grey, None).unwrap();
        display.tables().rgb8(&[505])
    };
    assert_eq!(shown(1), [255, 0, 0]);
    let [r, g, b] = shown(0);
    assert!(r == g && g == b, "{r} {g} {b}");
}
