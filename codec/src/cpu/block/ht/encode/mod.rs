//! The high-throughput block encoder: one cleanup pass that holds every bit-plane (ISO/IEC 15444-15, clause 7 turned around).
//!
//! `quads` (or its AVX2 form) says for a whole row of quads what is to be written, which has no chain from quad to quad;
//! the loops here only append bits. Stuffing comes last, over whole words.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2;
mod quads;
mod streams;
mod tables;
#[cfg(test)]
mod tests;

use super::segment::Writer;
use crate::cpu::simd::Simd;
use quads::{Bottoms, Lines, Quads};
use streams::MelWriter;
use tables::{U_VALUES, UVLC, UVLC_INITIAL, code};

/// Most magnitude bits of a sample that is encoded here: U-VLC codes then need no extension, and the exponents of
/// `f32` are exact.
pub const MAX_MAGNITUDE_BITS: u32 = 23;

/// Room for the MagSgn bits of 4096 samples of one bit more than [`MAX_MAGNITUDE_BITS`], and what is read and written behind.
const MAGSGN_BYTES: usize = 4096 * 3 + 32;
/// Room for the VLC bits of 1024 quads, at most 7 of a code and 8 of U-VLC each, or of 512 lone quads.
const VLC_BYTES: usize = 1024 * 2 + 32;
/// The greatest length of a segment: both of the above with a stuffing bit in every byte, and MEL.
const SEGMENT_BYTES: usize = (MAGSGN_BYTES + VLC_BYTES) * 8 / 7 + 1200;

/// Working memory for one thread, reused from block to block.
pub struct Scratch {
    bottoms: [Bottoms; 2],
    quads: Box<Quads>,
    magsgn: Box<[u8; MAGSGN_BYTES]>,
    vlc: Box<[u8; VLC_BYTES]>,
    mel: Box<MelWriter>,
    /// MagSgn bytes from the front, VLC bytes from the back.
    segment: Box<[u8; SEGMENT_BYTES]>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            bottoms: Default::default(),
            quads: Box::default(),
            magsgn: Box::new([0; MAGSGN_BYTES]),
            vlc: Box::new([0; VLC_BYTES]),
            mel: Box::new(MelWriter::new()),
            segment: Box::new([0; SEGMENT_BYTES]),
        }
    }
}

/// A code-block as rows of coefficients in two's complement.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    /// The block's first row and all behind it.
    pub plane: &'a [i32],
    /// Samples from one row to the next.
    pub stride: usize,
    /// Columns of the block, 1 to 1024.
    pub width: usize,
    /// Rows of the block, at most 4096 samples in all.
    pub height: usize,
}

impl<'a> Samples<'a> {
    fn row(&self, y: usize) -> &'a [i32] {
        if y < self.height { &self.plane[y * self.stride..][..self.width] } else { &[] }
    }

    /// The bits of the greatest magnitude.
    pub fn magnitude_bits(&self) -> u32 {
        let all = (0..self.height).flat_map(|y| self.row(y)).fold(0, |all, &sample| all | sample.unsigned_abs());
        32 - all.leading_zeros()
    }
}

/// Encodes a block, which has a sample that is not 0, into a cleanup segment for M_b - 1 missing bit-planes.
///
/// # Panics
/// When the block is empty, too large, or has magnitudes of more than [`MAX_MAGNITUDE_BITS`] bits: the caller has checked.
pub fn encode(simd: Simd, samples: &Samples<'_>, scratch: &mut Scratch) -> Vec<u8> {
    let Samples { width, height, .. } = *samples;
    assert!((1..=1024).contains(&width) && height >= 1 && width * height <= 4096, "no code-block has this size");
    assert!(samples.magnitude_bits() <= MAX_MAGNITUDE_BITS, "a magnitude has too many bits");
    let Scratch { bottoms, quads, magsgn, vlc, mel, segment } = scratch;
    mel.reset();
    let (mut magsgn_bits, mut vlc_bits) = (Writer::new(&mut magsgn[..]), Writer::new(&mut vlc[..]));
    // Where the suffix length will stand.
    vlc_bits.append(0xF, 4);
    let [mut above, mut below] = bottoms.each_mut();
    let count = width.div_ceil(2);
    for y in (0..height).step_by(2) {
        let lines = Lines { top: samples.row(y), bottom: samples.row(y + 1) };
        quads::analyse(simd, y == 0, lines, above, below, quads);
        // A pair may lack its second quad.
        quads.codes[count] = 0;
        std::mem::swap(&mut above, &mut below);
        if y == 0 {
            first_row_events(quads, count, mel);
        } else {
            events(quads, count, mel);
        }
        codes(if y == 0 { &UVLC_INITIAL } else { &UVLC }, quads, count, &mut vlc_bits);
        magnitudes(quads, count, &mut magsgn_bits);
    }
    let vlc_len = vlc_bits.finish(0, 9);
    let magsgn_len = magsgn_bits.finish(0xFF, 9);
    assemble(&magsgn[..], magsgn_len, &vlc[..], vlc_len, mel, segment)
}

