//! Runs a plan: code-blocks, wavelet and last stage, on one thread or on many.
//!
//! One thread goes through the image tile by tile and row by row: a row of code-blocks is decoded when its first row is
//! needed, so that coefficients are still in the cache when the wavelet takes them, and every sample is written once.
//! Several threads first decode all rows of code-blocks of all tiles side by side into planes, then split the output into
//! runs of rows; each run repeats the few wavelet rows that it shares with its neighbours. The samples are the same.

use std::ops::Range;
use std::sync::Mutex;

use lightbox_kernels::abi::{OutputJob, TileJob};
use rayon::prelude::*;

use super::blocks::{BlockScratch, Coefficient, Place};
use super::component::{Component, Source};
use super::output::{self, Colour, Format, Row};
use super::simd::Simd;
use super::sink::Sink;
use crate::error::Error;
use crate::plan::DecodePlan;
use crate::samples::SamplesMut;

/// Fewest rows that a thread is given in the last stage.
const ROWS_PER_RUN: u32 = 64;

/// Samples in memory that a plan is run into.
pub(crate) enum Samples<'a> {
    /// All planes, of one size and type, pixel by pixel; samples from one row to the next.
    Interleaved(SamplesMut<'a>, usize),
    /// Each plane on its own, without gaps.
    Planar(Vec<SamplesMut<'a>>),
}

/// Working memory that outlives a decode.
#[derive(Default)]
pub(crate) struct Workspaces(Mutex<Vec<Workspace>>);

impl Workspaces {
    /// Runs `work` with a workspace that no other thread has.
    fn with<R>(&self, work: impl FnOnce(&mut Workspace) -> R) -> R {
        let lock = || self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let taken = lock().pop();
        let mut workspace = taken.unwrap_or_default();
        let result = work(&mut workspace);
        lock().push(workspace);
        result
    }
}

/// Working memory of one thread.
#[derive(Default)]
struct Workspace {
    blocks: BlockScratch,
    components: Vec<Streams>,
}

/// The row streams of one plane: only one kind is in use for a tile.
#[derive(Default)]
struct Streams {
    reversible: Component<i32>,
    irreversible: Component<f32>,
}

/// All coefficients of one output.
enum Planes {
    Reversible(Vec<i32>),
    Irreversible(Vec<f32>),
}

/// What a run needs besides the plan.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub simd: Simd,
    /// Threads that may be used; 1 runs on the caller's.
    pub threads: usize,
    pub workspaces: &'a Workspaces,
    /// Most bytes of coefficients to hold at a time.
    pub bytes: u64,
}

/// Runs a plan into `samples`, whose sizes are those of the plan's planes.
pub(crate) fn run(plan: &DecodePlan, samples: Samples, context: Context) -> Result<(), Error> {
    let mut groups = groups(plan, samples);
    let rows: Vec<&[TileJob]> = plan.tile_rows().collect();
    let coefficients: u64 = plan.tiles.iter().map(|t| u64::from(t.coefficients) * 4).sum();
    // Where planes would not fit, one thread in stripes does.
    if context.threads <= 1 || coefficients > context.bytes {
        for tiles in &rows {
            for group in groups.iter_mut() {
                let planes = group.planes.clone();
                context.workspaces.with(|w| run_rows(plan, tiles, None, planes, None, &mut group.sinks, w, context))?;
            }
        }
        return Ok(());
    }
    let planes = decode_all_blocks(plan, context)?;
    let mut tasks = Vec::new();
    let runs = (2 * context.threads).div_ceil(rows.len() * groups.len()) as u32;
    for mut group in groups {
        for tiles in &rows {
            let span = rows_of(plan, tiles, group.planes.start);
            let height = span.len().div_ceil(runs as usize).max(ROWS_PER_RUN as usize) as u32;
            for start in span.clone().step_by(height as usize) {
                let end = span.end.min(start + height);
                let (now, later) = group.sinks.into_iter().map(|sink| sink.split(end)).unzip();
                tasks.push(Task { tiles, rows: start..end, planes: group.planes.clone(), sinks: now });
                group.sinks = later;
            }
        }
    }
    tasks.into_par_iter().try_for_each(|mut task: Task| {
        context
            .workspaces
            .with(|w| run_rows(plan, task.tiles, Some(task.rows), task.planes, Some(&planes), &mut task.sinks, w, context))
    })
}

