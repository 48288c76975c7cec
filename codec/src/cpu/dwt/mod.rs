//! Wavelet transforms (ISO/IEC 15444-1, Annex F), one decomposition level at a time, row by row. Forwards: [`Analysis`].
//!
//! [`Synthesis`] takes the subband rows of one level in the order of their vertical position and gives back each row of
//! the resolution as soon as its last lifting step is done. Only a handful of rows is held, so that levels chain without
//! a plane between them and the last level's rows go to the output stage while they are still in the cache.

mod analysis;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx512;
mod irreversible;
mod reversible;
#[cfg(test)]
mod tests;
mod wide;

pub use analysis::Analysis;

use super::simd::Simd;
use std::ops::Range;

/// How a row enters the vertical transform (F.3.8, and F.3.6 for a single row).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gain {
    /// A vertically low-pass row.
    Low,
    /// A vertically high-pass row.
    High,
    /// The only row of the resolution, at an even position: passed through.
    Whole,
    /// The only row of the resolution, at an odd position: halved.
    Half,
}

/// A wavelet kernel on its sample type: 5/3 on `i32` and `i64`, 9/7 on `f32` and `f64`.
pub trait Lift: Copy + Default + Send + Sync + 'static {
    /// Lifting steps of the kernel. Odd steps (the first is 1) change even positions, even steps odd ones.
    const STEPS: u32;

    /// Horizontal synthesis of one row, and the vertical gain. `odd` is the parity of the row's first position;
    /// `low` and `high` are interleaved into `out`, whose length is the sum of theirs. `spare` is working memory.
    fn horizontal(simd: Simd, odd: bool, gain: Gain, low: &[Self], high: &[Self], spare: &mut Vec<Self>, out: &mut [Self]);

    /// Vertical lifting step `step` on `row`, from the rows above and below it. All three have the same length.
    fn vertical(simd: Simd, step: u32, row: &mut [Self], above: &[Self], below: &[Self]);

    /// All vertical steps that a new odd row allows, in one sweep: `rows` are `STEPS + 2` rows in order, the last being
    /// the new one; step `s` falls on the row `s` places before it.
    fn cascade(simd: Simd, rows: &mut [&mut [Self]]);
}

/// Rows held: a power of two, at least `STEPS + 2` for either kernel.
const SLOTS: usize = 8;

/// The streaming inverse of one level of one tile-component.
#[derive(Debug, Default)]
pub struct Synthesis<T> {
    /// The output resolution's rectangle: columns `u0..u1`, rows `v0..v1`.
    u0: u32,
    u1: u32,
    v0: u32,
    v1: u32,
    /// The next row to be pushed and the next to be given back.
    next: u32,
    ready: u32,
    rows: [Vec<T>; SLOTS],
    spare: Vec<T>,
}

impl<T: Lift> Synthesis<T> {
    /// An empty transform; [`Synthesis::reset`] gives it a size.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a level whose output is columns `u0..u1` and rows `v0..v1` of its resolution (B-15), keeping the memory.
    pub fn reset(&mut self, u0: u32, u1: u32, v0: u32, v1: u32) {
        assert!(u0 <= u1 && v0 <= v1, "a resolution ends before it starts");
        (self.u0, self.u1, self.v0, self.v1) = (u0, u1, v0, v1);
        (self.next, self.ready) = (v0, v0);
        for row in &mut self.rows {
            row.resize((u1 - u0) as usize, T::default());
        }
    }

    /// Takes the subband row at the next vertical position: of LL and HL where that is even, of LH and HH where it is
    /// odd. Returns the rows that are complete now; each row is returned once, in order, the rest with the last push.
    ///
    /// # Panics
    /// When the lengths do not add up to the width, or after the last row: the caller's plan has counted them.
    pub fn push(&mut self, simd: Simd, low: &[T], high: &[T]) -> Range<u32> {
        let y = self.next;
        assert!(y < self.v1, "more rows than the resolution has");
        let gain = match (self.v1 - self.v0 == 1, y % 2 == 1) {
            (true, false) => Gain::Whole,
            (true, true) => Gain::Half,
            (false, false) => Gain::Low,
            (false, true) => Gain::High,
        };
        T::horizontal(simd, self.u0 % 2 == 1, gain, low, high, &mut self.spare, &mut self.rows[slot(y)]);
        self.next += 1;
        if self.v1 - self.v0 > 1 {
            self.lift(simd, y);
        }
        let complete = if self.next == self.v1 {
            self.v1
        } else if y % 2 == 1 {
            (y + 2).saturating_sub(T::STEPS)
        } else {
            self.ready
        };
        let from = self.ready;
        self.ready = complete.max(from);
        from..self.ready
    }

