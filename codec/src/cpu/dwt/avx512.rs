//! Horizontal synthesis with AVX-512, sixteen pairs at a time, in one sweep over the row. A step needs a neighbour of the step
//! before, so that it lags a vector behind where it looks to the right. The same operations as in the scalar form.

use super::Lift;
use super::irreversible::{Halves, STEPS};
use crate::cpu::simd::Simd;
use std::arch::x86_64::*;

/// Samples of a vector.
const LANES: usize = 16;

/// Horizontal 5/3 synthesis of a row of at least two samples.
pub(super) fn horizontal53(simd: Simd, odd: bool, low: &[i32], high: &[i32], out: &mut [i32]) {
    assert!(simd.is_avx512());
    // SAFETY: `is_avx512` says that the processor has what the function enables.
    unsafe { horizontal53_avx512(odd, low, high, out) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f")]
fn horizontal53_avx512(odd: bool, low: &[i32], high: &[i32], out: &mut [i32]) {
    // A leading odd sample is the left neighbour of an even-first row; it lies between two equal even ones.
    let (left, high, out, before) = match out {
        [before, out @ ..] if odd => (high[0], &high[1..], out, Some(before)),
        _ => (high[0], high, out, None),
    };
    let (lows, highs) = (low.len(), high.len());
    assert!(lows > 0 && out.len() == lows + highs && (lows == highs || lows == highs + 1));
    let two = _mm512_set1_epi32(2);
    let even = |l, h_left, h| {
        let sum = _mm512_add_epi32(_mm512_add_epi32(h_left, h), two);
        _mm512_sub_epi32(l, _mm512_srai_epi32::<2>(sum))
    };
    let odds = |h, e, e_right| _mm512_add_epi32(h, _mm512_srai_epi32::<1>(_mm512_add_epi32(e, e_right)));

    let (mut h, mut e) = (_mm512_set1_epi32(left), two);
    for n in (0..lows).step_by(LANES) {
        let last = n + LANES >= lows;
        let l_now = load(low, n);
        let mut h_now = load(high, n);
        if last && lows > highs {
            // Symmetric extension (F.3.7) on the right.
            let mirrored = if highs > 0 { high[highs - 1] } else { left };
            h_now = _mm512_mask_set1_epi32(h_now, 1 << (highs - n), mirrored);
        }
        let e_now = even(l_now, _mm512_alignr_epi32::<15>(h_now, h), h_now);
        if n > 0 {
            store(out, 0, 2 * (n - LANES), e, odds(h, e, _mm512_alignr_epi32::<1>(e_now, e)));
        }
        (h, e) = (h_now, e_now);
        if last {
            let right = _mm512_alignr_epi32::<1>(e, e);
            let right = if lows == highs { _mm512_mask_mov_epi32(right, 1 << (lows - 1 - n), e) } else { right };
            store(out, 0, 2 * n, e, odds(h, e, right));
        }
    }
    if let Some(before) = before {
        *before = super::reversible::step(2, left, out[0], out[0]);
    }
}

/// Sixteen samples from `at` on; zeros behind the end.
#[inline]
#[target_feature(enable = "avx512f")]
fn load(from: &[i32], at: usize) -> __m512i {
    match from.get(at..) {
        // SAFETY: there are sixteen.
        Some(from) if from.len() >= LANES => unsafe { _mm512_loadu_si512(from.as_ptr().cast()) },
        // SAFETY: the mask leaves out what is behind the end.
        Some(from) => unsafe { _mm512_maskz_loadu_epi32(first(from.len()), from.as_ptr()) },
        None => _mm512_setzero_si512(),
    }
}

/// Writes the samples of both by turns from position `at` on, where `out` holds the positions from `start` on.
#[inline]
#[target_feature(enable = "avx512f")]
fn store<T: Lift>(out: &mut [T], start: usize, at: usize, even: __m512i, odd: __m512i) {
    const { assert!(size_of::<T>() == 4) };
    let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    let high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    let pairs = [_mm512_permutex2var_epi32(even, low, odd), _mm512_permutex2var_epi32(even, high, odd)];
    let end = start + out.len();
    for (at, pairs) in [at, at + LANES].into_iter().zip(pairs) {
        let to = out.as_mut_ptr().wrapping_add(at).wrapping_sub(start).cast::<i32>();
        if at >= start && at + LANES <= end {
            // SAFETY: `out` holds these positions.
            unsafe { _mm512_storeu_si512(to.cast(), pairs) };
        } else {
            let mask = first(end.saturating_sub(at)) & !first(start.saturating_sub(at));
            // SAFETY: the mask leaves out the positions that `out` does not hold.
            unsafe { _mm512_mask_storeu_epi32(to, mask, pairs) };
        }
    }
}

/// The lowest lanes, at most sixteen of them.
fn first(lanes: usize) -> __mmask16 {
    ((1u32 << lanes.min(LANES)) - 1) as __mmask16
}

/// How far the four steps of the 9/7 kernel reach.
const REACH: usize = 4;

/// Horizontal 9/7 synthesis of a row of at least two samples.
pub(super) fn horizontal97(simd: Simd, row: Halves<'_>, spare: &mut Vec<f32>, out: &mut [f32]) {
    assert!(simd.is_avx512());
    // SAFETY: `is_avx512` says that the processor has what the function enables.
    unsafe { horizontal97_avx512(row, spare, out) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f")]
fn horizontal97_avx512(row: Halves<'_>, spare: &mut Vec<f32>, out: &mut [f32]) {
    let Halves { odd, gains, low, high } = row;
    assert!(out.len() >= 2 && out.len() == low.len() + high.len());
    // Positions count from an even one; where the row begins with an odd sample, that is 1. Vector n of a half holds its
    // samples from the even position 2 * LANES * (n - 1) on.
    let (start, end) = (usize::from(odd), usize::from(odd) + out.len());
    let blocks = end.div_ceil(2 * LANES);
    // Vectors that are whole in both halves are taken from there, the others from `spare`.
    let whole = ((low.len() + start) / LANES).min(high.len() / LANES);
    let room = (blocks + 3) * LANES;
    if spare.len() < 2 * room {
        spare.resize(2 * room, 0.0);
    }
    let (even, odds) = spare[..2 * room].split_at_mut(room);
    if odd {
        scale(&low[..low.len().min(LANES)], gains.0, &mut even[LANES + 1..]);
        scale(&high[..high.len().min(LANES)], gains.1, &mut odds[LANES..]);
    }
    let rest = (whole * LANES).saturating_sub(start);
    scale(&low[rest..], gains.0, &mut even[LANES + start + rest..]);
    scale(&high[whole * LANES..], gains.1, &mut odds[(whole + 1) * LANES..]);
    // Symmetric extension (F.3.7) as far as the steps reach.
    for d in 1..=REACH {
        let mirrored = reflect(d, out.len());
        for (to, from) in [(2 * LANES + start - d, start + mirrored), (2 * LANES + end - 1 + d, end - 1 - mirrored)] {
            if to % 2 == 0 {
                even[to / 2] = low[from / 2 - start] * gains.0;
            } else {
                odds[to / 2] = high[from / 2] * gains.1;
            }
        }
    }

    let [delta, gamma, beta, alpha] = STEPS;
    // What comes of samples beyond the extension never reaches the row.
    let zero = _mm512_setzero_ps();
    let (mut h, mut e, mut o, mut f) = (zero, zero, zero, zero);
    for n in 0..blocks + 3 {
        let [l_now, h_now] = if n > start && n <= whole {
            let at = (n - 1) * LANES;
            let (low, high) = (&low[at - start..at - start + LANES], &high[at..at + LANES]);
            // SAFETY: the slices hold a vector each.
            let (low, high) = unsafe { (_mm512_loadu_ps(low.as_ptr()), _mm512_loadu_ps(high.as_ptr())) };
            [_mm512_mul_ps(low, _mm512_set1_ps(gains.0)), _mm512_mul_ps(high, _mm512_set1_ps(gains.1))]
        } else {
            // SAFETY: (n + 1) * LANES is at most `room`, the length of both.
            [&*even, &*odds].map(|half| unsafe { _mm512_loadu_ps(half.as_ptr().add(n * LANES)) })
        };
        let e_now = lift(delta, l_now, left(h, h_now), h_now);
        let o_now = lift(gamma, h, e, right(e, e_now));
        let f_now = lift(beta, e, left(o, o_now), o_now);
        if n >= 3 {
            let (even, odd) = (_mm512_castps_si512(f), _mm512_castps_si512(lift(alpha, o, f, right(f, f_now))));
            store(out, start, (n - 3) * 2 * LANES, even, odd);
        }
        (h, e, o, f) = (h_now, e_now, o_now, f_now);
    }
}

#[target_feature(enable = "avx2,avx512f")]
fn scale(from: &[f32], factor: f32, to: &mut [f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = from * factor;
    }
}

/// Where mirroring at the ends of a row of `len` samples takes the sample `d` beyond an end: its distance from that end.
fn reflect(d: usize, len: usize) -> usize {
    if d < len {
        return d;
    }
    let period = 2 * (len - 1);
    (d % period).min(period - d % period)
}

/// One lifting step on `x` between `a` and `b`, as [`super::irreversible::step`].
#[inline]
#[target_feature(enable = "avx512f")]
fn lift(factor: f32, x: __m512, a: __m512, b: __m512) -> __m512 {
    _mm512_sub_ps(x, _mm512_mul_ps(_mm512_set1_ps(factor), _mm512_add_ps(a, b)))
}

/// The left neighbours of the samples of `x`, which follow those of `before`.
#[inline]
#[target_feature(enable = "avx512f")]
fn left(before: __m512, x: __m512) -> __m512 {
    _mm512_castsi512_ps(_mm512_alignr_epi32::<15>(_mm512_castps_si512(x), _mm512_castps_si512(before)))
}

/// The right neighbours of the samples of `x`, which those of `after` follow.
#[inline]
#[target_feature(enable = "avx512f")]
fn right(x: __m512, after: __m512) -> __m512 {
    _mm512_castsi512_ps(_mm512_alignr_epi32::<1>(_mm512_castps_si512(after), _mm512_castps_si512(x)))
}
