//! The well-known colour palettes (PS3.6 Annex B) for pseudo-colour of grey pictures.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A well-known palette of PS3.6 Annex B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum PseudoColour {
    HotIron,
    Pet,
    HotMetalBlue,
    Pet20Step,
    Spring,
    Summer,
    Fall,
    Winter,
}

impl PseudoColour {
    /// All of them, in the order of the standard.
    pub const ALL: [Self; 8] =
        [Self::HotIron, Self::Pet, Self::HotMetalBlue, Self::Pet20Step, Self::Spring, Self::Summer, Self::Fall, Self::Winter];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::HotIron => "Hot iron",
            Self::Pet => "PET",
            Self::HotMetalBlue => "Hot metal blue",
            Self::Pet20Step => "PET 20 step",
            Self::Spring => "Spring",
            Self::Summer => "Summer",
            Self::Fall => "Fall",
            Self::Winter => "Winter",
        }
    }

    /// 256 RGB colours from dark to bright grey.
    pub fn entries(self) -> Arc<[[u8; 3]; 256]> {
        // 256 interleaved RGB triples each.
        let bytes: &[u8; 768] = match self {
            Self::HotIron => include_bytes!("palettes/hotiron.rgb"),
            Self::Pet => include_bytes!("palettes/pet.rgb"),
            Self::HotMetalBlue => include_bytes!("palettes/hotmetalblue.rgb"),
            Self::Pet20Step => include_bytes!("palettes/pet20step.rgb"),
            Self::Spring => include_bytes!("palettes/spring.rgb"),
            Self::Summer => include_bytes!("palettes/summer.rgb"),
            Self::Fall => include_bytes!("palettes/fall.rgb"),
            Self::Winter => include_bytes!("palettes/winter.rgb"),
        };
        Arc::new(std::array::from_fn(|i| [bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]]))
    }
}
