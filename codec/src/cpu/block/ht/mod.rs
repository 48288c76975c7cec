//! The high-throughput block decoder (ISO/IEC 15444-15, clause 7).
//!
//! A cleanup segment holds three bit-streams. `quads` reads two of them, MEL and VLC, and leaves a record for every quad:
//! which of its four samples are significant and how many magnitude bits they have. `magsgn` (or `sweep`, with
//! vectors) then takes magnitudes and signs from the third. `refine` does the SigProp and MagRef passes of the refinement segment.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx512;
mod codes;
pub mod encode;
mod magsgn;
mod mel;
mod quads;
mod refine;
mod segment;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod sweep;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod unstuff;
mod vlc;

pub(crate) use segment::suffix_len;
pub(crate) use vlc::{INITIAL, OTHER, UVLC, UVLC_SUFFIXES};

use super::Store;
use crate::cpu::simd::Simd;
use magsgn::{Cleanup, Integer, Job, Real, Wide};
use segment::Segment;

/// Most samples in a code-block (ISO/IEC 15444-1, Table A.18).
pub const MAX_SAMPLES: u32 = 4096;
/// Longest side of a code-block.
pub const MAX_SIDE: u32 = 1024;
/// Most magnitude bit-planes decoded here: the MagSgn bits of a sample are read from one word of 64.
pub const MAX_BITPLANES: u8 = 56;
/// Most magnitude bit-planes whose coefficients fit four bytes.
pub const NARROW_BITPLANES: u8 = 30;

/// One HT code-block: its segments and what the packet header says of them.
#[derive(Clone, Copy, Debug)]
pub struct HtBlock<'a> {
    /// The cleanup segment, at least two bytes.
    pub cleanup: &'a [u8],
    /// The refinement segment (SigProp forwards, MagRef backwards); empty when there is none.
    pub refinement: &'a [u8],
    /// Columns of the block.
    pub width: u32,
    /// Rows of the block.
    pub height: u32,
    /// Coding passes: 1 cleanup, 2 with SigProp, 3 with MagRef.
    pub passes: u8,
    /// Missing bit-planes P: the zero bit-planes that the packet header signals.
    pub missing: u8,
    /// Magnitude bit-planes of the subband, M_b (ISO/IEC 15444-1, E-2).
    pub bitplanes: u8,
    /// Whether contexts are vertically causal: SigProp does not look into the next stripe.
    pub causal: bool,
}

impl HtBlock<'_> {
    /// The bit-plane at which the cleanup pass ends, of a block that can be and has at most `most` bit-planes.
    pub(crate) fn plane(&self, most: u8) -> Result<u8, BlockError> {
        let Self { width, height, passes, missing, bitplanes, .. } = *self;
        let sized = (1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height) && width * height <= MAX_SAMPLES;
        // The cleanup pass ends at bit-plane M_b - 1 - P; the refinement passes need one more below it.
        let deepest = u32::from(missing) + if passes > 1 { 2 } else { 1 };
        if bitplanes > most {
            return Err(BlockError::Bitplanes { bitplanes, most });
        }
        if !sized || !(1..=3).contains(&passes) || deepest > u32::from(bitplanes) {
            return Err(BlockError::Shape { width, height, passes, missing, bitplanes });
        }
        Ok(bitplanes - 1 - missing)
    }
}

/// Why a block was refused. Nothing of its samples may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// More bit-planes than the coefficients hold.
    #[error("{bitplanes} magnitude bit-planes are more than the {most} that are supported")]
    Bitplanes {
        /// Magnitude bit-planes.
        bitplanes: u8,
        /// What is supported.
        most: u8,
    },
    /// A size, number of passes or number of bit-planes that no HT block has.
    #[error("a block of {width}x{height} samples with {passes} passes and {missing} of {bitplanes} bit-planes missing cannot be")]
    Shape {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Coding passes.
        passes: u8,
        /// Missing bit-planes.
        missing: u8,
        /// Magnitude bit-planes.
        bitplanes: u8,
    },
    /// The cleanup segment is shorter than two bytes.
    #[error("the cleanup segment has only {0} bytes")]
    Short(usize),
    /// The length of the MEL and VLC part, S_cup, does not fit the segment.
    #[error("the suffix length {suffix} does not fit a cleanup segment of {segment} bytes")]
    Suffix {
        /// S_cup as coded.
        suffix: usize,
        /// L_cup.
        segment: usize,
    },
    /// More VLC bits were needed than the segment holds.
    #[error("the VLC bit-stream ends before the last quad")]
    VlcEnd,
    /// A sample outside the block was coded as significant.
    #[error("samples outside the block are coded as significant")]
    Outside,
    /// A magnitude has more bits than there are bit-planes.
    #[error("a magnitude exponent is greater than the number of bit-planes allows")]
    Exponent,
}

