//! The jobs of one plan: where its coded bytes, records, samples and pixels lie on the device.

use lightbox_kernels::abi::{BandJob, BlockJob, OutputJob, TileJob};
use lightbox_kernels::device::{CodedBlock, Finish, LastLevel, SmallLevels, Synthesis};

use super::arithmetic::Arithmetic;
use super::levels::Top;
use super::part::{Form, Refusal, Size};
use super::runs::Runs;
use crate::cpu::block::BlockError;
use crate::cpu::block::ht::{self, HtBlock};
use crate::plan::{DecodePlan, PlaneLayout};

/// Most bit-planes of a coefficient that the kernels take.
const MAX_BITPLANES: u8 = ht::NARROW_BITPLANES;
/// Bytes at which coded bytes begin, so that words before the first may be read.
const GUARD: u64 = 16;
/// To what a plane's first byte is aligned.
const PLANE_ALIGN: u64 = 256;

/// The jobs of one plan.
#[derive(Default)]
pub(crate) struct Jobs {
    /// In the plan's order.
    pub blocks: Vec<CodedBlock>,
    /// Those among them that are coded arithmetically.
    pub arithmetic: Arithmetic,
    /// Whether any other block has refinement passes.
    pub refined: bool,
    /// The lowest levels of each tile-component where they are small, 5/3 and 9/7.
    pub small: [Vec<SmallLevels>; 2],
    /// The other wavelet jobs of each level, 5/3 and 9/7, lowest level first.
    pub levels: Vec<[Vec<Synthesis>; 2]>,
    /// The last level of components together with the last stage, and those that stand alone.
    pub lasts: Vec<LastLevel>,
    pub finishes: Vec<Finish>,
    /// The coded bytes.
    pub runs: Runs,
    /// Where each plane begins in the output, or all together where they are interleaved.
    pub planes: Vec<u32>,
}

impl Jobs {
    /// Forgets all of them, and keeps the room of what is long.
    pub fn clear(&mut self) {
        let Self { blocks, arithmetic: Arithmetic { blocks: others, segments, numbers }, .. } = &mut *self;
        blocks.clear();
        others.clear();
        segments.clear();
        numbers.clear();
        let arithmetic = std::mem::take(&mut self.arithmetic);
        *self = Self { blocks: std::mem::take(&mut self.blocks), arithmetic, ..Self::default() };
    }

