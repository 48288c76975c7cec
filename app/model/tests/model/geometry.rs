//! Letters, millimetres and scale bars.

use crate::make;
use lightbox_model::geometry::*;
use lightbox_model::viewport::Camera;
use proptest::prelude::*;

fn plane(orientation: [f64; 6]) -> PlanePosition {
    PlanePosition { orientation: Some(orientation), position: Some([0.0; 3]), ..PlanePosition::default() }
}

/// Left, right, top, bottom.
fn edges(orientation: [f64; 6], camera: &Camera) -> [String; 4] {
    let EdgeLetters { left, right, top, bottom } = EdgeLetters::of_plane(&plane(orientation), false, camera).unwrap();
    [left, right, top, bottom]
}

#[test]
fn letters_of_the_three_standard_views() {
    let camera = Camera::default();
    assert_eq!(edges(make::AXIAL, &camera), ["R", "L", "A", "P"]);
    assert_eq!(edges(make::CORONAL, &camera), ["R", "L", "H", "F"]);
    assert_eq!(edges(make::SAGITTAL, &camera), ["A", "P", "H", "F"]);
}

#[test]
fn letters_follow_every_flip_and_turn() {
    let mut camera = Camera::default();
    camera.flip_horizontal();
    assert_eq!(edges(make::AXIAL, &camera), ["L", "R", "A", "P"]);
    camera.rotate(1);
    // Clockwise: what was left is on top, what was on top is right.
    assert_eq!(edges(make::AXIAL, &camera), ["P", "A", "L", "R"]);
    camera.flip_vertical();
    assert_eq!(edges(make::AXIAL, &camera), ["P", "A", "R", "L"], "a flip is of what is on the screen");
    camera.rotate(-1);
    assert_eq!(edges(make::AXIAL, &camera), ["R", "L", "A", "P"].map(String::from), "flipped twice, turned back");
}

#[test]
fn oblique_letters_are_strongest_first() {
    // A sagittal head turned by 30 degrees towards the coronal plane.
    let (s, c) = 30f64.to_radians().sin_cos();
    assert_eq!(edges([-s, c, 0.0, 0.0, 0.0, -1.0], &Camera::default()), ["AL", "PR", "H", "F"]);
    // 4 degrees are not worth a letter.
    let (s, c) = 4f64.to_radians().sin_cos();
    assert_eq!(edges([c, s, 0.0, -s, c, 0.0], &Camera::default()), ["R", "L", "A", "P"]);
    assert_eq!(letters([0.6, -0.5, 0.62], false), "HLA");
    assert_eq!(letters([0.0; 3], false), "");
}

#[test]
fn quadrupeds_have_their_own_names() {
    let edges = EdgeLetters::of_plane(&plane(make::AXIAL), true, &Camera::default()).unwrap();
    assert_eq!([edges.left, edges.right, edges.top, edges.bottom], ["RT", "LE", "V", "D"]);
}

#[test]
fn patient_orientation_serves_where_there_are_no_cosines() {
    let mut image = make::image();
    image.patient_orientation = Some(["L".into(), "FP".into()]);
    let of = |image: &_, camera: &Camera| {
        let e = EdgeLetters::new(image, 0, camera);
        [e.left, e.right, e.top, e.bottom]
    };
    let mut camera = Camera::default();
    assert_eq!(of(&image, &camera), ["R", "L", "HA", "FP"]);
    camera.rotate(1);
    assert_eq!(of(&image, &camera), ["FP", "HA", "R", "L"]);
    camera.flip_horizontal();
    assert_eq!(of(&image, &camera), ["HA", "FP", "R", "L"]);
    image.patient_orientation = Some(["LECR".into(), "PR".into()]);
    image.quadruped = true;
    assert_eq!(of(&image, &Camera::default()), ["RTCD", "LECR", "DI", "PR"]);
    image.patient_orientation = Some(["?".into(), String::new()]);
    assert_eq!(of(&image, &Camera::default()), ["", "?", "", ""], "what is not defined has no opposite");
    image.patient_orientation = None;
    assert_eq!(EdgeLetters::new(&image, 0, &camera), EdgeLetters::default());
}

