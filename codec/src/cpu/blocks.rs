//! Runs block jobs: gathers their bytes, decodes them and stores their coefficients.

use lightbox_kernels::abi::{BandJob, BlockJob, OutputJob, TileJob};

use super::block::ht::{self, HtBlock};
use super::block::mq::{self, Codeword, MqBlock};
use super::block::{BlockError, Store};
use super::dwt::Lift;
use super::simd::Simd;
use crate::error::Error;
use crate::plan::DecodePlan;

/// Which of the sample types the coefficients of an output have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `i32`.
    Reversible,
    /// `f32`.
    Irreversible,
    /// `i64`.
    ReversibleWide,
    /// `f64`.
    IrreversibleWide,
}

impl Kind {
    pub fn of(output: &OutputJob) -> Self {
        match (output.reversible == 1, output.wide == 1) {
            (true, false) => Self::Reversible,
            (false, false) => Self::Irreversible,
            (true, true) => Self::ReversibleWide,
            (false, true) => Self::IrreversibleWide,
        }
    }
}

/// A sample type of coefficients: `i32` for the 5/3 wavelet, `f32` for the 9/7, `i64` and `f64` where those are too narrow.
pub(crate) trait Coefficient: Lift + bytemuck::Pod {
    /// Words of four bytes that a sample takes: 1 or 2.
    const WORDS: usize = size_of::<Self>() / 4;

    /// How the block decoder is to store into a window.
    fn store(out: &mut [Self], stride: usize, step: f32) -> Store<'_>;

    /// Undoes the region-of-interest shift of a block (ISO/IEC 15444-1 H.1): coefficients of the region are those that
    /// reach above the background's bit-planes.
    fn unshift(row: &mut [Self], shift: u8, step: f32);
}

impl Coefficient for i32 {
    fn store(out: &mut [Self], stride: usize, _step: f32) -> Store<'_> {
        Store::Reversible { out, stride }
    }

    fn unshift(row: &mut [Self], shift: u8, _step: f32) {
        for v in row {
            let magnitude = v.unsigned_abs();
            if magnitude >> shift != 0 {
                *v = ((magnitude >> shift) as i32) * v.signum();
            }
        }
    }
}

impl Coefficient for i64 {
    fn store(out: &mut [Self], stride: usize, _step: f32) -> Store<'_> {
        Store::ReversibleWide { out, stride }
    }

    fn unshift(row: &mut [Self], shift: u8, _step: f32) {
        for v in row {
            let magnitude = v.unsigned_abs();
            if magnitude >> shift != 0 {
                *v = ((magnitude >> shift) as i64) * v.signum();
            }
        }
    }
}

impl Coefficient for f32 {
    fn store(out: &mut [Self], stride: usize, step: f32) -> Store<'_> {
        Store::Irreversible { out, stride, step }
    }

    fn unshift(row: &mut [Self], shift: u8, step: f32) {
        let factor = f32::from(shift).exp2();
        for v in row {
            if v.abs() >= factor * step {
                *v /= factor;
            }
        }
    }
}

impl Coefficient for f64 {
    fn store(out: &mut [Self], stride: usize, step: f32) -> Store<'_> {
        Store::IrreversibleWide { out, stride, step }
    }

    fn unshift(row: &mut [Self], shift: u8, step: f32) {
        let factor = f64::from(shift).exp2();
        for v in row {
            if v.abs() >= factor * f64::from(step) {
                *v /= factor;
            }
        }
    }
}

/// Working memory of the block decoder, one per thread.
#[derive(Default)]
pub(crate) struct BlockScratch {
    /// For two blocks side by side.
    ht: [ht::Scratch; 2],
    mq: mq::Scratch,
    codewords: Vec<Codeword>,
    /// Bytes of a block that lie in several places, for two blocks.
    gathered: [Vec<u8>; 2],
}

