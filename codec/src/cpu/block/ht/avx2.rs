//! The vector steps of the cleanup pass with AVX2: a pair of quads, eight samples, at a time.

use super::BlockError;
use super::magsgn::{Doubled, Form, Integer, Job, Real};
use super::sweep::{self, Lanes, Row, Taking, Vectors};
use super::vlc::record;
use std::arch::x86_64::*;

sweep::door!(Avx2, is_avx2, "avx2,bmi1,bmi2,lzcnt,popcnt");

/// AVX2 with BMI1, BMI2, LZCNT and POPCNT.
struct Avx2;

impl Vectors for Avx2 {
    const QUADS: usize = 2;
    type Found = Found;

    /// Without PDEP, which is slow on some processors that have AVX2.
    #[inline(always)]
    unsafe fn deposit(bits: u64, mask: u64) -> u64 {
        super::quads::deposit(bits, mask)
    }

    #[inline(always)]
    unsafe fn finish_row(row: Row, first: bool, outside: u32, greatest: u32) -> Result<(), BlockError> {
        let Row { quads, records, bottoms, contexts } = row;
        // SAFETY: q < quads, so that eight records from index q + 2 end within quads + 9, less than ROW, and 18 values from
        // index 2q within twice that. AVX2 is enabled in the caller.
        unsafe {
            // The last eight may reach beyond the row: no quad there. Their exponent becomes 1, which nothing reads.
            _mm256_storeu_si256(records.add(quads + 1).cast(), _mm256_setzero_si256());
            let one = _mm256_set1_epi32(1);
            let mut all = _mm256_setzero_si256();
            let mut most = _mm256_setzero_si256();
            for q in (0..quads).step_by(8) {
                let load = |s: *mut u32, i: usize| _mm256_loadu_si256(s.add(i).cast());
                let mut quad = load(records, q + 1);

                // The lanes of `context_above`.
                const LOW: i32 = 1 << record::CONTEXT;
                let north = _mm256_srli_epi32::<{ (record::RHO + 1 - record::CONTEXT) as i32 }>(quad);
                let west = _mm256_srli_epi32::<{ (record::RHO + 3 - record::CONTEXT) as i32 }>(load(records, q));
                let east = _mm256_srli_epi32::<{ (record::RHO - 1 - record::CONTEXT) as i32 }>(load(records, q + 2));
                let low = _mm256_and_si256(_mm256_or_si256(west, north), _mm256_set1_epi32(LOW));
                let high = _mm256_and_si256(_mm256_or_si256(north, east), _mm256_set1_epi32(LOW << 2));
                _mm256_storeu_si256(contexts.add(q).cast(), _mm256_or_si256(low, high));

                let mut kappa = one;
                if !first {
                    // The OR of the four bottom samples above has the highest bit of the greatest. Four quads lie in the
                    // even lanes of each half, then all eight in order.
                    let four = |i: usize| {
                        let pairs = _mm256_or_si256(load(bottoms, i), load(bottoms, i + 2));
                        _mm256_castsi256_ps(_mm256_or_si256(pairs, _mm256_srli_epi64::<32>(pairs)))
                    };
                    let any = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(four(2 * q), four(2 * q + 8)));
                    let any = _mm256_permute4x64_epi64::<0b11_01_10_00>(any);
                    // As a float it shows in the exponent field, once the bit below the first is cleared so that nothing is
                    // rounded up.
                    let floor = _mm256_andnot_si256(_mm256_srli_epi32::<1>(any), any);
                    let field = _mm256_srli_epi32::<23>(_mm256_castps_si256(_mm256_cvtepi32_ps(floor)));
                    let less_one = _mm256_sub_epi32(field, _mm256_set1_epi32(127));
                    let several = _mm256_srai_epi32::<31>(_mm256_slli_epi32::<{ 31 - record::SEVERAL as i32 }>(quad));
                    kappa = _mm256_max_epi32(_mm256_and_si256(less_one, several), one);
                }
                quad = _mm256_add_epi32(quad, _mm256_slli_epi32::<{ record::EXPONENT as i32 }>(kappa));
                all = _mm256_or_si256(all, quad);
                most = _mm256_max_epu32(most, quad);
                _mm256_storeu_si256(records.add(q + 1).cast(), quad);
            }
            // The exponent is a record's highest field.
            let bound = _mm256_set1_epi32((((greatest + 1) << record::EXPONENT) - 1) as i32);
            if _mm256_testz_si256(all, _mm256_set1_epi32(outside as i32)) == 0 {
                Err(BlockError::Outside)
            } else if _mm256_movemask_epi8(_mm256_cmpeq_epi32(_mm256_max_epu32(most, bound), bound)) != -1 {
                Err(BlockError::Exponent)
            } else {
                Ok(())
            }
        }
    }

    #[inline(always)]
    unsafe fn find<F: Form + Lanes>(taking: &mut Taking<F>, q: usize) -> Found {
        // SAFETY: two records from index q + 1 lie in their array, as q is less than ROW - AFTER - 2. A row begins no later than
        // the end of the bits (`row_start`) and takes at most 25 bits for each sample (`finish_row`); behind the end there
        // are four bytes for each and 64 more (`MagSgnBits`). The caller has promised AVX2.
        unsafe {
            let records = _mm256_castsi128_si256(_mm_loadl_epi64(taking.row.records.add(q + 1).cast()));
            let quad = _mm256_permutevar8x32_epi32(records, _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1));
            let one = _mm256_set1_epi32(1);
            let lanes = |first: u32| _mm256_add_epi32(_mm256_set1_epi32(first as i32), _mm256_setr_epi32(0, 1, 2, 3, 0, 1, 2, 3));
            let flag = |first: u32| _mm256_and_si256(_mm256_srlv_epi32(quad, lanes(first)), one);
            let significant = _mm256_cmpeq_epi32(flag(record::RHO), one);
            let bound = _mm256_srli_epi32::<{ record::EXPONENT as i32 }>(quad);
            let length = _mm256_and_si256(_mm256_sub_epi32(bound, flag(record::E_K)), significant);
            // Below 32 in any case; said so that the shifts by it need no care for more.
            let shift = _mm256_and_si256(length, _mm256_set1_epi32(31));

            // Where each sample's bits begin: lengths summed within each half, then the bit within the half's first byte.
            let sum = _mm256_add_epi32(length, _mm256_slli_si256::<4>(length));
            let sum = _mm256_add_epi32(sum, _mm256_slli_si256::<8>(sum));
            let totals = _mm256_shuffle_epi32::<0b11_11_11_11>(sum);
            let first = _mm_cvtsi128_si32(_mm256_castsi256_si128(totals)) as u32 as usize;
            let second = _mm_cvtsi128_si32(_mm256_extracti128_si256::<1>(totals)) as u32 as usize;
            let (position0, position1) = (taking.position, taking.position + first);
            taking.position = position1 + second;
            let within = _mm256_set_m128i(_mm_set1_epi32(position1 as i32 & 7), _mm_set1_epi32(position0 as i32 & 7));
            let begin = _mm256_add_epi32(_mm256_sub_epi32(sum, length), within);
            let load = |position: usize| _mm_loadu_si128(taking.bytes.add(position / 8).cast());
            let data = _mm256_set_m128i(load(position1), load(position0));
            Found { significant, shift, known: flag(record::E_1), begin, data }
        }
    }

    #[inline(always)]
    unsafe fn take<F: Form + Lanes>(taking: &mut Taking<F>, found: Found, q: usize, columns: usize) {
        let Found { significant, shift, known, begin, data } = found;
        // SAFETY: four bottoms from index 2q + 1 lie in their array, as q is less than ROW - AFTER - 2. The caller has
        // promised the columns, and AVX2.
        unsafe {
            // The four bytes that hold a sample's bits, shifted down and cut to its length.
            let byte = _mm256_srli_epi32::<3>(begin);
            let spread = _mm256_set_epi32(0x0C0C_0C0C, 0x0808_0808, 0x0404_0404, 0, 0x0C0C_0C0C, 0x0808_0808, 0x0404_0404, 0);
            let four = _mm256_add_epi8(_mm256_shuffle_epi8(byte, spread), _mm256_set1_epi32(0x0302_0100));
            let shifted = _mm256_srlv_epi32(_mm256_shuffle_epi8(data, four), _mm256_and_si256(begin, _mm256_set1_epi32(7)));
            let beyond = _mm256_sllv_epi32(_mm256_set1_epi32(-1), shift);
            let known = _mm256_sllv_epi32(known, shift);
            let values = _mm256_or_si256(_mm256_andnot_si256(beyond, shifted), known);

            // Samples 0 and 2 of a quad are its top line, 1 and 3 its bottom line.
            let lines = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
            let values = _mm256_permutevar8x32_epi32(values, lines);
            let significant = _mm256_permutevar8x32_epi32(significant, lines);
            let bottom = _mm256_extracti128_si256::<1>(values);
            _mm_storeu_si128(taking.row.bottoms.add(2 * q + 1).cast(), bottom);
            let samples = taking.form.eight(values, significant);
            let halves = [_mm256_castsi256_si128(samples), _mm256_extracti128_si256::<1>(samples)];
            for (line, half) in taking.lines.into_iter().zip(halves) {
                let line = line.add(2 * q).cast::<i32>();
                if columns == 4 {
                    _mm_storeu_si128(line.cast(), half);
                } else {
                    let wanted = _mm_cmpgt_epi32(_mm_set1_epi32(columns as i32), _mm_setr_epi32(0, 1, 2, 3));
                    _mm_maskstore_epi32(line, wanted, half);
                }
            }
        }
    }
}

