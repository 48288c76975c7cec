//! What is known of an image object from its header alone (PS3.3 C.7.6): enough to decode, show and measure every frame.

use crate::display::{Lut, Modality, Padding, Palette, Voi};
use crate::geometry::{PlanePosition, Spacing};
use std::sync::Arc;

/// Photometric Interpretation (0028,0004), PS3.3 C.7.6.3.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Photometric {
    Monochrome1,
    Monochrome2,
    PaletteColor,
    Rgb,
    YbrFull,
    YbrFull422,
    YbrPartial420,
    YbrPartial422,
    YbrIct,
    YbrRct,
    Xyb,
}

impl Photometric {
    /// The defined term, or `None` for one that PS3.3 does not define.
    pub fn from_term(term: &str) -> Option<Self> {
        Some(match term.trim_end_matches([' ', '\0']) {
            "MONOCHROME1" => Self::Monochrome1,
            "MONOCHROME2" => Self::Monochrome2,
            "PALETTE COLOR" => Self::PaletteColor,
            "RGB" => Self::Rgb,
            "YBR_FULL" => Self::YbrFull,
            "YBR_FULL_422" => Self::YbrFull422,
            "YBR_PARTIAL_420" => Self::YbrPartial420,
            "YBR_PARTIAL_422" => Self::YbrPartial422,
            "YBR_ICT" => Self::YbrIct,
            "YBR_RCT" => Self::YbrRct,
            "XYB" => Self::Xyb,
            _ => return None,
        })
    }

    /// The defined term as DICOM spells it.
    pub fn term(self) -> &'static str {
        match self {
            Self::Monochrome1 => "MONOCHROME1",
            Self::Monochrome2 => "MONOCHROME2",
            Self::PaletteColor => "PALETTE COLOR",
            Self::Rgb => "RGB",
            Self::YbrFull => "YBR_FULL",
            Self::YbrFull422 => "YBR_FULL_422",
            Self::YbrPartial420 => "YBR_PARTIAL_420",
            Self::YbrPartial422 => "YBR_PARTIAL_422",
            Self::YbrIct => "YBR_ICT",
            Self::YbrRct => "YBR_RCT",
            Self::Xyb => "XYB",
        }
    }

    /// One sample a pixel, shown through modality and VOI transforms.
    pub fn is_grey(self) -> bool {
        matches!(self, Self::Monochrome1 | Self::Monochrome2)
    }
}

/// How one pixel is stored (PS3.3 C.7.6.3, PS3.5 section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelFormat {
    /// Samples per Pixel (0028,0002).
    pub samples: u16,
    /// Bits Allocated (0028,0100).
    pub allocated: u16,
    /// Bits Stored (0028,0101).
    pub stored: u16,
    /// High Bit (0028,0102).
    pub high_bit: u16,
    /// Pixel Representation (0028,0103) is 1.
    pub signed: bool,
    /// Photometric Interpretation as the header says; a decoder may deliver another, see the decoded picture.
    pub photometric: Photometric,
    /// Planar Configuration (0028,0006) is 1; only native pixel data obeys it.
    pub planar: bool,
    /// Values are floating point: Float (32 bits) or Double Float (64 bits) Pixel Data.
    pub float: bool,
}

/// What the samples of one decoded frame are. The decoder knows better than the header: colour transforms may have been undone, and a
/// codestream may carry fewer or more bits than Bits Stored says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// What the samples mean.
    pub photometric: Photometric,
    /// Bits that carry meaning in a sample; 32 or 64 for floating point.
    pub bits: u16,
}

/// One image object.
#[derive(Clone, Debug)]
pub struct ImageHeader {
    /// Rows (0028,0010).
    pub rows: u32,
    /// Columns (0028,0011).
    pub columns: u32,
    /// Number of Frames (0028,0008), at least 1.
    pub frames: u32,
    /// How pixels are stored.
    pub format: PixelFormat,
    /// Transfer Syntax UID of the object.
    pub transfer_syntax: String,
    /// What every frame has unless it says otherwise.
    pub shared: FrameFacts,
    /// What frame `i` has, where frames differ (Per-Frame Functional Groups); empty or `frames` long.
    pub per_frame: Vec<FrameFacts>,
    /// Palette of PALETTE COLOR images and of supplemental palettes.
    pub palette: Option<Arc<Palette>>,
    /// Pixel Padding Value and Range Limit (C.7.5.1.1.2), in stored values.
    pub padding: Option<Padding>,
    /// Presentation LUT Shape (2050,0020) is INVERSE.
    pub presentation_inverse: bool,
    /// Lossy Image Compression (0028,2110) is "01", with method and ratio where given, as one readable line.
    pub lossy: Option<String>,
    /// Burned In Annotation (0028,0301) is YES.
    pub burned_in: bool,
    /// Patient Orientation (0020,0020): letters toward the end of rows, then of columns.
    pub patient_orientation: Option<[String; 2]>,
    /// Anatomical Orientation Type (0010,2210) is QUADRUPED: directions have an animal's names.
    pub quadruped: bool,
    /// Overlay planes (60xx) and shutters, in image pixels.
    pub overlays: Vec<Arc<Overlay>>,
    /// Shapes of the display shutter (C.7.6.11): only what lies within all of them is shown.
    pub shutters: Vec<Shutter>,
    /// Milliseconds between two frames of a cine (Frame Time, Cine Rate, Recommended Display Frame Rate).
    pub frame_time_ms: Option<f32>,
    /// ICC profile bytes (0028,2000), of the image or its optical path.
    pub icc: Option<Arc<[u8]>>,
    /// For one that cannot be shown (missing or contradictory attributes): the sentence that says why.
    pub defect: Option<String>,
}

