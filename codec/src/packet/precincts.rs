//! What is known of a tile's precincts while their packets come in.

use std::ops::Range;

use super::header::{Piece, PrecinctBand};
use super::route::Stage;
use super::segments::{Block, Codewords};
use super::tag_tree::Node;
use crate::structure::Subband;

/// All that is known of a tile while its packets come in, in few lists: their memory serves one tile after the other, of one
/// image after the other.
#[derive(Default)]
pub(crate) struct Memory {
    /// Of all precincts, stage by stage, in raster order.
    pub(super) precincts: Vec<PrecinctState>,
    /// Of those among them that have had a packet.
    pub(super) bands: Vec<PrecinctBand>,
    pub(super) blocks: Vec<Block>,
    pub(super) nodes: Vec<Node>,
    /// Of all MQ code-blocks.
    pub(super) codewords: Vec<Codewords>,
    /// What one packet holds.
    pub(super) pieces: Vec<Piece>,
}

/// What is known of a precinct between its packets.
#[derive(Clone, Copy, Default)]
pub(crate) struct PrecinctState {
    /// The layer of its next packet.
    pub layer: u16,
    /// The first of its subbands, from its first packet to its last.
    open: Option<usize>,
    /// The first of its subbands as they are used, once all layers that may be used are there.
    pub kept: Option<usize>,
}

impl Memory {
    /// Forgets all, and knows nothing of a number of precincts.
    pub fn begin(&mut self, precincts: usize) {
        let Self { precincts: states, bands, blocks, nodes, codewords, pieces } = self;
        bands.clear();
        blocks.clear();
        nodes.clear();
        codewords.clear();
        pieces.clear();
        states.clear();
        states.resize(precincts, PrecinctState::default());
    }

    /// Bytes that are held, in use or not.
    pub fn bytes(&self) -> usize {
        let Self { precincts, bands, blocks, nodes, codewords, pieces } = self;
        let lists = [
            precincts.capacity().saturating_mul(size_of::<PrecinctState>()),
            bands.capacity().saturating_mul(size_of::<PrecinctBand>()),
            blocks.capacity().saturating_mul(size_of::<Block>()),
            nodes.capacity().saturating_mul(size_of::<Node>()),
            codewords.capacity().saturating_mul(size_of::<Codewords>()),
            pieces.capacity().saturating_mul(size_of::<Piece>()),
        ];
        lists.into_iter().fold(0, usize::saturating_add)
    }

    /// The subbands of a precinct at `cell` of a stage, before its first packet or between two of them. Where it has `one` packet
    /// only, nothing is kept of blocks that are not needed.
    pub fn open(&mut self, precinct: usize, stage: &Stage, bands: &[Subband], cell: (u32, u32), one: bool) -> Range<usize> {
        let Self { precincts, bands: states, blocks, nodes, .. } = self;
        let fresh = states.len();
        let first = precincts.get_mut(precinct).map_or(fresh, |state| *state.open.get_or_insert(fresh));
        if first == fresh {
            let alone = stage.cells.area() == 1;
            for (band, needed) in bands.iter().zip(&stage.needed.blocks) {
                let cells = if alone { band.blocks.cells } else { band.blocks_of_precinct(cell) };
                states.push(PrecinctBand::open(band, cells, one.then_some(needed), blocks, nodes));
            }
        }
        first..first.saturating_add(bands.len())
    }

    /// Sets aside what is used of a precinct: its `count` subbands as they are now, which are copied where more packets come.
    pub fn keep(&mut self, precinct: usize, count: usize, last: bool) {
        let Some(state) = self.precincts.get_mut(precinct) else { return };
        let Some(first) = state.open else { return };
        if last {
            state.kept = Some(first);
            return;
        }
        state.kept = Some(self.bands.len());
        for number in first..first.saturating_add(count) {
            let Some(&band) = self.bands.get(number) else { return };
            let first_block = self.blocks.len();
            let end = band.first_block.saturating_add(band.held.area() as usize);
            self.blocks.extend_from_within(band.first_block..end.min(first_block));
            self.bands.push(band.with_blocks_at(first_block));
        }
    }

    /// No more packets come for a precinct with `count` subbands: what is not kept of it is forgotten, if it is the last.
    pub fn close(&mut self, precinct: usize, count: usize) {
        let Some(state) = self.precincts.get_mut(precinct) else { return };
        let Some(first) = state.open.take() else { return };
        let Some(band) = self.bands.get(first).filter(|_| first.saturating_add(count) == self.bands.len()) else { return };
        self.nodes.truncate(band.first_node);
        if state.kept.is_none() {
            self.blocks.truncate(band.first_block);
            self.bands.truncate(first);
        }
    }
}
