//! JPEG-LS (ITU-T T.87): lossless and near-lossless, 2 to 16 bits, all three interleave modes. No library in Rust decodes
//! near-lossless data without a C++ compiler at build time, so this is our own.

mod header;
mod scan;

use super::jpeg2000::untransformed;
use super::stored::{self, Delivered};
use crate::{Error, Picture};
use header::Header;
use lightbox_codec::Samples;
use lightbox_model::image::ImageHeader;

const CODING: &str = "JPEG-LS";

/// Stored values of a JPEG-LS frame.
pub(super) fn decode(image: &ImageHeader, bytes: &[u8]) -> Result<Picture, Error> {
    let mut reader = header::Reader::new(bytes);
    let frame = reader.frame()?;
    let expected = (image.columns, image.rows, image.format.samples);
    if (frame.columns, frame.rows, u16::from(frame.components)) != expected {
        return Err(Error::unsupported(format!(
            "the codestream is {} x {} with {} components, the header says {} x {} with {}",
            frame.columns, frame.rows, frame.components, expected.0, expected.1, expected.2
        )));
    }
    let samples = planes(&mut reader, &frame)?;
    let samples = if frame.bits <= 8 { Samples::U8(samples.into_iter().map(|v| v as u8).collect()) } else { Samples::U16(samples) };
    let delivered = Delivered {
        columns: frame.columns,
        rows: frame.rows,
        components: frame.components.into(),
        bits: frame.bits.into(),
        signed: false,
        samples,
    };
    stored::picture(image, delivered, untransformed(image.format.photometric), CODING.to_owned(), bytes.len())
}

/// All scans, components side by side.
fn planes(reader: &mut header::Reader<'_>, frame: &Header) -> Result<Vec<u16>, Error> {
    let components = usize::from(frame.components);
    let mut samples = vec![0u16; frame.columns as usize * frame.rows as usize * components];
    let mut seen = 0;
    while seen < components {
        let scan = reader.scan(frame)?;
        let first = scan.first;
        seen += scan.count;
        scan::decode(&scan, frame, first, &mut samples).map_err(|why| Error::decode(CODING, why))?;
    }
    Ok(samples)
}