/// What may differ from frame to frame. Frames share what they have in common: there may be a hundred thousand of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameFacts {
    /// Where the frame lies (Image Plane Module or Plane Position / Orientation macros).
    pub plane: PlanePosition,
    /// Millimetres and what they mean.
    pub spacing: Spacing,
    /// Rescale or Modality LUT.
    pub modality: Modality,
    /// Every window and VOI LUT, in the order of the header: LUT Sequence items first (PS3.3 C.11.2).
    pub voi: Arc<[Voi]>,
    /// What VOI LUT Function (0028,1056) of the windows says where the standard has no such function: they are shown as LINEAR.
    pub unknown_voi_function: Option<Arc<str>>,
    /// Pixel Presentation (0008,9205) is COLOR: stored values from the first of the supplemental palette on have its colours (C.7.6.19). Other
    /// grey images may bring a palette too; it is no part of what they show.
    pub supplemental_palette: bool,
    /// Rescale Type, Modality LUT Type or units (HU, BQML), where known.
    pub units: Option<String>,
    /// Temporal Position Index / Trigger Time / b-value / Echo Number: what splits stacks at one place.
    pub split: SplitKey,
    /// Instance Number (0020,0013), or In-Stack Position / Dimension Index for frames.
    pub order: Option<i64>,
}

/// Values that tell apart images at one position.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SplitKey {
    /// Stack ID (0020,9056).
    pub stack: Option<String>,
    /// Temporal Position Identifier or Index.
    pub temporal: Option<i64>,
    /// Diffusion b-value.
    pub b_value: Option<f64>,
    /// Echo Number(s) / Effective Echo Time.
    pub echo: Option<f64>,
    /// Trigger Time in ms.
    pub trigger: Option<f64>,
}

/// An overlay plane (PS3.3 C.9.2) unpacked to one byte a pixel, 0 or 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay {
    /// Row of its first line in the image, from 0; may be negative.
    pub row: i32,
    /// Column of its first pixel, from 0.
    pub column: i32,
    /// Lines.
    pub rows: u32,
    /// Pixels a line.
    pub columns: u32,
    /// `rows * columns` bytes.
    pub bits: Vec<u8>,
    /// Overlay Label or Description.
    pub label: Option<String>,
}

/// A shape of the display shutter (PS3.3 C.7.6.11): everything outside is hidden. Edges in pixels, from 0, inclusive.
#[derive(Clone, Debug, PartialEq)]
pub enum Shutter {
    /// left, right, top, bottom.
    Rectangle([i32; 4]),
    /// Centre column, centre row, radius.
    Circle([i32; 3]),
    /// column, row vertices.
    Polygon(Vec<[i32; 2]>),
}

impl FrameFacts {
    /// What a reader must know of the header's windows; empty where nothing is in doubt.
    pub fn voi_doubt(&self) -> String {
        let said = |function: &Arc<str>| format!("VOI LUT Function \"{function}\" is not known; shown as LINEAR");
        self.unknown_voi_function.as_ref().map(said).unwrap_or_default()
    }
}

impl ImageHeader {
    /// An image of one frame of which no more is known.
    pub fn new(rows: u32, columns: u32, format: PixelFormat, transfer_syntax: impl Into<String>) -> Self {
        Self {
            rows,
            columns,
            frames: 1,
            format,
            transfer_syntax: transfer_syntax.into(),
            shared: FrameFacts::default(),
            per_frame: Vec::new(),
            palette: None,
            padding: None,
            presentation_inverse: false,
            lossy: None,
            burned_in: false,
            patient_orientation: None,
            quadruped: false,
            overlays: Vec::new(),
            shutters: Vec::new(),
            frame_time_ms: None,
            icc: None,
            defect: None,
        }
    }

    /// Facts of frame `frame` (from 0).
    pub fn facts(&self, frame: u32) -> &FrameFacts {
        self.per_frame.get(frame as usize).unwrap_or(&self.shared)
    }

    /// What makes values of the stored ones of frame `frame`; `None` where those measure nothing: colours, and indices into a palette.
    pub fn measures(&self, frame: u32) -> Option<&Modality> {
        self.format.photometric.is_grey().then(|| &self.facts(frame).modality)
    }

    /// The LUT of a modality transform, if it has one.
    pub fn modality_lut(&self, frame: u32) -> Option<&Lut> {
        match &self.facts(frame).modality {
            Modality::Lut(lut) => Some(lut),
            _ => None,
        }
    }
}
