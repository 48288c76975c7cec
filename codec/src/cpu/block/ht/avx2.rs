//! The cleanup pass with AVX2: a pair of quads, eight samples, at a time. While the magnitudes of one row are taken, the
//! codes of the next row are read in the same loop: the first work waits for throughput, the second for latency.

use super::BlockError;
use super::magsgn::{AFTER, Buffers, Cleanup, Doubled, Form, Integer, ROW, Reading, Real};
use super::quads::QuadReader;
use super::segment::MagSgnBits;
use super::vlc::record;
use crate::cpu::simd::Simd;
use std::arch::x86_64::*;

/// The greatest exponent bound for which four bytes hold any sample's bits wherever they begin within a byte.
pub(super) const MAX_EXPONENT: u32 = 25;

/// Runs the pass; see [`Cleanup::run`], which has checked the window and cleared the edges of `buffers`.
pub(super) fn run<F: Form + Lanes>(
    simd: Simd,
    cleanup: &Cleanup<'_>,
    buffers: &mut Buffers,
    form: F,
    out: &mut [F::Sample],
    stride: usize,
) -> Result<(), BlockError> {
    assert!(simd.is_avx2() && cleanup.greatest_exponent() <= MAX_EXPONENT && size_of::<F::Sample>() == 4);
    // SAFETY: `is_avx2` says that the processor has what the function enables.
    unsafe { run_avx2(cleanup, buffers, form, out, stride) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn run_avx2<F: Form + Lanes>(
    cleanup: &Cleanup<'_>,
    buffers: &mut Buffers,
    form: F,
    out: &mut [F::Sample],
    stride: usize,
) -> Result<(), BlockError> {
    let (width, height) = (cleanup.width, cleanup.height);
    let (quads, rows) = (width.div_ceil(2), height.div_ceil(2));
    let (bottom, right) = cleanup.outside();
    let (mut mel, mut reader) = (cleanup.streams.mel.clone(), QuadReader::new(cleanup.streams.vlc));
    let mut magsgn = MagSgn { bits: cleanup.streams.magsgn, position: 0 };
    let Buffers { rows: [row, next], contexts, bottoms, .. } = buffers;
    Reading { mel: &mut mel, reader: &mut reader, quads, contexts, row }.all::<true>();
    let mut last_line = [F::Sample::default(); 1024];
    for y in 0..rows {
        if !reader.within() {
            return Err(BlockError::VlcEnd);
        }
        if row[quads] & right != 0 {
            return Err(BlockError::Outside);
        }
        let outside = if 2 * y + 1 == height { bottom } else { 0 };
        finish_row(y, quads, row, bottoms, contexts, outside, cleanup.greatest_exponent())?;
        magsgn.position = magsgn.bits.row_start(magsgn.position);

        let (top, rest) = out[2 * y * stride..].split_at_mut(stride.min((height - 2 * y) * stride - (stride - width)));
        let second = if 2 * y + 1 < height { &mut rest[..width] } else { &mut last_line[..width] };
        let lines = [&mut top[..width], second];
        let reading = Reading { mel: &mut mel, reader: &mut reader, quads, contexts, row: next };
        if y + 1 < rows {
            sweep::<_, true>(form, &mut magsgn, &row[..], &mut bottoms[..], lines, reading);
        } else {
            sweep::<_, false>(form, &mut magsgn, &row[..], &mut bottoms[..], lines, reading);
        }
        std::mem::swap(row, next);
    }
    Ok(())
}

/// Decodes the samples of one row of quads into two lines and, unless it is the last, reads the next row meanwhile.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn sweep<F: Form + Lanes, const NEXT: bool>(
    form: F,
    magsgn: &mut MagSgn<'_>,
    row: &[u32],
    bottoms: &mut [u32],
    lines: [&mut [F::Sample]; 2],
    mut next: Reading<'_, '_>,
) {
    let quads = next.quads;
    let mut reader = *next.reader;
    let [top, bottom] = lines;
    let width = top.len();
    assert!(row.len() >= quads + 3 && bottoms.len() >= 2 * quads + 8 && bottom.len() == width && width.div_ceil(2) == quads);
    for x in (0..width - width % 4).step_by(4) {
        if NEXT {
            next.pair::<false>(&mut reader, x / 2, true);
        }
        // SAFETY: row holds quads + 3 records and bottoms 2 * quads + 8 values, and x / 2 < quads.
        let samples = unsafe { samples(x / 2, form, magsgn, row, bottoms) };
        // SAFETY: both lines hold `width` samples of four bytes, and x + 4 <= width.
        unsafe {
            _mm_storeu_si128(top.as_mut_ptr().add(x).cast(), _mm256_castsi256_si128(samples));
            _mm_storeu_si128(bottom.as_mut_ptr().add(x).cast(), _mm256_extracti128_si256::<1>(samples));
        }
    }
    let rest = width % 4;
    if rest > 0 {
        let x = width - rest;
        if NEXT {
            next.pair::<false>(&mut reader, x / 2, rest > 2);
        }
        let mut last = [F::Sample::default(); 8];
        // SAFETY: as above; `last` is eight samples of four bytes.
        unsafe {
            let samples = samples(x / 2, form, magsgn, row, bottoms);
            _mm256_storeu_si256(last.as_mut_ptr().cast(), samples);
        }
        top[x..].copy_from_slice(&last[..rest]);
        bottom[x..].copy_from_slice(&last[4..4 + rest]);
    }
    *next.reader = reader;
}

/// Decodes the pair of quads at `q`: four samples of the top line, then four of the bottom line.
///
/// # Safety
/// `row` holds three records and `bottoms` eight values more than those of the quads up to `q`.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn samples<F: Form + Lanes>(q: usize, form: F, magsgn: &mut MagSgn<'_>, row: &[u32], bottoms: &mut [u32]) -> __m256i {
    // SAFETY: the caller's promise; two records are eight bytes.
    let pair = unsafe { _mm_loadl_epi64(row.as_ptr().add(q + 1).cast()) };
    let (values, significant) = magsgn.pair(pair);
    // Samples 0 and 2 of a quad are its top line, 1 and 3 its bottom line.
    let odd = _mm256_setr_epi32(1, 3, 5, 7, 1, 3, 5, 7);
    let lines = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
    let exponents = _mm256_and_si256(_mm256_or_si256(values, _mm256_set1_epi32(1)), significant);
    let exponents = _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(exponents, odd));
    // SAFETY: the caller's promise for `bottoms`; AVX2 is enabled here.
    unsafe {
        _mm_storeu_si128(bottoms.as_mut_ptr().add(2 * q + 1).cast(), exponents);
        _mm256_permutevar8x32_epi32(form.samples(values, significant), lines)
    }
}

