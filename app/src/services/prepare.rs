//! One frame from its bytes to main memory and from there to graphics memory, on whichever thread has time.

use super::ready::{DecodedFrame, Facts, Failure, ReadyFrame};
use crate::{colour, frames};
use lightbox_codec::Decoder;
use lightbox_model::FrameId;
use lightbox_model::display::{Display, InitialVoi, VoiOrigin};
use lightbox_model::histogram::Histogram;
use lightbox_model::image::{Delivered, ImageHeader};
use lightbox_render::{Marks, Renderer};
use lightbox_source::{Catalogue, Error, ImageSource, Picture};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// What is known of an object that has frames.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its header.
    pub header: Arc<ImageHeader>,
    /// Modality (0008,0060).
    pub modality: Arc<str>,
}

/// Fetches and decodes one frame, and finds the window to begin with.
pub fn decode(catalogue: &Catalogue, id: FrameId, image: Image, decoder: &Decoder) -> Result<DecodedFrame, Failure> {
    if let Some(defect) = &image.header.defect {
        return Err(Failure { sentence: "This image cannot be shown.".into(), detail: defect.clone() });
    }
    let start = Instant::now();
    let pixels = catalogue.decode(id, decoder).map_err(|e| cannot_decode(id, &e))?;
    finish(id, image, pixels, start.elapsed())
}

/// Takes over what was decoded in `decode_time`, and finds the window to begin with.
pub fn finish(id: FrameId, image: Image, pixels: Picture, decode_time: Duration) -> Result<DecodedFrame, Failure> {
    let histogram = OnceLock::new();
    let count = || histogram.get_or_init(|| frames::histogram(&image.header, id.frame, &pixels).map(Arc::new)).as_deref();
    let initial = initial(id, &image, pixels.delivered(), Some(&count))?;
    let facts = Facts::of(&pixels);
    Ok(DecodedFrame { id, facts, image: image.header, decode_time, initial, samples: pixels.into(), histogram })
}

/// The window to begin with, for samples that are `delivered`. `count` gives their histogram: counting takes time that most frames need
/// not spend, only a window found from the picture asks for it.
///
/// # Errors
/// Says now, and not when it is drawn, that the colours or numbers of the header make no picture.
pub fn initial<'h>(
    id: FrameId,
    image: &Image,
    delivered: Delivered,
    count: Option<&dyn Fn() -> Option<&'h Histogram>>,
) -> Result<InitialVoi, Failure> {
    let choose = |histogram| InitialVoi::choose(&image.header, &image.modality, id.frame, histogram);
    let mut initial = choose(None);
    if let Some(count) = count.filter(|_| initial.origin == VoiOrigin::FullRange) {
        initial = choose(count());
    }
    Display::with_voi(&image.header, id.frame, delivered, initial.voi.clone()).map_err(|e| cannot_show(&e))?;
    Ok(initial)
}

/// Puts a frame whose samples are in main memory into graphics memory.
pub fn upload(renderer: &Renderer, decoded: Arc<DecodedFrame>) -> Result<ReadyFrame, Failure> {
    let header = &decoded.image;
    let samples = decoded.samples().ok_or_else(|| cannot_show(&"its samples are not in main memory"))?;
    let shown = colour::shown(header, samples);
    let drawn = shown.picture.delivered();
    let picture = renderer.upload(&frames::pixels(&shown.picture), &marks(header)).map_err(|e| cannot_show(&e))?;
    let management = shown.management;
    Ok(ReadyFrame { picture, drawn, management, decoded })
}

fn cannot_decode(id: FrameId, error: &Error) -> Failure {
    let sentence = match error {
        Error::NotFound { .. } => "The file of this image is no longer there. Open its folder again.",
        Error::Denied { .. } => "The file of this image may not be read. Ask for permission, then retry.",
        Error::Unsupported { .. } => "This image is stored in a way that Lightbox does not support.",
        Error::Codec(lightbox_codec::Error::Unsupported { .. }) => "This image is coded in a way that Lightbox does not support.",
        Error::Limit { .. } | Error::Codec(lightbox_codec::Error::Limit { .. }) => {
            "This image asks for more memory than Lightbox allows."
        }
        Error::Io { .. } | Error::Network { .. } => "This image could not be read. Check the disk or connection, then retry.",
        _ => "This image is damaged. Get it again from where it came.",
    };
    Failure { sentence: sentence.into(), detail: format!("frame {}: {error}", id.frame) }
}

/// What lies over every frame of an object.
pub fn marks(header: &ImageHeader) -> Marks<'_> {
    Marks { overlays: &header.overlays, shutters: &header.shutters }
}

fn cannot_show(error: &dyn std::fmt::Display) -> Failure {
    Failure { sentence: "This image was decoded but cannot be shown.".into(), detail: error.to_string() }
}
