//! Small and large bowel, and the vessels of the fat they hang in.

use super::{Scene, curve, trunk};
use crate::demo::noise::Random;
use crate::demo::shape::{Bounds, P, rod};
use crate::demo::tissue::kinds;
use crate::demo::tree::{Growth, grow};

pub fn paint(scene: &mut Scene) {
    let fat = |p: P| trunk::cavity(p) < -8.0 && p[2] < -95.0;
    let growth = Growth { root: [2.0, -18.0, -100.0], leaves: 130, leaf_radius: 0.7, thickest: 3.0, seed: 41 };
    let vessels = grow(&growth, [-105.0, -82.0, -215.0], [105.0, 4.0, -100.0], &fat);
    scene.tree(kinds::VEIN, &vessels, 0.0, 0.0);
    small(scene);
    large(scene);
}

/// Loops that wander through the middle of the belly.
fn small(scene: &mut Scene) {
    let mut random = Random::new(77);
    for (row, z) in [-122.0f32, -146.0, -170.0, -196.0, -220.0].into_iter().enumerate() {
        let turned = if row % 2 == 0 { 1.0 } else { -1.0 };
        let path: Vec<(P, f32)> = (0..7)
            .map(|i| {
                let x = turned * (i as f32 - 3.0) * 23.0;
                let y = -46.0 + if i % 2 == 0 { -17.0 } else { 15.0 } + random.between(-6.0, 6.0);
                ([x, y, z + random.between(-7.0, 7.0)], random.between(8.0, 11.5))
            })
            .collect();
        let pieces = curve(&path, 4);
        let rods = || pieces.windows(2).map(|pair| (pair[0], pair[1]));
        for ((a, ra), (b, rb)) in rods() {
            scene.paint(kinds::WALL, Bounds::around(&[a, b], ra.max(rb)), rod(a, b, ra, rb));
        }
        // Folds of the wall make the inner outline feathery.
        let inside = |a: P, ra: f32, b: P, rb: f32| {
            let tube = rod(a, b, ra - 2.4, rb - 2.4);
            move |p: P| tube(p) + 0.9 * (0.9 * (p[0] + 0.7 * p[1])).sin() * (0.8 * p[2]).cos()
        };
        for ((a, ra), (b, rb)) in rods() {
            scene.paint(kinds::BOWEL_CONTENT, Bounds::around(&[a, b], ra.max(rb)), inside(a, ra, b, rb));
        }
        for ((a, ra), (b, rb)) in rods().enumerate().filter(|(i, _)| i % 11 < 3).map(|(_, rod)| rod) {
            let (tube, level) = (inside(a, ra, b, rb), a[1] - 3.0);
            scene.paint(kinds::GAS, Bounds::around(&[a, b], ra.max(rb)), move |p| tube(p).max(p[1] - level));
        }
    }
}

/// The large bowel around it: up on the right, across, down on the left.
fn large(scene: &mut Scene) {
    let path = [
        ([-96.0, -14.0, -225.0], 27.0),
        ([-102.0, -10.0, -190.0], 25.0),
        ([-100.0, -14.0, -152.0], 22.0),
        ([-84.0, -44.0, -130.0], 20.0),
        ([-46.0, -70.0, -122.0], 19.0),
        ([4.0, -76.0, -118.0], 18.0),
        ([52.0, -70.0, -106.0], 18.0),
        ([90.0, -36.0, -78.0], 17.0),
        ([106.0, 6.0, -66.0], 16.0),
        ([108.0, 22.0, -104.0], 15.0),
        ([108.0, 16.0, -160.0], 14.0),
        ([98.0, 6.0, -225.0], 15.0),
    ];
    // Haustra: the bowel swells and narrows every few centimetres.
    let swollen = |(i, (p, r)): (usize, (P, f32))| (p, r * (1.0 + 0.15 * (i as f32 * 0.8).sin()));
    let pieces: Vec<_> = curve(&path, 7).into_iter().enumerate().map(swollen).collect();
    let rods = || pieces.windows(2).map(|pair| (pair[0], pair[1]));
    // The bowel yields to the belly wall.
    let tube = |a: P, ra: f32, b: P, rb: f32, wall: f32| {
        let tube = rod(a, b, ra - wall, rb - wall);
        move |p: P| tube(p).max(trunk::cavity(p) + 2.0 + wall)
    };
    for ((a, ra), (b, rb)) in rods() {
        scene.paint(kinds::WALL, Bounds::around(&[a, b], ra.max(rb)), tube(a, ra, b, rb, 0.0));
    }
    for ((a, ra), (b, rb)) in rods() {
        scene.paint(kinds::STOOL, Bounds::around(&[a, b], ra.max(rb)), tube(a, ra, b, rb, 2.2));
    }
    // Gas rises to the front and stands over one level in each limb: up, across, down.
    for ((a, ra), (b, rb)) in rods() {
        let level = match a {
            [_, y, _] if y < -40.0 => -67.0,
            [x, ..] if x < 0.0 => -18.0,
            _ => 6.0,
        };
        let inside = tube(a, ra, b, rb, 2.2);
        scene.paint(kinds::GAS, Bounds::around(&[a, b], ra.max(rb)), move |p| inside(p).max(p[1] - level));
    }
}
