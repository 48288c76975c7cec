//! Native pixel data (PS3.5 8.2): integers of 1, 8, 16 and 32 bits allocated, floats and doubles, both byte orders.

use super::stored;
use crate::dicom::frames::PixelPlace;
use crate::dicom::syntax::EXPLICIT_VR_BIG_ENDIAN;
use crate::storage::Storage;
use crate::{Error, Picture, Pixels};
use lightbox_model::image::{ImageHeader, Photometric};

/// Samples of a frame with and without horizontal chroma subsampling.
fn sample_counts(image: &ImageHeader) -> (u64, Option<u64>) {
    let pixels = u64::from(image.rows) * u64::from(image.columns);
    let full = pixels.saturating_mul(image.format.samples.into());
    let halved = image.format.photometric == Photometric::YbrFull422 && image.format.samples == 3;
    (full, halved.then_some(pixels.saturating_mul(2)))
}

/// The bytes of one frame. 8-bit samples are in pixel order even in big endian words; a 1-bit frame begins at bit 0.
pub(crate) fn frame_bytes(storage: &Storage, place: &PixelPlace, image: &ImageHeader, frame: u32) -> Result<Vec<u8>, Error> {
    let allocated = u64::from(image.format.allocated);
    let there = place.len.unwrap_or(0);
    let (full, halved) = sample_counts(image);
    let bits = |samples: u64| samples.saturating_mul(allocated);
    let frames = u64::from(image.frames);
    // Writers that say 422 and store all samples exist; the length tells.
    let frame_bits = match halved {
        Some(halved) if bits(full).saturating_mul(frames).div_ceil(8) > there => bits(halved),
        _ => bits(full),
    };
    if frame_bits > 8 << 31 {
        return Err(Error::Limit { what: "the size of a frame in bytes", asked: frame_bits / 8, allowed: 1 << 31 });
    }
    let from = frame_bits.saturating_mul(frame.into());
    let to = from.saturating_add(frame_bits);
    let (first, last) = (from / 8, to.div_ceil(8));
    if last > there {
        return Err(Error::dicom(
            place.at.saturating_add(there),
            format!("frame {} needs {last} bytes of pixel data, but they end after {there}", frame + 1),
        ));
    }
    let swapped = place.words && allocated <= 8;
    let (start, end) = if swapped { (first & !1, last.next_multiple_of(2).min(there)) } else { (first, last) };
    let mut bytes = storage.read(place.at + start, (end - start) as usize)?;
    if swapped {
        bytes.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
        bytes.drain(..(first - start) as usize);
        bytes.truncate((last - first) as usize);
    }
    shift_down(&mut bytes, (from % 8) as u32);
    Ok(bytes)
}

/// Moves the bits of a frame that begins within a byte to the front.
fn shift_down(bytes: &mut [u8], by: u32) {
    if by == 0 {
        return;
    }
    for i in 0..bytes.len() {
        let next = bytes.get(i + 1).copied().unwrap_or(0);
        bytes[i] = bytes[i] >> by | next << (8 - by);
    }
}

/// Stored values of a native frame.
pub(super) fn decode(image: &ImageHeader, bytes: &[u8], transfer_syntax: &str) -> Result<Picture, Error> {
    let big = transfer_syntax == EXPLICIT_VR_BIG_ENDIAN;
    let format = &image.format;
    let (full, halved) = sample_counts(image);
    let width = u64::from(format.allocated);
    let fits = |samples: u64| samples.saturating_mul(width).div_ceil(8) <= bytes.len() as u64;
    let halved = halved.filter(|_| !fits(full));
    let samples = halved.unwrap_or(full);
    if !fits(samples) || samples == 0 {
        let need = samples.saturating_mul(width).div_ceil(8);
        return Err(Error::dicom(0, format!("a frame has {} bytes instead of {need}", bytes.len())));
    }
    let count = samples as usize;
    let pixels = if format.float {
        floats(bytes, count, format.allocated, big)?
    } else {
        let bytes = &bytes[..(samples * width).div_ceil(8) as usize];
        let values = match format.allocated {
            1 => stored::collect((0..count).map(|i| u32::from(bytes[i / 8] >> (i % 8) & 1)), format)?,
            8 => stored::collect(bytes.iter().map(|&b| b.into()), format)?,
            16 if big => stored::collect(cells(bytes).map(|b| u16::from_be_bytes(b).into()), format)?,
            16 => stored::collect(cells(bytes).map(|b| u16::from_le_bytes(b).into()), format)?,
            32 if big => stored::collect(cells(bytes).map(u32::from_be_bytes), format)?,
            32 => stored::collect(cells(bytes).map(u32::from_le_bytes), format)?,
            other => return Err(Error::unsupported(format!("native pixel data with {other} bits allocated"))),
        };
        let values = if halved.is_some() {
            expand_422(values, image.columns)?
        } else if format.planar {
            stored::interleave(values, format.samples.into())
        } else {
            values
        };
        Pixels::Integer(values)
    };
    let photometric = match format.photometric {
        Photometric::YbrFull422 => Photometric::YbrFull,
        other => other,
    };
    Ok(Picture {
        rows: image.rows,
        columns: image.columns,
        samples_per_pixel: format.samples,
        pixels,
        bits: format.stored,
        photometric,
        decoder: "uncompressed".to_owned(),
        encoded_bytes: bytes.len(),
        partial: None,
    })
}

fn cells<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.chunks_exact(N).filter_map(|c| c.try_into().ok())
}

fn floats(bytes: &[u8], count: usize, allocated: u16, big: bool) -> Result<Pixels, Error> {
    Ok(match (allocated, big) {
        (32, false) => Pixels::Float(cells(bytes).take(count).map(f32::from_le_bytes).collect()),
        (32, true) => Pixels::Float(cells(bytes).take(count).map(f32::from_be_bytes).collect()),
        (64, false) => Pixels::Double(cells(bytes).take(count).map(f64::from_le_bytes).collect()),
        (64, true) => Pixels::Double(cells(bytes).take(count).map(f64::from_be_bytes).collect()),
        _ => return Err(Error::unsupported(format!("floating point pixel data with {allocated} bits allocated"))),
    })
}

/// Y1 Y2 Cb Cr becomes Y1 Cb Cr, Y2 Cb Cr (PS3.3 C.7.6.3.1.2): chroma samples belong to both pixels.
fn expand_422(samples: lightbox_codec::Samples, columns: u32) -> Result<lightbox_codec::Samples, Error> {
    use lightbox_codec::Samples;
    fn expand<T: Copy>(v: &[T]) -> Vec<T> {
        v.chunks_exact(4).flat_map(|c| [c[0], c[2], c[3], c[1], c[2], c[3]]).collect()
    }
    if columns % 2 == 1 {
        return Err(Error::unsupported("YBR_FULL_422 with an odd number of columns"));
    }
    Ok(match samples {
        Samples::U8(v) => Samples::U8(expand(&v)),
        Samples::U16(v) => Samples::U16(expand(&v)),
        _ => return Err(Error::unsupported("YBR_FULL_422 with signed or 32-bit samples")),
    })
}
