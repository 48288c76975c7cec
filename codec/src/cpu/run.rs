//! Runs a plan: code-blocks, wavelet and last stage, on one thread or on many.
//!
//! A thread goes through a row of tiles tile by tile and row by row: a row of code-blocks is decoded when its first row is
//! needed, so that coefficients are still in the cache when the wavelet takes them, and every sample is written once.
//! Rows of tiles, or tall parts of them, go to as many threads as there are. Where they are too few or too low for that,
//! first all rows of code-blocks are decoded side by side into planes, then runs of output rows are made side by side; each
//! run repeats the few wavelet rows that it shares with its neighbours. The samples are the same.

use std::ops::Range;

use lightbox_kernels::abi::TileJob;
use rayon::prelude::*;

use super::blocks::{BlockScratch, Coefficient, Kind, Place, RowOfBlocks};
use super::component::{Component, Source};
use super::memory;
use super::output::{self, Colour, Format, Row};
use super::simd::Simd;
use super::sink::Sink;
use super::workspaces::Workspaces;
use crate::error::Error;
use crate::limits::Limits;
use crate::plan::{DecodePlan, PlaneLayout};
use crate::samples::SamplesMut;

/// Fewest rows that a thread is given in the last stage.
const ROWS_PER_RUN: usize = 64;
/// Rows of a run from which on the code-blocks that it shares with its neighbours may be decoded twice: a few in a hundred.
const TALL_RUN: usize = 1024;
/// Most pairs of words of coefficients whose memory is kept for the next image: 128 MiB.
const PLANES_KEPT: usize = 1 << 24;

/// Samples in memory that a plan is run into.
pub(crate) enum Samples<'a> {
    /// All planes, of one size and type, pixel by pixel; samples from one row to the next.
    Interleaved(SamplesMut<'a>, usize),
    /// Each plane on its own, without gaps.
    Planar(Vec<SamplesMut<'a>>),
}

/// Working memory of one thread.
#[derive(Default)]
pub(crate) struct Workspace {
    blocks: BlockScratch,
    components: Vec<Streams>,
    /// Coefficients of all tiles, of any type: words in pairs, so that wide ones are aligned.
    planes: Vec<u64>,
}

/// The row streams of one plane: only one kind is in use for a tile.
#[derive(Default)]
struct Streams {
    reversible: Component<i32>,
    irreversible: Component<f32>,
    reversible_wide: Component<i64>,
    irreversible_wide: Component<f64>,
}

impl Streams {
    fn start(&mut self, source: &Source, rows: Range<u32>) {
        match source.kind() {
            Kind::Reversible => self.reversible.start(source, rows),
            Kind::Irreversible => self.irreversible.start(source, rows),
            Kind::ReversibleWide => self.reversible_wide.start(source, rows),
            Kind::IrreversibleWide => self.irreversible_wide.start(source, rows),
        }
    }

    fn advance_to(&mut self, source: &Source, scratch: &mut BlockScratch, y: u32) -> Result<(), Error> {
        match source.kind() {
            Kind::Reversible => self.reversible.advance_to(source, scratch, y),
            Kind::Irreversible => self.irreversible.advance_to(source, scratch, y),
            Kind::ReversibleWide => self.reversible_wide.advance_to(source, scratch, y),
            Kind::IrreversibleWide => self.irreversible_wide.advance_to(source, scratch, y),
        }
    }

    fn row<'s>(&'s self, source: &Source<'s>, y: u32) -> Row<'s> {
        match source.kind() {
            Kind::Reversible => Row::Int(self.reversible.row(source, y)),
            Kind::Irreversible => Row::Real(self.irreversible.row(source, y)),
            Kind::ReversibleWide => Row::WideInt(self.reversible_wide.row(source, y)),
            Kind::IrreversibleWide => Row::WideReal(self.irreversible_wide.row(source, y)),
        }
    }
}

/// What a run needs besides the plan.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub simd: Simd,
    /// Threads that may be used; 1 runs on the caller's.
    pub threads: usize,
    pub workspaces: &'a Workspaces<Workspace>,
    /// Most bytes of working memory.
    pub bytes: u64,
}