/// Takes magnitude and sign bits for a pair of quads at a time.
struct MagSgn<'a> {
    bits: MagSgnBits<'a>,
    position: usize,
}

impl MagSgn<'_> {
    /// The MagSgn values of two quads, a quad in each half, and the mask of significant samples. Both are 0 elsewhere.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn pair(&mut self, records: __m128i) -> (__m256i, __m256i) {
        let halves = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
        let quad = _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(records), halves);
        let one = _mm256_set1_epi32(1);
        let lanes = |first: i32| _mm256_add_epi32(_mm256_set1_epi32(first), _mm256_setr_epi32(0, 1, 2, 3, 0, 1, 2, 3));
        let flag = |first: u32| _mm256_and_si256(_mm256_srlv_epi32(quad, lanes(first as i32)), one);
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
        let (position0, position1) = (self.position, self.position + first);
        self.position = position1 + second;
        let within = _mm256_set_m128i(_mm_set1_epi32(position1 as i32 & 7), _mm_set1_epi32(position0 as i32 & 7));
        let begin = _mm256_add_epi32(_mm256_sub_epi32(sum, length), within);
        let data = _mm256_set_m128i(self.load(position1), self.load(position0));

        // The four bytes that hold a sample's bits, shifted down and cut to its length.
        let byte = _mm256_srli_epi32::<3>(begin);
        let spread = _mm256_setr_epi8(
            0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12, 0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12,
        );
        let four = _mm256_add_epi8(_mm256_shuffle_epi8(byte, spread), _mm256_set1_epi32(0x0302_0100));
        let shifted = _mm256_srlv_epi32(_mm256_shuffle_epi8(data, four), _mm256_and_si256(begin, _mm256_set1_epi32(7)));
        let beyond = _mm256_sllv_epi32(_mm256_set1_epi32(-1), shift);
        let known = _mm256_sllv_epi32(flag(record::E_1), shift);
        (_mm256_or_si256(_mm256_andnot_si256(beyond, shifted), known), significant)
    }

    /// Sixteen bytes from the one that holds bit `position`. Four samples of up to 25 bits from any bit of the first
    /// byte on end within them.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(&self, position: usize) -> __m128i {
        debug_assert!(position / 8 + 16 <= self.bits.bytes.len());
        // SAFETY: a row begins no later than the end of the bits (`row_start`) and takes at most 25 bits for each sample
        // (`finish_row`); behind the end there are four bytes for each and 32 more (`MagSgnBits`).
        unsafe { _mm_loadu_si128(self.bits.bytes.as_ptr().add(position / 8).cast()) }
    }
}

