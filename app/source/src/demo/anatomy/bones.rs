//! Spine, ribs, breastbone, collar bones, shoulder blades and the crests of the hips.

use super::{Scene, curve, trunk};
use crate::demo::shape::{Bounds, P, ellipsoid, rod};
use crate::demo::tissue::kinds;

/// One vertebra: its number from the first of the chest (0) to the fourth of the loins (15).
struct Vertebra {
    number: usize,
    /// Middle of the body.
    z: f32,
    /// Body and the disc below it.
    height: f32,
}

impl Vertebra {
    /// All of them, from the neck down.
    fn column() -> Vec<Self> {
        let mut top = 222.0;
        (0..18)
            .map(|i| {
                let number = i as usize;
                let height = if i < 13 { 18.0 + 0.62 * i as f32 } else { 33.0 };
                top -= height;
                Self { number, z: top + 0.5 * height, height }
            })
            .collect()
    }

    /// Loin vertebrae are wider than those of the chest; 0 to 1.
    fn size(&self) -> f32 {
        (self.number as f32 / 14.0).min(1.0)
    }

    fn lumbar(&self) -> bool {
        self.number >= 13
    }

    /// Half width and half depth of the body.
    fn radii(&self) -> [f32; 2] {
        [14.5 + 8.5 * self.size(), 12.0 + 5.0 * self.size()]
    }

    /// Outline of the body in a horizontal plane: an oval, flat toward the canal, waisted at half height.
    fn body(&self) -> impl Fn(P) -> f32 + Send + Sync + Clone + use<> {
        let ([rx, ry], z, cy) = (self.radii(), self.z, trunk::spine_y(self.z));
        let half = 0.5 * self.height - 2.6;
        move |p| {
            let waist = 1.0 - 0.09 * (1.0 - ((p[2] - z) / half).powi(2)).clamp(0.0, 1.0);
            let (x, y) = (p[0] / (rx * waist), (p[1] - cy) / (ry * waist));
            let k = (x.abs().powf(2.4) + y.abs().powf(2.4)).powf(1.0 / 2.4);
            let side = (k - 1.0) * rx.min(ry);
            let back = p[1] - (cy + 0.84 * ry);
            side.max(back).max((p[2] - z).abs() - half)
        }
    }

    fn paint(&self, scene: &mut Scene) {
        let cy = trunk::spine_y(self.z);
        let [rx, ry] = self.radii();
        let canal_y = cy + ry + 6.0;
        let bounds = Bounds([-60.0, cy - 30.0, self.z - 40.0], [60.0, cy + 75.0, self.z + 25.0]);

        // The arch behind: roots, plates, the processes to both sides and the spine to the back.
        let arch = self.arch(canal_y);
        let inner = arch.clone();
        scene.paint(kinds::CORTICAL, bounds, arch);
        scene.paint(kinds::MARROW, bounds, move |p| inner(p) + 1.9);

        let body = self.body();
        let inner = body.clone();
        scene.paint(kinds::CORTICAL, bounds, body);
        scene.paint(kinds::MARROW, bounds, move |p| inner(p) + 1.3);

        // The disc below.
        let disc_z = self.z - 0.5 * self.height;
        let disc_y = trunk::spine_y(disc_z);
        let disc = ellipsoid([0.0, disc_y, disc_z], [rx * 1.03, ry * 1.0, 30.0]);
        let thick = if self.lumbar() { 4.6 } else { 2.6 };
        scene.paint(kinds::DISC, bounds, move |p| disc(p).max((p[2] - disc_z).abs() - thick));
        let nucleus = ellipsoid([0.0, disc_y + 1.0, disc_z], [rx * 0.55, ry * 0.5, thick]);
        scene.paint(kinds::NUCLEUS, bounds, nucleus);
    }