/// Runs a plan into `samples`, whose sizes are those of the plan's planes. Uses fewer threads where memory is too little for
/// all of them.
pub(crate) fn run(plan: &DecodePlan, samples: Samples, context: Context) -> Result<(), Error> {
    let of_thread = memory::of_thread(plan);
    let listed = plan.bytes();
    Limits::check("bytes of memory", listed.saturating_add(of_thread), listed.saturating_add(context.bytes))?;
    let threads = if of_thread.saturating_mul(context.threads as u64) <= context.bytes { context.threads.max(1) } else { 1 };
    let groups = groups(plan, samples);
    let rows: Vec<&[TileJob]> = plan.tile_rows().collect();
    let whole = rows.len() * groups.len();
    let coefficients: u64 = plan.tiles.iter().map(|t| u64::from(t.coefficients)).sum();
    let balanced = whole.is_multiple_of(threads) || whole >= 3 * threads;
    let runs = if balanced { 1 } else { threads.div_ceil(whole) };
    let shortest = rows.iter().map(|tiles| rows_of(plan, tiles, 0).len()).min().unwrap_or(0);
    if balanced || shortest / runs >= TALL_RUN || 4 * coefficients + of_thread * threads as u64 > context.bytes {
        let tasks = tasks(plan, &rows, groups, runs);
        let work = |mut task: Task| context.workspaces.with(|w| run_rows(plan, &mut task, None, w, context.simd));
        return if threads == 1 { tasks.into_iter().try_for_each(work) } else { tasks.into_par_iter().try_for_each(work) };
    }
    let mut planes = context.workspaces.with(|w| std::mem::take(&mut w.planes));
    planes.resize(planes.len().max(coefficients.div_ceil(2) as usize), 0);
    let result = decode_all_blocks(plan, bytemuck::cast_slice_mut(&mut planes), context).and_then(|()| {
        let words = Some(bytemuck::cast_slice(&planes));
        let tasks = tasks(plan, &rows, groups, (2 * threads).div_ceil(whole));
        tasks
            .into_par_iter()
            .try_for_each(|mut task| context.workspaces.with(|w| run_rows(plan, &mut task, words, w, context.simd)))
    });
    planes.truncate(PLANES_KEPT);
    planes.shrink_to(PLANES_KEPT);
    context.workspaces.with(|w| w.planes = planes);
    result
}

/// Cuts the output into the rows of a row of tiles in one group, and each of those into about `runs` runs of rows.
fn tasks<'a>(plan: &DecodePlan, rows: &[&'a [TileJob]], groups: Vec<Group<'a>>, runs: usize) -> Vec<Task<'a>> {
    let mut tasks = Vec::with_capacity(rows.len() * groups.len() * runs);
    for mut group in groups {
        let mut first_coefficient = 0;
        for &tiles in rows {
            let span = rows_of(plan, tiles, group.planes.start);
            let height = match runs {
                1 => span.len(),
                runs => span.len().div_ceil(runs).max(ROWS_PER_RUN),
            };
            for start in span.clone().step_by(height.max(1)) {
                let end = span.end.min(start + height as u32);
                let (now, later) = group.sinks.into_iter().map(|sink| sink.split(end)).unzip();
                tasks.push(Task { tiles, first_coefficient, rows: start..end, planes: group.planes.clone(), sinks: now });
                group.sinks = later;
            }
            first_coefficient += tiles.iter().map(|t| t.coefficients as usize).sum::<usize>();
        }
    }
    tasks
}

/// Planes that go through the last stage together.
struct Group<'a> {
    planes: Range<usize>,
    /// One for each plane, or one for all.
    sinks: Vec<Sink<'a>>,
}

/// Rows of one group in one row of tiles, for one thread.
struct Task<'a> {
    tiles: &'a [TileJob],
    /// Where the coefficients of these tiles begin among those of all tiles.
    first_coefficient: usize,
    rows: Range<u32>,
    planes: Range<usize>,
    sinks: Vec<Sink<'a>>,
}

