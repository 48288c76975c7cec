//! Presentation states: which one is in force, and what it makes of grey, place and window. Pixels of real files are compared in the
//! whole-program tests.

use crate::make;
use lightbox_model::display::*;
use lightbox_model::geometry::Spacing;
use lightbox_model::histogram::Histogram;
use lightbox_model::image::{Delivered, ImageHeader, Photometric};
use lightbox_model::presentation::*;
use lightbox_model::study::{Library, ObjectHeader, ObjectKind};
use lightbox_model::viewport::{Camera, PixelGrid, Viewport, VoiChoice, Zoom};
use lightbox_model::{FrameId, ObjectId};

use proptest::prelude::*;
use std::sync::Arc;

fn transforms() -> Transforms {
    Transforms {
        modality: Modality::Identity,
        voi: Vec::new(),
        lut: PresentationLut::Identity,
        quarter_turns: 0,
        flip: false,
        areas: Vec::new(),
        annotations: Vec::new(),
        overlays: false,
        not_shown: Vec::new(),
    }
}

fn window(centre: f64, width: f64) -> Voi {
    Voi::window(centre, width, VoiFunction::Linear)
}

fn images(instance: &str, frames: &[u32]) -> Vec<ImageReference> {
    vec![ImageReference { instance: instance.into(), frames: frames.to_vec() }]
}

fn state(transforms: Transforms) -> Presentation {
    Presentation {
        kind: "Grayscale presentation state",
        label: "LUNG".into(),
        description: String::new(),
        date: "20240312".into(),
        time: "1405".into(),
        creator: "Doe^Jane".into(),
        images: images("1.2.3.4.1", &[]),
        transforms: Ok(transforms),
    }
}

fn applied<'a>(state: &'a Presentation, image: &ImageHeader, frame: u32) -> Option<Applied<'a>> {
    Applied::choose([(ObjectId(9), state)], PresentationChoice::Newest, image, "1.2.3.4.1", frame)
}

/// The object of a state, number `id`, made at `time`.
fn object(id: u32, time: &str, presentation: Presentation) -> ObjectHeader {
    let mut object = make::object(id as i32, make::image());
    (object.kind, object.image) = (ObjectKind::Other("Presentation state".into()), None);
    (object.series_uid, object.sop_instance) = ("1.2.3.9".into(), format!("1.2.3.9.{id}"));
    object.presentation = Some(Arc::new(Presentation { time: time.into(), label: format!("S{id}"), ..presentation }));
    object
}

#[test]
fn the_newest_state_about_the_image_is_in_force_whatever_the_order_of_files() {
    let mut library = Library::default();
    let elsewhere = Presentation { images: images("1.2.3.4.2", &[]), ..state(transforms()) };
    let colour = Presentation { transforms: Err("A color presentation state is not applied.".into()), ..state(transforms()) };
    library.insert(object(11, "1200", state(transforms())));
    library.insert(object(12, "1800", state(transforms())));
    library.insert(make::object(1, make::image()));
    library.insert(object(13, "0900", state(transforms())));
    library.insert(object(14, "2300", elsewhere));
    library.insert(object(15, "2359", colour));
    let frame = FrameId { object: ObjectId(1), frame: 0 };
    let listed: Vec<u32> = library.presentations(frame).iter().map(|(id, _)| id.0).collect();
    assert_eq!(listed, [15, 12, 11, 13]);
    let chosen = |choice| library.presentation(frame, choice).map(|applied| applied.object.0);
    assert_eq!(chosen(PresentationChoice::Newest), Some(12), "one that cannot be applied is passed over");
    assert_eq!(chosen(PresentationChoice::State(ObjectId(13))), Some(13));
    assert_eq!(chosen(PresentationChoice::State(ObjectId(14))), Some(12), "about another image");
    assert_eq!(chosen(PresentationChoice::None), None);
}

