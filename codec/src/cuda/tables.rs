//! The decoding tables in the layout that the kernels read.

use lightbox_kernels::device::TABLE_WORDS;

use crate::cpu::block::ht::{INITIAL, OTHER, UVLC, UVLC_SUFFIXES};
use crate::cpu::block::mq::{SIGN_CODING, STATES, ZERO_CODING};

/// Where a value without its suffix is.
const VALUE: u32 = 0xFF << 24;

/// CxtVLC of the first row of quads and of the others, as records of quads. Then U-VLC codes of pairs, two words each:
///
/// | bits | first word | second word |
/// | --- | --- | --- |
/// | 0..8 | length of prefixes and suffixes | length of the second suffix |
/// | 8..16 | length of the prefixes | |
/// | 16..24 | length of the first suffix | |
/// | 24..32 | first value without its suffix | second value without its suffix |
///
/// Then zero and sign coding, four bytes to a word, and probability states: Qe in the upper half, the states that follow the less
/// and the more probable symbol from bits 9 and 2 on, MPS.
pub(super) fn words() -> Vec<u32> {
    let mut words = Vec::with_capacity(TABLE_WORDS);
    words.extend_from_slice(&INITIAL);
    words.extend_from_slice(&OTHER);
    for (&code, &suffixes) in UVLC.iter().zip(&UVLC_SUFFIXES) {
        let [low, high, first, second] = [code, code >> 32, suffixes, suffixes >> 32].map(|v| v as u32);
        let (length, prefixes) = (low & 63, high & 63);
        words.push(length | prefixes << 8 | first.count_ones() << 16 | low & VALUE);
        words.push(second.count_ones() | high & VALUE);
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
