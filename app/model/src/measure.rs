//! Lengths and values, always from stored samples and the header: never from what was drawn.

use crate::display::{Modality, Padding};
use crate::geometry::{PixelSize, Spacing, SpacingKind};
use lightbox_codec::Samples;

/// Stored samples of one frame.
#[derive(Clone, Copy, Debug)]
pub enum Stored<'a> {
    /// Whole numbers, interleaved within a pixel.
    Integer(&'a Samples),
    /// Float Pixel Data.
    Float(&'a [f32]),
    /// Double Float Pixel Data.
    Double(&'a [f64]),
}

/// One frame to measure in.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Columns.
    pub columns: u32,
    /// Rows.
    pub rows: u32,
    /// Samples of a pixel.
    pub samples_per_pixel: u16,
    /// The samples, row by row.
    pub stored: Stored<'a>,
    /// Stored value to modality value, where stored values measure something ([`ImageHeader::measures`](crate::image::ImageHeader::measures)).
    pub modality: Option<&'a Modality>,
    /// Stored values that are padding.
    pub padding: Option<Padding>,
    /// Only part of a compressed picture has arrived: values are approximate.
    pub partial: bool,
}

/// Said beside what is measured in a picture that is not complete.
const PARTIAL: &str = "picture not complete";

/// A length.
#[derive(Clone, Debug, PartialEq)]
pub struct Length {
    /// In mm, or in pixels where there are no millimetres.
    pub value: f64,
    /// Whether `value` is in mm.
    pub in_mm: bool,
    /// What must be said beside it: "at detector", "magnified"...
    pub caution: Option<String>,
}

impl Length {
    /// Between two points in continuous image coordinates. In ultrasound both must lie in one region.
    pub fn between(spacing: &Spacing, a: [f64; 2], b: [f64; 2]) -> Self {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        // Two regions may be of one scale, as two views side by side are, and still have no distance.
        let together = spacing.kind != SpacingKind::Region || spacing.region(a) == spacing.region(b);
        let size = spacing.at(a).filter(|_| together);
        match size {
            Some(PixelSize { x, y }) => Self { value: (dx * x).hypot(dy * y), in_mm: true, caution: spacing.kind.caution() },
            None => {
                let apart = spacing.kind == SpacingKind::Region && !spacing.regions.is_empty();
                let caution = apart.then(|| "not within one calibrated region".to_string());
                Self { value: dx.hypot(dy), in_mm: false, caution }
            }
        }
    }

    /// For people: "12.3 mm", "1.25 mm at detector", "40 px".
    pub fn label(&self) -> String {
        let digits = if self.value >= 10.0 { 1 } else { 2 };
        let length = if self.in_mm { format!("{:.digits$} mm", self.value) } else { format!("{:.1} px", self.value) };
        match &self.caution {
            Some(caution) => format!("{length} {caution}"),
            None => length,
        }
    }
}

/// What stands at one pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Column and row, from 0.
    pub at: [u32; 2],
    /// Stored values of all its samples.
    pub stored: Vec<f64>,
    /// Modality value; none for colours, for indices into a palette and for padding.
    pub modality: Option<f32>,
    /// Whether it is padding.
    pub padding: bool,
    /// What must be said beside it.
    pub caution: Option<&'static str>,
}

impl Frame<'_> {
    fn sample(&self, column: u32, row: u32, sample: u16) -> Option<f64> {
        if column >= self.columns || row >= self.rows || sample >= self.samples_per_pixel {
            return None;
        }
        let pixel = u64::from(row) * u64::from(self.columns) + u64::from(column);
        let i = usize::try_from(pixel * u64::from(self.samples_per_pixel) + u64::from(sample)).ok()?;
        match self.stored {
            Stored::Integer(samples) => samples.get(i).map(|v| v as f64),
            Stored::Float(samples) => samples.get(i).map(|&v| f64::from(v)),
            Stored::Double(samples) => samples.get(i).copied(),
        }
    }

    fn is_padding(&self, stored: f64) -> bool {
        matches!(self.stored, Stored::Integer(_)) && self.padding.is_some_and(|p| p.contains(stored as i64))
    }

    fn modality_value(&self, stored: f64) -> Option<f32> {
        let modality = self.modality?;
        Some(match self.stored {
            Stored::Integer(_) => modality.apply(stored as i64),
            Stored::Float(_) | Stored::Double(_) => modality.apply_float(stored as f32),
        })
    }

    fn caution(&self) -> Option<&'static str> {
        self.partial.then_some(PARTIAL)
    }

    /// What stands at a point in continuous image coordinates; `None` outside the picture.
    pub fn probe(&self, [x, y]: [f64; 2]) -> Option<Probe> {
        let inside = x >= 0.0 && y >= 0.0 && x < f64::from(self.columns) && y < f64::from(self.rows);
        if !inside {
            return None;
        }
        let at = [x as u32, y as u32];
        let stored: Vec<f64> = (0..self.samples_per_pixel).map_while(|s| self.sample(at[0], at[1], s)).collect();
        let first = *stored.first()?;
        let grey = self.samples_per_pixel == 1;
        let padding = grey && self.is_padding(first);
        let modality = if grey && !padding { self.modality_value(first) } else { None };
        Some(Probe { at, stored, modality, padding, caution: self.caution() })
    }
}
