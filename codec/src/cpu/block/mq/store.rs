//! Decoded samples to coefficients.

use super::stripes::{COLUMNS, ROWS, SAMPLES, Sample, Stripes};
use crate::cpu::block::Store;

impl<S: Sample> Stripes<S> {
    /// Writes every sample of the block.
    #[inline(always)]
    pub fn store(&self, store: Store<'_>) {
        match store {
            Store::Reversible { out, stride } => self.rows(out, stride, S::narrow_integer),
            Store::Irreversible { out, stride, step } => self.rows(out, stride, |s| s.narrow_doubled() * (0.5 * step)),
            Store::ReversibleWide { out, stride } => self.rows(out, stride, S::integer),
            Store::IrreversibleWide { out, stride, step } => self.rows(out, stride, |s| s.doubled() * (0.5 * f64::from(step))),
        }
    }

    /// Scan order to rows.
    #[inline(always)]
    fn rows<T>(&self, out: &mut [T], stride: usize, value: impl Fn(S) -> T) {
        let (width, height) = (self.width, self.height);
        assert!(stride >= width && out.len() >= (height - 1) * stride + width, "the window is too small");
        for (y, row) in out.chunks_mut(stride).take(height).enumerate() {
            let stripe = &self.samples[y / ROWS * self.wide() * SAMPLES..];
            for (columns, word) in row[..width].chunks_mut(COLUMNS).zip(stripe.as_chunks::<SAMPLES>().0) {
                let (word, _) = word.as_chunks::<ROWS>();
                columns.iter_mut().zip(word).for_each(|(out, column)| *out = value(column[y % ROWS]));
            }
        }
    }
}
