//! Heart and great vessels.

use super::{Scene, curve, trunk};
use crate::demo::shape::{Bounds, P, ellipsoid, smooth_union, spheroid};
use crate::demo::tissue::kinds;

/// Direction from the base of the heart to its apex: left, forward, down.
const AXIS: P = [0.66, -0.56, -0.5];
/// Middle of the left ventricle.
const LEFT: P = [36.0, -24.0, 42.0];
/// Middle of the right ventricle.
const RIGHT: P = [4.0, -46.0, 44.0];

/// Distance from the surface of the heart, without its fat.
pub fn outer(p: P) -> f32 {
    let ventricles = smooth_union(spheroid(LEFT, AXIS, 50.0, 34.0)(p), spheroid(RIGHT, [0.75, -0.25, -0.45], 46.0, 27.0)(p), 10.0);
    smooth_union(ventricles, atria(p) - 2.0, 9.0)
}

fn atria(p: P) -> f32 {
    let right = ellipsoid([-30.0, -18.0, 54.0], [21.0, 26.0, 31.0])(p);
    let left = ellipsoid([6.0, 14.0, 68.0], [35.0, 17.0, 23.0])(p);
    right.min(left)
}

pub fn paint(scene: &mut Scene) {
    let bounds = Bounds([-80.0, -110.0, -20.0], [110.0, 60.0, 130.0]);
    scene.paint(kinds::VISCERAL_FAT, bounds, |p| (outer(p) - 3.5).max(trunk::diaphragm(p) - 10.0 - p[2]));
    scene.paint(kinds::HEART_MUSCLE, bounds, outer);
    scene.paint(kinds::CHAMBER, bounds, |p| smooth_union(atria(p) + 1.5, 1e3, 1.0));
    let wave = |p: P| 1.1 * ((p[0] * 0.5).sin() + (p[1] * 0.45 + 1.0).sin() + (p[2] * 0.4).sin());
    // The right ventricle: a thin wall, and never into the septum.
    scene.paint(kinds::CHAMBER, bounds, move |p| {
        (spheroid(RIGHT, [0.75, -0.25, -0.45], 42.0, 23.0)(p) + 0.6 * wave(p)).max(-spheroid(LEFT, AXIS, 51.0, 35.0)(p))
    });
    // The left ventricle, with papillary muscles standing in its blood.
    scene.paint(kinds::CHAMBER, bounds, move |p| spheroid(LEFT, AXIS, 39.0, 22.5)(p) + 0.5 * wave(p));
    for (a, b) in [([50.0, -24.0, 42.0], [36.0, -20.0, 52.0]), ([38.0, -40.0, 30.0], [30.0, -30.0, 42.0])] {
        scene.tube(kinds::HEART_MUSCLE, &[(a, 5.0), (b, 2.5)]);
    }
    vessels(scene);
    coronaries(scene);
}

/// A point of a vessel that runs `gap` mm in front of the spine, with the vessel's radius.
fn before_spine(x: f32, z: f32, gap: f32, radius: f32) -> (P, f32) {
    ([x, trunk::spine_y(z) - 20.0 - gap, z], radius)
}

