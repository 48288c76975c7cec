//! JPEG 2000 and HTJ2K (ISO/IEC 15444-1 and 15444-15) by our own codec.

use super::stored::{self, Delivered};
use crate::{Error, Picture};
use lightbox_codec::{Coded, DecodeRequest, Decoder, Interleaved, Limits, inspect};
use lightbox_model::image::{ImageHeader, Photometric};

/// Stored values of a frame that `coding` names for people, or of what `request` wants of it. Where the frame is cut off they
/// are those of the finest complete picture, unless the request is strict. Palettes and channel definitions of a JP2 file are
/// not DICOM's: stored values are what is coded. What ISO/IEC 15444-2 adds, as the multi-component syntaxes may, is refused
/// by name.
pub(super) fn decode(
    image: &ImageHeader,
    coded: Coded,
    request: &DecodeRequest,
    decoder: &Decoder,
    coding: &str,
) -> Result<Picture, Error> {
    agrees(image, coded)?;
    let out = decoder.decode_interleaved(coded, request, &Limits::default())?;
    Ok(picture(image, out, format!("{coding}, {}", decoder.description()), coded.len()))
}

/// Checks that a codestream is what the header says of size and components.
pub(super) fn agrees(image: &ImageHeader, coded: Coded) -> Result<(), Error> {
    let info = inspect(coded, &Limits::default())?;
    let first = info.components.first().ok_or_else(|| Error::decode("JPEG 2000", "it has no component"))?;
    stored::agrees(image, first.width, first.height, info.components.len() as u16)
}

/// What was decoded of `encoded_bytes` bytes, as the header means it. `decoder` names for people who decoded it.
pub(super) fn picture(image: &ImageHeader, out: Interleaved, decoder: String, encoded_bytes: usize) -> Picture {
    let delivered = Delivered {
        columns: out.width,
        rows: out.height,
        components: out.components,
        bits: out.bits.into(),
        signed: out.signed,
        samples: out.samples,
    };
    let picture = stored::part(image, delivered, untransformed(image.format.photometric), decoder, encoded_bytes);
    Picture { partial: out.incomplete.map(|incomplete| incomplete.to_string()), ..picture }
}

/// What is left of a photometric interpretation when the codestream's own colour transform is undone: RCT and ICT give
/// RGB, and without a transform there is nothing to undo and the header cannot mean what it says.
pub(super) fn untransformed(header: Photometric) -> Photometric {
    match header {
        Photometric::YbrIct | Photometric::YbrRct => Photometric::Rgb,
        Photometric::YbrFull422 | Photometric::YbrPartial420 | Photometric::YbrPartial422 => Photometric::YbrFull,
        other => other,
    }
}
