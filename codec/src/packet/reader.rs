//! Goes through the packets of one tile, header by header.

use super::bits::Bits;
use super::header::{self, Piece};
use super::precincts::{PrecinctState, ResolutionState, gone, locate};
use super::progression::Precinct;
use super::reach::Reach;
use super::{Needs, Packets};
use crate::coded::Pages;
use crate::codestream::{Codestream, Marker, TileCoding, TilePart};
use crate::error::Error;
use crate::limits::Limits;
use crate::structure::{Resolution, Tile};

/// Memory that one piece may take here and in a plan.
const BYTES_OF_PIECE: u64 = 64;

/// Bytes of an SOP segment with its marker.
const SOP_LEN: usize = 6;

/// Goes through the packets of one tile.
pub(super) struct Reader<'a> {
    pages: Pages<'a>,
    /// Where in the file they begin.
    offset: u64,
    /// Whether the codestream is cut off.
    cut: bool,
    tile: &'a Tile,
    coding: TileCoding,
    /// The tile-parts from the current one on.
    parts: &'a [TilePart],
    /// Next byte of packet data.
    at: usize,
    /// Packed packet headers, and the next byte of them.
    packed: Option<(Pages<'a>, usize)>,
    states: Vec<Vec<ResolutionState>>,
    /// Needed precincts that still lack layers.
    open: u64,
    /// Whether the data have ended.
    ended: bool,
    header_bytes: u64,
    pieces: Vec<Piece>,
    /// Lengths of the packets to come, last first, as long as they are believed.
    lengths: Option<Vec<u32>>,
    /// Pieces that may still come: each is kept.
    pieces_left: u64,
    /// Where packets that are needed begin, while they are only looked for.
    found: Option<Vec<usize>>,
}

impl<'a> Reader<'a> {
    pub fn new(
        codestream: &'a Codestream,
        tile: &'a Tile,
        coding: TileCoding,
        packed: Option<&'a [u8]>,
        needs: &Needs,
        reach: &Reach,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let parts = codestream.tile_parts(tile.index);
        let mut reader = Self {
            pages: Pages::new(codestream.coded()),
            offset: codestream.offset(),
            cut: codestream.ending().cut,
            tile,
            coding,
            parts,
            at: parts.first().map_or(0, |p| p.data.start),
            packed: packed.map(|headers| (Pages::new(headers.into()), 0)),
            states: Vec::with_capacity(tile.components.len()),
            open: 0,
            ended: false,
            header_bytes: 0,
            pieces: Vec::new(),
            lengths: None,
            pieces_left: limits.bytes / BYTES_OF_PIECE,
            found: None,
        };
        let mut needs = needs.iter();
        // Precincts without which there is no picture.
        let mut least = 0u64;
        for component in &tile.components {
            let levels = component.resolutions.len().saturating_sub(1) as u8;
            let needed = needs.next().map_or(&[][..], Vec::as_slice);
            least = least.saturating_add(needed.first().map_or(0, |need| need.precincts.area()));
            let mut states = Vec::with_capacity(component.resolutions.len());
            for r in 0..component.resolutions.len() {
                let needed = needed.get(r).copied().unwrap_or_default();
                let layers = coding.layers.min(reach.layers(r as u8, levels));
                if layers > 0 {
                    reader.open = reader.open.saturating_add(needed.precincts.area());
                }
                states.push(ResolutionState { needed, layers, precincts: Vec::new() });
            }
            reader.states.push(states);
        }
        // A packet takes at least a byte of header: more precincts than bytes cannot all be there.
        let available = match packed {
            Some(headers) => headers.len() as u64,
            None => parts.iter().map(|p| p.data.len() as u64).fold(0, u64::saturating_add),
        };
        if least > available {
            return Err(reader.nothing());
        }
        let held = (size_of::<PrecinctState>() as u64).saturating_add(size_of::<Precinct>() as u64);
        Limits::check("bytes of precincts", reader.precinct_count().saturating_mul(held), limits.bytes)?;
        Ok(reader)
    }

    /// Whether every precinct is needed.
    pub fn all_needed(&self) -> bool {
        let needed = self.states.iter().flatten().map(|state| state.needed.precincts.area());
        needed.fold(0, u64::saturating_add) == self.precinct_count()
    }

    /// Passes over packets that are not needed by these lengths, where there are any.
    pub fn trust(&mut self, lengths: Option<Vec<u32>>) -> bool {
        self.lengths = lengths.map(|mut lengths| {
            lengths.reverse();
            lengths
        });
        self.lengths.is_some()
    }