/// Sorts the planes into groups: all that are interleaved, and otherwise those that a colour transform ties together.
fn groups<'a>(plan: &DecodePlan, samples: Samples<'a>) -> Vec<Group<'a>> {
    let layouts = plan.planes();
    match samples {
        Samples::Interleaved(samples, pitch) => {
            let sink = Sink::new(samples, pitch, layouts.len(), &layouts[0].rect);
            vec![Group { planes: 0..layouts.len(), sinks: vec![sink] }]
        }
        Samples::Planar(all) => {
            let tied = if plan.tiles.iter().any(|t| t.colour_transform != 0) { 3 } else { 1 };
            let mut groups: Vec<Group> = Vec::new();
            for (plane, (samples, layout)) in all.into_iter().zip(layouts).enumerate() {
                let sink = Sink::new(samples, layout.rect.width() as usize, 1, &layout.rect);
                match groups.last_mut() {
                    Some(first) if plane < tied => {
                        first.planes.end += 1;
                        first.sinks.push(sink);
                    }
                    _ => groups.push(Group { planes: plane..plane + 1, sinks: vec![sink] }),
                }
            }
            groups
        }
    }
}

/// The rows that a row of tiles covers in a plane.
fn rows_of(plan: &DecodePlan, tiles: &[TileJob], plane: usize) -> Range<u32> {
    // Tiles side by side cover the same rows, unless the request leaves one of them without any sample.
    let outputs = tiles.iter().map(|t| &plan.outputs_of(t)[plane]);
    outputs.filter(|o| o.y1 > o.y0).map(|o| o.y0..o.y1).next().unwrap_or(0..0)
}

/// Decodes every code-block of a plan into the words of `planes`, rows of blocks side by side.
fn decode_all_blocks(plan: &DecodePlan, planes: &mut [u32], context: Context) -> Result<(), Error> {
    let mut units = Vec::with_capacity(plan.blocks.len());
    let mut rest = planes;
    for tile in &plan.tiles {
        let (mut tile_rest, after) = std::mem::take(&mut rest).split_at_mut(tile.coefficients as usize);
        rest = after;
        let mut taken = 0;
        for output in plan.outputs_of(tile) {
            let place = Place { plan, tile, output };
            let bands = plan.bands_of(output);
            // Where an output is wide, one word may have been left out before it.
            let start = bands.first().map_or(taken, |b| b.offset as usize);
            let words = bands.iter().map(|b| b.samples() as usize).sum::<usize>() * output.words_per_sample();
            let (own, after) = std::mem::take(&mut tile_rest)[start - taken..].split_at_mut(words);
            (tile_rest, taken) = (after, start + words);
            match Kind::of(output) {
                Kind::Reversible => units.extend(block_rows(place, own).map(Unit::Reversible)),
                Kind::Irreversible => units.extend(block_rows(place, own).map(Unit::Irreversible)),
                Kind::ReversibleWide => units.extend(block_rows(place, own).map(Unit::ReversibleWide)),
                Kind::IrreversibleWide => units.extend(block_rows(place, own).map(Unit::IrreversibleWide)),
            }
        }
    }
    units.into_par_iter().try_for_each(|unit| {
        context.workspaces.with(|w| match unit {
            Unit::Reversible(rows) => rows.decode(context.simd, &mut w.blocks),
            Unit::Irreversible(rows) => rows.decode(context.simd, &mut w.blocks),
            Unit::ReversibleWide(rows) => rows.decode(context.simd, &mut w.blocks),
            Unit::IrreversibleWide(rows) => rows.decode(context.simd, &mut w.blocks),
        })
    })
}

