//! Step two of the cleanup pass: exponent bounds, then magnitudes and signs (ISO/IEC 15444-15, 7.3.7 and 7.3.8), and the
//! scalar form of the whole pass.

use super::BlockError;
use super::mel::Mel;
use super::quads::{QuadReader, context_above, deposit};
use super::segment::Streams;
use super::vlc::record;
use crate::cpu::simd::Simd;
use std::ops::Range;

#[cfg(target_arch = "x86_64")]
use super::sweep::{self, Lanes};
#[cfg(not(target_arch = "x86_64"))]
use std::marker::Copy as Lanes;

/// A cleanup pass ready to run.
#[derive(Clone, Debug)]
pub(super) struct Cleanup<'a> {
    pub streams: Streams<'a>,
    pub width: usize,
    pub height: usize,
    /// Missing bit-planes P: a magnitude has at most P + 1 bits.
    pub missing: u8,
    /// The bit-plane of the magnitudes' last bit.
    pub plane: u8,
}

/// What becomes of a significant sample. Its MagSgn value is 2 (mu - 1) + s, with magnitude mu and sign s.
pub(super) trait Form: Copy {
    /// What is stored; the default stands for an insignificant sample.
    type Sample: Copy + Default;

    /// The sample for a MagSgn value. Forms of four bytes are for values that fit four bytes: at most 30 bit-planes.
    fn sample(self, value: u64) -> Self::Sample;
}

/// Two's complement integers; bits below the plane are taken at their middle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Integer {
    pub plane: u8,
}

/// Twice the integer's magnitude and half of its last bit, sign in the top bit: what the refinement passes work on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doubled {
    pub plane: u8,
}

/// Real coefficients; `half` is the step size times half the plane's weight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Real {
    pub half: f32,
}

/// The same in eight bytes instead of four, for any number of bit-planes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide<F>(pub F);

impl Real {
    /// For magnitudes whose last bit is bit-plane `plane` of a subband with quantisation step `step`.
    pub fn new(step: f32, plane: u8) -> Self {
        Self { half: step * 0.5 * (1u64 << plane) as f32 }
    }
}

/// 2 mu + 1: the magnitude with its middle bit.
#[inline(always)]
fn middle(value: u64) -> u64 {
    (value + 2) | 1
}

impl Form for Integer {
    type Sample = i32;

    #[inline(always)]
    fn sample(self, value: u64) -> i32 {
        let magnitude = (middle(value) << self.plane >> 1) as i32;
        if value & 1 == 1 { -magnitude } else { magnitude }
    }
}

impl Form for Doubled {
    type Sample = u32;

    #[inline(always)]
    fn sample(self, value: u64) -> u32 {
        (value << 31 | middle(value) << self.plane) as u32
    }
}

impl Form for Real {
    type Sample = f32;

    #[inline(always)]
    fn sample(self, value: u64) -> f32 {
        let magnitude = middle(value) as f32 * self.half;
        if value & 1 == 1 { -magnitude } else { magnitude }
    }
}

impl Form for Wide<Integer> {
    type Sample = i64;

    #[inline(always)]
    fn sample(self, value: u64) -> i64 {
        let magnitude = (middle(value) << self.0.plane >> 1) as i64;
        if value & 1 == 1 { -magnitude } else { magnitude }
    }
}

impl Form for Wide<Doubled> {
    type Sample = u64;

    #[inline(always)]
    fn sample(self, value: u64) -> u64 {
        value << 63 | middle(value) << self.0.plane
    }
}

impl Form for Wide<Real> {
    type Sample = f64;

    #[inline(always)]
    fn sample(self, value: u64) -> f64 {
        let magnitude = middle(value) as f64 * f64::from(self.0.half);
        if value & 1 == 1 { -magnitude } else { magnitude }
    }
}

/// Records after the last quad of a row that may be read as zeros.
pub(super) const AFTER: usize = 17;
/// Most quads in a row, and room for one before it and for those after it.
pub(super) const ROW: usize = 1024 / 2 + 2 + AFTER;

/// Two rows of quad records and what the row above says to the next.
#[derive(Debug)]
pub(super) struct Buffers {
    /// Records of a row; quad q is at index q + 1, zeros around.
    pub rows: [Box<[u32; ROW]>; 2],
    /// [`context_above`] of each quad of the next row; quad q is at index q.
    pub contexts: Box<[u32; ROW]>,
    /// MagSgn value of the bottom sample in each column of the quad row above, 0 where it is insignificant; column x is at
    /// index x + 1, zeros around. The values have the highest bit of 2 mu - 1, but for 0, which matters nowhere: the
    /// least kappa is 1.
    pub bottoms: Box<[u32; 2 * ROW]>,
    /// The same for plain code, which knows wider magnitudes: the exponent, the number of bits of 2 mu - 1, or 0.
    exponents: Box<[u8; 2 * ROW]>,
}

