//! Huffman tables (T.81 annex C and F.2.2.3).

use super::bits::{Bits, CUT, Fault};

/// Bits that one look into the table resolves.
const FAST: u32 = 9;

/// A decoding table.
pub(super) struct Table {
    /// By the next [`FAST`] bits: symbol and length, or length 0 for longer codes.
    fast: Vec<(u8, u8)>,
    /// For each length one more than the largest code, left-aligned to 16 bits.
    ends: [u32; 17],
    /// For each length the index of its first symbol minus its first code.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    /// From the number of codes of each length and their symbols; `None` where there are more codes than bits can tell.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut fast = vec![(0, 0); 1 << FAST];
        let (mut ends, mut offsets) = ([0u32; 17], [0i32; 17]);
        let (mut code, mut index) = (0u32, 0usize);
        for length in 1..=16u32 {
            offsets[length as usize] = index as i32 - code as i32;
            for _ in 0..counts[length as usize - 1] {
                if code >= 1 << length {
                    return None;
                }
                if length <= FAST {
                    let from = (code << (FAST - length)) as usize;
                    fast[from..from + (1 << (FAST - length))].fill((*symbols.get(index)?, length as u8));
                }
                code += 1;
                index += 1;
            }
            ends[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some(Self { fast, ends, offsets, symbols: symbols.to_vec() })
    }

    /// The next symbol.
    #[inline]
    pub(super) fn decode(&self, bits: &mut Bits<'_>) -> Result<u8, Fault> {
        let (window, there) = bits.peek16();
        let (symbol, length) = self.fast[(window >> (16 - FAST)) as usize];
        if length > 0 {
            bits.skip(length.into())?;
            return Ok(symbol);
        }
        for length in FAST + 1..=16 {
            if window < self.ends[length as usize] {
                bits.skip(length)?;
                let index = (window >> (16 - length)) as i32 + self.offsets[length as usize];
                let symbol = usize::try_from(index).ok().and_then(|i| self.symbols.get(i));
                return symbol.copied().ok_or("an impossible Huffman code");
            }
        }
        Err(if there < 16 { CUT } else { "an impossible Huffman code" })
    }
}
