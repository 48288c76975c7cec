//! From pixel cells to stored values (PS3.5 8.1.1): shift by High Bit, mask to Bits Stored, extend the sign.

use crate::{Error, Picture, Pixels};
use lightbox_codec::{SampleType, Samples};
use lightbox_model::image::{ImageHeader, Photometric, PixelFormat};

/// Cells of the header's format, in the smallest type that holds the values.
pub(super) fn collect(cells: impl Iterator<Item = u32>, format: &PixelFormat) -> Result<Samples, Error> {
    let stored = u32::from(format.stored);
    let too_deep = || Error::unsupported(format!("{stored} bits stored in an integer sample; 32 is the most"));
    let kind = u8::try_from(stored).ok().and_then(|bits| SampleType::for_bits(bits, format.signed)).ok_or_else(too_deep)?;
    let low = (u32::from(format.high_bit) + 1).checked_sub(stored).filter(|low| low + stored <= 32);
    let low = low.ok_or_else(|| {
        Error::unsupported(format!("High Bit {} with Bits Stored {stored}; they contradict each other", format.high_bit))
    })?;
    // Up to the top of 32 bits, then down again: masks and extends the sign in one go.
    let (up, down) = (32 - stored - low, 32 - stored);
    let unsigned = move |cell: u32| (cell << up) >> down;
    let signed = move |cell: u32| ((cell << up) as i32) >> down;
    Ok(match kind {
        SampleType::U8 => Samples::U8(cells.map(|c| unsigned(c) as u8).collect()),
        SampleType::I8 => Samples::I8(cells.map(|c| signed(c) as i8).collect()),
        SampleType::U16 => Samples::U16(cells.map(|c| unsigned(c) as u16).collect()),
        SampleType::I16 => Samples::I16(cells.map(|c| signed(c) as i16).collect()),
        SampleType::U32 => Samples::U32(cells.map(unsigned).collect()),
        SampleType::I32 => Samples::I32(cells.map(signed).collect()),
    })
}

/// Whole planes one after the other become samples side by side.
pub(super) fn interleave(samples: Samples, planes: usize) -> Samples {
    fn mix<T: Copy>(v: &[T], planes: usize) -> Vec<T> {
        let size = v.len() / planes;
        (0..size).flat_map(|i| (0..planes).map(move |p| v[p * size + i])).collect()
    }
    if planes < 2 {
        return samples;
    }
    match samples {
        Samples::U8(v) => Samples::U8(mix(&v, planes)),
        Samples::I8(v) => Samples::I8(mix(&v, planes)),
        Samples::U16(v) => Samples::U16(mix(&v, planes)),
        Samples::I16(v) => Samples::I16(mix(&v, planes)),
        Samples::U32(v) => Samples::U32(mix(&v, planes)),
        Samples::I32(v) => Samples::I32(mix(&v, planes)),
    }
}

/// What a codestream delivered: its own size, depth and sign, which win over the header's.
pub(super) struct Delivered {
    pub columns: u32,
    pub rows: u32,
    pub components: u16,
    pub bits: u16,
    pub signed: bool,
    pub samples: Samples,
}

/// Checks that a codestream is what the header says of size and components.
pub(super) fn agrees(image: &ImageHeader, columns: u32, rows: u32, components: u16) -> Result<(), Error> {
    if (columns, rows, components) != (image.columns, image.rows, image.format.samples) {
        return Err(Error::unsupported(format!(
            "the codestream is {columns} x {rows} with {components} components, the header says {} x {} with {}",
            image.columns, image.rows, image.format.samples
        )));
    }
    Ok(())
}

/// A picture of delivered samples, once they agree with what the header says of size and components.
pub(super) fn picture(
    image: &ImageHeader,
    delivered: Delivered,
    photometric: Photometric,
    decoder: String,
    encoded_bytes: usize,
) -> Result<Picture, Error> {
    agrees(image, delivered.columns, delivered.rows, delivered.components)?;
    Ok(part(image, delivered, photometric, decoder, encoded_bytes))
}

/// A picture of delivered samples, which may be a part of the image.
pub(super) fn part(
    image: &ImageHeader,
    delivered: Delivered,
    photometric: Photometric,
    decoder: String,
    encoded_bytes: usize,
) -> Picture {
    let Delivered { columns, rows, components, bits, signed, samples } = delivered;
    let samples = if image.format.signed && !signed { reinterpret(samples, bits) } else { samples };
    Picture {
        rows,
        columns,
        samples_per_pixel: components,
        pixels: Pixels::Integer(samples),
        bits,
        photometric,
        decoder,
        encoded_bytes,
        partial: None,
    }
}

/// Unsigned samples of `bits` bits that the header calls signed: two's complement that the codestream does not know of.
fn reinterpret(samples: Samples, bits: u16) -> Samples {
    let spare = 32u32.saturating_sub(bits.into());
    let extend = move |v: u32| ((v << spare) as i32) >> spare;
    match samples {
        Samples::U8(v) => Samples::I8(v.into_iter().map(|v| extend(v.into()) as i8).collect()),
        Samples::U16(v) => Samples::I16(v.into_iter().map(|v| extend(v.into()) as i16).collect()),
        Samples::U32(v) => Samples::I32(v.into_iter().map(extend).collect()),
        signed => signed,
    }
}
