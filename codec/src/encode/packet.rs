//! One packet (ISO/IEC 15444-1 B.9, B.10): the blocks of a precinct, each in one HT cleanup pass of the only layer.

use super::bits::BitWriter;
use super::tag_tree::TagTree;
use crate::error::Error;
use crate::structure::Subband;

/// The coded blocks of a subband in raster order; empty for blocks without a sample that is not 0.
pub(super) type CodedBand = Vec<Vec<u8>>;

/// Lblock before the first packet (B.10.7.1).
const FIRST_LENGTH_BITS: u32 = 3;

/// Appends the packet of the precinct at `cell` of its resolution's partition.
pub(super) fn write(cell: (u32, u32), bands: &[Subband], coded: &[CodedBand], out: &mut Vec<u8>) -> Result<(), Error> {
    let mut body = Vec::new();
    let mut bits = BitWriter::new(out);
    let precinct: Vec<_> = bands.iter().zip(coded).map(|(band, coded)| (band, blocks(cell, band, coded))).collect();
    let any = precinct.iter().any(|(_, (_, blocks))| blocks.iter().any(|block| !block.is_empty()));
    bits.bit(any);
    for (band, (wide, blocks)) in precinct.iter().filter(|_| any) {
        if blocks.is_empty() {
            continue;
        }
        let left_out: Vec<u16> = blocks.iter().map(|block| u16::from(block.is_empty())).collect();
        // A cleanup pass alone holds all bit-planes when all but one are signalled as missing.
        let missing = u16::from(band.bitplanes) - 1;
        let (mut inclusion, mut zero_bitplanes) =
            (TagTree::new(&left_out, *wide), TagTree::new(&vec![missing; blocks.len()], *wide));
        for (n, block) in blocks.iter().enumerate() {
            let (x, y) = (n % wide, n / wide);
            inclusion.write(x, y, 1, &mut bits);
            if block.is_empty() {
                continue;
            }
            zero_bitplanes.write(x, y, missing + 1, &mut bits);
            // One coding pass (Table B.4).
            bits.bit(false);
            let len = u32::try_from(block.len()).map_err(|_| Error::Internal { why: "a code-block is too long".into() })?;
            let length_bits = (32 - len.leading_zeros()).max(FIRST_LENGTH_BITS);
            (FIRST_LENGTH_BITS..length_bits).for_each(|_| bits.bit(true));
            bits.bit(false);
            bits.number(len, length_bits);
            body.push(*block);
        }
    }
    bits.finish();
    body.iter().for_each(|block| out.extend_from_slice(block));
    Ok(())
}

/// The blocks of a subband that lie in a precinct, and how many in a row.
fn blocks<'a>(cell: (u32, u32), band: &Subband, coded: &'a CodedBand) -> (usize, Vec<&'a Vec<u8>>) {
    let cells = band.blocks_of_precinct(cell);
    let all = band.blocks.cells;
    let row = |y: u32| ((y - all.y0) * all.width() + cells.x0 - all.x0) as usize;
    let wide = cells.width() as usize;
    (wide, (cells.y0..cells.y1).flat_map(|y| &coded[row(y)..row(y) + wide]).collect())
}
