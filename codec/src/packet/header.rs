//! One packet header (ISO/IEC 15444-1 B.10, 15444-15 Annex B).

use super::bits::Bits;
use super::segments::{Block, Codewords, Coding, Kind, Span};
use super::tag_tree::{Node, TagTree};
use crate::codestream::{BlockCoding, BlockStyle};
use crate::geometry::Rect;
use crate::structure::Subband;

/// One subband of a precinct while its packets come in: where what is known of it stands among that of the tile.
#[derive(Clone, Copy)]
pub(crate) struct PrecinctBand {
    /// Code-blocks of the precinct, counted from the origin of the partition.
    cells: Rect,
    /// Those that are kept: of the others nothing is known once they are read.
    pub held: Rect,
    /// The first of the blocks that are kept, which follow in raster order.
    pub first_block: usize,
    /// The first node of the inclusion tree, behind which that of zero bit-planes follows.
    pub first_node: usize,
    coding: BlockCoding,
    style: BlockStyle,
}

impl PrecinctBand {
    /// The state before the first packet of a precinct that holds the code-blocks `cells`, behind that of others. Without further
    /// packets the blocks that are not `needed` need not be kept.
    pub fn open(band: &Subband, cells: Rect, needed: Option<&Rect>, blocks: &mut Vec<Block>, nodes: &mut Vec<Node>) -> Self {
        let held = needed.map_or(cells, |needed| needed.intersect(&cells));
        let tree = TagTree::new(cells.width(), cells.height()).nodes();
        let (first_block, first_node) = (blocks.len(), nodes.len());
        blocks.resize(first_block.saturating_add(held.area() as usize), Block::new(band.coding));
        nodes.resize(first_node.saturating_add(tree).saturating_add(tree), Node::default());
        Self { cells, held, first_block, first_node, coding: band.coding, style: band.style }
    }

    /// The same with its blocks elsewhere.
    pub fn with_blocks_at(self, first_block: usize) -> Self {
        Self { first_block, ..self }
    }

    /// The blocks that are kept, among those of the tile.
    pub fn blocks<'b>(&self, all: &'b [Block]) -> &'b [Block] {
        let end = self.first_block.saturating_add(self.held.area() as usize);
        all.get(self.first_block..end).unwrap_or_default()
    }
}

/// Bytes that a packet holds for passes of a block that is kept.
pub(crate) struct Piece {
    /// The block among those of the tile.
    pub block: usize,
    kind: Kind,
    passes: u16,
    /// Where they lie in the packet's body.
    pub at: u64,
    pub len: u32,
}

impl Piece {
    /// Gives the block its bytes, now that it is known where the body begins.
    pub fn deliver(&self, block: &mut Block, body: u64, all: &mut Vec<Codewords>) -> Result<(), &'static str> {
        block.add(self.kind, self.passes, Span { start: body.saturating_add(self.at), len: self.len }, all)
    }
}

/// Most bit-planes that a zero bit-plane tree may announce: beyond any M_b, region of interest included.
const MOST_ZERO_BITPLANES: u16 = 127;
/// Three passes to as many bit-planes. It bounds how many segments a block may have.
const MOST_PASSES: u16 = 3 * MOST_ZERO_BITPLANES;

/// Reads the header of a precinct's packet of `layer`; `pieces` receives what the body holds for blocks that are kept. Gives
/// the length of the body. All of it counts only where `bits` have not failed.
pub(crate) fn read(
    bits: &mut Bits,
    layer: u16,
    bands: &[PrecinctBand],
    blocks: &mut [Block],
    nodes: &mut [Node],
    pieces: &mut Vec<Piece>,
) -> u64 {
    let mut body = 0u64;
    if !bits.bit() {
        return body;
    }
    for band in bands {
        let PrecinctBand { cells, held, first_block, first_node, coding, style } = *band;
        let coded = Styled { style, mixed: coding == BlockCoding::Mixed };
        let tree = TagTree::new(cells.width(), cells.height());
        let (inclusion, zero_bitplanes) =
            nodes.get_mut(first_node..).and_then(|nodes| nodes.split_at_mut_checked(tree.nodes())).unwrap_or_default();
        let mut trees = Trees { tree, inclusion, zero_bitplanes };
        for (v, y) in (0..).zip(cells.y0..cells.y1) {
            // The place of the row's first block that is kept.
            let kept = held.index((held.x0, y)).map(|index| first_block.saturating_add(index as usize));
            for (u, x) in (0..).zip(cells.x0..cells.x1) {
                let column = x.checked_sub(held.x0).filter(|_| x < held.x1);
                let place = kept.zip(column).map(|(kept, column)| kept.saturating_add(column as usize));
                // A block that is not kept has one packet.
                let mut passing;
                let block = match place.and_then(|place| blocks.get_mut(place)) {
                    Some(block) => block,
                    None => {
                        passing = Block::new(coding);
                        &mut passing
                    }
                };
                if trees.included(bits, layer, block, (u, v)) {
                    passes(bits, coded, block, |kind, passes, len| {
                        if let Some(block) = place {
                            pieces.push(Piece { block, kind, passes, at: body, len });
                        }
                        body = body.saturating_add(u64::from(len));
                    });
                }
                if bits.failed() {
                    return body;
                }
            }
        }
    }
    body
}

