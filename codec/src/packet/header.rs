//! One packet header (ISO/IEC 15444-1 B.10, 15444-15 Annex B).

use super::bits::Bits;
use super::segments::{Block, Kind, Span};
use super::tag_tree::TagTree;
use crate::error::Error;
use crate::geometry::Rect;
use crate::structure::Subband;

/// One subband of a precinct while its packets come in.
pub(crate) struct PrecinctBand {
    /// Code-blocks of the precinct, counted from the origin of the partition.
    pub cells: Rect,
    /// In raster order.
    pub blocks: Vec<Block>,
    inclusion: TagTree,
    zero_bitplanes: TagTree,
}

impl PrecinctBand {
    /// The state before the first packet of the precinct at `cell` of its resolution's partition.
    pub fn new(band: &Subband, cell: (u32, u32)) -> Self {
        let cells = band.blocks_of_precinct(cell);
        let tree = || TagTree::new(cells.width(), cells.height());
        let blocks = vec![Block::default(); cells.area() as usize];
        Self { cells, blocks, inclusion: tree(), zero_bitplanes: tree() }
    }
}

/// Bytes that a packet holds for passes of a block; the bytes of all pieces follow the header in this order.
pub(crate) struct Piece {
    pub band: usize,
    pub block: usize,
    kind: Kind,
    passes: u16,
    pub len: u32,
}

impl Piece {
    /// Gives the block its bytes, now that it is known where they lie.
    pub fn deliver(&self, block: &mut Block, start: u64) -> Result<(), &'static str> {
        block.add(self.kind, self.passes, Span { start, len: self.len })
    }
}

/// Most bit-planes that a zero bit-plane tree may announce: beyond any M_b, region of interest included.
const MOST_ZERO_BITPLANES: u16 = 127;

/// Reads the header of a precinct's packet of `layer`; `pieces` receives what the body holds.
pub(crate) fn read(bits: &mut Bits, layer: u16, bands: &mut [PrecinctBand], pieces: &mut Vec<Piece>) -> Result<(), Error> {
    if !bits.bit()? {
        return Ok(());
    }
    for (number, band) in bands.iter_mut().enumerate() {
        let PrecinctBand { cells, blocks, inclusion, zero_bitplanes } = band;
        let places = (0..cells.height()).flat_map(|y| (0..cells.width()).map(move |x| (x, y)));
        for ((index, block), (x, y)) in blocks.iter_mut().enumerate().zip(places) {
            if included(bits, layer, inclusion, zero_bitplanes, block, x, y)? {
                passes(bits, number, index, block, pieces)?;
            }
        }
    }
    Ok(())
}

/// Whether the packet holds passes of a block; at its first inclusion also reads its zero bit-planes.
fn included(
    bits: &mut Bits,
    layer: u16,
    inclusion: &mut TagTree,
    zero_bitplanes: &mut TagTree,
    block: &mut Block,
    x: u32,
    y: u32,
) -> Result<bool, Error> {
    if block.included {
        return bits.bit();
    }
    if inclusion.below(x, y, layer.saturating_add(1), bits)?.is_none() {
        return Ok(false);
    }
    let at = bits.position();
    let Some(zero) = zero_bitplanes.below(x, y, MOST_ZERO_BITPLANES, bits)? else {
        return Err(Error::malformed("packet header", at, "a code-block has more zero bit-planes than there can be"));
    };
    block.included = true;
    block.zero_bitplanes = zero as u8;
    Ok(true)
}

/// Reads the number of passes and the lengths of their segments.
fn passes(bits: &mut Bits, band: usize, number: usize, block: &mut Block, pieces: &mut Vec<Piece>) -> Result<(), Error> {
    let at = bits.position();
    let mut more = pass_count(bits)?;
    while bits.bit()? {
        block.length_bits = block.length_bits.saturating_add(1);
    }
    let mut passed = block.passes;
    let mut begun = block.set.passes > 0;
    while more > 0 {
        let (kind, mut count) = Block::next_segment(passed, begun, more);
        let width = |passes: u16| u32::from(block.length_bits).saturating_add(passes.checked_ilog2().unwrap_or(0));
        if width(more) > 31 {
            return Err(Error::malformed("packet header", at, "a code-block length of more than 31 bits"));
        }
        let len = bits.number(width(count))?;
        if kind == Kind::First && len == 0 {
            // Then all passes are placeholders in one segment, whose length is the wider one of all of them.
            if bits.number(width(more).saturating_sub(width(count)))? != 0 {
                return Err(Error::malformed("packet header", at, "placeholder passes have bytes"));
            }
            count = more;
        }
        begun |= len > 0;
        pieces.push(Piece { band, block: number, kind, passes: count, len });
        passed = passed.saturating_add(count);
        more = more.saturating_sub(count);
    }
    Ok(())
}

/// The number of coding passes (Table B.4): 1 to 164.
fn pass_count(bits: &mut Bits) -> Result<u16, Error> {
    if !bits.bit()? {
        return Ok(1);
    }
    if !bits.bit()? {
        return Ok(2);
    }
    let mut count = 3u32;
    for (width, all) in [(2, 3), (5, 31), (7, 127)] {
        let v = bits.number(width)?;
        count = count.saturating_add(v);
        if v != all || width == 7 {
            break;
        }
    }
    Ok(count as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pass_counts_of_table_b_4() {
        let count = |bits: &str| {
            let mut bytes = vec![0u8; 4];
            let mut at = 0;
            for c in bits.chars() {
                if at % 8 == 0 && at > 0 && bytes[at / 8 - 1] == 0xFF {
                    at += 1;
                }
                bytes[at / 8] |= u8::from(c == '1') << (7 - at % 8);
                at += 1;
            }
            pass_count(&mut Bits::new(&bytes, 0)).unwrap()
        };
        assert_eq!(count("0"), 1);
        assert_eq!(count("10"), 2);
        assert_eq!(count("1100"), 3);
        assert_eq!(count("1110"), 5);
        assert_eq!(count("111100000"), 6);
        assert_eq!(count("111111110"), 36);
        assert_eq!(count("1111111110000000"), 37);
        assert_eq!(count("1111111111111111"), 164);
    }
}
