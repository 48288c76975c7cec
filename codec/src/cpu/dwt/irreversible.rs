//! The irreversible 9/7 kernel on `f32` (ISO/IEC 15444-1, F.3.8).

use super::{Gain, Lift, Simd, assert_halves, cascade_scalar, horizontal_scalar};

/// Lifting parameters of the four synthesis steps in order: delta, gamma, beta, alpha (Table F.4).
pub(super) const STEPS: [f32; 4] = [0.443_506_85, 0.882_911_1, -0.052_980_12, -1.586_134_3];

/// The scaling factor of Table F.4: low-pass samples are multiplied by it, high-pass samples divided.
pub(super) const K: f32 = 1.230_174_1;

/// One lifting step. No fused multiply-add, so that every instruction set gives the same bits.
pub(super) fn step(s: u32, x: f32, a: f32, b: f32) -> f32 {
    x - STEPS[s as usize - 1] * (a + b)
}

/// Factor of a row's low-pass and high-pass samples: the horizontal and the vertical gain together.
pub(super) fn gains(gain: Gain) -> (f32, f32) {
    match gain {
        Gain::Low => (K * K, 1.0),
        Gain::High => (1.0, 1.0 / (K * K)),
        Gain::Whole => (K, 1.0 / K),
        Gain::Half => (0.5 * K, 0.5 / K),
    }
}

/// A row before its horizontal synthesis.
#[derive(Clone, Copy)]
pub(super) struct Halves<'r> {
    /// Whether it begins with a high-pass sample.
    pub odd: bool,
    /// The factors of the low and of the high half.
    pub gains: (f32, f32),
    pub low: &'r [f32],
    pub high: &'r [f32],
}

impl Lift for f32 {
    const STEPS: u32 = 4;

    fn horizontal(simd: Simd, odd: bool, gain: Gain, low: &[f32], high: &[f32], spare: &mut Vec<f32>, out: &mut [f32]) {
        assert_halves(odd, low, high, out);
        let (low_gain, high_gain) = gains(gain);
        if let [only] = out {
            // A single column is not transformed, so the horizontal part of the gain is taken back.
            *only = if odd { high[0] * (high_gain * K * 0.5) } else { low[0] * (low_gain / K) };
            return;
        }
        if out.is_empty() {
            return;
        }
        let row = Halves { odd, gains: (low_gain, high_gain), low, high };
        #[cfg(target_arch = "x86_64")]
        if simd.is_avx512() {
            return super::avx512::horizontal97(simd, row, spare, out);
        }
        #[cfg(target_arch = "x86_64")]
        if simd.is_avx2() {
            return super::avx2::horizontal97(simd, row, spare, out);
        }
        spare.clear();
        spare.extend(row.low.iter().map(|x| x * row.gains.0));
        spare.extend(row.high.iter().map(|x| x * row.gains.1));
        let (low, high) = spare.split_at(low.len());
        horizontal_scalar(odd, low, high, out, step);
    }

    fn vertical(_: Simd, s: u32, row: &mut [f32], above: &[f32], below: &[f32]) {
        for ((x, &a), &b) in row.iter_mut().zip(above).zip(below) {
            *x = step(s, *x, a, b);
        }
    }

    fn cascade(simd: Simd, rows: &mut [&mut [f32]]) {
        #[cfg(target_arch = "x86_64")]
        if simd.is_avx2() {
            return super::avx2::cascade97(simd, rows);
        }
        cascade_scalar(rows);
    }
}
