//! A bar of a round length.

use super::Spacing;

/// A bar to draw beside the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaleBar {
    /// Screen pixels.
    pub pixels: f64,
    /// "10 cm", "5 mm", "200 µm", "100 px"; with a caution where the millimetres are not the patient's.
    pub label: String,
}

impl ScaleBar {
    /// The longest bar of 1, 2 or 5 times a power of ten that is at most `most` screen pixels. `scale` is the camera's: screen pixels
    /// for one square unit; `at` the place in the image, in continuous image coordinates, whose spacing counts.
    pub fn choose(spacing: &Spacing, at: [f64; 2], scale: f64, most: f64) -> Option<Self> {
        if !(scale.is_finite() && scale > 0.0 && most.is_finite() && most >= 1.0) {
            return None;
        }
        let Some(size) = spacing.at(at) else {
            // Whole pixels only.
            let length = round_below(most / scale).filter(|&l| l >= 1.0)?;
            return Some(Self { pixels: length * scale, label: format!("{length} px") });
        };
        let mm_per_unit = size.x / spacing.pixel_shape()[0];
        let mm = round_below(most / scale * mm_per_unit)?;
        let length = match mm {
            _ if mm >= 9.999 => format!("{} cm", tidy(mm / 10.0)),
            _ if mm >= 0.9999 => format!("{} mm", tidy(mm)),
            _ => format!("{} µm", tidy(mm * 1000.0)),
        };
        let label = match spacing.kind.caution() {
            Some(caution) => format!("{length} {caution}"),
            None => length,
        };
        Some(Self { pixels: mm / mm_per_unit * scale, label })
    }
}

/// The greatest of 1, 2, 5 x 10^n that is not above `most`.
fn round_below(most: f64) -> Option<f64> {
    if !(most.is_finite() && most > 1e-9) {
        return None;
    }
    let power = 10f64.powi(most.log10().floor() as i32);
    // Where log10 was rounded up the power is above `most`: half of it is the answer.
    [5.0, 2.0, 1.0, 0.5].iter().map(|m| m * power).find(|&l| l <= most * (1.0 + 1e-12))
}

/// Without the dust that powers of ten leave behind.
fn tidy(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
