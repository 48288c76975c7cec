//! `display.wgsl` against `lightbox_model::display::Tables`, for every input.
//!
//! What is demanded: 8-bit results equal for every function but SIGMOID, whose `exp` and division a device may round on its own: one
//! level, and only where the reference lies within 1e-5 of the boundary between two. Values before rounding: equal bit for bit but
//! for SIGMOID, within 1e-6.

use super::*;
use lightbox_model::display::{Display, Lut, Modality, Padding, Palette, PseudoColour, Voi, VoiFunction, quantise};
use lightbox_model::image::Photometric;
use std::sync::Arc;

/// Every 16-bit value, as unsigned and as signed samples.
fn all_inputs() -> [Samples; 2] {
    [Samples::U16((0..=u16::MAX).collect()), Samples::I16((0..=u16::MAX).map(|x| x as i16).collect())]
}

fn window(centre: f64, width: f64, function: VoiFunction) -> Voi {
    Voi::window(centre, width, function)
}

fn lut(first: i32, bits: u8, entries: impl IntoIterator<Item = u16>) -> Lut {
    Lut { first, bits, entries: entries.into_iter().collect(), explanation: None }
}

/// Draws `samples` with `display` and compares every pixel with the reference.
fn compare(renderer: &Renderer, samples: &Samples, samples_per_pixel: u16, display: &Display, name: &str) {
    let tables = display.tables();
    let sigmoid = matches!(display.voi, Voi::Window { function: VoiFunction::Sigmoid, .. }) && samples_per_pixel == 1;
    let n = usize::from(samples_per_pixel);
    let columns = (samples.len() / n).min(256) as u32;
    let picture = upload(renderer, columns, samples_per_pixel, samples);
    let exact = renderer.render_unrounded(&picture, &one_to_one(&tables), columns, picture.rows()).expect("render");
    let rounded = drawn(renderer, &picture, &tables);
    for i in 0..samples.len() / n {
        let stored: Vec<i64> = (i * n..i * n + n).filter_map(|j| samples.get(j)).collect();
        let expected = tables.rgb(&stored);
        for c in 0..3 {
            let (got, want) = (exact[i][c], expected[c]);
            let (level, wanted) = (rounded[i][c], quantise(want));
            if sigmoid && display.pseudo_colour.is_none() {
                let to_boundary = ((want * 255.0).fract() - 0.5).abs() / 255.0;
                assert!((got - want).abs() <= 1e-6, "{name}: {stored:?} channel {c}: {got} instead of {want}");
                assert!(
                    level == wanted || (level.abs_diff(wanted) == 1 && to_boundary <= 1e-5),
                    "{name}: {stored:?}: {level}, {wanted}"
                );
            } else {
                assert_eq!(got.to_bits(), want.to_bits(), "{name}: {stored:?} channel {c}: {got} instead of {want}");
                assert_eq!(level, wanted, "{name}: {stored:?} channel {c}");
            }
        }
    }
}

/// Every 16-bit input, both signs.
fn compare_all(renderer: &Renderer, display: &Display, name: &str) {
    for samples in all_inputs() {
        compare(renderer, &samples, 1, display, &format!("{name} ({:?})", samples.kind()));
    }
}

#[test]
fn windows() {
    let Some(renderer) = renderer() else { return };
    for (slope, intercept) in [(1.0, 0.0), (1.0, -1024.0), (0.5, -1024.0), (0.0071, 3.3), (-2.0, 100.0), (0.0, 7.0)] {
        let modality = Modality::Rescale { slope, intercept };
        for function in [VoiFunction::Linear, VoiFunction::LinearExact, VoiFunction::Sigmoid] {
            for (centre, width) in [(40.0, 400.0), (-600.0, 1500.0), (0.0, 1.0), (0.5, 2.0), (2048.3, 4095.7), (-3.25, 65536.0)] {
                let display = Display::new(modality.clone(), window(centre, width, function));
                compare_all(renderer, &display, &format!("{function:?} {centre} {width} after {modality:?}"));
            }
        }
    }
}

#[test]
fn any_window_after_any_rescale() {
    let Some(renderer) = renderer() else { return };
    let mut noise = Noise(7);
    let samples = all_inputs();
    for round in 0..60 {
        let mut number = |scale: f64| (f64::from(noise.below(2_000_001)) / 1_000_000.0 - 1.0) * scale;
        let modality = Modality::Rescale { slope: number(3.0), intercept: number(5000.0) };
        let (centre, width) = (number(20_000.0), 1.0 + number(30_000.0).abs());
        let function = if round % 2 == 0 { VoiFunction::Linear } else { VoiFunction::LinearExact };
        let display = Display::new(modality, window(centre, width, function));
        compare(renderer, &samples[round % 4 / 2], 1, &display, &format!("{display:?}"));
    }
}

