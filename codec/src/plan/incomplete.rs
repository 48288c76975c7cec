//! How far the data of a picture reach, where they are cut off.

use std::fmt;

/// How far the data of a picture reach, where they are cut off. Its text is a sentence for a person.
///
/// Such a picture has its full size and is alike everywhere: at each resolution it uses the quality layers that all of the
/// request has, and no resolution uses more layers than a coarser one. Coefficients that are missing count as zero, which
/// blurs; a packet that is cut counts as missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incomplete {
    /// Offset at which the data end.
    pub at: u64,
    /// Bytes behind it that lengths in the headers promise; there may be more.
    pub missing: u64,
    /// The least reduction at which a decode of the same request is exactly that of the whole codestream; `None` where even
    /// the lowest resolution lacks layers.
    pub exact_at: Option<u8>,
    /// Quality layers that are there at every resolution of the request, which may be 0.
    pub layers: u16,
    /// Quality layers of the whole codestream.
    pub coded_layers: u16,
    /// Tiles of the request that lack packets.
    pub tiles: u32,
    /// Tiles of the request.
    pub of_tiles: u32,
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the image data is cut off at byte {}", self.at)?;
        if self.missing > 0 {
            write!(f, ", {} or more are missing", self.missing)?;
        }
        match self.exact_at {
            Some(reduction) => {
                let parts = 1u64.checked_shl(reduction.into()).unwrap_or(u64::MAX);
                write!(f, "; the picture is complete up to 1/{parts} of its size and blurred beyond")?;
            }
            None => f.write_str("; the picture is a preview without a complete resolution")?,
        }
        if self.layers > 0 {
            write!(f, ", with {} of {} quality layers", self.layers, self.coded_layers)?;
        }
        f.write_str("; get the whole file again")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_how_far_it_reaches() {
        let whole = Incomplete { at: 900, missing: 0, exact_at: Some(2), layers: 0, coded_layers: 1, tiles: 1, of_tiles: 1 };
        assert_eq!(
            whole.to_string(),
            "the image data is cut off at byte 900; the picture is complete up to 1/4 of its size and blurred beyond; \
             get the whole file again"
        );
        let layered = Incomplete { missing: 7, exact_at: None, layers: 3, coded_layers: 12, ..whole };
        assert_eq!(
            layered.to_string(),
            "the image data is cut off at byte 900, 7 or more are missing; the picture is a preview without a complete \
             resolution, with 3 of 12 quality layers; get the whole file again"
        );
    }
}