#[test]
fn references_name_frames() {
    let mut image = make::image();
    image.frames = 3;
    let about = Presentation { images: images("1.2.3.4.1", &[0, 2]), ..state(transforms()) };
    assert_eq!([0, 1, 2].map(|frame| applied(&about, &image, frame).is_some()), [true, false, true]);
    let mut parts = transforms();
    parts.voi = vec![
        ForImages { images: images("1.2.3.4.1", &[2]), value: vec![window(1.0, 10.0)] },
        ForImages { images: Vec::new(), value: vec![window(0.0, 0.0), window(2.0, 20.0)] },
    ];
    let about = Presentation { transforms: Ok(parts), ..about };
    let centre = |frame| applied(&about, &image, frame).unwrap().voi(&image).centre_width().0;
    assert_eq!((centre(2), centre(0)), (1.0, 2.0), "the part about the frame, and an impossible window passed over");
}

#[test]
fn grey_is_the_states_and_not_the_images() {
    let mut image = make::image();
    image.shared.modality = Modality::Rescale { slope: 2.0, intercept: 7.0 };
    image.shared.voi = vec![window(500.0, 10.0)].into();
    image.format.photometric = Photometric::Monochrome1;
    image.format.stored = 12;
    let mono1 = Delivered { photometric: Photometric::Monochrome1, bits: 12 };
    let shown = |state: &Presentation, stored: i64| {
        let mut viewport = Viewport::default();
        let applied = applied(state, &image, 0).unwrap();
        let display = viewport.display(&image, "CR", 0, mono1, None, Some(&applied)).unwrap();
        display.grey(stored)
    };
    // Neither rescale, window nor MONOCHROME1 of the image counts; without a VOI all of the stored range is shown.
    let plain = state(transforms());
    assert_eq!([0, 4095].map(|s| shown(&plain, s)), [0.0, 1.0]);
    let inverse = state(Transforms { lut: PresentationLut::Inverse, ..transforms() });
    assert_eq!([0, 4095].map(|s| shown(&inverse, s)), [1.0, 0.0]);
    let table = Lut { first: 0, bits: 8, entries: vec![255, 51, 0].into(), explanation: None };
    let tabled = state(Transforms { lut: PresentationLut::Table(table), ..transforms() });
    assert_eq!([0, 1000, 1100, 3000, 3100, 4095].map(|s| shown(&tabled, s)), [1.0, 1.0, 0.2, 0.2, 0.0, 0.0]);
    let modality = Lut { first: 0, bits: 10, entries: vec![0, 1023, 512].into(), explanation: None };
    let mapped = state(Transforms { modality: Modality::Lut(modality), ..transforms() });
    assert_eq!([0, 1].map(|s| shown(&mapped, s)), [0.0, 1.0]);
    assert!((shown(&mapped, 2) - 512.0 / 1023.0).abs() < 1e-6, "the identity spans what the table's bits can hold");
}

#[test]
fn colour_pictures_are_refused() {
    let mut image = make::image();
    image.format.photometric = Photometric::Rgb;
    let state = state(transforms());
    assert!(state.refusal(&image).is_some() && applied(&state, &image, 0).is_none());
}

#[test]
fn a_window_by_hand_stands_upon_the_state_and_reset_returns_to_it() {
    let image = make::image();
    let mut parts = transforms();
    parts.voi = vec![ForImages { images: Vec::new(), value: vec![window(100.0, 300.0)] }];
    let state = state(parts);
    let applied = applied(&state, &image, 0).unwrap();
    let mut viewport = Viewport::default();
    let voi = |viewport: &Viewport| viewport.voi(&image, "CT", 0, None, Some(&applied));
    assert_eq!(voi(&viewport), (window(100.0, 300.0), Some(VoiOrigin::Presentation)));
    viewport.look.voi = VoiChoice::Fixed(window(5.0, 50.0));
    assert_eq!(voi(&viewport), (window(5.0, 50.0), None));
    viewport.look.presentation = PresentationChoice::None;
    viewport.reset();
    assert_eq!(viewport.look.presentation, PresentationChoice::Newest);
    assert_eq!(voi(&viewport).1, Some(VoiOrigin::Presentation));
    viewport.present(PresentationChoice::None);
    assert_eq!(viewport.look.presentation, PresentationChoice::None);
    assert!(viewport.undo());
    assert_eq!(viewport.look.presentation, PresentationChoice::Newest);
}

/// Where the corners of the image (top left, top right, bottom left) are in a square viewport, as signs from its middle.
fn corners(camera: &Camera, grid: &PixelGrid) -> [[i8; 2]; 3] {
    let map = camera.view_from_image(grid, [100.0, 100.0]);
    let [w, h] = grid.size;
    [[0.0, 0.0], [w, 0.0], [0.0, h]].map(|c| map.apply(c).map(|v| if v < 50.0 { -1 } else { 1 }))
}