/// Adds kappa to the exponents of row `y` (7.3.7), eight quads at a time, and finds the contexts that it gives the next row.
/// Checks the row: no exponent above `greatest`, no bit of `outside` in a record.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn finish_row(
    y: usize,
    quads: usize,
    row: &mut [u32; ROW],
    bottoms: &[u32; 2 * ROW],
    contexts: &mut [u32; ROW],
    outside: u32,
    greatest: u32,
) -> Result<(), BlockError> {
    assert!(quads + AFTER < ROW);
    // The last eight may reach beyond the row: no quad there. Their exponent becomes 1, which nothing reads.
    row[quads + 1..quads + 1 + AFTER].fill(0);
    let one = _mm256_set1_epi32(1);
    let mut all = _mm256_setzero_si256();
    let mut most = _mm256_setzero_si256();
    for q in (0..quads).step_by(8) {
        // SAFETY: q < quads, so that eight records from index q + 2 end within quads + 2 + 7, less than ROW, and 24
        // values from index 2q within twice that.
        unsafe {
            let load = |s: &[u32], i: usize| _mm256_loadu_si256(s.as_ptr().add(i).cast());
            let mut quad = load(row, q + 1);

            // The lanes of `context_above`.
            const LOW: i32 = 1 << record::CONTEXT;
            let north = _mm256_srli_epi32::<{ (record::RHO + 1 - record::CONTEXT) as i32 }>(quad);
            let west = _mm256_srli_epi32::<{ (record::RHO + 3 - record::CONTEXT) as i32 }>(load(row, q));
            let east = _mm256_srli_epi32::<{ (record::RHO - 1 - record::CONTEXT) as i32 }>(load(row, q + 2));
            let low = _mm256_and_si256(_mm256_or_si256(west, north), _mm256_set1_epi32(LOW));
            let high = _mm256_and_si256(_mm256_or_si256(north, east), _mm256_set1_epi32(LOW << 2));
            _mm256_storeu_si256(contexts.as_mut_ptr().add(q).cast(), _mm256_or_si256(low, high));

            let mut kappa = one;
            if y > 0 {
                // The OR of the four bottom samples above has their greatest exponent. Four quads lie in the even lanes
                // of each half, then all eight in order.
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
            _mm256_storeu_si256(row.as_mut_ptr().add(q + 1).cast(), quad);
        }
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

/// A [`Form`], eight samples at a time.
pub(super) trait Lanes: Copy {
    /// The samples for MagSgn values; lanes outside the mask `significant` become 0.
    ///
    /// # Safety
    /// AVX2 must be enabled in the caller.
    unsafe fn samples(self, values: __m256i, significant: __m256i) -> __m256i;
}

impl Lanes for Integer {
    #[inline(always)]
    unsafe fn samples(self, values: __m256i, significant: __m256i) -> __m256i {
        // SAFETY: the caller has AVX2 enabled.
        unsafe {
            let shift = _mm_cvtsi32_si128(i32::from(self.plane));
            let magnitude = _mm256_srli_epi32::<1>(_mm256_sll_epi32(middle(values), shift));
            let sign = _mm256_or_si256(_mm256_slli_epi32::<31>(values), _mm256_set1_epi32(1));
            _mm256_sign_epi32(magnitude, _mm256_and_si256(sign, significant))
        }
    }
}

impl Lanes for Doubled {
    #[inline(always)]
    unsafe fn samples(self, values: __m256i, significant: __m256i) -> __m256i {
        // SAFETY: the caller has AVX2 enabled.
        unsafe {
            let magnitude = _mm256_sll_epi32(middle(values), _mm_cvtsi32_si128(i32::from(self.plane)));
            _mm256_and_si256(_mm256_or_si256(magnitude, _mm256_slli_epi32::<31>(values)), significant)
        }
    }
}

impl Lanes for Real {
    #[inline(always)]
    unsafe fn samples(self, values: __m256i, significant: __m256i) -> __m256i {
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