/// Two quads, a lane for each sample.
#[derive(Clone, Copy)]
pub(super) struct Found {
    /// The mask of significant samples.
    significant: __m256i,
    /// Bits of each sample, and the bit above them that is known, 0 or 1.
    shift: __m256i,
    known: __m256i,
    /// Where they begin, in bits, in the bytes that were loaded for each quad.
    begin: __m256i,
    data: __m256i,
}

/// A [`Form`], eight samples at a time.
pub(super) trait Eight: Copy {
    /// The samples for MagSgn values; lanes outside the mask `significant` become 0.
    ///
    /// # Safety
    /// AVX2 must be enabled in the caller.
    unsafe fn eight(self, values: __m256i, significant: __m256i) -> __m256i;
}

impl Eight for Integer {
    #[inline(always)]
    unsafe fn eight(self, values: __m256i, significant: __m256i) -> __m256i {
        // SAFETY: the caller has AVX2 enabled.
        unsafe {
            let shift = _mm_cvtsi32_si128(i32::from(self.plane));
            let magnitude = _mm256_srli_epi32::<1>(_mm256_sll_epi32(middle(values), shift));
            let sign = _mm256_or_si256(_mm256_slli_epi32::<31>(values), _mm256_set1_epi32(1));
            _mm256_sign_epi32(magnitude, _mm256_and_si256(sign, significant))
        }
    }
}

