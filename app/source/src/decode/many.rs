//! Many frames in one call, so that a GPU decodes them side by side.

use super::{jpeg2000, no_parts, wavelet_coding, within_limits};
use crate::{EncodedFrame, Error, Picture};
use lightbox_codec::{Components, DecodeRequest, Decoder, Limits};
use lightbox_model::image::ImageHeader;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

/// A frame, and what of it is wanted: everything, or of JPEG 2000 and HTJ2K codestreams a part.
#[derive(Clone, Copy, Debug)]
pub struct FrameRequest<'a> {
    /// What the header says.
    pub image: &'a ImageHeader,
    /// The bytes.
    pub encoded: &'a EncodedFrame,
    /// What is wanted.
    pub request: &'a DecodeRequest,
}

/// Decodes frames as [`crate::decode_frame`] and [`crate::decode_part`] do each: JPEG 2000 and HTJ2K in one call of the decoder, other
/// codings on the caller's rayon threads. One that fails does not harm the others.
pub fn many(frames: &[FrameRequest], decoder: &Decoder) -> Vec<Result<Picture, Error>> {
    let coding = |frame: &FrameRequest| wavelet_coding(&frame.encoded.transfer_syntax);
    let mut results: Vec<Option<Result<Picture, Error>>> = frames
        .par_iter()
        .map(|frame| match coding(frame) {
            Some(_) => {
                let fits = within_limits(frame.image).and_then(|()| jpeg2000::agrees(frame.image, (&frame.encoded.bytes).into()));
                fits.err().map(Err)
            }
            None if is_whole(frame.request) => Some(super::frame(frame.image, frame.encoded, decoder)),
            None => Some(Err(no_parts(&frame.encoded.transfer_syntax))),
        })
        .collect();
    let open: Vec<usize> = (0..frames.len()).filter(|&n| results[n].is_none()).collect();
    let images: Vec<(&[u8], DecodeRequest)> =
        open.iter().map(|&n| (&frames[n].encoded.bytes[..], frames[n].request.clone())).collect();
    let decoded = decoder.decode_many(&images, &Limits::default());
    for (n, out) in open.into_iter().zip(decoded) {
        let FrameRequest { image, encoded, .. } = frames[n];
        let name = format!("{}, {}", coding(&frames[n]).unwrap_or_default(), decoder.description());
        results[n] = Some(out.map(|out| jpeg2000::picture(image, out, name, encoded.bytes.len())).map_err(Error::from));
    }
    results.into_iter().flatten().collect()
}

/// Whether every sample is wanted.
fn is_whole(request: &DecodeRequest) -> bool {
    request.region.is_none() && request.reduction == 0 && request.components == Components::All
}
