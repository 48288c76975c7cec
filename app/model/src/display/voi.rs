//! Modality value to display value (PS3.3 C.11.2).

use super::{Voi, VoiFunction};

/// Reduced form of a window: what `tables.rs` and the shader compute with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ramp {
    /// Value that maps to 0 (LINEAR, LINEAR_EXACT) or the centre (SIGMOID).
    pub origin: f32,
    /// 1/(w-1), 1/w or -4/w.
    pub gain: f32,
}

/// A ramp steeper than this is a step. Finite, so that no product overflows into a value a shader may treat as it likes.
const STEEPEST: f64 = 1e20;

impl Ramp {
    pub(super) fn new(centre: f64, width: f64, function: VoiFunction) -> Self {
        let (origin, gain) = match function {
            // C.11.2.1.2.1: 0 up to c - 0.5 - (w-1)/2, and a step for w = 1.
            VoiFunction::Linear => (centre - 0.5 - (width - 1.0) / 2.0, 1.0 / (width - 1.0).max(0.0)),
            // C.11.2.1.3.2
            VoiFunction::LinearExact => (centre - width / 2.0, 1.0 / width),
            // C.11.2.1.3.1
            VoiFunction::Sigmoid => (centre, -4.0 / width),
        };
        Self { origin: origin as f32, gain: gain.clamp(-STEEPEST, STEEPEST) as f32 }
    }
}

/// What a window may be set to by hand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowLimits {
    /// Narrowest width, in modality units.
    pub width: (f64, f64),
    /// Lowest and highest centre.
    pub centre: (f64, f64),
}

impl Voi {
    /// A window without explanation.
    pub fn window(centre: f64, width: f64, function: VoiFunction) -> Self {
        Self::Window { centre, width, function, explanation: None }
    }

    /// Whether PS3.3 allows it: finite numbers, width >= 1 for LINEAR and > 0 otherwise, a LUT with entries. One that is not
    /// allowed is passed over when a picture is first shown.
    pub fn is_valid(&self) -> bool {
        match self {
            Self::Window { centre, width, function, .. } => {
                let wide_enough = match function {
                    VoiFunction::Linear => *width >= 1.0,
                    _ => *width > 0.0,
                };
                centre.is_finite() && width.is_finite() && wide_enough
            }
            Self::Lut(lut) => !lut.entries.is_empty() && (1..=16).contains(&lut.bits),
        }
    }

    /// Centre and width; for a LUT those of the linear window over the inputs it maps.
    pub fn centre_width(&self) -> (f64, f64) {
        match self {
            Self::Window { centre, width, .. } => (*centre, *width),
            Self::Lut(lut) => {
                let (low, high) = (f64::from(lut.first), lut.last() as f64);
                ((low + high + 1.0) / 2.0, (high - low + 1.0).max(1.0))
            }
        }
    }

    /// The function in use; a LUT becomes LINEAR when it is adjusted by hand.
    pub fn function(&self) -> VoiFunction {
        match self {
            Self::Window { function, .. } => *function,
            Self::Lut(_) => VoiFunction::Linear,
        }
    }

    /// Window Center & Width Explanation or LUT Explanation.
    pub fn explanation(&self) -> Option<&str> {
        match self {
            Self::Window { explanation, .. } => explanation.as_deref(),
            Self::Lut(lut) => lut.explanation.as_deref(),
        }
    }

    /// The same function with another centre and width, brought within `limits` and what PS3.3 allows.
    pub fn adjusted(&self, centre: f64, width: f64, limits: &WindowLimits) -> Self {
        let function = self.function();
        let narrowest = match function {
            VoiFunction::Linear => limits.width.0.max(1.0),
            _ => limits.width.0.max(f64::MIN_POSITIVE),
        };
        let (old_centre, old_width) = self.centre_width();
        let number = |new: f64, old: f64| if new.is_finite() { new } else { old };
        let width = number(width, old_width).max(narrowest).min(limits.width.1.max(narrowest));
        let centre = number(centre, old_centre).max(limits.centre.0).min(limits.centre.1.max(limits.centre.0));
        Self::window(centre, width, function)
    }

    /// For people: "C 40 W 400", or the LUT's explanation.
    pub fn label(&self) -> String {
        match self {
            Self::Window { centre, width, .. } => format!("C {} W {}", number(*centre), number(*width)),
            Self::Lut(lut) => lut.explanation.clone().unwrap_or_else(|| "VOI LUT".into()),
        }
    }
}

impl WindowLimits {
    /// Limits for pictures whose modality values lie in `low..=high` in steps of `step`: wide enough to wash the picture out,
    /// never so far that it is lost.
    pub fn for_range(low: f64, high: f64, step: f64) -> Self {
        let span = (high - low).max(step);
        Self { width: (step.min(1.0) / 16.0, span * 4.0 + 1.0), centre: (low - span, high + span) }
    }
}

/// A number as short as its size allows.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 || v.fract() == 0.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 4,
    };
    format!("{value:.digits$}")
}
