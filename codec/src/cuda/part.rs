//! One plan as jobs of the CUDA kernels: where its coded bytes, records, samples and pixels lie on the device. Offsets count
//! within the part; a series puts parts side by side.

use lightbox_kernels::abi::{BandJob, BlockJob, OutputJob, TileJob};
use lightbox_kernels::device::{CodedBlock, Finish, LastLevel, Synthesis};
use rayon::prelude::*;

use super::arithmetic::Arithmetic;
use super::levels::Top;
use super::memory::DeviceRows;
use crate::cpu::block::BlockError;
use crate::cpu::block::ht::{self, HtBlock};
use crate::error::Error;
use crate::plan::DecodePlan;

/// How planes lie in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// All planes, of one size and type, pixel by pixel, without gaps.
    Interleaved,
    /// Each plane on its own, without gaps.
    Planar,
    /// As [`Self::Interleaved`], in memory of the device that is the caller's.
    Device(DeviceRows),
}

/// Why a plan is not run on the device.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// The CPU can do it: why the device does not.
    Declined(String),
    /// Nothing can.
    Failed(Error),
}

/// Most bit-planes of a coefficient that the kernels take.
const MAX_BITPLANES: u8 = ht::NARROW_BITPLANES;
/// Most bits of a sample that the kernels give.
const MAX_BITS: u8 = 16;
/// Most coded bytes of a part or series: jobs follow them, and offsets have 32 bits.
const MOST_CODED: u64 = 1 << 31;
/// Most records, samples and bytes of output: offsets have 32 bits.
const MOST: u64 = 1 << 32;
/// Bytes at which coded bytes begin, so that words before the first may be read.
const GUARD: u64 = 16;
/// To what a plane's first byte is aligned.
const PLANE_ALIGN: u64 = 256;

/// The jobs of one plan.
pub(crate) struct Part<'p> {
    pub plan: &'p DecodePlan<'p>,
    /// In the plan's order.
    pub blocks: Vec<CodedBlock>,
    /// Those among them that are coded arithmetically.
    pub arithmetic: Arithmetic,
    /// The wavelet jobs of each level, 5/3 and 9/7, lowest level first.
    pub levels: Vec<[Vec<Synthesis>; 2]>,
    /// The last level of components together with the last stage, and those that stand alone.
    pub lasts: Vec<LastLevel>,
    pub finishes: Vec<Finish>,
    pub form: Form,
    /// Where each plane begins in the output, or all together where they are interleaved.
    pub planes: Vec<u32>,
    pub size: Size,
}

/// Sizes of the pieces of memory, or where a part begins in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Bytes.
    pub coded: u64,
    /// Records.
    pub records: u64,
    /// Samples.
    pub samples: u64,
    /// Bytes.
    pub output: u64,
}

impl Size {
    /// Whether all offsets fit.
    pub fn fits(&self) -> bool {
        self.coded < MOST_CODED && [self.records, self.samples, self.output].iter().all(|&n| n < MOST)
    }

    /// One part behind another.
    pub fn followed_by(self, next: &Self) -> Self {
        Self {
            coded: self.coded + next.coded,
            records: self.records + next.records,
            samples: self.samples + next.samples,
            output: self.output + next.output,
        }
    }
}

/// A rectangle of samples: where column 0 of row 0 of its grid would lie, and samples from row to row.
#[derive(Clone, Copy, Default)]
pub(super) struct Placed {
    pub origin: u32,
    pub stride: u32,
}

impl Placed {
    pub fn at(&self, x: u32, y: u32) -> u32 {
        self.origin.wrapping_add(y.wrapping_mul(self.stride)).wrapping_add(x)
    }
}

/// Gives the next `count` places, from a multiple of `align` on. What goes beyond 32 bits is found by [`Size::fits`].
pub(super) fn take(cursor: &mut u64, count: u64, align: u64) -> u32 {
    let start = cursor.next_multiple_of(align);
    *cursor = start.saturating_add(count).min(u64::MAX / 4);
    start as u32
}

