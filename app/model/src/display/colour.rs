//! Colour samples to RGB (PS3.3 C.7.6.3.1.2).

use super::Error;
use crate::image::Photometric;

/// What the samples of a picture are, after the decoder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum ColourModel {
    /// One sample through modality and VOI.
    #[default]
    Grey = 0,
    /// Red, green, blue.
    Rgb = 1,
    /// Full-range luma and two chroma samples centred on half scale: YBR_FULL, YBR_FULL_422 and YBR_ICT.
    YbrFull = 2,
    /// Luma 16..=235, chroma 16..=240 at 8 bits (scaled for more): YBR_PARTIAL_420 and _422.
    YbrPartial = 3,
    /// The reversible transform of JPEG 2000: chroma are signed differences.
    YbrRct = 4,
    /// One sample that indexes a palette.
    Palette = 5,
}

/// YBR_FULL to RGB: Cr to red, Cb to green, Cr to green, Cb to blue; the inverse of the standard's matrix (1.402, 0.344136,
/// 0.714136, 1.772) in 1/16384ths. With so few bits every product and sum of 8-bit samples is exact in f32, so CPU and GPU agree
/// to the last bit however they fuse operations; the error is below 0.005 of a level.
pub const YBR_FULL: [f32; 4] = [22970.0 / 16384.0, 5638.0 / 16384.0, 11700.0 / 16384.0, 29032.0 / 16384.0];

/// YBR_PARTIAL to RGB: gain of luma, then as [`YBR_FULL`] (1.164384, 1.596027, 0.391762, 0.812968, 2.017232) in 1/8192ths.
pub const YBR_PARTIAL: [f32; 5] = [9539.0 / 8192.0, 13075.0 / 8192.0, 3209.0 / 8192.0, 6660.0 / 8192.0, 16525.0 / 8192.0];

impl ColourModel {
    /// The model for samples delivered as `photometric`.
    ///
    /// # Errors
    /// [`Error::Photometric`] for XYB, which only a JPEG XL decoder can turn into RGB.
    pub fn of(photometric: Photometric) -> Result<Self, Error> {
        Ok(match photometric {
            Photometric::Monochrome1 | Photometric::Monochrome2 => Self::Grey,
            Photometric::PaletteColor => Self::Palette,
            Photometric::Rgb => Self::Rgb,
            Photometric::YbrFull | Photometric::YbrFull422 | Photometric::YbrIct => Self::YbrFull,
            Photometric::YbrPartial420 | Photometric::YbrPartial422 => Self::YbrPartial,
            Photometric::YbrRct => Self::YbrRct,
            Photometric::Xyb => return Err(Error::Photometric(photometric)),
        })
    }

    /// Samples a pixel.
    pub fn samples(self) -> usize {
        match self {
            Self::Grey | Self::Palette => 1,
            _ => 3,
        }
    }

    /// Red, green and blue in the units of the samples (0 to full scale, not yet clamped). `centre` is half scale, 2^(bits-1).
    /// Grey and palette samples are not converted here.
    pub(super) fn rgb(self, [y, cb, cr]: [f32; 3], centre: f32) -> [f32; 3] {
        match self {
            Self::Grey | Self::Palette | Self::Rgb => [y, cb, cr],
            Self::YbrFull => {
                let [rr, gb, gr, bb] = YBR_FULL;
                let (cb, cr) = (cb - centre, cr - centre);
                [y + cr * rr, (y - cb * gb) - cr * gr, y + cb * bb]
            }
            Self::YbrPartial => {
                let [gain, rr, gb, gr, bb] = YBR_PARTIAL;
                let y = (y - centre / 8.0) * gain;
                let (cb, cr) = (cb - centre, cr - centre);
                [y + cr * rr, (y - cb * gb) - cr * gr, y + cb * bb]
            }
            Self::YbrRct => {
                let green = y - ((cb + cr) * 0.25).floor();
                [cr + green, green, cb + green]
            }
        }
    }
}
