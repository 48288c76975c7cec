//! TLM: what a codestream says of its own lengths (ISO/IEC 15444-1 A.7.1).
//!
//! Lengths help and never decide: tile-parts are found by their SOT segments. Lengths that contradict themselves count as none.

use super::marker::Segment;

/// Bytes of the tile-parts that a TLM segment lists.
pub(super) fn tlm(segment: &Segment) -> u64 {
    let [_, style, entries @ ..] = segment.body else { return 0 };
    // ST: bytes of the tile index, SP: whether the length takes four bytes or two (Table A.34).
    let index = usize::from(style >> 4 & 3);
    let length: usize = if style & 0x40 == 0 { 2 } else { 4 };
    let entry = index.saturating_add(length);
    let of = |entry: &[u8]| entry.iter().skip(index).fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
    if index == 3 || entries.len().checked_rem(entry) != Some(0) {
        return 0;
    }
    entries.chunks_exact(entry).map(of).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codestream::marker::Marker;

    #[test]
    fn lengths_of_either_size_add_up() {
        let sum = |body: &[u8]| tlm(&Segment { marker: Marker::TLM, at: 0, body });
        assert_eq!(sum(&[0, 0x00, 1, 2, 3, 4]), 0x0102 + 0x0304);
        assert_eq!(sum(&[0, 0x50, 7, 0, 0, 1, 2, 8, 0, 0, 0, 9]), 0x0102 + 9);
        assert_eq!(sum(&[0, 0x60, 0, 7, 0, 0, 1, 2]), 0x0102);
        assert_eq!([sum(&[]), sum(&[0]), sum(&[0, 0x50, 7, 0]), sum(&[0, 0x70, 1, 2, 3, 4, 5, 6, 7])], [0; 4]);
    }
}
