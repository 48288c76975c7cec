//! The vector steps of the cleanup pass with AVX-512: four quads, sixteen samples, at a time.

use super::BlockError;
use super::magsgn::{Doubled, Form, Integer, Job, Real};
use super::sweep::{self, Lanes, Row, Taking, Vectors};
use super::vlc::record;
use std::arch::x86_64::*;

sweep::door!(Avx512, is_avx512, "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi");

/// AVX-512 F, BW, CD, DQ, VL and VBMI.
struct Avx512;

impl Vectors for Avx512 {
    const QUADS: usize = 4;
    type Found = Found;

    #[inline(always)]
    unsafe fn deposit(bits: u64, mask: u64) -> u64 {
        // SAFETY: BMI2 is enabled in the caller.
        unsafe { _pdep_u64(bits, mask) }
    }

    #[inline(always)]
    unsafe fn finish_row(row: Row, first: bool, outside: u32, greatest: u32) -> Result<(), BlockError> {
        let Row { quads, records, bottoms, contexts } = row;
        // SAFETY: q < quads, so that sixteen records from index q + 2 end within quads + 17, less than ROW, and 34 values
        // from index 2q within twice that. AVX-512 is enabled in the caller.
        unsafe {
            // The last sixteen may reach beyond the row: no quad there. Their exponent becomes 1, which nothing reads.
            _mm512_storeu_si512(records.add(quads + 1).cast(), _mm512_setzero_si512());
            let one = _mm512_set1_epi32(1);
            let mut all = _mm512_setzero_si512();
            let mut most = _mm512_setzero_si512();
            for q in (0..quads).step_by(16) {
                let load = |s: *mut u32, i: usize| _mm512_loadu_si512(s.add(i).cast());
                let mut quad = load(records, q + 1);

                // The lanes of `context_above`.
                const LOW: i32 = 1 << record::CONTEXT;
                let north = _mm512_srli_epi32::<{ record::RHO + 1 - record::CONTEXT }>(quad);
                let west = _mm512_srli_epi32::<{ record::RHO + 3 - record::CONTEXT }>(load(records, q));
                let east = _mm512_srli_epi32::<{ record::RHO - 1 - record::CONTEXT }>(load(records, q + 2));
                let low = _mm512_and_si512(_mm512_or_si512(west, north), _mm512_set1_epi32(LOW));
                let high = _mm512_and_si512(_mm512_or_si512(north, east), _mm512_set1_epi32(LOW << 2));
                _mm512_storeu_si512(contexts.add(q).cast(), _mm512_or_si512(low, high));

                let mut kappa = one;
                if !first {
                    // The OR of the four bottom samples above has the highest bit of the greatest; it stands in the even
                    // lanes.
                    let four = |i: usize| {
                        let pairs = _mm512_or_si512(load(bottoms, i), load(bottoms, i + 2));
                        _mm512_or_si512(pairs, _mm512_srli_epi64::<32>(pairs))
                    };
                    let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
                    let any = _mm512_permutex2var_epi32(four(2 * q), even, four(2 * q + 16));
                    let several = _mm512_test_epi32_mask(quad, _mm512_set1_epi32(1 << record::SEVERAL));
                    let less_one = _mm512_maskz_sub_epi32(several, _mm512_set1_epi32(31), _mm512_lzcnt_epi32(any));
                    kappa = _mm512_max_epi32(less_one, one);
                }
                quad = _mm512_add_epi32(quad, _mm512_slli_epi32::<{ record::EXPONENT }>(kappa));
                all = _mm512_or_si512(all, quad);
                most = _mm512_max_epu32(most, quad);
                _mm512_storeu_si512(records.add(q + 1).cast(), quad);
            }
            // The exponent is a record's highest field.
            let bound = _mm512_set1_epi32((((greatest + 1) << record::EXPONENT) - 1) as i32);
            if _mm512_test_epi32_mask(all, _mm512_set1_epi32(outside as i32)) != 0 {
                Err(BlockError::Outside)
            } else if _mm512_cmpgt_epu32_mask(most, bound) != 0 {
                Err(BlockError::Exponent)
            } else {
                Ok(())
            }
        }
    }

