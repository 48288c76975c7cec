//! Bytes to typed markers: the main header, the tile-part headers and where the packets lie.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

mod coding;
mod info;
mod jph;
mod lengths;
mod marker;
mod packed_headers;
mod parameters;
mod quantization;
mod reader;
mod siz;
#[cfg(test)]
pub(crate) mod tests;
mod tile_part;

use std::collections::BTreeMap;

pub(crate) use coding::{BlockStyle, ComponentCoding, ProgressionChange, TileCoding};
pub use info::{BlockCoding, ComponentInfo, Container, Info, MarkerSummary, Progression, Wavelet};
pub use jph::looks_like_codestream;
pub(crate) use marker::Marker;
pub(crate) use parameters::{InForce, Parameters};
pub(crate) use quantization::{Quantization, Style};
pub(crate) use siz::Siz;
use tile_part::TileHeader;
pub(crate) use tile_part::TilePart;

use crate::coded::Coded;
use crate::error::Error;
use crate::limits::Limits;
use marker::Segment;
use reader::Reader;

/// A parsed codestream: typed headers and the index of its tile-parts. Borrows the bytes, or what they are read from, and never
/// writes to them.
#[derive(Clone, Debug)]
pub struct Codestream<'a> {
    /// From SOC on.
    coded: Coded<'a>,
    siz: Siz,
    main: Parameters,
    /// PPM's packet headers, a piece for each tile-part.
    ppm: Option<Vec<Vec<u8>>>,
    /// PLM's packet lengths, a list for each tile-part.
    plm: Vec<Option<Vec<u32>>>,
    tiles: BTreeMap<u32, TileHeader>,
    ending: Ending,
    info: Info,
}

/// How the tile-parts end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ending {
    /// Whether the bytes end where EOC or a tile-part was to come, or in the middle of one.
    pub cut: bool,
    /// Bytes that SOT or TLM promise beyond the last one there is.
    pub missing: u64,
    /// Tile-parts found.
    tile_parts: u32,
    /// Offset behind the codestream.
    end: u64,
}

/// What the bytes are: main header and tile-parts, no packets.
///
/// # Errors
/// As [`Codestream::parse`].
pub fn inspect<'a>(coded: impl Into<Coded<'a>>, limits: &Limits) -> Result<Info, Error> {
    Codestream::parse(coded, limits).map(|c| c.info)
}

/// Reads a main header that ends with `bytes`, from SOC to the last segment before any tile-part: what an encoder has written,
/// as a decoder sees it.
pub(crate) fn parse_main_header(bytes: &[u8], limits: &Limits) -> Result<(Siz, Parameters), Error> {
    let mut r = Reader::new(bytes, 0);
    Segment::read(&mut r)?;
    let siz = Siz::parse(&Segment::read(&mut r)?, limits)?;
    let mut parameters = Parameters::default();
    while r.remaining() > 0 {
        parameters.apply(&Segment::read(&mut r)?, siz.components.len())?;
    }
    Ok((siz, parameters))
}

impl<'a> Codestream<'a> {
    /// Reads the headers of a raw codestream, a JP2 or a JPH file. Offsets in errors and in [`Info`] count from the first
    /// byte. Data that end behind the main header are no error here. Of a [`ByteSource`](crate::ByteSource) only headers are read.
    ///
    /// # Errors
    /// Headers that are cut off, contradict the standard, use what is not supported, or ask for more than `limits`.
    pub fn parse(coded: impl Into<Coded<'a>>, limits: &Limits) -> Result<Self, Error> {
        let coded = coded.into();
        let (container, range) = jph::locate(coded)?;
        let offset = range.start as u64;
        let coded = coded.part(range);
        Parser { r: Reader::new(coded, offset), markers: Vec::new() }.run(coded, offset, container, limits)
    }

    /// What the codestream is.
    pub fn info(&self) -> &Info {
        &self.info
    }

    pub(crate) fn siz(&self) -> &Siz {
        &self.siz
    }

