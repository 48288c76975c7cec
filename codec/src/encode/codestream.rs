//! Coded tiles to a codestream: packets in RPCL order, tile-parts with PLT, and TLM in the main header.

use super::header::segment;
use super::packet;
use super::tile::CodedTile;
use crate::codestream::{Marker, Progression, ProgressionChange};
use crate::error::Error;
use crate::packet::progression;
use crate::structure::Tile;

/// Bytes of an SOT segment with its marker.
const SOT_LEN: usize = 12;
/// Most bytes of a marker segment's parameters, without its length.
const SEGMENT: usize = 65535 - 2;
/// Bytes of one tile-part in TLM: a tile index of two and a length of four.
const TLM_ENTRY: usize = 6;
/// The most that the one-byte indices of PLT and TLM can count.
const SEGMENTS: usize = 256;

/// Packets of one resolution of one tile.
struct Packets {
    bytes: Vec<u8>,
    lengths: Vec<u32>,
}

/// Appends everything behind the main header's parameters. The first tile-parts are those of the lowest resolution.
pub(super) fn assemble(header: Vec<u8>, tiles: &[Tile], coded: Vec<CodedTile>) -> Result<Vec<u8>, Error> {
    let resolutions = tiles.iter().flat_map(|t| t.components.iter().map(|c| c.resolutions.len())).max().unwrap_or(0);
    let parts = resolutions * tiles.len();
    if parts > SEGMENTS * (SEGMENT / TLM_ENTRY) {
        return Err(Error::Limit { what: "tile-parts", asked: parts as u64, allowed: (SEGMENTS * (SEGMENT / TLM_ENTRY)) as u64 });
    }
    let mut out = header;
    let tlm = out.len();
    write_tlm(&mut out, &vec![(0, 0); parts]);
    let mut index = Vec::with_capacity(parts);
    for resolution in 0..resolutions {
        for (tile, coded) in tiles.iter().zip(&coded) {
            let start = out.len();
            tile_part(&mut out, tile, resolution, resolutions, &packets(tile, coded, resolution)?)?;
            // A tile index is below 65535, a resolution below 33; the length was checked.
            index.push((tile.index as u16, (out.len() - start) as u32));
        }
    }
    out.extend(Marker::EOC.0.to_be_bytes());
    let mut filled = Vec::new();
    write_tlm(&mut filled, &index);
    out[tlm..tlm + filled.len()].copy_from_slice(&filled);
    Ok(out)
}

/// TLM (A.7.1): tile index and length of every tile-part.
fn write_tlm(out: &mut Vec<u8>, index: &[(u16, u32)]) {
    // Stlm: indices of 16 and lengths of 32 bits.
    const STLM: u8 = 2 << 4 | 1 << 6;
    for (number, entries) in (0u8..).zip(index.chunks((SEGMENT - 2) / TLM_ENTRY)) {
        segment(out, Marker::TLM, |out| {
            out.extend([number, STLM]);
            for (tile, len) in entries {
                out.extend(tile.to_be_bytes());
                out.extend(len.to_be_bytes());
            }
        });
    }
}

/// SOT, PLT, SOD and the packets.
fn tile_part(out: &mut Vec<u8>, tile: &Tile, number: usize, count: usize, packets: &Packets) -> Result<(), Error> {
    let start = out.len();
    segment(out, Marker::SOT, |out| {
        out.extend((tile.index as u16).to_be_bytes());
        out.extend([0; 4]);
        out.extend([number as u8, count as u8]);
    });
    write_plt(out, &packets.lengths)?;
    out.extend(Marker::SOD.0.to_be_bytes());
    out.extend_from_slice(&packets.bytes);
    let len = u32::try_from(out.len() - start).map_err(|_| Error::Limit {
        what: "bytes of a tile-part",
        asked: (out.len() - start) as u64,
        allowed: u64::from(u32::MAX),
    })?;
    // Psot stands behind the marker, the length and Isot.
    out[start + 6..start + SOT_LEN - 2].copy_from_slice(&len.to_be_bytes());
    Ok(())
}

/// PLT (A.7.3): the length of each packet, seven bits to a byte.
fn write_plt(out: &mut Vec<u8>, lengths: &[u32]) -> Result<(), Error> {
    let mut segments: Vec<Vec<u8>> = Vec::new();
    for &length in lengths {
        let groups = (32 - length.leading_zeros()).div_ceil(7).max(1);
        let bytes = (0..groups).rev().map(|n| (length >> (7 * n) & 0x7F) as u8 | u8::from(n > 0) << 7);
        // A length does not continue in the next segment.
        match segments.last_mut() {
            Some(last) if last.len() + (groups as usize) < SEGMENT => last.extend(bytes),
            _ => segments.push(bytes.collect()),
        }
    }
    if segments.len() > SEGMENTS {
        return Err(Error::Limit { what: "PLT segments of a tile-part", asked: segments.len() as u64, allowed: SEGMENTS as u64 });
    }
    for (number, lengths) in (0u8..).zip(segments) {
        segment(out, Marker::PLT, |out| {
            out.push(number);
            out.extend(lengths);
        });
    }
    Ok(())
}

/// The packets of one resolution of a tile in RPCL order.
fn packets(tile: &Tile, coded: &CodedTile, resolution: usize) -> Result<Packets, Error> {
    let r = resolution as u8;
    let volume =
        ProgressionChange { progression: Progression::Rpcl, resolutions: (r, r + 1), components: (0, u16::MAX), layers: 1 };
    let mut packets = Packets { bytes: Vec::new(), lengths: Vec::new() };
    for precinct in progression::order(tile, &volume) {
        let here = &tile.components[usize::from(precinct.component)].resolutions[resolution];
        let start = packets.bytes.len();
        let coded = &coded[usize::from(precinct.component)][resolution];
        packet::write(here.precincts.cell(precinct.index), &here.bands, coded, &mut packets.bytes)?;
        packets.lengths.push((packets.bytes.len() - start) as u32);
    }
    Ok(packets)
}
