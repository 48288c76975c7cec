//! Encoding tables for CxtVLC and U-VLC codes (ISO/IEC 15444-15, 7.3.5, 7.3.6 and Annex C), built at compile time.

use super::super::codes::{CODES, Code};

/// A quad's code. Entries without a length stand for quads that have none.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0..7 | codeword, its first bit lowest |
/// | 8..11 | length of the codeword |
/// | 12..16 | e_k, which samples' leading magnitude bit is known |
pub(super) mod code {
    pub const LENGTH: u32 = 8;
    pub const E_K: u32 = 12;
}

/// Codes by context (three bits), rho (four bits) and epsilon (four bits), in the first row of quads. Epsilon says which
/// samples have an exponent as great as the quad's bound where u_q is not 0, and is 0 otherwise.
pub(super) static INITIAL: [u32; 2048] = cxt_vlc(true);
/// The same for the other rows.
pub(super) static OTHER: [u32; 2048] = cxt_vlc(false);

const fn cxt_vlc(initial: bool) -> [u32; 2048] {
    let mut table = [0u32; 2048];
    let mut n = 0;
    while n < CODES.len() {
        let Code { context, rho, u_off, e_k, e_1, codeword, length, .. } = CODES[n];
        let entry = codeword | length << code::LENGTH | e_k << code::E_K;
        let mut epsilon = 0;
        while epsilon < 16 && CODES[n].initial == initial {
            let fits = if u_off == 0 { epsilon == 0 } else { epsilon != 0 && epsilon & !rho == 0 && epsilon & e_k == e_1 };
            let index = (context << 8 | rho << 4 | epsilon) as usize;
            // Of several codes the one that tells most bits: they need no MagSgn bit then.
            let known = (table[index] >> code::E_K).count_ones();
            if fits && (table[index] == 0 || e_k.count_ones() > known) {
                table[index] = entry;
            }
            epsilon += 1;
        }
        n += 1;
    }
    table
}

/// Values of u_q that [`UVLC`] has, from 0 on: all below those that need an extension.
pub(super) const U_VALUES: u32 = 32;

/// U-VLC codes of a pair of quads by the first and the second u_q, five bits each: the code in bits 0..24, its first bit
/// lowest, and its length above.
pub(super) static UVLC: [u32; 1024] = u_vlc(false);
/// The same for the first row of quads, where a MEL event says whether both of two values are above 2 (7.3.6).
pub(super) static UVLC_INITIAL: [u32; 1024] = u_vlc(true);

/// Prefix and suffix of one value, each with its length (Table 3).
const fn parts(u: u32) -> [(u32, u32); 2] {
    match u {
        0 => [(0, 0), (0, 0)],
        1 => [(1, 1), (0, 0)],
        2 => [(2, 2), (0, 0)],
        3 | 4 => [(4, 3), (u - 3, 1)],
        _ => [(0, 3), (u - 5, 5)],
    }
}

const fn u_vlc(initial: bool) -> [u32; 1024] {
    let mut table = [0; 1024];
    let mut index = 0;
    while index < 1024 {
        let (u0, u1) = (index as u32 / U_VALUES, index as u32 % U_VALUES);
        let both = initial && u0 > 0 && u1 > 0;
        let (first, second) = if both && u0 > 2 && u1 > 2 {
            (parts(u0 - 2), parts(u1 - 2))
        } else if both && u0 > 2 {
            (parts(u0), [(u1 - 1, 1), (0, 0)])
        } else {
            (parts(u0), parts(u1))
        };
        // Prefixes come before suffixes.
        let order = [first[0], second[0], first[1], second[1]];
        let (mut bits, mut length, mut n) = (0, 0, 0);
        while n < 4 {
            bits |= order[n].0 << length;
            length += order[n].1;
            n += 1;
        }
        table[index] = bits | length << 24;
        index += 1;
    }
    table
}
