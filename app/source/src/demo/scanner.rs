//! Turns the phantom into the stored values of a slice, as a scanner with its own resolution, contrast and noise would.

use super::anatomy::Painted;
use super::noise::{Grain, Smooth, mix};
use super::shape::P;
use super::tissue::{Tissue, kinds};

/// Pixels along the edge of the blocks that are decided at once.
const BLOCK: usize = 8;

/// What kind of picture a scanner makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Computed tomography: Hounsfield units.
    Ct,
    /// Magnetic resonance, T2-weighted.
    Mr,
    /// Positron emission tomography with FDG: standardised uptake values.
    Pt,
}

/// Where the pixels of a slice lie in the patient.
#[derive(Clone, Copy, Debug)]
pub struct Plane {
    /// Centre of the first pixel, LPS mm.
    pub origin: P,
    /// Step to the next column, mm.
    pub column: P,
    /// Step to the next row, mm.
    pub row: P,
    /// Columns and rows.
    pub size: [usize; 2],
}

impl Plane {
    fn at(&self, column: f32, row: f32) -> P {
        std::array::from_fn(|i| self.origin[i] + column * self.column[i] + row * self.row[i])
    }

    /// Longest side of a pixel, mm.
    fn pitch(&self) -> f32 {
        let longest = |v: P| v.iter().fold(0.0f32, |m, x| m.max(x.abs()));
        longest(self.column).max(longest(self.row))
    }
}

/// A scanner with the person in it.
pub struct Scanner {
    kind: Kind,
    person: Vec<Painted>,
    texture: Smooth,
    grain: Grain,
}

impl Scanner {
    /// Positions the person.
    pub fn new(kind: Kind) -> Self {
        let fine = kind != Kind::Pt;
        let person = super::anatomy::person().into_iter().filter(|shape| fine || !shape.fine).collect();
        let radius = if kind == Kind::Pt { 2 } else { 1 };
        Self { kind, person, texture: Smooth::new(3), grain: Grain::new(17, radius) }
    }

    /// Half of the distance over which an edge is blurred, mm.
    fn blur(&self) -> f32 {
        match self.kind {
            Kind::Ct => 0.55,
            Kind::Mr => 0.8,
            Kind::Pt => 4.5,
        }
    }

    fn value(&self, tissue: &Tissue) -> f32 {
        match self.kind {
            Kind::Ct => tissue.ct,
            Kind::Mr => tissue.mr,
            Kind::Pt => tissue.pt,
        }
    }

    /// The slice in the units of its scanner, row by row. `slice` numbers the noise.
    pub fn scan(&self, plane: &Plane, slice: usize) -> Vec<f32> {
        let [columns, rows] = plane.size;
        let mut canvas = Canvas::new(plane, self.value(&kinds::AIR));
        for shape in &self.person {
            canvas.paint(plane, shape, self.value(&shape.tissue), self.blur());
        }
        let mut out = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let i = row * columns + column;
                let p = plane.at(column as f32, row as f32);
                out.push(self.noisy(p, canvas.value[i], canvas.mottle[i], self.grain.at(slice, column, row)));
            }
        }
        out
    }

    /// Adds what is not anatomy: mottle of the tissue, noise of the scanner, sensitivity of its coil.
    fn noisy(&self, p: P, value: f32, mottle: f32, grain: f32) -> f32 {
        let texture = if mottle > 0.5 {
            0.7 * self.texture.at(p.map(|v| v / 2.3)) + 0.5 * self.texture.at(p.map(|v| v / 6.1 + 20.0))
        } else {
            0.0
        };
        match self.kind {
            Kind::Ct => {
                // Fewer photons come through the middle of the body.
                let deep = (1.0 - (p[0] / 175.0).powi(2) - (p[1] / 120.0).powi(2)).clamp(0.0, 1.0);
                value + mottle * texture + grain * mix(5.0, 13.0, deep)
            }
            Kind::Mr => {
                // A coil in the table: bright near the back. Magnitudes are never negative.
                let coil = mix(1.25, 0.62, ((105.0 - p[1]) / 210.0).clamp(0.0, 1.0));
                let signal = value * coil * (1.0 + 0.006 * mottle.min(60.0) * texture);
                signal.hypot(9.0 * grain) + 4.0 * grain.abs()
            }
            Kind::Pt => (value * (1.0 + 0.13 * grain) * (1.0 + 0.05 * texture) + 0.03 * grain.abs()).max(0.0),
        }
    }
}

/// A slice while it is painted: the value and the mottle of each pixel.
struct Canvas {
    value: Vec<f32>,
    mottle: Vec<f32>,
    /// The place of the unbent person that is seen at each pixel.
    person: Vec<P>,
}