/// One row of blocks of a band.
#[derive(Clone, Copy)]
pub(crate) struct RowOfBlocks<'j> {
    /// The band's number in its output, lowest first.
    pub number: usize,
    pub band: &'j BandJob,
    pub row: u32,
    /// How many lines of the blocks are needed, which may be more than they have.
    pub lines: u32,
}

/// Where a job stands in its plan, for errors.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    pub plan: &'p DecodePlan<'p>,
    pub tile: &'p TileJob,
    pub output: &'p OutputJob,
}

/// An arithmetic block as its headers describe it.
pub(crate) fn mq_block<'a>(band: &BandJob, job: &BlockJob, bytes: &'a [u8], codewords: &'a [Codeword]) -> MqBlock<'a> {
    let flag = |flag| band.flags & flag != 0;
    MqBlock {
        bytes,
        codewords,
        width: u32::from(job.width),
        height: u32::from(job.height),
        // The plan has seen to it that this fits.
        bitplanes: (u16::from(band.bitplanes) + u16::from(band.roi_shift) - u16::from(job.missing)) as u8,
        orientation: band.orientation,
        bypass: flag(BandJob::BYPASS),
        reset: flag(BandJob::RESET),
        terminate: flag(BandJob::TERMINATE),
        causal: band.causal(),
        predictable: flag(BandJob::PREDICTABLE),
        segmentation: flag(BandJob::SEGMENTATION),
    }
}

impl Place<'_> {
    /// Decodes a row of blocks. `out` holds its samples, `band.stride()` to a line; lines that are not needed may be left as they are.
    pub fn decode_row<T: Coefficient>(
        &self,
        simd: Simd,
        of: RowOfBlocks,
        scratch: &mut BlockScratch,
        out: &mut [T],
    ) -> Result<(), Error> {
        let RowOfBlocks { number, band, row, lines } = of;
        let stride = band.stride() as usize;
        let mut jobs = self.plan.block_row(band, row);
        if lines == 0 {
            return Ok(());
        }
        while let [job, rest @ ..] = jobs {
            let window = &mut out[job.x as usize..];
            let result = match rest {
                [next, rest @ ..] if T::WORDS == 1 && goes_in_two(job) && goes_in_two(next) => {
                    jobs = rest;
                    self.decode_two(simd, (band, lines), [job, next], scratch, window, stride)
                }
                _ => {
                    jobs = rest;
                    self.decode(simd, (band, lines), job, scratch, window, stride).map_err(|why| (job, why))
                }
            };
            result.map_err(|(job, why)| self.plan.block_error(self.tile, self.output, number, job, &why))?;
        }
        Ok(())
    }

    fn decode<T: Coefficient>(
        &self,
        simd: Simd,
        (band, lines): (&BandJob, u32),
        job: &BlockJob,
        scratch: &mut BlockScratch,
        out: &mut [T],
        stride: usize,
    ) -> Result<(), BlockError> {
        if job.passes == 0 {
            let (width, height) = (usize::from(job.width), usize::from(job.height));
            out.chunks_mut(stride).take(height).for_each(|row| row[..width].fill(T::default()));
            return Ok(());
        }
        let BlockScratch { ht: [ht, _], mq, codewords, gathered: [gathered, _] } = scratch;
        if job.coding == BlockJob::MQ {
            codewords.clear();
            codewords.extend(self.plan.codewords(job));
            let block = mq_block(band, job, self.bytes(job, gathered), codewords);
            mq::decode(simd, &block, mq, T::store(out, stride, band.step)).or_else(|why| match why {
                mq::BlockError::Segmentation { .. } => {
                    mq::decode_cut(simd, &block, mq, T::store(out, stride, band.step)).map_err(|_| why)
                }
                _ => Err(why),
            })?;
        } else {
            ht::decode(simd, &self.ht_block((band, lines), job, gathered), ht, T::store(out, stride, band.step))?;
        }
        unshift(band, job, out, stride);
        Ok(())
    }

    /// Decodes two HT blocks side by side that have a cleanup pass only.
    fn decode_two<'j, T: Coefficient>(
        &self,
        simd: Simd,
        (band, lines): (&BandJob, u32),
        jobs: [&'j BlockJob; 2],
        scratch: &mut BlockScratch,
        out: &mut [T],
        stride: usize,
    ) -> Result<(), (&'j BlockJob, BlockError)> {
        let BlockScratch { ht, gathered: [first, second], .. } = scratch;
        let blocks = [&self.ht_block((band, lines), jobs[0], first), &self.ht_block((band, lines), jobs[1], second)];
        ht::decode_two(simd, blocks, ht, T::store(out, stride, band.step)).map_err(|(n, why)| (jobs[n], why.into()))?;
        unshift(band, jobs[0], out, stride);
        unshift(band, jobs[1], &mut out[usize::from(jobs[0].width)..], stride);
        Ok(())
    }

    /// The block, or its upper part: a cleanup pass goes from line to line, two at a time, and may end before the last. The others
    /// look at the whole block.
    fn ht_block<'b>(&'b self, (band, lines): (&BandJob, u32), job: &BlockJob, gathered: &'b mut Vec<u8>) -> HtBlock<'b> {
        let (cleanup, refinement) = self.bytes(job, gathered).split_at(job.cleanup_len as usize);
        let height = u32::from(job.height);
        HtBlock {
            cleanup,
            refinement,
            width: u32::from(job.width),
            height: if job.passes == 1 { height.min(lines.next_multiple_of(2)) } else { height },
            passes: job.passes,
            missing: job.missing,
            bitplanes: band.bitplanes + band.roi_shift,
            causal: band.causal(),
        }
    }

    /// The bytes of a block, brought together in `gathered` where they lie in several places.
    fn bytes<'b>(&'b self, job: &BlockJob, gathered: &'b mut Vec<u8>) -> &'b [u8] {
        let mut pieces = self.plan.pieces(job);
        let first = pieces.next().unwrap_or_default();
        if job.spans == 1 {
            return first;
        }
        gathered.clear();
        gathered.extend_from_slice(first);
        pieces.for_each(|piece| gathered.extend_from_slice(piece));
        gathered
    }
}

