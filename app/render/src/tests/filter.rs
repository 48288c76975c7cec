//! Between pixels, across tiles, through rotations, and when many image pixels share one screen pixel.

use super::*;
use crate::Interpolation;
use crate::grid::Grid;
use lightbox_model::display::{Display, Modality, Padding, Palette, Voi, VoiFunction, bilinear};
use lightbox_model::image::Photometric;
use std::sync::Arc;

/// Grey 0..=1 is the modality value over 65536.
fn plain() -> Display {
    Display::new(Modality::Identity, Voi::window(32768.0, 65536.0, VoiFunction::LinearExact))
}

fn ramp_and_noise(columns: u32, rows: u32) -> Samples {
    let mut noise = Noise(1);
    Samples::U16((0..columns * rows).map(|_| noise.below(65_536) as u16).collect())
}

fn magnified<'a>(tables: &'a Tables, pixels: f64, interpolation: Interpolation) -> View<'a> {
    View { image_from_view: [[pixels, 0.0, 0.0], [0.0, pixels, 0.0]], interpolation, ..one_to_one(tables) }
}

/// The model's reference at image position (x, y), with pixels outside repeated from the edge.
fn reference(samples: &Samples, [columns, rows]: [u32; 2], tables: &Tables, x: f64, y: f64) -> Option<f32> {
    let (left, top) = ((x - 0.5).floor(), (y - 0.5).floor());
    let tap = |dx: f64, dy: f64| {
        let at = |p: f64, n: u32| p.clamp(0.0, f64::from(n - 1)) as usize;
        let stored = samples.get(at(top + dy, rows) * columns as usize + at(left + dx, columns)).unwrap();
        (!tables.is_padding(stored)).then(|| tables.modality(stored))
    };
    let (fx, fy) = ((x - 0.5 - left) as f32, (y - 0.5 - top) as f32);
    bilinear([tap(0.0, 0.0), tap(1.0, 0.0), tap(0.0, 1.0), tap(1.0, 1.0)], fx, fy)
}

