//! From stored value to grey: the reference, in f32, for what `display.wgsl` computes (PS3.3 C.11.1, C.11.2, PS3.4 N.2).

use std::sync::Arc;

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
    /// The user's own invert, on top.
    pub invert: bool,
    /// Palette of pseudo-colour chosen by the user for a grey picture (256 RGB entries), or none.
    pub pseudo_colour: Option<Arc<[[u8; 3]; 256]>>,
}