#[test]
fn turns_come_before_the_flip() {
    let grid = PixelGrid::new(10, 10, &Spacing::default());
    let camera = |quarter_turns, flip| {
        let state = state(Transforms { quarter_turns, flip, ..transforms() });
        applied(&state, &make::image(), 0).unwrap().camera(&grid)
    };
    let (left_top, right_top, left_bottom, right_bottom) = ([-1, -1], [1, -1], [-1, 1], [1, 1]);
    assert_eq!(camera(0, false), Camera::default());
    // Clockwise: what was top left is top right.
    assert_eq!(corners(&camera(1, false), &grid), [right_top, right_bottom, left_top]);
    assert_eq!(corners(&camera(0, true), &grid), [right_top, left_top, right_bottom]);
    assert_eq!(corners(&camera(1, true), &grid), [left_top, left_bottom, right_top]);
}

#[test]
fn a_displayed_area_fills_the_viewport() {
    let spacing = Spacing { mm: Some([2.0, 1.0]), kind: lightbox_model::geometry::SpacingKind::Patient, ..Spacing::default() };
    let grid = PixelGrid::new(100, 80, &spacing);
    let area = DisplayedArea { from: [10.0, 20.0], to: [50.0, 30.0], size: SizeMode::ScaleToFit, aspect: Some(2.0) };
    let camera = |area: DisplayedArea, quarter_turns| {
        let areas = vec![ForImages { images: Vec::new(), value: area }];
        let state = state(Transforms { areas, quarter_turns, ..transforms() });
        let applied = applied(&state, &make::image(), 0).unwrap();
        (applied.camera(&grid), applied.not_shown(&grid, true))
    };
    let (seen, not_shown) = camera(area, 0);
    assert_eq!((seen.natural_size(&grid), not_shown.len()), ([40.0, 20.0], 0));
    let map = seen.image_from_view(&grid, [400.0, 200.0]);
    assert_eq!((map.apply([0.0, 0.0]), map.apply([400.0, 200.0])), ([10.0, 20.0], [50.0, 30.0]));
    let (seen, _) = camera(area, 1);
    let map = seen.image_from_view(&grid, [200.0, 400.0]);
    assert_eq!((map.apply([200.0, 0.0]), map.apply([0.0, 400.0])), ([10.0, 20.0], [50.0, 30.0]), "turned clockwise");

    let whole = DisplayedArea { from: [0.0; 2], to: grid.size, ..area };
    assert_eq!(camera(whole, 0).0, Camera::default());
    let (magnified, _) = camera(DisplayedArea { size: SizeMode::Magnify(3.0), ..whole }, 0);
    assert_eq!((magnified.zoom, magnified.pan), (Zoom::Scale(3.0), [0.0; 2]));
    let (_, not_shown) = camera(DisplayedArea { size: SizeMode::TrueSize, aspect: Some(1.0), ..whole }, 0);
    assert_eq!(not_shown, ["true size", "its pixel aspect ratio"]);
}

#[test]
fn what_is_not_shown_is_counted_for_the_image() {
    let mut parts = transforms();
    let some = |missing| Annotations { missing, ..Annotations::default() };
    parts.annotations = vec![
        ForImages { images: images("1.2.3.4.1", &[]), value: Annotations { graphics: vec![square(false)], ..some(2) } },
        ForImages { images: images("1.2.3.4.7", &[]), value: some(5) },
        ForImages { images: Vec::new(), value: some(1) },
    ];
    parts.not_shown = vec!["its display shutter".into()];
    let (state, image, grid) = (state(parts), make::image(), PixelGrid::new(6, 4, &Spacing::default()));
    let applied = applied(&state, &image, 0).unwrap();
    assert_eq!(applied.not_shown(&grid, true), ["3 annotations", "its display shutter"]);
    assert_eq!(applied.not_shown(&grid, false), ["4 annotations", "its display shutter"]);
}

