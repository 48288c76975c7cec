//! JPEG (ITU-T T.81): sequential and progressive DCT with Huffman codes at 8 and 12 bits, and lossless at 2 to 16 bits. No
//! maintained library in Rust decodes 12-bit DCT data or delivers components without their colour transform, both of which DICOM
//! needs; one decoder for all processes is simpler than two that disagree.

mod bits;
mod dct;
mod huffman;
mod idct;
mod lossless;
mod segments;
mod upsample;

use super::stored::{self, Delivered};
use crate::{Error, Picture};
use lightbox_codec::Samples;
use lightbox_model::image::{ImageHeader, Photometric};
use segments::{Decoded, Marks, Process};

const CODING: &str = "JPEG";

fn bad(at: usize, why: impl Into<String>) -> Error {
    Error::decode(CODING, format!("{} (byte {at} of the frame)", why.into()))
}

/// Stored values of a JPEG frame.
pub(super) fn decode(image: &ImageHeader, bytes: &[u8]) -> Result<Picture, Error> {
    let expected = (image.columns, image.rows, usize::from(image.format.samples));
    let Decoded { frame, marks, samples } = segments::decode(bytes, expected)?;
    let samples = if frame.bits <= 8 { Samples::U8(samples.into_iter().map(|v| v as u8).collect()) } else { Samples::U16(samples) };
    let delivered = Delivered {
        columns: frame.columns,
        rows: frame.rows,
        components: frame.components.len() as u16,
        bits: frame.bits.into(),
        signed: false,
        samples,
    };
    let name = match frame.process {
        Process::Lossless => "JPEG lossless",
        Process::Sequential | Process::Progressive => "JPEG",
    };
    stored::picture(image, delivered, photometric(image, &frame, &marks), name.to_owned(), bytes.len())
}

/// What the components are. A marker segment of the codestream that says so wins over the header; the decoder itself never
/// transforms colours.
fn photometric(image: &ImageHeader, frame: &segments::Frame, marks: &Marks) -> Photometric {
    let header = image.format.photometric;
    if frame.components.len() != 3 {
        return header;
    }
    let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
    match (marks.adobe_transform, frame.process) {
        (Some(0), _) => Photometric::Rgb,
        (Some(_), _) => Photometric::YbrFull,
        (None, Process::Lossless) => header,
        (None, _) if ids == *b"RGB" => Photometric::Rgb,
        (None, _) if marks.jfif => Photometric::YbrFull,
        (None, _) if header == Photometric::Rgb => {
            // Chroma is only ever subsampled; primaries are not.
            let subsampled = frame.components.iter().any(|c| (c.h, c.v) != (frame.components[0].h, frame.components[0].v));
            if subsampled { Photometric::YbrFull } else { Photometric::Rgb }
        }
        (None, _) => Photometric::YbrFull,
    }
}