impl<'p> Part<'p> {
    pub fn new(plan: &'p DecodePlan<'p>, form: Form, pool: Option<&rayon::ThreadPool>) -> Result<Self, Refusal> {
        if let Some(plane) = plan.planes().iter().find(|p| p.bits > MAX_BITS) {
            return Err(Refusal::Declined(format!("samples of {} bits are decoded on the CPU", plane.bits)));
        }
        let mut part = Self {
            plan,
            blocks: Vec::with_capacity(plan.blocks.len()),
            arithmetic: Arithmetic::default(),
            levels: Vec::new(),
            lasts: Vec::new(),
            finishes: Vec::new(),
            form,
            planes: Vec::new(),
            size: Size { coded: GUARD, ..Size::default() },
        };
        let area = |p: &crate::plan::PlaneLayout| p.rect.area() * p.kind.bytes() as u64;
        part.planes = match form {
            Form::Interleaved => {
                let bytes = plan.planes().iter().map(area).sum();
                vec![take(&mut part.size.output, bytes, PLANE_ALIGN)]
            }
            Form::Device(_) => Vec::new(),
            Form::Planar => plan.planes().iter().map(|p| take(&mut part.size.output, area(p), PLANE_ALIGN)).collect(),
        };
        if plan.outputs.iter().any(|output| output.wide == 1) {
            return Err(Refusal::Declined("coefficients of more than 32 bits are decoded on the CPU".into()));
        }
        let endings = endings(plan, pool);
        for tile in &plan.tiles {
            let mut tops = Vec::with_capacity(plan.planes().len());
            for output in plan.outputs_of(tile) {
                tops.push(part.add_output(tile, output, &endings)?);
            }
            part.add_finishes(tile, &tops);
        }
        part.size.output = part.size.output.next_multiple_of(PLANE_ALIGN);
        part.size.coded = part.size.coded.next_multiple_of(GUARD);
        if !part.size.fits() {
            return Err(Refusal::Declined("an image of this size is decoded on the CPU".into()));
        }
        Ok(part)
    }

    /// A part of each plan, on the threads of `pool` if there is one.
    pub fn all(plans: &[(&'p DecodePlan<'p>, Form)], pool: Option<&rayon::ThreadPool>) -> Vec<Result<Self, Refusal>> {
        match pool {
            Some(threads) if plans.len() > 1 => {
                threads.install(|| plans.par_iter().map(|&(plan, form)| Self::new(plan, form, pool)).collect())
            }
            _ => plans.iter().map(|&(plan, form)| Self::new(plan, form, pool)).collect(),
        }
    }

    /// About how many bytes of device memory it needs.
    pub fn device_bytes(&self) -> u64 {
        let Size { coded, records, samples, output } = self.size;
        let jobs = self.blocks.len() * (size_of::<CodedBlock>() + 8);
        let Arithmetic { blocks, segments, .. } = &self.arithmetic;
        let jobs = jobs + size_of_val(&blocks[..]) + size_of_val(&segments[..]) + 8 * blocks.len();
        coded + 4 * (records + samples) + output + jobs as u64
    }

    /// Lists blocks and levels of a tile-component and returns what its last stage begins with.
    fn add_output(&mut self, tile: &TileJob, output: &OutputJob, endings: &[Ending]) -> Result<Top, Refusal> {
        let plan = self.plan;
        let mut bands = Vec::with_capacity(output.dwts as usize * 3 + 1);
        for (number, band) in plan.bands_of(output).iter().enumerate() {
            let placed = self.place_band(band);
            for row in 0..band.blocks_high {
                for job in plan.block_row(band, row) {
                    let ending = endings[self.blocks.len()];
                    let block = self.block(band, placed, job, ending).map_err(|why| match why {
                        Refused::Block(why) => Refusal::Failed(plan.block_error(tile, output, number, job, &why)),
                        Refused::Declined(why) => Refusal::Declined(why),
                    })?;
                    self.blocks.push(block);
                }
            }
            bands.push(placed);
        }
        Ok(self.add_levels(output, &bands))
    }

    /// Gives a band its samples: columns that are multiples of four lie at multiples of four.
    fn place_band(&mut self, band: &BandJob) -> Placed {
        let before = band.x0 % 4;
        let stride = (band.stride() + before).next_multiple_of(4);
        let start = take(&mut self.size.samples, u64::from(stride) * u64::from(band.y1 - band.y0), 4);
        let corner = start.wrapping_add(before);
        Placed { origin: corner.wrapping_sub(band.y0.wrapping_mul(stride)).wrapping_sub(band.x0), stride }
    }

