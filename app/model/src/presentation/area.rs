//! Displayed area (PS3.3 C.10.4) as a place of the camera.

use crate::viewport::{PixelGrid, Zoom};

/// Shapes of a pixel that differ by less are the same: spacings are rounded.
const SAME_SHAPE: f64 = 0.005;

/// Presentation Size Mode (0070,0100).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SizeMode {
    /// As large as the viewport shows the area whole.
    ScaleToFit,
    /// As large as it is. What a screen pixel measures is not known here: shown as [`SizeMode::ScaleToFit`].
    TrueSize,
    /// Screen pixels for one of the image: Presentation Pixel Magnification Ratio (0070,0103).
    Magnify(f64),
}

/// The part of an image that a state wants to be seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DisplayedArea {
    /// Left and top edge in continuous image coordinates, before any turn or flip; may lie outside the image.
    pub from: [f64; 2],
    /// Right and bottom edge; beyond `from`.
    pub to: [f64; 2],
    /// How large.
    pub size: SizeMode,
    /// Height over width of a pixel: Presentation Pixel Spacing (0070,0101) or Aspect Ratio (0070,0102).
    pub aspect: Option<f64>,
}

impl DisplayedArea {
    /// Zoom and pan of a camera that shows the area.
    pub fn zoom(&self, grid: &PixelGrid) -> (Zoom, [f64; 2]) {
        let whole = self.from == [0.0; 2] && self.to == grid.size;
        let zoom = match self.size {
            SizeMode::Magnify(ratio) => Zoom::Scale(ratio),
            SizeMode::ScaleToFit | SizeMode::TrueSize if whole => Zoom::Fit,
            SizeMode::ScaleToFit | SizeMode::TrueSize => Zoom::Area(std::array::from_fn(|i| self.to[i] - self.from[i])),
        };
        let pan = std::array::from_fn(|i| ((self.from[i] + self.to[i]) / 2.0 - grid.size[i] / 2.0) * grid.pixel[i]);
        (zoom, pan)
    }

    /// What of it a viewport does not follow, in words.
    pub fn not_followed(&self, grid: &PixelGrid) -> Vec<String> {
        let mut words = Vec::new();
        if self.size == SizeMode::TrueSize {
            words.push("true size".to_owned());
        }
        let own = grid.pixel[1] / grid.pixel[0];
        if self.aspect.is_some_and(|aspect| (aspect / own - 1.0).abs() > SAME_SHAPE) {
            words.push("its pixel aspect ratio".to_owned());
        }
        words
    }
}
