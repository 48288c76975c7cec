//! Graphic annotation (PS3.3 C.10.5): lines and texts on an image.

use crate::viewport::{Affine, PixelGrid};

/// Straight pieces of a whole circle.
const ROUND: usize = 96;
/// Straight pieces between two points of a curve.
const PIECES: usize = 8;

/// What a point of an annotation counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// Columns and rows: continuous image coordinates.
    Pixels,
    /// Parts of the displayed area as it is seen, turned and flipped.
    Area,
}

/// A place on an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// What `at` counts in.
    pub units: Units,
    /// Across and down.
    pub at: [f64; 2],
}

/// Graphic Type (0070,0023).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outline {
    /// One point.
    Point,
    /// Points joined by straight lines.
    Polyline,
    /// Points on a curve.
    Interpolated,
    /// Its middle and a point of it.
    Circle,
    /// The ends of one axis, then of the other.
    Ellipse,
}

/// An item of the Graphic Object Sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Graphic {
    /// What the points are.
    pub outline: Outline,
    /// What they count in.
    pub units: Units,
    /// As many as the outline needs.
    pub points: Vec<[f64; 2]>,
    /// What it encloses is marked.
    pub filled: bool,
}

/// Bounding Box Text Horizontal Justification (0070,0012).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Justification {
    #[default]
    Left,
    Centre,
    Right,
}

/// An item of the Text Object Sequence. It has a box, an anchor or both.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Unformatted Text Value (0070,0006); lines end with a line feed.
    pub text: String,
    /// Two opposite corners of the box that the text stands in.
    pub corners: Option<[Place; 2]>,
    /// To which side of the box.
    pub justification: Justification,
    /// What the text is about.
    pub anchor: Option<Place>,
    /// The anchor is to be seen.
    pub pointed: bool,
}

/// An item of the Graphic Annotation Sequence: what one layer holds for some images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    /// Graphic Layer Order (0070,0062): the lowest is drawn first.
    pub order: i32,
    /// The layer's recommended colour, red, green and blue.
    pub colour: Option<[u8; 3]>,
    /// Lines.
    pub graphics: Vec<Graphic>,
    /// Texts.
    pub notes: Vec<Note>,
    /// How many more there are that cannot be drawn.
    pub missing: usize,
}

impl Annotations {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.graphics.len() + self.notes.len() + self.missing
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An annotation as it is drawn, in continuous image coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark<'a> {
    /// Red, green and blue, where the state recommends any.
    pub colour: Option<[u8; 3]>,
    /// What it is.
    pub drawn: Drawn<'a>,
}

/// What a [`Mark`] is.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Drawn<'a> {
    /// A single place.
    Point([f64; 2]),
    /// Straight pieces; what they enclose is marked where they are `filled`.
    Line { points: Vec<[f64; 2]>, filled: bool },
    /// Upright text in a box or beside its anchor; `pointed` is the place that it points at.
    Text { text: &'a str, corners: Option<[[f64; 2]; 2]>, justification: Justification, anchor: [f64; 2], pointed: bool },
}

/// From what points count in to continuous image coordinates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ruler<'g> {
    pub grid: &'g PixelGrid,
    /// From parts of the displayed area.
    pub image_from_area: Affine,
}

impl Ruler<'_> {
    fn point(&self, units: Units, at: [f64; 2]) -> [f64; 2] {
        match units {
            Units::Pixels => at,
            Units::Area => self.image_from_area.apply(at),
        }
    }

    fn place(&self, place: Place) -> [f64; 2] {
        self.point(place.units, place.at)
    }

    /// A graphic as points and straight lines.
    pub(super) fn graphic(&self, graphic: &Graphic) -> Option<Drawn<'static>> {
        let points: Vec<_> = graphic.points.iter().map(|&at| self.point(graphic.units, at)).collect();
        let points = match (graphic.outline, &points[..]) {
            (Outline::Point, &[at]) => return Some(Drawn::Point(at)),
            (Outline::Polyline, [_, _, ..]) => points,
            (Outline::Interpolated, [_, _, ..]) => curve(&points),
            (Outline::Circle, &[middle, edge]) => {
                // Round as it is seen, whatever the shape of the pixels.
                let [x, y] = self.grid.square([edge[0] - middle[0], edge[1] - middle[1]]);
                let [px, py] = self.grid.pixel;
                let radius = x.hypot(y);
                round(middle, [radius / px, 0.0], [0.0, radius / py])
            }
            (Outline::Ellipse, &[a, b, c, d]) => {
                let half = |from: [f64; 2], to: [f64; 2]| [(to[0] - from[0]) / 2.0, (to[1] - from[1]) / 2.0];
                round([(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0], half(a, b), half(c, d))
            }
            _ => return None,
        };
        Some(Drawn::Line { points, filled: graphic.filled })
    }

    pub(super) fn note<'a>(&self, note: &'a Note) -> Option<Drawn<'a>> {
        let corners = note.corners.map(|corners| corners.map(|corner| self.place(corner)));
        let anchor = note.anchor.map(|anchor| self.place(anchor));
        let pointed = note.pointed && anchor.is_some();
        let anchor = anchor.or(corners.map(|corners| corners[0]))?;
        Some(Drawn::Text { text: &note.text, corners, justification: note.justification, anchor, pointed })
    }
}

/// A closed line around `middle`, with these half axes.
fn round(middle: [f64; 2], a: [f64; 2], b: [f64; 2]) -> Vec<[f64; 2]> {
    let at = |step: usize| {
        let (sin, cos) = (step as f64 / ROUND as f64 * std::f64::consts::TAU).sin_cos();
        std::array::from_fn(|i| middle[i] + a[i] * cos + b[i] * sin)
    };
    (0..=ROUND).map(at).collect()
}

/// A Catmull-Rom curve through all points. DICOM leaves open which curve it is.
fn curve(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let last = points.len() - 1;
    // A closed curve has no corner where it ends.
    let closed = points[0] == points[last] && last > 2;
    let at = |i: isize| match i {
        i if i < 0 => {
            if closed {
                points[last - 1]
            } else {
                points[0]
            }
        }
        i if i as usize > last => {
            if closed {
                points[1]
            } else {
                points[last]
            }
        }
        i => points[i as usize],
    };
    let piece = |i: usize, step: usize| {
        let t = step as f64 / PIECES as f64;
        let i = i as isize;
        let [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
        std::array::from_fn(|k| {
            let (a, b, c, d) = (a[k], b[k], c[k], d[k]);
            b + 0.5 * t * ((c - a) + t * ((2.0 * a - 5.0 * b + 4.0 * c - d) + t * (3.0 * (b - c) + d - a)))
        })
    };
    let inner = (0..last).flat_map(|i| (0..PIECES).map(move |step| (i, step)));
    inner.map(|(i, step)| piece(i, step)).chain([points[last]]).collect()
}
