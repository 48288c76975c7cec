//! How a frame lies in a buffer, so that it can be copied into a texture as it is.

use crate::Error;
use crate::pixels::{Reading, format};
use lightbox_codec::SampleType;

/// Texels of one frame in a buffer: rows that begin a multiple of 256 bytes apart, as copies to textures need them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raster {
    pub(crate) rows: u32,
    pub(crate) columns: u32,
    pub(crate) format: wgpu::TextureFormat,
    pub(crate) reading: Reading,
    pitch: u32,
}

impl Raster {
    /// Where a raster may begin in a buffer: at a multiple of this many bytes.
    pub const ALIGN: u64 = wgpu::COPY_BYTES_PER_ROW_ALIGNMENT as u64;

    /// The raster of `rows` times `columns` pixels of `samples_per_pixel` (1 or 3) samples of `kind`. Three samples take the place of
    /// four: there are no textures of three channels.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for another number of samples, [`Error::Size`] for no pixel at all, [`Error::Limit`] beyond 32 bits.
    pub fn new(rows: u32, columns: u32, samples_per_pixel: u16, kind: SampleType) -> Result<Self, Error> {
        if rows == 0 || columns == 0 {
            return Err(Error::Size { rows, columns, samples_per_pixel, needed: 0, found: 0 });
        }
        let format = format(kind.bytes(), samples_per_pixel)?;
        let row = u64::from(columns) * u64::from(crate::picture::texel_bytes(format));
        let pitch = row.next_multiple_of(Self::ALIGN);
        let Ok(pitch) = u32::try_from(pitch) else {
            return Err(Error::Limit { what: "a row of (bytes)", asked: pitch, allowed: u32::MAX.into() });
        };
        let reading = if kind.signed() { Reading::Signed } else { Reading::Unsigned };
        Ok(Self { rows, columns, format, reading, pitch })
    }

    /// The same samples read as two's complement (`signed`) or not, whatever the type they were decoded to says.
    pub fn read_as(self, signed: bool) -> Self {
        Self { reading: if signed { Reading::Signed } else { Reading::Unsigned }, ..self }
    }

    /// Bytes from row to row.
    pub fn pitch(&self) -> u32 {
        self.pitch
    }

    /// Bytes from pixel to pixel.
    pub fn pixel(&self) -> u32 {
        crate::picture::texel_bytes(self.format)
    }

    /// Bytes of all rows.
    pub fn bytes(&self) -> u64 {
        u64::from(self.pitch) * u64::from(self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_padded_and_colour_takes_four_channels() {
        let grey = Raster::new(3, 100, 1, SampleType::I16).unwrap();
        assert_eq!((grey.pixel(), grey.pitch(), grey.bytes(), grey.reading), (2, 256, 768, Reading::Signed));
        let colour = Raster::new(2, 64, 3, SampleType::U8).unwrap();
        assert_eq!((colour.pixel(), colour.pitch(), colour.reading), (4, 256, Reading::Unsigned));
        assert_eq!(colour.read_as(true).reading, Reading::Signed);
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert!(matches!(Raster::new(0, 1, 1, SampleType::U8), Err(Error::Size { .. })));
        assert!(matches!(Raster::new(1, 1, 2, SampleType::U8), Err(Error::Unsupported { .. })));
        assert!(matches!(Raster::new(1, u32::MAX, 3, SampleType::U32), Err(Error::Limit { .. })));
    }
}