/// MEL events of a row: for each quad in context 0, whether it has a sample.
fn events(quads: &Quads, count: usize, mel: &mut MelWriter) {
    for (group, (&asked, &significant)) in quads.mel.iter().zip(&quads.significant).take(count.div_ceil(8)).enumerate() {
        let last = count - 8 * group;
        let mut asked = if last < 8 { asked & ((1 << last) - 1) } else { asked };
        if asked & significant == 0 {
            mel.zeros(asked.count_ones());
            continue;
        }
        while asked != 0 {
            let bit = asked & asked.wrapping_neg();
            mel.event(significant & bit != 0);
            asked ^= bit;
        }
    }
}

/// MEL events of the first row, where a pair has one more when both its quads have a u_q (7.3.6).
fn first_row_events(quads: &Quads, count: usize, mel: &mut MelWriter) {
    for q in 0..count {
        let bit = |masks: &[u8]| masks[q / 8] >> (q % 8) & 1 == 1;
        if bit(&quads.mel) {
            mel.event(bit(&quads.significant));
        }
        if q % 2 == 1 && quads.u[q - 1] > 0 && quads.u[q] > 0 {
            mel.event(quads.u[q - 1].min(quads.u[q]) > 2);
        }
    }
}

/// Appends the CxtVLC and U-VLC codes of a row, pair by pair.
fn codes(uvlc: &[u32; 1024], quads: &Quads, count: usize, vlc: &mut Writer<'_>) {
    for (codes, u) in quads.codes.chunks_exact(2).zip(quads.u.chunks_exact(2)).take(count.div_ceil(2)) {
        let word = |entry: u32| (u64::from(entry & 0x7F), entry >> code::LENGTH & 7);
        let ((first, first_len), (second, second_len)) = (word(codes[0]), word(codes[1]));
        let tail = uvlc[(u[0] * U_VALUES + u[1]) as usize & 1023];
        let bits = first | second << first_len | u64::from(tail & 0xFF_FFFF) << (first_len + second_len);
        vlc.append(bits, first_len + second_len + (tail >> 24));
    }
}

/// Appends the magnitudes and signs of a row.
fn magnitudes(quads: &Quads, count: usize, magsgn: &mut Writer<'_>) {
    let Quads { magsgn: [first, second], lengths: [first_len, second_len], .. } = quads;
    for q in 0..count {
        let (a, b) = (first_len[q], second_len[q]);
        if a + b <= 56 {
            magsgn.append(first[q] | second[q] << a, a + b);
        } else {
            magsgn.append(first[q], a);
            magsgn.append(second[q], b);
        }
    }
}

/// Puts the streams together (7.1): MagSgn, then MEL forwards and VLC backwards, whose last bytes share one where they can.
fn assemble(
    magsgn: &[u8],
    magsgn_bits: usize,
    vlc: &[u8],
    vlc_bits: usize,
    mel: &mut MelWriter,
    segment: &mut [u8; SEGMENT_BYTES],
) -> Vec<u8> {
    let front = streams::stuff_forwards(magsgn, magsgn_bits, segment);
    let (mut back, used) = streams::stuff_backwards(vlc, vlc_bits, &mut segment[front..]);
    let (mel, last, mask) = mel.finish();
    let start = SEGMENT_BYTES - back;
    let mut middle = &[last][..usize::from(mask != 0)];
    let shared = segment[start] | last;
    let free = 0xFFu8.checked_shl(used).unwrap_or(0);
    // The byte that holds the suffix length is not shared, and no byte becomes 0xFF by sharing.
    let agree = (shared ^ last) & mask == 0 && (shared ^ segment[start]) & !free == 0;
    if mask != 0 && used < 8 && back > 1 && agree && shared != 0xFF {
        segment[start] = shared;
        middle = &[];
    }
    let suffix = mel.len() + middle.len() + back + 1;
    // S_cup in twelve bits (7.1.1).
    segment[SEGMENT_BYTES - 1] = segment[SEGMENT_BYTES - 1] & 0xF0 | (suffix & 15) as u8;
    back = SEGMENT_BYTES - back;
    let mut out = Vec::with_capacity(front + suffix);
    out.extend_from_slice(&segment[..front]);
    out.extend_from_slice(mel);
    out.extend_from_slice(middle);
    out.extend_from_slice(&segment[back..]);
    out.push((suffix >> 4) as u8);
    out
}
