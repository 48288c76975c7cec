//! What is known of a tile's precincts while their packets come in.

use super::header::PrecinctBand;
use super::progression::Precinct;
use super::{BandBlocks, Kept, Need};
use crate::error::Error;
use crate::structure::{Resolution, Tile};

/// What is known of a precinct between its packets.
#[derive(Default)]
pub(super) struct PrecinctState {
    /// The layer of its next packet.
    pub layer: u16,
    /// Its subbands, from its first packet to its last.
    pub bands: Option<Box<[PrecinctBand]>>,
    /// What is used of it, once all layers that may be used are there.
    pub kept: Option<Vec<BandBlocks>>,
}

/// One resolution of one component while its packets come in.
#[derive(Default)]
pub(super) struct ResolutionState {
    /// What is needed of it.
    pub needed: Need,
    /// How many layers may be used.
    pub layers: u16,
    /// All precincts in raster order, from the first packet of any of them.
    pub precincts: Vec<PrecinctState>,
}

/// A precinct's resolution and what is known of it, with room for all of its precincts.
pub(super) fn locate<'t, 's>(
    tile: &'t Tile,
    states: &'s mut [Vec<ResolutionState>],
    p: &Precinct,
) -> Result<(&'t Resolution, &'s mut ResolutionState), Error> {
    let component = tile.components.get(usize::from(p.component)).ok_or_else(gone)?;
    let resolution = component.resolutions.get(usize::from(p.resolution)).ok_or_else(gone)?;
    let states = states.get_mut(usize::from(p.component)).ok_or_else(gone)?;
    let state = states.get_mut(usize::from(p.resolution)).ok_or_else(gone)?;
    if state.precincts.is_empty() {
        state.precincts.resize_with(resolution.precincts.count() as usize, PrecinctState::default);
    }
    Ok((resolution, state))
}

pub(super) fn gone() -> Error {
    Error::Internal { why: "a progression names a precinct that the tile has not".into() }
}

impl PrecinctState {
    /// The subbands of the precinct at `cell`, before its first packet or between two of them. Where it has `one` packet only,
    /// nothing is kept of blocks that are not needed.
    pub fn open(&mut self, resolution: &Resolution, cell: (u32, u32), needed: &Need, one: bool) -> &mut [PrecinctBand] {
        let fresh = || {
            let bands = resolution.bands.iter().zip(&needed.blocks);
            bands.map(|(band, blocks)| PrecinctBand::new(band, cell, one.then_some(blocks))).collect()
        };
        self.bands.get_or_insert_with(fresh)
    }

    /// Sets aside what is used: the code-blocks as they are now, which are moved where no more packets come.
    pub fn keep(&mut self, last: bool) {
        let moved = |band: PrecinctBand| BandBlocks { cells: band.held, blocks: band.blocks };
        let copied = |band: &PrecinctBand| BandBlocks { cells: band.held, blocks: band.blocks.clone() };
        self.kept = match last {
            true => self.bands.take().map(|bands| bands.into_iter().map(moved).collect()),
            false => self.bands.as_ref().map(|bands| bands.iter().map(copied).collect()),
        };
    }
}

impl ResolutionState {
    /// Indices of the needed precincts.
    fn needed(&self, resolution: &Resolution) -> impl Iterator<Item = usize> + use<> {
        let (needed, all) = (self.needed.precincts, resolution.precincts.cells);
        let cells = (needed.y0..needed.y1).flat_map(move |y| (needed.x0..needed.x1).map(move |x| (x, y)));
        cells.filter_map(move |cell| all.index(cell).map(|index| index as usize))
    }

    /// The fewest layers of any needed precinct; `None` where none is needed.
    pub fn least(&self, resolution: &Resolution) -> Option<u16> {
        self.needed(resolution).map(|index| self.precincts.get(index).map_or(0, |p| p.layer)).min()
    }

    pub fn into_kept(mut self, resolution: &Resolution) -> Kept {
        let indices: Vec<usize> = self.needed(resolution).collect();
        let mut take = |index: usize| {
            let precinct = self.precincts.get_mut(index)?;
            // Progression order changes need not cover all layers.
            if precinct.kept.is_none() && precinct.layer < self.layers {
                precinct.keep(true);
            }
            precinct.kept.take()
        };
        let precincts = indices.into_iter().map(&mut take).collect();
        Kept { cells: self.needed.precincts, precincts }
    }
}