impl Default for Buffers {
    fn default() -> Self {
        let row = || Box::new([0; ROW]);
        Self { rows: [row(), row()], contexts: row(), bottoms: Box::new([0; 2 * ROW]), exponents: Box::new([0; 2 * ROW]) }
    }
}

impl Buffers {
    /// Clears what a block of `quads` columns of quads reads around its records.
    pub fn clear_edges(&mut self, quads: usize) {
        for row in &mut self.rows {
            row[0] = 0;
            row[quads + 1..quads + 1 + AFTER].fill(0);
        }
        self.bottoms[0] = 0;
        self.bottoms[2 * quads + 1..2 * (quads + AFTER)].fill(0);
        self.exponents[0] = 0;
        self.exponents[2 * quads + 1] = 0;
    }
}

/// A row of quads while it is read.
pub(super) struct Reading<'a, 'b> {
    pub mel: &'a mut Mel<'b>,
    pub reader: QuadReader<'b>,
    /// What the quad read last adds to the context of the next.
    pub left: u32,
    /// What the row above says, unless this is the first.
    pub contexts: &'a [u32; ROW],
    pub row: &'a mut [u32; ROW],
}

impl Reading<'_, '_> {
    /// Reads the pair of quads at `q`. Without `second` the row ends between the two.
    #[inline(always)]
    pub fn pair<const FIRST_ROW: bool>(&mut self, q: usize, second: bool, deposit: impl Fn(u64, u64) -> u64) {
        let above = if FIRST_ROW { [0, 0] } else { [self.contexts[q], self.contexts[q + 1]] };
        let (pair, left) = self.reader.pair::<FIRST_ROW, true>(self.mel, self.left, above, second, deposit);
        self.left = left;
        self.row[q + 1] = pair as u32;
        self.row[q + 2] = (pair >> 32) as u32;
    }

    /// Reads the pairs of quads of a range that begins with the first of a pair.
    #[inline(always)]
    pub fn pairs<const FIRST_ROW: bool>(&mut self, quads: Range<usize>, deposit: impl Fn(u64, u64) -> u64 + Copy) {
        assert!(quads.end < ROW - 2);
        let mut q = quads.start;
        while q + 1 < quads.end {
            self.pair::<FIRST_ROW>(q, true, deposit);
            q += 2;
        }
        if q < quads.end {
            self.pair::<FIRST_ROW>(q, false, deposit);
        }
    }
}

/// A cleanup pass, its memory and what becomes of its samples.
pub(super) struct Job<'a, 'b, F> {
    pub cleanup: Cleanup<'b>,
    pub buffers: &'a mut Buffers,
    pub form: F,
}

/// Runs a cleanup pass, with vector instructions where they reach, and writes every sample of the window at `out[0]`; with it the pass of a `second` block of the same
/// height that lies to the right. Vector instructions do two in little more time than one. An error comes with the number
/// of its block.
pub(super) fn run<F: Form + Lanes>(
    simd: Simd,
    first: Job<'_, '_, F>,
    second: Option<Job<'_, '_, F>>,
    out: &mut [F::Sample],
    stride: usize,
) -> Result<(), (usize, BlockError)> {
    #[cfg(target_arch = "x86_64")]
    if simd.is_avx2() && [Some(&first), second.as_ref()].into_iter().flatten().all(|job| sweep::reaches(&job.cleanup)) {
        let Cleanup { width, height, .. } = first.cleanup;
        let both = width + second.as_ref().map_or(0, |job| job.cleanup.width);
        assert!(second.as_ref().is_none_or(|job| job.cleanup.height == height), "blocks side by side differ in height");
        assert!(stride >= both && out.len() >= (height - 1) * stride + both, "the window is too small");
        return if simd.is_avx512() {
            super::avx512::run(simd, first, second, out, stride)
        } else {
            super::avx2::run(simd, first, second, out, stride)
        };
    }
    run_scalar(first, second, out, stride)
}

/// As [`run`], in plain code, which does one block after the other: for every form.
pub(super) fn run_scalar<F: Form>(
    first: Job<'_, '_, F>,
    second: Option<Job<'_, '_, F>>,
    out: &mut [F::Sample],
    stride: usize,
) -> Result<(), (usize, BlockError)> {
    let width = first.cleanup.width;
    first.cleanup.run(first.buffers, first.form, out, stride).map_err(|why| (0, why))?;
    match second {
        Some(Job { cleanup, buffers, form }) => cleanup.run(buffers, form, &mut out[width..], stride).map_err(|why| (1, why)),
        None => Ok(()),
    }
}

