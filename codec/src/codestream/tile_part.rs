//! SOT, tile-part headers and where the packets lie (ISO/IEC 15444-1 A.4.2).

use std::ops::Range;

use super::lengths::Lengths;
use super::marker::{Marker, Segment};
use super::parameters::Parameters;
use super::reader::Reader;
use crate::error::Error;

/// One tile: what its headers set and where its packets lie.
#[derive(Clone, Debug, Default)]
pub(crate) struct TileHeader {
    pub parameters: Parameters,
    /// In the order of TPsot.
    pub parts: Vec<TilePart>,
}

/// Where the packets of one tile-part lie.
#[derive(Clone, Debug)]
pub(crate) struct TilePart {
    /// TPsot: its place among the tile-parts of its tile.
    pub number: u8,
    /// Bytes after SOD, counted from SOC; ends early where the codestream does.
    pub data: Range<usize>,
    /// Whether it was to go on behind the last byte there is.
    pub cut: bool,
    /// Its place among all tile-parts of the codestream.
    pub place: u32,
    /// Lengths of its packets by PLT.
    pub lengths: Lengths,
}

/// A tile-part as it stands in the codestream.
pub(super) struct Read<'a> {
    /// Isot.
    pub tile: u16,
    /// TPsot.
    pub number: u8,
    /// Marker segments between SOT and SOD.
    pub header: Vec<Segment<'a>>,
    /// Bytes after SOD, counted from SOC.
    pub data: Range<usize>,
    /// Whether Psot is 0: the tile-part goes on to the end.
    pub open_ended: bool,
    /// Whether the data end before the tile-part does.
    pub cut: bool,
    /// Bytes that Psot promises beyond the last one there is.
    pub missing: u64,
}

/// Bytes of an SOT segment with its marker.
const SOT_LEN: usize = 12;

/// Reads on from a tile-part's SOT segment, which the cursor has just passed, to the end of its packets.
pub(super) fn read<'a>(r: &mut Reader<'a>, sot: &Segment<'a>) -> Result<Read<'a>, Error> {
    const WHAT: &str = "a tile-part header";
    let mut s = sot.reader();
    let (tile, len, number) = (s.u16(WHAT)?, s.u32(WHAT)?, s.u8(WHAT)?);
    if sot.len() as usize != SOT_LEN {
        return Err(sot.malformed(format!("a length of {} instead of {SOT_LEN}", sot.len())));
    }
    let start = r.index().saturating_sub(SOT_LEN);
    let mut header = Vec::new();
    loop {
        let segment = Segment::read(r)?;
        match segment.marker {
            Marker::SOD => break,
            Marker::SOC | Marker::SIZ | Marker::SOT | Marker::EOC | Marker::CAP | Marker::PPM => {
                return Err(segment.malformed("it must not stand in a tile-part header"));
            }
            _ => header.push(segment),
        }
    }
    let data_start = r.index();
    // Psot = 0: all that follows, EOC included, which packet reading never reaches.
    let whole = match len {
        0 => r.remaining(),
        len => match start.checked_add(len as usize).and_then(|end| end.checked_sub(data_start)) {
            Some(whole) => whole,
            None => return Err(sot.malformed(format!("a tile-part of {len} bytes is shorter than its header"))),
        },
    };
    let missing = whole.saturating_sub(r.remaining()) as u64;
    let open_ended = len == 0;
    let cut = if open_ended { !r.ends_with(Marker::EOC)? } else { missing > 0 };
    let data = r.skip(whole.min(r.remaining()), WHAT)?;
    Ok(Read { tile, number, header, data, open_ended, cut, missing })
}
