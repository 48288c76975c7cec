//! A launch series: one or many plans as one run of the kernels, without a device. What is in it is plain data, so that an
//! emulator can run it where there is no GPU.

use lightbox_kernels::device::{CodedBlock, Finish, Kernel, LastLevel, Synthesis};
use rayon::prelude::*;

use super::arithmetic::Arithmetic;
use super::pack;
use super::part::{Form, Part, Size};
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

/// What a run needs.
pub(crate) struct Series<'p> {
    parts: Vec<Part<'p>>,
    /// Where each part begins.
    starts: Vec<Size>,
    /// The whole, coded bytes without the jobs.
    pub size: Size,
    /// Jobs, which follow the coded bytes in the input.
    jobs: Vec<u8>,
    /// The block of each job, counted over all parts. Arithmetic blocks come a second time, behind all blocks.
    order: Vec<u32>,
    pub steps: Vec<Step>,
}

/// Pairs of rows of a wavelet strip.
const LOW_STRIP: u32 = 4;
const HIGH_STRIP: u32 = 16;
/// Rows of a grid.
const MOST_ROWS: u32 = 65535;

impl<'p> Series<'p> {
    /// Puts parts side by side, for a device of `multiprocessors`, on the threads of `pool` if there is one. Gives back the parts that do not fit behind the first.
    pub fn new(mut parts: Vec<Part<'p>>, multiprocessors: u32, pool: Option<&rayon::ThreadPool>) -> (Self, Vec<Part<'p>>) {
        let (mut starts, mut size) = (Vec::with_capacity(parts.len()), Size::default());
        for part in &parts {
            let with = size.followed_by(&part.size);
            if !with.fits() {
                break;
            }
            starts.push(size);
            size = with;
        }
        let rest = parts.split_off(starts.len());
        let mut series = Self { parts, starts, size, jobs: Vec::new(), order: Vec::new(), steps: Vec::new() };
        match pool {
            Some(pool) if series.parts.len() > 1 => pool.install(|| series.add_blocks(multiprocessors)),
            _ => series.add_blocks(multiprocessors),
        }
        series.add_passes();
        series.add_levels(multiprocessors);
        series.add_lasts(multiprocessors);
        series.add_finishes();
        (series, rest)
    }

    pub fn parts(&self) -> &[Part<'p>] {
        &self.parts
    }

    /// Bytes of coded data and jobs.
    pub fn input_bytes(&self) -> usize {
        self.size.coded as usize + self.jobs.len()
    }

    /// Jobs of blocks.
    pub fn blocks(&self) -> usize {
        self.order.len()
    }

    /// Bytes on the device.
    pub fn device_bytes(&self) -> u64 {
        let Size { records, samples, output, .. } = self.size;
        self.input_bytes() as u64 + 4 * (records + samples + self.blocks() as u64) + output
    }

    /// Where a plane's bytes begin in the output.
    pub fn plane_start(&self, part: usize, plane: usize) -> usize {
        self.starts[part].output as usize + self.parts[part].planes[plane] as usize
    }

    fn add_blocks(&mut self, multiprocessors: u32) {
        let moved = |(part, start): (&Part, &Size)| {
            let [coded, records, samples] = [start.coded, start.records, start.samples].map(|n| n as u32);
            let moved = move |&block: &CodedBlock| CodedBlock {
                magsgn: block.magsgn.wrapping_add(coded),
                suffix_end: block.suffix_end.wrapping_add(coded),
                refinement: block.refinement.wrapping_add(coded),
                records: block.records.wrapping_add(records),
                samples: block.samples.wrapping_add(samples),
                ..block
            };
            part.blocks.iter().map(moved).collect::<Vec<_>>()
        };
        // One part is not worth a change of threads.
        let blocks: Vec<CodedBlock> = match &self.parts[..] {
            [_] => self.parts.iter().zip(&self.starts).flat_map(moved).collect(),
            _ => self.parts.par_iter().zip(&self.starts).flat_map_iter(moved).collect(),
        };
        self.order = by_length(&blocks);
        let sorted: Vec<CodedBlock> = match &self.parts[..] {
            [_] => self.order.iter().map(|&n| blocks[n as usize]).collect(),
            _ => self.order.par_iter().with_min_len(1 << 10).map(|&n| blocks[n as usize]).collect(),
        };
        let refined: Vec<u32> = (0u32..).zip(&sorted).filter(|(_, b)| b.passes > 1).map(|(n, _)| n).collect();
        let coded = sorted.iter().take_while(|b| b.passes > 0).count() as u32;
        let all = sorted.len() as u32;
        let jobs = self.append(&sorted);
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
        let all = Arithmetic::side_by_side(&self.parts, &self.starts);
        let status = self.order.len() as u32;
        self.order.extend(all.numbers);
        let (segments, jobs) = (self.append(&all.segments), self.append(&all.blocks));
        let count = all.blocks.len() as u32;
        self.push(Kernel::ReadPasses, (count, 1), jobs, (count, segments, status), Kernel::ReadPasses.threads());
    }

