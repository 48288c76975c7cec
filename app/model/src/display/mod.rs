//! From stored value to grey: the reference, in f32, for what `display.wgsl` computes (PS3.3 C.11.1, C.11.2, PS3.4 N.2).
//!
//! [`Display`] says what is wanted in the standard's own terms. [`Display::tables`] reduces it to numbers: a
//! [`DisplayUniform`] and one array of f32 words. [`Tables`] evaluates exactly those numbers, and so does the shader, so the two
//! agree by construction; `tables.rs` spells out the order of operations.

mod colour;
mod initial;
mod interpolate;
mod modality;
mod palettes;
mod preset;
mod tables;
mod uniform;
mod voi;

pub use colour::ColourModel;
pub use initial::{InitialVoi, VoiOrigin};
pub use interpolate::{Interpolation, bilinear};
pub use palettes::PseudoColour;
pub use preset::{CT_PRESETS, Preset};
pub use tables::{Tables, quantise};
pub use uniform::{
    DisplayUniform, FLAG_FLIP, FLAG_PADDING, FLAG_PALETTE, FLAG_PRESENTATION, FLAG_PSEUDO_COLOUR, MODALITY_LINEAR, MODALITY_LUT,
    VOI_LUT, VOI_RAMP, VOI_SIGMOID,
};
pub use voi::WindowLimits;

use crate::image::Photometric;
use std::sync::Arc;

/// Why a picture cannot be shown truthfully.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The samples are of a colour space without a defined conversion here.
    #[error("{} colours cannot be shown; convert the image to RGB. (Photometric Interpretation 0028,0004)", .0.term())]
    Photometric(Photometric),
    /// PALETTE COLOR without its tables.
    #[error("The image is PALETTE COLOR but carries no palette; ask for the complete object. (0028,1101-1203)")]
    NoPalette,
    /// A number of the header makes the transform meaningless.
    #[error("{what} is not usable ({value}); grey values would be wrong. Ask for a corrected object.")]
    Header {
        /// The attribute, by name and tag.
        what: &'static str,
        /// What stands there.
        value: String,
    },
}

/// A lookup table of PS3.3 C.11.1.1 / C.11.2.1.1.
#[derive(Clone, Debug, PartialEq)]
pub struct Lut {
    /// First input value mapped (second value of the descriptor, signed iff the input is).
    pub first: i32,
    /// Bits of an entry: 8 to 16.
    pub bits: u8,
    /// Output values; inputs below `first` take the first, above the last take the last.
    pub entries: Arc<[u16]>,
    /// LUT Explanation (0028,3003).
    pub explanation: Option<String>,
}

/// Stored value to modality value (PS3.3 C.11.1).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Modality {
    /// No transform given.
    #[default]
    Identity,
    /// Rescale Slope and Intercept.
    Rescale {
        /// (0028,1053)
        slope: f64,
        /// (0028,1052)
        intercept: f64,
    },
    /// Modality LUT Sequence.
    Lut(Lut),
}

/// VOI LUT Function (0028,1056), PS3.3 C.11.2.1.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VoiFunction {
    /// C.11.2.1.2.1; also when absent.
    #[default]
    Linear,
    /// C.11.2.1.3.2
    LinearExact,
    /// C.11.2.1.3.1
    Sigmoid,
}

/// Modality value to display value (PS3.3 C.11.2).
#[derive(Clone, Debug, PartialEq)]
pub enum Voi {
    /// Window Center and Width.
    Window {
        /// (0028,1050)
        centre: f64,
        /// (0028,1051)
        width: f64,
        /// (0028,1056)
        function: VoiFunction,
        /// (0028,1055)
        explanation: Option<String>,
    },
    /// An item of the VOI LUT Sequence.
    Lut(Lut),
}

/// Stored values that are padding: `low..=high` (PS3.3 C.7.5.1.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Padding {
    /// Lower end, inclusive.
    pub low: i32,
    /// Upper end, inclusive.
    pub high: i32,
}

/// Red, green and blue tables of PALETTE COLOR (PS3.3 C.7.6.3.1.5), expanded from segments, 16 bits a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Palette {
    /// First stored value mapped.
    pub first: i32,
    /// One `[r, g, b]` for each stored value from `first`; values are scaled to 16 bits.
    pub entries: Vec<[u16; 3]>,
}

impl Padding {
    /// Whether a stored value is padding. Bounds in either order are understood.
    pub fn contains(self, stored: impl Into<i64>) -> bool {
        let stored = stored.into();
        let (low, high) = (self.low.min(self.high), self.low.max(self.high));
        (i64::from(low)..=i64::from(high)).contains(&stored)
    }
}

/// How one viewport turns stored values into what is seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Display {
    /// Stored value to modality value.
    pub modality: Modality,
    /// Modality value to 0..=1.
    pub voi: Voi,
    /// Shown black in both polarities.
    pub padding: Option<Padding>,
    /// MONOCHROME1 or Presentation LUT Shape INVERSE (not both twice): applied after VOI.
    pub inverse: bool,
    /// A presentation state's Presentation LUT (C.11.6): after VOI, before `inverse`. The whole range of VOI maps onto its entries.
    pub presentation: Option<Lut>,
    /// The user's own invert, on top.
    pub invert: bool,
    /// Palette of pseudo-colour chosen by the user for a grey picture (256 RGB entries), or none.
    pub pseudo_colour: Option<Arc<[[u8; 3]; 256]>>,
    /// What the delivered samples are: grey goes through modality and VOI, colour skips both (C.11.2.1.2.2).
    pub colour: ColourModel,
    /// Bits of one delivered sample; the full scale of colour. Unused for grey.
    pub bits: u8,
    /// PALETTE COLOR tables, or the supplemental palette of a grey image: stored values from its `first` on are coloured
    /// (C.7.6.19).
    pub palette: Option<Arc<Palette>>,
}

impl Display {
    /// Grey through the given transforms, nothing else.
    pub fn new(modality: Modality, voi: Voi) -> Self {
        Self {
            modality,
            voi,
            padding: None,
            inverse: false,
            presentation: None,
            invert: false,
            pseudo_colour: None,
            colour: ColourModel::Grey,
            bits: 16,
            palette: None,
        }
    }

    /// Colour samples of `bits` bits as delivered by a decoder.
    ///
    /// # Errors
    /// [`Error::Photometric`] for a space without a conversion, [`Error::NoPalette`] for PALETTE COLOR without tables.
    pub fn colour(photometric: Photometric, bits: u8, palette: Option<Arc<Palette>>) -> Result<Self, Error> {
        let colour = ColourModel::of(photometric)?;
        if colour == ColourModel::Palette && palette.as_ref().is_none_or(|p| p.entries.is_empty()) {
            return Err(Error::NoPalette);
        }
        let mut display = Self::new(Modality::Identity, Voi::window(128.0, 256.0, VoiFunction::Linear));
        display.colour = colour;
        display.bits = bits.clamp(1, 32);
        display.palette = palette;
        Ok(display)
    }

    /// The numbers that [`Tables`] and `display.wgsl` compute with. Make them once a picture or window changes.
    pub fn tables(&self) -> Tables {
        Tables::new(self)
    }

    /// Grey 0..=1 of one stored value. For many values make [`Display::tables`] once and ask it.
    pub fn grey(&self, stored: impl Into<i64>) -> f32 {
        self.tables().grey(stored)
    }

    /// Grey 0..=1 of one modality value (an interpolated one), see [`Tables::grey_from_modality`].
    pub fn grey_from_modality(&self, value: f32) -> f32 {
        self.tables().grey_from_modality(value)
    }
}
