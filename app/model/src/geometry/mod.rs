//! Where a picture lies in the patient and what its millimetres mean (PS3.3 C.7.6.2, 10.7).

mod orientation;
mod plane;
mod scale_bar;
mod spacing;

pub use orientation::{EdgeLetters, letters};
pub use plane::{cross, dot, sub};
pub use scale_bar::ScaleBar;
pub use spacing::PixelSize;

use std::sync::Arc;

/// Image Plane: position and direction cosines in the patient's LPS millimetres.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanePosition {
    /// Image Position (Patient) (0020,0032): centre of the first pixel.
    pub position: Option<[f64; 3]>,
    /// Image Orientation (Patient) (0020,0037): direction of increasing column, then of increasing row.
    pub orientation: Option<[f64; 6]>,
    /// Slice Thickness (0018,0050), mm.
    pub thickness: Option<f64>,
    /// Spacing Between Slices (0018,0088), mm.
    pub between: Option<f64>,
}

/// What the millimetres of a picture mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SpacingKind {
    /// No spacing: measures are in pixels.
    #[default]
    None,
    /// Pixel Spacing of a cross-sectional image: in the patient.
    Patient,
    /// Imager Pixel Spacing, or Pixel Spacing equal to it: at the detector, not in the patient.
    Detector,
    /// Detector spacing divided by the Estimated Radiographic Magnification Factor.
    Magnified,
    /// Pixel Spacing Calibration Type (0028,0A02): GEOMETRY or FIDUCIAL, with its description.
    Calibrated(String),
    /// Nominal Scanned Pixel Spacing of a secondary capture.
    Nominal,
    /// Physical delta of ultrasound regions (C.8.5.5): per region, see the regions.
    Region,
}

/// Spacing of pixels: `[between rows (vertical), between columns (horizontal)]` as Pixel Spacing is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spacing {
    /// Millimetres, when known: row spacing (vertical) first.
    pub mm: Option<[f64; 2]>,
    /// Pixel Aspect Ratio (0028,0034) vertical\horizontal when there is no spacing.
    pub aspect: Option<[f64; 2]>,
    /// What the millimetres mean.
    pub kind: SpacingKind,
    /// Ultrasound regions: pixel rectangle (x0, y0, x1, y1 inclusive) and millimetres per pixel (x, y).
    pub regions: Arc<[([u32; 4], [f64; 2])]>,
}
