//! The hinge: one request on one codestream as flat job lists that the CPU and the GPU run alike.
//!
//! Every index and offset in the lists is in range by construction, with checked arithmetic; what runs a plan may rely on it.
//! Only code-blocks whose samples reach the request, filter support included, are in a plan.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

mod block;
mod held;
mod incomplete;
mod known;
mod outline;
mod planner;
mod request;
mod side_by_side;
mod spare;
mod window;

use std::mem::take;
use std::sync::Arc;

use lightbox_kernels::abi::{BandJob, BlockJob, DwtJob, OutputJob, Span, TileJob};

use crate::coded::Coded;
use crate::codestream::Codestream;
use crate::cpu::block::mq::Codeword;
use crate::error::Error;
use crate::geometry::Rect;
use crate::limits::Limits;
use crate::request::DecodeRequest;
use crate::samples::SampleType;
use held::Held;
use request::Chosen;
use spare::{Lists, Spare};

pub use incomplete::Incomplete;
pub use planner::Planner;
pub(crate) use window::{Window, Windows, support};

/// One component of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaneLayout {
    /// Component of the codestream.
    pub component: u16,
    /// The part of the component's reduced grid that is asked for.
    pub rect: Rect,
    /// Bits of a sample.
    pub bits: u8,
    /// Whether samples are signed.
    pub signed: bool,
    /// Numeric type of a sample.
    pub kind: SampleType,
}

/// The components of a request's result, in the order asked for, from the headers alone.
pub(crate) fn layouts(codestream: &Codestream, request: &DecodeRequest) -> Result<Vec<PlaneLayout>, Error> {
    let chosen = request::resolve(codestream, request)?;
    Ok(chosen.wanted.iter().filter_map(|&place| chosen.planes.get(place).copied()).collect())
}

/// The job lists of one request.
#[derive(Clone, Debug)]
pub struct DecodePlan<'a> {
    /// The codestream from SOC on: spans count from here.
    coded: Coded<'a>,
    /// What was read of it, where it is not in memory: spans count from here then.
    held: Option<Held>,
    /// Where SOC lies in the file, for errors.
    pub(crate) offset: u64,
    /// Tiles across the image.
    tiles_wide: u32,
    planes: Vec<PlaneLayout>,
    /// For each component asked for, in that order, its place among the planes.
    wanted: Vec<usize>,
    incomplete: Option<Incomplete>,
    /// Bytes of packet headers that were read.
    header_bytes: u64,
    pub(crate) tiles: Vec<TileJob>,
    pub(crate) outputs: Vec<OutputJob>,
    pub(crate) dwts: Vec<DwtJob>,
    pub(crate) bands: Vec<BandJob>,
    pub(crate) blocks: Vec<BlockJob>,
    pub(crate) spans: Vec<Span>,
    /// Where the lists are for other plans when this one is no more.
    spare: Arc<Spare>,
}

impl Drop for DecodePlan<'_> {
    fn drop(&mut self) {
        let Self { planes, wanted, tiles, outputs, dwts, bands, blocks, spans, spare, .. } = self;
        let lists = Lists {
            planes: take(planes),
            wanted: take(wanted),
            tiles: take(tiles),
            outputs: take(outputs),
            dwts: take(dwts),
            bands: take(bands),
            blocks: take(blocks),
            spans: take(spans),
        };
        spare.put(lists);
    }
}

impl<'a> DecodePlan<'a> {
    /// Plans a request: reads the packet headers and lists what is to be done. Where the codestream is cut off before the
    /// last packet of the request, the plan is that of the finest complete picture, and [`Self::incomplete`] says how far it
    /// reaches.
    ///
    /// # Errors
    /// Packets that are damaged or not supported; a request that does not fit; more than `limits` allow. Data that are cut
    /// off before the first layer of the lowest resolution is complete all over the request, or before its last packet
    /// where the request is strict.
    pub fn new(codestream: &Codestream<'a>, request: &DecodeRequest, limits: &Limits) -> Result<Self, Error> {
        Planner::default().plan(codestream, request, limits)
    }

    /// How far the data reach, where they are cut off before the last packet of the request.
    pub fn incomplete(&self) -> Option<&Incomplete> {
        self.incomplete.as_ref()
    }

    /// A plan without jobs, whose lists come from `spare`.
    fn without_jobs(codestream: &Codestream<'a>, chosen: &Chosen, spare: &Arc<Spare>) -> Self {
        let Lists { mut planes, mut wanted, tiles, outputs, dwts, bands, blocks, spans } = spare.take();
        planes.extend_from_slice(&chosen.planes);
        wanted.extend_from_slice(&chosen.wanted);
        Self {
            coded: codestream.coded(),
            held: None,
            offset: codestream.offset(),
            tiles_wide: codestream.siz().tiles.0,
            planes,
            wanted,
            incomplete: None,
            header_bytes: 0,
            tiles,
            outputs,
            dwts,
            bands,
            blocks,
            spans,
            spare: Arc::clone(spare),
        }
    }