/// Planes that go through the last stage together.
struct Group<'a> {
    planes: Range<usize>,
    /// One for each plane, or one for all.
    sinks: Vec<Sink<'a>>,
}

/// Rows of one group for one thread.
struct Task<'a> {
    tiles: &'a [TileJob],
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

/// Decodes every code-block of a plan, rows of blocks side by side. Gives the coefficients by output.
fn decode_all_blocks(plan: &DecodePlan, context: Context) -> Result<Vec<Planes>, Error> {
    let mut all: Vec<Planes> = Vec::with_capacity(plan.outputs.len());
    for output in &plan.outputs {
        let samples = plan.bands_of(output).iter().map(|b| b.samples() as usize).sum();
        all.push(match output.reversible {
            1 => Planes::Reversible(vec![0; samples]),
            _ => Planes::Irreversible(vec![0.0; samples]),
        });
    }
    let mut units = Vec::with_capacity(plan.blocks.len());
    let mut rest = all.iter_mut();
    for tile in &plan.tiles {
        for (output, planes) in plan.outputs_of(tile).iter().zip(rest.by_ref()) {
            let place = Place { plan, tile, output };
            match planes {
                Planes::Reversible(v) => units.extend(block_rows(place, v).map(Unit::Reversible)),
                Planes::Irreversible(v) => units.extend(block_rows(place, v).map(Unit::Irreversible)),
            }
        }
    }
    units.into_par_iter().try_for_each(|unit| {
        context.workspaces.with(|w| match unit {
            Unit::Reversible(rows) => rows.decode(context.simd, &mut w.blocks),
            Unit::Irreversible(rows) => rows.decode(context.simd, &mut w.blocks),
        })
    })?;
    Ok(all)
}

/// A row of blocks of either sample type.
enum Unit<'a> {
    Reversible(BlockRow<'a, i32>),
    Irreversible(BlockRow<'a, f32>),
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
        let job = self.place.plan.bands_of(self.place.output)[self.band];
        self.place.decode_row(simd, self.band, &job, self.row, scratch, self.out)
    }
}

/// Cuts the coefficients of an output into its rows of blocks.
fn block_rows<'a, T>(place: Place<'a>, mut samples: &'a mut [T]) -> impl Iterator<Item = BlockRow<'a, T>> {
    let rows = place.plan.bands_of(place.output).iter().enumerate();
    let rows = rows.flat_map(|(number, band)| (0..band.blocks_high).map(move |row| (number, *band, row)));
    rows.map(move |(band, job, row)| {
        let height = place.plan.block_row(&job, row).first().map_or(0, |b| usize::from(b.height));
        let (out, rest) = std::mem::take(&mut samples).split_at_mut(height * job.stride() as usize);
        samples = rest;
        BlockRow { place, band, row, out }
    })
}