    /// Only looks where the packets that are needed begin, by the lengths alone.
    pub fn only_find(mut self) -> Self {
        self.found = Some(Vec::new());
        self
    }

    /// Those places.
    pub fn found(self) -> Vec<usize> {
        self.found.unwrap_or_default()
    }

    /// Packets will be read at these places.
    pub fn expect(&mut self, places: Vec<usize>) -> Result<(), Error> {
        self.pages.expect(places)
    }

    /// Whether all that is needed was found by lengths that agree with the packets that were read.
    pub fn satisfied(&self) -> bool {
        self.lengths.is_some() && self.open == 0
    }

    /// Precincts of the tile.
    pub fn precinct_count(&self) -> u64 {
        let resolutions = self.tile.components.iter().flat_map(|c| &c.resolutions);
        resolutions.map(|r| r.precincts.count()).fold(0, u64::saturating_add)
    }

    /// Whether no further packet needs to be read, or none can be.
    pub fn done(&self) -> bool {
        self.open == 0 || self.ended
    }

    /// The layer of a precinct's next packet.
    pub fn next_layer(&self, p: &Precinct) -> u16 {
        let component = self.states.get(usize::from(p.component));
        let resolution = component.and_then(|c| c.get(usize::from(p.resolution)));
        resolution.and_then(|r| r.precincts.get(p.index as usize)).map_or(0, |s| s.layer)
    }

    /// What has been read.
    pub fn finish(self) -> Result<Packets, Error> {
        let mut short = None;
        for (component, states) in self.tile.components.iter().zip(&self.states) {
            let levels = component.resolutions.len().saturating_sub(1) as u8;
            for (r, (state, resolution)) in (0u8..).zip(states.iter().zip(&component.resolutions)) {
                let Some(layers) = state.least(resolution).filter(|layers| *layers < state.layers && self.ended) else { continue };
                if r == 0 && layers == 0 {
                    return Err(self.nothing());
                }
                short.get_or_insert(Reach::WHOLE).lower(r, levels, layers);
            }
        }
        let kept = |(state, resolution): (ResolutionState, &Resolution)| state.into_kept(resolution);
        let of =
            |(states, c): (Vec<_>, &crate::structure::TileComponent)| states.into_iter().zip(&c.resolutions).map(kept).collect();
        let resolutions = self.states.into_iter().zip(&self.tile.components).map(of).collect();
        Ok(Packets { resolutions, short, header_bytes: self.header_bytes })
    }

    /// The data end before there is any picture of the tile.
    fn nothing(&self) -> Error {
        match self.parts {
            [] if !self.cut => Error::malformed("SOT", self.offset, format!("tile {} has no tile-part", self.tile.index)),
            [] => self.truncated(self.pages.coded().len()),
            [.., last] => self.truncated(last.data.end),
        }
    }

    fn truncated(&self, at: usize) -> Error {
        Error::Truncated { at: self.offset.saturating_add(at as u64), what: "the packets of a tile" }
    }

    /// Reads one packet: header, then where its body's bytes lie. Where the codestream is cut off before the end of the
    /// packet, nothing of it counts, and reading ends.
    pub fn packet(&mut self, p: &Precinct, layer: u16) -> Result<(), Error> {
        let result = match &mut self.lengths {
            None => self.read(p, layer).map(drop),
            Some(lengths) => match lengths.pop() {
                Some(len) => self.skip_or_read(p, layer, len as usize),
                None => self.distrust(),
            },
        };
        match result {
            Err(Error::Truncated { .. }) if self.cut_here() => {
                self.ended = true;
                Ok(())
            }
            result => result,
        }
    }

    /// Whether the data of the tile end here because the codestream is cut off, and not because a packet is longer than its
    /// tile-part.
    fn cut_here(&self) -> bool {
        let last = self.parts.first().is_none_or(|part| part.cut || self.at >= part.data.end);
        self.cut && self.parts.len() <= 1 && (last || self.packed.is_some())
    }

    /// Ends reading: the lengths contradict the packets.
    fn distrust(&mut self) -> Result<(), Error> {
        (self.lengths, self.ended) = (None, true);
        Ok(())
    }

