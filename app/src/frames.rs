//! One frame between the source, the renderer and the model, which know nothing of each other.

use lightbox_codec::Decoder;
use lightbox_model::FrameId;
use lightbox_model::histogram::Histogram;
use lightbox_model::image::ImageHeader;
use lightbox_render::{PixelsRef, SamplesRef};
use lightbox_source::{EncodedFrame, Error, ImageSource, Picture, Pixels};
use std::sync::Arc;

/// A frame whose bytes are in memory, so that fetching and decoding are separate steps.
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
        lightbox_source::decode_frame(&self.image, &self.encoded, decoder)
    }
}

/// A decoded frame as the renderer takes it.
pub fn pixels(picture: &Picture) -> PixelsRef<'_> {
    PixelsRef {
        rows: picture.rows,
        columns: picture.columns,
        samples_per_pixel: picture.samples_per_pixel,
        samples: match &picture.pixels {
            Pixels::Integer(samples) => SamplesRef::Integer(samples),
            Pixels::Float(values) => SamplesRef::Float(values),
            Pixels::Double(values) => SamplesRef::Double(values),
        },
    }
}

/// The histogram of a grey frame in modality units, padding left out.
pub fn histogram(image: &ImageHeader, frame: u32, picture: &Picture) -> Option<Histogram> {
    if picture.samples_per_pixel != 1 || !picture.photometric.is_grey() {
        return None;
    }
    let modality = &image.facts(frame).modality;
    match &picture.pixels {
        Pixels::Integer(samples) => Histogram::of(samples, modality, image.padding),
        Pixels::Float(values) => Histogram::of_floats(values, modality),
        Pixels::Double(values) => {
            let single: Vec<f32> = values.iter().map(|&v| v as f32).collect();
            Histogram::of_floats(&single, modality)
        }
    }
}
