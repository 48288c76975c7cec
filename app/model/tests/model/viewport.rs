//! Camera, windows by hand, scrolling, cine and undo.

use crate::make;
use lightbox_codec::Samples;
use lightbox_model::display::*;
use lightbox_model::geometry::{Spacing, SpacingKind};
use lightbox_model::histogram::Histogram;
use lightbox_model::image::{Delivered, Photometric};
use lightbox_model::study::SeriesKey;
use lightbox_model::viewport::*;
use proptest::prelude::*;

/// What a decoder delivers for these pictures.
const GREY: Delivered = Delivered { photometric: Photometric::Monochrome2, bits: 16 };

fn grid(columns: u32, rows: u32) -> PixelGrid {
    PixelGrid::new(columns, rows, &Spacing::default())
}

fn near(a: [f64; 2], b: [f64; 2]) -> bool {
    (a[0] - b[0]).abs() < 1e-6 && (a[1] - b[1]).abs() < 1e-6
}

#[test]
fn fit_shows_the_whole_picture_in_the_middle() {
    let (grid, view) = (grid(512, 256), [1024.0, 1024.0]);
    let camera = Camera::default();
    assert_eq!(camera.scale(&grid, view), 2.0);
    let map = camera.image_from_view(&grid, view);
    assert!(near(map.apply([0.0, 256.0]), [0.0, 0.0]));
    assert!(near(map.apply([1024.0, 768.0]), [512.0, 256.0]));
    let turned = Camera { rotation: 1, ..camera };
    assert_eq!(turned.scale(&grid, view), 2.0);
    // Turned clockwise, the picture's first pixel is at the top right.
    assert!(near(turned.image_from_view(&grid, view).apply([768.0, 0.0]), [0.0, 0.0]));
}

#[test]
fn one_to_one_and_flips() {
    let (grid, view) = (grid(100, 100), [300.0, 200.0]);
    let mut camera = Camera::default();
    camera.one_to_one();
    assert!(near(camera.image_from_view(&grid, view).apply([100.0, 50.0]), [0.0, 0.0]));
    camera.flip_horizontal();
    assert!(near(camera.image_from_view(&grid, view).apply([100.0, 50.0]), [100.0, 0.0]));
    camera.flip_vertical();
    assert!(near(camera.image_from_view(&grid, view).apply([100.0, 50.0]), [100.0, 100.0]));
    camera.rotate(2);
    assert!(near(camera.image_from_view(&grid, view).apply([100.0, 50.0]), [0.0, 0.0]), "both flips are half a turn");
}

#[test]
fn unequal_spacing_is_drawn_square() {
    let spacing = Spacing { mm: Some([2.0, 1.0]), kind: SpacingKind::Patient, ..Spacing::default() };
    let grid = PixelGrid::new(100, 50, &spacing);
    let camera = Camera::default();
    let view = [200.0, 200.0];
    assert_eq!(camera.scale(&grid, view), 2.0, "100 mm by 100 mm fill the square");
    assert!(near(camera.image_from_view(&grid, view).apply([200.0, 200.0]), [100.0, 50.0]));
}

#[test]
fn panning_keeps_the_picture_in_sight() {
    let (grid, view) = (grid(100, 100), [200.0, 200.0]);
    let mut camera = Camera { rotation: 1, flip_h: true, ..Camera::default() };
    let before = camera.view_from_image(&grid, view).apply([30.0, 40.0]);
    camera.pan_by([7.0, -3.0], &grid, view);
    let after = camera.view_from_image(&grid, view).apply([30.0, 40.0]);
    assert!(near(after, [before[0] + 7.0, before[1] - 3.0]));
    camera.pan_by([1e9, 1e9], &grid, view);
    let middle = camera.image_from_view(&grid, view).apply([100.0, 100.0]);
    assert!(middle.iter().all(|c| (-1e-9..=100.0 + 1e-9).contains(c)));
}

