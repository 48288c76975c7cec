//! Packets: which bytes belong to which code-block (ISO/IEC 15444-1 B.9 to B.12).

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

mod bits;
mod header;
mod progression;
mod segments;
mod tag_tree;

use bits::Bits;
use header::{Piece, PrecinctBand};
use progression::Precinct;
pub(crate) use segments::{Block, Span};

use crate::codestream::{Codestream, ProgressionChange, TileCoding, TilePart};
use crate::error::Error;
use crate::limits::Limits;
use crate::structure::{Grid, Tile};

/// Code-blocks of one resolution: partition and blocks in raster order, subband by subband.
pub(crate) type Blocks = Vec<(Grid, Vec<Block>)>;

/// Reads the packets of a tile. Gives the code-blocks by component and resolution; those of resolutions that are not
/// `wanted(component, resolution)` may be unread.
pub(crate) fn read(
    codestream: &Codestream,
    tile: &Tile,
    limits: &Limits,
    wanted: impl Fn(u16, u8) -> bool,
) -> Result<Vec<Vec<Blocks>>, Error> {
    let in_force = codestream.in_force(tile.index);
    let coding = *in_force.tile_coding()?;
    let packed = codestream.packed_headers(tile.index);
    let mut reader = Reader::new(codestream, tile, coding, packed.as_deref())?;
    let changes = in_force.progression_changes();
    if changes.is_empty() {
        let whole = ProgressionChange {
            progression: coding.progression,
            resolutions: (0, 33),
            components: (0, u16::MAX),
            layers: coding.layers,
        };
        let order = progression::order(tile, &whole);
        let runs: Vec<_> = progression::runs(&order, whole.progression).collect();
        // What follows the last packet that is wanted need not be read.
        let last = runs.iter().rposition(|run| run.iter().any(|p| wanted(p.component, p.resolution)));
        for run in runs.iter().take(last.map_or(0, |last| last.saturating_add(1))) {
            reader.run(run, whole.layers)?;
        }
    } else {
        let work = reader.precinct_count.saturating_mul(changes.len() as u64);
        Limits::check("precincts in progression order changes", work, limits.blocks.saturating_mul(16))?;
        for change in changes {
            let order = progression::order(tile, change);
            for run in progression::runs(&order, change.progression) {
                reader.run(run, change.layers.min(coding.layers))?;
            }
        }
    }
    Ok(reader.into_blocks())
}

/// What is kept of a precinct between its packets.
#[derive(Default)]
struct PrecinctState {
    /// The layer of its next packet.
    layer: u16,
    /// Per subband; absent before the first packet that is not empty.
    bands: Option<Vec<PrecinctBand>>,
}

/// One resolution of one component while its packets come in.
struct ResolutionState {
    precincts: Vec<PrecinctState>,
    blocks: Blocks,
}

/// Goes through the packets of one tile.
struct Reader<'a> {
    bytes: &'a [u8],
    /// Offset of `bytes` in the file.
    offset: u64,
    tile: &'a Tile,
    coding: TileCoding,
    parts: &'a [TilePart],
    /// Next byte of packet data.
    at: usize,
    /// Packed packet headers that are still to be read.
    packed: Option<&'a [u8]>,
    states: Vec<Vec<ResolutionState>>,
    precinct_count: u64,
    pieces: Vec<Piece>,
}

impl<'a> Reader<'a> {
    fn new(codestream: &'a Codestream, tile: &'a Tile, coding: TileCoding, packed: Option<&'a [u8]>) -> Result<Self, Error> {
        let parts = codestream.tile_parts(tile.index);
        let resolutions = || tile.components.iter().flat_map(|c| &c.resolutions);
        let precinct_count = resolutions().map(|r| r.precincts.count()).fold(0u64, u64::saturating_add);
        let mut reader = Self {
            bytes: codestream.bytes(),
            offset: codestream.offset(),
            tile,
            coding,
            parts,
            at: parts.first().map_or(0, |p| p.data.start),
            packed,
            states: Vec::new(),
            precinct_count,
            pieces: Vec::new(),
        };
        // A packet takes at least a byte of header: more precincts than bytes cannot all be there. This bounds the
        // memory that a small file can ask for.
        let available = match packed {
            Some(headers) => headers.len() as u64,
            None => parts.iter().map(|p| p.data.len() as u64).fold(0, u64::saturating_add),
        };
        if precinct_count > available {
            let end = parts.last().map_or(reader.bytes.len(), |p| p.data.end);
            return Err(reader.truncated(end));
        }
        for component in &tile.components {
            let state = |r: &crate::structure::Resolution| ResolutionState {
                precincts: (0..r.precincts.count()).map(|_| PrecinctState::default()).collect(),
                blocks: r.bands.iter().map(|b| (b.blocks, vec![Block::default(); b.blocks.count() as usize])).collect(),
            };
            reader.states.push(component.resolutions.iter().map(state).collect());
        }
        Ok(reader)
    }

