//! Decoded samples as the renderer takes them, and the bits a texture holds of them.

use crate::Error;
use bytemuck::cast_slice;
use lightbox_codec::Samples;
use std::borrow::Cow;

/// Stored values of one frame, borrowed from whoever decoded them: row by row, components interleaved within a pixel.
/// What they mean (photometric interpretation, bits, palette) is said by the [`lightbox_model::display::Tables`] they are shown with.
#[derive(Clone, Copy, Debug)]
pub struct PixelsRef<'a> {
    /// Rows (0028,0010).
    pub rows: u32,
    /// Columns (0028,0011).
    pub columns: u32,
    /// Samples per Pixel (0028,0002): 1 or 3.
    pub samples_per_pixel: u16,
    /// The samples.
    pub samples: SamplesRef<'a>,
}

/// Samples of one frame.
#[derive(Clone, Copy, Debug)]
pub enum SamplesRef<'a> {
    /// Integer Pixel Data.
    Integer(&'a Samples),
    /// Float Pixel Data (7FE0,0008): one sample a pixel.
    Float(&'a [f32]),
    /// Double Float Pixel Data (7FE0,0009): one sample a pixel, shown after rounding to single precision.
    Double(&'a [f64]),
}

impl SamplesRef<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Integer(samples) => samples.len(),
            Self::Float(samples) => samples.len(),
            Self::Double(samples) => samples.len(),
        }
    }
}

/// How the shader turns a texel back into a stored value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As it is.
    Unsigned,
    /// Two's complement of the texel's width.
    Signed,
    /// The bits of an IEEE 754 single.
    Float,
}

/// A picture's samples as texels. Textures are unsigned integers of the samples' own width and keep every bit as it was decoded;
/// sign and floating point are put back by the shader, so that one pipeline serves all.
#[derive(Debug)]
pub(crate) struct Texels<'a> {
    pub format: wgpu::TextureFormat,
    pub reading: Reading,
    /// Rows without gaps.
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> PixelsRef<'a> {
    /// Checks the sizes against each other and lays the samples out as texels; grey samples are borrowed, colour is widened to four
    /// channels because there are no textures of three.
    pub(crate) fn texels(&self) -> Result<Texels<'a>, Error> {
        use wgpu::TextureFormat as F;
        let &Self { rows, columns, samples_per_pixel, samples } = self;
        let pixels = u64::from(rows) * u64::from(columns);
        let found = samples.len() as u64;
        let needed = pixels.saturating_mul(samples_per_pixel.into());
        if needed != found || needed == 0 {
            return Err(Error::Size { rows, columns, samples_per_pixel, needed, found });
        }
        let float = |bytes| Texels { format: F::R32Uint, reading: Reading::Float, bytes };
        match (samples, samples_per_pixel) {
            (SamplesRef::Integer(samples), _) => {
                let size = samples.kind().bytes();
                let colour = samples_per_pixel == 3;
                let format = format(size, samples_per_pixel)?;
                let bytes = if colour { Cow::Owned(widen(samples.as_bytes(), size)) } else { Cow::Borrowed(samples.as_bytes()) };
                let reading = if samples.kind().signed() { Reading::Signed } else { Reading::Unsigned };
                Ok(Texels { format, reading, bytes })
            }
            (SamplesRef::Float(samples), 1) => Ok(float(Cow::Borrowed(cast_slice(samples)))),
            (SamplesRef::Double(samples), 1) => {
                Ok(float(Cow::Owned(samples.iter().flat_map(|&x| (x as f32).to_ne_bytes()).collect())))
            }
            (_, n) => Err(Error::Unsupported { why: format!("{n} floating point samples per pixel, where 1 can be shown") }),
        }
    }
}

/// The texture that holds pixels of `samples_per_pixel` integers of `size` bytes.
pub(crate) fn format(size: usize, samples_per_pixel: u16) -> Result<wgpu::TextureFormat, Error> {
    use wgpu::TextureFormat as F;
    match (size, samples_per_pixel) {
        (1, 1) => Ok(F::R8Uint),
        (2, 1) => Ok(F::R16Uint),
        (_, 1) => Ok(F::R32Uint),
        (1, 3) => Ok(F::Rgba8Uint),
        (2, 3) => Ok(F::Rgba16Uint),
        (_, 3) => Ok(F::Rgba32Uint),
        (_, n) => Err(Error::Unsupported { why: format!("{n} samples per pixel, where 1 or 3 can be shown") }),
    }
}

/// Triples of `size`-byte samples to quadruples, the fourth zero.
fn widen(samples: &[u8], size: usize) -> Vec<u8> {
    let mut wide = Vec::with_capacity(samples.len() / 3 * 4);
    for rgb in samples.chunks_exact(3 * size) {
        wide.extend_from_slice(rgb);
        wide.resize(wide.len() + size, 0);
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(rows: u32, columns: u32, samples_per_pixel: u16, samples: &Samples) -> PixelsRef<'_> {
        PixelsRef { rows, columns, samples_per_pixel, samples: SamplesRef::Integer(samples) }
    }

    #[test]
    fn sizes_that_contradict_each_other_are_refused() {
        let samples = Samples::U8(vec![0; 12]);
        assert!(pixels(4, 3, 1, &samples).texels().is_ok());
        assert!(pixels(2, 2, 3, &samples).texels().is_ok());
        for (rows, columns, n) in [(4, 4, 1), (3, 3, 1), (0, 12, 1), (12, 1, 0), (u32::MAX, u32::MAX, 3)] {
            let error = pixels(rows, columns, n, &samples).texels().unwrap_err();
            assert!(matches!(error, Error::Size { found: 12, .. }), "{rows} {columns} {n}: {error}");
        }
        assert!(matches!(pixels(2, 3, 2, &samples).texels(), Err(Error::Unsupported { .. })));
        let float = PixelsRef { rows: 1, columns: 1, samples_per_pixel: 3, samples: SamplesRef::Float(&[0.0; 3]) };
        assert!(matches!(float.texels(), Err(Error::Unsupported { .. })));
    }

    #[test]
    fn colour_is_widened_whole_samples_at_a_time() {
        let samples = Samples::U16(vec![1, 2, 3, 0x0405, 5, 6]);
        let texels = pixels(1, 2, 3, &samples).texels().unwrap();
        assert_eq!(texels.format, wgpu::TextureFormat::Rgba16Uint);
        assert_eq!(bytemuck::pod_collect_to_vec::<u8, u16>(&texels.bytes), [1, 2, 3, 0, 0x0405, 5, 6, 0]);
    }
}
