//! A launch series: one or many plans as one run of the kernels, without a device. What is in it is plain data, so that an
//! emulator can run it where there is no GPU.

use lightbox_kernels::device::{CodedBlock, Finish, Kernel, LastLevel, Synthesis};
use rayon::prelude::*;

use super::arithmetic::Arithmetic;
use super::levels::{LOW_STRIP, moved, small_moved, strips};
use super::pack;
use super::part::{Form, Part, Refusal, Size};
use crate::cpu::block::{BlockError, ht, mq};
use crate::error::Error;

/// One launch: a kernel, its grid and what [`lightbox_kernels::device::Launch`] says of the jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub kernel: Kernel,
    pub grid: (u32, u32),
    pub threads: u32,
    pub jobs: u32,
    pub count: u32,
    pub first: u32,
    pub lanes: u32,
    /// Whether the jobs name addresses and not places in the output.
    pub addressed: bool,
}

/// What a run needs. Its input is the coded bytes, those that are sent before it first, the jobs of the blocks and all other jobs,
/// in this order.
pub(crate) struct Series<'p> {
    parts: Vec<Part<'p>>,
    /// Bytes of the input that are sent before it.
    before: usize,
    /// Where each part begins.
    starts: Vec<Size>,
    /// The whole, coded bytes without the jobs.
    pub size: Size,
    /// The block of each job: its part, and its number there. Arithmetic blocks come a second time, behind all blocks.
    order: Vec<(u32, u32)>,
    /// Blocks without these.
    listed: usize,
    /// Jobs behind those of the blocks.
    jobs: Vec<u8>,
    pub steps: Vec<Step>,
}

/// Rows of a grid.
const MOST_ROWS: u32 = 65535;
/// Jobs of blocks that a thread writes at a time.
const JOBS: usize = 512;
/// To what lists of jobs are aligned.
const ALIGN: usize = 16;

impl<'p> Series<'p> {
    /// Puts parts whose sizes fit together side by side, behind `before` bytes of input, for a device of `multiprocessors`.
    pub fn new(parts: Vec<Part<'p>>, before: u64, multiprocessors: u32) -> Self {
        let (mut starts, mut size) = (Vec::with_capacity(parts.len()), Size { coded: before, ..Size::default() });
        for part in &parts {
            starts.push(part.start(size));
            size = size.followed_by(&part.size);
        }
        let order = Vec::with_capacity(parts.iter().map(|p| p.jobs.blocks.len()).sum());
        let mut series =
            Self { parts, before: before as usize, starts, size, order, listed: 0, jobs: Vec::new(), steps: Vec::new() };
        series.add_blocks(multiprocessors);
        series.add_passes();
        series.add_levels(multiprocessors);
        series.add_lasts(multiprocessors);
        series.add_finishes();
        series
    }

    pub fn parts(&self) -> &[Part<'p>] {
        &self.parts
    }

    /// Bytes of coded data and jobs.
    pub fn input_bytes(&self) -> usize {
        self.jobs_start() + self.jobs.len()
    }

    /// Where the jobs behind those of the blocks begin.
    fn jobs_start(&self) -> usize {
        (self.size.coded as usize + size_of::<CodedBlock>() * self.listed).next_multiple_of(ALIGN)
    }

    /// Those of it that are sent before the series.
    pub fn before(&self) -> usize {
        self.before
    }

    /// Jobs of blocks.
    pub fn blocks(&self) -> usize {
        self.order.len()
    }

    /// Where a plane's bytes begin in the output.
    pub fn plane_start(&self, part: usize, plane: usize) -> usize {
        self.starts[part].output as usize + self.parts[part].jobs.planes[plane] as usize
    }