impl Eight for Doubled {
    #[inline(always)]
    unsafe fn eight(self, values: __m256i, significant: __m256i) -> __m256i {
        // SAFETY: the caller has AVX2 enabled.
        unsafe {
            let magnitude = _mm256_sll_epi32(middle(values), _mm_cvtsi32_si128(i32::from(self.plane)));
            _mm256_and_si256(_mm256_or_si256(magnitude, _mm256_slli_epi32::<31>(values)), significant)
        }
    }
}

impl Eight for Real {
    #[inline(always)]
    unsafe fn eight(self, values: __m256i, significant: __m256i) -> __m256i {
        // SAFETY: the caller has AVX2 enabled.
        unsafe {
            let magnitude = _mm256_mul_ps(_mm256_cvtepi32_ps(middle(values)), _mm256_set1_ps(self.half));
            let signed = _mm256_or_si256(_mm256_castps_si256(magnitude), _mm256_slli_epi32::<31>(values));
            _mm256_and_si256(signed, significant)
        }
    }
}

/// 2 mu + 1 from MagSgn values.
///
/// # Safety
/// AVX2 must be enabled in the caller.
#[inline(always)]
unsafe fn middle(values: __m256i) -> __m256i {
    // SAFETY: the caller has AVX2 enabled.
    unsafe { _mm256_or_si256(_mm256_add_epi32(values, _mm256_set1_epi32(2)), _mm256_set1_epi32(1)) }
}