    fn add_levels(&mut self, multiprocessors: u32) {
        let deepest = self.parts.iter().map(|p| p.levels.len()).max().unwrap_or(0);
        for level in 0..deepest {
            for (kind, kernel) in [Kernel::SynthesizeReversible, Kernel::SynthesizeIrreversible].into_iter().enumerate() {
                let mut all: Vec<Synthesis> = Vec::new();
                for (part, start) in self.parts.iter().zip(&self.starts) {
                    let own = part.levels.get(level).into_iter().flat_map(|l| &l[kind]);
                    all.extend(own.map(|job| moved(job, start)));
                }
                let strips = strips(&all, |job| job, kind == 0, multiprocessors);
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
                    let own = part.lasts.iter().filter(is_own);
                    own.map(|job| LastLevel {
                        levels: job.levels.each_ref().map(|level| moved(level, start)),
                        finish: Finish { targets: job.finish.targets.map(|t| t.wrapping_add(output)), ..job.finish },
                    })
                    .collect()
                },
                |all: &[LastLevel]| strips(all, |job| &job.levels[0], reversible, multiprocessors),
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
                part.finishes.iter().map(moved).collect()
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
        self.jobs.resize(self.jobs.len().next_multiple_of(16), 0);
        let at = self.size.coded as u32 + self.jobs.len() as u32;
        self.jobs.extend_from_slice(bytemuck::cast_slice(jobs));
        at
    }

    /// Writes the input, of [`Self::input_bytes`], on the threads of `pool` if there is one. `ready` is given each stretch as
    /// soon as it is written, with the place of its first byte.
    pub fn pack<E>(
        &self,
        input: &mut [u8],
        pool: Option<&rayon::ThreadPool>,
        mut ready: impl FnMut(usize, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (coded, jobs) = input.split_at_mut(self.size.coded as usize);
        jobs.copy_from_slice(&self.jobs);
        ready(coded.len(), jobs)?;
        pack::pack(&self.parts, coded, pool, ready)
    }

    /// The first damaged block of each part, by the status that the kernels left.
    pub fn verdicts(&self, status: &[u32]) -> Vec<Result<(), Error>> {
        let mut worst: Vec<Option<(u32, u32)>> = vec![None; self.parts.len()];
        for (&block, &status) in self.order.iter().zip(status) {
            if status != CodedBlock::SOUND {
                let (part, block) = self.part_of(block);
                if worst[part].is_none_or(|(other, _)| block < other) {
                    worst[part] = Some((block, status));
                }
            }
        }
        let verdict = |(part, worst): (&Part, Option<(u32, u32)>)| match worst {
            None => Ok(()),
            Some((block, status)) => Err(error(part, block, status)),
        };
        self.parts.iter().zip(worst).map(verdict).collect()
    }

    /// The status of each block in the order of the parts and their plans.
    #[cfg(test)]
    pub fn in_order(&self, status: &[u32]) -> Vec<u32> {
        let mut sorted = vec![0; status.len()];
        self.order.iter().zip(status).for_each(|(&block, &status)| sorted[block as usize] = status);
        sorted
    }

    /// The part of a block that is counted over all parts, and its number there.
    fn part_of(&self, mut block: u32) -> (usize, u32) {
        for (n, part) in self.parts.iter().enumerate() {
            let own = part.blocks.len() as u32;
            if block < own {
                return (n, block);
            }
            block -= own;
        }
        unreachable!("every job is a block of a part")
    }
}

/// A level of a part that begins at `start`.
fn moved(job: &Synthesis, start: &Size) -> Synthesis {
    let from = start.samples as u32;
    Synthesis { bands: job.bands.map(|b| b.wrapping_add(from)), out: job.out.wrapping_add(from), ..*job }
}

/// Thread blocks for each of many levels, and the pairs of rows of a strip. Low strips are soon done, high ones repeat fewer rows:
/// those where there are enough to fill the device.
fn strips<T>(all: &[T], level: impl Fn(&T) -> &Synthesis, reversible: bool, multiprocessors: u32) -> (u32, u32) {
    let blocks = |pairs| all.iter().map(|job| level(job).blocks(reversible, pairs)).max().unwrap_or(0);
    let fills = blocks(HIGH_STRIP) as usize * all.len() >= 8 * multiprocessors as usize;
    let pairs = if fills { HIGH_STRIP } else { LOW_STRIP };
    (blocks(pairs), pairs)
}

/// What is wrong with a block, in words.
fn error(part: &Part, block: u32, status: u32) -> Error {
    let pass = status / CodedBlock::REASONS;
    let why: BlockError = match status % CodedBlock::REASONS {
        CodedBlock::VLC_END => ht::BlockError::VlcEnd.into(),
        CodedBlock::OUTSIDE => ht::BlockError::Outside.into(),
        CodedBlock::EXPONENT => ht::BlockError::Exponent.into(),
        CodedBlock::SEGMENTATION => mq::BlockError::Segmentation { pass }.into(),
        CodedBlock::TERMINATION => mq::BlockError::Termination { pass }.into(),
        _ => return Error::Internal { why: format!("the GPU left block {block} with status {status:#x}") },
    };
    part.plan.error_of_block(block as usize, &why)
}

/// Blocks that a warp reads side by side: as few as keep the device's schedulers busy.
fn lanes(blocks: u32, multiprocessors: u32) -> u32 {
    (blocks / (8 * multiprocessors.max(1))).clamp(1, 16).next_power_of_two()
}

/// Numbers of blocks, those with most coded bytes first, to the nearest 64, and those without any last: the warps of the
/// block kernels then have equal work, and what takes longest starts first.
fn by_length(blocks: &[CodedBlock]) -> Vec<u32> {
    const CLASSES: usize = 1024;
    let class = |b: &CodedBlock| match b.passes {
        0 => CLASSES - 1,
        _ => CLASSES - 2 - ((b.magsgn_bytes as usize + b.suffix_bytes as usize) / 64).min(CLASSES - 2),
    };
    let mut starts = [0u32; CLASSES + 1];
    blocks.iter().for_each(|b| starts[class(b) + 1] += 1);
    (0..CLASSES).for_each(|c| starts[c + 1] += starts[c]);
    let mut order = vec![0; blocks.len()];
    for (n, block) in (0u32..).zip(blocks) {
        let next = &mut starts[class(block)];
        order[*next as usize] = n;
        *next += 1;
    }
    order
}
