//! What a row of quads says before it is written: the code of each quad and its magnitudes (ISO/IEC 15444-15, 7.3.5 to 7.3.8
//! turned around). All of it follows from the samples, so that many quads can be done at a time.

use super::tables::{INITIAL, OTHER, code};
use crate::cpu::simd::Simd;

/// Most quads in a row, and room for one before it and a vector behind it.
pub(super) const ROW: usize = 1024 / 2 + 1 + 8;

/// The two rows of samples of a row of quads.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    pub top: &'a [i32],
    /// As long as `top`, or empty below the last row of the block.
    pub bottom: &'a [i32],
}

/// Exponents of the bottom samples of a row of quads; quad q is at index q + 1, zeros around.
pub(super) struct Bottoms {
    /// Of sample 1, to the left.
    pub left: [u32; ROW],
    /// Of sample 3, to the right.
    pub right: [u32; ROW],
}

/// What is to be written for a row of quads; quad q is at index q. Behind the last one, up to the next multiple of eight, are
/// quads without samples.
pub(super) struct Quads {
    /// Entries of the tables of codes.
    pub codes: [u32; ROW],
    /// u_q.
    pub u: [u32; ROW],
    /// MagSgn bits of samples 0 and 1, and of samples 2 and 3, the first lowest, and how many.
    pub magsgn: [[u64; ROW]; 2],
    pub lengths: [[u32; ROW]; 2],
    /// For eight quads each, the first lowest: whether the context is 0, so that a MEL event says whether rho is.
    pub mel: [u8; ROW / 8],
    /// For eight quads each: whether rho is not 0.
    pub significant: [u8; ROW / 8],
}

impl Default for Bottoms {
    fn default() -> Self {
        Self { left: [0; ROW], right: [0; ROW] }
    }
}

impl Default for Quads {
    fn default() -> Self {
        let (codes, u, mel, significant) = ([0; ROW], [0; ROW], [0; ROW / 8], [0; ROW / 8]);
        Self { codes, u, magsgn: [[0; ROW]; 2], lengths: [[0; ROW]; 2], mel, significant }
    }
}

/// The MagSgn value 2 (mu - 1) + s of a sample that is not 0, with magnitude mu and sign s, and its exponent.
fn magnitude(sample: i32) -> (u32, u32) {
    let twice = sample.unsigned_abs().wrapping_mul(2);
    (twice.wrapping_sub(2) | (sample as u32) >> 31, 32 - twice.wrapping_sub(1).leading_zeros())
}

/// Analyses a row of quads. `above` is what the row above left; its own bottoms go to `below`.
pub(super) fn analyse(simd: Simd, first_row: bool, lines: Lines<'_>, above: &Bottoms, below: &mut Bottoms, quads: &mut Quads) {
    #[cfg(target_arch = "x86_64")]
    if simd.is_avx2() {
        return super::avx2::analyse(simd, first_row, lines, above, below, quads);
    }
    let _ = simd;
    analyse_scalar(first_row, lines, above, below, quads);
}

/// The same in plain code.
fn analyse_scalar(first_row: bool, lines: Lines<'_>, above: &Bottoms, below: &mut Bottoms, quads: &mut Quads) {
    let width = lines.top.len();
    let table = if first_row { &INITIAL } else { &OTHER };
    let mut left = 0;
    quads.mel[..width.div_ceil(16)].fill(0);
    quads.significant[..width.div_ceil(16)].fill(0);
    let padded = width.div_ceil(16) * 8;
    // An earlier block may have been wider.
    below.left[padded + 1] = 0;
    for q in 0..padded {
        let sample = |line: &[i32], x: usize| line.get(x).copied().unwrap_or(0);
        let samples =
            [sample(lines.top, 2 * q), sample(lines.bottom, 2 * q), sample(lines.top, 2 * q + 1), sample(lines.bottom, 2 * q + 1)];
        let values = samples.map(|s| if s == 0 { (0, 0) } else { magnitude(s) });
        let bits = |holds: &dyn Fn(usize) -> bool| (0..4).map(|n| u32::from(holds(n)) << n).sum::<u32>();
        let rho = bits(&|n| samples[n] != 0);
        // The bottom samples above: of the quad to the west and its own left one, and its own right one and to the east.
        let west = if first_row { 0 } else { above.right[q].max(above.left[q + 1]) };
        let east = if first_row { 0 } else { above.right[q + 1].max(above.left[q + 2]) };
        let context = if first_row {
            u32::from(left & 0b0011 != 0) | (left >> 2 & 1) << 1 | (left >> 3) << 2
        } else {
            u32::from(west > 0) | u32::from(left & 0b1100 != 0) << 1 | u32::from(east > 0) << 2
        };
        // kappa_q (7.3.7).
        let kappa = if rho.count_ones() > 1 { west.max(east).saturating_sub(1).max(1) } else { 1 };
        let greatest = values.iter().map(|v| v.1).max().unwrap_or(0);
        let bound = greatest.max(kappa);
        let epsilon = if bound == kappa { 0 } else { bits(&|n| values[n].1 == bound) };
        let entry = table[(context << 8 | rho << 4 | epsilon) as usize];
        quads.codes[q] = entry;
        quads.u[q] = bound - kappa;
        for half in 0..2 {
            let (mut word, mut length) = (0, 0);
            for n in [2 * half, 2 * half + 1] {
                if samples[n] != 0 {
                    let bits = bound - (entry >> (code::E_K + n as u32) & 1);
                    word |= u64::from(values[n].0 & ((1 << bits) - 1)) << length;
                    length += bits;
                }
            }
            (quads.magsgn[half][q], quads.lengths[half][q]) = (word, length);
        }
        quads.mel[q / 8] |= u8::from(context == 0) << (q % 8);
        quads.significant[q / 8] |= u8::from(rho != 0) << (q % 8);
        (below.left[q + 1], below.right[q + 1]) = (values[1].1, values[3].1);
        left = rho;
    }
}
