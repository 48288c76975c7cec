//! Lungs with their vessels and airways, and the windpipe.

use super::{Scene, curve, heart, trunk};
use crate::demo::shape::{Bounds, P, ellipsoid, rod, smooth_union};
use crate::demo::tissue::kinds;
use crate::demo::tree::{Growth, grow};

/// Where vessels and airways enter a lung; `side` is -1 for the right lung.
fn hilum(side: f32) -> P {
    [side * 36.0, 8.0, 98.0]
}

/// Distance from the surface of both lungs.
fn lungs(p: P) -> f32 {
    let wall = trunk::cavity(p) + 3.0;
    let floor = 0.6 * (trunk::diaphragm(p) - p[2]);
    wall.max(floor).max(-mediastinum(p))
}

/// What lies between the lungs: heart, great vessels, windpipe and gullet with the fat around them.
fn mediastinum(p: P) -> f32 {
    // In front, behind the breastbone, the two lungs nearly touch.
    let front = ((-30.0 - p[1]) / 40.0).clamp(0.0, 1.0);
    let column = (p[0] - 2.0).abs() - (27.0 - 17.0 * front);
    let spine = p[0].hypot(p[1] - trunk::spine_y(p[2]) - 6.0) - 25.0;
    let aorta = (p[0] - 23.0).hypot(p[1] - 36.0) - 17.0;
    smooth_union(column, smooth_union(heart::outer(p) - 5.0, spine.min(aorta), 10.0), 12.0)
}

pub fn paint(scene: &mut Scene) {
    let bounds = Bounds([-145.0, -100.0, -70.0], [145.0, 110.0, 205.0]);
    scene.paint(kinds::LUNG, bounds, lungs);
    // Fissures: oblique on both sides, horizontal on the right; sheets thinner than a pixel.
    scene.paint_fine(kinds::FISSURE, bounds, |p| {
        let sheet = 0.62 * p[1] - 0.78 * (p[2] - 62.0) + 5.0 * (p[0] * 0.045).sin();
        (sheet.abs() - 0.35).max(lungs(p))
    });
    scene.paint_fine(kinds::FISSURE, bounds, |p| {
        let sheet = p[2] - 88.0 - 0.12 * p[1] + 3.0 * (p[1] * 0.06).sin();
        (sheet.abs() - 0.35).max(lungs(p)).max(p[0]).max(p[1] - 14.0)
    });
    for side in [-1.0f32, 1.0] {
        vessels(scene, side);
    }
    nodule(scene);
    windpipe(scene);
}

fn vessels(scene: &mut Scene, side: f32) {
    let [low, high] =
        if side < 0.0 { [[-140.0, -90.0, -60.0], [-10.0, 95.0, 195.0]] } else { [[10.0, -90.0, -60.0], [140.0, 95.0, 195.0]] };
    let seed = if side < 0.0 { 11 } else { 23 };
    let tree = |leaves, leaf_radius, thickest, seed, shift: P, depth: f32| {
        let root = std::array::from_fn(|i| hilum(side)[i] + shift[i]);
        grow(&Growth { root, leaves, leaf_radius, thickest, seed }, low, high, &|p| lungs(p) < -depth)
    };
    // Airways run beside the arteries: a wall, then the air in it.
    let airways = tree(60, 1.0, 5.0, seed, [0.0, 4.0, 4.0], 18.0);
    let arteries = tree(900, 0.6, 8.0, seed + 1, [side * 4.0, -2.0, 0.0], 4.0);
    let veins = tree(640, 0.6, 7.0, seed + 2, [-side * 2.0, -6.0, -18.0], 4.0);
    scene.tree(kinds::LUNG_VESSEL, &arteries, 0.0, 0.0);
    scene.tree(kinds::LUNG_VESSEL, &veins, 0.0, 0.0);
    scene.tree(kinds::WALL, &airways, 0.9, 1.2);
    scene.tree(kinds::GAS, &airways, 0.0, 1.2);
}

/// A spiculated nodule in the right upper lobe: the finding of the study.
fn nodule(scene: &mut Scene) {
    let centre = [-72.0, -14.0, 137.0];
    let bounds = Bounds::around(&[centre], 22.0);
    scene.paint(kinds::NODULE, bounds, move |p| {
        let lobes = (p[0] * 0.9).sin() + (p[1] * 1.1 + 1.0).sin() + (p[2] * 0.8 + 2.0).sin();
        ellipsoid(centre, [8.5, 7.5, 9.0])(p) + 0.7 * lobes
    });
    for i in 0..9 {
        let a = i as f32 * 0.7;
        let tip = [centre[0] + 19.0 * a.cos(), centre[1] + 17.0 * a.sin(), centre[2] + 15.0 * (1.9 * a).sin()];
        scene.paint_fine(kinds::NODULE, bounds, rod(centre, tip, 1.6, 0.25));
    }
}

/// Windpipe, main airways and gullet.
fn windpipe(scene: &mut Scene) {
    let carina = [1.0, 16.0, 124.0];
    let down = curve(&[([0.0, -2.0, 215.0], 8.5), ([0.0, 6.0, 175.0], 8.5), ([1.0, 12.0, 145.0], 8.5), (carina, 8.0)], 4);
    let right = curve(&[(carina, 7.5), ([-18.0, 16.0, 110.0], 7.0), ([-37.0, 12.0, 101.0], 5.5)], 4);
    let left = curve(&[(carina, 7.0), ([20.0, 18.0, 112.0], 6.0), ([38.0, 12.0, 102.0], 5.0)], 4);
    for (tissue, more) in [(kinds::WALL, 1.5), (kinds::GAS, 0.0)] {
        for path in [&down, &right, &left] {
            let path: Vec<_> = path.iter().map(|(p, r)| (*p, r + more)).collect();
            scene.tube(tissue, &path);
        }
    }
    let gullet = [
        ([5.0, 20.0, 215.0], 6.5),
        ([6.0, 26.0, 150.0], 6.5),
        ([7.0, 26.0, 80.0], 7.5),
        ([14.0, 14.0, 22.0], 8.0),
        ([30.0, 2.0, 0.0], 9.0),
    ];
    let gullet = curve(&gullet, 4);
    scene.tube(kinds::WALL, &gullet);
    let slit: Vec<_> = gullet.iter().take(9).map(|(p, _)| (*p, 1.3)).collect();
    scene.tube(kinds::GAS, &slit);
}