    fn add_blocks(&mut self, multiprocessors: u32) {
        let coded = by_length(&self.parts, &mut self.order);
        self.listed = self.order.len();
        let of = |&(part, block): &(u32, u32)| &self.parts[part as usize].jobs.blocks[block as usize];
        let refined: Vec<u32> = match self.parts.iter().any(|part| part.jobs.refined) {
            true => (0u32..).zip(&self.order).filter(|(_, place)| of(place).passes > 1).map(|(n, _)| n).collect(),
            false => Vec::new(),
        };
        let all = self.order.len() as u32;
        let jobs = self.size.coded as u32;
        let lanes = lanes(coded, multiprocessors);
        // Where each block has a scheduler to itself nothing is gained by filling warps, and much by doing both at once.
        if (1..=4 * multiprocessors).contains(&coded) {
            self.push(Kernel::ReadBlocks, (all, 1), jobs, (all, 0, 0), Kernel::ReadBlocks.threads());
        } else {
            let (warp, threads) = (32, Kernel::ReadQuads.threads());
            self.push(Kernel::ReadQuads, (coded.div_ceil(lanes).div_ceil(threads / warp), 1), jobs, (coded, 0, lanes), threads);
            let threads = Kernel::ReadMagnitudes.threads();
            self.push(Kernel::ReadMagnitudes, (all.div_ceil(threads / warp), 1), jobs, (all, 0, 0), threads);
        }
        let list = self.append(&refined);
        let count = refined.len() as u32;
        self.push(Kernel::Refine, (count, 1), list, (count, jobs, 0), Kernel::Refine.threads());
    }

    fn add_passes(&mut self) {
        let (all, places) = Arithmetic::side_by_side(&self.parts, &self.starts);
        let status = self.order.len() as u32;
        self.order.extend(places);
        let (segments, jobs) = (self.append(&all.segments), self.append(&all.blocks));
        let count = all.blocks.len() as u32;
        self.push(Kernel::ReadPasses, (count, 1), jobs, (count, segments, status), Kernel::ReadPasses.threads());
    }

    fn add_levels(&mut self, multiprocessors: u32) {
        for (kind, kernel) in [Kernel::SynthesizeSmallReversible, Kernel::SynthesizeSmallIrreversible].into_iter().enumerate() {
            let of = |(part, start): (&Part<'p>, &Size)| {
                part.jobs.small[kind].iter().map(|job| small_moved(job, start)).collect::<Vec<_>>()
            };
            let all: Vec<_> = self.parts.iter().zip(&self.starts).flat_map(of).collect();
            self.add_tiles(kernel, (1, LOW_STRIP), &all);
        }
        let deepest = self.parts.iter().map(|p| p.jobs.levels.len()).max().unwrap_or(0);
        for level in 0..deepest {
            for (kind, kernel) in [Kernel::SynthesizeReversible, Kernel::SynthesizeIrreversible].into_iter().enumerate() {
                let mut all: Vec<Synthesis> = Vec::new();
                for (part, start) in self.parts.iter().zip(&self.starts) {
                    let own = part.jobs.levels.get(level).into_iter().flat_map(|l| &l[kind]);
                    all.extend(own.map(|job| moved(job, start)));
                }
                let strips = strips(&all, |job| job, multiprocessors);
                self.add_tiles(kernel, strips, &all);
            }
        }
    }

    fn add_lasts(&mut self, multiprocessors: u32) {
        for (kernel, reversible, components) in [
            (Kernel::FinishReversible, true, 1),
            (Kernel::FinishIrreversible, false, 1),
            (Kernel::FinishReversibleColours, true, 3),
            (Kernel::FinishIrreversibleColours, false, 3),
        ] {
            let is_own = |job: &&LastLevel| {
                job.finish.components == components && (job.finish.flags & Finish::REVERSIBLE != 0) == reversible
            };
            self.add_addressed(
                kernel,
                |part, start, output| {
                    let own = part.jobs.lasts.iter().filter(is_own);
                    own.map(|job| LastLevel {
                        levels: job.levels.each_ref().map(|level| moved(level, start)),
                        finish: Finish { targets: job.finish.targets.map(|t| t.wrapping_add(output)), ..job.finish },
                    })
                    .collect()
                },
                |all: &[LastLevel]| strips(all, |job| &job.levels[0], multiprocessors),
            );
        }
    }

    fn add_finishes(&mut self) {
        self.add_addressed(
            Kernel::Finish,
            |part, start, output| {
                let moved = |job: &Finish| Finish {
                    sources: job.sources.map(|s| s.wrapping_add(start.samples as u32)),
                    targets: job.targets.map(|t| t.wrapping_add(output)),
                    ..*job
                };
                part.jobs.finishes.iter().map(moved).collect()
            },
            |all| (all.iter().map(Finish::blocks).max().unwrap_or(0), 0),
        );
    }

