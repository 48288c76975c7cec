//! [`super::quads::analyse`] with AVX2: eight quads at a time.

use super::quads::{Bottoms, Lines, Quads};
use super::tables::{INITIAL, OTHER, code};
use crate::cpu::simd::Simd;
use std::arch::x86_64::*;

/// Analyses a row of quads. Magnitudes have at most [`super::MAX_MAGNITUDE_BITS`] bits.
pub(super) fn analyse(simd: Simd, first_row: bool, lines: Lines<'_>, above: &Bottoms, below: &mut Bottoms, quads: &mut Quads) {
    assert!(simd.is_avx2());
    // SAFETY: `is_avx2` says that the processor has what the function enables.
    unsafe {
        if first_row { analyse_avx2::<true>(lines, above, below, quads) } else { analyse_avx2::<false>(lines, above, below, quads) }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn analyse_avx2<const FIRST_ROW: bool>(lines: Lines<'_>, above: &Bottoms, below: &mut Bottoms, quads: &mut Quads) {
    let groups = lines.top.len().div_ceil(16);
    let table = if FIRST_ROW { &INITIAL } else { &OTHER };
    let (zero, one) = (_mm256_setzero_si256(), _mm256_set1_epi32(1));
    // Lane 0 is the significance of the quad to the left of the group.
    let mut before = zero;
    below.left[8 * groups + 1] = 0;
    for group in 0..groups {
        let q = 8 * group;
        let [s0, s2] = columns(lines.top, 2 * q);
        let [s1, s3] = columns(lines.bottom, 2 * q);
        let samples = [s0, s1, s2, s3];
        // MagSgn values, exponents, and all ones where a sample is 0.
        let insignificant = samples.map(|s| _mm256_cmpeq_epi32(s, zero));
        let mut values = [zero; 4];
        let mut exponents = [zero; 4];
        let mut rho = zero;
        for n in 0..4 {
            let magnitude = _mm256_abs_epi32(samples[n]);
            let twice = _mm256_add_epi32(magnitude, magnitude);
            let sign = _mm256_srli_epi32::<31>(samples[n]);
            values[n] = _mm256_or_si256(_mm256_sub_epi32(twice, _mm256_set1_epi32(2)), sign);
            // An f32 holds 2 mu - 1 exactly, so that its exponent counts the bits.
            let float = _mm256_castps_si256(_mm256_cvtepi32_ps(_mm256_sub_epi32(twice, one)));
            let bits = _mm256_sub_epi32(_mm256_srli_epi32::<23>(float), _mm256_set1_epi32(126));
            exponents[n] = _mm256_andnot_si256(insignificant[n], bits);
            rho = _mm256_or_si256(rho, _mm256_andnot_si256(insignificant[n], _mm256_set1_epi32(1 << n)));
        }
        let rotated = _mm256_permutevar8x32_epi32(rho, _mm256_setr_epi32(7, 0, 1, 2, 3, 4, 5, 6));
        let left = _mm256_blend_epi32::<1>(rotated, before);
        before = rotated;

        let half_left = _mm256_srli_epi32::<1>(left);
        let (context, kappa) = if FIRST_ROW {
            let low = _mm256_and_si256(_mm256_or_si256(left, half_left), one);
            (_mm256_or_si256(low, _mm256_and_si256(half_left, _mm256_set1_epi32(6))), one)
        } else {
            let west = _mm256_max_epi32(load(&above.right, q), load(&above.left, q + 1));
            let east = _mm256_max_epi32(load(&above.right, q + 1), load(&above.left, q + 2));
            let low = _mm256_and_si256(_mm256_cmpgt_epi32(west, zero), one);
            let high = _mm256_and_si256(_mm256_cmpgt_epi32(east, zero), _mm256_set1_epi32(4));
            let middle = _mm256_or_si256(half_left, _mm256_srli_epi32::<2>(left));
            let middle = _mm256_and_si256(middle, _mm256_set1_epi32(2));
            let lone = _mm256_cmpeq_epi32(_mm256_and_si256(rho, _mm256_sub_epi32(rho, one)), zero);
            let foretold = _mm256_sub_epi32(_mm256_max_epi32(west, east), one);
            let kappa = _mm256_max_epi32(_mm256_andnot_si256(lone, foretold), one);
            (_mm256_or_si256(_mm256_or_si256(low, high), middle), kappa)
        };
        let greatest = _mm256_max_epi32(_mm256_max_epi32(exponents[0], exponents[1]), _mm256_max_epi32(exponents[2], exponents[3]));
        let bound = _mm256_max_epi32(greatest, kappa);
        let u = _mm256_sub_epi32(bound, kappa);
        let mut epsilon = zero;
        for (n, &exponent) in exponents.iter().enumerate() {
            let reaches = _mm256_and_si256(_mm256_cmpeq_epi32(exponent, bound), _mm256_set1_epi32(1 << n));
            epsilon = _mm256_or_si256(epsilon, reaches);
        }
        epsilon = _mm256_andnot_si256(_mm256_cmpeq_epi32(u, zero), epsilon);
        let index = _mm256_or_si256(_mm256_slli_epi32::<8>(context), _mm256_or_si256(_mm256_slli_epi32::<4>(rho), epsilon));
        // SAFETY: the index has eleven bits, the table 2048 entries.
        let entry = unsafe { _mm256_i32gather_epi32::<4>(table.as_ptr().cast(), index) };

        let mut lengths = [zero; 4];
        for n in 0..4 {
            let known = _mm256_and_si256(_mm256_srlv_epi32(entry, _mm256_set1_epi32((code::E_K as usize + n) as i32)), one);
            lengths[n] = _mm256_andnot_si256(insignificant[n], _mm256_sub_epi32(bound, known));
            let beyond = _mm256_sllv_epi32(_mm256_set1_epi32(-1), lengths[n]);
            values[n] = _mm256_andnot_si256(beyond, values[n]);
        }
        for half in 0..2 {
            let (a, b, shift) = (values[2 * half], values[2 * half + 1], lengths[2 * half]);
            // Quads 0, 1, 4, 5 and quads 2, 3, 6, 7 as words of 64 bits.
            let low = _mm256_sllv_epi64(_mm256_unpacklo_epi32(b, zero), _mm256_unpacklo_epi32(shift, zero));
            let low = _mm256_or_si256(low, _mm256_unpacklo_epi32(a, zero));
            let high = _mm256_sllv_epi64(_mm256_unpackhi_epi32(b, zero), _mm256_unpackhi_epi32(shift, zero));
            let high = _mm256_or_si256(high, _mm256_unpackhi_epi32(a, zero));
            store64(&mut quads.magsgn[half], q, _mm256_permute2x128_si256::<0x20>(low, high));
            store64(&mut quads.magsgn[half], q + 4, _mm256_permute2x128_si256::<0x31>(low, high));
            store(&mut quads.lengths[half], q, _mm256_add_epi32(shift, lengths[2 * half + 1]));
        }
        store(&mut quads.codes, q, entry);
        store(&mut quads.u, q, u);
        store(&mut below.left, q + 1, exponents[1]);
        store(&mut below.right, q + 1, exponents[3]);
        quads.mel[group] = mask(_mm256_cmpeq_epi32(context, zero));
        quads.significant[group] = !mask(_mm256_cmpeq_epi32(rho, zero));
    }
}

/// Sixteen samples of a line from `x` on, zeros beyond its end: those of even columns, then those of odd ones.
#[target_feature(enable = "avx2")]
fn columns(line: &[i32], x: usize) -> [__m256i; 2] {
    let mut rest = [0; 16];
    let sixteen = match line.get(x..x + 16).and_then(|part| part.try_into().ok()) {
        Some(whole) => whole,
        None => {
            let part = line.get(x..).unwrap_or_default();
            rest[..part.len()].copy_from_slice(part);
            &rest
        }
    };
    // SAFETY: both loads lie within the sixteen samples.
    let (a, b) = unsafe { (_mm256_loadu_si256(sixteen.as_ptr().cast()), _mm256_loadu_si256(sixteen.as_ptr().add(8).cast())) };
    let (a, b) = (_mm256_castsi256_ps(a), _mm256_castsi256_ps(b));
    let even = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(a, b));
    let odd = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(a, b));
    [_mm256_permute4x64_epi64::<0b11_01_10_00>(even), _mm256_permute4x64_epi64::<0b11_01_10_00>(odd)]
}

#[target_feature(enable = "avx2")]
fn load(from: &[u32], at: usize) -> __m256i {
    let eight = &from[at..at + 8];
    // SAFETY: there are eight.
    unsafe { _mm256_loadu_si256(eight.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn store(to: &mut [u32], at: usize, value: __m256i) {
    let eight = &mut to[at..at + 8];
    // SAFETY: there are eight.
    unsafe { _mm256_storeu_si256(eight.as_mut_ptr().cast(), value) }
}

#[target_feature(enable = "avx2")]
fn store64(to: &mut [u64], at: usize, value: __m256i) {
    let four = &mut to[at..at + 4];
    // SAFETY: there are four.
    unsafe { _mm256_storeu_si256(four.as_mut_ptr().cast(), value) }
}

/// A bit for each lane that is all ones.
#[target_feature(enable = "avx2")]
fn mask(lanes: __m256i) -> u8 {
    _mm256_movemask_ps(_mm256_castsi256_ps(lanes)) as u8
}
