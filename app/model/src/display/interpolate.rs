//! Between pixels: after the modality transform, before the VOI transform.

use serde::{Deserialize, Serialize};

/// How values between pixel centres are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Interpolation {
    /// The value of the nearest pixel.
    Nearest,
    /// Weighted by distance to the four nearest pixel centres.
    #[default]
    Bilinear,
}

/// Bilinear value between four pixels: `taps` are top-left, top-right, bottom-left, bottom-right modality values, `None` where the
/// pixel is padding (outside the image, repeat the edge pixel); `fx`, `fy` in 0..1 from the top-left centre.
///
/// Padding is never blended in: where the nearest tap is padding the result is padding (`None`, black), elsewhere the padding taps
/// are left out and the weights of the others scaled to one. Nearest is the right tap for `fx >= 0.5`, the lower for `fy >= 0.5`.
/// Order of operations: weights `(1-fx)*(1-fy)`, `fx*(1-fy)`, `(1-fx)*fy`, `fx*fy`; sums from the first tap to the last; one division
/// by the sum of weights, only if a tap was left out.
pub fn bilinear(taps: [Option<f32>; 4], fx: f32, fy: f32) -> Option<f32> {
    let nearest = usize::from(fx >= 0.5) + 2 * usize::from(fy >= 0.5);
    taps[nearest]?;
    let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
    let (mut sum, mut total) = (0.0f32, 0.0f32);
    for (tap, weight) in taps.iter().zip(weights) {
        if let Some(value) = tap {
            sum += value * weight;
            total += weight;
        }
    }
    Some(if taps.iter().all(Option::is_some) { sum } else { sum / total })
}