    #[inline(always)]
    unsafe fn find<F: Form + Lanes>(taking: &mut Taking<F>, q: usize) -> Found {
        // SAFETY: four records from index q + 1 lie in their array, as q is less than ROW - AFTER - 2. A row begins no later than
        // the end of the bits (`row_start`) and takes at most 25 bits for each sample (`finish_row`); behind the end there
        // are four bytes for each and 64 more (`MagSgnBits`). The caller has promised AVX-512.
        unsafe {
            let records = _mm512_castsi128_si512(_mm_loadu_si128(taking.row.records.add(q + 1).cast()));
            let quad = _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3), records);
            let flag = |first: u32| _mm512_test_epi32_mask(quad, flags([0, 1, 2, 3], first));
            let one = _mm512_set1_epi32(1);
            let bound = _mm512_maskz_srli_epi32::<{ record::EXPONENT }>(flag(record::RHO), quad);
            // Known leading bits are those of significant samples.
            let length = _mm512_mask_sub_epi32(bound, flag(record::E_K), bound, one);

            // Where each sample's bits begin: lengths summed within each quad, then over the quads before, then the bit
            // within the first byte.
            let sum = _mm512_add_epi32(length, _mm512_bslli_epi128::<4>(length));
            let sum = _mm512_add_epi32(sum, _mm512_bslli_epi128::<8>(sum));
            let totals = _mm512_shuffle_epi32::<0b11_11_11_11>(sum);
            let before = _mm512_maskz_shuffle_i64x2::<0b10_01_00_00>(0b1111_1100, totals, totals);
            let before = _mm512_add_epi32(before, _mm512_maskz_shuffle_i64x2::<0b10_01_00_00>(0b1111_0000, before, before));
            let before = _mm512_add_epi32(before, _mm512_maskz_shuffle_i64x2::<0b01_00_00_00>(0b1111_0000, before, before));
            let sum = _mm512_add_epi32(sum, before);
            let total = _mm_cvtsi128_si32(_mm512_castsi512_si128(_mm512_permutexvar_epi32(_mm512_set1_epi32(15), sum)));
            let within = _mm512_set1_epi32(taking.position as i32 & 7);
            let begin = _mm512_add_epi32(_mm512_sub_epi32(sum, length), within);
            let data = _mm512_loadu_si512(taking.bytes.add(taking.position / 8).cast());
            taking.position += total as u32 as usize;
            Found { records, length, known: flag(record::E_1), begin, data }
        }
    }

    #[inline(always)]
    unsafe fn take<F: Form + Lanes>(taking: &mut Taking<F>, found: Found, q: usize, columns: usize) {
        let Found { records, length, known, begin, data } = found;
        // SAFETY: eight bottoms from index 2q + 1 lie in their array, as q is less than ROW - AFTER - 2. The caller has
        // promised the columns, and AVX-512.
        unsafe {
            // The four bytes that hold a sample's bits, shifted down and cut to its length.
            let spread = _mm512_set4_epi32(0x0C0C_0C0C, 0x0808_0808, 0x0404_0404, 0);
            let byte = _mm512_shuffle_epi8(_mm512_srli_epi32::<3>(begin), spread);
            let four = _mm512_permutexvar_epi8(_mm512_add_epi8(byte, _mm512_set1_epi32(0x0302_0100)), data);
            let shifted = _mm512_srlv_epi32(four, _mm512_and_si512(begin, _mm512_set1_epi32(7)));
            let beyond = _mm512_sllv_epi32(_mm512_set1_epi32(-1), length);
            let known = _mm512_maskz_sllv_epi32(known, _mm512_set1_epi32(1), length);
            let values = _mm512_or_si512(_mm512_andnot_si512(beyond, shifted), known);

            // Samples 0 and 2 of a quad are its top line, 1 and 3 its bottom line.
            let lines = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
            let values = _mm512_permutexvar_epi32(lines, values);
            let quad = _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 1, 1, 2, 2, 3, 3), records);
            let sides = _mm512_setr_epi32(1, 4, 1, 4, 1, 4, 1, 4, 2, 8, 2, 8, 2, 8, 2, 8);
            let significant = _mm512_test_epi32_mask(quad, _mm512_slli_epi32::<{ record::RHO }>(sides));
            let bottom = _mm512_extracti64x4_epi64::<1>(values);
            _mm256_storeu_si256(taking.row.bottoms.add(2 * q + 1).cast(), bottom);
            let samples = taking.form.sixteen(values, significant);
            let halves = [_mm512_castsi512_si256(samples), _mm512_extracti64x4_epi64::<1>(samples)];
            for (line, half) in taking.lines.into_iter().zip(halves) {
                if columns == 8 {
                    _mm256_storeu_si256(line.add(2 * q).cast(), half);
                } else {
                    _mm256_mask_storeu_epi32(line.add(2 * q).cast(), ((1u32 << columns) - 1) as u8, half);
                }
            }
        }
    }
}