proptest! {
    #[test]
    fn the_point_under_the_pointer_stays(
        turns in 0u8..4, h in any::<bool>(), v in any::<bool>(), pan in proptest::array::uniform2(-50.0f64..50.0),
        at in proptest::array::uniform2(0.0f64..800.0), factor in 0.2f64..5.0, spacing in proptest::array::uniform2(0.1f64..4.0),
    ) {
        let spacing = Spacing { mm: Some(spacing), kind: SpacingKind::Patient, ..Spacing::default() };
        let (grid, view) = (PixelGrid::new(512, 300, &spacing), [800.0, 600.0]);
        let mut camera = Camera { zoom: Zoom::Fit, pan, rotation: turns, flip_h: h, flip_v: v };
        let before = camera.image_from_view(&grid, view).apply(at);
        camera.zoom_at(factor, at, &grid, view);
        prop_assert!(near(camera.image_from_view(&grid, view).apply(at), before));
        // Both maps are each other's inverse.
        let there = camera.view_from_image(&grid, view);
        prop_assert!(near(there.apply(before), at));
        let back = there.inverse().unwrap();
        prop_assert!(near(back.apply(at), before));
    }
}

#[test]
fn absurd_zoom_is_bounded() {
    let (grid, view) = (grid(10, 10), [100.0, 100.0]);
    let mut camera = Camera::default();
    for factor in [1e30, f64::NAN, 0.0, -3.0, f64::INFINITY, 1e-30] {
        camera.zoom_at(factor, [3.0, 4.0], &grid, view);
        let map = camera.image_from_view(&grid, view);
        assert!(map.apply([50.0, 50.0]).iter().all(|c| c.is_finite()));
    }
    assert!(Camera::default().scale(&PixelGrid::new(0, 0, &Spacing::default()), view).is_finite());
}

#[test]
fn scrolling_says_when_it_meets_an_end() {
    let mut viewport = Viewport::default();
    viewport.show(SeriesKey(0), 0, 0);
    assert_eq!(viewport.scroll(-1, 3), Scrolled::AtFirst);
    assert_eq!(viewport.scroll(2, 3), Scrolled::Moved);
    assert_eq!((viewport.index, viewport.direction), (2, 1));
    assert_eq!(viewport.scroll(1, 3), Scrolled::AtLast);
    assert_eq!(viewport.scroll(-10, 3), Scrolled::Moved);
    assert_eq!((viewport.index, viewport.direction), (0, -1));
    assert_eq!(viewport.scroll(5, 0), Scrolled::AtLast);
    assert_eq!(viewport.jump(1, 3), Scrolled::Moved);
    assert_eq!(viewport.index, 1);
}

#[test]
fn cine_keeps_its_rate_over_uneven_frames() {
    let mut viewport = Viewport::default();
    viewport.toggle_cine(0.0, Some(50.0));
    assert_eq!(viewport.cine.unwrap().rate(), 20.0);
    let mut now = 0.0;
    let mut steps = 0;
    while now < 10.0 {
        now += if steps % 2 == 0 { 0.013 } else { 0.021 };
        let before = viewport.index;
        viewport.play(now, 1000);
        steps += viewport.index - before;
    }
    assert!((199..=202).contains(&steps), "{steps} images in 10 s at 20 a second");
    let due = viewport.cine.unwrap().due_in(now);
    assert!((0.0..=0.05).contains(&due));
    let before = viewport.index;
    viewport.play(now + 3600.0, 1000);
    assert_eq!(viewport.index, before + 1, "an hour asleep is not caught up");
    viewport.index = 999;
    viewport.play(now + 3600.06, 1000);
    assert_eq!(viewport.index, 0, "round and round");
    viewport.toggle_cine(0.0, None);
    assert_eq!(viewport.cine, None);
    assert_eq!(Cine::start(0.0, Some(0.0)).rate(), Cine::DEFAULT_RATE);
}