    fn arch(&self, canal_y: f32) -> impl Fn(P) -> f32 + Send + Sync + Clone + use<> {
        let (z, big) = (self.z, self.size());
        let drop = if self.lumbar() { 4.0 } else { 15.0 };
        let reach = if self.lumbar() { 30.0 } else { 26.0 };
        let root_x = 11.0 + 3.0 * big;
        let root = rod([root_x, canal_y - 9.0, z + 2.0], [root_x, canal_y + 2.0, z + 1.0], 4.2, 4.4);
        let plate = rod([root_x, canal_y + 3.0, z], [2.0, canal_y + 11.0 + 2.0 * big, z - 4.0], 4.2, 3.4);
        let side = rod([root_x, canal_y + 3.0, z], [34.0 + 8.0 * big, canal_y + 8.0 - 6.0 * big, z + 1.0], 4.0, 2.8);
        let facet = rod([root_x + 3.0, canal_y + 6.0, z + 8.0], [root_x + 3.0, canal_y + 8.0, z - 12.0], 3.6, 4.4);
        let spine = rod([0.0, canal_y + 13.0, z - 5.0], [0.0, canal_y + reach, z - 5.0 - drop], 3.2, 4.0);
        move |p| {
            let mirrored = [p[0].abs(), p[1], p[2]];
            root(mirrored).min(plate(mirrored)).min(side(mirrored)).min(facet(mirrored)).min(spine(p))
        }
    }
}

/// A point of the canal of the cord.
fn canal(z: f32) -> P {
    let size = ((200.0 - z) / 260.0).clamp(0.0, 1.0);
    [0.0, trunk::spine_y(z) + 12.0 + 5.0 * size + 5.0, z]
}

pub fn paint(scene: &mut Scene) {
    let column = Vertebra::column();
    for vertebra in &column {
        vertebra.paint(scene);
    }
    cord(scene);
    for vertebra in column.iter().filter(|v| (1..13).contains(&v.number)) {
        for side in [-1.0, 1.0] {
            rib(scene, vertebra, side);
        }
    }
    breastbone(scene);
    for side in [-1.0f32, 1.0] {
        let collar = [([side * 14.0, -34.0, 186.0], 7.0), ([side * 50.0, -42.0, 196.0], 5.5), ([side * 98.0, -18.0, 210.0], 6.0)];
        bone(scene, &curve(&collar, 5), 1.8);
        shoulder_blade(scene, side);
        hip(scene, side);
    }
}

/// The sac of fluid, the cord in it down to the second vertebra of the loins, and the fan of nerves below.
fn cord(scene: &mut Scene) {
    let heights: Vec<f32> = (0..=46).map(|i| 230.0 - 10.0 * i as f32).collect();
    let path = |radius: fn(f32) -> f32| heights.iter().map(|&z| (canal(z), radius(z))).collect::<Vec<_>>();
    scene.tube(kinds::VISCERAL_FAT, &path(|_| 8.6));
    scene.tube(kinds::FLUID, &path(|_| 7.4));
    let cord: Vec<_> =
        path(|z| 4.4 - 3.0 * ((-60.0 - z) / 40.0).clamp(0.0, 1.0)).into_iter().filter(|(p, _)| p[2] > -105.0).collect();
    scene.tube(kinds::CORD, &cord);
    for (dx, dy) in [(-3.5, 2.0), (-1.4, 3.6), (1.4, 3.6), (3.5, 2.0), (0.0, 1.4)] {
        let root: Vec<_> = heights.iter().filter(|z| **z < -90.0).map(|&z| (canal(z), 0.7)).collect();
        let root: Vec<_> = root.iter().map(|(p, r)| ([p[0] + dx, p[1] + dy, p[2]], *r)).collect();
        scene.tube(kinds::CORD, &root);
    }
}

/// A bone of cortex around marrow.
fn bone(scene: &mut Scene, path: &[(P, f32)], cortex: f32) {
    scene.tube(kinds::CORTICAL, path);
    let inside: Vec<_> = path.iter().map(|(p, r)| (*p, (r - cortex).max(0.3))).collect();
    scene.tube(kinds::MARROW, &inside);
}