    /// Row `v` of the resolution, valid from the push that returned it to the next push.
    pub fn row(&self, v: u32) -> &[T] {
        &self.rows[slot(v)]
    }

    /// Does every vertical step that row `y` makes possible.
    fn lift(&mut self, simd: Simd, y: u32) {
        if y % 2 == 1 {
            if y - self.v0 > T::STEPS {
                let mut rows = self.rows.each_mut().map(|row| row.as_mut_slice());
                // Row y - STEPS - 1 first.
                rows.rotate_left(slot(y - T::STEPS - 1));
                T::cascade(simd, &mut rows[..T::STEPS as usize + 2]);
            } else {
                for step in 1..=T::STEPS.min(y - self.v0) {
                    self.step(simd, step, y - step);
                }
            }
        }
        if y + 1 == self.v1 {
            // Beyond the last row the signal is mirrored, so the remaining steps need nothing more.
            let odd = if y % 2 == 1 { y } else { y - 1 };
            for step in 1..=T::STEPS {
                let first = i64::from(odd) + 2 - i64::from(step);
                for row in (first..i64::from(self.v1)).step_by(2) {
                    if row >= i64::from(self.v0) {
                        self.step(simd, step, row as u32);
                    }
                }
            }
        }
    }

    /// One step on one row, with symmetric extension at both ends (F.3.7).
    fn step(&mut self, simd: Simd, step: u32, y: u32) {
        let above = if y == self.v0 { y + 1 } else { y - 1 };
        let below = if y + 1 == self.v1 { y - 1 } else { y + 1 };
        let mut row = std::mem::take(&mut self.rows[slot(y)]);
        T::vertical(simd, step, &mut row, &self.rows[slot(above)], &self.rows[slot(below)]);
        self.rows[slot(y)] = row;
    }
}

fn slot(y: u32) -> usize {
    y as usize % SLOTS
}

/// Horizontal synthesis in plain form, for any kernel: interleave, then each step over the row with mirrored ends.
/// `step(s, x, a, b)` is lifting step `s` on `x` between its neighbours `a` and `b`.
fn horizontal_scalar<T: Lift>(odd: bool, low: &[T], high: &[T], out: &mut [T], step: impl Fn(u32, T, T, T) -> T) {
    let width = out.len();
    let first_low = usize::from(odd);
    for (x, &value) in out.iter_mut().skip(first_low).step_by(2).zip(low) {
        *x = value;
    }
    for (x, &value) in out.iter_mut().skip(1 - first_low).step_by(2).zip(high) {
        *x = value;
    }
    for s in 1..=T::STEPS {
        let first = if s % 2 == 1 { first_low } else { 1 - first_low };
        for i in (first..width).step_by(2) {
            let left = if i == 0 { out[1] } else { out[i - 1] };
            let right = if i + 1 == width { out[i - 1] } else { out[i + 1] };
            out[i] = step(s, out[i], left, right);
        }
    }
}

/// [`Lift::cascade`] in plain form, for any kernel: the steps one after the other.
fn cascade_scalar<T: Lift>(rows: &mut [&mut [T]]) {
    let steps = T::STEPS as usize;
    for s in 1..=steps {
        let [above, row, below] = &mut rows[steps - s..steps - s + 3] else { unreachable!("three rows") };
        T::vertical(Simd::SCALAR, s as u32, row, above, below);
    }
}

/// Checks the lengths of a row's halves against its width and first position.
fn assert_halves<T>(odd: bool, low: &[T], high: &[T], out: &[T]) {
    let (first, second) = if odd { (high.len(), low.len()) } else { (low.len(), high.len()) };
    assert!(first + second == out.len() && (first == second || first == second + 1), "subband widths do not fit");
}
