//! What the services answer about a frame.

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
    /// Not decoded yet.
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

/// A frame that can be drawn, probed and measured.
#[derive(Debug)]
pub struct ReadyFrame {
    /// In graphics memory: the stored values, or colours that were converted to sRGB.
    pub picture: lightbox_render::Picture,
    /// What the samples in graphics memory are.
    pub drawn: Delivered,
    /// What became of the object's ICC profile.
    pub management: Management,
    /// In main memory: the stored values.
    pub pixels: Arc<lightbox_source::Picture>,
    /// What the object's header says.
    pub image: Arc<ImageHeader>,
    /// Frame number from 0.
    pub frame: u32,
    /// Who decoded it, for people.
    pub decoder: String,
    /// How long that took.
    pub decode_time: Duration,
    /// What is missing, where the picture is not whole; `None` when it is.
    pub partial: Option<String>,
    /// Window to begin with.
    pub initial: InitialVoi,
    pub(super) histogram: OnceLock<Option<Arc<Histogram>>>,
}

impl ReadyFrame {
    /// The histogram if it has been made: the inner `None` is for colour and for frames of nothing but padding.
    pub fn histogram(&self) -> Option<Option<Arc<Histogram>>> {
        self.histogram.get().cloned()
    }

    /// Makes the histogram unless it is there.
    pub(super) fn make_histogram(&self) {
        self.histogram.get_or_init(|| frames::histogram(&self.image, self.frame, &self.pixels).map(Arc::new));
    }

    /// Main memory that the samples take.
    pub(super) fn sample_bytes(&self) -> u64 {
        self.pixels.pixels.bytes() as u64
    }
}
