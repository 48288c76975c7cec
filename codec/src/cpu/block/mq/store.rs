//! Decoded samples to coefficients.

use super::stripes::{COLUMNS, Magnitude, ROWS, SAMPLES, Stripes};
use crate::cpu::block::Store;

impl<M: Magnitude + Into<u64>> Stripes<M> {
    /// Writes every sample of the block.
    pub fn store(&self, store: Store<'_>) {
        fn signed<T: std::ops::Neg<Output = T>>(magnitude: T, negative: bool) -> T {
            if negative { -magnitude } else { magnitude }
        }
        match store {
            Store::Reversible { out, stride } => {
                self.rows(out, stride, |doubled, negative| signed((doubled >> 1) as i32, negative))
            }
            Store::Irreversible { out, stride, step } => {
                let scale = 0.5 * step;
                self.rows(out, stride, |doubled, negative| signed(doubled as f32 * scale, negative));
            }
            Store::ReversibleWide { out, stride } => {
                self.rows(out, stride, |doubled, negative| signed((doubled >> 1) as i64, negative));
            }
            Store::IrreversibleWide { out, stride, step } => {
                let scale = 0.5 * f64::from(step);
                self.rows(out, stride, |doubled, negative| signed(doubled as f64 * scale, negative));
            }
        }
    }

    /// Scan order to rows; `value` takes a doubled magnitude and whether it is negative.
    #[inline(always)]
    fn rows<T>(&self, out: &mut [T], stride: usize, value: impl Fn(u64, bool) -> T) {
        let (width, height) = (self.width, self.height);
        assert!(stride >= width && out.len() >= (height - 1) * stride + width, "the window is too small");
        for (y, row) in out.chunks_mut(stride).take(height).enumerate() {
            let stripe = y / ROWS;
            let words = &self.words[(stripe + 1) * self.word_stride + 1..];
            let samples = &self.magnitudes[stripe * self.wide() * SAMPLES..];
            for ((columns, word), samples) in row[..width].chunks_mut(COLUMNS).zip(words).zip(samples.chunks_exact(SAMPLES)) {
                let negative = word.negative >> (y % ROWS);
                let magnitudes = samples[y % ROWS..].iter().step_by(ROWS);
                for (x, (out, &magnitude)) in columns.iter_mut().zip(magnitudes).enumerate() {
                    *out = value(magnitude.into(), negative >> (ROWS * x) & 1 == 1);
                }
            }
        }
    }
}