    fn block(&mut self, band: &BandJob, placed: Placed, job: &BlockJob, ending: Ending) -> Result<CodedBlock, Refused> {
        let causal = if band.causal() { CodedBlock::CAUSAL } else { 0 };
        let reversible = if band.reversible() { CodedBlock::REVERSIBLE } else { 0 };
        let mut block = CodedBlock {
            samples: placed.at(band.x0 + job.x, band.y0 + job.y),
            stride: placed.stride,
            step: band.step,
            width: job.width,
            height: job.height,
            flags: causal | reversible,
            ..CodedBlock::default()
        };
        if job.passes == 0 {
            return Ok(block);
        }
        let bitplanes = band.bitplanes + band.roi_shift;
        if bitplanes > MAX_BITPLANES {
            return Err(Refused::Declined(format!("{bitplanes} magnitude bit-planes are decoded on the CPU")));
        }
        if job.coding == BlockJob::MQ {
            let (number, coded) = (self.blocks.len(), &mut self.size.coded);
            let take = |bytes| take(coded, bytes, 1);
            self.arithmetic.add(self.plan, (band, job), number, &mut block, MAX_BITPLANES, take)?;
            return Ok(block);
        }
        block.passes = job.passes;
        let cleanup = job.cleanup_len as usize;
        let Some([before, last]) = ending else {
            return Err(ht::BlockError::Short(cleanup).into());
        };
        let shape = HtBlock {
            cleanup: &[],
            refinement: &[],
            width: u32::from(job.width),
            height: u32::from(job.height),
            passes: job.passes,
            missing: job.missing,
            bitplanes,
            causal: band.causal(),
        };
        block.plane = shape.plane(MAX_BITPLANES)?;
        block.missing = job.missing;
        block.roi_shift = band.roi_shift;
        let suffix = ht::suffix_len(cleanup, before, last)? as u32;
        block.suffix_bytes = suffix;
        block.magsgn_bytes = job.cleanup_len - suffix;
        block.refinement_bytes = job.refinement_len;
        let coded = &mut self.size.coded;
        block.magsgn = take(coded, u64::from(block.magsgn_bytes), 4);
        // The suffix is read in words from its end.
        *coded = (*coded + u64::from(suffix)).next_multiple_of(4);
        block.suffix_end = *coded as u32;
        block.refinement = take(coded, u64::from(block.refinement_bytes), 4);
        let (columns, rows) = (u64::from(job.width).div_ceil(2).next_multiple_of(2), u64::from(job.height).div_ceil(2));
        // The pair of records before the first is written too; rows of 32 are read in one piece.
        block.records = take(&mut self.size.records, columns * rows + 32, 32) + 32;
        Ok(block)
    }
}

/// The last two bytes of a block's cleanup segment, where there are as many.
type Ending = Option<[u8; 2]>;

/// Blocks from which on the threads of a pool are used.
const MANY_BLOCKS: usize = 1024;

/// The endings of all blocks. They lie far apart in memory that nobody has looked at: what takes the time is waiting for it.
fn endings(plan: &DecodePlan, pool: Option<&rayon::ThreadPool>) -> Vec<Ending> {
    let ending = |job: &BlockJob| {
        let last = (job.cleanup_len as usize).checked_sub(1)?;
        Some([plan.byte(job, last.checked_sub(1)?)?, plan.byte(job, last)?])
    };
    match pool {
        Some(pool) if plan.blocks.len() >= MANY_BLOCKS => {
            pool.install(|| plan.blocks.par_iter().with_min_len(MANY_BLOCKS / 16).map(ending).collect())
        }
        _ => plan.blocks.iter().map(ending).collect(),
    }
}

/// Why a block is not run.
enum Refused {
    Block(BlockError),
    Declined(String),
}

impl<E: Into<BlockError>> From<E> for Refused {
    fn from(why: E) -> Self {
        Self::Block(why.into())
    }
}
