//! The f32 pipeline against the standard's own formulas in f64, for every 16-bit input.

use lightbox_model::display::*;
use lightbox_model::image::Photometric;
use proptest::prelude::*;
use std::sync::Arc;

/// PS3.3 C.11.2.1.2.1 and C.11.2.1.3, written as the standard writes them, output range 0 to 1.
fn standard(x: f64, c: f64, w: f64, function: VoiFunction) -> f64 {
    match function {
        VoiFunction::Linear => {
            if x <= c - 0.5 - (w - 1.0) / 2.0 {
                0.0
            } else if x > c - 0.5 + (w - 1.0) / 2.0 {
                1.0
            } else {
                (x - (c - 0.5)) / (w - 1.0) + 0.5
            }
        }
        VoiFunction::LinearExact => {
            if x <= c - w / 2.0 {
                0.0
            } else if x > c + w / 2.0 {
                1.0
            } else {
                (x - c) / w + 0.5
            }
        }
        VoiFunction::Sigmoid => 1.0 / (1.0 + (-4.0 * (x - c) / w).exp()),
    }
}

/// The 8-bit result is the standard's, except where the exact value lies so near to halfway between two levels that f32 cannot tell.
fn assert_level(got: f32, exact: f64, what: impl Fn() -> String) {
    let close = 2e-5;
    assert!((f64::from(got) - exact).abs() <= close, "{}: {got} instead of {exact}", what());
    let level = exact * 255.0;
    let halfway = (level.fract() - 0.5).abs() < 255.0 * close;
    if !halfway {
        assert_eq!(f64::from(quantise(got)), level.round(), "{}: level", what());
    }
}

const FUNCTIONS: [VoiFunction; 3] = [VoiFunction::Linear, VoiFunction::LinearExact, VoiFunction::Sigmoid];

const WINDOWS: [(f64, f64); 9] = [
    (40.0, 400.0),
    (-600.0, 1500.0),
    (0.0, 1.0),
    (-1024.0, 2.0),
    (32768.0, 65536.0),
    (127.5, 255.0),
    (2048.0, 4096.0),
    (480.25, 2500.5),
    (-32768.0, 1.5),
];

#[test]
fn every_input_through_every_window_function_is_the_standards() {
    let rescales = [Modality::Identity, rescale(1.0, -1024.0), rescale(0.61, -3.7), rescale(-2.0, 100.0)];
    for function in FUNCTIONS {
        for (c, w) in WINDOWS {
            for modality in &rescales {
                let (slope, intercept) = match *modality {
                    Modality::Rescale { slope, intercept } => (slope, intercept),
                    _ => (1.0, 0.0),
                };
                let tables = Display::new(modality.clone(), Voi::window(c, w, function)).tables();
                for signed in [false, true] {
                    for raw in 0..=u16::MAX {
                        let stored = if signed { i64::from(raw as i16) } else { i64::from(raw) };
                        let x = stored as f64 * slope + intercept;
                        let edge = if function == VoiFunction::Linear { c - 0.5 } else { c };
                        // A step is as steep as f32 allows; beside it, and with values that f32 must round, it may fall either way.
                        let narrow = w <= 2.0 && slope.fract() != 0.0 && (x - edge).abs() <= w;
                        if !narrow {
                            assert_level(tables.grey(stored), standard(x, c, w, function), || {
                                format!("{function:?} c {c} w {w} {modality:?} stored {stored}")
                            });
                        }
                    }
                }
            }
        }
    }
}

fn rescale(slope: f64, intercept: f64) -> Modality {
    Modality::Rescale { slope, intercept }
}

#[test]
fn a_window_of_width_one_is_a_step_below_its_centre() {
    let tables = Display::new(Modality::Identity, Voi::window(0.0, 1.0, VoiFunction::Linear)).tables();
    assert_eq!([tables.grey(-2), tables.grey(-1), tables.grey(0), tables.grey(1)], [0.0, 0.0, 1.0, 1.0]);
    let at_edge = Display::new(Modality::Identity, Voi::window(10.5, 1.0, VoiFunction::Linear)).tables();
    assert_eq!([at_edge.grey(10), at_edge.grey(11)], [0.0, 1.0], "C.11.2.1.2.1: the edge itself is black");
}

fn lut(first: i32, bits: u8, entries: Vec<u16>) -> Lut {
    Lut { first, bits, entries: entries.into(), explanation: None }
}