#[test]
fn lookup_tables() {
    let Some(renderer) = renderer() else { return };
    let curve = |n: u32, top: f64| (0..n).map(move |i| ((f64::from(i) / f64::from(n)).sqrt() * top) as u16);
    let modality = [
        Modality::Identity,
        Modality::Rescale { slope: 0.37, intercept: -12.5 },
        Modality::Lut(lut(0, 16, curve(65536, 65535.0))),
        Modality::Lut(lut(-100, 12, curve(4096, 4095.0))),
        Modality::Lut(lut(30_000, 16, [5])),
    ];
    let voi = [
        window(1000.0, 2000.0, VoiFunction::Linear),
        Voi::Lut(lut(0, 16, curve(65536, 65535.0))),
        Voi::Lut(lut(-1024, 12, curve(3000, 4095.0).collect::<Vec<_>>().into_iter().rev())),
        Voi::Lut(lut(200, 8, curve(256, 255.0))),
    ];
    for modality in &modality {
        for voi in &voi {
            let name = format!("{:?}.. then {:?}", modality.apply(0), voi.centre_width());
            compare_all(renderer, &Display::new(modality.clone(), voi.clone()), &name);
        }
    }
}

#[test]
fn inversion_padding_and_pseudo_colour() {
    let Some(renderer) = renderer() else { return };
    for function in [VoiFunction::Linear, VoiFunction::Sigmoid] {
        for (inverse, invert) in [(true, false), (false, true), (true, true)] {
            for padding in [None, Some(Padding { low: -2000, high: -2000 }), Some(Padding { low: 900, high: 63_000 })] {
                let mut display = Display::new(Modality::Rescale { slope: 1.0, intercept: -1024.0 }, window(40.0, 400.0, function));
                (display.inverse, display.invert, display.padding) = (inverse, invert, padding);
                compare_all(renderer, &display, &format!("{function:?} {inverse} {invert} {padding:?}"));
            }
        }
    }
    for palette in PseudoColour::ALL {
        let mut display = Display::new(Modality::Identity, window(3000.0, 5000.0, VoiFunction::Linear));
        (display.pseudo_colour, display.padding) = (Some(palette.entries()), Some(Padding { low: 1, high: 9 }));
        for inverse in [false, true] {
            display.inverse = inverse;
            compare_all(renderer, &display, palette.name());
        }
    }
}

#[test]
fn presentation_luts() {
    let Some(renderer) = renderer() else { return };
    let curve = |n: u32, top: f64| (0..n).map(move |i| ((f64::from(i) / f64::from(n - 1)).powf(1.7) * top) as u16);
    let tables =
        [lut(0, 8, curve(256, 255.0)), lut(0, 12, curve(4096, 4095.0)), lut(0, 16, curve(65536, 65535.0)), lut(0, 10, [7])];
    for table in tables {
        for voi in [window(40.0, 400.0, VoiFunction::LinearExact), Voi::Lut(lut(-1024, 12, curve(3000, 4095.0)))] {
            for invert in [false, true] {
                let mut display = Display::new(Modality::Rescale { slope: 1.0, intercept: -1024.0 }, voi.clone());
                (display.presentation, display.invert) = (Some(table.clone()), invert);
                compare_all(renderer, &display, &format!("{} entries after {:?}", table.entries.len(), voi.centre_width()));
            }
        }
    }
}

#[test]
fn palettes() {
    let Some(renderer) = renderer() else { return };
    let mut noise = Noise(3);
    for (first, len) in [(0, 65536), (-5, 256), (1000, 1), (-32768, 300)] {
        let entries = (0..len).map(|_| [0; 3].map(|_: u16| noise.next() as u16)).collect();
        let palette = Some(Arc::new(Palette { first, entries }));
        let mut display = Display::colour(Photometric::PaletteColor, 16, palette.clone()).unwrap();
        compare_all(renderer, &display, &format!("PALETTE COLOR {first} {len}"));
        display.invert = true;
        compare_all(renderer, &display, &format!("PALETTE COLOR {first} {len} inverted"));
        // A supplemental palette on grey, C.7.6.19.
        let mut display = Display::new(Modality::Identity, window(500.0, 1000.0, VoiFunction::Linear));
        (display.palette, display.padding) = (palette, Some(Padding { low: 7, high: 7 }));
        compare_all(renderer, &display, &format!("supplemental palette {first} {len}"));
    }
}

const COLOURS: [Photometric; 6] = [
    Photometric::Rgb,
    Photometric::YbrFull,
    Photometric::YbrFull422,
    Photometric::YbrPartial422,
    Photometric::YbrIct,
    Photometric::YbrRct,
];

