//! Liver, gall bladder, spleen, stomach, pancreas, kidneys and the muscles beside the spine.

use super::{Scene, curve, trunk};
use crate::demo::shape::{Bounds, P, ellipsoid, rod, smooth_union, spheroid};
use crate::demo::tissue::kinds;
use crate::demo::tree::{Growth, grow};

/// Room under the diaphragm, inside the belly wall.
fn room(p: P) -> f32 {
    (trunk::cavity(p) + 3.0).max(0.6 * (p[2] - trunk::diaphragm(p) + 3.0))
}

fn liver(p: P) -> f32 {
    let right = ellipsoid([-68.0, 0.0, -42.0], [72.0, 92.0, 82.0])(p);
    let left = ellipsoid([-4.0, -52.0, -18.0], [74.0, 36.0, 36.0])(p);
    let tip = ellipsoid([-96.0, 8.0, -100.0], [30.0, 56.0, 46.0])(p);
    let whole = smooth_union(smooth_union(right, left, 24.0), tip, 24.0);
    // The hilum, the bed of the gall bladder, the fissure of the round ligament, and room for kidney and vena cava.
    let hilum = ellipsoid([-26.0, -10.0, -72.0], [24.0, 20.0, 20.0])(p);
    let bed = ellipsoid([-40.0, -58.0, -92.0], [17.0, 26.0, 34.0])(p);
    let ligament = rod([-6.0, -95.0, -40.0], [-10.0, -40.0, -52.0], 4.0, 2.5)(p);
    let kidney = ellipsoid([-56.0, 40.0, -98.0], [36.0, 34.0, 64.0])(p);
    let cava = rod([-24.0, 0.0, 20.0], [-23.0, 12.0, -60.0], 13.0, 13.0)(p);
    let carved = hilum.min(bed).min(ligament).min(kidney).min(cava);
    whole.max(room(p)).max(-carved).max(p[0] - 58.0)
}

fn spleen(p: P) -> f32 {
    let body = spheroid([96.0, 38.0, -24.0], [0.15, 0.75, -0.6], 56.0, 31.0)(p);
    let hollow = ellipsoid([62.0, 18.0, -20.0], [34.0, 40.0, 60.0])(p);
    body.max(room(p)).max(-hollow)
}

fn stomach(p: P) -> f32 {
    let fundus = ellipsoid([58.0, 6.0, -6.0], [34.0, 42.0, 36.0])(p);
    let body = rod([60.0, -20.0, -24.0], [46.0, -54.0, -84.0], 30.0, 24.0)(p);
    let antrum = rod([46.0, -54.0, -84.0], [-6.0, -52.0, -94.0], 22.0, 14.0)(p);
    let whole = smooth_union(smooth_union(fundus, body, 18.0), antrum, 14.0);
    whole.max(room(p)).max(-liver(p) + 3.0)
}

/// One kidney: `side` is -1 for the right one, which lies lower.
struct Kidney {
    centre: P,
    axis: P,
    side: f32,
}

impl Kidney {
    fn new(side: f32) -> Self {
        let z = if side < 0.0 { -100.0 } else { -86.0 };
        Self { centre: [side * 58.0, 42.0, z], axis: [side * 0.22, 0.18, -1.0], side }
    }

    fn paint(&self, scene: &mut Scene) {
        let (c, side) = (self.centre, self.side);
        let bounds = Bounds::around(&[c], 70.0);
        let whole = spheroid(c, self.axis, 56.0, 27.0);
        let sinus_at = [c[0] - side * 14.0, c[1] - 5.0, c[2]];
        let sinus = spheroid(sinus_at, self.axis, 29.0, 12.0);
        // The hilum opens toward the middle and the front.
        let door = spheroid([c[0] - side * 30.0, c[1] - 11.0, c[2]], self.axis, 20.0, 12.0);
        let outer = move |p: P| whole(p).max(-door(p));
        let inner = outer.clone();
        scene.paint(kinds::RENAL_CORTEX, bounds, outer);
        // Pyramids: the tissue between cortex and sinus, cut into wedges that point at the sinus.
        let around = sinus.clone();
        scene.paint(kinds::RENAL_MEDULLA, bounds, move |p| {
            let turn = (p[1] - c[1]).atan2(p[0] - c[0]);
            let pyramids = 8.0 * (0.1 - (3.0 * turn).sin() * (0.2 * p[2] + turn).cos());
            (inner(p) + 6.0).max(pyramids).max(1.5 - around(p))
        });
        scene.paint(kinds::VISCERAL_FAT, bounds, sinus);
        let pelvis = [sinus_at[0] - side * 4.0, sinus_at[1], c[2] - 4.0];
        scene.paint(kinds::URINE, bounds, ellipsoid(pelvis, [6.0, 5.0, 11.0]));
        for (dz, out) in [(-20.0, 8.0), (0.0, 11.0), (19.0, 8.0)] {
            scene.tube(kinds::URINE, &[(pelvis, 2.5), ([c[0] - side * (14.0 - out), c[1] - 2.0, c[2] + dz], 3.6)]);
        }
        let ureter = [
            (pelvis, 2.6),
            ([side * 34.0, 26.0, c[2] - 50.0], 1.9),
            ([side * 33.0, 16.0, -170.0], 1.8),
            ([side * 32.0, 10.0, -215.0], 1.8),
        ];
        scene.tube(kinds::URINE, &curve(&ureter, 5));
    }
}

