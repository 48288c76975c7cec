//! Decoding tables for CxtVLC and U-VLC codes (ISO/IEC 15444-15, 7.3.5, 7.3.6 and Annex C), built at compile time.

use super::codes::{CODES, Code};

/// A quad's record. A table entry is one without exponent; [`super::quads`] adds u_q and later kappa_q.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0..3 | length of the codeword; with the zeros above it a shift count of six bits; other lengths once u_q is added |
/// | 6 | u_off, until u_q is added |
/// | 7..10 | what the quad adds to the context of the next one in its row |
/// | 11 | more than one sample is significant (gamma_q) |
/// | 12..16 | rho, the significance of the four samples |
/// | 16..20 | e_k, which samples' leading magnitude bit is known |
/// | 20..24 | e_1, the known bits |
/// | 24..32 | exponent bound U_q |
pub(super) mod record {
    pub const LENGTH: u32 = 7;
    pub const U_OFF: u32 = 6;
    pub const CONTEXT: u32 = 7;
    pub const SEVERAL: u32 = 11;
    pub const RHO: u32 = 12;
    pub const E_K: u32 = 16;
    pub const E_1: u32 = 20;
    pub const EXPONENT: u32 = 24;
}

/// The context's bits in a table index: three above the seven of the code.
pub(super) const CONTEXT_MASK: u32 = 7 << record::CONTEXT;

/// Entries by context (three bits) and the next seven bits of the stream, for the first row of quads.
pub(crate) static INITIAL: [u32; 1024] = cxt_vlc(true);
/// The same for the other rows.
pub(crate) static OTHER: [u32; 1024] = cxt_vlc(false);

const fn cxt_vlc(initial: bool) -> [u32; 1024] {
    let mut table = [0; 1024];
    let mut n = 0;
    while n < CODES.len() {
        let Code { context, rho, u_off, e_k, e_1, codeword, length, .. } = CODES[n];
        let entry = length
            | u_off << record::U_OFF
            | ((rho.count_ones() > 1) as u32) << record::SEVERAL
            | next_context(initial, rho) << record::CONTEXT
            | rho << record::RHO
            | e_k << record::E_K
            | e_1 << record::E_1;
        let mut code = codeword;
        while code < 128 && CODES[n].initial == initial {
            let index = (context << 7 | code) as usize;
            assert!(table[index] == 0, "no code is the beginning of another");
            table[index] = entry;
            code += 1 << length;
        }
        n += 1;
    }
    let mut i = 0;
    while i < table.len() {
        assert!(table[i] != 0, "every sequence of seven bits begins with a code");
        i += 1;
    }
    table
}

/// What a quad adds to the context of its right neighbour (7.3.5, equations 1 and 2): in the first row all three bits,
/// in the others the middle one, for the samples to the west and south-west.
const fn next_context(initial: bool, rho: u32) -> u32 {
    let right = (rho & 0b1100 != 0) as u32;
    if initial { (rho & 0b0011 != 0) as u32 | (rho >> 2 & 1) << 1 | (rho >> 3) << 2 } else { right << 1 }
}

/// Which quads of a pair have u_off, and how their U-VLC codes are joined: the row of [`UVLC`].
pub(super) mod mode {
    /// The first row of quads with u_off in both and a MEL event 0: behind a long first code the second is one bit.
    pub const BOTH_SHORT: u32 = 4;
    /// The same with a MEL event 1: both values are 2 greater.
    pub const BOTH_LONG: u32 = 5;
}

/// A pair's U-VLC code by mode (0 to 3: the two u_off bits) and the next six bits of the stream, so that it can be added to
/// the pair of records.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0..6 | length of prefixes and suffixes |
/// | 24..32 | first value without its suffix |
/// | 32..38 | length of the prefixes |
/// | 56..64 | second value without its suffix |
pub(crate) static UVLC: [u64; 8 * 64] = uvlc().0;

/// Where the bits of the suffixes belong in the pair of records.
pub(crate) static UVLC_SUFFIXES: [u64; 8 * 64] = uvlc().1;

/// A suffix from 28 on, whose bits 2, 3 and 4 are set, is followed by an extension of four bits. Bit 2 of both.
pub(super) const EXTENDED: u64 = 1 << (record::EXPONENT + 2) | 1 << (record::EXPONENT + 34);

/// A prefix's length, its suffix's length and its value (Table 3).
const fn prefix(bits: u64) -> (u64, u64, u64) {
    match bits & 7 {
        0b001 | 0b011 | 0b101 | 0b111 => (1, 0, 1),
        0b010 | 0b110 => (2, 0, 2),
        0b100 => (3, 1, 3),
        _ => (3, 5, 5),
    }
}

const fn uvlc() -> ([u64; 8 * 64], [u64; 8 * 64]) {
    let (mut codes, mut suffixes) = ([0; 8 * 64], [0; 8 * 64]);
    let mut index = 0;
    while index < 6 * 64 {
        let (mode, bits) = (index as u32 / 64, index as u64 % 64);
        let none = (0, 0, 0);
        let (p0, s0, u0) = if mode & 1 == 1 || mode == mode::BOTH_SHORT { prefix(bits) } else { none };
        let rest = bits >> p0;
        let (p1, s1, u1) = match mode {
            mode::BOTH_SHORT if u0 > 2 => (1, 0, 1 + (rest & 1)),
            2.. => prefix(rest),
            _ => none,
        };
        let more = if mode == mode::BOTH_LONG { 2 } else { 0 };
        codes[index] =
            (p0 + p1 + s0 + s1) | (p0 + p1) << 32 | (u0 + more) << record::EXPONENT | (u1 + more) << (record::EXPONENT + 32);
        suffixes[index] = ((1 << s0) - 1) << record::EXPONENT | ((1 << s1) - 1) << (record::EXPONENT + 32);
        index += 1;
    }
    (codes, suffixes)
}
