//! MagSgn bytes without stuffing bits, with AVX2: 32 bytes at a time where none of them has one.

use super::segment::{Writer, append_word};
use crate::cpu::simd::Simd;
use std::arch::x86_64::*;

/// Appends whole blocks of the input and returns what is left of it. `first` is as in [`append_word`].
pub(super) fn blocks<'i>(simd: Simd, writer: &mut Writer<'_>, first: &mut u64, input: &'i [u8]) -> &'i [u8] {
    assert!(simd.is_avx2());
    // SAFETY: `is_avx2` says that the processor has what the function enables.
    unsafe { blocks_avx2(writer, first, input) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn blocks_avx2<'i>(writer: &mut Writer<'_>, first: &mut u64, input: &'i [u8]) -> &'i [u8] {
    let (blocks, rest) = input.as_chunks::<32>();
    for block in blocks {
        // SAFETY: a block is 32 bytes.
        let words = unsafe { _mm256_loadu_si256(block.as_ptr().cast()) };
        let ones = _mm256_movemask_epi8(_mm256_cmpeq_epi8(words, _mm256_set1_epi8(-1)));
        if ones != 0 || *first != 0 {
            block.as_chunks().0.iter().for_each(|word| append_word(writer, first, u64::from_le_bytes(*word)));
            continue;
        }
        // Every word moves up by the pending bits and takes in as many from the top of the one before. A shift by 64 gives 0.
        let up = _mm_cvtsi32_si128(writer.count as i32);
        let down = _mm_cvtsi32_si128(64 - writer.count as i32);
        let before = _mm256_permute4x64_epi64::<0b10_01_00_00>(_mm256_srl_epi64(words, down));
        let pending = _mm256_castsi128_si256(_mm_cvtsi64_si128(writer.pending as i64));
        let carried = _mm256_blend_epi32::<0b0000_0011>(before, pending);
        let out = &mut writer.bytes[writer.at..writer.at + 32];
        // SAFETY: the slice is 32 bytes.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), _mm256_or_si256(_mm256_sll_epi64(words, up), carried)) };
        writer.at += 32;
        writer.pending = u64::from(block[31]) >> (8 - writer.count);
    }
    rest
}
