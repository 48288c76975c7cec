//! The wavelet kernels with AVX2: eight samples at a time, the same operations in the same order as the scalar form.

use super::irreversible::{Halves, STEPS, step as step97};
use super::reversible::step as step53;
use crate::cpu::simd::Simd;
use std::arch::x86_64::*;

/// Horizontal 5/3 synthesis of a row of at least two samples.
pub(super) fn horizontal53(simd: Simd, odd: bool, low: &[i32], high: &[i32], out: &mut [i32]) {
    assert!(simd.is_avx2());
    if odd {
        // A leading odd sample is the left neighbour of an even-first row; it lies between two equal even ones.
        let (first, rest) = (high[0], &high[1..]);
        // SAFETY: `is_avx2` says that the processor has what the function enables.
        unsafe { even53(low, rest, first, &mut out[1..]) };
        out[0] = step53(2, first, out[1], out[1]);
    } else {
        // SAFETY: as above.
        unsafe { even53(low, high, high[0], out) };
    }
}

/// 5/3 synthesis of a row whose first sample is even; `left` is the odd sample before it.
#[target_feature(enable = "avx2")]
fn even53(low: &[i32], high: &[i32], left: i32, out: &mut [i32]) {
    let (lows, highs) = (low.len(), high.len());
    assert!(out.len() == lows + highs && (lows == highs || lows == highs + 1));
    let even = |n: usize| {
        let before = if n == 0 { left } else { high[n - 1] };
        step53(1, low[n], before, if n < highs { high[n] } else { before })
    };
    let odd = |n: usize, e: i32| step53(2, high[n], e, if n + 1 < lows { even(n + 1) } else { e });
    let scalar = |n: usize, out: &mut [i32]| {
        out[2 * n] = even(n);
        if n < highs {
            out[2 * n + 1] = odd(n, out[2 * n]);
        }
    };
    if highs < 10 {
        (0..lows).for_each(|n| scalar(n, out));
        return;
    }
    scalar(0, out);
    let two = _mm256_set1_epi32(2);
    let mut n = 1;
    loop {
        debug_assert!(n >= 1 && n + 8 < highs && n + 8 < lows);
        // SAFETY: 1 <= n and n + 9 <= highs <= lows, so that the loads end at high[n + 8] and low[n + 8], and the
        // stores end at out[2n + 15], below 2 * highs <= out.len().
        unsafe {
            let load = |s: &[i32], i: usize| _mm256_loadu_si256(s.as_ptr().add(i).cast());
            let (h0, h1, h2) = (load(high, n - 1), load(high, n), load(high, n + 1));
            let quarter = |a, b| _mm256_srai_epi32(_mm256_add_epi32(_mm256_add_epi32(a, b), two), 2);
            let e0 = _mm256_sub_epi32(load(low, n), quarter(h0, h1));
            let e1 = _mm256_sub_epi32(load(low, n + 1), quarter(h1, h2));
            let o = _mm256_add_epi32(h1, _mm256_srai_epi32(_mm256_add_epi32(e0, e1), 1));
            let (a, b) = (_mm256_unpacklo_epi32(e0, o), _mm256_unpackhi_epi32(e0, o));
            let to = out.as_mut_ptr().add(2 * n);
            _mm256_storeu_si256(to.cast(), _mm256_permute2x128_si256::<0x20>(a, b));
            _mm256_storeu_si256(to.add(8).cast(), _mm256_permute2x128_si256::<0x31>(a, b));
        }
        if n == highs - 9 {
            break;
        }
        // The last eight may overlap the ones before: the input is not changed.
        n = (n + 8).min(highs - 9);
    }
    (highs - 1..lows).for_each(|n| scalar(n, out));
}

/// Vertical 5/3: step 1 on `even`, then step 2 on `odd`, the rows in order being `above`, `odd`, `even`, `below`.
pub(super) fn cascade53(simd: Simd, above: &[i32], odd: &mut [i32], even: &mut [i32], below: &[i32]) {
    assert!(simd.is_avx2());
    // SAFETY: `is_avx2` says that the processor has what the function enables.
    unsafe { cascade53_avx2(above, odd, even, below) }
}