    /// Launches a kernel that writes the output: once for what lies in it, and once for memory with addresses of its own. `jobs`
    /// gives those of a part, moved to where it begins and to its output; `blocks` the thread blocks for each and their lanes.
    fn add_addressed<T: bytemuck::Pod>(
        &mut self,
        kernel: Kernel,
        jobs: impl Fn(&Part, &Size, u64) -> Vec<T>,
        blocks: impl Fn(&[T]) -> (u32, u32),
    ) {
        for addressed in [false, true] {
            let mut all: Vec<T> = Vec::new();
            for (part, start) in self.parts.iter().zip(&self.starts) {
                if matches!(part.form, Form::Device(_)) == addressed {
                    all.extend(jobs(part, start, if addressed { 0 } else { start.output }));
                }
            }
            let first = self.steps.len();
            self.add_tiles(kernel, blocks(&all), &all);
            self.steps[first..].iter_mut().for_each(|step| step.addressed = addressed);
        }
    }

    /// Launches a kernel with `blocks` thread blocks to each job.
    fn add_tiles<T: bytemuck::Pod>(&mut self, kernel: Kernel, (blocks, lanes): (u32, u32), jobs: &[T]) {
        let at = self.append(jobs);
        let count = jobs.len() as u32;
        for first in (0..count).step_by(MOST_ROWS as usize) {
            let rows = MOST_ROWS.min(count - first);
            self.push(kernel, (blocks, rows), at, (rows, first, lanes), kernel.threads());
        }
    }

    fn push(&mut self, kernel: Kernel, grid: (u32, u32), jobs: u32, (count, first, lanes): (u32, u32, u32), threads: u32) {
        if grid.0 > 0 && count > 0 {
            self.steps.push(Step { kernel, grid, threads, jobs, count, first, lanes, addressed: false });
        }
    }

    /// Appends jobs and returns where they are in the input.
    fn append<T: bytemuck::Pod>(&mut self, jobs: &[T]) -> u32 {
        self.jobs.resize(self.jobs.len().next_multiple_of(ALIGN), 0);
        let at = self.jobs_start() + self.jobs.len();
        self.jobs.extend_from_slice(bytemuck::cast_slice(jobs));
        at as u32
    }

