//! What a frame will be once it is decoded, for whoever has that done somewhere else than in main memory.

use super::{jpeg2000, wavelet_coding, within_limits};
use crate::{EncodedFrame, Error};
use lightbox_codec::{DecodeRequest, Decoder, Layout, Limits};
use lightbox_model::image::{Delivered, ImageHeader};

/// What decoding a frame will deliver, from its codestream's header.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// Size and type of the codestream's samples.
    pub layout: Layout,
    /// Whether the stored values are signed: samples of the layout's type are these values' bits.
    pub signed: bool,
    /// What the samples are.
    pub delivered: Delivered,
    /// Who decodes them, for people.
    pub decoder: String,
}

/// The outline of a JPEG 2000 or HTJ2K frame; `None` for other codings, and where samples are not yet the stored values: unsigned ones of
/// fewer bits than their type has, which the header calls signed.
///
/// # Errors
/// As [`crate::decode_frame`], as far as headers tell.
pub fn outline(image: &ImageHeader, encoded: &EncodedFrame, decoder: &Decoder) -> Result<Option<Outline>, Error> {
    let Some(coding) = wavelet_coding(&encoded.transfer_syntax) else { return Ok(None) };
    within_limits(image)?;
    jpeg2000::agrees(image, (&encoded.bytes).into())?;
    let layout = decoder.layout(&encoded.bytes, &DecodeRequest::default(), &Limits::default())?;
    let sign_is_lost = image.format.signed && !layout.signed;
    if sign_is_lost && usize::from(layout.bits) < 8 * layout.kind.bytes() {
        return Ok(None);
    }
    let photometric = jpeg2000::untransformed(image.format.photometric);
    Ok(Some(Outline {
        layout,
        signed: layout.signed || sign_is_lost,
        delivered: Delivered { photometric, bits: layout.bits.into() },
        decoder: format!("{coding}, {}", decoder.description()),
    }))
}

/// Whether the frames of a transfer syntax are JPEG 2000 or HTJ2K, which a GPU decodes.
pub fn is_wavelet(transfer_syntax: &str) -> bool {
    wavelet_coding(transfer_syntax).is_some()
}
