//! Bounds that are checked before anything is allocated: every byte of a file is hostile.

use crate::error::Error;

/// What a single decode may ask for. The default keeps one decode below 1.5 GiB.
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
    /// Bytes of coefficients, job lists and samples together.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { pixels: 1 << 28, components: 16384, tiles: 65535, blocks: 1 << 22, bytes: 3 << 29 }
    }
}

impl Limits {
    /// An error that names `what` where `asked` is above `allowed`.
    pub(crate) fn check(what: &'static str, asked: u64, allowed: u64) -> Result<(), Error> {
        if asked > allowed { Err(Error::Limit { what, asked, allowed }) } else { Ok(()) }
    }
}
