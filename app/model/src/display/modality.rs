//! Stored value to modality value (PS3.3 C.11.1).

use super::{Error, Lut, Modality};

/// `value = (stored + pre) * scale + post` in f32.
///
/// Written this way, at least one of the two additions is with zero, so that a machine that fuses the multiplication with the
/// second addition computes the same f32 as one that does not: a shader cannot be told which to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rescale {
    pub pre: f32,
    pub scale: f32,
    pub post: f32,
}

impl Rescale {
    pub(super) const IDENTITY: Self = Self { pre: 0.0, scale: 1.0, post: 0.0 };

    pub(super) fn new(slope: f64, intercept: f64) -> Self {
        let pre = (intercept / slope) as f32;
        if pre.is_finite() {
            Self { pre, scale: slope as f32, post: 0.0 }
        } else {
            // A slope of zero, or one that vanishes beside the intercept: f32 sees a constant.
            Self { pre: 0.0, scale: 0.0, post: intercept as f32 }
        }
    }

    pub(super) fn apply(self, stored: f32) -> f32 {
        (stored + self.pre) * self.scale + self.post
    }
}

impl Lut {
    /// The entry for an input value: inputs before the first take the first, after the last take the last (C.11.1.1.1).
    /// `None` for a table without entries.
    pub fn lookup(&self, input: impl Into<i64>) -> Option<u16> {
        let last = self.entries.len().checked_sub(1)?;
        let index = input.into().saturating_sub(i64::from(self.first)).clamp(0, last as i64);
        Some(self.entries[index as usize])
    }

    /// Last input value that has an entry of its own.
    pub fn last(&self) -> i64 {
        i64::from(self.first) + self.entries.len() as i64 - 1
    }

    /// The greatest value its declared bits can hold: full scale of a VOI LUT.
    pub fn full_scale(&self) -> f64 {
        f64::from((1u32 << self.bits.clamp(1, 16)) - 1)
    }

    /// Entries as shares of full scale, 0..=1.
    pub(super) fn shares(&self) -> impl Iterator<Item = f32> {
        let full = self.full_scale();
        self.entries.iter().map(move |&e| (f64::from(e) / full).min(1.0) as f32)
    }
}

impl Modality {
    /// Modality value of a stored value, in f32. For many values use [`super::Tables::modality`], which computes the same.
    pub fn apply(&self, stored: impl Into<i64>) -> f32 {
        let stored = stored.into();
        match self {
            Self::Lut(lut) => lut.lookup(stored).map_or(0.0, f32::from),
            _ => self.linear().apply(stored as f32),
        }
    }

    /// Modality value of a stored floating point value (Float Pixel Data). A LUT maps integers only, so it does not apply.
    pub fn apply_float(&self, stored: f32) -> f32 {
        match self {
            Self::Lut(_) => stored,
            _ => self.linear().apply(stored),
        }
    }

    pub(super) fn linear(&self) -> Rescale {
        match *self {
            Self::Rescale { slope, intercept } => Rescale::new(slope, intercept),
            _ => Rescale::IDENTITY,
        }
    }

    /// Size of one stored step in modality units: |slope|, or 1.
    pub fn step(&self) -> f64 {
        match *self {
            Self::Rescale { slope, .. } if slope != 0.0 && slope.is_finite() => slope.abs(),
            _ => 1.0,
        }
    }

    /// Lowest and highest modality value that stored values `low..=high` can take.
    pub fn range(&self, low: i64, high: i64) -> (f64, f64) {
        match self {
            Self::Lut(lut) => {
                let bounds = lut.entries.iter().fold((u16::MAX, 0), |(a, b), &e| (a.min(e), b.max(e)));
                (f64::from(bounds.0.min(bounds.1)), f64::from(bounds.1))
            }
            _ => {
                let (a, b) = (f64::from(self.apply(low)), f64::from(self.apply(high)));
                (a.min(b), a.max(b))
            }
        }
    }

    /// Whether the transform can be computed.
    ///
    /// # Errors
    /// [`Error::Header`] for a slope or intercept that is no number, or a LUT without entries.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::Rescale { slope, intercept } => {
                // f32 is what is computed in: a slope beyond it is as unusable as no number.
                if !(*slope as f32).is_finite() {
                    return Err(Error::Header { what: "Rescale Slope (0028,1053)", value: slope.to_string() });
                }
                if !(*intercept as f32).is_finite() {
                    return Err(Error::Header { what: "Rescale Intercept (0028,1052)", value: intercept.to_string() });
                }
                Ok(())
            }
            Self::Lut(lut) if lut.entries.is_empty() => {
                Err(Error::Header { what: "Modality LUT Data (0028,3006)", value: "no entries".into() })
            }
            _ => Ok(()),
        }
    }
}
