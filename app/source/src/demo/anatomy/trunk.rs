//! Couch, skin, fat, muscle and the space inside the ribs and the belly wall.

use super::Scene;
use crate::demo::shape::{Bounds, P, outline};
use crate::demo::tissue::kinds;

/// Skin: `(z, [half width, half depth, centre y])`.
const SKIN: [(f32, [f32; 3]); 8] = [
    (-230.0, [176.0, 112.0, 0.0]),
    (-190.0, [168.0, 110.0, 0.0]),
    (-130.0, [156.0, 108.0, 0.0]),
    (-60.0, [159.0, 112.0, 0.0]),
    (20.0, [168.0, 116.0, 0.0]),
    (100.0, [178.0, 116.0, 2.0]),
    (160.0, [172.0, 104.0, 8.0]),
    (210.0, [132.0, 84.0, 14.0]),
];

/// Inner surface of ribs and belly wall.
const CAVITY: [(f32, [f32; 3]); 9] = [
    (-230.0, [116.0, 70.0, -14.0]),
    (-160.0, [120.0, 74.0, -12.0]),
    (-90.0, [127.0, 81.0, -6.0]),
    (-20.0, [134.0, 87.0, -2.0]),
    (50.0, [132.0, 87.0, 0.0]),
    (110.0, [116.0, 77.0, 4.0]),
    (150.0, [92.0, 62.0, 10.0]),
    (180.0, [62.0, 44.0, 18.0]),
    (200.0, [32.0, 24.0, 26.0]),
];

/// Distance from the skin.
pub fn skin(p: P) -> f32 {
    outline(&SKIN, p)
}

/// Distance from the inner surface of the chest and belly wall.
pub fn cavity(p: P) -> f32 {
    outline(&CAVITY, p).max(ridge(p))
}

/// The bodies of the vertebrae push the back wall of the cavity forward.
fn ridge(p: P) -> f32 {
    let (x, y) = (p[0].abs(), p[1] - spine_y(p[2]));
    -(x.hypot(y) - 24.0)
}

/// Points on the inner surface of the ribs, as `[half width, half depth, centre y]` of the ellipse at a height.
pub fn cage(z: f32) -> [f32; 3] {
    crate::demo::shape::table(&CAVITY, z)
}

/// y of the middle of the vertebral bodies: bent backward in the chest, forward in the loins.
pub fn spine_y(z: f32) -> f32 {
    44.0 + 14.0 * ((z + 60.0) * std::f32::consts::PI / 260.0).sin()
}

/// Height of the diaphragm at a place: two domes that fall off to the sides and the back.
pub fn diaphragm(p: P) -> f32 {
    let dome = |apex: f32, cx: f32, cy: f32| {
        let (x, y) = ((p[0] - cx) / 68.0, (p[1] - cy) / 78.0);
        let r = x * x + y * y;
        apex - 46.0 * r - 18.0 * r * r
    };
    let (right, left) = (dome(24.0, -66.0, -12.0), dome(10.0, 68.0, -8.0));
    let middle = 6.0 - 0.012 * (p[0] * p[0]) - 0.008 * (p[1] + 25.0).powi(2);
    -crate::demo::shape::smooth_union(-right, crate::demo::shape::smooth_union(-left, -middle, 14.0), 14.0)
}

/// Thickness of the fat under the skin: most at the belly and the flanks.
fn fat(p: P) -> f32 {
    let low = ((20.0 - p[2]) / 160.0).clamp(0.0, 1.0);
    let front = (-p[1] / 110.0).clamp(-0.4, 1.0);
    let side = (p[0].abs() / 160.0).powi(2);
    7.0 + 5.0 * side + low * (9.0 + 9.0 * front)
}

pub fn paint(scene: &mut Scene) {
    let all = Bounds::all;
    scene.paint_rigid(kinds::COUCH, Bounds([-205.0, 112.0, -1e3], [205.0, 190.0, 1e3]), couch);
    scene.paint(kinds::SKIN, all(), skin);
    scene.paint(kinds::FAT, all(), |p| skin(p) + 2.0);
    scene.paint(kinds::MUSCLE, all(), |p| skin(p) + fat(p));
    // Planes of fat between the layers of muscle of the wall.
    scene.paint_fine(kinds::SEPTUM, all(), |p| (outline(&CAVITY, p) - 15.0).abs() - 0.7);
    scene.paint_fine(kinds::SEPTUM, Bounds([-150.0, -60.0, -230.0], [150.0, 90.0, 10.0]), |p| {
        ((outline(&CAVITY, p) - 7.0).abs() - 0.5).max(60.0 - p[0].abs())
    });
    // The sheath of the long muscles of the back.
    scene.paint_fine(kinds::SEPTUM, Bounds([-75.0, 30.0, -230.0], [75.0, 120.0, 230.0]), |p| {
        let (x, y) = ((p[0].abs() - 27.0) / 27.0, (p[1] - spine_y(p[2]) - 37.0) / 19.0);
        ((x.hypot(y) - 1.0).abs() * 21.0 - 0.6).max(skin(p) + fat(p))
    });
    scene.paint(kinds::VISCERAL_FAT, all(), cavity);
}

/// A shell of carbon fibre, hollow inside, under the back.
fn couch(p: P) -> f32 {
    let shell = |radius: f32, centre: f32| (p[0].hypot(p[1] - centre) - radius).abs() - 1.3;
    let top = shell(520.0, -402.0);
    let bottom = shell(300.0, -150.0);
    let (upper, lower) = (p[0].hypot(p[1] + 402.0) - 520.0, p[0].hypot(p[1] + 150.0) - 300.0);
    top.max(lower).min(bottom.max(-upper)).max(p[0].abs() - 200.0)
}
