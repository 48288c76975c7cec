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
    let mut seen = vec![false; components];
    while !seen.iter().all(|&seen| seen) {
        let scan = reader.scan(frame)?;
        let coded = &mut seen[scan.first..scan.first + scan.count];
        if coded.iter().any(|&seen| seen) {
            return Err(Error::decode(CODING, "a component is coded twice"));
        }
        coded.fill(true);
        scan::decode(&scan, frame, &mut samples).map_err(|why| Error::decode(CODING, why))?;
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lightbox_model::image::{Photometric, PixelFormat};

    /// One black pixel of three components, a scan for each of these components.
    fn pixel(scans: [u8; 3]) -> Result<Picture, Error> {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xF7, 0, 17, 8, 0, 1, 0, 1, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
        for component in scans {
            // One bit: the run goes to the end of the line.
            bytes.extend([0xFF, 0xDA, 0, 8, 1, component, 0, 0, 0, 0, 0x80]);
        }
        bytes.extend([0xFF, 0xD9]);
        let photometric = Photometric::Rgb;
        let format = PixelFormat {
            samples: 3,
            allocated: 8,
            stored: 8,
            high_bit: 7,
            signed: false,
            photometric,
            planar: false,
            float: false,
        };
        decode(&ImageHeader::new(1, 1, format, "1.2.840.10008.1.2.4.80"), &bytes)
    }

    #[test]
    fn every_component_is_coded_once() {
        assert!(pixel([1, 2, 3]).is_ok() && pixel([3, 1, 2]).is_ok());
        let twice = pixel([1, 1, 2]).expect_err("one component is missing").to_string();
        assert!(twice.contains("twice"), "{twice}");
        assert!(pixel([1, 2, 4]).is_err());
    }
}
