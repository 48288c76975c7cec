//! The phantom: a list of shapes, painted one over the other, that together look like a person from the neck to the hips.
//!
//! z is 0 near the domes of the diaphragm; the lungs reach up to 190 mm, the fourth lumbar vertebra ends at -195 mm.

mod abdomen;
mod bones;
mod bowel;
mod chest;
mod heart;
mod trunk;

use super::shape::{Bounds, P, rod};
use super::tissue::Tissue;
use super::tree::Branch;

/// A signed distance in millimetres.
pub type Distance = Box<dyn Fn(P) -> f32 + Send + Sync>;

/// One shape in one tissue.
pub struct Painted {
    /// What is painted.
    pub tissue: Tissue,
    /// Where; points outside are not asked for.
    pub bounds: Bounds,
    /// Signed distance from its surface.
    pub distance: Distance,
    /// Too thin for a scanner of low resolution to see.
    pub fine: bool,
    /// Not part of the body, so not bent with it.
    pub rigid: bool,
}

/// The shapes in painting order.
#[derive(Default)]
pub struct Scene(Vec<Painted>);

impl Scene {
    fn paint(&mut self, tissue: Tissue, bounds: Bounds, distance: impl Fn(P) -> f32 + Send + Sync + 'static) {
        self.0.push(Painted { tissue, bounds, distance: Box::new(distance), fine: false, rigid: false });
    }

    fn paint_fine(&mut self, tissue: Tissue, bounds: Bounds, distance: impl Fn(P) -> f32 + Send + Sync + 'static) {
        self.0.push(Painted { tissue, bounds, distance: Box::new(distance), fine: true, rigid: false });
    }

    fn paint_rigid(&mut self, tissue: Tissue, bounds: Bounds, distance: impl Fn(P) -> f32 + Send + Sync + 'static) {
        self.0.push(Painted { tissue, bounds, distance: Box::new(distance), fine: true, rigid: true });
    }

    /// A tube along points, each with its radius.
    fn tube(&mut self, tissue: Tissue, points: &[(P, f32)]) {
        for pair in points.windows(2) {
            let [(a, ra), (b, rb)] = [pair[0], pair[1]];
            self.paint(tissue, Bounds::around(&[a, b], ra.max(rb)), rod(a, b, ra, rb));
        }
    }

    /// A tree, each radius wider by `more` mm; branches thinner than `least` are left out.
    fn tree(&mut self, tissue: Tissue, branches: &[Branch], more: f32, least: f32) {
        for b in branches.iter().filter(|b| b.radius_to >= least) {
            let (from, to) = (b.radius_from + more, b.radius_to + more);
            self.paint_fine(tissue, Bounds::around(&[b.from, b.to], from.max(to)), rod(b.from, b.to, from, to));
        }
    }
}

/// The whole person.
pub fn person() -> Vec<Painted> {
    let mut scene = Scene::default();
    trunk::paint(&mut scene);
    chest::paint(&mut scene);
    abdomen::paint(&mut scene);
    bowel::paint(&mut scene);
    heart::paint(&mut scene);
    bones::paint(&mut scene);
    scene.0
}

/// A smooth curve through points (Catmull-Rom), `steps` pieces between two of them; radii go along.
fn curve(points: &[(P, f32)], steps: usize) -> Vec<(P, f32)> {
    let at = |i: isize| points[i.clamp(0, points.len() as isize - 1) as usize];
    let mut out = Vec::with_capacity(points.len() * steps);
    for i in 0..points.len().saturating_sub(1) as isize {
        let four = [at(i - 1), at(i), at(i + 1), at(i + 2)];
        for step in 0..steps {
            let t = step as f32 / steps as f32;
            let blend = |v: [f32; 4]| {
                let [a, b, c, d] = v;
                b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
            };
            let place = std::array::from_fn(|axis| blend(four.map(|p| p.0[axis])));
            out.push((place, blend(four.map(|p| p.1)).max(0.1)));
        }
    }
    out.extend(points.last());
    out
}