/// Working memory for one thread, reused from block to block.
#[derive(Debug, Default)]
pub struct Scratch {
    segment: segment::Buffers,
    cleanup: magsgn::Buffers,
    refine: refine::Buffers,
}

impl Scratch {
    /// Empty; grows to its greatest size with the first block.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Decodes a block and writes every one of its samples. On an error the window holds no meaningful samples.
///
/// # Errors
/// [`BlockError`] for anything that a correct encoder does not produce.
///
/// # Panics
/// When the window in `store` is smaller than the block: the caller's plan has settled it.
pub fn decode(simd: Simd, block: &HtBlock<'_>, scratch: &mut Scratch, store: Store<'_>) -> Result<(), BlockError> {
    let cleanup = prepare(simd, block, store.bytes(), &mut scratch.segment)?;
    if block.passes == 1 {
        return run(simd, (cleanup, &mut scratch.cleanup), None, store).map_err(|(_, why)| why);
    }
    scratch.refine.decode(simd, cleanup, &mut scratch.cleanup, block, store)
}

/// Decodes two blocks of one height and a cleanup pass only, as [`decode`] does, but in less time than one after the other.
/// The second lies to the right of the first, whose window `store` is.
///
/// # Errors
/// The number of the block, 0 or 1, and what is wrong with it.
///
/// # Panics
/// When the window is smaller than both blocks, they differ in height or have more passes.
pub fn decode_two(
    simd: Simd,
    blocks: [&HtBlock<'_>; 2],
    [first, second]: &mut [Scratch; 2],
    store: Store<'_>,
) -> Result<(), (usize, BlockError)> {
    assert!(blocks.iter().all(|block| block.passes == 1), "blocks with refinement passes are decoded one by one");
    let bytes = store.bytes();
    let left = prepare(simd, blocks[0], bytes, &mut first.segment).map_err(|why| (0, why))?;
    let right = prepare(simd, blocks[1], bytes, &mut second.segment).map_err(|why| (1, why))?;
    run(simd, (left, &mut first.cleanup), Some((right, &mut second.cleanup)), store)
}

/// Checks a block whose samples are stored in `bytes` bytes each, and lays out its cleanup segment.
fn prepare<'a>(
    simd: Simd,
    block: &HtBlock<'a>,
    bytes: usize,
    buffers: &'a mut segment::Buffers,
) -> Result<Cleanup<'a>, BlockError> {
    let HtBlock { width, height, missing, .. } = *block;
    let plane = block.plane(if bytes == 4 { NARROW_BITPLANES } else { MAX_BITPLANES })?;
    let streams = Segment::split(block.cleanup)?.destuff(simd, width as usize, bytes, buffers);
    Ok(Cleanup { streams, width: width as usize, height: height as usize, missing, plane })
}

/// A cleanup pass and its memory.
type Pass<'a, 'b> = (Cleanup<'b>, &'a mut magsgn::Buffers);

/// Runs the cleanup pass of one block, or of two side by side, into its final form.
fn run(simd: Simd, first: Pass<'_, '_>, second: Option<Pass<'_, '_>>, store: Store<'_>) -> Result<(), (usize, BlockError)> {
    fn job<'a, 'b, F>((cleanup, buffers): Pass<'a, 'b>, form: impl Fn(u8) -> F) -> Job<'a, 'b, F> {
        Job { form: form(cleanup.plane), cleanup, buffers }
    }
    let integer = |plane| Integer { plane };
    match store {
        Store::Reversible { out, stride } => {
            magsgn::run(simd, job(first, integer), second.map(|pass| job(pass, integer)), out, stride)
        }
        Store::Irreversible { out, stride, step } => {
            let form = |plane| Real::new(step, plane);
            magsgn::run(simd, job(first, form), second.map(|pass| job(pass, form)), out, stride)
        }
        Store::ReversibleWide { out, stride } => {
            let form = |plane| Wide(integer(plane));
            magsgn::run_scalar(job(first, form), second.map(|pass| job(pass, form)), out, stride)
        }
        Store::IrreversibleWide { out, stride, step } => {
            let form = |plane| Wide(Real::new(step, plane));
            magsgn::run_scalar(job(first, form), second.map(|pass| job(pass, form)), out, stride)
        }
    }
}
