//! One frame from its bytes to main memory and from there to graphics memory, on whichever thread has time.

use super::ready::{DecodedFrame, Failure, ReadyFrame};
use crate::{colour, frames};
use lightbox_codec::Decoder;
use lightbox_model::FrameId;
use lightbox_model::display::{Display, InitialVoi, VoiOrigin};
use lightbox_model::image::ImageHeader;
use lightbox_render::{Marks, Renderer};
use lightbox_source::{Catalogue, Error, ImageSource};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

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
    let time = start.elapsed();
    let made = OnceLock::new();
    let choose = |histogram| InitialVoi::choose(&image.header, &image.modality, id.frame, histogram);
    let mut initial = choose(None);
    // Counting pixels takes time that most frames need not spend: only a window found from the picture asks for it at once.
    if initial.origin == VoiOrigin::FullRange {
        let counted = made.get_or_init(|| frames::histogram(&image.header, id.frame, &pixels).map(Arc::new));
        initial = choose(counted.as_deref());
    }
    // Says now, and not when it is drawn, that the colours or numbers of the header make no picture.
    Display::with_voi(&image.header, id.frame, pixels.delivered(), initial.voi.clone()).map_err(|e| cannot_show(&e))?;
    let partial = pixels.partial.clone();
    Ok(DecodedFrame { pixels, decode_time: time, partial, frame: id.frame, image: image.header, initial, histogram: made })
}

/// Puts a decoded frame into graphics memory.
pub fn upload(renderer: &Renderer, decoded: Arc<DecodedFrame>) -> Result<ReadyFrame, Failure> {
    let header = &decoded.image;
    let shown = colour::shown(header, &decoded.pixels);
    let drawn = shown.picture.delivered();
    let marks = Marks { overlays: &header.overlays, shutter: header.shutter.as_ref() };
    let picture = renderer.upload(&frames::pixels(&shown.picture), &marks).map_err(|e| cannot_show(&e))?;
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

fn cannot_show(error: &dyn std::error::Error) -> Failure {
    Failure { sentence: "This image was decoded but cannot be shown.".into(), detail: error.to_string() }
}
