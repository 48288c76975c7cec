//! Several panes in one pass of somebody else's, and what is refused.

use super::*;
use crate::{Pane, PixelRect};
use lightbox_model::display::{Display, Modality, Voi, VoiFunction};
use lightbox_model::image::Photometric;

fn tables(centre: f64) -> Tables {
    Display::new(Modality::Identity, Voi::window(centre, 256.0, VoiFunction::Linear)).tables()
}

/// Paints prepared panes, each within its clip, into one black target of `size`, as a toolkit does.
fn paint_all(renderer: &Renderer, size: [u32; 2], panes: &[(&Pane, PixelRect)]) -> Vec<[u8; 3]> {
    let bgra = renderer.draw(size, |pass| panes.iter().for_each(|(pane, clip)| renderer.paint(pane, pass, *clip)));
    bgra.chunks_exact(4).map(|p| [p[2], p[1], p[0]]).collect()
}

#[test]
fn each_pane_keeps_its_own_window_and_place() {
    let Some(renderer) = renderer() else { return };
    let picture = upload(renderer, 4, 1, &Samples::U8((100..116).collect()));
    let (one, two) = (tables(128.0), tables(100.0));
    let (mut left, mut right) = (Pane::new(), Pane::new());
    let all = PixelRect { x: 0, y: 0, width: 10, height: 6 };
    renderer.prepare(&mut left, &picture, &one_to_one(&one), PixelRect { x: -2, y: -1, width: 4, height: 4 }).unwrap();
    renderer.prepare(&mut right, &picture, &one_to_one(&two), PixelRect { x: 5, y: 1, width: 4, height: 4 }).unwrap();
    let clip = PixelRect { x: 0, y: 0, width: 8, height: 6 };
    let got = paint_all(renderer, [10, 6], &[(&left, all), (&right, clip), (&Pane::new(), all)]);
    for (i, rgb) in got.into_iter().enumerate() {
        let (x, y) = (i as i32 % 10, i as i32 / 10);
        let stored = |x: i32, y: i32| i64::from(100 + y * 4 + x);
        let want = if x < 2 && y < 3 {
            one.rgb8(&[stored(x + 2, y + 1)])
        } else if (5..8).contains(&x) && (1..5).contains(&y) {
            two.rgb8(&[stored(x - 5, y - 1)])
        } else {
            [0; 3]
        };
        assert_eq!(rgb, want, "{x}, {y}");
    }
}

#[test]
fn a_pane_follows_its_window_tables_and_picture() {
    let Some(renderer) = renderer() else { return };
    let first = upload(renderer, 2, 1, &Samples::U8(vec![1, 2, 3, 4]));
    let second = upload(renderer, 2, 3, &Samples::U8((0..12).collect()));
    let place = PixelRect { x: 0, y: 0, width: 2, height: 2 };
    let entries =
        |n: u16| Voi::Lut(lightbox_model::display::Lut { first: 0, bits: 8, entries: (0..n).rev().collect(), explanation: None });
    let displays = [
        (&first, 1, Display::new(Modality::Identity, Voi::window(3.0, 4.0, VoiFunction::Linear))),
        (&first, 1, Display::new(Modality::Identity, entries(4))),
        (&first, 1, Display::new(Modality::Identity, entries(200))),
        (&second, 3, Display::colour(Photometric::Rgb, 8, None).unwrap()),
        (&first, 1, Display::new(Modality::Identity, entries(3))),
    ];
    let mut pane = Pane::new();
    for (picture, n, display) in &displays {
        let tables = display.tables();
        renderer.prepare(&mut pane, picture, &one_to_one(&tables), place).unwrap();
        let got = paint_all(renderer, [2, 2], &[(&pane, place)]);
        let stored = |i: usize| if *n == 1 { vec![i as i64 + 1] } else { (3 * i as i64..3 * i as i64 + 3).collect() };
        let want: Vec<[u8; 3]> = (0..4).map(|i| tables.rgb8(&stored(i))).collect();
        assert_eq!(got, want, "{display:?}");
    }
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let Some(renderer) = renderer() else { return };
    let grey = upload(renderer, 2, 1, &Samples::U8(vec![1, 2]));
    let colour = upload(renderer, 1, 3, &Samples::U8(vec![1, 2, 3]));
    assert_eq!((grey.bytes(), colour.bytes()), (2, 4));
    let as_grey = tables(1.0);
    let as_colour = Display::colour(Photometric::YbrFull, 8, None).unwrap().tables();
    for (picture, tables) in [(&grey, &as_colour), (&colour, &as_grey)] {
        let error = renderer.render_offscreen(picture, &one_to_one(tables), 2, 2).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    }
    let nowhere = View { image_from_view: [[f64::NAN; 3]; 2], ..one_to_one(&as_grey) };
    assert!(matches!(renderer.render_offscreen(&grey, &nowhere, 2, 2), Err(Error::Unsupported { .. })));
    let edge = renderer.limits().max_texture_dimension_2d;
    for (width, height) in [(0, 5), (5, 0), (edge + 1, 1), (1, u32::MAX)] {
        let error = renderer.render_offscreen(&grey, &one_to_one(&as_grey), width, height).unwrap_err();
        assert!(matches!(error, Error::Limit { .. }), "{error}");
    }
}

#[test]
fn a_target_that_would_change_greys_is_refused() {
    if renderer().is_none() {
        return;
    }
    let found = device_headless().expect("there was an adapter before");
    let error = Renderer::new(found.device, found.queue, wgpu::TextureFormat::Bgra8UnormSrgb).unwrap_err();
    assert!(error.to_string().contains("choose Bgra8Unorm"), "{error}");
}

#[test]
fn a_pane_that_only_moves_shows_the_same_elsewhere() {
    let Some(renderer) = renderer() else { return };
    let picture = upload(renderer, 2, 1, &Samples::U8(vec![10, 60, 110, 160]));
    let tables = tables(128.0);
    let all = PixelRect { x: 0, y: 0, width: 6, height: 5 };
    let mut pane = Pane::new();
    // The last two differ in size only: what was drawn before must not be taken for it.
    for (x, y, edge) in [(0, 0, 2), (3, 2, 2), (-1, 0, 2), (3, 2, 2), (3, 2, 1)] {
        renderer.prepare(&mut pane, &picture, &one_to_one(&tables), PixelRect { x, y, width: edge, height: edge }).unwrap();
        let got = paint_all(renderer, [6, 5], &[(&pane, all)]);
        for (i, rgb) in got.into_iter().enumerate() {
            let (column, row) = (i as i32 % 6 - x, i as i32 / 6 - y);
            let edge = edge as i32;
            let inside = (0..edge).contains(&column) && (0..edge).contains(&row);
            let want = if inside { tables.rgb8(&[[10, 60, 110, 160][(row * 2 + column) as usize]]) } else { [0; 3] };
            assert_eq!(rgb, want, "{column}, {row} at {x}, {y}");
        }
    }
}