#[test]
fn modality_lut_maps_every_input_and_holds_its_ends() {
    let entries: Vec<u16> = (0..4096u32).map(|i| (i * i / 256) as u16).collect();
    for first in [-2048, 0, 100] {
        let modality = Modality::Lut(lut(first, 16, entries.clone()));
        let tables = Display::new(modality.clone(), Voi::window(32767.5, 65535.0, VoiFunction::LinearExact)).tables();
        for stored in i64::from(i16::MIN)..=i64::from(u16::MAX) {
            let index = (stored - i64::from(first)).clamp(0, 4095) as usize;
            assert_eq!(tables.modality(stored), f32::from(entries[index]));
            assert_eq!(modality.apply(stored), f32::from(entries[index]));
        }
    }
}

#[test]
fn voi_lut_maps_every_input_to_its_declared_bits() {
    for (bits, full) in [(8, 255u32), (10, 1023), (12, 4095), (16, 65535)] {
        let entries: Vec<u16> = (0..65536u32).map(|i| ((65535 - i) * full / 65535) as u16).collect();
        let tables = Display::new(rescale(1.0, -32768.0), Voi::Lut(lut(-32768, bits, entries.clone()))).tables();
        for stored in 0..=65535u16 {
            let exact = f64::from(entries[usize::from(stored)]) / f64::from(full);
            assert_level(tables.grey(stored), exact, || format!("{bits} bits, stored {stored}"));
        }
    }
}

#[test]
fn voi_lut_takes_the_nearest_entry_for_values_between() {
    let tables = Display::new(Modality::Identity, Voi::Lut(lut(0, 8, vec![0, 51, 102, 255]))).tables();
    assert_eq!(tables.grey_from_modality(1.4), 51.0 / 255.0);
    assert_eq!(tables.grey_from_modality(1.6), 102.0 / 255.0);
    assert_eq!(tables.grey_from_modality(-1e30), 0.0);
    assert_eq!(tables.grey_from_modality(f32::INFINITY), 1.0);
}

#[test]
fn inverse_and_invert_come_after_the_window_and_cancel() {
    let mut display = Display::new(Modality::Identity, Voi::window(128.0, 256.0, VoiFunction::Linear));
    let plain: Vec<u8> = (0..=255).map(|s| quantise(display.grey(s))).collect();
    assert_eq!(plain, (0..=255).collect::<Vec<u8>>());
    for (inverse, invert) in [(true, false), (false, true)] {
        (display.inverse, display.invert) = (inverse, invert);
        let tables = display.tables();
        assert!((0..=255).all(|s| quantise(tables.grey(s)) == 255 - plain[s as usize]));
    }
    (display.inverse, display.invert) = (true, true);
    let tables = display.tables();
    assert!((0..=255).all(|s| quantise(tables.grey(s)) == plain[s as usize]));
}

#[test]
fn padding_is_black_in_both_polarities_and_compared_before_rescale() {
    let mut display = Display::new(rescale(2.0, -1000.0), Voi::window(0.0, 4000.0, VoiFunction::Linear));
    display.padding = Some(Padding { low: -2000, high: -1990 });
    display.pseudo_colour = Some(PseudoColour::Spring.entries());
    for invert in [false, true] {
        display.invert = invert;
        let tables = display.tables();
        for stored in i64::from(i16::MIN)..=i64::from(i16::MAX) {
            let padding = (-2000..=-1990).contains(&stored);
            assert_eq!(tables.is_padding(stored), padding);
            // Spring has no black: only padding can be.
            assert_eq!(tables.rgb8(&[stored]) == [0, 0, 0], padding, "stored {stored}");
        }
    }
    display.padding = Some(Padding { low: 5, high: -5 });
    assert_eq!(display.grey(0), 0.0, "a range given upside down is the same range");
}

#[test]
fn pseudo_colour_looks_up_the_level() {
    let mut display = Display::new(Modality::Identity, Voi::window(128.0, 256.0, VoiFunction::Linear));
    for palette in PseudoColour::ALL {
        display.pseudo_colour = Some(palette.entries());
        let (tables, entries) = (display.tables(), palette.entries());
        for stored in 0..=255u8 {
            assert_eq!(tables.rgb8(&[i64::from(stored)]), entries[usize::from(stored)], "{}", palette.name());
        }
    }
    // PS3.6 B.1.1: red rises over the first half, then green, blue over the last quarter.
    let hot = PseudoColour::HotIron.entries();
    assert_eq!([hot[0], hot[64], hot[128], hot[192], hot[255]], [[0, 0, 0], [128, 0, 0], [255, 0, 0], [255, 128, 4], [255; 3]]);
}

