//! PPM and PPT: packet headers stored away from the packets (ISO/IEC 15444-1 A.7.4, A.7.5).

use super::marker::Segment;
use super::reader::Reader;
use crate::error::Error;

/// The segments of one header with their sequence numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packed {
    segments: Vec<(u8, Vec<u8>)>,
}

impl Packed {
    /// Takes in a PPM or PPT segment.
    pub fn push(&mut self, segment: &Segment) -> Result<(), Error> {
        let mut r = segment.reader();
        let number = r.u8(segment.marker.name())?;
        if self.segments.iter().any(|(n, _)| *n == number) {
            return Err(segment.malformed(format!("number {number} comes twice")));
        }
        let bytes = r.take(r.remaining(), segment.marker.name())?;
        self.segments.push((number, bytes.into_owned()));
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// All bytes in the order of the sequence numbers.
    pub fn joined(&self) -> Vec<u8> {
        let mut order: Vec<_> = self.segments.iter().collect();
        order.sort_by_key(|(n, _)| *n);
        order.into_iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect()
    }

    /// PPM's bytes cut into one piece per tile-part, in the order of the tile-parts in the codestream.
    pub fn per_tile_part(&self) -> Result<Vec<Vec<u8>>, Error> {
        let joined = self.joined();
        let mut r = Reader::new(&joined, 0);
        let mut pieces = Vec::new();
        while r.remaining() > 0 {
            let len = r.u32("PPM").map_err(|_| cut())?;
            pieces.push(r.take(len as usize, "PPM").map_err(|_| cut())?.into_owned());
        }
        Ok(pieces)
    }
}

fn cut() -> Error {
    Error::malformed("PPM", 0, "the packed packet headers end inside a tile-part's")
}
