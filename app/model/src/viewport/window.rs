//! Changing a window by dragging.

use crate::display::{Voi, WindowLimits};

/// Pixels of drag that double or clear the width of an ordinary window.
const DRAG_PIXELS: f64 = 256.0;

/// The window after a drag that began at `start` and has gone `delta` view pixels (right, down): right is wider; up is brighter if
/// `up_is_brighter`, else darker. The steps follow the width at the start, between a quarter of a stored step and a 256th of the
/// span of the limits, so that both wide and narrow windows can be set finely.
pub fn drag_window(start: &Voi, delta: [f64; 2], up_is_brighter: bool, step: f64, limits: &WindowLimits) -> Voi {
    let (centre, width) = start.centre_width();
    let finest = (step / 4.0).max(f64::MIN_POSITIVE);
    let coarsest = (limits.width.1 / DRAG_PIXELS).max(finest);
    let unit = (width / DRAG_PIXELS).clamp(finest, coarsest);
    // A lower centre makes the same value brighter.
    let sense = if up_is_brighter { 1.0 } else { -1.0 };
    start.adjusted(centre + delta[1] * unit * sense, width + delta[0] * unit, limits)
}
