//! JPEG 2000 Part 1: OpenJPEG's algorithms in Rust. Codestreams that turn out to be HTJ2K go to our codec.

use super::htj2k::{self, untransformed};
use super::stored::{self, Delivered};
use crate::{Error, Picture};
use jpeg2k::{DecodeParameters, Image};
use lightbox_codec::{BlockCoding, Decoder, Limits, SampleType, Samples, inspect};
use lightbox_model::image::ImageHeader;

const CODING: &str = "JPEG 2000";

/// Samples of one frame: OpenJPEG holds two copies of four bytes each.
const MAX_SAMPLES: u64 = 1 << 27;

/// Stored values of a JPEG 2000 frame.
pub(super) fn decode(image: &ImageHeader, bytes: &[u8], decoder: &Decoder) -> Result<Picture, Error> {
    // Our reader looks first: it knows limits, and sizes that do not fit the header end here.
    let limits = Limits { pixels: MAX_SAMPLES, ..Limits::default() };
    let info = inspect(bytes, &limits).map_err(|e| Error::decode(CODING, e))?;
    if info.ht != BlockCoding::Mq {
        return htj2k::decode(image, bytes, decoder);
    }
    let first = info.components.first().ok_or_else(|| Error::decode(CODING, "it has no component"))?;
    let alike = |c: &lightbox_codec::ComponentInfo| {
        (c.width, c.height, c.bits, c.signed) == (first.width, first.height, first.bits, first.signed)
    };
    if !info.components.iter().all(alike) {
        return Err(Error::unsupported("JPEG 2000 with components of different size or depth"));
    }
    // Palettes and channel definitions of a JP2 container are not DICOM's: stored values are what is coded.
    let parameters = DecodeParameters::new().strict(true).ignore_pclr_cmap_cdef();
    let out = Image::from_bytes_with(bytes, parameters).map_err(|e| Error::decode(CODING, e))?;
    let components = out.components();
    let sizes = components.iter().all(|c| (c.width(), c.height()) == (first.width, first.height));
    if components.len() != info.components.len() || !sizes {
        return Err(Error::decode(CODING, "the decoded components differ from those declared"));
    }
    let delivered = Delivered {
        columns: first.width,
        rows: first.height,
        components: components.len() as u16,
        bits: first.bits.into(),
        signed: first.signed,
        samples: interleave(components, first.bits, first.signed)?,
    };
    let name = "JPEG 2000, OpenJPEG".to_owned();
    stored::picture(image, delivered, untransformed(image.format.photometric), name, bytes.len())
}

/// Components side by side, in the smallest type. OpenJPEG has clamped them to their bits.
fn interleave(components: &[jpeg2k::ImageComponent], bits: u8, signed: bool) -> Result<Samples, Error> {
    let planes: Vec<&[i32]> = components.iter().map(jpeg2k::ImageComponent::data).collect();
    let size = planes.first().map_or(0, |p| p.len());
    let values = (0..size).flat_map(|i| planes.iter().map(move |p| p[i]));
    let kind = SampleType::for_bits(bits, signed);
    let kind = kind.ok_or_else(|| Error::unsupported(format!("JPEG 2000 with {bits} bits a sample")))?;
    Ok(match kind {
        SampleType::U8 => Samples::U8(values.map(|v| v as u8).collect()),
        SampleType::I8 => Samples::I8(values.map(|v| v as i8).collect()),
        SampleType::U16 => Samples::U16(values.map(|v| v as u16).collect()),
        SampleType::I16 => Samples::I16(values.map(|v| v as i16).collect()),
        SampleType::U32 => Samples::U32(values.map(|v| v as u32).collect()),
        SampleType::I32 => Samples::I32(values.collect()),
    })
}
