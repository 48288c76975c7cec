//! Packets: which bytes belong to which code-block (ISO/IEC 15444-1 B.9 to B.12).

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

mod bits;
mod header;
mod precincts;
pub(crate) mod progression;
mod reach;
mod reader;
mod route;
mod segments;
mod tag_tree;

pub(crate) use precincts::Memory;
pub(crate) use reach::Reach;
pub(crate) use route::Route;
use segments::Codewords;
pub(crate) use segments::{Block, Chain, Coded, HtSet, Span};

use crate::codestream::{Codestream, ProgressionChange};
use crate::error::Error;
use crate::geometry::Rect;
use crate::limits::Limits;
use crate::structure::Tile;
use progression::Precinct;
use reader::Reader;

/// What a request needs of a resolution.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Need {
    /// Precincts, as cells of the resolution's partition.
    pub precincts: Rect,
    /// Code-blocks of each subband, counted from the origin of its partition.
    pub blocks: [Rect; 3],
}

/// What the packets of a tile say.
pub(crate) struct Packets<'m> {
    route: &'m Route,
    memory: &'m Memory,
    /// How far the packets reach, where less is there than was asked for.
    pub short: Option<Reach>,
    /// Bytes of packet headers that were read.
    pub header_bytes: u64,
}

impl<'m> Packets<'m> {
    /// The code-blocks of subband `band` in the precinct `cell` of a resolution, as far as they are needed: which ones of the
    /// subband's partition, and in raster order what is known of each. `None` where nothing of them may be used.
    pub fn blocks(&self, component: u16, resolution: usize, band: usize, cell: (u32, u32)) -> Option<(Rect, &'m [Block])> {
        let precinct = self.route.stage(component, resolution)?.precinct(cell)?;
        let first = self.memory.precincts.get(precinct)?.kept?;
        let band = self.memory.bands.get(first.saturating_add(band))?;
        Some((band.held, band.blocks(&self.memory.blocks)))
    }

    /// The codewords of an MQ code-block.
    pub fn codewords(&self, chain: Chain) -> impl Iterator<Item = &'m Codewords> + use<'m> {
        chain.of(&self.memory.codewords)
    }
}

/// The packets of a tile, to be read.
#[derive(Clone, Copy)]
pub(crate) struct Task<'t> {
    pub codestream: &'t Codestream<'t>,
    pub tile: &'t Tile,
    /// The way through the tile, and what is needed of it.
    pub route: &'t Route,
    /// The layers that may be used.
    pub reach: &'t Reach,
    pub limits: &'t Limits,
}

/// Reads the packets of a tile as far as they are needed, and keeps the code-blocks of needed precincts with the layers that the
/// reach allows. Where PLT or PLM tell the lengths of packets, those of precincts that are not needed are passed over.
///
/// # Errors
/// Packets that are damaged, or that are missing where no cut in the codestream explains it; data that end before the first
/// layer of the lowest resolution is complete.
pub(crate) fn read<'t>(task: Task<'t>, memory: &'t mut Memory) -> Result<Packets<'t>, Error> {
    let packed = task.codestream.packed_headers(task.tile.index);
    let (short, header_bytes) = read_needed(Reader::new(task, packed.as_deref(), memory)?, task)?;
    Ok(Packets { route: task.route, memory, short, header_bytes })
}

fn read_needed(mut reader: Reader, task: Task) -> Result<(Option<Reach>, u64), Error> {
    let lengths = match task.route.all_needed || reader.packed() {
        true => None,
        // Packed headers follow each other without lengths.
        false => task.codestream.packet_lengths(task.tile.index),
    };
    if let Some(lengths) = lengths {
        if task.codestream.coded().in_memory().is_none() {
            // As far as the lengths go: it saves ways to the source and decides nothing.
            reader.begin(Some(lengths.clone()), true);
            let _ = all(task, &mut reader);
            let found = reader.found();
            reader.expect(found)?;
        }
        reader.begin(Some(lengths), false);
        if all(task, &mut reader).is_ok() && reader.satisfied() {
            return reader.finish();
        }
        // The lengths may be what is wrong.
        reader.begin(None, false);
    }
    all(task, &mut reader)?;
    reader.finish()
}

/// Reads the packets of a tile in the order of its progression.
fn all(task: Task, reader: &mut Reader) -> Result<(), Error> {
    let Task { codestream, tile, route, limits, .. } = task;
    let in_force = codestream.in_force(tile.index);
    let coding = in_force.tile_coding()?;
    let changes = in_force.progression_changes();
    if changes.is_empty() {
        let whole = ProgressionChange {
            progression: coding.progression,
            resolutions: (0, 33),
            components: (0, u16::MAX),
            layers: coding.layers,
        };
        return volume(reader, route.order(tile, whole.progression), &whole);
    }
    let work = route.precincts.saturating_mul(changes.len() as u64);
    Limits::check("precincts in progression order changes", work, limits.blocks.saturating_mul(16))?;
    for change in changes {
        let change = ProgressionChange { layers: change.layers.min(coding.layers), ..*change };
        if reader.done() {
            return Ok(());
        }
        volume(reader, &progression::order(tile, &change), &change)?;
    }
    Ok(())
}

/// Reads the packets of a volume, whose precincts are in `order`, that have not been read, as long as any is needed and there are
/// data.
fn volume(reader: &mut Reader, order: &[Precinct], volume: &ProgressionChange) -> Result<(), Error> {
    for run in progression::runs(order, volume.progression) {
        let next = |p: &Precinct| reader.next_layer(p);
        let first = run.iter().map(next).min().unwrap_or(volume.layers);
        for layer in first..volume.layers {
            for precinct in run {
                if reader.done() {
                    return Ok(());
                }
                if reader.next_layer(precinct) == layer {
                    reader.packet(precinct, layer)?;
                }
            }
        }
    }
    Ok(())
}
