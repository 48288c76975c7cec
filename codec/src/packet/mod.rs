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
mod segments;
mod tag_tree;

pub(crate) use reach::Reach;
pub(crate) use segments::{Block, Coded, HtSet, Span};

use crate::codestream::{Codestream, ProgressionChange};
use crate::error::Error;
use crate::geometry::Rect;
use crate::limits::Limits;
use crate::structure::Tile;
use progression::Precinct;
use reader::Reader;

/// What a request needs of a tile, by component and resolution. Resolutions and components at the end that are not needed may be
/// left out.
pub(crate) type Needs = Vec<Vec<Need>>;

/// What a request needs of a resolution.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Need {
    /// Precincts, as cells of the resolution's partition.
    pub precincts: Rect,
    /// Code-blocks of each subband, counted from the origin of its partition.
    pub blocks: [Rect; 3],
}

/// What the packets of a tile say.
pub(crate) struct Packets {
    /// By component and resolution.
    resolutions: Vec<Vec<Kept>>,
    /// How far the packets reach, where less is there than was asked for.
    pub short: Option<Reach>,
    /// Bytes of packet headers that were read.
    pub header_bytes: u64,
}

/// The precincts of a resolution that are needed.
#[derive(Default)]
struct Kept {
    cells: Rect,
    /// In raster order; `None` where no layer may be used.
    precincts: Vec<Option<Vec<BandBlocks>>>,
}

/// The code-blocks of one precinct in one subband.
#[derive(Clone)]
struct BandBlocks {
    /// Counted from the origin of the subband's partition.
    cells: Rect,
    /// In raster order.
    blocks: Vec<Block>,
}

impl Packets {
    /// The code-block in column and row `block` of subband `band`, counted from the origin of its partition, which lies in
    /// the precinct `cell`. `None` where nothing of it may be used.
    pub fn block(&self, component: u16, resolution: usize, band: usize, cell: (u32, u32), block: (u32, u32)) -> Option<&Block> {
        let kept = self.resolutions.get(usize::from(component))?.get(resolution)?;
        let band = kept.precincts.get(kept.cells.index(cell)? as usize)?.as_ref()?.get(band)?;
        band.blocks.get(band.cells.index(block)? as usize)
    }
}

/// Reads the packets of a tile as far as they are needed, and keeps the code-blocks of needed precincts with the layers that
/// `reach` allows. Where PLT or PLM tell the lengths of packets, those of precincts that are not needed are passed over.
///
/// # Errors
/// Packets that are damaged, or that are missing where no cut in the codestream explains it; data that end before the first
/// layer of the lowest resolution is complete.
pub(crate) fn read(codestream: &Codestream, tile: &Tile, needs: &Needs, reach: &Reach, limits: &Limits) -> Result<Packets, Error> {
    let coding = *codestream.in_force(tile.index).tile_coding()?;
    let packed = codestream.packed_headers(tile.index);
    let reader = || Reader::new(codestream, tile, coding, packed.as_deref(), needs, reach, limits);
    let mut first = reader()?;
    // Packed headers follow each other without lengths.
    if packed.is_none() && !first.all_needed() && first.trust(codestream.packet_lengths(tile.index)) {
        if codestream.coded().in_memory().is_none() {
            let mut finder = reader()?.only_find();
            finder.trust(codestream.packet_lengths(tile.index));
            // As far as the lengths go: it saves ways to the source and decides nothing.
            let _ = all(codestream, tile, &mut finder, limits);
            first.expect(finder.found())?;
        }
        match all(codestream, tile, &mut first, limits) {
            Ok(()) if first.satisfied() => return first.finish(),
            // The lengths may be what is wrong.
            _ => first = reader()?,
        }
    }
    all(codestream, tile, &mut first, limits)?;
    first.finish()
}

/// Reads the packets of a tile in the order of its progression.
fn all(codestream: &Codestream, tile: &Tile, reader: &mut Reader, limits: &Limits) -> Result<(), Error> {
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
        return volume(reader, tile, &whole);
    }
    let work = reader.precinct_count().saturating_mul(changes.len() as u64);
    Limits::check("precincts in progression order changes", work, limits.blocks.saturating_mul(16))?;
    for change in changes {
        let change = ProgressionChange { layers: change.layers.min(coding.layers), ..*change };
        volume(reader, tile, &change)?;
    }
    Ok(())
}

/// Reads the packets of a volume that have not been read, as long as any is needed and there are data.
fn volume(reader: &mut Reader, tile: &Tile, volume: &ProgressionChange) -> Result<(), Error> {
    if reader.done() {
        return Ok(());
    }
    let order = progression::order(tile, volume);
    for run in progression::runs(&order, volume.progression) {
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