    fn into_blocks(self) -> Vec<Vec<Blocks>> {
        let of = |component: Vec<ResolutionState>| component.into_iter().map(|r| r.blocks).collect();
        self.states.into_iter().map(of).collect()
    }

    fn truncated(&self, at: usize) -> Error {
        Error::Truncated { at: self.offset.saturating_add(at as u64), what: "the packets of a tile" }
    }

    /// Reads the packets of a run of precincts up to layer `layers` that have not been read, layer by layer.
    fn run(&mut self, run: &[Precinct], layers: u16) -> Result<(), Error> {
        let next = |p: &Precinct| self.state(p).map_or(layers, |s| s.layer);
        let first = run.iter().map(next).min().unwrap_or(layers);
        for layer in first..layers {
            for precinct in run {
                if self.state(precinct).is_some_and(|s| s.layer == layer) {
                    self.packet(precinct, layer)?;
                }
            }
        }
        Ok(())
    }

    fn state(&self, p: &Precinct) -> Option<&PrecinctState> {
        let component = self.states.get(usize::from(p.component))?;
        component.get(usize::from(p.resolution))?.precincts.get(p.index as usize)
    }

    /// Reads one packet: header, then where its body's bytes lie.
    fn packet(&mut self, p: &Precinct, layer: u16) -> Result<(), Error> {
        let end = self.part_end()?;
        if self.coding.sop {
            self.skip_sop(end)?;
        }
        let header_at = self.offset.saturating_add(self.at as u64);
        let header = match self.packed {
            Some(headers) => headers,
            None => self.bytes.get(self.at..end).unwrap_or_default(),
        };
        let gone = || Error::Internal { why: "a progression names a precinct that the tile has not".into() };
        let resolution = self
            .tile
            .components
            .get(usize::from(p.component))
            .and_then(|c| c.resolutions.get(usize::from(p.resolution)))
            .ok_or_else(gone)?;
        let component = self.states.get_mut(usize::from(p.component)).ok_or_else(gone)?;
        let state = component.get_mut(usize::from(p.resolution)).ok_or_else(gone)?;
        let precinct = state.precincts.get_mut(p.index as usize).ok_or_else(gone)?;
        precinct.layer = layer.saturating_add(1);

        let bands = precinct.bands.get_or_insert_with(|| {
            let cell = resolution.precincts.cell(p.index);
            resolution.bands.iter().map(|band| PrecinctBand::new(band, cell)).collect()
        });
        let mut bits = Bits::new(header, header_at);
        self.pieces.clear();
        header::read(&mut bits, layer, bands, &mut state.blocks, &mut self.pieces)?;
        let mut taken = bits.finish()?;
        if precinct.layer >= self.coding.layers {
            precinct.bands = None;
        }
        if self.coding.eph {
            let mark = taken..taken.saturating_add(2);
            if header.get(mark.clone()) != Some(&[0xFF, 0x92]) {
                let at = header_at.saturating_add(taken as u64);
                return Err(Error::malformed("EPH", at, "COD declares it, it does not end the packet header"));
            }
            taken = mark.end;
        }
        match &mut self.packed {
            Some(headers) => *headers = headers.get(taken..).unwrap_or_default(),
            None => self.at = self.at.saturating_add(taken),
        }

        for piece in &self.pieces {
            let stop = self.at.saturating_add(piece.len as usize);
            if stop > end {
                return Err(self.truncated(end));
            }
            let block = state.blocks.get_mut(piece.band).and_then(|(_, blocks)| blocks.get_mut(piece.block));
            let delivered = piece.deliver(block.ok_or_else(gone)?, self.at as u64);
            delivered.map_err(|why| Error::malformed("packet header", header_at, why))?;
            self.at = stop;
        }
        Ok(())
    }

    /// The end of the tile-part that holds the next packet; goes on to the next part where one is used up.
    fn part_end(&mut self) -> Result<usize, Error> {
        loop {
            match self.parts {
                [part, ..] if self.at < part.data.end => return Ok(part.data.end),
                [_, next, ..] => {
                    self.at = next.data.start;
                    self.parts = self.parts.get(1..).unwrap_or_default();
                }
                // Packed headers may describe empty bodies behind the last byte.
                [part] if self.packed.is_some() => return Ok(part.data.end),
                [part] => return Err(self.truncated(part.data.end)),
                [] => {
                    let why = format!("tile {} has no tile-part", self.tile.index);
                    return Err(Error::malformed("SOT", self.offset, why));
                }
            }
        }
    }

    /// Passes over SOP, which a packet may begin with where COD says so (A.8.1).
    fn skip_sop(&mut self, end: usize) -> Result<(), Error> {
        let packet = self.bytes.get(self.at..end).unwrap_or_default();
        if packet.starts_with(&[0xFF, 0x91]) {
            if packet.len() < 6 {
                return Err(self.truncated(end));
            }
            self.at = self.at.saturating_add(6);
        }
        Ok(())
    }
}