fn vessels(scene: &mut Scene) {
    let veins = [
        // Superior vena cava with the arms' veins.
        vec![([-26.0, -4.0, 66.0], 10.0), ([-27.0, -10.0, 110.0], 9.5), ([-25.0, -16.0, 150.0], 9.0)],
        vec![([-25.0, -16.0, 150.0], 8.0), ([-34.0, -16.0, 172.0], 7.0), ([-62.0, -10.0, 190.0], 6.5)],
        vec![([-25.0, -16.0, 148.0], 8.0), ([8.0, -34.0, 162.0], 7.0), ([50.0, -20.0, 182.0], 6.5), ([78.0, -8.0, 194.0], 6.0)],
        // Inferior vena cava.
        vec![([-24.0, -8.0, 46.0], 11.0), ([-24.0, 0.0, 10.0], 12.0), ([-23.0, 12.0, -50.0], 11.5)],
        vec![([-23.0, 12.0, -50.0], 11.5), before_spine(-19.0, -110.0, 10.0, 11.0), before_spine(-17.0, -165.0, 10.0, 10.0)],
        vec![before_spine(-17.0, -165.0, 10.0, 9.0), ([-40.0, 14.0, -215.0], 7.5)],
        vec![before_spine(-15.0, -167.0, 10.0, 9.0), ([34.0, 18.0, -215.0], 7.5)],
        // Azygos vein, beside the spine.
        vec![before_spine(-9.0, 120.0, 4.0, 3.5), before_spine(-8.0, 60.0, 4.0, 3.2), before_spine(-7.0, -20.0, 4.0, 2.6)],
    ];
    let arteries = [
        // Lung artery and its two branches.
        vec![([14.0, -44.0, 74.0], 14.0), ([20.0, -26.0, 98.0], 14.0), ([24.0, -4.0, 110.0], 12.5)],
        vec![([22.0, -12.0, 108.0], 12.0), ([38.0, 6.0, 110.0], 10.0), ([56.0, 14.0, 100.0], 8.0)],
        vec![([20.0, -10.0, 104.0], 12.0), ([-8.0, 2.0, 102.0], 10.5), ([-46.0, 6.0, 98.0], 8.0)],
        // Aorta: up, over the left airway, down before the spine, to its fork.
        vec![([2.0, -18.0, 66.0], 15.5), ([-8.0, -28.0, 92.0], 15.5), ([-8.0, -24.0, 122.0], 15.0), ([4.0, -6.0, 146.0], 14.0)],
        vec![([4.0, -6.0, 146.0], 14.0), ([15.0, 16.0, 146.0], 13.0), ([22.0, 32.0, 130.0], 12.5), ([23.0, 37.0, 96.0], 12.0)],
        vec![
            ([23.0, 37.0, 96.0], 12.0),
            ([21.0, 35.0, 40.0], 11.5),
            before_spine(13.0, -20.0, 8.0, 11.0),
            before_spine(9.0, -90.0, 8.0, 9.5),
        ],
        vec![before_spine(9.0, -90.0, 8.0, 9.5), before_spine(7.0, -150.0, 8.0, 8.5)],
        vec![before_spine(7.0, -150.0, 8.0, 7.0), ([-26.0, 6.0, -215.0], 5.5)],
        vec![before_spine(7.0, -150.0, 8.0, 7.0), ([30.0, 6.0, -215.0], 5.5)],
        // The three branches of the arch.
        vec![([-2.0, -14.0, 150.0], 6.5), ([-12.0, -12.0, 172.0], 6.0), ([-20.0, -4.0, 215.0], 4.0)],
        vec![([8.0, -2.0, 154.0], 4.5), ([14.0, 0.0, 180.0], 4.0), ([19.0, -2.0, 215.0], 4.0)],
        vec![([15.0, 8.0, 152.0], 5.0), ([24.0, 12.0, 178.0], 4.5), ([62.0, 6.0, 198.0], 4.0)],
        // Coeliac trunk, upper mesenteric artery, kidney arteries.
        vec![
            before_spine(10.0, -52.0, 8.0, 3.6),
            ([10.0, -8.0, -52.0], 3.4),
            ([46.0, 2.0, -42.0], 2.6),
            ([86.0, 22.0, -38.0], 2.2),
        ],
        vec![([10.0, -8.0, -52.0], 3.0), ([-22.0, -16.0, -58.0], 2.4), ([-44.0, -18.0, -52.0], 2.0)],
        vec![
            before_spine(9.0, -66.0, 8.0, 3.6),
            ([6.0, -14.0, -84.0], 3.4),
            ([0.0, -24.0, -130.0], 2.8),
            ([-14.0, -28.0, -170.0], 2.2),
        ],
        vec![before_spine(12.0, -80.0, 8.0, 3.0), ([34.0, 26.0, -88.0], 2.8), ([50.0, 32.0, -90.0], 2.4)],
        vec![before_spine(6.0, -82.0, 8.0, 3.0), ([-18.0, 26.0, -92.0], 2.8), ([-48.0, 34.0, -98.0], 2.4)],
    ];
    for (tissue, paths) in [(kinds::VEIN, &veins[..]), (kinds::ARTERY, &arteries[..])] {
        for path in paths {
            scene.tube(tissue, &curve(path, 5));
        }
    }
}

/// Coronary arteries in the grooves of the heart, one with a calcified plaque.
fn coronaries(scene: &mut Scene) {
    let left =
        curve(&[([10.0, -24.0, 74.0], 1.9), ([24.0, -46.0, 68.0], 1.7), ([38.0, -62.0, 50.0], 1.5), ([52.0, -68.0, 26.0], 1.2)], 4);
    let around = curve(&[([14.0, -22.0, 73.0], 1.8), ([44.0, -6.0, 68.0], 1.5), ([62.0, 4.0, 50.0], 1.2)], 4);
    let right = curve(
        &[([-6.0, -34.0, 76.0], 1.9), ([-28.0, -48.0, 60.0], 1.7), ([-30.0, -44.0, 36.0], 1.5), ([-10.0, -24.0, 16.0], 1.3)],
        4,
    );
    for path in [left, around, right] {
        scene.tube(kinds::ARTERY, &path);
    }
    let plaque = [30.0, -53.0, 60.0];
    scene.paint_fine(kinds::CORTICAL, Bounds::around(&[plaque], 3.0), ellipsoid(plaque, [1.2, 1.0, 2.6]));
}