#[test]
fn ybr_full_is_the_standards_for_every_triple_of_a_grid() {
    let tables = Display::colour(Photometric::YbrFull422, 8, None).unwrap().tables();
    for y in 0..=255i64 {
        for cb in (0..=255i64).step_by(3) {
            for cr in (0..=255i64).step_by(3) {
                let (yf, b, r) = (y as f64, cb as f64 - 128.0, cr as f64 - 128.0);
                // The inverse of C.7.6.3.1.2's matrix.
                let exact = [yf + 1.402 * r, yf - 0.344136 * b - 0.714136 * r, yf + 1.772 * b];
                for (got, exact) in tables.rgb8(&[y, cb, cr]).iter().zip(exact) {
                    let exact = exact.clamp(0.0, 255.0);
                    assert!((f64::from(*got) - exact).abs() <= 0.505, "{y} {cb} {cr}: {got} for {exact}");
                }
            }
        }
    }
}

#[test]
fn ybr_partial_spans_its_nominal_range() {
    let tables = Display::colour(Photometric::YbrPartial422, 8, None).unwrap().tables();
    assert_eq!(tables.rgb8(&[16, 128, 128]), [0; 3]);
    assert_eq!(tables.rgb8(&[235, 128, 128]), [255; 3]);
    // C.7.6.3.1.2: pure red, green and blue through the standard's forward matrix, rounded, and back within rounding.
    for (rgb, ybr) in [([255, 0, 0], [81, 90, 240]), ([0, 255, 0], [145, 54, 34]), ([0, 0, 255], [41, 240, 110])] {
        for (got, want) in tables.rgb8(&ybr).iter().zip(rgb) {
            assert!((i32::from(*got) - want).abs() <= 2, "{ybr:?}: {got} for {want}");
        }
    }
}

#[test]
fn rct_is_exact_and_the_inverse_of_its_forward_transform() {
    let tables = Display::colour(Photometric::YbrRct, 8, None).unwrap().tables();
    for r in (0..=255i64).step_by(5) {
        for g in (0..=255i64).step_by(3) {
            for b in (0..=255i64).step_by(5) {
                // ISO/IEC 15444-1 G.2.1
                let ybr = [(r + 2 * g + b).div_euclid(4), b - g, r - g];
                assert_eq!(tables.rgb8(&ybr).map(i64::from), [r, g, b]);
            }
        }
    }
}

#[test]
fn rgb_is_shown_as_it_is_at_8_bits_and_scaled_above() {
    let tables = Display::colour(Photometric::Rgb, 8, None).unwrap().tables();
    assert!((0..=255u8).all(|v| tables.rgb8(&[i64::from(v), 0, 255]) == [v, 0, 255]));
    let wide = Display::colour(Photometric::Rgb, 16, None).unwrap().tables();
    for v in 0..=65535u16 {
        let exact = f64::from(v) / 65535.0;
        assert_level(wide.rgb(&[i64::from(v), 0, 0])[0], exact, || format!("{v}"));
    }
}

#[test]
fn palette_colour_skips_modality_and_window_and_holds_its_ends() {
    let entries = vec![[65535, 0, 0], [0, 65535, 0], [0, 0, 32768]];
    let palette = Arc::new(Palette { first: 10, entries });
    let tables = Display::colour(Photometric::PaletteColor, 16, Some(palette)).unwrap().tables();
    let colours = [-5i64, 10, 11, 12, 99].map(|s| tables.rgb8(&[s]));
    assert_eq!(colours, [[255, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 128], [0, 0, 128]]);
    assert_eq!(Display::colour(Photometric::PaletteColor, 8, None), Err(Error::NoPalette));
    assert_eq!(Display::colour(Photometric::Xyb, 8, None), Err(Error::Photometric(Photometric::Xyb)));
}

