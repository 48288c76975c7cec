//! Bounds that are checked before anything is allocated: every byte of a file is hostile.

use crate::error::Error;

/// What a single decode or encode may ask for, checked before memory is taken. The default keeps one below 1.5 GiB.
///
/// [`Self::bytes`] counts what a decode holds at its peak:
/// - the samples, as they are returned;
/// - job lists: about 50 bytes for each code-block;
/// - with one thread, a row of code-blocks of every subband of one tile and nine rows of every wavelet level, which with blocks of
///   64 rows comes to 900 bytes for each column of each component;
/// - with several threads as much for each of them, or, where there are fewer tiles than threads and they are low, all
///   coefficients: four bytes for each sample, eight above 26 bits (16 with the 9/7 wavelet).
///
/// Not counted are the coded bytes, what headers take while they are read (in proportion to them and to the code-blocks), and up to
/// 1 MiB for each thread. A decoder keeps its working memory for the next image, but not more than 128 MiB of coefficients, 32 MiB of
/// job lists, 8 MiB of geometry and 4 MiB for each thread that reads packet headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Samples of all components together, before reduction.
    pub pixels: u64,
    /// Components.
    pub components: u32,
    /// Tiles.
    pub tiles: u32,
    /// Code-blocks of all tiles and components, and likewise precincts.
    pub blocks: u64,
    /// Bytes of samples, job lists and working memory together.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { pixels: 1 << 28, components: 16384, tiles: 65535, blocks: 1 << 22, bytes: 3 << 29 }
    }
}

impl Limits {
    /// Most code-blocks and precincts: job lists count in 32 bits, with up to three spans to a block.
    pub(crate) fn most_blocks(&self) -> u64 {
        self.blocks.min(1 << 30)
    }

    /// An error that names `what` where `asked` is above `allowed`.
    pub(crate) fn check(what: &'static str, asked: u64, allowed: u64) -> Result<(), Error> {
        if asked > allowed { Err(Error::Limit { what, asked, allowed }) } else { Ok(()) }
    }
}