#[test]
fn views_are_undone_and_redone() {
    let mut viewport = Viewport::default();
    let first = viewport.look.clone();
    viewport.checkpoint();
    viewport.look.invert = true;
    viewport.checkpoint();
    viewport.look.camera.rotate(1);
    let last = viewport.look.clone();
    viewport.checkpoint();
    assert!(viewport.undo());
    assert!(viewport.look.invert && viewport.look.camera.rotation == 0);
    assert!(viewport.undo());
    assert_eq!(viewport.look, first);
    assert!(!viewport.undo());
    assert!(viewport.redo() && viewport.redo());
    assert_eq!(viewport.look, last);
    assert!(!viewport.redo());
    viewport.reset();
    assert_eq!(viewport.look, first);
    assert!(viewport.undo());
    assert_eq!(viewport.look, last, "reset can be undone");
}

#[test]
fn dragging_changes_the_window_within_bounds() {
    let limits = WindowLimits::for_range(-1024.0, 3071.0, 1.0);
    let start = Voi::window(40.0, 400.0, VoiFunction::Linear);
    let drag = |delta, up| drag_window(&start, delta, up, 1.0, &limits).centre_width();
    let (c, w) = drag([256.0, 0.0], true);
    assert!((c, w) == (40.0, 800.0), "right is wider: {c} {w}");
    assert!(drag([0.0, -100.0], true).0 < 40.0, "up is brighter");
    assert!(drag([0.0, -100.0], false).0 > 40.0);
    assert_eq!(drag([-1e9, 0.0], true).1, 1.0, "LINEAR is never narrower than one");
    assert_eq!(drag([1e12, 1e12], true), limits_top(&limits));
    assert_eq!(drag([f64::NAN, f64::NAN], true), (40.0, 400.0));
    let lut = Voi::Lut(Lut { first: 0, bits: 12, entries: vec![0; 4096].into(), explanation: None });
    assert_eq!(drag_window(&lut, [0.0, 0.0], true, 1.0, &limits).centre_width(), (2048.0, 4096.0));
    let pet = Voi::window(0.05, 0.1, VoiFunction::LinearExact);
    let (_, w) = drag_window(&pet, [-128.0, 0.0], true, 1e-4, &WindowLimits::for_range(0.0, 0.2, 1e-4)).centre_width();
    assert!((w - 0.05).abs() < 1e-9, "small ranges are set finely: {w}");
}

fn limits_top(limits: &WindowLimits) -> (f64, f64) {
    (limits.centre.1, limits.width.1)
}

#[test]
fn a_window_found_from_the_first_picture_is_kept_for_the_stack() {
    let image = make::image();
    let of = |values: std::ops::Range<u16>| Histogram::of(&Samples::U16(values.collect()), &Modality::Identity, None);
    let mut viewport = Viewport::default();
    viewport.show(SeriesKey(0), 0, 0);
    let mut show = |histogram: Option<Histogram>| {
        viewport.display(&image, "MR", 0, GREY, histogram.as_ref(), None).unwrap().voi.centre_width()
    };
    let first = show(of(0..1000));
    assert_eq!(show(of(5000..9000)), first);
    assert_eq!(show(None), first);
    viewport.show(SeriesKey(1), 0, 0);
    let other = viewport.display(&image, "MR", 0, GREY, of(5000..9000).as_ref(), None).unwrap().voi.centre_width();
    assert_ne!(other, first);
}

#[test]
fn the_chosen_window_of_the_header_is_each_images_own() {
    let mut image = make::image();
    image.shared.voi = [(1.0, 10.0), (2.0, 20.0)].map(|(c, w)| Voi::window(c, w, VoiFunction::Linear)).into();
    let mut viewport = Viewport::default();
    viewport.look.voi = VoiChoice::Header(1);
    viewport.look.invert = true;
    let display = viewport.display(&image, "MR", 0, GREY, None, None).unwrap();
    assert_eq!((display.voi.centre_width(), display.invert), ((2.0, 20.0), true));
    viewport.look.voi = VoiChoice::Header(7);
    assert_eq!(
        viewport.voi(&image, "MR", 0, None, None).1,
        Some(VoiOrigin::Header(0)),
        "an image without that many takes its first"
    );
}
