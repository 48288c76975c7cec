//! Goes through the packets of one tile, header by header.

use super::Task;
use super::bits::Bits;
use super::header;
use super::precincts::{Memory, PrecinctState};
use super::progression::Precinct;
use super::reach::Reach;
use super::route::Stage;
use crate::coded::Pages;
use crate::codestream::{Marker, TileCoding, TilePart};
use crate::error::Error;
use crate::limits::Limits;
use crate::structure::Subband;

/// Memory that one piece may take here and in a plan.
const BYTES_OF_PIECE: u64 = 64;

/// Bytes of an SOP segment with its marker.
const SOP_LEN: usize = 6;

/// Goes through the packets of one tile.
pub(super) struct Reader<'a> {
    task: Task<'a>,
    memory: &'a mut Memory,
    pages: Pages<'a>,
    /// Where in the file they begin.
    offset: u64,
    coding: TileCoding,
    /// The tile-parts from the current one on.
    parts: &'a [TilePart],
    /// Next byte of packet data.
    at: usize,
    /// Packed packet headers, and the next byte of them.
    packed: Option<(Pages<'a>, usize)>,
    /// Needed precincts that still lack layers.
    open: u64,
    /// Whether the data have ended.
    ended: bool,
    header_bytes: u64,
    /// Lengths of the packets to come, last first, as long as they are believed.
    lengths: Option<Vec<u32>>,
    /// Pieces that may still come: each is kept.
    pieces_left: u64,
    /// Where packets that are needed begin, while they are only looked for.
    found: Option<Vec<usize>>,
}

impl<'a> Reader<'a> {
    /// Begins at the first packet.
    pub fn new(task: Task<'a>, packed: Option<&'a [u8]>, memory: &'a mut Memory) -> Result<Self, Error> {
        let Task { codestream, tile, route, limits, .. } = task;
        let mut reader = Self {
            task,
            memory,
            pages: Pages::new(codestream.coded()),
            offset: codestream.offset(),
            coding: *codestream.in_force(tile.index).tile_coding()?,
            parts: codestream.tile_parts(tile.index),
            at: 0,
            packed: packed.map(|headers| (Pages::new(headers.into()), 0)),
            open: 0,
            ended: false,
            header_bytes: 0,
            lengths: None,
            pieces_left: 0,
            found: None,
        };
        // A packet takes at least a byte of header: more precincts than bytes cannot all be there.
        let available = match packed {
            Some(headers) => headers.len() as u64,
            None => reader.parts.iter().map(|p| p.data.len() as u64).fold(0, u64::saturating_add),
        };
        if route.least > available {
            return Err(reader.nothing());
        }
        let held = (size_of::<PrecinctState>() as u64).saturating_add(size_of::<Precinct>() as u64);
        Limits::check("bytes of precincts", route.precincts.saturating_mul(held), limits.bytes)?;
        reader.begin(None, false);
        Ok(reader)
    }

    /// Begins again. Packets that are not needed are passed over by `lengths`, where there are any; those that are needed are
    /// `only_found`.
    pub fn begin(&mut self, lengths: Option<Vec<u32>>, only_found: bool) {
        let Task { codestream, tile, route, limits, .. } = self.task;
        self.parts = codestream.tile_parts(tile.index);
        self.at = self.parts.first().map_or(0, |p| p.data.start);
        if let Some((_, next)) = &mut self.packed {
            *next = 0;
        }
        let lacking = route.stages().iter().filter(|stage| self.layers(stage) > 0).map(|stage| stage.needed.precincts.area());
        self.open = lacking.fold(0, u64::saturating_add);
        (self.ended, self.header_bytes) = (false, 0);
        self.lengths = lengths.map(|mut lengths| {
            lengths.reverse();
            lengths
        });
        self.pieces_left = limits.bytes / BYTES_OF_PIECE;
        self.found = only_found.then(Vec::new);
        self.memory.begin(route.precincts as usize);
    }

    /// Whether packet headers are kept away from the packets.
    pub fn packed(&self) -> bool {
        self.packed.is_some()
    }

    /// Layers that may be used of a stage.
    fn layers(&self, stage: &Stage) -> u16 {
        self.coding.layers.min(self.task.reach.layers(stage.resolution, stage.levels))
    }

    /// Where packets that are needed begin, after these were only to be found.
    pub fn found(&mut self) -> Vec<usize> {
        self.found.take().unwrap_or_default()
    }

    /// Packets will be read at these places.
    pub fn expect(&mut self, places: Vec<usize>) -> Result<(), Error> {
        self.pages.expect(places)
    }

    /// Whether all that is needed was found by lengths that agree with the packets that were read.
    pub fn satisfied(&self) -> bool {
        self.lengths.is_some() && self.open == 0
    }

    /// Whether no further packet needs to be read, or none can be.
    pub fn done(&self) -> bool {
        self.open == 0 || self.ended
    }

    /// The layer of a precinct's next packet.
    pub fn next_layer(&self, p: &Precinct) -> u16 {
        let stage = self.task.route.stage(p.component, p.resolution.into());
        let place = stage.map(|stage| stage.first.saturating_add(p.index as usize));
        place.and_then(|place| self.memory.precincts.get(place)).map_or(0, |state| state.layer)
    }

