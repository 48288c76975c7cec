//! What the services answer about a frame.

use super::state::LARGE;
use crate::colour::Management;
use crate::frames;
use lightbox_model::display::InitialVoi;
use lightbox_model::histogram::Histogram;
use lightbox_model::image::{Delivered, ImageHeader};
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

/// A decoded frame in main memory: it can be probed and measured, and drawn once it is a [`ReadyFrame`].
#[derive(Debug)]
pub struct DecodedFrame {
    /// The stored values.
    pub pixels: lightbox_source::Picture,
    /// What the object's header says.
    pub image: Arc<ImageHeader>,
    /// Frame number from 0.
    pub frame: u32,
    /// How long decoding took.
    pub decode_time: Duration,
    /// What is missing, where the picture is not whole; `None` when it is.
    pub partial: Option<String>,
    /// Window to begin with.
    pub initial: InitialVoi,
    pub(super) histogram: OnceLock<Option<Arc<Histogram>>>,
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

impl DecodedFrame {
    /// The histogram if it has been made: the inner `None` is for colour and for frames of nothing but padding.
    pub fn histogram(&self) -> Option<Option<Arc<Histogram>>> {
        self.histogram.get().cloned()
    }

    /// Makes the histogram unless it is there.
    pub(super) fn make_histogram(&self) {
        self.histogram.get_or_init(|| frames::histogram(&self.image, self.frame, &self.pixels).map(Arc::new));
    }

    /// Whether putting it into graphics memory is a copy of few enough bytes to be done between two frames of the window.
    pub(super) fn is_quickly_uploaded(&self) -> bool {
        let pixels = u64::from(self.pixels.rows) * u64::from(self.pixels.columns);
        pixels < LARGE && (self.image.icc.is_none() || self.pixels.photometric.is_grey())
    }

    /// Main memory that the samples take.
    pub(super) fn bytes(&self) -> u64 {
        self.pixels.pixels.bytes() as u64
    }
}
