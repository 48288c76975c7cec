//! The lossless encoder: samples in, an HTJ2K codestream out (ISO/IEC 15444-15 with the reversible path of 15444-1).
//!
//! A request becomes a main header, which the decoder's own parser reads back: the geometry of an encode is the one that a
//! decoder derives. `tile` then transforms strips of rows and codes their blocks, and `codestream` orders the packets:
//! resolution by resolution, each in a tile-part of its own, so that any prefix holds a whole smaller picture.

mod bits;
mod codestream;
mod container;
mod header;
mod packet;
mod request;
mod source;
mod tag_tree;
#[cfg(test)]
mod tests;
mod tile;

pub use request::EncodeRequest;

use rayon::prelude::*;

use crate::cpu::simd::Simd;
use crate::cpu::workspaces::Workspaces;
use crate::decoder::{Image, Interleaved, guarded};
use crate::error::Error;
use crate::limits::Limits;
use crate::structure::Tile;
use crate::threads::Threads;
use request::Parameters;
use source::Source;
use tile::Workspace;

/// A lossless HTJ2K encoder: threads, and working memory that is reused from image to image. One encoder may be used by
/// several threads at a time.
///
/// ```
/// use lightbox_codec::{Backend, DecodeRequest, Decoder, EncodeRequest, Encoder, Interleaved, Limits, Samples};
///
/// let samples = Samples::U16((0..64 * 48).map(|i| i % 4096).collect());
/// let image = Interleaved { width: 64, height: 48, components: 1, bits: 12, signed: false, samples, incomplete: None };
/// let bytes = Encoder::new().encode_interleaved(&image, &EncodeRequest::default(), &Limits::default())?;
/// let decoder = Decoder::new(Backend::Cpu)?;
/// assert_eq!(decoder.decode_interleaved(&bytes, &DecodeRequest::default(), &Limits::default())?, image);
/// # Ok::<(), lightbox_codec::Error>(())
/// ```
#[derive(Default)]
pub struct Encoder {
    threads: Threads,
    simd: Simd,
    workspaces: Workspaces<Workspace>,
}

impl Encoder {
    /// An encoder with one thread per core.
    pub fn new() -> Self {
        Self::default()
    }

    /// Uses `threads` threads; 0 means one per core. With 1 everything runs on the caller's thread.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Threads::new(threads);
        self
    }

    /// Uses this instruction set instead of the best that the processor has. The codestream is the same.
    pub fn simd(mut self, simd: Simd) -> Self {
        self.simd = simd;
        self
    }

    /// Encodes components of one size and place; bits and sign may differ. The samples come back exactly from any decoder.
    ///
    /// # Errors
    /// [`Error::Request`] for components or a request outside what [`EncodeRequest`] describes, samples that are not of the
    /// type or in the range of their bits included; [`Error::Limit`] for more than `limits` allow, where the memory of an
    /// encode counts with eight bytes a sample.
    pub fn encode(&self, image: &Image, request: &EncodeRequest, limits: &Limits) -> Result<Vec<u8>, Error> {
        guarded(|| self.run(&Source::planar(image)?, request, limits))
    }

    /// Encodes interleaved pixels.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn encode_interleaved(&self, image: &Interleaved, request: &EncodeRequest, limits: &Limits) -> Result<Vec<u8>, Error> {
        guarded(|| self.run(&Source::interleaved(image)?, request, limits))
    }

    fn run(&self, source: &Source, request: &EncodeRequest, limits: &Limits) -> Result<Vec<u8>, Error> {
        let parameters = Parameters::new(source, request, limits)?;
        let (header, layout) = header::main(&parameters, limits)?;
        let mut blocks = 0;
        let tiles = (0..layout.siz.tile_count())
            .map(|index| Tile::lay_out(&layout.siz, &layout.in_force(), index, &mut blocks, limits))
            .collect::<Result<Vec<_>, _>>()?;
        let coded = self.threads.run(|parallel| {
            let work =
                tile::Context { source, simd: self.simd, workspaces: &self.workspaces, parallel, transform: parameters.transform };
            match parallel {
                true => tiles.par_iter().map(|tile| work.encode(tile)).collect::<Result<Vec<_>, _>>(),
                false => tiles.iter().map(|tile| work.encode(tile)).collect(),
            }
        })?;
        let bytes = codestream::assemble(header, &tiles, coded)?;
        container::wrap(parameters.container, source, bytes)
    }
}