/// The tag trees of a subband in a precinct.
struct Trees<'n> {
    tree: TagTree,
    inclusion: &'n mut [Node],
    zero_bitplanes: &'n mut [Node],
}

impl Trees<'_> {
    /// Whether the packet holds passes of a block; at its first inclusion also reads its zero bit-planes.
    #[inline]
    fn included(&mut self, bits: &mut Bits, layer: u16, block: &mut Block, at: (u32, u32)) -> bool {
        if block.included {
            return bits.bit();
        }
        if self.tree.below(self.inclusion, at, layer.saturating_add(1), bits).is_none() {
            return false;
        }
        let Some(zero) = self.tree.below(self.zero_bitplanes, at, MOST_ZERO_BITPLANES, bits) else {
            bits.malformed("a code-block has more zero bit-planes than there can be");
            return false;
        };
        block.included = true;
        block.zero_bitplanes = zero as u8;
        true
    }
}

/// How the blocks of a subband are coded.
#[derive(Clone, Copy)]
struct Styled {
    style: BlockStyle,
    /// Whether HT and MQ code-blocks stand side by side.
    mixed: bool,
}

/// Reads the number of passes and the lengths of their segments.
#[inline]
fn passes(bits: &mut Bits, coded: Styled, block: &mut Block, mut piece: impl FnMut(Kind, u16, u32)) {
    let mut more = pass_count(bits);
    let longer = u8::try_from(bits.ones()).unwrap_or(u8::MAX);
    block.length_bits = block.length_bits.saturating_add(longer);
    let length_bits = u32::from(block.length_bits);
    // B.10.7.1: the more passes a length is for, the more bits it has.
    let width = |passes: u16| length_bits.saturating_add(passes.checked_ilog2().unwrap_or(0));
    if width(more) > 31 {
        return bits.malformed("a code-block length of more than 31 bits");
    }
    let mut passed = block.passes;
    if passed.saturating_add(more) > MOST_PASSES {
        return bits.malformed("a code-block has more coding passes than there can be");
    }
    let mut coding = block.coding();
    while more > 0 {
        let (kind, count, len) = match coding {
            Coding::Mq => {
                let count = coded.style.passes_of_segment(passed).min(more);
                (Kind::Codeword, count, bits.number(width(count)))
            }
            Coding::Ht => {
                let (kind, count) = Block::next_segment(passed, more);
                (kind, count, bits.number(width(count)))
            }
            Coding::Open => {
                let (count, possible) = Block::first_segment(passed, more);
                let len = bits.number(width(count));
                // Where HT and MQ code-blocks stand side by side, the length of a first cleanup pass has a leading zero
                // and more than three bits before those for passes; no first length of an MQ code-block has both.
                let leading_zero = len >> width(count).saturating_sub(1) == 0;
                if possible && len > 0 && (!coded.mixed || (len > 1 && leading_zero && length_bits > 3)) {
                    coding = Coding::Ht;
                    (Kind::First, count, len)
                } else {
                    // All passes are in one segment then, whose length is the wider one of all of them.
                    let rest = width(more).saturating_sub(width(count));
                    let len = (len << rest) | bits.number(rest);
                    if len > 0 && !coded.mixed {
                        return bits.malformed("placeholder passes have bytes");
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
}

/// The number of coding passes (Table B.4): 1 to 164.
#[inline]
fn pass_count(bits: &mut Bits) -> u16 {
    if !bits.bit() {
        return 1;
    }
    if !bits.bit() {
        return 2;
    }
    let mut count = 3u32;
    for (width, all) in [(2, 3), (5, 31), (7, 127)] {
        let v = bits.number(width);
        count = count.saturating_add(v);
        if v != all || width == 7 {
            break;
        }
    }
    count as u16
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
            pass_count(&mut Bits::new(&mut Pages::new((&bytes).into()), 0, bytes.len(), 0))
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
