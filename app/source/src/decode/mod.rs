//! From the bytes of one frame to stored values: JPEG 2000 and HTJ2K by our codec, each other coding by its own module.

mod jpeg;
mod jpeg2000;
mod jpegls;
mod jpegxl;
mod many;
pub(crate) mod native;
mod outline;
mod rle;
mod stored;

pub use many::{FrameRequest, many};
pub use outline::{Outline, is_wavelet, outline};

use crate::dicom::syntax;
use crate::{EncodedFrame, Error, FrameBytes, Picture};
use dicom_dictionary_std::uids;
use lightbox_codec::{ByteSource, Coded, DecodeRequest, Decoder};
use lightbox_model::image::ImageHeader;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Retired, but written by some devices: 12-bit progressive DCT (processes 6 and 8).
const JPEG_SPECTRAL_SELECTION: &str = "1.2.840.10008.1.2.4.53";
/// Retired: 12-bit progressive DCT (processes 10 and 12).
const JPEG_FULL_PROGRESSION: &str = "1.2.840.10008.1.2.4.55";

/// Samples of one frame: decoders hold up to six bytes of each, and together less than 2 GiB.
const MAX_SAMPLES: u64 = 1 << 28;

/// Decodes one frame. Nothing a file holds makes this panic: a bug in a decoder is an error of that frame.
pub fn frame(image: &ImageHeader, encoded: &EncodedFrame, decoder: &Decoder) -> Result<Picture, Error> {
    guarded(image, || by_syntax(image, encoded, decoder))
}

/// Decodes what is asked for of one frame, reading and touching only what that needs. Only JPEG 2000 and HTJ2K codestreams have
/// parts.
pub fn part(image: &ImageHeader, frame: &FrameBytes, request: &DecodeRequest, decoder: &Decoder) -> Result<Picture, Error> {
    let coding = wavelet_coding(&frame.transfer_syntax).ok_or_else(|| no_parts(&frame.transfer_syntax))?;
    let coded = Coded::from(frame as &dyn ByteSource);
    guarded(image, || jpeg2000::decode(image, coded, request, decoder, coding))
}

/// The refusal of a part of a frame in another coding.
fn no_parts(transfer_syntax: &str) -> Error {
    let syntax = crate::transfer_syntax_name(transfer_syntax);
    Error::unsupported(format!("a part of a frame in {syntax}; only JPEG 2000 and HTJ2K have parts"))
}

/// Runs a decode of a frame whose header gives it a size within limits.
fn guarded(image: &ImageHeader, work: impl FnOnce() -> Result<Picture, Error>) -> Result<Picture, Error> {
    within_limits(image)?;
    let decoded = catch_unwind(AssertUnwindSafe(work));
    decoded.unwrap_or_else(|_| Err(Error::decode("pixel", "the decoder failed on it; please report this file")))
}

/// Whether the header gives frames a size, and not too large a one.
fn within_limits(image: &ImageHeader) -> Result<(), Error> {
    let samples = u64::from(image.rows) * u64::from(image.columns) * u64::from(image.format.samples);
    if samples == 0 || image.format.allocated == 0 {
        let why = image.defect.clone().unwrap_or_else(|| "the header gives no size".to_owned());
        return Err(Error::unsupported(why));
    }
    if samples > MAX_SAMPLES {
        return Err(Error::Limit { what: "the number of samples of a frame", asked: samples, allowed: MAX_SAMPLES });
    }
    Ok(())
}

fn by_syntax(image: &ImageHeader, encoded: &EncodedFrame, decoder: &Decoder) -> Result<Picture, Error> {
    let bytes = &encoded.bytes;
    match encoded.transfer_syntax.as_str() {
        uid if syntax::is_native(uid) || syntax::is_deflated(uid) => native::decode(image, bytes, uid),
        uids::ENCAPSULATED_UNCOMPRESSED_EXPLICIT_VR_LITTLE_ENDIAN => native::decode(image, bytes, &encoded.transfer_syntax),
        uids::JPEGLS_LOSSLESS | uids::JPEGLS_NEAR_LOSSLESS => jpegls::decode(image, bytes),
        uids::JPEG_BASELINE8_BIT
        | uids::JPEG_EXTENDED12_BIT
        | JPEG_SPECTRAL_SELECTION
        | JPEG_FULL_PROGRESSION
        | uids::JPEG_LOSSLESS
        | uids::JPEG_LOSSLESS_SV1 => jpeg::decode(image, bytes),
        uids::JPEGXL_LOSSLESS | uids::JPEGXLJPEG_RECOMPRESSION | uids::JPEGXL => jpegxl::decode(image, bytes),
        uids::RLE_LOSSLESS => rle::decode(image, bytes),
        uid => match wavelet_coding(uid) {
            Some(coding) => jpeg2000::decode(image, bytes.into(), &DecodeRequest::default(), decoder, coding),
            None => Err(Error::unsupported(format!("transfer syntax {uid}, {}", crate::transfer_syntax_name(uid)))),
        },
    }
}

/// The name of a coding whose codestreams our codec decodes, whole and in parts.
fn wavelet_coding(uid: &str) -> Option<&'static str> {
    match uid {
        uids::HTJ2K_LOSSLESS | uids::HTJ2K_LOSSLESS_RPCL | uids::HTJ2K => Some("HTJ2K"),
        uids::JPEG2000_LOSSLESS | uids::JPEG2000 | uids::JPEG2000MC_LOSSLESS | uids::JPEG2000MC => Some("JPEG 2000"),
        _ => None,
    }
}