    /// A plan without jobs, in which every plane is wanted.
    #[cfg(test)]
    pub(crate) fn empty(coded: impl Into<Coded<'a>>, planes: Vec<PlaneLayout>) -> Self {
        Self {
            coded: coded.into(),
            held: None,
            offset: 0,
            tiles_wide: 1,
            wanted: (0..planes.len()).collect(),
            planes,
            incomplete: None,
            header_bytes: 0,
            tiles: Vec::new(),
            outputs: Vec::new(),
            dwts: Vec::new(),
            bands: Vec::new(),
            blocks: Vec::new(),
            spans: Vec::new(),
            spare: Arc::default(),
        }
    }

    /// The planes that are decoded: those asked for, and those that a colour transform needs with them.
    pub fn planes(&self) -> &[PlaneLayout] {
        &self.planes
    }

    /// For each component asked for, in that order, its place among [`Self::planes`].
    pub fn wanted(&self) -> &[usize] {
        &self.wanted
    }

    /// Whether all planes are wanted, in their order.
    pub(crate) fn in_order(&self) -> bool {
        self.wanted.iter().copied().eq(0..self.planes.len())
    }

    /// Code-blocks to decode, empty ones included.
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// Bytes of the codestream that were read for the plan or will be to run it: packet headers, and the code-blocks' own.
    pub fn coded_bytes(&self) -> u64 {
        self.spans.iter().map(|s| u64::from(s.len)).fold(self.header_bytes, u64::saturating_add)
    }

    /// Those among them that are of arithmetic code-blocks.
    pub(crate) fn arithmetic_bytes(&self) -> u64 {
        let arithmetic = self.blocks.iter().filter(|block| block.coding == BlockJob::MQ);
        arithmetic.flat_map(|block| self.spans_of(block)).map(|s| u64::from(s.len)).fold(0, u64::saturating_add)
    }

    /// Bytes of samples and job lists.
    pub fn bytes(&self) -> u64 {
        let plane = |p: &PlaneLayout| p.rect.area().saturating_mul(p.kind.bytes() as u64);
        let samples = self.planes.iter().map(plane).fold(0, u64::saturating_add);
        let lists = [
            std::mem::size_of_val(&*self.tiles),
            std::mem::size_of_val(&*self.outputs),
            std::mem::size_of_val(&*self.dwts),
            std::mem::size_of_val(&*self.bands),
            std::mem::size_of_val(&*self.blocks),
            std::mem::size_of_val(&*self.spans),
        ];
        lists.iter().fold(samples, |sum, &list| sum.saturating_add(list as u64))
    }

    /// The tiles in runs that lie side by side.
    pub(crate) fn tile_rows(&self) -> impl Iterator<Item = &[TileJob]> {
        let row = |tile: &TileJob| tile.index.checked_div(self.tiles_wide);
        self.tiles.chunk_by(move |a, b| row(a) == row(b))
    }

    /// The outputs of a tile, one for each plane.
    pub(crate) fn outputs_of(&self, tile: &TileJob) -> &[OutputJob] {
        let first = tile.first_output as usize;
        self.outputs.get(first..first.saturating_add(self.planes.len())).unwrap_or_default()
    }

    /// The wavelet levels of an output, lowest first.
    pub(crate) fn dwts_of(&self, output: &OutputJob) -> &[DwtJob] {
        let first = output.first_dwt as usize;
        self.dwts.get(first..first.saturating_add(output.dwts as usize)).unwrap_or_default()
    }

    /// Every band of an output: the lowest, then HL, LH, HH of each level.
    pub(crate) fn bands_of(&self, output: &OutputJob) -> &[BandJob] {
        let first = output.lowest as usize;
        let count = (output.dwts as usize).saturating_mul(3).saturating_add(1);
        self.bands.get(first..first.saturating_add(count)).unwrap_or_default()
    }

    /// The row behind the last that an output takes of its band `number`, on the band's grid.
    pub(crate) fn end_of_rows(&self, output: &OutputJob, number: usize) -> u32 {
        let (level, high) = match number.checked_sub(1) {
            None => (0, false),
            // HL, LH, HH: the last two are high-pass vertically.
            Some(above) => (above / 3, above % 3 > 0),
        };
        let window = self.dwts_of(output).get(level).map(|dwt| Window(Rect::new(dwt.u0, dwt.v0, dwt.u1, dwt.v1)));
        window.map_or(output.y1, |window| window.of_band((false, high)).y1)
    }