    /// Reads a packet of `len` bytes where it is needed, else passes over it.
    fn skip_or_read(&mut self, p: &Precinct, layer: u16, len: usize) -> Result<(), Error> {
        let end = self.part_end()?;
        let (resolution, state) = locate(self.tile, &mut self.states, p)?;
        let needed = state.needed.precincts.index(resolution.precincts.cell(p.index)).is_some();
        if needed && self.found.is_none() {
            return if self.read(p, layer)? == len { Ok(()) } else { self.distrust() };
        }
        let next = layer.saturating_add(1);
        state.precincts.get_mut(p.index as usize).ok_or_else(gone)?.layer = next;
        if let Some(found) = self.found.as_mut().filter(|_| needed) {
            found.push(self.at);
            self.open = self.open.saturating_sub(u64::from(next == state.layers));
        }
        self.at = self.at.saturating_add(len);
        if self.at <= end { Ok(()) } else { self.distrust() }
    }

    /// Reads a packet and gives its length.
    fn read(&mut self, p: &Precinct, layer: u16) -> Result<usize, Error> {
        let end = self.part_end()?;
        let start = self.at;
        let mut at = start;
        if self.coding.sop {
            at = at.saturating_add(self.sop(at, end)?);
        }
        let header_at = self.offset.saturating_add(at as u64);
        let (resolution, state) = locate(self.tile, &mut self.states, p)?;
        let precinct = state.precincts.get_mut(p.index as usize).ok_or_else(gone)?;
        let cell = resolution.precincts.cell(p.index);
        let bands = precinct.open(resolution, cell, &state.needed, self.coding.layers == 1);

        // Where the header lies: before the body, or with others in a place of their own.
        let (pages, first, limit) = match &mut self.packed {
            Some((pages, next)) => {
                let len = pages.coded().len();
                (pages, *next, len)
            }
            None => (&mut self.pages, at, end),
        };
        let base = header_at.saturating_sub(first as u64);
        let mut bits = Bits::new(pages, first, limit, base);
        self.pieces.clear();
        let body = header::read(&mut bits, layer, bands, &mut self.pieces)?;
        let mut taken = bits.finish()?;
        let pieces = self.pieces.len() as u64;
        Limits::check("pieces of code-blocks", pieces, self.pieces_left)?;
        self.pieces_left = self.pieces_left.saturating_sub(pieces);
        if self.coding.eph {
            let mark = first.saturating_add(taken);
            let mark_end = mark.saturating_add(2);
            if mark_end > limit {
                return Err(Error::Truncated { at: self.offset.saturating_add(end as u64), what: "a packet header" });
            }
            if *pages.take(mark..mark_end)? != Marker::EPH.0.to_be_bytes() {
                let at = header_at.saturating_add(taken as u64);
                return Err(Error::malformed("EPH", at, "COD declares it, it does not end the packet header"));
            }
            taken = taken.saturating_add(2);
        }
        match &mut self.packed {
            Some((_, next)) => *next = first.saturating_add(taken),
            None => at = at.saturating_add(taken),
        }
        let body = usize::try_from(body).unwrap_or(usize::MAX);
        let stop = at.saturating_add(body);
        if stop > end {
            return Err(self.truncated(end));
        }
        for piece in &self.pieces {
            let block = bands.get_mut(piece.band).and_then(|band| band.blocks.get_mut(piece.block)).ok_or_else(gone)?;
            let delivered = piece.deliver(block, at as u64);
            delivered.map_err(|why| Error::malformed("packet header", header_at, why))?;
        }
        self.header_bytes = self.header_bytes.saturating_add(stop.saturating_sub(start).saturating_sub(body) as u64);
        self.at = stop;
        precinct.layer = layer.saturating_add(1);
        if precinct.layer == state.layers && state.needed.precincts.index(cell).is_some() {
            precinct.keep(precinct.layer >= self.coding.layers);
            self.open = self.open.saturating_sub(1);
        }
        if precinct.layer >= self.coding.layers {
            precinct.bands = None;
        }
        Ok(stop.saturating_sub(start))
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
                [] => return Err(self.nothing()),
            }
        }
    }

    /// Bytes of SOP, which a packet may begin with where COD says so (A.8.1).
    fn sop(&mut self, at: usize, end: usize) -> Result<usize, Error> {
        let begin = self.pages.take(at..end.min(at.saturating_add(SOP_LEN)))?;
        match begin.starts_with(&Marker::SOP.0.to_be_bytes()) {
            true if begin.len() < SOP_LEN => Err(self.truncated(end)),
            true => Ok(SOP_LEN),
            false => Ok(0),
        }
    }
}