impl Cleanup<'_> {
    /// The greatest exponent bound U_q that the missing bit-planes allow.
    pub fn greatest_exponent(&self) -> u32 {
        u32::from(self.missing) + 2
    }

    /// Bits of rho that would lie outside the block: in the last row of quads, and in the last column.
    pub fn outside(&self) -> (u32, u32) {
        let bottom = if self.height % 2 == 1 { 0b1010 << record::RHO } else { 0 };
        let right = if self.width % 2 == 1 { 0b1100 << record::RHO } else { 0 };
        (bottom, right)
    }

    /// The pass in plain code.
    fn run<F: Form>(&self, buffers: &mut Buffers, form: F, out: &mut [F::Sample], stride: usize) -> Result<(), BlockError> {
        assert!(stride >= self.width && out.len() >= (self.height - 1) * stride + self.width, "the window is too small");
        let quads = self.width.div_ceil(2);
        buffers.clear_edges(quads);
        let (bottom, right) = self.outside();
        let (mut mel, mut reader) = (self.streams.mel.clone(), QuadReader::new(self.streams.vlc));
        let mut position = 0;
        let Buffers { rows: [row, _], contexts, exponents, .. } = buffers;
        for y in 0..self.height.div_ceil(2) {
            let mut reading = Reading { mel: &mut mel, reader, left: 0, contexts, row };
            if y == 0 {
                reading.pairs::<true>(0..quads, deposit);
            } else {
                reading.pairs::<false>(0..quads, deposit);
            }
            reader = reading.reader;
            if !reader.within() {
                return Err(BlockError::VlcEnd);
            }
            let outside = if 2 * y + 2 > self.height { bottom } else { 0 };
            if row[quads] & right != 0 || row[1..=quads].iter().any(|r| r & outside != 0) {
                return Err(BlockError::Outside);
            }
            add_kappa(y, &mut row[1..=quads], &exponents[..], self.greatest_exponent())?;
            for q in 0..quads {
                contexts[q] = context_above(row[q], row[q + 1], row[q + 2]);
            }
            position = self.streams.magsgn.row_start(position);
            let window = &mut out[2 * y * stride..];
            let lines = if outside == 0 && 2 * y + 1 < self.height { 2 } else { 1 };
            for q in 0..quads {
                let values = self.quad(row[q + 1], &mut position);
                exponents[2 * q + 1] = values[1].map_or(0, exponent);
                exponents[2 * q + 2] = values[3].map_or(0, exponent);
                for (n, value) in values.into_iter().enumerate() {
                    let (x, line) = (2 * q + n / 2, n % 2);
                    if x < self.width && line < lines {
                        window[line * stride + x] = value.map_or_else(Default::default, |v| form.sample(v));
                    }
                }
            }
        }
        Ok(())
    }

    /// MagSgn values of a quad's significant samples (7.3.8).
    fn quad(&self, quad: u32, position: &mut usize) -> [Option<u64>; 4] {
        let bits = self.streams.magsgn;
        std::array::from_fn(|n| {
            if quad >> (record::RHO + n as u32) & 1 == 0 {
                return None;
            }
            let known = quad >> (record::E_K + n as u32) & 1;
            let length = (quad >> record::EXPONENT) - known;
            let word = bits.word(*position) >> (*position % 8);
            *position += length as usize;
            let value = word & ((1 << length) - 1);
            Some(value | u64::from(quad >> (record::E_1 + n as u32) & 1) << length)
        })
    }
}

/// The exponent of a MagSgn value: the number of bits of 2 mu - 1.
#[inline(always)]
fn exponent(value: u64) -> u8 {
    (64 - (value | 1).leading_zeros()) as u8
}

/// Adds kappa to the exponents of a row (7.3.7): 1 in the first row, and where fewer than two samples are significant;
/// else one less than the greatest exponent among the four bottom samples above, of the quad and its two neighbours.
fn add_kappa(y: usize, row: &mut [u32], bottoms: &[u8], greatest: u32) -> Result<(), BlockError> {
    for (q, quad) in row.iter_mut().enumerate() {
        let mut kappa = 1;
        if y > 0 && *quad >> record::SEVERAL & 1 == 1 {
            let above = bottoms[2 * q..2 * q + 4].iter().fold(0, |a, &b| a.max(b));
            kappa = u32::from(above).saturating_sub(1).max(1);
        }
        *quad += kappa << record::EXPONENT;
        if *quad >> record::EXPONENT > greatest {
            return Err(BlockError::Exponent);
        }
    }
    Ok(())
}
