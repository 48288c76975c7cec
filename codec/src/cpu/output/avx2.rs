//! The output stage with AVX2: the loops of [`super::convert`] compiled for it, and three-component pixels of eight bits by
//! hand, the one interleave that the compiler does not vectorise well.

use super::convert::{CHUNK, Sample, component_body, interleaved_body};
use super::{Colour, Format, Row};
use crate::cpu::simd::Simd;
use std::arch::x86_64::*;

/// [`super::convert::component`].
pub(super) fn component<T: Sample>(simd: Simd, colour: Colour, format: Format, rows: &[Row<'_>], c: usize, out: &mut [T]) {
    assert!(simd.is_avx2());
    // SAFETY: `is_avx2` says that the processor has what the function enables.
    unsafe { component_avx2(colour, format, rows, c, out) }
}

#[target_feature(enable = "avx2")]
fn component_avx2<T: Sample>(colour: Colour, format: Format, rows: &[Row<'_>], c: usize, out: &mut [T]) {
    component_body(colour, format, rows, c, out);
}

/// [`super::convert::interleaved`].
pub(super) fn interleaved<T: Sample>(simd: Simd, colour: Colour, format: Format, rows: &[Row<'_>], out: &mut [T]) {
    assert!(simd.is_avx2());
    // SAFETY: `is_avx2` says that the processor has what the function enables.
    unsafe { interleaved_avx2(colour, format, rows, out) }
}

#[target_feature(enable = "avx2")]
fn interleaved_avx2<T: Sample>(colour: Colour, format: Format, rows: &[Row<'_>], out: &mut [T]) {
    interleaved_body(colour, format, rows, out, |values, out| T::bytes(out).map_or(0, |out| pixels(format, values, out)));
}

/// Stores unsigned pixels of at most eight bits, 32 at a time, and returns how many it has stored.
#[target_feature(enable = "avx2")]
fn pixels(format: Format, values: &[[i32; CHUNK]; 3], out: &mut [u8]) -> usize {
    if format.signed || !(1..=8).contains(&format.bits) {
        return 0;
    }
    let whole = (out.len() / 3).min(CHUNK) / 32;
    for (n, out) in out.chunks_exact_mut(96).take(whole).enumerate() {
        let [a, b, c] = values.each_ref().map(|row| bytes(format.bits, &row[32 * n..][..32]));
        // Each half of 16 pixels becomes three vectors: of every component the bytes that fall into the vector.
        let part = |x, order: [i8; 16]| _mm256_shuffle_epi8(x, twice(order));
        let any = |x, y, z| _mm256_or_si256(_mm256_or_si256(x, y), z);
        const N: i8 = -1;
        let first = any(
            part(a, [0, N, N, 1, N, N, 2, N, N, 3, N, N, 4, N, N, 5]),
            part(b, [N, 0, N, N, 1, N, N, 2, N, N, 3, N, N, 4, N, N]),
            part(c, [N, N, 0, N, N, 1, N, N, 2, N, N, 3, N, N, 4, N]),
        );
        let second = any(
            part(a, [N, N, 6, N, N, 7, N, N, 8, N, N, 9, N, N, 10, N]),
            part(b, [5, N, N, 6, N, N, 7, N, N, 8, N, N, 9, N, N, 10]),
            part(c, [N, 5, N, N, 6, N, N, 7, N, N, 8, N, N, 9, N, N]),
        );
        let third = any(
            part(a, [N, 11, N, N, 12, N, N, 13, N, N, 14, N, N, 15, N, N]),
            part(b, [N, N, 11, N, N, 12, N, N, 13, N, N, 14, N, N, 15, N]),
            part(c, [10, N, N, 11, N, N, 12, N, N, 13, N, N, 14, N, N, 15]),
        );
        let vectors = [
            _mm256_permute2x128_si256::<0x20>(first, second),
            _mm256_permute2x128_si256::<0x30>(third, first),
            _mm256_permute2x128_si256::<0x31>(second, third),
        ];
        for (out, vector) in out.chunks_exact_mut(32).zip(vectors) {
            // SAFETY: the chunk is 32 bytes.
            unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), vector) };
        }
    }
    32 * whole
}

/// Sixteen bytes in both halves.
#[target_feature(enable = "avx2")]
fn twice(bytes: [i8; 16]) -> __m256i {
    // SAFETY: the array is 16 bytes.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}

/// Level shift and clamp of 32 samples of `bits` (1 to 8), in order. Every step saturates.
#[target_feature(enable = "avx2")]
fn bytes(bits: u8, values: &[i32]) -> __m256i {
    assert!(values.len() == 32);
    // SAFETY: four vectors of eight are the 32 samples.
    let [a, b, c, d] = [0, 8, 16, 24].map(|at| unsafe { _mm256_loadu_si256(values.as_ptr().add(at).cast()) });
    let half = _mm256_set1_epi16(1 << (bits - 1));
    let shifted = |x, y| _mm256_adds_epi16(_mm256_packs_epi32(x, y), half);
    let packed = _mm256_packus_epi16(shifted(a, b), shifted(c, d));
    // Packing goes by halves: four bytes of a, b, c, d, then the other four of each.
    let ordered = _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm256_min_epu8(ordered, _mm256_set1_epi8(((1u16 << bits) - 1) as i8))
}
