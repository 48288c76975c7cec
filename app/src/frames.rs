//! One frame on its way to samples: its bytes and what the header says of it, so that fetching and decoding are separate steps.

use lightbox_codec::Decoder;
use lightbox_model::FrameId;
use lightbox_model::image::ImageHeader;
use lightbox_source::{EncodedFrame, Error, ImageSource, Picture};
use std::sync::Arc;

/// A frame whose bytes are in memory.
#[derive(Clone, Debug)]
pub struct FrameJob {
    /// What the header says.
    pub image: Arc<ImageHeader>,
    /// Frame number from 0.
    pub frame: u32,
    /// The bytes.
    pub encoded: EncodedFrame,
}

impl FrameJob {
    /// Reads the bytes of frame `id` of `image`.
    ///
    /// # Errors
    /// Those of [`ImageSource::encoded_frame`].
    pub fn fetch(source: &dyn ImageSource, image: &Arc<ImageHeader>, id: FrameId) -> Result<Self, Error> {
        Ok(Self { image: image.clone(), frame: id.frame, encoded: source.encoded_frame(id)? })
    }

    /// Decodes the bytes to stored values.
    ///
    /// # Errors
    /// The bytes are damaged, contradict the header or are coded in a way that is not supported.
    pub fn decode(&self, decoder: &Decoder) -> Result<Picture, Error> {
        lightbox_source::decode_frame(&self.image, self.frame, &self.encoded, decoder)
    }
}