#[test]
fn bilinear_lies_between_modality_values_not_between_greys() {
    let Some(renderer) = renderer() else { return };
    // A window of width 1 at 15: grey 0 and 1 side by side. Halfway between 10 and 20 the value is 15.
    let picture = upload(renderer, 2, 1, &Samples::U16(vec![10, 20]));
    let tables = Display::new(Modality::Identity, Voi::window(15.0, 20.0, VoiFunction::LinearExact)).tables();
    let view = View { image_from_view: [[0.25, 0.0, 0.375], [0.0, 1.0, 0.0]], ..one_to_one(&tables) };
    let greys = unrounded(renderer, &picture, &view, 5, 1);
    let values: Vec<f32> = greys.iter().map(|g| g * 20.0 + 5.0).collect();
    for (got, want) in values.iter().zip([10.0, 12.5, 15.0, 17.5, 20.0]) {
        assert!((got - want).abs() < 1e-5, "{values:?}");
    }
    // Through a table the values between are those of the table's input: 15, not the mean of what 10 and 20 map to.
    let entries: Vec<u16> = (0..30).map(|i| if i == 15 { 65_535 } else { 0 }).collect();
    let lut = lightbox_model::display::Lut { first: 0, bits: 16, entries: entries.into(), explanation: None };
    let tables = Display::new(Modality::Identity, Voi::Lut(lut)).tables();
    let view = View { tables: &tables, ..view };
    assert_eq!(unrounded(renderer, &picture, &view, 5, 1), [0.0, 0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn between_palette_entries_lie_their_colours_not_the_entries_between() {
    let Some(renderer) = renderer() else { return };
    let picture = upload(renderer, 2, 1, &Samples::U8(vec![0, 2]));
    let entries = vec![[0; 3], [0, 65_535, 0], [65_535, 0, 0]];
    let mut display = Display::colour(Photometric::PaletteColor, 8, Some(Arc::new(Palette { first: 0, entries }))).unwrap();
    let tables = display.tables();
    let between = View { image_from_view: [[0.25, 0.0, 0.375], [0.0, 1.0, 0.0]], ..one_to_one(&tables) };
    assert_eq!(rgb8(renderer, &picture, &between, 5, 1), [0, 64, 128, 191, 255].map(|red| [red, 0, 0]));
    // A supplemental palette colours the second pixel only: grey and colour meet in an edge.
    display = plain();
    display.palette = Some(Arc::new(Palette { first: 2, entries: vec![[65_535, 0, 0]] }));
    let tables = display.tables();
    let edge = View { tables: &tables, ..between };
    assert_eq!(rgb8(renderer, &picture, &edge, 5, 1), [[0; 3], [0; 3], [255, 0, 0], [255, 0, 0], [255, 0, 0]]);
}

#[test]
fn magnification_is_the_models() {
    let Some(renderer) = renderer() else { return };
    let size = [13, 9];
    let samples = ramp_and_noise(13, 9);
    let picture = upload(renderer, 13, 1, &samples);
    for padding in [None, Some(Padding { low: 20_000, high: 45_000 })] {
        let mut display = plain();
        display.padding = padding;
        let tables = display.tables();
        let pixels = 1.0 / 8.0;
        let smooth = unrounded(renderer, &picture, &magnified(&tables, pixels, Interpolation::Bilinear), 104, 72);
        let nearest = unrounded(renderer, &picture, &magnified(&tables, pixels, Interpolation::Nearest), 104, 72);
        for y in 0..72u32 {
            for x in 0..104u32 {
                let i = (y * 104 + x) as usize;
                let at = |p: u32| (f64::from(p) + 0.5) * pixels;
                let stored = samples.get((y / 8 * 13 + x / 8) as usize).unwrap();
                assert_eq!(nearest[i], tables.grey(stored), "nearest at {x}, {y}");
                let inside = (4..100).contains(&x) && (4..68).contains(&y);
                if padding.is_some() && !inside {
                    // Beside padding the model counts the repeated edge pixel twice, here it counts by its area.
                    continue;
                }
                let want = reference(&samples, size, &tables, at(x), at(y)).map_or(0.0, |v| tables.grey_from_modality(v));
                assert!((smooth[i] - want).abs() < 2e-6, "bilinear at {x}, {y}: {} instead of {want}", smooth[i]);
            }
        }
    }
}

#[test]
fn padding_is_never_blended_in() {
    let Some(renderer) = renderer() else { return };
    let picture = upload(renderer, 4, 1, &Samples::I16(vec![-2000, 100, 100, -2000]));
    let mut display = Display::new(Modality::Identity, Voi::window(100.0, 300.0, VoiFunction::LinearExact));
    display.padding = Some(Padding { low: -2000, high: -2000 });
    let tables = display.tables();
    for (pixels, width) in [(0.125, 32), (0.3, 13), (1.0, 4)] {
        let view = View { image_from_view: [[pixels, 0.0, 0.0], [0.0, 1.0, 0.0]], ..one_to_one(&tables) };
        for (x, grey) in unrounded(renderer, &picture, &view, width, 1).into_iter().enumerate() {
            let at = (x as f64 + 0.5) * pixels;
            let want = if (1.0..3.0).contains(&at) { 0.5 } else { 0.0 };
            assert_eq!(grey, want, "{pixels} at {at}");
        }
    }
}

#[test]
fn tiles_cannot_be_seen() {
    let Some(renderer) = renderer() else { return };
    let (columns, rows) = (75, 53);
    let samples = ramp_and_noise(columns, rows);
    let pixels = PixelsRef { rows, columns, samples_per_pixel: 1, samples: SamplesRef::Integer(&samples) };
    let whole = renderer.upload(&pixels, &Marks::default()).unwrap();
    let tables = plain().tables();
    for shift in [4, 5, 6] {
        let tiled = renderer.upload_on(Grid::with_shift(columns, rows, shift), &pixels, &Marks::default()).unwrap();
        for interpolation in [Interpolation::Nearest, Interpolation::Bilinear] {
            for m in
                [[[0.37, 0.0, 3.1], [0.0, 0.37, 2.2]], [[0.0, 1.9, 0.2], [-1.9, 0.0, 52.0]], [[0.3, 0.4, 1.0], [-0.4, 0.3, 30.0]]]
            {
                let view = View { image_from_view: m, interpolation, ..one_to_one(&tables) };
                let one = renderer.render_unrounded(&whole, &view, 160, 120).unwrap();
                let many = renderer.render_unrounded(&tiled, &view, 160, 120).unwrap();
                assert!(one == many, "tiles of {} pixels at {m:?}", 1 << shift);
            }
        }
    }
}

#[test]
fn a_picture_beyond_one_texture_is_drawn_whole() {
    let Some(renderer) = renderer() else { return };
    let edge = renderer.limits().max_texture_dimension_2d;
    let columns = edge + 3;
    let samples = Samples::U8((0..columns * 2).map(|i| (i / 7) as u8).collect());
    let picture = upload(renderer, columns, 1, &samples);
    let tables = Display::new(Modality::Identity, Voi::window(128.0, 256.0, VoiFunction::Linear)).tables();
    for left in [0, 1000, edge - 10] {
        let view = View { image_from_view: [[1.0, 0.0, f64::from(left)], [0.0, 1.0, 0.0]], ..one_to_one(&tables) };
        let got = rgb8(renderer, &picture, &view, 32, 2);
        for (i, rgb) in got.into_iter().enumerate() {
            let (x, y) = (left + i as u32 % 32, i as u32 / 32);
            let want = if x < columns { samples.get((y * columns + x) as usize).unwrap() as u8 } else { 0 };
            assert_eq!(rgb, [want; 3], "column {x} row {y}");
        }
    }
}

#[test]
fn quarter_turns_and_flips_move_pixels_and_change_none() {
    let Some(renderer) = renderer() else { return };
    let (columns, rows) = (7u32, 5u32);
    let samples = ramp_and_noise(columns, rows);
    let picture = upload(renderer, columns, 1, &samples);
    let tables = plain().tables();
    let (w, h) = (f64::from(columns), f64::from(rows));
    let views: [([[f64; 3]; 2], [u32; 2]); 5] = [
        ([[-1.0, 0.0, w], [0.0, 1.0, 0.0]], [columns, rows]),
        ([[1.0, 0.0, 0.0], [0.0, -1.0, h]], [columns, rows]),
        ([[-1.0, 0.0, w], [0.0, -1.0, h]], [columns, rows]),
        ([[0.0, 1.0, 0.0], [-1.0, 0.0, h]], [rows, columns]),
        ([[0.0, -1.0, w], [1.0, 0.0, 0.0]], [rows, columns]),
    ];
    for (m, [width, height]) in views {
        let view = View { image_from_view: m, ..one_to_one(&tables) };
        let got = unrounded(renderer, &picture, &view, width, height);
        for (i, grey) in got.into_iter().enumerate() {
            let (x, y) = (f64::from(i as u32 % width) + 0.5, f64::from(i as u32 / width) + 0.5);
            let at = m.map(|[a, b, c]| (a * x + b * y + c) as usize);
            assert_eq!(grey, tables.grey(samples.get(at[1] * columns as usize + at[0]).unwrap()), "{m:?} at {x}, {y}");
        }
    }
}

#[test]
fn reduction_is_the_mean_over_the_area() {
    let Some(renderer) = renderer() else { return };
    let (columns, rows) = (96u32, 96u32);
    let samples = ramp_and_noise(columns, rows);
    let picture = upload(renderer, columns, 1, &samples);
    let tables = plain().tables();
    // The mean over [left, right) x [top, bottom), by coverage.
    let mean = |left: f64, right: f64, top: f64, bottom: f64| {
        let (mut sum, mut area) = (0.0, 0.0);
        let cover = |i: u32, low: f64, high: f64| (high.min(f64::from(i) + 1.0) - low.max(f64::from(i))).max(0.0);
        for y in 0..rows {
            for x in 0..columns {
                let weight = cover(x, left, right) * cover(y, top, bottom);
                sum += weight * samples.get((y * columns + x) as usize).unwrap() as f64;
                area += weight;
            }
        }
        sum / area
    };
    for interpolation in [Interpolation::Nearest, Interpolation::Bilinear] {
        // Shifted, so that screen pixels reach beyond the picture's edges on every side.
        for (pixels, shift) in [(1.5, 0.0), (2.0, 0.3), (3.7, -0.3), (8.0, 0.3), (14.9, 0.4)] {
            let from_view = [pixels, 0.0, shift * pixels];
            let view =
                View { image_from_view: [from_view, [0.0, from_view[0], from_view[2]]], interpolation, ..one_to_one(&tables) };
            let length = (96.0 / pixels - shift).round() as u32;
            let got = unrounded(renderer, &picture, &view, length, length);
            for (i, grey) in got.into_iter().enumerate() {
                let [x, y] = [i as u32 % length, i as u32 / length].map(|p| (f64::from(p) + shift) * pixels);
                let want = mean(x, x + pixels, y, y + pixels) / 65536.0;
                assert!((f64::from(grey) - want).abs() < 1e-5, "{pixels} pixels from {x}, {y}: {grey} instead of {want}");
            }
        }
    }
}

#[test]
fn a_constant_stays_constant_at_every_zoom() {
    let Some(renderer) = renderer() else { return };
    let picture = upload(renderer, 300, 1, &Samples::U16(vec![12_345; 300 * 200]));
    let tables = plain().tables();
    let want = tables.grey(12_345);
    for pixels in [0.01, 0.33, 0.999, 1.0, 1.001, 1.7, 5.3, 16.0, 17.1, 40.0, 150.0] {
        for interpolation in [Interpolation::Nearest, Interpolation::Bilinear] {
            let view = magnified(&tables, pixels, interpolation);
            let (width, height) = ((300.0 / pixels) as u32, (200.0 / pixels) as u32);
            let got = unrounded(renderer, &picture, &view, width.clamp(1, 64), height.clamp(1, 64));
            assert!(got.iter().all(|&g| g == want), "{pixels}: {got:?}");
        }
    }
}

#[test]
fn fine_stripes_turn_grey_and_do_not_alias() {
    let Some(renderer) = renderer() else { return };
    let picture = upload(renderer, 512, 1, &Samples::U8((0..512 * 512).map(|i| if i % 2 == 0 { 0 } else { 254 }).collect()));
    let tables = Display::new(Modality::Identity, Voi::window(127.0, 254.0, VoiFunction::LinearExact)).tables();
    for size in [32, 64, 100, 171, 255] {
        let view = View::fit(&tables, [512, 512], 1.0, [size, size]);
        let got = unrounded(renderer, &picture, &view, size, size);
        let pixels = 512.0 / f64::from(size);
        // A window of n pixels over stripes of two holds at most one stripe too many or too few.
        let deviation = (0.5 / pixels + 1e-4) as f32;
        assert!(got.iter().all(|g| (g - 0.5).abs() <= deviation), "{size}: {got:?}");
    }
}

#[test]
fn outside_is_background_and_fitting_keeps_the_shape() {
    let Some(renderer) = renderer() else { return };
    let picture = upload(renderer, 4, 1, &Samples::U8(vec![255; 8]));
    let tables = Display::new(Modality::Identity, Voi::window(128.0, 256.0, VoiFunction::Linear)).tables();
    // 4 x 2 pixels twice as high as wide are a square, in the middle of 12 x 8.
    let view = View { background: [1, 2, 3], ..View::fit(&tables, [4, 2], 2.0, [12, 8]) };
    for (i, rgb) in rgb8(renderer, &picture, &view, 12, 8).into_iter().enumerate() {
        let want = if (2..10).contains(&(i % 12)) { [255; 3] } else { [1, 2, 3] };
        assert_eq!(rgb, want, "{i}");
    }
}
