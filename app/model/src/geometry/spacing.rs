//! What one pixel measures, and how far to believe it (PS3.3 10.7, C.8.5.5).

use super::{Spacing, SpacingKind};

/// Largest ratio between a pixel's sides that is drawn; beyond it the header is taken to be wrong.
const MOST_UNEQUAL: f64 = 50.0;

/// Size of one pixel at a place, in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PixelSize {
    /// Width: distance between neighbouring columns.
    pub x: f64,
    /// Height: distance between neighbouring rows.
    pub y: f64,
}

impl SpacingKind {
    /// What must be said beside any millimetres; `None` where they are the patient's.
    pub fn caution(&self) -> Option<String> {
        match self {
            Self::None | Self::Patient | Self::Region => None,
            Self::Detector => Some("at detector".into()),
            Self::Magnified => Some("magnified".into()),
            Self::Calibrated(kind) if kind.trim().is_empty() => Some("calibrated".into()),
            Self::Calibrated(kind) => Some(format!("calibrated: {}", kind.trim())),
            Self::Nominal => Some("nominal, of the scan".into()),
        }
    }
}

impl Spacing {
    /// Number of the ultrasound region at continuous image coordinates. Of overlapping ones the last one listed counts: it is drawn on top.
    pub fn region(&self, [column, row]: [f64; 2]) -> Option<usize> {
        let (x, y) = (column.floor(), row.floor());
        let inside = |r: &[u32; 4]| x >= f64::from(r[0]) && x <= f64::from(r[2]) && y >= f64::from(r[1]) && y <= f64::from(r[3]);
        self.regions.iter().rposition(|(r, _)| inside(r))
    }

    /// Size of the pixel at continuous image coordinates; `None` where only pixels can be counted.
    pub fn at(&self, place: [f64; 2]) -> Option<PixelSize> {
        if self.kind == SpacingKind::Region {
            let (_, [x, y]) = self.regions[self.region(place)?];
            return size(x, y);
        }
        let [vertical, horizontal] = self.mm.filter(|_| self.kind != SpacingKind::None)?;
        size(horizontal, vertical)
    }

    /// Width and height of a pixel as it is drawn, the smaller one 1: from spacing, else Pixel Aspect Ratio, else square.
    pub fn pixel_shape(&self) -> [f64; 2] {
        let shape = self.mm.or(self.aspect).and_then(|[v, h]| size(h, v));
        match shape {
            Some(PixelSize { x, y }) if x.max(y) <= MOST_UNEQUAL * x.min(y) => {
                let small = x.min(y);
                [x / small, y / small]
            }
            _ => [1.0, 1.0],
        }
    }

    /// For people: "0.78 mm", "0.70 x 1.40 mm", "0.14 mm at detector", "px".
    pub fn label(&self) -> String {
        let (mm, more) = match (&self.kind, &self.regions[..]) {
            (SpacingKind::Region, [(_, [x, y])]) => (size(*x, *y), None),
            (SpacingKind::Region, [_, ..]) => (None, Some("by region".to_string())),
            (kind, _) => (self.at([0.0, 0.0]), kind.caution()),
        };
        match (mm, more) {
            (Some(size), None) => size.label(),
            (Some(size), Some(more)) => format!("{} {more}", size.label()),
            (None, Some(more)) if self.kind == SpacingKind::Region => format!("mm {more}"),
            (None, _) => "px".into(),
        }
    }
}

impl PixelSize {
    /// For people: row spacing before column spacing, as it is written in the header, once if they are equal.
    pub fn label(&self) -> String {
        let (x, y) = (short(self.x), short(self.y));
        if x == y { format!("{x} mm") } else { format!("{y} x {x} mm") }
    }
}

fn size(x: f64, y: f64) -> Option<PixelSize> {
    let usable = |v: f64| v.is_finite() && v > 0.0;
    (usable(x) && usable(y)).then_some(PixelSize { x, y })
}

fn short(mm: f64) -> String {
    let digits = if mm >= 0.1 { 2 } else { 4 };
    format!("{mm:.digits$}")
}