#[target_feature(enable = "avx2")]
fn cascade53_avx2(above: &[i32], odd: &mut [i32], even: &mut [i32], below: &[i32]) {
    let width = above.len();
    assert!(odd.len() == width && even.len() == width && below.len() == width);
    let two = _mm256_set1_epi32(2);
    let whole = width - width % 8;
    for x in (0..whole).step_by(8) {
        // SAFETY: x + 8 <= width, the length of all four rows.
        unsafe {
            let o = _mm256_loadu_si256(odd.as_ptr().add(x).cast());
            let b = _mm256_loadu_si256(below.as_ptr().add(x).cast());
            let quarter = _mm256_srai_epi32(_mm256_add_epi32(_mm256_add_epi32(o, b), two), 2);
            let e = _mm256_sub_epi32(_mm256_loadu_si256(even.as_ptr().add(x).cast()), quarter);
            let a = _mm256_loadu_si256(above.as_ptr().add(x).cast());
            let o = _mm256_add_epi32(o, _mm256_srai_epi32(_mm256_add_epi32(a, e), 1));
            _mm256_storeu_si256(even.as_mut_ptr().add(x).cast(), e);
            _mm256_storeu_si256(odd.as_mut_ptr().add(x).cast(), o);
        }
    }
    for x in whole..width {
        even[x] = step53(1, even[x], odd[x], below[x]);
        odd[x] = step53(2, odd[x], above[x], even[x]);
    }
}

/// Horizontal 9/7 synthesis of a row of at least two samples.
pub(super) fn horizontal97(simd: Simd, row: Halves<'_>, spare: &mut Vec<f32>, out: &mut [f32]) {
    assert!(simd.is_avx2());
    // SAFETY: `is_avx2` says that the processor has what the function enables.
    unsafe { horizontal97_avx2(row, spare, out) }
}

/// Room before a half's first sample, and at least twice that behind its last: whole vectors may reach into it.
const EDGE: usize = 8;

#[target_feature(enable = "avx2")]
fn horizontal97_avx2(row: Halves<'_>, spare: &mut Vec<f32>, out: &mut [f32]) {
    let Halves { odd, gains, low, high } = row;
    assert!(!low.is_empty() && !high.is_empty() && out.len() == low.len() + high.len());
    let room = low.len().max(high.len()) + 3 * EDGE;
    if spare.len() < 2 * room {
        spare.resize(2 * room, 0.0);
    }
    let (even_half, odd_half) = spare.split_at_mut(room);
    let mut even = Half { samples: even_half, len: low.len() };
    let mut odds = Half { samples: odd_half, len: high.len() };
    scale(low, gains.0, &mut even);
    scale(high, gains.1, &mut odds);
    // Even sample n lies between odd samples n - 1 and n, or n and n + 1 where an odd sample is first.
    let shift = usize::from(odd);
    for pair in 0..2 {
        lift97(STEPS[2 * pair], shift, &mut even, &mut odds);
        lift97(STEPS[2 * pair + 1], 1 - shift, &mut odds, &mut even);
    }
    let (first, second) = if odd { (&odds, &even) } else { (&even, &odds) };
    interleave(&first.samples[EDGE..EDGE + first.len], &second.samples[EDGE..EDGE + second.len], out);
}

/// Every second sample of a row, with room around it.
struct Half<'a> {
    samples: &'a mut [f32],
    len: usize,
}

#[target_feature(enable = "avx2")]
fn scale(from: &[f32], factor: f32, to: &mut Half<'_>) {
    for (to, from) in to.samples[EDGE..].iter_mut().zip(from) {
        *to = from * factor;
    }
    // Computed on with the rest of the last vector, so kept from growing from row to row.
    to.samples[EDGE + to.len..][..EDGE].fill(0.0);
}