/// A closed line through the corners of the second pixel of the first row, or of the upper right quarter of what is displayed.
fn square(area: bool) -> Graphic {
    let (units, points) = match area {
        false => (Units::Pixels, [[1.0, 0.0], [2.0, 0.0], [2.0, 1.0], [1.0, 1.0], [1.0, 0.0]]),
        true => (Units::Area, [[0.5, 0.0], [1.0, 0.0], [1.0, 0.5], [0.5, 0.5], [0.5, 0.0]]),
    };
    Graphic { outline: Outline::Polyline, units, points: points.to_vec(), filled: false }
}

#[test]
fn annotations_lie_where_the_state_puts_them_however_it_turns_the_image() {
    let grid = PixelGrid::new(100, 80, &Spacing::default());
    let area = DisplayedArea { from: [10.0, 20.0], to: [50.0, 30.0], size: SizeMode::Magnify(3.0), aspect: None };
    for (quarter_turns, flip) in (0..4).flat_map(|turns| [(turns, false), (turns, true)]) {
        let value = Annotations { graphics: vec![square(false), square(true)], ..Annotations::default() };
        let annotations = vec![ForImages { images: Vec::new(), value }];
        let areas = vec![ForImages { images: Vec::new(), value: area }];
        let state = state(Transforms { areas, annotations, quarter_turns, flip, ..transforms() });
        let image = make::image();
        let applied = applied(&state, &image, 0).unwrap();
        let [of_pixels, of_area] = &applied.marks(&grid)[..] else { panic!("two marks") };
        let Drawn::Line { points, .. } = &of_pixels.drawn else { panic!("a line") };
        assert_eq!(points[..], square(false).points);
        // Seen through the state's own camera, in a viewport as large as the area, it is the upper right quarter.
        let camera = Camera { zoom: Zoom::Area([40.0, 10.0]), ..applied.camera(&grid) };
        let view = camera.natural_size(&grid);
        let Drawn::Line { points, .. } = &of_area.drawn else { panic!("a line") };
        for (point, [x, y]) in points.iter().zip(square(true).points) {
            let seen = camera.view_from_image(&grid, view).apply(*point);
            let wanted = [x * view[0], y * view[1]];
            assert!((0..2).all(|i| (seen[i] - wanted[i]).abs() < 1e-9), "{quarter_turns} {flip}: {seen:?}, not {wanted:?}");
        }
    }
}

