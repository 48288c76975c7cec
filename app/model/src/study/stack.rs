//! Frames to scroll through, in order.

use crate::frame::FrameId;
use std::fmt;

/// What a stack is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackOrder {
    /// Place along the normal of the slices.
    Position,
    /// All at one place: temporal position, b-value, echo, trigger time, then number.
    Time,
    /// Instance Number or frame number, for want of positions.
    Number,
}

/// Something about the slices of a stack that a reader should know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Irregularity {
    /// Slices seem to be missing.
    Gap {
        /// Index of the slice before the gap, from 0.
        after: usize,
        /// Distance across it, mm.
        mm: f64,
        /// Usual distance, mm.
        usual: f64,
    },
    /// Distances between slices differ.
    Uneven {
        /// Least, mm.
        least: f64,
        /// Greatest, mm.
        most: f64,
    },
    /// Slices are not stacked along their normal, as with a tilted gantry.
    Tilted {
        /// Angle between the direction of stacking and the normal.
        degrees: f64,
    },
    /// Each image names a Frame of Reference UID of its own: they were taken to share one.
    ScatteredReferences,
}

impl fmt::Display for Irregularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { after, mm, usual } => {
                write!(f, "Gap of {mm:.2} mm after image {} (usual distance {usual:.2} mm)", after + 1)
            }
            Self::Uneven { least, most } => write!(f, "Uneven distance between slices: {least:.2} to {most:.2} mm"),
            Self::Tilted { degrees } => write!(f, "Slices are tilted by {degrees:.1}\u{b0} against their stacking direction"),
            Self::ScatteredReferences => f.write_str("Every image names its own frame of reference; they were taken to share one"),
        }
    }
}

/// Frames in the order they are scrolled through.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// What is shown, first to last.
    pub frames: Vec<FrameId>,
    /// What tells it from the other stacks of the series: "b 1000", "Clip 2"; empty for an only one.
    pub label: String,
    /// What it is ordered by.
    pub order: StackOrder,
    /// Place of each frame along the normal in mm; empty unless ordered by position.
    pub locations: Vec<f64>,
    /// Median distance between neighbouring slices, mm.
    pub spacing: Option<f64>,
    /// What is irregular about its slices.
    pub irregularities: Vec<Irregularity>,
}

/// Distances within 2 % (and a hundredth of a millimetre) of the usual one are even: headers are rounded.
const EVEN: f64 = 0.02;
/// A distance of more than one and a half times the usual one is a gap.
const GAP: f64 = 1.5;
/// Angles below this come from rounded headers.
const UPRIGHT_DEGREES: f64 = 0.1;
/// Gaps named one by one; more would bury the rest.
const MOST_GAPS: usize = 20;

/// Median distance and irregularities of slices at `locations` (rising) along the normal and `positions` in space.
pub(super) fn inspect(locations: &[f64], positions: &[[f64; 3]], normal: [f64; 3]) -> (Option<f64>, Vec<Irregularity>) {
    use crate::geometry::{cross, dot, sub};
    let distances: Vec<f64> = locations.windows(2).map(|w| w[1] - w[0]).collect();
    let mut sorted = distances.clone();
    sorted.sort_by(f64::total_cmp);
    let Some(&usual) = sorted.get(sorted.len() / 2) else { return (None, Vec::new()) };
    let mut found = Vec::new();
    let is_gap = |d: f64| d > GAP * usual;
    let gaps = distances.iter().enumerate().filter(|&(_, &d)| is_gap(d));
    found.extend(gaps.take(MOST_GAPS).map(|(after, &mm)| Irregularity::Gap { after, mm, usual }));
    let ordinary = || distances.iter().copied().filter(|&d| !is_gap(d));
    if ordinary().any(|d| (d - usual).abs() > (EVEN * usual).max(0.01)) {
        let (least, most) = ordinary().fold((f64::INFINITY, 0.0f64), |(a, b), d| (a.min(d), b.max(d)));
        found.push(Irregularity::Uneven { least, most });
    }
    if let (Some(&first), Some(&last)) = (positions.first(), positions.last()) {
        let along = sub(last, first);
        let across = cross(along, normal);
        let degrees = dot(across, across).sqrt().atan2(dot(along, normal)).to_degrees();
        if degrees > UPRIGHT_DEGREES {
            found.push(Irregularity::Tilted { degrees });
        }
    }
    (Some(usual), found)
}