    /// Lists the jobs of a plan in place of those that there were, and says how much memory they need.
    /// Where the plan's bytes are `sent` already, its coded bytes have places in the input and not in the part.
    pub fn list(mut self, plan: &DecodePlan, form: Form, sent: Option<u32>) -> Result<(Self, Size), Refusal> {
        self.clear();
        self.blocks.reserve(plan.blocks.len());
        let jobs = self;
        let mut list = Lister { jobs, form, size: Size { coded: if sent.is_some() { 0 } else { GUARD }, ..Size::default() } };
        list.place_planes(plan.planes());
        list.jobs.runs = match sent {
            Some(at) => Runs::sent(at),
            None => Runs::new(plan, |bytes| take(&mut list.size.coded, bytes, 1)),
        };
        for tile in &plan.tiles {
            let mut tops = Vec::with_capacity(plan.planes().len());
            for output in plan.outputs_of(tile) {
                tops.push(list.add_output(plan, tile, output)?);
            }
            list.add_finishes(plan, tile, &tops);
        }
        let Lister { jobs, mut size, .. } = list;
        size.output = size.output.next_multiple_of(PLANE_ALIGN);
        // The last word may be read to its end, and the next.
        size.coded = if sent.is_some() { 0 } else { (size.coded + GUARD).next_multiple_of(GUARD) };
        Ok((jobs, size))
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

/// Gives jobs their places, one behind the other.
pub(super) struct Lister {
    pub jobs: Jobs,
    pub form: Form,
    pub size: Size,
}

impl Lister {
    /// Gives the planes their places in the output.
    fn place_planes(&mut self, planes: &[PlaneLayout]) {
        let area = |p: &PlaneLayout| p.rect.area() * p.kind.bytes() as u64;
        let mut place = |bytes| take(&mut self.size.output, bytes, PLANE_ALIGN);
        self.jobs.planes = match self.form {
            Form::Interleaved => vec![place(planes.iter().map(area).sum())],
            Form::Device(_) => Vec::new(),
            Form::Planar => planes.iter().map(|p| place(area(p))).collect(),
        };
    }

    /// Lists blocks and levels of a tile-component and returns what its last stage begins with.
    fn add_output(&mut self, plan: &DecodePlan, tile: &TileJob, output: &OutputJob) -> Result<Top, Refusal> {
        let mut bands = Vec::with_capacity(output.dwts as usize * 3 + 1);
        for (number, band) in plan.bands_of(output).iter().enumerate() {
            let placed = self.place((band.x0, band.y0), (band.x1, band.y1));
            for row in 0..band.blocks_high {
                for job in plan.block_row(band, row) {
                    fetch_ending(plan, self.jobs.blocks.len() + AHEAD);
                    let block = self.block(plan, band, placed, job).map_err(|why| match why {
                        Refused::Block(why) => Refusal::Failed(plan.block_error(tile, output, number, job, &why)),
                        Refused::Declined(why) => Refusal::Declined(why),
                    })?;
                    self.jobs.blocks.push(block);
                }
            }
            bands.push(placed);
        }
        Ok(self.add_levels(plan, output, &bands))
    }

    /// Gives a rectangle its samples: columns that are multiples of four lie at multiples of four.
    pub fn place(&mut self, (x0, y0): (u32, u32), (x1, y1): (u32, u32)) -> Placed {
        let before = x0 % 4;
        let stride = (x1 - x0 + before).next_multiple_of(4);
        let start = take(&mut self.size.samples, u64::from(stride) * u64::from(y1 - y0), 4);
        let corner = start.wrapping_add(before);
        Placed { origin: corner.wrapping_sub(y0.wrapping_mul(stride)).wrapping_sub(x0), stride }
    }

    fn block(&mut self, plan: &DecodePlan, band: &BandJob, placed: Placed, job: &BlockJob) -> Result<CodedBlock, Refused> {
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
            let (number, coded) = (self.jobs.blocks.len(), self.coded(plan, job));
            self.jobs.arithmetic.add(plan, (band, job), number, &block, MAX_BITPLANES, coded)?;
            return Ok(block);
        }
        block.passes = job.passes;
        let cleanup = job.cleanup_len as usize;
        let Some([before, last]) = ending(plan, job) else {
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
        self.jobs.refined |= job.passes > 1;
        block.plane = shape.plane(MAX_BITPLANES)?;
        block.missing = job.missing;
        block.roi_shift = band.roi_shift;
        let suffix = ht::suffix_len(cleanup, before, last)? as u32;
        block.suffix_bytes = suffix;
        block.magsgn_bytes = job.cleanup_len - suffix;
        block.refinement_bytes = job.refinement_len;
        block.magsgn = self.coded(plan, job);
        block.suffix_end = block.magsgn.wrapping_add(job.cleanup_len);
        block.refinement = block.suffix_end;
        let (columns, rows) = (u64::from(job.width).div_ceil(2).next_multiple_of(2), u64::from(job.height).div_ceil(2));
        // The pair of records before the first is written too; rows of 32 are read in one piece.
        block.records = take(&mut self.size.records, columns * rows + 32, 32) + 32;
        Ok(block)
    }

    /// Where the coded bytes of the next block are, one behind the other.
    fn coded(&mut self, plan: &DecodePlan, job: &BlockJob) -> u32 {
        let spans = plan.spans_of(job);
        if let [span] = spans {
            return self.jobs.runs.place(span.start);
        }
        let at = take(&mut self.size.coded, spans.iter().map(|span| u64::from(span.len)).sum(), 1);
        self.jobs.runs.gathered.push((self.jobs.blocks.len() as u32, at));
        at
    }
}

/// The last two bytes of a block's cleanup segment, where there are as many.
fn ending(plan: &DecodePlan, job: &BlockJob) -> Option<[u8; 2]> {
    let last = (job.cleanup_len as usize).checked_sub(1)?;
    Some([plan.byte(job, last.checked_sub(1)?)?, plan.byte(job, last)?])
}

/// Blocks from one whose ending is called for to the one that is listed: as many lines of memory as a core can wait for at a time.
const AHEAD: usize = 12;

/// Calls for the ending of block `number` of a plan. Endings lie far apart in memory that nobody has looked at: what takes the time is
/// waiting for it.
fn fetch_ending(plan: &DecodePlan, number: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(job) = plan.blocks.get(number)
        && let [span] = plan.spans_of(job)
        && let Some(byte) = plan.in_memory().get((span.start as usize).wrapping_add(job.cleanup_len as usize).wrapping_sub(1))
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: it reads nothing that a program can tell, at an address that may be read.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(byte).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (plan, number);
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