/// Produces rows of a group in a row of tiles: all of them, or `rows`.
#[allow(clippy::too_many_arguments)]
fn run_rows(
    plan: &DecodePlan,
    tiles: &[TileJob],
    rows: Option<Range<u32>>,
    group: Range<usize>,
    planes: Option<&[Planes]>,
    sinks: &mut [Sink],
    workspace: &mut Workspace,
    context: Context,
) -> Result<(), Error> {
    for tile in tiles {
        let outputs = &plan.outputs_of(tile)[group.clone()];
        let first = &outputs[0];
        let columns = first.x0..first.x1;
        let rows = rows.clone().unwrap_or(first.y0..first.y1);
        if columns.is_empty() || first.y1 <= first.y0 {
            continue;
        }
        let colour = match (tile.colour_transform != 0 && group.start == 0, first.reversible) {
            (false, _) => Colour::None,
            (true, 1) => Colour::Reversible,
            (true, _) => Colour::Irreversible,
        };
        let Workspace { blocks, components } = workspace;
        components.resize_with(components.len().max(outputs.len()), Streams::default);
        let of = |n: usize| planes.map(|p| &p[tile.first_output as usize + group.start + n]);
        let sources: Vec<AnySource> = outputs
            .iter()
            .enumerate()
            .map(|(n, output)| AnySource::new(Place { plan, tile, output }, context.simd, of(n)))
            .collect();
        for (streams, source) in components.iter_mut().zip(&sources) {
            source.start(streams, rows.clone());
        }
        for y in rows {
            for (streams, source) in components.iter_mut().zip(&sources) {
                source.advance_to(streams, blocks, y)?;
            }
            let row = |n: usize| sources[n].row(&components[n], y);
            write_row(plan, group.clone(), colour, context.simd, row, sinks, y, &columns);
        }
    }
    Ok(())
}

/// Writes one row of a group.
#[allow(clippy::too_many_arguments)]
fn write_row<'r>(
    plan: &DecodePlan,
    group: Range<usize>,
    colour: Colour,
    simd: Simd,
    row: impl Fn(usize) -> Row<'r>,
    sinks: &mut [Sink],
    y: u32,
    columns: &Range<u32>,
) {
    let format = |n: usize| {
        let layout = &plan.planes()[group.start + n];
        Format { bits: layout.bits, signed: layout.signed }
    };
    match sinks {
        [sink] if group.len() == 1 => output::planar(simd, format(0), row(0), sink.row(y, columns)),
        [sink] => match group.len() {
            3 => output::interleaved(simd, colour, format(0), &[row(0), row(1), row(2)], sink.row(y, columns)),
            many => {
                let rows: Vec<Row> = (0..many).map(row).collect();
                output::interleaved(simd, colour, format(0), &rows, sink.row(y, columns));
            }
        },
        [a, b, c] if colour != Colour::None => {
            let out = [a.row(y, columns), b.row(y, columns), c.row(y, columns)];
            output::planar3(simd, colour, [format(0), format(1), format(2)], [row(0), row(1), row(2)], out);
        }
        each => {
            for (n, sink) in each.iter_mut().enumerate() {
                output::planar(simd, format(n), row(n), sink.row(y, columns));
            }
        }
    }
}

/// The source of a component of either sample type.
enum AnySource<'p> {
    Reversible(Source<'p, i32>),
    Irreversible(Source<'p, f32>),
}

impl<'p> AnySource<'p> {
    fn new(place: Place<'p>, simd: Simd, planes: Option<&'p Planes>) -> Self {
        let OutputJob { reversible, .. } = *place.output;
        if reversible == 1 {
            let planes = planes.and_then(|p| if let Planes::Reversible(v) = p { Some(v.as_slice()) } else { None });
            Self::Reversible(Source { place, simd, planes })
        } else {
            let planes = planes.and_then(|p| if let Planes::Irreversible(v) = p { Some(v.as_slice()) } else { None });
            Self::Irreversible(Source { place, simd, planes })
        }
    }

    fn start(&self, streams: &mut Streams, rows: Range<u32>) {
        match self {
            Self::Reversible(source) => streams.reversible.start(source, rows),
            Self::Irreversible(source) => streams.irreversible.start(source, rows),
        }
    }

    fn advance_to(&self, streams: &mut Streams, scratch: &mut BlockScratch, y: u32) -> Result<(), Error> {
        match self {
            Self::Reversible(source) => streams.reversible.advance_to(source, scratch, y),
            Self::Irreversible(source) => streams.irreversible.advance_to(source, scratch, y),
        }
    }

    fn row<'s>(&'s self, streams: &'s Streams, y: u32) -> Row<'s> {
        match self {
            Self::Reversible(source) => Row::Int(streams.reversible.row(source, y)),
            Self::Irreversible(source) => Row::Real(streams.irreversible.row(source, y)),
        }
    }
}