    /// Sets aside what is used of all precincts that are needed. Gives how far the packets reach, where less is there than was asked
    /// for, and the bytes of their headers.
    pub fn finish(self) -> Result<(Option<Reach>, u64), Error> {
        let mut short = None;
        for stage in self.task.route.stages() {
            let layers = self.layers(stage);
            let mut least = None;
            for precinct in stage.needed() {
                let Some(state) = self.memory.precincts.get(precinct).copied() else { continue };
                least = Some(state.layer.min(least.unwrap_or(u16::MAX)));
                // Progression order changes need not cover all layers.
                if state.kept.is_none() && state.layer < layers {
                    self.memory.keep(precinct, 0, true);
                }
            }
            let Some(least) = least.filter(|least| *least < layers && self.ended) else { continue };
            if stage.resolution == 0 && least == 0 {
                return Err(self.nothing());
            }
            short.get_or_insert(Reach::WHOLE).lower(stage.resolution, stage.levels, least);
        }
        Ok((short, self.header_bytes))
    }

    /// The data end before there is any picture of the tile.
    fn nothing(&self) -> Error {
        match self.parts {
            [] if !self.cut() => {
                let why = format!("tile {} has no tile-part", self.task.tile.index);
                Error::malformed("SOT", self.offset, why)
            }
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

    /// Whether the codestream is cut off.
    fn cut(&self) -> bool {
        self.task.codestream.ending().cut
    }

    /// Whether the data of the tile end here because the codestream is cut off, and not because a packet is longer than its
    /// tile-part.
    fn cut_here(&self) -> bool {
        let last = self.parts.first().is_none_or(|part| part.cut || self.at >= part.data.end);
        self.cut() && self.parts.len() <= 1 && (last || self.packed.is_some())
    }

    /// Ends reading: the lengths contradict the packets.
    fn distrust(&mut self) -> Result<(), Error> {
        (self.lengths, self.ended) = (None, true);
        Ok(())
    }

    /// Where a precinct stands: its stage, its subbands, its column and row, and its number among those of the tile.
    fn locate(&self, p: &Precinct) -> Result<Place<'a>, Error> {
        let Task { tile, route, .. } = self.task;
        let stage = route.stage(p.component, p.resolution.into());
        let component = tile.components.get(usize::from(p.component));
        let resolution = component.and_then(|c| c.resolutions.get(usize::from(p.resolution)));
        let (stage, resolution) = stage.zip(resolution).ok_or_else(gone)?;
        let cell = resolution.precincts.cell(p.index);
        Ok(Place { stage, bands: &resolution.bands, cell, number: stage.first.saturating_add(p.index as usize) })
    }

    /// Reads a packet of `len` bytes where it is needed, else passes over it.
    fn skip_or_read(&mut self, p: &Precinct, layer: u16, len: usize) -> Result<(), Error> {
        let end = self.part_end()?;
        let place = self.locate(p)?;
        let needed = place.needed();
        if needed && self.found.is_none() {
            return if self.read(p, layer)? == len { Ok(()) } else { self.distrust() };
        }
        let next = layer.saturating_add(1);
        self.memory.precincts.get_mut(place.number).ok_or_else(gone)?.layer = next;
        let complete = next == self.layers(place.stage);
        if let Some(found) = self.found.as_mut().filter(|_| needed) {
            found.push(self.at);
            self.open = self.open.saturating_sub(u64::from(complete));
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
        let place = self.locate(p)?;
        let open = self.memory.open(place.number, place.stage, place.bands, place.cell, self.coding.layers == 1);
        let Memory { bands, blocks, nodes, codewords, pieces, .. } = &mut *self.memory;
        let bands = bands.get(open).ok_or_else(gone)?;

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
        pieces.clear();
        let body = header::read(&mut bits, layer, bands, blocks, nodes, pieces);
        let mut taken = bits.finish()?;
        let count = pieces.len() as u64;
        Limits::check("pieces of code-blocks", count, self.pieces_left)?;
        self.pieces_left = self.pieces_left.saturating_sub(count);
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
        for piece in pieces {
            let block = blocks.get_mut(piece.block).ok_or_else(gone)?;
            let delivered = piece.deliver(block, at as u64, codewords);
            delivered.map_err(|why| Error::malformed("packet header", header_at, why))?;
        }
        self.header_bytes = self.header_bytes.saturating_add(stop.saturating_sub(start).saturating_sub(body) as u64);
        self.at = stop;
        let next = layer.saturating_add(1);
        self.memory.precincts.get_mut(place.number).ok_or_else(gone)?.layer = next;
        let (count, last) = (place.bands.len(), next >= self.coding.layers);
        if next == self.layers(place.stage) && place.needed() {
            self.memory.keep(place.number, count, last);
            self.open = self.open.saturating_sub(1);
        }
        if last {
            self.memory.close(place.number, count);
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

/// A precinct in its tile.
struct Place<'a> {
    stage: &'a Stage,
    /// Subbands of its resolution.
    bands: &'a [Subband],
    cell: (u32, u32),
    number: usize,
}

impl Place<'_> {
    fn needed(&self) -> bool {
        self.stage.needed.precincts.index(self.cell).is_some()
    }
}

fn gone() -> Error {
    Error::Internal { why: "a progression names a precinct that the tile has not".into() }
}
