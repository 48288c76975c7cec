//! How a picture is shown before anyone touches it.

use super::{CT_PRESETS, ColourModel, Display, Error, Modality, Voi, VoiFunction};
use crate::histogram::Histogram;
use crate::image::{Delivered, ImageHeader, Photometric};

/// Share of pixels below and above the window that is found from the picture itself.
const TAIL: f64 = 0.005;

/// Where the first window came from, for the inspector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoiOrigin {
    /// A presentation state.
    Presentation,
    /// Item of [`crate::image::FrameFacts::voi`]: VOI LUT Sequence items come before windows there.
    Header(usize),
    /// The modality's preset, because the header has none.
    Preset,
    /// Percentiles of the picture without its padding.
    Percentile,
    /// Everything the stored bits can hold; the picture was not yet decoded.
    FullRange,
}

/// A first window and its origin.
#[derive(Clone, Debug, PartialEq)]
pub struct InitialVoi {
    /// The window or LUT.
    pub voi: Voi,
    /// Why this one.
    pub origin: VoiOrigin,
}

impl InitialVoi {
    /// The first usable item of the header (VOI LUT Sequence, then windows); then for CT in Hounsfield units the soft tissue preset;
    /// then the 0.5 % to 99.5 % percentiles of the picture without padding; then the whole range of the stored bits.
    pub fn choose(image: &ImageHeader, modality: &str, frame: u32, histogram: Option<&Histogram>) -> Self {
        let facts = image.facts(frame);
        if let Some((i, voi)) = facts.voi.iter().enumerate().find(|(_, voi)| voi.is_valid()) {
            return Self { voi: voi.clone(), origin: VoiOrigin::Header(i) };
        }
        let hounsfield = match facts.units.as_deref() {
            Some(units) => units.trim() == "HU",
            // Rescale Type is optional in CT Image objects: Hounsfield units are implied (C.8.2.1.1.2).
            None => facts.modality != Modality::Identity,
        };
        if modality == "CT" && hounsfield {
            return Self { voi: CT_PRESETS[0].voi(), origin: VoiOrigin::Preset };
        }
        match histogram {
            Some(histogram) => Self { voi: percentile_window(histogram), origin: VoiOrigin::Percentile },
            None => Self { voi: full_range(image, &facts.modality), origin: VoiOrigin::FullRange },
        }
    }
}

/// Window over all but the tails of the picture; over everything where almost all pixels have one value (masks).
fn percentile_window(histogram: &Histogram) -> Voi {
    let (mut low, mut high) = (histogram.percentile(TAIL), histogram.percentile(1.0 - TAIL));
    if low >= high {
        (low, high) = (histogram.min(), histogram.max());
    }
    spanning(low, high, histogram.step())
}

/// LINEAR_EXACT, because it is allowed for any width: PET and parametric maps have ranges below 1.
fn spanning(low: f64, high: f64, step: f64) -> Voi {
    let width = if high > low { high - low } else { step.max(f64::from(f32::MIN_POSITIVE)) };
    Voi::window((low + high) / 2.0, width, VoiFunction::LinearExact)
}

fn full_range(image: &ImageHeader, modality: &Modality) -> Voi {
    let (low, high) = stored_range(image);
    let (low, high) = modality.range(low, high);
    spanning(low, high, modality.step())
}

/// Least and greatest value that the stored bits can hold.
fn stored_range(image: &ImageHeader) -> (i64, i64) {
    let bits = u32::from(image.format.stored.clamp(1, 32));
    if image.format.signed { (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1) } else { (0, (1i64 << bits) - 1) }
}

impl Voi {
    /// The VOI stage as the identity (PS3.4 N.2.1.3): the whole range that the modality transform can give, of a table what its bits
    /// can hold.
    pub fn identity(image: &ImageHeader, modality: &Modality) -> Self {
        match modality {
            Modality::Lut(lut) => spanning(0.0, lut.full_scale(), 1.0),
            _ => full_range(image, modality),
        }
    }
}

impl Display {
    /// How frame `frame` (from 0) is first shown. `modality` is the object's Modality (0008,0060); `delivered` is what the
    /// decoded samples are, which is believed over the header; `histogram` is that of the decoded frame.
    ///
    /// # Errors
    /// [`Error`] where the header's numbers or the colour space would make a wrong picture.
    pub fn initial(
        image: &ImageHeader,
        modality: &str,
        frame: u32,
        delivered: Delivered,
        histogram: Option<&Histogram>,
    ) -> Result<Self, Error> {
        let initial = InitialVoi::choose(image, modality, frame, histogram);
        Self::with_voi(image, frame, delivered, initial.voi)
    }

    /// As [`Display::initial`] with the window already chosen.
    ///
    /// # Errors
    /// As [`Display::initial`].
    pub fn with_voi(image: &ImageHeader, frame: u32, delivered: Delivered, voi: Voi) -> Result<Self, Error> {
        let bits = delivered.bits.clamp(1, 32) as u8;
        if ColourModel::of(delivered.photometric)? != ColourModel::Grey {
            return Self::colour(delivered.photometric, bits, image.palette.clone());
        }
        let facts = image.facts(frame);
        facts.modality.check()?;
        let mut display = Self::new(facts.modality.clone(), voi);
        display.bits = bits;
        display.padding = image.padding;
        display.palette = image.palette.clone().filter(|_| facts.supplemental_palette);
        // A MONOCHROME1 image may say INVERSE too (it must in DX): that is one inversion, not two (C.11.6, C.8.11.3).
        display.inverse = delivered.photometric == Photometric::Monochrome1 || image.presentation_inverse;
        Ok(display)
    }
}
