//! One packet header (ISO/IEC 15444-1 B.10, 15444-15 Annex B).

use super::bits::Bits;
use super::segments::{Block, Coding, Kind, Span};
use super::tag_tree::TagTree;
use crate::codestream::{BlockCoding, BlockStyle};
use crate::error::Error;
use crate::geometry::Rect;
use crate::structure::Subband;

/// One subband of a precinct while its packets come in.
pub(crate) struct PrecinctBand {
    /// Code-blocks of the precinct, counted from the origin of the partition.
    cells: Rect,
    /// Those that are kept: of the others nothing is known once they are read.
    pub held: Rect,
    /// The ones that are kept, in raster order.
    pub blocks: Vec<Block>,
    /// A block that has not been met.
    fresh: Block,
    coded: Styled,
    inclusion: TagTree,
    zero_bitplanes: TagTree,
}

impl PrecinctBand {
    /// The state before the first packet of the precinct at `cell` of its resolution's partition. Without further packets the
    /// blocks that are not `needed` need not be kept.
    pub fn new(band: &Subband, cell: (u32, u32), needed: Option<&Rect>) -> Self {
        let cells = band.blocks_of_precinct(cell);
        let held = needed.map_or(cells, |needed| needed.intersect(&cells));
        let tree = || TagTree::new(cells.width(), cells.height());
        let fresh = Block::new(band.coding);
        let blocks = vec![fresh.clone(); held.area() as usize];
        let coded = Styled { style: band.style, mixed: band.coding == BlockCoding::Mixed };
        Self { cells, held, blocks, fresh, coded, inclusion: tree(), zero_bitplanes: tree() }
    }
}

/// Bytes that a packet holds for passes of a block that is kept.
pub(crate) struct Piece {
    pub band: usize,
    pub block: usize,
    kind: Kind,
    passes: u16,
    /// Where they lie in the packet's body.
    pub at: u64,
    pub len: u32,
}

impl Piece {
    /// Gives the block its bytes, now that it is known where the body begins.
    pub fn deliver(&self, block: &mut Block, body: u64) -> Result<(), &'static str> {
        block.add(self.kind, self.passes, Span { start: body.saturating_add(self.at), len: self.len })
    }
}

/// Most bit-planes that a zero bit-plane tree may announce: beyond any M_b, region of interest included.
const MOST_ZERO_BITPLANES: u16 = 127;
/// Three passes to as many bit-planes. It bounds how many segments a block may have.
const MOST_PASSES: u16 = 3 * MOST_ZERO_BITPLANES;

/// Reads the header of a precinct's packet of `layer`; `pieces` receives what the body holds for blocks that are kept. Gives
/// the length of the body.
pub(crate) fn read(bits: &mut Bits, layer: u16, bands: &mut [PrecinctBand], pieces: &mut Vec<Piece>) -> Result<u64, Error> {
    let mut body = 0u64;
    if !bits.bit()? {
        return Ok(body);
    }
    for (number, band) in bands.iter_mut().enumerate() {
        let PrecinctBand { cells, held, blocks, fresh, coded, inclusion, zero_bitplanes } = band;
        for (v, y) in (0..).zip(cells.y0..cells.y1) {
            for (u, x) in (0..).zip(cells.x0..cells.x1) {
                let place = held.index((x, y)).map(|index| index as usize);
                let block = match place.and_then(|index| blocks.get_mut(index)) {
                    Some(block) => block,
                    None => {
                        fresh.forget();
                        &mut *fresh
                    }
                };
                if included(bits, layer, inclusion, zero_bitplanes, block, u, v)? {
                    passes(bits, *coded, block, |kind, passes, len| {
                        if let Some(block) = place {
                            pieces.push(Piece { band: number, block, kind, passes, at: body, len });
                        }
                        body = body.saturating_add(u64::from(len));
                    })?;
                }
            }
        }
    }
    Ok(body)
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

/// How the blocks of a subband are coded.
#[derive(Clone, Copy)]
struct Styled {
    style: BlockStyle,
    /// Whether HT and MQ code-blocks stand side by side.
    mixed: bool,
}

/// Reads the number of passes and the lengths of their segments.
fn passes(bits: &mut Bits, coded: Styled, block: &mut Block, mut piece: impl FnMut(Kind, u16, u32)) -> Result<(), Error> {
    let malformed = |bits: &Bits, why: &str| Error::malformed("packet header", bits.position(), why);
    let mut more = pass_count(bits)?;
    let longer = u8::try_from(bits.ones()?).unwrap_or(u8::MAX);
    block.length_bits = block.length_bits.saturating_add(longer);
    let length_bits = u32::from(block.length_bits);
    // B.10.7.1: the more passes a length is for, the more bits it has.
    let width = |passes: u16| length_bits.saturating_add(passes.checked_ilog2().unwrap_or(0));
    if width(more) > 31 {
        return Err(malformed(bits, "a code-block length of more than 31 bits"));
    }
    let mut passed = block.passes;
    if passed.saturating_add(more) > MOST_PASSES {
        return Err(malformed(bits, "a code-block has more coding passes than there can be"));
    }
    let mut coding = block.coding();
    while more > 0 {
        let (kind, count, len) = match coding {
            Coding::Mq => {
                let count = coded.style.passes_of_segment(passed).min(more);
                (Kind::Codeword, count, bits.number(width(count))?)
            }
            Coding::Ht => {
                let (kind, count) = Block::next_segment(passed, more);
                (kind, count, bits.number(width(count))?)
            }
            Coding::Open => {
                let (count, possible) = Block::first_segment(passed, more);
                let len = bits.number(width(count))?;
                // Where HT and MQ code-blocks stand side by side, the length of a first cleanup pass has a leading zero
                // and more than three bits before those for passes; no first length of an MQ code-block has both.
                let leading_zero = len >> width(count).saturating_sub(1) == 0;
                if possible && len > 0 && (!coded.mixed || (len > 1 && leading_zero && length_bits > 3)) {
                    coding = Coding::Ht;
                    (Kind::First, count, len)
                } else {
                    // All passes are in one segment then, whose length is the wider one of all of them.
                    let rest = width(more).saturating_sub(width(count));
                    let len = (len << rest) | bits.number(rest)?;
                    if len > 0 && !coded.mixed {
                        return Err(malformed(bits, "placeholder passes have bytes"));
                    }
                    if len > 0 {
                        coding = Coding::Mq;
                    }
                    (if len > 0 { Kind::Codeword } else { Kind::First }, more, len)
                }
            }
        };
        piece(kind, count, len);
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
    use crate::coded::Pages;

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
            pass_count(&mut Bits::new(&mut Pages::new((&bytes).into()), 0, bytes.len(), 0)).unwrap()
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