    /// Writes the input from [`Self::before`] on, on the threads of `pool` if there is one. `ready` is given each stretch as
    /// soon as it is written, with the place of its first byte.
    pub fn write<E>(
        &self,
        input: &mut [u8],
        pool: Option<&rayon::ThreadPool>,
        mut ready: impl FnMut(usize, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let whole = input.len() <= pack::STRETCH;
        let (coded, jobs) = input.split_at_mut(self.size.coded as usize - self.before);
        let (blocks, others) = jobs.split_at_mut(self.jobs_start() - self.size.coded as usize);
        self.write_blocks(blocks, pool);
        others.copy_from_slice(&self.jobs);
        let before = self.before;
        if whole {
            pack::pack(&self.parts, coded, pool, |_, _| Ok(()))?;
            return ready(before, input);
        }
        ready(before + coded.len(), jobs)?;
        pack::pack(&self.parts, coded, pool, |at, bytes| ready(before + at, bytes))
    }

    /// Writes the jobs of the blocks.
    fn write_blocks(&self, out: &mut [u8], pool: Option<&rayon::ThreadPool>) {
        let order = &self.order[..self.listed];
        let write = |(out, order): (&mut [u8], &[(u32, u32)])| {
            for (out, &(part, block)) in out.chunks_exact_mut(size_of::<CodedBlock>()).zip(order) {
                let (start, block) = (&self.starts[part as usize], &self.parts[part as usize].jobs.blocks[block as usize]);
                let [coded, records, samples] = [start.coded, start.records, start.samples].map(|n| n as u32);
                let block = CodedBlock {
                    magsgn: block.magsgn.wrapping_add(coded),
                    suffix_end: block.suffix_end.wrapping_add(coded),
                    refinement: block.refinement.wrapping_add(coded),
                    records: block.records.wrapping_add(records),
                    samples: block.samples.wrapping_add(samples),
                    ..*block
                };
                out.copy_from_slice(bytemuck::bytes_of(&block));
            }
        };
        match pool {
            Some(pool) if order.len() > 2 * JOBS => pool.install(|| {
                out.par_chunks_mut(JOBS * size_of::<CodedBlock>()).zip(order.par_chunks(JOBS)).for_each(write);
            }),
            _ => write((out, order)),
        }
    }

    /// The first damaged block of each part, by the status that the kernels left. One whose segmentation symbol is wrong is the
    /// CPU's to decide: it may have been cut too short and be sound otherwise.
    pub fn verdicts(&self, status: &[u32]) -> Vec<Result<(), Refusal>> {
        let mut worst: Vec<Option<(u32, u32)>> = vec![None; self.parts.len()];
        for (&(part, block), &status) in self.order.iter().zip(status) {
            let worst = &mut worst[part as usize];
            if status != CodedBlock::SOUND && worst.is_none_or(|(other, _)| block < other) {
                *worst = Some((block, status));
            }
        }
        let verdict = |(part, worst): (&Part, Option<(u32, u32)>)| match worst {
            None => Ok(()),
            Some((_, status)) if status % CodedBlock::REASONS == CodedBlock::SEGMENTATION => {
                Err(Refusal::Declined("code-blocks that are cut too short are decoded on the CPU".into()))
            }
            Some((block, status)) => Err(Refusal::Failed(error(part, block, status))),
        };
        self.parts.iter().zip(worst).map(verdict).collect()
    }

    /// The status of each block in the order of the parts and their plans.
    #[cfg(test)]
    pub fn in_order(&self, status: &[u32]) -> Vec<u32> {
        let sorted: std::collections::BTreeMap<_, _> = self.order.iter().zip(status).collect();
        sorted.into_values().copied().collect()
    }
}

/// What is wrong with a block, in words.
fn error(part: &Part, block: u32, status: u32) -> Error {
    let pass = status / CodedBlock::REASONS;
    let why: BlockError = match status % CodedBlock::REASONS {
        CodedBlock::VLC_END => ht::BlockError::VlcEnd.into(),
        CodedBlock::OUTSIDE => ht::BlockError::Outside.into(),
        CodedBlock::EXPONENT => ht::BlockError::Exponent.into(),
        CodedBlock::TERMINATION => mq::BlockError::Termination { pass }.into(),
        _ => return Error::Internal { why: format!("the GPU left block {block} with status {status:#x}") },
    };
    part.plan.error_of_block(block as usize, &why)
}

/// Blocks that a warp reads side by side: fewer leave it mostly idle, and more wait for each other's memory.
fn lanes(blocks: u32, multiprocessors: u32) -> u32 {
    (blocks / (8 * multiprocessors.max(1))).clamp(8, 16).next_power_of_two()
}

/// Lists the blocks of parts, those with most coded bytes first, to the nearest 64, and those without any last: the warps of
/// the block kernels then have equal work, and what takes longest starts first. Gives the number of blocks with coded bytes.
fn by_length(parts: &[Part], order: &mut Vec<(u32, u32)>) -> u32 {
    const CLASSES: usize = 1024;
    let class = |b: &CodedBlock| match b.passes {
        0 => CLASSES - 1,
        _ => CLASSES - 2 - ((b.magsgn_bytes as usize + b.suffix_bytes as usize) / 64).min(CLASSES - 2),
    };
    let mut starts = [0u32; CLASSES + 1];
    parts.iter().flat_map(|part| &part.jobs.blocks).for_each(|b| starts[class(b) + 1] += 1);
    (0..CLASSES).for_each(|c| starts[c + 1] += starts[c]);
    let coded = starts[CLASSES - 1];
    order.clear();
    order.resize(starts[CLASSES] as usize, (0, 0));
    for (part, number) in parts.iter().zip(0u32..) {
        for (n, block) in (0u32..).zip(&part.jobs.blocks) {
            let next = &mut starts[class(block)];
            order[*next as usize] = (number, n);
            *next += 1;
        }
    }
    coded
}
