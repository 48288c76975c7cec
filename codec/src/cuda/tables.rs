//! The decoding tables in the layout that the kernels read.

use lightbox_kernels::device::TABLE_WORDS;

use crate::cpu::block::ht::{INITIAL, OTHER, UVLC, UVLC_SUFFIXES};
use crate::cpu::block::mq::{SIGN_CODING, STATES, ZERO_CODING};

/// The second of four samples, in three fields of a record.
const SAMPLE_1: u32 = 0x22_2000;

/// CxtVLC of the first row of quads and of the others, as records of quads whose fields of four bits have samples 1 and 2
/// exchanged. Then U-VLC codes of pairs, two words each:
///
/// | bits | first word | second word |
/// | --- | --- | --- |
/// | 0..8 | length of prefixes and suffixes | rotation of the first suffix to bit 24 |
/// | 8..16 | | rotation of the second suffix to bit 16 |
/// | 16..24 | second value without its suffix | mask of the second suffix |
/// | 24..32 | first value without its suffix | mask of the first suffix |
///
/// Then zero and sign coding, four bytes to a word, and probability states: Qe in the upper half, the states that follow the less
/// and the more probable symbol from bits 9 and 2 on, MPS.
pub(super) fn words() -> Vec<u32> {
    let mut words = Vec::with_capacity(TABLE_WORDS);
    let by_rows = |entry: &u32| entry & !(3 * SAMPLE_1) | (entry & SAMPLE_1) << 1 | entry >> 1 & SAMPLE_1;
    words.extend(INITIAL.iter().chain(&OTHER).map(by_rows));
    for (&code, &suffixes) in UVLC.iter().zip(&UVLC_SUFFIXES) {
        let [low, high, first, second] = [code, code >> 32, suffixes, suffixes >> 32].map(|v| v as u32);
        let (length, prefixes) = (low & 63, high & 63);
        let [first, second] = [first, second].map(u32::count_ones);
        // Those are to the right.
        let (to_top, to_next) = (prefixes.wrapping_sub(24) & 31, (prefixes + first).wrapping_sub(16) & 31);
        words.push(length | (high >> 24) << 16 | (low >> 24) << 24);
        words.push(to_top | to_next << 8 | ((1 << second) - 1) << 16 | ((1 << first) - 1) << 24);
    }
    let bytes = ZERO_CODING.as_flattened().iter().chain(&SIGN_CODING);
    words.extend(bytes.copied().collect::<Vec<u8>>().as_chunks().0.iter().map(|&four| u32::from_le_bytes(four)));
    words.extend(STATES.iter().map(|state| {
        let [_, more, less, symbol] = state.next.to_le_bytes().map(u32::from);
        (state.qe >> 32) as u32 | less << 9 | more << 2 | symbol
    }));
    debug_assert_eq!(words.len(), TABLE_WORDS);
    words
}
