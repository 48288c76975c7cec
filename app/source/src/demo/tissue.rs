//! What each tissue looks like to the three scanners.

/// One tissue.
#[derive(Clone, Copy, Debug)]
pub struct Tissue {
    /// Hounsfield units, portal venous phase.
    pub ct: f32,
    /// Signal of a T2-weighted turbo spin echo, arbitrary units.
    pub mr: f32,
    /// Standardised uptake value of FDG.
    pub pt: f32,
    /// How mottled the tissue is, in Hounsfield units; other scanners see it in proportion.
    pub mottle: f32,
}

const fn tissue(ct: f32, mr: f32, pt: f32, mottle: f32) -> Tissue {
    Tissue { ct, mr, pt, mottle }
}

#[allow(missing_docs)]
pub mod kinds {
    use super::{Tissue, tissue};

    pub const AIR: Tissue = tissue(-1000.0, 6.0, 0.0, 0.0);
    pub const COUCH: Tissue = tissue(-560.0, 6.0, 0.0, 0.0);
    pub const SKIN: Tissue = tissue(20.0, 250.0, 0.4, 6.0);
    pub const FAT: Tissue = tissue(-102.0, 640.0, 0.25, 7.0);
    pub const VISCERAL_FAT: Tissue = tissue(-96.0, 600.0, 0.35, 10.0);
    pub const MUSCLE: Tissue = tissue(56.0, 135.0, 0.6, 9.0);
    pub const SEPTUM: Tissue = tissue(-40.0, 380.0, 0.4, 6.0);
    pub const CORTICAL: Tissue = tissue(820.0, 30.0, 0.5, 60.0);
    pub const MARROW: Tissue = tissue(175.0, 330.0, 1.2, 70.0);
    pub const CARTILAGE: Tissue = tissue(105.0, 150.0, 0.5, 45.0);
    pub const DISC: Tissue = tissue(85.0, 170.0, 0.5, 8.0);
    pub const NUCLEUS: Tissue = tissue(70.0, 520.0, 0.4, 6.0);
    pub const FLUID: Tissue = tissue(8.0, 1050.0, 0.2, 3.0);
    pub const CORD: Tissue = tissue(38.0, 330.0, 1.3, 4.0);
    pub const LUNG: Tissue = tissue(-868.0, 22.0, 0.35, 26.0);
    pub const FISSURE: Tissue = tissue(-690.0, 30.0, 0.35, 0.0);
    pub const LUNG_VESSEL: Tissue = tissue(48.0, 60.0, 0.7, 0.0);
    pub const NODULE: Tissue = tissue(38.0, 320.0, 9.5, 14.0);
    pub const ARTERY: Tissue = tissue(172.0, 28.0, 1.4, 4.0);
    pub const VEIN: Tissue = tissue(158.0, 55.0, 1.4, 4.0);
    pub const CHAMBER: Tissue = tissue(164.0, 70.0, 1.6, 4.0);
    pub const HEART_MUSCLE: Tissue = tissue(108.0, 165.0, 6.2, 6.0);
    pub const WALL: Tissue = tissue(78.0, 190.0, 1.3, 8.0);
    pub const LIVER: Tissue = tissue(112.0, 190.0, 2.3, 7.0);
    pub const LIVER_VEIN: Tissue = tissue(156.0, 60.0, 2.0, 0.0);
    pub const SPLEEN: Tissue = tissue(122.0, 330.0, 1.9, 5.0);
    pub const PANCREAS: Tissue = tissue(96.0, 230.0, 1.5, 16.0);
    pub const RENAL_CORTEX: Tissue = tissue(186.0, 330.0, 3.6, 5.0);
    pub const RENAL_MEDULLA: Tissue = tissue(138.0, 430.0, 3.6, 4.0);
    pub const URINE: Tissue = tissue(14.0, 1000.0, 14.0, 2.0);
    pub const BOWEL_CONTENT: Tissue = tissue(24.0, 620.0, 1.2, 16.0);
    pub const STOOL: Tissue = tissue(18.0, 210.0, 1.0, 95.0);
    pub const GAS: Tissue = tissue(-990.0, 8.0, 0.2, 0.0);
}
