//! Windows by name.

use super::{Voi, VoiFunction};
use serde::{Deserialize, Serialize};

/// A named window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// What it is for.
    pub name: std::borrow::Cow<'static, str>,
    /// Window Width.
    pub width: f64,
    /// Window Center ("level").
    pub centre: f64,
}

impl Preset {
    const fn new(name: &'static str, width: f64, centre: f64) -> Self {
        Self { name: std::borrow::Cow::Borrowed(name), width, centre }
    }

    /// The window itself, LINEAR.
    pub fn voi(&self) -> Voi {
        Voi::Window {
            centre: self.centre,
            width: self.width,
            function: VoiFunction::Linear,
            explanation: Some(self.name.clone().into_owned()),
        }
    }
}

/// Presets for CT in Hounsfield units, in the order of the keys 1 to 7.
pub const CT_PRESETS: [Preset; 7] = [
    Preset::new("Soft tissue", 400.0, 40.0),
    Preset::new("Lung", 1500.0, -600.0),
    Preset::new("Bone", 2500.0, 480.0),
    Preset::new("Brain", 80.0, 40.0),
    Preset::new("Abdomen", 350.0, 40.0),
    Preset::new("Liver", 150.0, 90.0),
    Preset::new("Mediastinum", 400.0, 40.0),
];