    /// The bytes from SOC on: block data are counted from here.
    pub(crate) fn coded(&self) -> Coded<'a> {
        self.coded
    }

    /// Where SOC lies in the bytes that were given to the parser.
    pub(crate) fn offset(&self) -> u64 {
        self.info.codestream_offset
    }

    /// The parameters that hold in a tile.
    pub(crate) fn in_force(&self, tile: u32) -> InForce<'_> {
        InForce { main: &self.main, tile: self.tiles.get(&tile).map(|t| &t.parameters) }
    }

    /// The parameters of the main header.
    pub(crate) fn main_parameters(&self) -> &Parameters {
        &self.main
    }

    /// Whether a tile has parameters of its own that its geometry or the order of its packets depend on.
    pub(crate) fn has_own_coding(&self, tile: u32) -> bool {
        self.tiles.get(&tile).is_some_and(|t| !t.parameters.same_coding(&Parameters::default()))
    }

    /// The tile-parts of a tile in the order of their packets.
    pub(crate) fn tile_parts(&self, tile: u32) -> &[TilePart] {
        self.tiles.get(&tile).map_or(&[], |t| &t.parts)
    }

    /// How the tile-parts end.
    pub(crate) fn ending(&self) -> Ending {
        self.ending
    }

    /// The lengths of all packets of a tile by PLT or PLM, in order; `None` where there are none for some tile-part, or where
    /// they do not add up to it.
    pub(crate) fn packet_lengths(&self, tile: u32) -> Option<Vec<u32>> {
        let mut all = Vec::new();
        for part in self.tile_parts(tile).iter().filter(|part| part.cut || !part.data.is_empty()) {
            let own = part.lengths.of_tile_part().or_else(|| self.plm.get(part.place as usize).cloned().flatten())?;
            let sum = own.iter().map(|&len| u64::from(len)).fold(0, u64::saturating_add);
            let data = part.data.len() as u64;
            if sum != data && !(part.cut && sum > data) {
                return None;
            }
            all.extend(own);
        }
        Some(all)
    }

    /// The packet headers of a tile where PPM or PPT keep them away from the packets.
    pub(crate) fn packed_headers(&self, tile: u32) -> Option<Vec<u8>> {
        let header = self.tiles.get(&tile)?;
        if !header.parameters.packed.is_empty() {
            return Some(header.parameters.packed.joined());
        }
        let Some(pieces) = &self.ppm else { return None };
        let of = |part: &TilePart| pieces.get(part.place as usize).map_or(&[][..], Vec::as_slice);
        Some(header.parts.iter().flat_map(|part| of(part).iter().copied()).collect())
    }
}

/// Walks the markers from SOC to the last tile-part.
struct Parser<'a> {
    r: Reader<'a>,
    markers: Vec<MarkerSummary>,
}

impl<'a> Parser<'a> {
    fn run(mut self, coded: Coded<'a>, offset: u64, container: Container, limits: &Limits) -> Result<Codestream<'a>, Error> {
        let soc = self.segment()?;
        if soc.marker != Marker::SOC {
            return Err(soc.malformed("a codestream begins with SOC"));
        }
        let siz = self.segment()?;
        if siz.marker != Marker::SIZ {
            return Err(siz.malformed("SIZ must follow SOC"));
        }
        let siz = Siz::parse(&siz, limits)?;
        let components = siz.components.len();
        let (main, first_sot) = self.main_header(components)?;
        let mut tiles = BTreeMap::new();
        // Where TLM says that tile-parts begin. It saves ways to a source and decides nothing.
        let mut next = first_sot.at;
        let starts = main.tile_part_lengths.iter().map(|&len| {
            let start = next.saturating_sub(offset);
            next = next.saturating_add(u64::from(len));
            start as usize
        });
        self.r.expect(starts.collect())?;
        let mut ending = self.tile_parts(first_sot, &siz, &mut tiles)?;
        if ending.cut {
            ending.missing = ending.missing.max(next.saturating_sub(ending.end));
        }
        let ppm = if main.packed.is_empty() { None } else { Some(main.packed.per_tile_part()?) };
        let plm = main.packet_lengths.per_tile_part();
        let info = info(&siz, &main, container, offset, ending, self.markers)?;
        Ok(Codestream { coded, siz, main, ppm, plm, tiles, ending, info })
    }

    /// Reads a segment and lists it.
    fn segment(&mut self) -> Result<Segment<'a>, Error> {
        let segment = Segment::read(&mut self.r)?;
        self.list(&segment);
        Ok(segment)
    }

    fn list(&mut self, segment: &Segment) {
        if self.markers.len() < Info::MARKERS {
            let (code, name) = (segment.marker.0, segment.marker.name());
            self.markers.push(MarkerSummary { code, name, offset: segment.at, len: segment.len() });
        }
    }

