//! RLE Lossless (PS3.5 annex G): PackBits segments, one for each byte of each sample, most significant byte first.
//!
//! The RLE decoder of dicom-rs refuses 32 bits allocated (`rtdose_rle.dcm`, `SC_rgb_rle_32bit.dcm` of pydicom's test data).

use super::stored;
use crate::{Error, Picture, Pixels};
use lightbox_model::image::{ImageHeader, Photometric};

const CODING: &str = "RLE";

/// Stored values of an RLE frame.
pub(super) fn decode(image: &ImageHeader, bytes: &[u8]) -> Result<Picture, Error> {
    let format = &image.format;
    let pixels = image.rows as usize * image.columns as usize;
    let width = usize::from(format.allocated / 8);
    let samples = usize::from(format.samples);
    if !matches!(format.allocated, 8 | 16 | 32) {
        return Err(Error::unsupported(format!("RLE with {} bits allocated", format.allocated)));
    }
    let segments = segments(bytes)?;
    if segments.len() != width * samples {
        let why = format!("it has {} segments, the header asks for {}", segments.len(), width * samples);
        return Err(Error::decode(CODING, why));
    }
    let mut cells = vec![0u32; pixels * samples];
    let mut plane = Vec::with_capacity(pixels);
    for (index, segment) in segments.iter().enumerate() {
        unpack(segment, pixels, &mut plane).map_err(|why| Error::decode(CODING, format!("segment {}: {why}", index + 1)))?;
        let (sample, byte) = (index / width, index % width);
        let shift = 8 * (width - 1 - byte);
        for (cell, &value) in cells.iter_mut().skip(sample).step_by(samples).zip(&plane) {
            *cell |= u32::from(value) << shift;
        }
    }
    let photometric = match format.photometric {
        // One chroma sample a pixel is what RLE holds, whatever is said.
        Photometric::YbrFull422 => Photometric::YbrFull,
        other => other,
    };
    Ok(Picture {
        rows: image.rows,
        columns: image.columns,
        samples_per_pixel: format.samples,
        pixels: Pixels::Integer(stored::collect(cells.into_iter(), format)?),
        bits: format.stored,
        photometric,
        decoder: "RLE".to_owned(),
        encoded_bytes: bytes.len(),
        partial: None,
    })
}

/// The segments that the 64-byte header names (G.5).
fn segments(bytes: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let word = |i: usize| {
        let b = bytes.get(4 * i..4 * i + 4)?;
        Some(u32::from_le_bytes(b.try_into().ok()?) as usize)
    };
    let short = || Error::decode(CODING, format!("{} bytes are too few for its header", bytes.len()));
    let count = word(0).ok_or_else(short)?;
    if count > 15 || bytes.len() < 64 {
        return Err(if bytes.len() < 64 { short() } else { Error::decode(CODING, format!("{count} segments, 15 at most")) });
    }
    let offset = |i: usize| word(1 + i).unwrap_or(0);
    (0..count)
        .map(|i| {
            let end = if i + 1 < count { offset(i + 1) } else { bytes.len() };
            bytes.get(offset(i)..end).filter(|_| offset(i) >= 64).ok_or_else(|| {
                Error::decode(CODING, format!("segment {} lies at bytes {} to {end} of {}", i + 1, offset(i), bytes.len()))
            })
        })
        .collect()
}

/// PackBits (G.3.2) until `wanted` bytes are there; what follows is padding.
fn unpack(segment: &[u8], wanted: usize, out: &mut Vec<u8>) -> Result<(), String> {
    out.clear();
    let mut rest = segment;
    while out.len() < wanted {
        let [control, tail @ ..] = rest else {
            return Err(format!("it ends after {} of {wanted} bytes", out.len()));
        };
        let short = || "a run goes beyond its end".to_owned();
        rest = match *control as i8 {
            n @ 0.. => {
                let length = n as usize + 1;
                out.extend_from_slice(tail.get(..length).ok_or_else(short)?);
                &tail[length..]
            }
            -128 => tail,
            n => {
                let (&value, tail) = tail.split_first().ok_or_else(short)?;
                out.resize(out.len() + n.unsigned_abs() as usize + 1, value);
                tail
            }
        };
    }
    out.truncate(wanted);
    Ok(())
}
