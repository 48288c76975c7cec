//! Stored sample values as files: `.npy`, `.pgm`/`.ppm`, `.png`, `.raw`.

mod npy;
mod png;
mod pnm;

use super::failure::{Failure, Outcome};
use super::whole_file;
use std::path::Path;

/// Values of a raster: integers as decoded, or the floating point values of Float and Double Float Pixel Data.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// Integers.
    Integer(&'a lightbox_codec::Samples),
    /// 32-bit floating point.
    F32(&'a [f32]),
    /// 64-bit floating point.
    F64(&'a [f64]),
}

/// Stored values, row by row, components interleaved. `values` holds `rows * columns * components` of them.
#[derive(Clone, Copy, Debug)]
pub struct Raster<'a> {
    /// Rows.
    pub rows: u32,
    /// Columns.
    pub columns: u32,
    /// Components of a pixel.
    pub components: u32,
    /// Declared bits of a sample.
    pub bits: u32,
    /// Whether samples are signed.
    pub signed: bool,
    /// The values.
    pub values: Values<'a>,
}

/// A file format, chosen by the extension of the output's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// NumPy array, version 1.0: `rows x columns` or `rows x columns x components`, little endian, C order.
    Npy,
    /// Portable greymap, binary (P5).
    Pgm,
    /// Portable pixmap, binary (P6).
    Ppm,
    /// PNG of 8 or 16 bits, grey or RGB.
    Png,
    /// The samples alone, little endian.
    Raw,
}

impl Format {
    /// The format that the extension of `path` names.
    pub fn of(path: &Path) -> Result<Self, Failure> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        Ok(match extension.as_str() {
            "npy" => Self::Npy,
            "pgm" => Self::Pgm,
            "ppm" => Self::Ppm,
            "png" => Self::Png,
            "raw" => Self::Raw,
            _ => return Err(Failure::at(path, "the name must end in .npy, .pgm, .ppm, .png or .raw, which chooses the format")),
        })
    }
}

/// An RGB picture of 8 bits as PNG: `rgb` holds `width * height` pixels.
pub fn png_rgb8(out: &mut dyn std::io::Write, width: u32, height: u32, rgb: &[u8]) -> std::io::Result<()> {
    png::encode(out, width, height, ::png::ColorType::Rgb, ::png::BitDepth::Eight, rgb)
}

/// Writes `raster` to `path` in `format`, whole or not at all.
pub fn write(path: &Path, format: Format, raster: &Raster<'_>) -> Outcome {
    if let Some(reason) = refusal(format, raster) {
        return Err(Failure::at(path, reason));
    }
    whole_file::write(path, |out| match format {
        Format::Npy => npy::write(out, raster),
        Format::Pgm | Format::Ppm => pnm::write(out, raster),
        Format::Png => png::write(out, raster),
        Format::Raw => out.write_all(&raster.values.little_endian()),
    })
}

/// Why `format` cannot hold `raster` exactly, and what can.
fn refusal(format: Format, raster: &Raster<'_>) -> Option<String> {
    let name = match format {
        Format::Npy | Format::Raw => return None,
        Format::Pgm => ".pgm",
        Format::Ppm => ".ppm",
        Format::Png => ".png",
    };
    if !matches!(raster.values, Values::Integer(_)) {
        return Some(format!("the values are floating point, which {name} cannot hold; write .npy or .raw"));
    }
    if raster.signed {
        return Some(format!("the values are signed, which {name} cannot hold; write .npy or .raw"));
    }
    if raster.bits > 16 {
        return Some(format!("the values have {} bits, more than the 16 of {name}; write .npy or .raw", raster.bits));
    }
    match (format, raster.components) {
        (Format::Pgm, 1) | (Format::Ppm, 3) | (Format::Png, 1 | 3) => None,
        (Format::Pgm, 3) => Some("the image has 3 components and .pgm holds 1; write .ppm, or choose one with --component".into()),
        (Format::Ppm, 1) => Some("the image has 1 component and .ppm holds 3; write .pgm".into()),
        (_, n) => Some(format!(
            "the image has {n} components, which {name} cannot hold; write .npy or .raw, or choose one with --component"
        )),
    }
}

impl Values<'_> {
    /// The values as little endian bytes; borrowed where the machine is little endian.
    fn little_endian(&self) -> std::borrow::Cow<'_, [u8]> {
        let (native, size) = match self {
            Self::Integer(s) => (s.as_bytes(), s.kind().bytes()),
            Self::F32(v) => (bytemuck::cast_slice(v), 4),
            Self::F64(v) => (bytemuck::cast_slice(v), 8),
        };
        in_order(native, size, cfg!(target_endian = "little"))
    }

    /// The values as big endian bytes, as PNM and PNG want them.
    fn big_endian(&self) -> std::borrow::Cow<'_, [u8]> {
        match self {
            Self::Integer(s) => in_order(s.as_bytes(), s.kind().bytes(), cfg!(target_endian = "big")),
            Self::F32(v) => in_order(bytemuck::cast_slice(v), 4, cfg!(target_endian = "big")),
            Self::F64(v) => in_order(bytemuck::cast_slice(v), 8, cfg!(target_endian = "big")),
        }
    }
}

/// `native` as it is, or with the bytes of every sample of `size` bytes reversed.
fn in_order(native: &[u8], size: usize, as_is: bool) -> std::borrow::Cow<'_, [u8]> {
    if as_is || size == 1 {
        return native.into();
    }
    let mut swapped = native.to_vec();
    swapped.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    swapped.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lightbox_codec::Samples;

    pub(super) fn raster(components: u32, bits: u32, signed: bool, samples: &Samples) -> Raster<'_> {
        let columns = samples.len() as u32 / components;
        Raster { rows: 1, columns, components, bits, signed, values: Values::Integer(samples) }
    }

    #[test]
    fn the_extension_names_the_format() {
        assert_eq!(Format::of(Path::new("a.NPY")).unwrap(), Format::Npy);
        assert_eq!(Format::of(Path::new("a.b.raw")).unwrap(), Format::Raw);
        assert!(Format::of(Path::new("a")).is_err() && Format::of(Path::new("a.tif")).is_err());
    }

    #[test]
    fn what_a_format_cannot_hold_is_refused_by_name() {
        let signed = Samples::I16(vec![-1, 2]);
        let three = Samples::U8(vec![1, 2, 3]);
        assert!(refusal(Format::Png, &raster(1, 12, true, &signed)).unwrap().contains("signed"));
        assert!(refusal(Format::Pgm, &raster(3, 8, false, &three)).unwrap().contains(".ppm"));
        assert!(refusal(Format::Ppm, &raster(1, 8, false, &three)).unwrap().contains(".pgm"));
        assert!(refusal(Format::Npy, &raster(1, 12, true, &signed)).is_none());
        assert!(refusal(Format::Png, &raster(1, 20, false, &Samples::U32(vec![1]))).unwrap().contains("20 bits"));
    }

    #[test]
    fn bytes_are_ordered_as_asked() {
        let samples = Samples::U16(vec![0x0102, 0xFF00]);
        assert_eq!(*Values::Integer(&samples).little_endian(), [2, 1, 0, 0xFF]);
        assert_eq!(*Values::Integer(&samples).big_endian(), [1, 2, 0xFF, 0]);
    }
}
