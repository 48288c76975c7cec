//! How often each modality value occurs in a frame, padding left out: for the inspector and for windows found from the picture.

use crate::display::{Modality, Padding};
use lightbox_codec::Samples;

/// Most bins kept. Every 8 and 16-bit value has its own.
const MOST_BINS: u64 = 1 << 16;

/// Counts of modality values in bins of equal width.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Modality value in the middle of the first bin.
    first: f64,
    /// Width of a bin in modality units, > 0.
    width: f64,
    /// Smallest difference between two values in modality units.
    step: f64,
    counts: Vec<u32>,
    total: u64,
    min: f64,
    max: f64,
}

impl Histogram {
    /// Of one grey frame's stored samples. `None` when there is nothing but padding.
    pub fn of(samples: &Samples, modality: &Modality, padding: Option<Padding>) -> Option<Self> {
        match samples {
            Samples::U8(v) => Self::of_narrow(v, modality, padding),
            Samples::I8(v) => Self::of_narrow(v, modality, padding),
            Samples::U16(v) => Self::of_narrow(v, modality, padding),
            Samples::I16(v) => Self::of_narrow(v, modality, padding),
            Samples::U32(v) => Self::of_wide(v, modality, padding),
            Samples::I32(v) => Self::of_wide(v, modality, padding),
        }
    }

    /// Of one frame of floating point samples; values that are no finite number are left out.
    pub fn of_floats(samples: &[f32], modality: &Modality) -> Option<Self> {
        let values = || samples.iter().map(|&s| f64::from(modality.apply_float(s))).filter(|v| v.is_finite());
        let (min, max) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        if min > max {
            return None;
        }
        let bins = 4096.0;
        let width = if max > min { (max - min) / (bins - 1.0) } else { 1.0 };
        let mut counts = vec![0u32; if max > min { bins as usize } else { 1 }];
        for v in values() {
            let bin = (((v - min) / width).round() as usize).min(counts.len() - 1);
            counts[bin] = counts[bin].saturating_add(1);
        }
        let total = values().count() as u64;
        Some(Self { first: min, width, step: width, counts, total, min, max })
    }

    /// At most 16 bits: count every stored value.
    fn of_narrow<T: Copy + Into<i64>>(samples: &[T], modality: &Modality, padding: Option<Padding>) -> Option<Self> {
        const ZERO: i64 = 1 << 15;
        let mut counts = vec![0u32; 3 << 15];
        for &s in samples {
            let i = (s.into() + ZERO) as usize;
            counts[i] = counts[i].saturating_add(1);
        }
        let stored = counts.iter().enumerate().map(|(i, &n)| (i as i64 - ZERO, n));
        let kept: Vec<_> = stored.filter(|&(s, n)| n > 0 && !padding.is_some_and(|p| p.contains(s))).collect();
        Self::of_counts(&kept, modality)
    }

    /// More bits: sorting would cost more than it tells, so bins of stored values first.
    fn of_wide<T: Copy + Into<i64>>(samples: &[T], modality: &Modality, padding: Option<Padding>) -> Option<Self> {
        let kept = || samples.iter().map(|&s| s.into()).filter(|&s: &i64| !padding.is_some_and(|p| p.contains(s)));
        let (low, high) = kept().fold((i64::MAX, i64::MIN), |(a, b), s| (a.min(s), b.max(s)));
        if low > high {
            return None;
        }
        let per_bin = ((high - low) as u64 / MOST_BINS + 1) as i64;
        let mut counts = vec![0u32; ((high - low) / per_bin + 1) as usize];
        for s in kept() {
            let i = ((s - low) / per_bin) as usize;
            counts[i] = counts[i].saturating_add(1);
        }
        let middle = |i: usize| low + i as i64 * per_bin + per_bin / 2;
        let pairs: Vec<_> = counts.iter().enumerate().filter(|&(_, &n)| n > 0).map(|(i, &n)| (middle(i), n)).collect();
        let mut histogram = Self::of_counts(&pairs, modality)?;
        let ends = [modality.apply(low), modality.apply(high)].map(f64::from);
        (histogram.min, histogram.max) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        Some(histogram)
    }