impl Canvas {
    fn new(plane: &Plane, background: f32) -> Self {
        let [columns, rows] = plane.size;
        // Bending is slow: it is computed at the corners of blocks and interpolated between them.
        let (across, down) = (columns / BLOCK + 2, rows / BLOCK + 2);
        let corner = |i: usize| bend(plane.at(((i % across) * BLOCK) as f32, ((i / across) * BLOCK) as f32));
        let corners: Vec<P> = (0..across * down).map(corner).collect();
        let person = |column: usize, row: usize| {
            let (i, j) = (column / BLOCK, row / BLOCK);
            let (s, t) = ((column % BLOCK) as f32 / BLOCK as f32, (row % BLOCK) as f32 / BLOCK as f32);
            let at = |i: usize, j: usize| corners[j * across + i];
            let (a, b, c, d) = (at(i, j), at(i + 1, j), at(i, j + 1), at(i + 1, j + 1));
            let p = plane.at(column as f32, row as f32);
            std::array::from_fn(|k| p[k] + mix(mix(a[k], b[k], s), mix(c[k], d[k], s), t))
        };
        Self {
            value: vec![background; columns * rows],
            mottle: vec![0.0; columns * rows],
            person: (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row))).map(|(c, r)| person(c, r)).collect(),
        }
    }

    fn paint(&mut self, plane: &Plane, shape: &Painted, value: f32, blur: f32) {
        let [columns, rows] = plane.size;
        let Some([left, right, top, bottom]) = blocks(plane, shape, blur + MOST_BENT) else { return };
        let place = |person: &[P], column: usize, row: usize| {
            if shape.rigid { plane.at(column as f32, row as f32) } else { person[row * columns + column] }
        };
        let reach = 0.75 * BLOCK as f32 * plane.pitch();
        for j in top..=bottom {
            for i in left..=right {
                let (column, row) = (i * BLOCK, j * BLOCK);
                let middle = place(&self.person, (column + BLOCK / 2).min(columns - 1), (row + BLOCK / 2).min(rows - 1));
                // Distances are not exact and places are bent: twice the reach is certain.
                let distance = (shape.distance)(middle);
                if distance > 2.0 * reach + blur {
                    continue;
                }
                let whole = distance < -(2.0 * reach + blur);
                for row in row..(row + BLOCK).min(rows) {
                    for column in column..(column + BLOCK).min(columns) {
                        let cover = if whole {
                            1.0
                        } else {
                            let distance = (shape.distance)(place(&self.person, column, row));
                            (0.5 - 0.5 * distance / blur).clamp(0.0, 1.0)
                        };
                        let at = row * columns + column;
                        self.value[at] = mix(self.value[at], value, cover);
                        self.mottle[at] = mix(self.mottle[at], shape.tissue.mottle, cover);
                    }
                }
            }
        }
    }
}

/// The most that [`bend`] moves a place along one axis, mm.
const MOST_BENT: f32 = 4.5;

/// Nobody is symmetrical: a slow, small displacement of everything.
fn bend(p: P) -> P {
    let wave = |a: f32, b: f32, c: f32, phase: f32| (a * p[0] + b * p[1] + c * p[2] + phase).sin();
    [
        2.6 * wave(0.021, 0.034, 0.027, 0.4) + 1.1 * wave(0.071, -0.05, 0.062, 1.0),
        2.4 * wave(0.031, 0.017, -0.029, 2.1) + 1.2 * wave(-0.066, 0.06, 0.058, 0.3),
        2.4 * wave(0.027, -0.03, 0.019, 4.0) + 1.0 * wave(0.06, 0.07, -0.05, 2.0),
    ]
}

/// Blocks that a shape can touch: first and last column of blocks, first and last row; `None` where it misses the plane.
fn blocks(plane: &Plane, shape: &Painted, margin: f32) -> Option<[usize; 4]> {
    let along = |step: P, pixels: usize| -> Option<[usize; 2]> {
        let mut span = [0.0, pixels as f32 - 1.0];
        for (axis, &step) in step.iter().enumerate() {
            let (low, high) = (shape.bounds.0[axis] - margin, shape.bounds.1[axis] + margin);
            let start = plane.origin[axis];
            // Planes lie along the axes: a step moves along one of them only.
            if step != 0.0 {
                let (a, b) = ((low - start) / step, (high - start) / step);
                span = [span[0].max(a.min(b)), span[1].min(a.max(b))];
            } else if plane.column[axis] == 0.0 && plane.row[axis] == 0.0 && (start < low || start > high) {
                return None;
            }
        }
        (span[0] <= span[1]).then(|| span.map(|v| v as usize / BLOCK))
    };
    let [left, right] = along(plane.column, plane.size[0])?;
    let [top, bottom] = along(plane.row, plane.size[1])?;
    Some([left, right, top, bottom])
}