#[test]
fn supplemental_palette_colours_only_its_values() {
    let mut display = Display::new(Modality::Identity, Voi::window(128.0, 256.0, VoiFunction::Linear));
    display.palette = Some(Arc::new(Palette { first: 1000, entries: vec![[65535, 0, 0], [0, 65535, 0]] }));
    let tables = display.tables();
    assert_eq!([100, 1000, 1001].map(|s| tables.rgb8(&[s])), [[100; 3], [255, 0, 0], [0, 255, 0]]);
}

#[test]
fn bilinear_never_blends_padding_in() {
    let whole = [Some(0.0), Some(100.0), Some(200.0), Some(300.0)];
    assert_eq!(bilinear(whole, 0.0, 0.0), Some(0.0));
    assert_eq!(bilinear(whole, 0.5, 0.5), Some(150.0));
    assert_eq!(bilinear(whole, 0.25, 0.0), Some(25.0));
    let padded = [Some(10.0), None, Some(10.0), None];
    assert_eq!(bilinear(padded, 0.49, 0.3), Some(10.0), "the neighbour's value alone, not a mixture");
    assert_eq!(bilinear(padded, 0.5, 0.3), None, "nearest to padding is padding");
}

#[test]
fn odd_numbers_in_headers_are_refused_or_constant_but_never_garbage() {
    assert!(rescale(f64::NAN, 0.0).check().is_err());
    assert!(rescale(1.0, f64::INFINITY).check().is_err());
    assert!(rescale(1e300, 0.0).check().is_err());
    assert!(Modality::Lut(lut(0, 16, Vec::new())).check().is_err());
    assert_eq!(rescale(0.0, 7.0).apply(12345), 7.0);
    assert!(!Voi::window(0.0, 0.0, VoiFunction::Linear).is_valid());
    assert!(!Voi::window(0.0, 0.5, VoiFunction::Linear).is_valid());
    assert!(Voi::window(0.0, 0.5, VoiFunction::LinearExact).is_valid());
    assert!(!Voi::window(f64::NAN, 10.0, VoiFunction::Sigmoid).is_valid());
    assert!(!Voi::Lut(lut(0, 8, Vec::new())).is_valid());
    let nothing = Display::new(Modality::Identity, Voi::Lut(lut(0, 8, Vec::new()))).tables();
    assert!(!nothing.words.is_empty(), "a buffer is never empty");
    assert_eq!(nothing.grey_from_modality(f32::NAN), 0.0);
}

proptest! {
    /// Whatever a header says: no panic, and results that can be drawn.
    #[test]
    fn any_numbers_make_a_picture(
        stored in any::<i64>(), slope in any::<f64>(), intercept in any::<f64>(), centre in any::<f64>(), width in any::<f64>(),
        kind in 0usize..3, first in any::<i32>(), bits in any::<u8>(), entries in proptest::collection::vec(any::<u16>(), 0..9),
        low in any::<i32>(), high in any::<i32>(), invert in any::<bool>(),
    ) {
        let mut displays = vec![
            Display::new(rescale(slope, intercept), Voi::window(centre, width, FUNCTIONS[kind])),
            Display::new(Modality::Lut(lut(first, bits, entries.clone())), Voi::Lut(lut(first, bits, entries.clone()))),
        ];
        let palette = Palette { first, entries: entries.iter().map(|&e| [e; 3]).collect() };
        displays.extend(Display::colour(Photometric::PaletteColor, bits, Some(Arc::new(palette))));
        displays.extend(Display::colour(Photometric::YbrPartial420, bits, None));
        for mut display in displays {
            display.padding = Some(Padding { low, high });
            display.invert = invert;
            let rgb = display.tables().rgb(&[stored, stored / 3, stored / 7]);
            prop_assert!(rgb.iter().all(|c| c.is_nan() || (0.0..=1.0).contains(c)), "{:?}", rgb);
        }
    }

    /// Random windows: the ramp never falls, and agrees with the standard.
    #[test]
    fn windows_rise(centre in -4000.0f64..4000.0, width in 1.0f64..9000.0, kind in 0usize..3, a in -40_000i64..40_000, d in 0i64..5000) {
        let tables = Display::new(Modality::Identity, Voi::window(centre, width, FUNCTIONS[kind])).tables();
        prop_assert!(tables.grey(a) <= tables.grey(a + d));
        if width > 3.0 {
            let exact = standard(a as f64, centre, width, FUNCTIONS[kind]);
            prop_assert!((f64::from(tables.grey(a)) - exact).abs() < 2e-3 / width.max(1.0) + 2e-5);
        }
    }
}