/// Four quads, a lane for each sample.
#[derive(Clone, Copy)]
pub(super) struct Found {
    /// The quads' records in the lowest lanes.
    records: __m512i,
    /// Bits of each sample, and whether a bit above them is known to be set.
    length: __m512i,
    known: __mmask16,
    /// Where they begin, in bits, in the bytes that were loaded.
    begin: __m512i,
    data: __m512i,
}

/// In each group of four lanes the bits `first + lane`.
///
/// # Safety
/// AVX-512 F must be enabled in the caller.
#[inline(always)]
unsafe fn flags(lanes: [i32; 4], first: u32) -> __m512i {
    let [a, b, c, d] = lanes.map(|lane| 1 << (first as i32 + lane));
    // SAFETY: the caller has AVX-512 enabled.
    unsafe { _mm512_set4_epi32(d, c, b, a) }
}

/// A [`Form`], sixteen samples at a time.
pub(super) trait Sixteen: Copy {
    /// The samples for MagSgn values; lanes outside `significant` become 0.
    ///
    /// # Safety
    /// AVX-512 F must be enabled in the caller.
    unsafe fn sixteen(self, values: __m512i, significant: __mmask16) -> __m512i;
}

impl Sixteen for Integer {
    #[inline(always)]
    unsafe fn sixteen(self, values: __m512i, significant: __mmask16) -> __m512i {
        // SAFETY: the caller has AVX-512 enabled.
        unsafe {
            let shift = _mm_cvtsi32_si128(i32::from(self.plane));
            let magnitude = _mm512_maskz_srli_epi32::<1>(significant, _mm512_sll_epi32(middle(values), shift));
            let negative = _mm512_test_epi32_mask(values, _mm512_set1_epi32(1));
            _mm512_mask_sub_epi32(magnitude, negative, _mm512_setzero_si512(), magnitude)
        }
    }
}

impl Sixteen for Doubled {
    #[inline(always)]
    unsafe fn sixteen(self, values: __m512i, significant: __mmask16) -> __m512i {
        // SAFETY: the caller has AVX-512 enabled.
        unsafe {
            let magnitude = _mm512_sll_epi32(middle(values), _mm_cvtsi32_si128(i32::from(self.plane)));
            _mm512_maskz_or_epi32(significant, magnitude, _mm512_slli_epi32::<31>(values))
        }
    }
}

impl Sixteen for Real {
    #[inline(always)]
    unsafe fn sixteen(self, values: __m512i, significant: __mmask16) -> __m512i {
        // SAFETY: the caller has AVX-512 enabled.
        unsafe {
            let magnitude = _mm512_mul_ps(_mm512_cvtepi32_ps(middle(values)), _mm512_set1_ps(self.half));
            _mm512_maskz_or_epi32(significant, _mm512_castps_si512(magnitude), _mm512_slli_epi32::<31>(values))
        }
    }
}

/// 2 mu + 1 from MagSgn values.
///
/// # Safety
/// AVX-512 F must be enabled in the caller.
#[inline(always)]
unsafe fn middle(values: __m512i) -> __m512i {
    // SAFETY: the caller has AVX-512 enabled.
    unsafe { _mm512_or_si512(_mm512_add_epi32(values, _mm512_set1_epi32(2)), _mm512_set1_epi32(1)) }
}