    /// From stored values in rising order, each with its count above zero. Bins hold a whole number of stored steps, so that no bin
    /// is emptier than its neighbours only for where its edges lie.
    fn of_counts(stored: &[(i64, u32)], modality: &Modality) -> Option<Self> {
        let mut values: Vec<(i64, u32)> = match modality {
            // A table's outputs are whole numbers in any order.
            Modality::Lut(lut) => stored.iter().map(|&(s, n)| (i64::from(lut.lookup(s).unwrap_or(0)), n)).collect(),
            _ => stored.to_vec(),
        };
        values.sort_unstable();
        let (low, high) = (values.first()?.0, values.last()?.0);
        let unit = |v: i64| match modality {
            Modality::Lut(_) => v as f64,
            _ => f64::from(modality.apply(v)),
        };
        let per_bin = ((high - low) as u64 / MOST_BINS + 1) as i64;
        let mut counts = vec![0u32; ((high - low) / per_bin + 1) as usize];
        let mut total = 0u64;
        for &(v, n) in &values {
            let i = ((v - low) / per_bin) as usize;
            counts[i] = counts[i].saturating_add(n);
            total += u64::from(n);
        }
        let step = modality.step();
        let (a, b) = (unit(low), unit(high));
        let middle = (per_bin - 1) as f64 / 2.0 * step;
        let first = if b < a {
            counts.reverse();
            let last_bin = low + (counts.len() as i64 - 1) * per_bin;
            unit(last_bin) - middle
        } else {
            a + middle
        };
        Some(Self { first, width: per_bin as f64 * step, step, counts, total, min: a.min(b), max: a.max(b) })
    }

    /// The same counts after another modality transform than the one that they were made with; `None` where either is no straight line.
    pub fn retraced(&self, from: &Modality, to: &Modality) -> Option<Self> {
        let line = |modality: &Modality| match *modality {
            Modality::Identity => Some((1.0, 0.0)),
            Modality::Rescale { slope, intercept } if slope != 0.0 => Some((slope, intercept)),
            _ => None,
        };
        let ((old_slope, old_intercept), (slope, intercept)) = (line(from)?, line(to)?);
        let gain = slope / old_slope;
        let value = |v: f64| (v - old_intercept) * gain + intercept;
        let mut counts = self.counts.clone();
        let mut first = value(self.first);
        if gain < 0.0 {
            counts.reverse();
            first = value(self.first + (counts.len() - 1) as f64 * self.width);
        }
        let (a, b) = (value(self.min), value(self.max));
        let (width, step) = (self.width * gain.abs(), self.step * gain.abs());
        Some(Self { first, width, step, counts, total: self.total, min: a.min(b), max: a.max(b) })
    }

    /// Lowest value present, in modality units.
    pub fn min(&self) -> f64 {
        self.min
    }

    /// Highest value present.
    pub fn max(&self) -> f64 {
        self.max
    }

    /// Smallest difference two values can have: one stored step.
    pub fn step(&self) -> f64 {
        self.step
    }

    /// Pixels counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The smallest value at or below which at least the share `p` (0..=1) of the pixels lies; exact up to 16 bits.
    pub fn percentile(&self, p: f64) -> f64 {
        let wanted = ((p.clamp(0.0, 1.0) * self.total as f64).ceil() as u64).max(1);
        let mut seen = 0;
        for (i, &n) in self.counts.iter().enumerate() {
            seen += u64::from(n);
            if seen >= wanted {
                return (self.first + i as f64 * self.width).clamp(self.min, self.max);
            }
        }
        self.max
    }

    /// At most `most` bins for drawing: value in the middle of the first, width of one, counts.
    pub fn bins(&self, most: usize) -> (f64, f64, Vec<u32>) {
        let merge = self.counts.len().div_ceil(most.max(1)).max(1);
        let counts = self.counts.chunks(merge).map(|c| c.iter().fold(0u32, |a, &n| a.saturating_add(n))).collect();
        (self.first + (merge - 1) as f64 / 2.0 * self.width, self.width * merge as f64, counts)
    }
}