pub fn paint(scene: &mut Scene) {
    psoas(scene);
    crura(scene);
    for side in [-1.0, 1.0] {
        Kidney::new(side).paint(scene);
        adrenal(scene, side);
    }
    let cyst = [72.0, 60.0, -66.0];
    scene.paint(kinds::FLUID, Bounds::around(&[cyst], 12.0), ellipsoid(cyst, [9.0; 3]));
    pancreas(scene);

    let bounds = Bounds([-140.0, -100.0, -160.0], [140.0, 110.0, 40.0]);
    scene.paint(kinds::SPLEEN, bounds, spleen);
    scene.paint(kinds::LIVER, bounds, liver);
    liver_vessels(scene);
    let cyst = [-98.0, 26.0, -34.0];
    scene.paint(kinds::FLUID, Bounds::around(&[cyst], 12.0), ellipsoid(cyst, [8.0; 3]));
    let bladder = [-40.0, -56.0, -94.0];
    scene.paint(kinds::WALL, Bounds::around(&[bladder], 42.0), ellipsoid(bladder, [14.5, 19.5, 29.5]));
    scene.paint(kinds::FLUID, Bounds::around(&[bladder], 40.0), ellipsoid(bladder, [13.0, 18.0, 28.0]));

    // The stomach: folded wall, fluid behind, gas in front, as it is in a person on the back.
    scene.paint(kinds::WALL, bounds, stomach);
    let inside = |p: P| stomach(p) + 4.0 + 1.2 * ((p[0] * 0.42).sin() + (p[2] * 0.38).sin());
    scene.paint(kinds::BOWEL_CONTENT, bounds, inside);
    scene.paint(kinds::GAS, bounds, move |p| inside(p).max(p[1] + 34.0));
}

fn liver_vessels(scene: &mut Scene) {
    let (low, high) = ([-138.0, -95.0, -145.0], [56.0, 95.0, 24.0]);
    let tree = |root, leaves, thickest, seed| {
        grow(&Growth { root, leaves, leaf_radius: 0.9, thickest, seed }, low, high, &|p| liver(p) < -7.0)
    };
    let portal = tree([-26.0, -12.0, -66.0], 80, 6.5, 5);
    let hepatic = tree([-24.0, -2.0, 8.0], 70, 5.5, 8);
    scene.tree(kinds::LIVER_VEIN, &portal, 0.0, 0.0);
    scene.tree(kinds::LIVER_VEIN, &hepatic, 0.0, 0.0);
    // The portal vein from where the veins of spleen and gut meet.
    let trunk = curve(&[([6.0, -14.0, -86.0], 6.5), ([-10.0, -14.0, -78.0], 6.8), ([-26.0, -12.0, -66.0], 6.5)], 4);
    let splenic = curve(&[([6.0, -14.0, -86.0], 4.5), ([36.0, -4.0, -62.0], 4.2), ([66.0, 16.0, -44.0], 3.8)], 4);
    let gut = curve(&[([6.0, -14.0, -86.0], 5.0), ([-6.0, -20.0, -125.0], 4.0), ([-20.0, -26.0, -165.0], 3.0)], 4);
    for path in [trunk, splenic, gut] {
        scene.tube(kinds::VEIN, &path);
    }
}

fn pancreas(scene: &mut Scene) {
    let path = [
        ([-22.0, -16.0, -112.0], 13.0),
        ([-18.0, -22.0, -92.0], 13.0),
        ([6.0, -28.0, -80.0], 9.0),
        ([34.0, -16.0, -66.0], 9.0),
        ([66.0, 8.0, -54.0], 8.0),
    ];
    for pair in curve(&path, 4).windows(2) {
        let [(a, ra), (b, rb)] = [pair[0], pair[1]];
        let shape = rod(a, b, ra, rb);
        scene.paint(kinds::PANCREAS, Bounds::around(&[a, b], ra.max(rb) + 2.0), move |p| {
            shape(p) + 1.3 * ((p[0] * 0.8).sin() + (p[1] * 0.75).sin() * (p[2] * 0.7).cos())
        });
    }
}

fn adrenal(scene: &mut Scene, side: f32) {
    let z = if side < 0.0 { -46.0 } else { -40.0 };
    let top = [side * 33.0, 24.0, z];
    for tip in [[side * 28.0, 34.0, z - 16.0], [side * 45.0, 35.0, z - 18.0]] {
        scene.tube(kinds::WALL, &[(top, 2.6), (tip, 2.2)]);
    }
}

/// The psoas muscles run beside the loins to the hip.
fn psoas(scene: &mut Scene) {
    for side in [-1.0, 1.0] {
        let at = |x: f32, z: f32, dy: f32| [side * x, trunk::spine_y(z) + dy, z];
        let path = [
            (at(25.0, -62.0, 4.0), 7.0),
            (at(34.0, -110.0, 4.0), 15.0),
            (at(43.0, -160.0, 0.0), 21.0),
            (at(56.0, -225.0, -14.0), 23.0),
        ];
        scene.tube(kinds::MUSCLE, &curve(&path, 5));
        let square = [(at(60.0, -110.0, 26.0), 12.0), (at(72.0, -200.0, 28.0), 15.0)];
        scene.tube(kinds::MUSCLE, &square);
    }
}

/// The legs of the diaphragm, on both sides of the aorta.
fn crura(scene: &mut Scene) {
    for side in [-1.0, 1.0] {
        let at = |x: f32, z: f32, gap: f32| [side * x + 6.0, trunk::spine_y(z) - 20.0 - gap, z];
        let path =
            [(at(16.0, 0.0, 12.0), 3.5), (at(17.0, -40.0, 8.0), 5.0), (at(14.0, -80.0, 2.0), 4.0), (at(11.0, -120.0, -2.0), 2.0)];
        scene.tube(kinds::MUSCLE, &curve(&path, 5));
    }
}