/// A row of blocks of any sample type.
enum Unit<'a> {
    Reversible(BlockRow<'a, i32>),
    Irreversible(BlockRow<'a, f32>),
    ReversibleWide(BlockRow<'a, i64>),
    IrreversibleWide(BlockRow<'a, f64>),
}

/// A row of blocks and the samples that it fills.
struct BlockRow<'a, T> {
    place: Place<'a>,
    band: usize,
    row: u32,
    out: &'a mut [T],
}

impl<T: Coefficient> BlockRow<'_, T> {
    fn decode(self, simd: Simd, scratch: &mut BlockScratch) -> Result<(), Error> {
        let Place { plan, output, .. } = self.place;
        let band = &plan.bands_of(output)[self.band];
        let first = plan.block_row(band, self.row).first().map_or(0, |block| band.y0 + block.y);
        let lines = plan.end_of_rows(output, self.band).saturating_sub(first);
        self.place.decode_row(simd, RowOfBlocks { number: self.band, band, row: self.row, lines }, scratch, self.out)
    }
}

/// Cuts the coefficients of an output, given as words, into its rows of blocks.
fn block_rows<'a, T: Coefficient>(place: Place<'a>, words: &'a mut [u32]) -> impl Iterator<Item = BlockRow<'a, T>> {
    let mut samples: &mut [T] = bytemuck::cast_slice_mut(words);
    let rows = place.plan.bands_of(place.output).iter().enumerate();
    let rows = rows.flat_map(|(number, band)| (0..band.blocks_high).map(move |row| (number, *band, row)));
    rows.map(move |(band, job, row)| {
        let height = place.plan.block_row(&job, row).first().map_or(0, |b| usize::from(b.height));
        let (out, rest) = std::mem::take(&mut samples).split_at_mut(height * job.stride() as usize);
        samples = rest;
        BlockRow { place, band, row, out }
    })
}

/// Makes the rows of a task, from `planes` where all blocks have been decoded.
fn run_rows(
    plan: &DecodePlan,
    task: &mut Task,
    planes: Option<&[u32]>,
    workspace: &mut Workspace,
    simd: Simd,
) -> Result<(), Error> {
    let group = task.planes.clone();
    let mut first_coefficient = task.first_coefficient;
    for tile in task.tiles {
        let outputs = &plan.outputs_of(tile)[group.clone()];
        let coefficients = planes.map(|p| &p[first_coefficient..first_coefficient + tile.coefficients as usize]);
        first_coefficient += tile.coefficients as usize;
        let first = &outputs[0];
        let columns = first.x0..first.x1;
        if columns.is_empty() || first.y1 <= first.y0 {
            continue;
        }
        let colour = match (tile.colour_transform != 0 && group.start == 0, first.reversible) {
            (false, _) => Colour::None,
            (true, 1) => Colour::Reversible,
            (true, _) => Colour::Irreversible,
        };
        let Workspace { blocks, components, .. } = workspace;
        components.resize_with(components.len().max(outputs.len()), Streams::default);
        let format = |p: &PlaneLayout| Format { bits: p.bits, signed: p.signed };
        let formats = plan.planes()[group.clone()].iter().map(format).collect();
        let last = LastStage { simd, colour, formats, columns };
        let source = |output| Source { place: Place { plan, tile, output }, simd, planes: coefficients };
        let sources: Vec<Source> = outputs.iter().map(source).collect();
        for (streams, source) in components.iter_mut().zip(&sources) {
            streams.start(source, task.rows.clone());
        }
        for y in task.rows.clone() {
            for (streams, source) in components.iter_mut().zip(&sources) {
                streams.advance_to(source, blocks, y)?;
            }
            last.write(y, |n| components[n].row(&sources[n], y), &mut task.sinks);
        }
    }
    Ok(())
}

/// The last stage of the components of one tile.
struct LastStage {
    simd: Simd,
    colour: Colour,
    /// One for each component.
    formats: Vec<Format>,
    columns: Range<u32>,
}

impl LastStage {
    /// Writes row `y`, which `row` gives by component.
    fn write<'r>(&self, y: u32, row: impl Fn(usize) -> Row<'r>, sinks: &mut [Sink]) {
        let Self { simd, colour, formats, columns } = self;
        match (sinks, &formats[..]) {
            ([sink], [format]) => output::planar(*simd, *format, row(0), sink.row(y, columns)),
            ([sink], [format, _, _]) => {
                output::interleaved(*simd, *colour, *format, &[row(0), row(1), row(2)], sink.row(y, columns));
            }
            ([sink], formats) => {
                let rows: Vec<Row> = (0..formats.len()).map(row).collect();
                output::interleaved(*simd, *colour, formats[0], &rows, sink.row(y, columns));
            }
            ([a, b, c], &[fa, fb, fc]) if *colour != Colour::None => {
                let out = [a.row(y, columns), b.row(y, columns), c.row(y, columns)];
                output::planar3(*simd, *colour, [fa, fb, fc], [row(0), row(1), row(2)], out);
            }
            (sinks, formats) => {
                for (n, (sink, format)) in sinks.iter_mut().zip(formats).enumerate() {
                    output::planar(*simd, *format, row(n), sink.row(y, columns));
                }
            }
        }
    }
}