    /// The code-blocks of one row of a band's blocks.
    pub(crate) fn block_row(&self, band: &BandJob, row: u32) -> &[BlockJob] {
        let first = (band.first_block as usize).saturating_add((row as usize).saturating_mul(band.blocks_wide as usize));
        self.blocks.get(first..first.saturating_add(band.blocks_wide as usize)).unwrap_or_default()
    }

    /// Where the coded bytes of a code-block are, in order.
    pub(crate) fn spans_of(&self, block: &BlockJob) -> &[Span] {
        let first = block.first_span as usize;
        self.spans.get(first..first.saturating_add(block.spans as usize)).unwrap_or_default()
    }

    /// What spans are ranges of, once the bytes of the code-blocks are in memory.
    pub(crate) fn in_memory(&self) -> &[u8] {
        self.held.as_ref().map(|held| &*held.bytes).or(self.coded.in_memory()).unwrap_or_default()
    }

    /// The coded bytes of a code-block, piece by piece.
    pub(crate) fn pieces(&self, block: &BlockJob) -> impl Iterator<Item = &[u8]> {
        let bytes = self.in_memory();
        self.spans_of(block).iter().map(move |span| {
            let start = span.start as usize;
            bytes.get(start..start.saturating_add(span.len as usize)).unwrap_or_default()
        })
    }

    /// The codeword segments of an MQ code-block.
    pub(crate) fn codewords(&self, block: &BlockJob) -> impl Iterator<Item = Codeword> {
        self.spans_of(block).split_inclusive(|span| span.passes > 0).map(|spans| Codeword {
            len: spans.iter().fold(0, |sum, span| sum.saturating_add(span.len as usize)),
            passes: spans.last().map_or(0, |span| span.passes),
        })
    }

    /// Byte `at` of a code-block's coded bytes.
    pub(crate) fn byte(&self, block: &BlockJob, mut at: usize) -> Option<u8> {
        for piece in self.pieces(block) {
            match at.checked_sub(piece.len()) {
                None => return piece.get(at).copied(),
                Some(later) => at = later,
            }
        }
        None
    }

    /// The error that a code-block's damage makes of the image.
    pub(crate) fn block_error(
        &self,
        tile: &TileJob,
        output: &OutputJob,
        band: usize,
        block: &BlockJob,
        why: &dyn std::fmt::Display,
    ) -> Error {
        let (at, place) = self.describe(tile, output, band, block);
        Error::malformed("code-block", at, format!("{place}: {why}"))
    }

    /// The same for a block of which only the number is known.
    pub(crate) fn error_of_block(&self, number: usize, why: &dyn std::fmt::Display) -> Error {
        for tile in &self.tiles {
            for output in self.outputs_of(tile) {
                for (band, job) in self.bands_of(output).iter().enumerate() {
                    let count = (job.blocks_wide as usize).saturating_mul(job.blocks_high as usize);
                    let inside = number.checked_sub(job.first_block as usize).is_some_and(|n| n < count);
                    if let (true, Some(block)) = (inside, self.blocks.get(number)) {
                        return self.block_error(tile, output, band, block, why);
                    }
                }
            }
        }
        Error::Internal { why: format!("there is no code-block {number}: {why}") }
    }

    /// Where a code-block's bytes begin in the file, and which one it is, in words.
    fn describe(&self, tile: &TileJob, output: &OutputJob, band: usize, block: &BlockJob) -> (u64, String) {
        let name = |orientation: u8| ["LL", "HL", "LH", "HH"].get(usize::from(orientation)).copied().unwrap_or("?");
        let component = self.planes.get(usize::from(output.plane)).map_or(0, |p| p.component);
        let job = self.bands_of(output).get(band).copied().unwrap_or_default();
        let resolution = band.div_ceil(3);
        let at = self.spans.get(block.first_span as usize).map_or(0, |s| s.start);
        let text = format!(
            "tile {}, component {component}, resolution {resolution}, subband {}, code-block at ({}, {})",
            tile.index,
            name(job.orientation),
            job.x0.saturating_add(block.x),
            job.y0.saturating_add(block.y),
        );
        let at = self.held.as_ref().map_or(at, |held| held.place(at));
        (self.offset.saturating_add(at), text)
    }
}

/// Whether two plans of one codestream do the same.
#[cfg(test)]
pub(crate) fn same_jobs(a: &DecodePlan, b: &DecodePlan) -> bool {
    a.tiles == b.tiles
        && (&a.outputs, &a.dwts, &a.bands) == (&b.outputs, &b.dwts, &b.bands)
        && (&a.blocks, &a.spans) == (&b.blocks, &b.spans)
        && (&a.planes, &a.wanted, a.incomplete, a.coded_bytes()) == (&b.planes, &b.wanted, b.incomplete, b.coded_bytes())
}