    /// Everything up to the first SOT, which is given back.
    fn main_header(&mut self, components: usize) -> Result<(Parameters, Segment<'a>), Error> {
        let mut main = Parameters::default();
        loop {
            let segment = self.segment()?;
            match segment.marker {
                Marker::SOT => return Ok((main, segment)),
                Marker::SOC | Marker::SIZ | Marker::SOD | Marker::EOC | Marker::PPT | Marker::PLT => {
                    return Err(segment.malformed("it must not stand in the main header"));
                }
                _ => main.apply(&segment, components)?,
            }
        }
    }

    /// All tile-parts. Ends at EOC, at the end of the bytes, or at anything else: what is missing then shows in the packets.
    fn tile_parts(&mut self, mut sot: Segment<'a>, siz: &Siz, tiles: &mut BTreeMap<u32, TileHeader>) -> Result<Ending, Error> {
        let mut ending = Ending::default();
        loop {
            let read = match tile_part::read(&mut self.r, &sot) {
                Err(Error::Truncated { at, .. }) => return Ok(Ending { cut: true, end: at, ..ending }),
                read => read?,
            };
            (ending.cut, ending.missing) = (read.cut, read.missing);
            let open_ended = read.open_ended;
            self.tile_part(read, &sot, siz, tiles, ending.tile_parts)?;
            ending.tile_parts = ending.tile_parts.saturating_add(1);
            ending.end = self.r.position();
            let goes_on = self.r.may_begin(Marker::SOT)?;
            match Segment::read(&mut self.r) {
                Ok(next) if next.marker == Marker::SOT => {
                    self.list(&next);
                    sot = next;
                }
                Ok(next) if next.marker == Marker::EOC => {
                    self.list(&next);
                    return Ok(Ending { end: self.r.position(), ..ending });
                }
                // A tile-part that goes on to the end has taken in EOC.
                Err(Error::Truncated { .. }) if open_ended => return Ok(ending),
                Err(Error::Truncated { at, .. }) if goes_on => {
                    return Ok(Ending { cut: true, end: at, ..ending });
                }
                Err(error @ Error::Read { .. }) => return Err(error),
                _ => return Ok(ending),
            }
        }
    }

    /// Enters a tile-part, `place` in the codestream, in the index.
    fn tile_part(
        &mut self,
        read: tile_part::Read<'a>,
        sot: &Segment<'a>,
        siz: &Siz,
        tiles: &mut BTreeMap<u32, TileHeader>,
        place: u32,
    ) -> Result<(), Error> {
        let tile = u32::from(read.tile);
        if tile >= siz.tile_count() {
            return Err(sot.malformed(format!("tile {tile} is named, the image has {}", siz.tile_count())));
        }
        let header = tiles.entry(tile).or_default();
        if header.parts.iter().any(|p| p.number == read.number) {
            return Err(sot.malformed(format!("tile-part {} of tile {tile} comes twice", read.number)));
        }
        for segment in &read.header {
            self.list(segment);
            if read.number > 0 && Parameters::sets_coding(segment.marker) {
                return Err(segment.malformed("only the first tile-part of a tile may hold it"));
            }
            header.parameters.apply(segment, siz.components.len())?;
        }
        let lengths = std::mem::take(&mut header.parameters.packet_lengths);
        header.parts.push(TilePart { number: read.number, data: read.data, cut: read.cut, place, lengths });
        header.parts.sort_by_key(|p| p.number);
        Ok(())
    }
}

/// Gathers what the main header says.
fn info(
    siz: &Siz,
    main: &Parameters,
    container: Container,
    offset: u64,
    ending: Ending,
    markers: Vec<MarkerSummary>,
) -> Result<Info, Error> {
    let in_force = InForce { main, tile: None };
    let (tile, coding) = (in_force.tile_coding()?, in_force.coding(0)?);
    let side = |log2: u8| 1u16.checked_shl(u32::from(log2)).unwrap_or(0);
    Ok(Info {
        container,
        width: siz.area.width(),
        height: siz.area.height(),
        origin: (siz.area.x0, siz.area.y0),
        tile_size: siz.tile_size,
        tile_origin: siz.tile_origin,
        tiles: siz.tiles,
        tile_parts: ending.tile_parts,
        components: siz.components.clone(),
        levels: coding.levels,
        progression: tile.progression,
        layers: tile.layers,
        code_block: (side(coding.block.0), side(coding.block.1)),
        wavelet: coding.wavelet,
        ht: coding.blocks,
        colour_transform: tile.colour_transform,
        precincts: coding.precincts().to_vec(),
        guard_bits: in_force.quantization(0)?.guard_bits,
        packet_markers: (tile.sop, tile.eph),
        markers,
        codestream_offset: offset,
        codestream_len: ending.end.saturating_sub(offset),
    })
}