#[test]
fn outlines_are_what_their_points_say() {
    // Pixels twice as high as they are wide.
    let spacing = Spacing { mm: Some([2.0, 1.0]), kind: lightbox_model::geometry::SpacingKind::Patient, ..Spacing::default() };
    let grid = PixelGrid::new(100, 80, &spacing);
    let marks = |outline, points: &[[f64; 2]]| {
        let graphic = Graphic { outline, units: Units::Pixels, points: points.to_vec(), filled: false };
        let value = Annotations { graphics: vec![graphic], ..Annotations::default() };
        let state = state(Transforms { annotations: vec![ForImages { images: Vec::new(), value }], ..transforms() });
        let drawn = applied(&state, &make::image(), 0).unwrap().marks(&grid);
        drawn
            .into_iter()
            .map(|mark| match mark.drawn {
                Drawn::Line { points, .. } => points,
                Drawn::Point(at) => vec![at],
                Drawn::Text { .. } => panic!("no text"),
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(marks(Outline::Point, &[[3.0, 4.0]]), [[[3.0, 4.0]]]);
    assert!(marks(Outline::Circle, &[[3.0, 4.0]]).is_empty(), "a circle has two points");
    for [x, y] in &marks(Outline::Circle, &[[50.0, 40.0], [50.0, 45.0]])[0] {
        assert!(((x - 50.0).hypot(2.0 * (y - 40.0)) - 10.0).abs() < 1e-9, "{x} {y} is on no circle");
    }
    let ellipse = &marks(Outline::Ellipse, &[[10.0, 20.0], [30.0, 20.0], [20.0, 15.0], [20.0, 25.0]])[0];
    for [x, y] in ellipse {
        assert!((((x - 20.0) / 10.0).powi(2) + ((y - 20.0) / 5.0).powi(2) - 1.0).abs() < 1e-9, "{x} {y} is on no ellipse");
    }
    let through = [[0.0, 0.0], [10.0, 5.0], [20.0, 0.0], [30.0, 5.0]];
    let curve = &marks(Outline::Interpolated, &through)[0];
    assert!(through.iter().all(|point| curve.contains(point)) && curve.len() > 20, "{curve:?}");
    assert_eq!(marks(Outline::Interpolated, &through[..2])[0][4], [5.0, 2.5], "two points are joined straight");
}

#[test]
fn layers_are_drawn_in_their_order() {
    let layer = |order, text: &str| {
        let anchor = Some(Place { units: Units::Pixels, at: [1.0, 2.0] });
        let note = Note { text: text.into(), corners: None, justification: Justification::Left, anchor, pointed: true };
        let value = Annotations { order, notes: vec![note], ..Annotations::default() };
        ForImages { images: Vec::new(), value }
    };
    let annotations = vec![layer(3, "third"), layer(-1, "first"), layer(2, "second")];
    let state = state(Transforms { annotations, ..transforms() });
    let image = make::image();
    let marks = applied(&state, &image, 0).unwrap().marks(&PixelGrid::new(6, 4, &Spacing::default()));
    let texts: Vec<_> = marks
        .iter()
        .map(|mark| match mark.drawn {
            Drawn::Text { text, anchor: [1.0, 2.0], pointed: true, .. } => text,
            _ => panic!("{mark:?}"),
        })
        .collect();
    assert_eq!(texts, ["first", "second", "third"]);
}

/// Cameras as states and hands make them.
fn cameras() -> impl Strategy<Value = Camera> {
    let zoom = prop_oneof![Just(Zoom::Fit), (0.1f64..9.0).prop_map(Zoom::Scale), Just(Zoom::Area([7.0, 5.0]))];
    (zoom, proptest::array::uniform2(-9.0f64..9.0), 0u8..4, any::<bool>(), any::<bool>())
        .prop_map(|(zoom, pan, rotation, flip_h, flip_v)| Camera { zoom, pan, rotation, flip_h, flip_v })
}

proptest! {
    #[test]
    fn what_hands_did_is_kept_from_image_to_image(from in cameras(), to in cameras(), turns in 0i8..4, flip in any::<bool>()) {
        let by_hand = |camera: Camera| {
            let mut camera = camera;
            camera.rotate(turns);
            if flip {
                camera.flip_vertical();
            }
            camera
        };
        let axes = |camera: &Camera| [camera.image_axes([1.0, 0.0]), camera.image_axes([0.0, 1.0])];
        let mut viewport = Viewport::default();
        viewport.settle(from);
        prop_assert_eq!(axes(&viewport.look.camera), axes(&from));
        prop_assert_eq!((viewport.look.camera.zoom, viewport.look.camera.pan), (from.zoom, from.pan));
        viewport.look.camera = by_hand(viewport.look.camera);
        viewport.settle(to);
        prop_assert_eq!(axes(&viewport.look.camera), axes(&by_hand(to)));
        prop_assert_eq!((viewport.look.camera.zoom, viewport.look.camera.pan), (to.zoom, to.pan));
        viewport.look.camera.zoom = Zoom::Scale(200.0);
        viewport.settle(from);
        prop_assert_eq!((viewport.look.camera.zoom, viewport.look.camera.pan), (Zoom::Scale(200.0), to.pan));
        viewport.reset();
        viewport.settle(from);
        prop_assert_eq!(axes(&viewport.look.camera), axes(&from));
        prop_assert_eq!((viewport.look.camera.zoom, viewport.look.camera.pan), (from.zoom, from.pan));
    }
}

#[test]
fn a_histogram_is_read_in_the_units_of_the_state() {
    let samples = lightbox_codec::Samples::U16(vec![0, 1, 1, 5]);
    let own = Modality::Rescale { slope: 2.0, intercept: -10.0 };
    let histogram = Histogram::of(&samples, &own, None).unwrap();
    for to in
        [Modality::Identity, Modality::Rescale { slope: 0.5, intercept: 3.0 }, Modality::Rescale { slope: -1.0, intercept: 4.0 }]
    {
        let retraced = histogram.retraced(&own, &to).unwrap();
        assert_eq!(retraced, Histogram::of(&samples, &to, None).unwrap(), "{to:?}");
    }
    let table = Modality::Lut(Lut { first: 0, bits: 8, entries: vec![1].into(), explanation: None });
    assert_eq!(histogram.retraced(&own, &table), None);
}
