//! Step two of the cleanup pass: exponent bounds, then magnitudes and signs (ISO/IEC 15444-15, 7.3.7 and 7.3.8), and the
//! scalar form of the whole pass.

use super::BlockError;
use super::mel::Mel;
use super::quads::{QuadReader, context_above};
use super::segment::Streams;
use super::vlc::record;
use crate::cpu::simd::Simd;

#[cfg(target_arch = "x86_64")]
use super::avx2::Lanes;
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
pub(super) const AFTER: usize = 9;
/// Most quads in a row, and room for one before it and for those after it.
pub(super) const ROW: usize = 1024 / 2 + 2 + AFTER;

/// Two rows of quad records and what the row above says to the next.
#[derive(Debug)]
pub(super) struct Buffers {
    /// Records of a row; quad q is at index q + 1, zeros around.
    pub rows: [Box<[u32; ROW]>; 2],
    /// [`context_above`] of each quad of the next row; quad q is at index q.
    pub contexts: Box<[u32; ROW]>,
    /// 2 mu - 1 of the bottom sample in each column of the quad row above, 0 where it is insignificant; column x is at
    /// index x + 1, zeros around.
    pub bottoms: Box<[u32; 2 * ROW]>,
    /// The same for plain code, which knows wider magnitudes: the exponent, the number of bits of 2 mu - 1.
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

/// A row of quads to be read.
pub(super) struct Reading<'a, 'b> {
    pub mel: &'a mut Mel<'b>,
    pub reader: &'a mut QuadReader<'b>,
    pub quads: usize,
    /// What the row above says, unless this is the first.
    pub contexts: &'a [u32; ROW],
    pub row: &'a mut [u32; ROW],
}

impl Reading<'_, '_> {
    /// Reads the pair of quads at `q`.
    #[inline(always)]
    pub fn pair<const FIRST_ROW: bool>(&mut self, reader: &mut QuadReader<'_>, q: usize, second: bool) {
        let q = q.min(ROW - 3);
        let above = if FIRST_ROW { [0, 0] } else { [self.contexts[q], self.contexts[q + 1]] };
        let pair = reader.pair::<FIRST_ROW>(self.mel, self.row[q], above, second);
        self.row[q + 1] = pair[0];
        self.row[q + 2] = pair[1];
    }

    /// Reads the whole row.
    #[inline(always)]
    pub fn all<const FIRST_ROW: bool>(mut self) {
        let mut reader = *self.reader;
        for q in (0..self.quads - 1).step_by(2) {
            self.pair::<FIRST_ROW>(&mut reader, q, true);
        }
        if self.quads % 2 == 1 {
            self.pair::<FIRST_ROW>(&mut reader, self.quads - 1, false);
        }
        *self.reader = reader;
    }
}

impl Cleanup<'_> {
    /// Runs the pass and writes every sample of the window at `out[0]`, with vector instructions where they reach.
    pub fn run<F: Form + Lanes>(
        &self,
        simd: Simd,
        buffers: &mut Buffers,
        form: F,
        out: &mut [F::Sample],
        stride: usize,
    ) -> Result<(), BlockError> {
        #[cfg(target_arch = "x86_64")]
        if simd.is_avx2() && self.greatest_exponent() <= super::avx2::MAX_EXPONENT {
            self.prepare(buffers, out.len(), stride);
            return super::avx2::run(simd, self, buffers, form, out, stride);
        }
        self.run_scalar(buffers, form, out, stride)
    }

    /// Checks the window, of `len` samples, and clears the edges of the buffers.
    fn prepare(&self, buffers: &mut Buffers, len: usize, stride: usize) {
        assert!(stride >= self.width && len >= (self.height - 1) * stride + self.width, "the window is too small");
        buffers.clear_edges(self.width.div_ceil(2));
    }

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

    /// The pass in plain code, for every form.
    pub fn run_scalar<F: Form>(
        &self,
        buffers: &mut Buffers,
        form: F,
        out: &mut [F::Sample],
        stride: usize,
    ) -> Result<(), BlockError> {
        self.prepare(buffers, out.len(), stride);
        let quads = self.width.div_ceil(2);
        let (bottom, right) = self.outside();
        let (mut mel, mut reader) = (self.streams.mel.clone(), QuadReader::new(self.streams.vlc));
        let mut position = 0;
        let Buffers { rows: [row, _], contexts, exponents, .. } = buffers;
        for y in 0..self.height.div_ceil(2) {
            let reading = Reading { mel: &mut mel, reader: &mut reader, quads, contexts, row };
            if y == 0 {
                reading.all::<true>()
            } else {
                reading.all::<false>()
            }
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
