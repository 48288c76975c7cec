//! TLM, PLT and PLM: what a codestream says of the lengths of its parts (ISO/IEC 15444-1 A.7.1 to A.7.3).
//!
//! Lengths help and never decide: tile-parts are found by their SOT segments, and packets that are decoded are read header by
//! header. Lengths that contradict themselves count as none.

use super::marker::Segment;

/// Lengths of the tile-parts that a TLM segment lists, in the order of the codestream; none where it contradicts itself.
pub(super) fn tlm(segment: &Segment) -> Vec<u32> {
    let [_, style, entries @ ..] = &*segment.body else { return Vec::new() };
    // ST: bytes of the tile index, SP: whether the length takes four bytes or two (Table A.34).
    let index = usize::from(style >> 4 & 3);
    let length: usize = if style & 0x40 == 0 { 2 } else { 4 };
    let entry = index.saturating_add(length);
    let of = |entry: &[u8]| entry.iter().skip(index).fold(0u32, |sum, &byte| sum << 8 | u32::from(byte));
    if index == 3 || entries.len().checked_rem(entry) != Some(0) {
        return Vec::new();
    }
    entries.chunks_exact(entry).map(of).collect()
}

/// The segments of one kind with their sequence numbers, still coded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lengths(Vec<(u8, Vec<u8>)>);

impl Lengths {
    /// Takes in a PLT or PLM segment.
    pub fn push(&mut self, segment: &Segment) {
        if let [number, lengths @ ..] = &*segment.body {
            self.0.push((*number, lengths.to_vec()));
        }
    }

    /// All bytes in the order of the sequence numbers.
    fn joined(&self) -> Vec<u8> {
        let mut order: Vec<_> = self.0.iter().collect();
        order.sort_by_key(|(number, _)| *number);
        order.into_iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect()
    }

    /// PLT's packet lengths of a tile-part; `None` without PLT.
    pub fn of_tile_part(&self) -> Option<Vec<u32>> {
        if self.0.is_empty() { None } else { packets(&self.joined()) }
    }

    /// PLM's packet lengths, a list for each tile-part in the order of the codestream.
    pub fn per_tile_part(&self) -> Vec<Option<Vec<u32>>> {
        let joined = self.joined();
        let mut rest = joined.as_slice();
        let mut lists = Vec::new();
        while let [len, after @ ..] = rest {
            let (list, after) = after.split_at(after.len().min(usize::from(*len)));
            lists.push(packets(list));
            rest = after;
        }
        lists
    }
}

/// Packet lengths, coded in groups of seven bits of which all but the last have the top bit set (Table A.36).
fn packets(coded: &[u8]) -> Option<Vec<u32>> {
    let mut lengths = Vec::new();
    let mut length = 0u32;
    for &byte in coded {
        // Lengths above 2^32 would shift bits out.
        if length >> 25 != 0 {
            return None;
        }
        length = length << 7 | u32::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            lengths.push(std::mem::take(&mut length));
        }
    }
    coded.last().is_none_or(|last| last & 0x80 == 0).then_some(lengths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codestream::marker::Marker;

    #[test]
    fn lengths_of_tile_parts_have_either_size() {
        let list = |body: &'static [u8]| tlm(&Segment { marker: Marker::TLM, at: 0, body: body.into() });
        assert_eq!(list(&[0, 0x00, 1, 2, 3, 4]), [0x0102, 0x0304]);
        assert_eq!(list(&[0, 0x50, 7, 0, 0, 1, 2, 8, 0, 0, 0, 9]), [0x0102, 9]);
        assert_eq!(list(&[0, 0x60, 0, 7, 0, 0, 1, 2]), [0x0102]);
        for broken in [&[][..], &[0], &[0, 0x50, 7, 0], &[0, 0x70, 1, 2, 3, 4, 5, 6, 7]] {
            assert_eq!(list(broken), []);
        }
    }

    #[test]
    fn packet_lengths_are_groups_of_seven_bits() {
        assert_eq!(packets(&[5, 0x81, 0x00, 0xFF, 0x7F]), Some(vec![5, 128, 0x3FFF]));
        assert_eq!(packets(&[]), Some(vec![]));
        assert_eq!((packets(&[5, 0x81]), packets(&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])), (None, None));
    }

    #[test]
    fn segments_count_by_their_numbers() {
        let segment = |marker, body: &'static [u8]| Segment { marker, at: 0, body: body.into() };
        let mut plt = Lengths::default();
        assert_eq!(plt.of_tile_part(), None);
        plt.push(&segment(Marker::PLT, &[1, 0x00, 7]));
        plt.push(&segment(Marker::PLT, &[0, 4, 0x81]));
        assert_eq!(plt.of_tile_part(), Some(vec![4, 128, 7]));
        let mut plm = Lengths::default();
        plm.push(&segment(Marker::PLM, &[0, 2, 4, 5, 0, 1]));
        plm.push(&segment(Marker::PLM, &[1, 6, 3, 0x81]));
        assert_eq!(plm.per_tile_part(), [Some(vec![4, 5]), Some(vec![]), Some(vec![6]), None]);
    }
}
