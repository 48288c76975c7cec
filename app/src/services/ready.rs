//! What the services answer about a frame.

use super::state::LARGE;
use crate::colour::Management;
use crate::frames;
use lightbox_codec::Samples;
use lightbox_model::FrameId;
use lightbox_model::display::InitialVoi;
use lightbox_model::histogram::Histogram;
use lightbox_model::image::{Delivered, ImageHeader};
use lightbox_render::Renderer;
use lightbox_source::{Outline, Picture, Pixels};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A frame as the viewer finds it.
#[derive(Clone, Debug)]
pub enum FrameState {
    /// Not decoded yet, or on its way to graphics memory.
    Pending,
    /// Decoded and in graphics memory.
    Ready(Arc<ReadyFrame>),
    /// Cannot be shown.
    Failed(Arc<Failure>),
}

/// Why a frame cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened and what to do, for the card in the viewport.
    pub sentence: String,
    /// The technical reason, folded below it.
    pub detail: String,
}

/// A decoded frame. It can be drawn once it is a [`ReadyFrame`], and probed and measured once its samples are in main memory: there they
/// are from the start, unless it was decoded straight into graphics memory.
#[derive(Debug)]
pub struct DecodedFrame {
    /// Which frame.
    pub id: FrameId,
    /// What was decoded, wherever its samples are.
    pub facts: Facts,
    /// What the object's header says.
    pub image: Arc<ImageHeader>,
    /// How long decoding took.
    pub decode_time: Duration,
    /// Window to begin with.
    pub initial: InitialVoi,
    pub(super) samples: OnceLock<Picture>,
    pub(super) histogram: OnceLock<Option<Arc<Histogram>>>,
}

/// What is known of decoded samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Lines.
    pub rows: u32,
    /// Pixels a line.
    pub columns: u32,
    /// Samples of a pixel: 1, or 3 for colour.
    pub samples_per_pixel: u16,
    /// What they are, and how many of their bits carry meaning.
    pub delivered: Delivered,
    /// Who decoded them, for people.
    pub decoder: String,
    /// Length of the encoded frame in bytes.
    pub encoded_bytes: usize,
    /// Bytes of the samples.
    pub sample_bytes: usize,
    /// What is missing, where the picture is not whole; `None` when it is.
    pub partial: Option<String>,
}

impl Facts {
    /// Those of a picture.
    pub fn of(picture: &Picture) -> Self {
        Self {
            rows: picture.rows,
            columns: picture.columns,
            samples_per_pixel: picture.samples_per_pixel,
            delivered: picture.delivered(),
            decoder: picture.decoder.clone(),
            encoded_bytes: picture.encoded_bytes,
            sample_bytes: picture.pixels.bytes(),
            partial: picture.partial.clone(),
        }
    }

    /// Those of a frame that was decoded somewhere else than in main memory.
    pub(super) fn of_outline(outline: &Outline, encoded_bytes: usize, partial: Option<String>) -> Self {
        let layout = &outline.layout;
        Self {
            rows: layout.height,
            columns: layout.width,
            samples_per_pixel: layout.components,
            delivered: outline.delivered,
            decoder: outline.decoder.clone(),
            encoded_bytes,
            sample_bytes: layout.row() * layout.height as usize * layout.kind.bytes(),
            partial,
        }
    }

    /// The picture that these are the facts of, once its samples are known.
    fn picture(&self, samples: Samples) -> Picture {
        Picture {
            rows: self.rows,
            columns: self.columns,
            samples_per_pixel: self.samples_per_pixel,
            pixels: Pixels::Integer(samples),
            bits: self.delivered.bits,
            photometric: self.delivered.photometric,
            decoder: self.decoder.clone(),
            encoded_bytes: self.encoded_bytes,
            partial: self.partial.clone(),
        }
    }
}

/// A frame that can be drawn.
#[derive(Debug)]
pub struct ReadyFrame {
    /// What was decoded.
    pub decoded: Arc<DecodedFrame>,
    /// In graphics memory: the stored values, or colours that were converted to sRGB.
    pub picture: lightbox_render::Picture,
    /// What the samples in graphics memory are.
    pub drawn: Delivered,
    /// What became of the object's ICC profile.
    pub management: Management,
}

impl ReadyFrame {
    /// Whether it has a window.
    pub fn is_grey(&self) -> bool {
        self.decoded.facts.delivered.photometric.is_grey()
    }

    /// The samples, read back from graphics memory if they are nowhere else: not on the thread that draws.
    ///
    /// # Errors
    /// A sentence: the graphics device gave none.
    pub(super) fn fetch_samples(&self, renderer: &Renderer) -> Result<&Picture, String> {
        let decoded = &self.decoded;
        if let Some(known) = decoded.samples() {
            return Ok(known);
        }
        let samples = renderer.samples(&self.picture).map_err(|e| e.to_string())?;
        Ok(decoded.samples.get_or_init(|| decoded.facts.picture(samples)))
    }
}

impl DecodedFrame {
    /// The stored values, where they are in main memory.
    pub fn samples(&self) -> Option<&Picture> {
        self.samples.get()
    }

    /// The histogram if it has been made: the inner `None` is for colour and for frames of nothing but padding.
    pub fn histogram(&self) -> Option<Option<Arc<Histogram>>> {
        self.histogram.get().cloned()
    }

    /// Makes the histogram of its samples unless it is there.
    pub(super) fn make_histogram(&self, samples: &Picture) {
        self.histogram.get_or_init(|| frames::histogram(&self.image, self.id.frame, samples).map(Arc::new));
    }

    /// Whether putting it into graphics memory is a copy of few enough bytes to be done between two frames of the window.
    pub(super) fn is_quickly_uploaded(&self) -> bool {
        let pixels = u64::from(self.facts.rows) * u64::from(self.facts.columns);
        pixels < LARGE && (self.image.icc.is_none() || self.facts.delivered.photometric.is_grey())
    }

    /// Main memory that the samples take.
    pub(super) fn bytes(&self) -> u64 {
        self.samples().map_or(0, |picture| picture.pixels.bytes() as u64)
    }
}