/// One lifting step on every sample of `x`; sample n lies between `other[n + shift - 1]` and `other[n + shift]`.
#[target_feature(enable = "avx2")]
fn lift97(factor: f32, shift: usize, x: &mut Half<'_>, other: &mut Half<'_>) {
    // Symmetric extension: where one neighbour does not exist the other stands for it.
    other.samples[EDGE - 1] = other.samples[EDGE];
    other.samples[EDGE + other.len] = other.samples[EDGE + other.len - 1];
    assert!(shift <= 1 && x.samples.len() >= x.len + 3 * EDGE && other.samples.len() >= x.len + 3 * EDGE);
    let factor = _mm256_set1_ps(factor);
    for n in (0..x.len).step_by(8) {
        // SAFETY: n < x.len, so that the vectors end within x.len + 8 + EDGE + 1, less than both lengths.
        unsafe {
            let other = other.samples.as_ptr().add(EDGE + n + shift);
            let (a, b) = (_mm256_loadu_ps(other.sub(1)), _mm256_loadu_ps(other));
            let to = x.samples.as_mut_ptr().add(EDGE + n);
            _mm256_storeu_ps(to, _mm256_sub_ps(_mm256_loadu_ps(to), _mm256_mul_ps(factor, _mm256_add_ps(a, b))));
        }
    }
}

/// Puts `second[n]` behind every `first[n]`; `first` may be one longer.
#[target_feature(enable = "avx2")]
fn interleave(first: &[f32], second: &[f32], out: &mut [f32]) {
    let (len, pairs) = (first.len(), second.len());
    assert!((len == pairs || len == pairs + 1) && out.len() == len + pairs);
    let mut n = 0;
    while pairs >= 8 && n < pairs {
        // The last eight may overlap the ones before.
        n = n.min(pairs - 8);
        // SAFETY: n + 8 <= pairs <= len, and 2 (n + 8) <= out.len(), the sum of both.
        unsafe {
            let a = _mm256_loadu_ps(first.as_ptr().add(n));
            let b = _mm256_loadu_ps(second.as_ptr().add(n));
            let (low, high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
            let to = out.as_mut_ptr().add(2 * n);
            _mm256_storeu_ps(to, _mm256_permute2f128_ps::<0x20>(low, high));
            _mm256_storeu_ps(to.add(8), _mm256_permute2f128_ps::<0x31>(low, high));
        }
        n += 8;
    }
    for n in n..len {
        out[2 * n] = first[n];
        if n < pairs {
            out[2 * n + 1] = second[n];
        }
    }
}

/// The four vertical 9/7 steps over six rows in order, the last being the new one.
pub(super) fn cascade97(simd: Simd, rows: &mut [&mut [f32]]) {
    assert!(simd.is_avx2());
    // SAFETY: `is_avx2` says that the processor has what the function enables.
    unsafe { cascade97_avx2(rows) }
}

#[target_feature(enable = "avx2")]
fn cascade97_avx2(rows: &mut [&mut [f32]]) {
    let [r0, r1, r2, r3, r4, r5] = rows else { unreachable!("9/7 sweeps six rows") };
    let width = r0.len();
    assert!([r1.len(), r2.len(), r3.len(), r4.len(), r5.len()] == [width; 5]);
    let [delta, gamma, beta, alpha] = STEPS;
    let whole = width - width % 8;
    for x in (0..whole).step_by(8) {
        // SAFETY: x + 8 <= width, the length of all six rows.
        unsafe {
            let load = |row: &[f32]| _mm256_loadu_ps(row.as_ptr().add(x));
            let lift = |factor: f32, row, above, below| {
                _mm256_sub_ps(row, _mm256_mul_ps(_mm256_set1_ps(factor), _mm256_add_ps(above, below)))
            };
            let v4 = lift(delta, load(r4), load(r3), load(r5));
            let v3 = lift(gamma, load(r3), load(r2), v4);
            let v2 = lift(beta, load(r2), load(r1), v3);
            let v1 = lift(alpha, load(r1), load(r0), v2);
            _mm256_storeu_ps(r4.as_mut_ptr().add(x), v4);
            _mm256_storeu_ps(r3.as_mut_ptr().add(x), v3);
            _mm256_storeu_ps(r2.as_mut_ptr().add(x), v2);
            _mm256_storeu_ps(r1.as_mut_ptr().add(x), v1);
        }
    }
    for x in whole..width {
        r4[x] = step97(1, r4[x], r3[x], r5[x]);
        r3[x] = step97(2, r3[x], r2[x], r4[x]);
        r2[x] = step97(3, r2[x], r1[x], r3[x]);
        r1[x] = step97(4, r1[x], r0[x], r2[x]);
    }
}