#[test]
fn cosines_that_are_no_axes_give_no_letters() {
    for bad in [[0.0; 6], [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [f64::NAN; 6], [2.0, 0.0, 0.0, 0.0, 2.0, 0.0]] {
        assert_eq!(EdgeLetters::of_plane(&plane(bad), false, &Camera::default()), None);
        assert_eq!(plane(bad).location(), None);
    }
}

#[test]
fn a_point_lies_where_the_standard_says() {
    // C.7.6.2.1.1: P = S + X * dx * i + Y * dy * j with i, j counted from the centre of the first pixel.
    let mut plane = plane(make::SAGITTAL);
    plane.position = Some([10.0, -20.0, 30.0]);
    assert_eq!(plane.patient_from_image([0.5, 0.5], [2.0, 3.0]), Some([10.0, -20.0, 30.0]));
    assert_eq!(plane.patient_from_image([4.5, 1.5], [2.0, 3.0]), Some([10.0, -8.0, 28.0]), "columns are 3 mm apart, rows 2 mm");
    assert_eq!(plane.location(), Some(-10.0), "the normal of this sagittal plane points to the right");
}

fn spacing(kind: SpacingKind, mm: [f64; 2]) -> Spacing {
    Spacing { mm: Some(mm), kind, ..Spacing::default() }
}

#[test]
fn millimetres_say_what_they_mean() {
    let label = |kind, mm| spacing(kind, mm).label();
    assert_eq!(label(SpacingKind::Patient, [0.78125, 0.78125]), "0.78 mm");
    assert_eq!(label(SpacingKind::Patient, [1.5, 0.75]), "1.50 x 0.75 mm");
    assert_eq!(label(SpacingKind::Detector, [0.14, 0.14]), "0.14 mm at detector");
    assert_eq!(label(SpacingKind::Magnified, [0.07, 0.07]), "0.0700 mm magnified");
    assert_eq!(label(SpacingKind::Calibrated("FIDUCIAL".into()), [0.2, 0.2]), "0.20 mm calibrated: FIDUCIAL");
    assert_eq!(label(SpacingKind::Nominal, [0.2, 0.2]), "0.20 mm nominal, of the scan");
    assert_eq!(label(SpacingKind::None, [0.2, 0.2]), "px", "numbers without meaning are not shown as millimetres");
    assert_eq!(label(SpacingKind::Patient, [0.0, 1.0]), "px");
    assert_eq!(Spacing::default().label(), "px");
}

#[test]
fn ultrasound_regions_have_their_own_scale() {
    let regions = [([0, 0, 99, 99], [0.1, 0.1]), ([50, 50, 99, 99], [0.2, 0.3])].into();
    let us = Spacing { kind: SpacingKind::Region, regions, ..Spacing::default() };
    assert_eq!(us.at([10.5, 10.5]), Some(PixelSize { x: 0.1, y: 0.1 }));
    assert_eq!(us.at([99.9, 99.9]), Some(PixelSize { x: 0.2, y: 0.3 }), "the last pixel belongs to the region");
    assert_eq!(us.at([100.0, 10.0]), None);
    assert_eq!(us.label(), "mm by region");
}

#[test]
fn unequal_pixels_are_drawn_square() {
    assert_eq!(spacing(SpacingKind::Patient, [2.0, 1.0]).pixel_shape(), [1.0, 2.0]);
    assert_eq!(spacing(SpacingKind::Patient, [0.5, 1.5]).pixel_shape(), [3.0, 1.0]);
    let aspect = Spacing { aspect: Some([4.0, 3.0]), ..Spacing::default() };
    assert_eq!(aspect.pixel_shape(), [1.0, 4.0 / 3.0]);
    assert_eq!(spacing(SpacingKind::Patient, [1e9, 1.0]).pixel_shape(), [1.0, 1.0], "a shape nobody can mean");
    assert_eq!(spacing(SpacingKind::Patient, [-1.0, f64::NAN]).pixel_shape(), [1.0, 1.0]);
}

#[test]
fn scale_bars_have_round_lengths() {
    let bar = |mm: f64, scale| ScaleBar::choose(&spacing(SpacingKind::Patient, [mm, mm]), [0.0, 0.0], scale, 200.0).unwrap();
    let ct = bar(0.78125, 1.21);
    assert_eq!(ct.label, "10 cm");
    assert!((ct.pixels - 100.0 / 0.78125 * 1.21).abs() < 1e-9);
    assert_eq!(bar(0.1, 1.0).label, "2 cm");
    assert_eq!(bar(0.025, 1.0).label, "5 mm");
    assert_eq!(bar(0.00025, 1.0).label, "50 µm");
    assert_eq!(bar(0.000_25, 2.0).label, "20 µm");
    let detector = ScaleBar::choose(&spacing(SpacingKind::Detector, [0.1, 0.1]), [0.0; 2], 1.0, 200.0).unwrap();
    assert_eq!(detector.label, "2 cm at detector");
    let pixels = ScaleBar::choose(&Spacing::default(), [0.0; 2], 0.5, 200.0).unwrap();
    assert_eq!((pixels.label.as_str(), pixels.pixels), ("200 px", 100.0));
    assert_eq!(ScaleBar::choose(&Spacing::default(), [0.0; 2], 1000.0, 200.0), None, "not a whole pixel fits");
    // Unequal spacing: a square unit is as wide as the narrower side of a pixel.
    let unequal = ScaleBar::choose(&spacing(SpacingKind::Patient, [1.0, 2.0]), [0.0; 2], 1.0, 200.0).unwrap();
    assert_eq!((unequal.label.as_str(), unequal.pixels), ("20 cm", 200.0));
}

proptest! {
    /// Whatever the scale: at most as long as asked, more than a third of it, and 1, 2 or 5.
    #[test]
    fn scale_bars_fit(exponent in -6.0f64..3.0, scale in 0.01f64..50.0, most in 50.0f64..400.0) {
        let mm = 10f64.powf(exponent);
        let bar = ScaleBar::choose(&spacing(SpacingKind::Patient, [mm, mm]), [0.0; 2], scale, most).unwrap();
        prop_assert!(bar.pixels <= most * 1.0001 && bar.pixels >= most * 0.3999, "{:?} of {}", bar, most);
        let digit = bar.label.chars().find(|c| ('1'..='9').contains(c)).unwrap();
        prop_assert!("125".contains(digit), "{}", bar.label);
    }

    /// Opposite edges name opposite directions, whatever is done to the picture.
    #[test]
    fn opposite_edges_are_opposite(angles in proptest::array::uniform3(0.0f64..6.3), turns in 0i8..4, h in any::<bool>(), v in any::<bool>()) {
        let rotate = |axis: usize, angle: f64, p: [f64; 3]| {
            let (s, c) = angle.sin_cos();
            let (i, j) = ((axis + 1) % 3, (axis + 2) % 3);
            let mut q = p;
            q[i] = c * p[i] - s * p[j];
            q[j] = s * p[i] + c * p[j];
            q
        };
        let turn = |p| (0..3).fold(p, |p, axis| rotate(axis, angles[axis], p));
        let (r, c) = (turn([1.0, 0.0, 0.0]), turn([0.0, 1.0, 0.0]));
        let mut camera = Camera::default();
        camera.rotate(turns);
        if h { camera.flip_horizontal() }
        if v { camera.flip_vertical() }
        let [left, right, top, bottom] = edges([r[0], r[1], r[2], c[0], c[1], c[2]], &camera);
        let opposite = |s: &str| s.chars().map(|c| match c { 'L' => 'R', 'R' => 'L', 'A' => 'P', 'P' => 'A', 'H' => 'F', _ => 'H' }).collect::<String>();
        prop_assert_eq!(opposite(&left), right);
        prop_assert_eq!(opposite(&top), bottom);
    }
}