#[test]
fn colour_of_eight_bits() {
    let Some(renderer) = renderer() else { return };
    // Every value of each sample against a few of the other two, then noise: 65,536 pixels of every kind.
    let mut noise = Noise(11);
    let mut samples = Vec::new();
    for i in 0..65_536u32 {
        let rest = if i < 24_576 { [0, 64, 128, 255][(i / 256 % 4) as usize] } else { noise.next() as u8 };
        let mut pixel = [rest; 3];
        pixel[(i / 1024 % 3) as usize] = i as u8;
        samples.extend(if i < 24_576 { pixel } else { [pixel[0], noise.next() as u8, noise.next() as u8] });
    }
    let samples = Samples::U8(samples);
    for photometric in COLOURS {
        for invert in [false, true] {
            let mut display = Display::colour(photometric, 8, None).unwrap();
            display.invert = invert;
            compare(renderer, &samples, 3, &display, &format!("{photometric:?} inverted {invert}"));
        }
    }
}

#[test]
fn colour_of_more_bits_and_signed_chroma() {
    let Some(renderer) = renderer() else { return };
    let mut noise = Noise(13);
    let words: Vec<u16> = (0..3 * 65_536).map(|_| noise.next() as u16).collect();
    let twelve = Samples::U16(words.iter().map(|w| w >> 4).collect());
    let signed = Samples::I16(words.iter().map(|&w| (w as i16) >> 6).collect());
    let sixteen = Samples::U16(words);
    for photometric in COLOURS {
        compare(renderer, &sixteen, 3, &Display::colour(photometric, 16, None).unwrap(), &format!("16-bit {photometric:?}"));
        compare(renderer, &twelve, 3, &Display::colour(photometric, 12, None).unwrap(), &format!("12-bit {photometric:?}"));
        compare(renderer, &signed, 3, &Display::colour(photometric, 8, None).unwrap(), &format!("signed {photometric:?}"));
    }
}

#[test]
fn every_sample_type() {
    let Some(renderer) = renderer() else { return };
    let mut display =
        Display::new(Modality::Rescale { slope: 2.0, intercept: 1.0 }, window(100.0, 700.0, VoiFunction::LinearExact));
    display.padding = Some(Padding { low: 3, high: 5 });
    compare(renderer, &Samples::U8((0..=255).collect()), 1, &display, "U8");
    compare(renderer, &Samples::I8((-128..=127).collect()), 1, &display, "I8");
    display.padding = Some(Padding { low: i32::MAX - 1, high: i32::MAX });
    display.voi = window(0.0, 5e9, VoiFunction::Linear);
    let mut noise = Noise(5);
    let mut wide: Vec<u32> = (0..65_280).map(|_| noise.next() << 1 | noise.next() & 1).collect();
    wide.extend((0..128).flat_map(|i| [i, u32::MAX - i]));
    wide[..4].copy_from_slice(&[i32::MAX as u32, i32::MAX as u32 - 1, i32::MAX as u32 + 1, u32::MAX]);
    let signed = Samples::I32(wide.iter().map(|&x| x as i32).collect());
    let unsigned = Samples::U32(wide);
    for samples in [&signed, &unsigned] {
        compare(renderer, samples, 1, &display, "32 bits");
        let mut tabled = display.clone();
        tabled.modality = Modality::Lut(lut(i32::MIN, 16, 0..1000));
        tabled.voi = window(500.0, 1000.0, VoiFunction::Linear);
        compare(renderer, samples, 1, &tabled, "32 bits through a table from the least value");
        tabled.modality = Modality::Lut(lut(i32::MAX - 999, 16, 0..1000));
        compare(renderer, samples, 1, &tabled, "32 bits through a table to the greatest value");
    }
}

#[test]
fn floating_point_samples() {
    let Some(renderer) = renderer() else { return };
    let mut noise = Noise(17);
    let mut values: Vec<f32> = (0..4096).map(|_| (noise.below(2_000_000) as f32 - 1e6) / 997.0).collect();
    values.extend([f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, f32::MAX, f32::MIN, 3e-39, 1.5]);
    values.resize(4352, 12.5);
    let tables =
        Display::new(Modality::Rescale { slope: 0.5, intercept: 10.0 }, window(0.0, 300.0, VoiFunction::LinearExact)).tables();
    let doubles: Vec<f64> = values.iter().map(|&x| f64::from(x)).collect();
    for samples in [SamplesRef::Float(&values), SamplesRef::Double(&doubles)] {
        let pixels = PixelsRef { rows: 17, columns: 256, samples_per_pixel: 1, samples };
        let picture = renderer.upload(&pixels, &Marks::default()).unwrap();
        for (value, got) in values.iter().zip(drawn(renderer, &picture, &tables)) {
            let want = quantise(tables.grey_from_modality(tables.modality_float(*value)));
            assert_eq!(got, [want; 3], "{value}");
        }
    }
}