/// Whether a block may be one of two that are decoded together.
fn goes_in_two(job: &BlockJob) -> bool {
    job.coding != BlockJob::MQ && job.passes == 1
}

/// Undoes the region-of-interest shift of the block at `out[0]`, where there is one.
fn unshift<T: Coefficient>(band: &BandJob, job: &BlockJob, out: &mut [T], stride: usize) {
    if band.roi_shift > 0 {
        let rows = out.chunks_mut(stride).take(usize::from(job.height));
        rows.for_each(|row| T::unshift(&mut row[..usize::from(job.width)], band.roi_shift, band.step));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_region_of_interest_is_shifted_back() {
        // Background below 2^10, the region's own samples above.
        let (shifted, expected) = ([0, 5, -5, 1023, 7 << 10, -(7 << 10)], [0, 5, -5, 1023, 7, -7]);
        fn check<T: Coefficient + PartialEq + std::fmt::Debug>(shifted: [T; 6], expected: [T; 6]) {
            let mut row = shifted;
            T::unshift(&mut row, 10, 1.0);
            assert_eq!(row, expected);
        }
        check::<i32>(shifted, expected);
        check(shifted.map(i64::from), expected.map(i64::from));
        check(shifted.map(|v| v as f32), expected.map(|v| v as f32));
        check(shifted.map(f64::from), expected.map(f64::from));
        let mut deep = [3i64 << 50, -(3 << 50), 1 << 39];
        i64::unshift(&mut deep, 40, 1.0);
        assert_eq!(deep, [3 << 10, -(3 << 10), 1 << 39]);
    }
}