/// A rib: around the cage and downward; then, for the upper ten, cartilage that rises to the breastbone.
fn rib(scene: &mut Scene, vertebra: &Vertebra, side: f32) {
    let n = vertebra.number as f32;
    let top = vertebra.z + 0.32 * vertebra.height;
    let drop = 26.0 + 5.2 * n;
    // How far around, in degrees from the back: the last two end free.
    let end = match vertebra.number {
        11 => 96.0,
        12 => 62.0,
        number => 136.0 - 1.6 * number as f32,
    };
    let around = |degrees: f32, z: f32| {
        let [rx, ry, cy] = trunk::cage(z);
        let (sin, cos) = degrees.to_radians().sin_cos();
        [side * (rx + 5.5) * sin, cy + (ry + 5.5) * cos, z]
    };
    let head = [side * (vertebra.radii()[0] + 3.0), trunk::spine_y(top) + 9.0, top];
    let neck = [side * 34.0, trunk::spine_y(top) + 21.0, top - 0.09 * drop];
    let mut path = vec![(head, 3.6), (neck, 4.0)];
    let steps = 11;
    for i in 0..=steps {
        let t = i as f32 / steps as f32;
        let degrees = 34.0 + (end - 34.0) * t;
        path.push((around(degrees, top - drop * (0.14 + 0.86 * t)), 4.6));
    }
    let path = curve(&path, 2);
    bone(scene, &path, 1.5);
    let Some(&(tip, _)) = path.last() else { return };
    if vertebra.number <= 10 {
        // The lower cartilages join the one above them.
        let goal_z = (168.0 - 15.0 * n).max(46.0);
        let [_, ry, cy] = trunk::cage(goal_z);
        let goal = [side * (17.0 + (n - 6.0).max(0.0) * 5.0), cy - ry - 5.0, goal_z];
        let [rx, ry, cy] = trunk::cage(0.5 * (tip[2] + goal_z));
        let half = [
            0.5 * (tip[0] + goal[0]),
            cy - (ry + 5.5) * (1.0 - (0.5 * (tip[0] + goal[0]) / (rx + 5.5)).powi(2)).max(0.0).sqrt(),
            0.5 * (tip[2] + goal_z) - 5.0,
        ];
        scene.tube(kinds::CARTILAGE, &curve(&[(tip, 4.6), (half, 4.8), (goal, 4.6)], 4));
    }
}

fn breastbone(scene: &mut Scene) {
    let front = |z: f32| {
        let [_, ry, cy] = trunk::cage(z);
        cy - ry - 7.0
    };
    let rows: Vec<(f32, f32)> = (0..=14).map(|i| 46.0 + 9.5 * i as f32).map(|z| (z, if z > 140.0 { 26.0 } else { 16.0 })).collect();
    for pair in rows.windows(2) {
        let [(z0, w0), (z1, _)] = [pair[0], pair[1]];
        let at = |x: f32, z: f32| [x, front(z), z];
        let (a, b) = (at(0.0, z0), at(0.0, z1));
        let plate = move |p: P| rod([p[0].clamp(-w0, w0), a[1], a[2]], [p[0].clamp(-w0, w0), b[1], b[2]], 5.6, 5.6)(p);
        let bounds = Bounds::around(&[at(-w0, z0), at(w0, z1)], 7.0);
        scene.paint(kinds::CORTICAL, bounds, plate);
        scene.paint(kinds::MARROW, bounds, move |p| plate(p) + 1.5);
    }
    let tip = [0.0, front(46.0), 46.0];
    scene.tube(kinds::CARTILAGE, &[(tip, 5.0), ([0.0, tip[1] + 6.0, 22.0], 3.0)]);
}

/// A thin plate on the back of the ribs, turned outward as with raised arms.
fn shoulder_blade(scene: &mut Scene, side: f32) {
    let plate = |t: f32, z: f32| [side * (62.0 + 62.0 * t), 92.0 - 34.0 * t * t - 0.12 * (z - 120.0).max(0.0), z];
    for i in 0..9 {
        let z = 92.0 + 12.0 * i as f32;
        let width = (0.35 + 0.09 * i as f32).min(1.0);
        let row: Vec<_> = (0..=4).map(|k| (plate(width * k as f32 / 4.0, z), 2.9)).collect();
        let next: Vec<_> = (0..=4).map(|k| (plate(width * k as f32 / 4.0, z + 6.0), 2.9)).collect();
        bone(scene, &row, 1.2);
        bone(scene, &next, 1.2);
    }
    let edge: Vec<_> = (0..9).map(|i| (plate((0.35 + 0.09 * i as f32).min(1.0), 92.0 + 12.0 * i as f32), 4.6)).collect();
    bone(scene, &edge, 1.4);
}

/// The crest of the hip bone, widening downward.
fn hip(scene: &mut Scene, side: f32) {
    for i in 0..8 {
        let z = -184.0 - 6.0 * i as f32;
        let open = (0.25 + 0.13 * i as f32).min(1.0);
        let at = |t: f32| [side * (78.0 + 48.0 * t), 66.0 - 78.0 * t * t - 8.0 * (1.0 - t), z];
        let row: Vec<_> = (0..=8).map(|k| (at(0.5 + open * (k as f32 / 8.0 - 0.5)), 4.6)).collect();
        bone(scene, &row, 1.6);
    }
}
