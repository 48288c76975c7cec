//! What the millimetres of an image mean (PS3.3 10.7.1, C.8.5.5).

use super::dataset::Set;
use super::sop_class;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use lightbox_model::geometry::{Spacing, SpacingKind};
use std::sync::Arc;

/// Two positive numbers.
fn pair(set: Set<'_>, tag: Tag) -> Option<[f64; 2]> {
    set.array(tag).filter(|[a, b]: &[f64; 2]| *a > 0.0 && *b > 0.0)
}

/// Spacing from the attributes of the image itself.
pub(crate) fn of_image(set: Set<'_>, sop_class: &str, modality: &str) -> Spacing {
    let regions = regions(set);
    let pixel = pair(set, tags::PIXEL_SPACING);
    let aspect = pair(set, tags::PIXEL_ASPECT_RATIO);
    let (mm, kind) = if !regions.is_empty() && modality == "US" {
        (None, SpacingKind::Region)
    } else if sop_class::is_projection(sop_class, modality) {
        projection(set, pixel)
    } else if sop_class::is_secondary_capture(sop_class) && set.get(tags::IMAGE_ORIENTATION_PATIENT).is_none() {
        match (calibration(set), pixel, pair(set, tags::NOMINAL_SCANNED_PIXEL_SPACING)) {
            (Some(how), Some(mm), _) => (Some(mm), SpacingKind::Calibrated(how)),
            (_, pixel, nominal) if pixel.or(nominal).is_some() => (pixel.or(nominal), SpacingKind::Nominal),
            _ => (None, SpacingKind::None),
        }
    } else {
        match pixel {
            Some(mm) => (Some(mm), SpacingKind::Patient),
            None => (None, SpacingKind::None),
        }
    };
    Spacing { mm, aspect: if mm.is_some() { None } else { aspect }, kind, regions }
}

/// Spacing of an item of the Pixel Measures Sequence: always in the patient.
pub(crate) fn of_measures(item: Set<'_>) -> Option<Spacing> {
    let mm = pair(item, tags::PIXEL_SPACING)?;
    Some(Spacing { mm: Some(mm), kind: SpacingKind::Patient, ..Spacing::default() })
}

/// Spacing of an item of the Frame Pixel Data Properties Sequence of enhanced X-ray images.
pub(crate) fn of_detector(item: Set<'_>) -> Option<Spacing> {
    let mm = pair(item, tags::IMAGER_PIXEL_SPACING)?;
    Some(Spacing { mm: Some(mm), kind: SpacingKind::Detector, ..Spacing::default() })
}

fn projection(set: Set<'_>, pixel: Option<[f64; 2]>) -> (Option<[f64; 2]>, SpacingKind) {
    let detector = pair(set, tags::IMAGER_PIXEL_SPACING).or_else(|| pair(set, tags::IMAGE_PLANE_PIXEL_SPACING));
    match (pixel, detector) {
        (Some(mm), _) if calibration(set).is_some() => (Some(mm), SpacingKind::Calibrated(calibration(set).unwrap_or_default())),
        (Some(mm), Some(at)) if !same(mm, at) => (Some(mm), SpacingKind::Calibrated("type not stated".to_owned())),
        (_, Some(at)) | (Some(at), None) => {
            match set.number(tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR).filter(|f| *f >= 1.0) {
                Some(factor) => (Some(at.map(|v| v / factor)), SpacingKind::Magnified),
                None => (Some(at), SpacingKind::Detector),
            }
        }
        (None, None) => (None, SpacingKind::None),
    }
}

/// Equal but for the rounding of decimal strings.
fn same(a: [f64; 2], b: [f64; 2]) -> bool {
    (0..2).all(|i| (a[i] - b[i]).abs() <= 1e-4 * b[i])
}

/// Pixel Spacing Calibration Type and Description.
fn calibration(set: Set<'_>) -> Option<String> {
    let kind = set.short_text(tags::PIXEL_SPACING_CALIBRATION_TYPE)?;
    Some(match set.short_text(tags::PIXEL_SPACING_CALIBRATION_DESCRIPTION) {
        Some(description) => format!("{kind}: {description}"),
        None => kind,
    })
}

/// Ultrasound regions whose two directions are lengths.
fn regions(set: Set<'_>) -> Arc<[([u32; 4], [f64; 2])]> {
    const CENTIMETRES: i64 = 3;
    set.items(tags::SEQUENCE_OF_ULTRASOUND_REGIONS)
        .filter_map(|region| {
            let edge = |tag| region.integer(tag).and_then(|v| u32::try_from(v).ok());
            let lengths = [tags::PHYSICAL_UNITS_X_DIRECTION, tags::PHYSICAL_UNITS_Y_DIRECTION]
                .iter()
                .all(|&tag| region.integer(tag) == Some(CENTIMETRES));
            let delta = |tag| region.number(tag).map(|v| v.abs() * 10.0).filter(|v| *v > 0.0);
            let rectangle = [
                edge(tags::REGION_LOCATION_MIN_X0)?,
                edge(tags::REGION_LOCATION_MIN_Y0)?,
                edge(tags::REGION_LOCATION_MAX_X1)?,
                edge(tags::REGION_LOCATION_MAX_Y1)?,
            ];
            lengths.then_some((rectangle, [delta(tags::PHYSICAL_DELTA_X)?, delta(tags::PHYSICAL_DELTA_Y)?]))
        })
        .collect()
}
