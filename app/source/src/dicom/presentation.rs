//! Softcopy presentation states (PS3.3 A.33): Grayscale ones whole, the others by name and the images they are about.

use super::dataset::Set;
use super::functional_groups::Context;
use super::image::{modality_transform, unknown_voi_function, voi_list};
use super::{annotation, lut, sop_class};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use lightbox_model::image::FrameFacts;
use lightbox_model::presentation::{DisplayedArea, ForImages, ImageReference, Presentation, PresentationLut, SizeMode, Transforms};

/// References to images in one state, those of its parts among them.
const MAX_REFERENCES: usize = 1 << 16;
/// Frames that these references name.
const MAX_FRAMES: usize = 1 << 20;
/// Corners of a displayed area lie within this many pixels of the image's own.
const FARTHEST: f64 = (1u64 << 31) as f64;
/// Magnification beyond which a picture is lost.
const LARGEST: f64 = 1024.0;

/// The presentation state that a data set of this SOP class is; `None` for other objects.
pub(crate) fn read(root: Set<'_>, sop_class: &str) -> Option<Presentation> {
    let kind = sop_class::presentation_name(sop_class)?;
    let mut references = References::default();
    let series = root.items(tags::REFERENCED_SERIES_SEQUENCE);
    let mut images: Vec<_> = series.flat_map(|series| references.of(series)).collect();
    // Blending states (A.33.4) have their series in the items that they blend.
    let blended = root.items(tags::BLENDING_SEQUENCE).flat_map(|item| item.items(tags::REFERENCED_SERIES_SEQUENCE));
    images.extend(blended.flat_map(|series| references.of(series)));
    let transforms = if sop_class == uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE {
        transforms(root, &mut references)
    } else {
        Err(format!("A {} is not applied by this program.", sentence_case(kind)))
    };
    let transforms = match references.refused() {
        Some(why) => Err(why),
        None => transforms,
    };
    Some(Presentation {
        kind,
        label: root.text(tags::CONTENT_LABEL),
        description: root.text(tags::CONTENT_DESCRIPTION),
        date: root.text(tags::PRESENTATION_CREATION_DATE),
        time: root.text(tags::PRESENTATION_CREATION_TIME),
        creator: root.text(tags::CONTENT_CREATOR_NAME).trim_end_matches('=').to_owned(),
        images,
        transforms,
    })
}

/// A kind of state within a sentence; "XA/XRF" stays as it is.
fn sentence_case(kind: &str) -> String {
    let is_word = kind.chars().nth(1).is_some_and(char::is_lowercase);
    if is_word { kind.replacen(|c: char| c.is_uppercase(), &kind[..1].to_lowercase(), 1) } else { kind.to_owned() }
}

/// Reads references, and counts them: parts of a state may name every image again.
#[derive(Default)]
struct References {
    images: usize,
    frames: usize,
    unusable: Option<String>,
}

impl References {
    /// Referenced Image Sequence of a series or of a part; empty where there is none.
    fn of(&mut self, set: Set<'_>) -> Vec<ImageReference> {
        let mut images = Vec::new();
        for item in set.items(tags::REFERENCED_IMAGE_SEQUENCE) {
            let numbers = item.numbers(tags::REFERENCED_FRAME_NUMBER);
            self.images += 1;
            self.frames += numbers.len();
            if self.images > MAX_REFERENCES || self.frames > MAX_FRAMES {
                break;
            }
            let whole = |n: &f64| n.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(n);
            let instance = item.text(tags::REFERENCED_SOP_INSTANCE_UID);
            if instance.is_empty() || !numbers.iter().all(whole) {
                self.unusable.get_or_insert_with(|| "A reference to an image in it is not usable.".to_owned());
                continue;
            }
            images.push(ImageReference { instance, frames: numbers.into_iter().map(|n| n as u32 - 1).collect() });
        }
        images
    }

    /// A part of a state with the images that it holds for.
    fn part<T>(&mut self, item: Set<'_>, value: T) -> ForImages<T> {
        ForImages { images: self.of(item), value }
    }

    /// Why a state with these references is not applied.
    fn refused(self) -> Option<String> {
        if self.images > MAX_REFERENCES || self.frames > MAX_FRAMES {
            return Some(format!(
                "It names more than the {MAX_REFERENCES} images or {MAX_FRAMES} frames allowed; it may be damaged."
            ));
        }
        self.unusable
    }
}

/// What a Grayscale Softcopy Presentation State does; the sentence that says why where it is not usable. One that could be followed only
/// in part of the grey scale or of the turns would show another picture than was meant, so it is refused as a whole.
fn transforms(root: Set<'_>, references: &mut References) -> Result<Transforms, String> {
    if root.item(tags::MASK_SUBTRACTION_SEQUENCE).is_some() {
        return Err("It subtracts a mask, which is not supported.".to_owned());
    }
    let mut defects = Vec::new();
    // What the state says in groups of its own it says of images with whatever signs; Pixel Representation is seldom there.
    let context = Context { signed: root.integer(tags::PIXEL_REPRESENTATION) == Some(1), stored: 16 };
    let mut facts = FrameFacts::default();
    modality_transform(root, &mut facts, context, &mut defects);
    facts.modality.check().unwrap_or_else(|e| defects.push(e.to_string()));
    let mut voi = Vec::new();
    for item in root.items(tags::SOFTCOPY_VOILUT_SEQUENCE) {
        let list = voi_list(item, &facts.modality, context, &mut defects);
        if !list.iter().any(|voi| voi.is_valid()) {
            defects.push("An item of its Softcopy VOI LUT Sequence (0028,3110) has no usable window or LUT.".to_owned());
        }
        if let Some(function) = unknown_voi_function(item) {
            defects.push(format!("Its VOI LUT Function (0028,1056) is \"{function}\", which is not known."));
        }
        voi.push(references.part(item, list));
    }
    let lut = presentation_lut(root)?;
    let (quarter_turns, flip) = spatial(root)?;
    let areas = root.items(tags::DISPLAYED_AREA_SELECTION_SEQUENCE);
    let areas = areas.map(|item| Ok(references.part(item, area(item)?))).collect::<Result<_, String>>()?;
    if let Some(defect) = defects.into_iter().next() {
        return Err(defect);
    }
    let mut annotations = annotation::Reader::new(root);
    let annotated = root.items(tags::GRAPHIC_ANNOTATION_SEQUENCE);
    Ok(Transforms {
        modality: facts.modality,
        voi,
        lut,
        quarter_turns,
        flip,
        areas,
        annotations: annotated.map(|item| references.part(item, annotations.read(item))).collect(),
        overlays: activated(root).next().is_some(),
        not_shown: not_shown(root),
    })
}

/// Presentation LUT Sequence, else Presentation LUT Shape (C.11.6).
fn presentation_lut(root: Set<'_>) -> Result<PresentationLut, String> {
    if let Some(item) = root.item(tags::PRESENTATION_LUT_SEQUENCE) {
        let table = lut::read(item, false).map_err(|why| format!("Its Presentation LUT cannot be used: {why}."))?;
        if table.first != 0 || table.entries.is_empty() {
            return Err(format!("Its Presentation LUT begins at {} and not at 0.", table.first));
        }
        return Ok(PresentationLut::Table(table));
    }
    match root.text(tags::PRESENTATION_LUT_SHAPE).as_str() {
        "IDENTITY" | "" => Ok(PresentationLut::Identity),
        "INVERSE" => Ok(PresentationLut::Inverse),
        shape => Err(format!("Its Presentation LUT Shape (2050,0020) is \"{shape}\", which is not known.")),
    }
}

/// Spatial Transformation (C.10.6): quarter turns clockwise, then whether it is flipped.
fn spatial(root: Set<'_>) -> Result<(u8, bool), String> {
    let turns = match root.integer(tags::IMAGE_ROTATION) {
        None => 0,
        Some(degrees) if degrees.rem_euclid(90) == 0 => (degrees / 90).rem_euclid(4) as u8,
        Some(degrees) => {
            return Err(format!("Its Image Rotation (0070,0042) is {degrees}\u{b0}, which is no multiple of 90\u{b0}."));
        }
    };
    Ok((turns, root.text(tags::IMAGE_HORIZONTAL_FLIP) == "Y"))
}

/// An item of the Displayed Area Selection Sequence (C.10.4). Corners count pixels from 1, inclusive, before the image is turned; after a
/// turn either may be the one nearer to the origin.
fn area(item: Set<'_>) -> Result<DisplayedArea, String> {
    let corner = |tag| item.array::<2>(tag).filter(|c| c.iter().all(|v| v.fract() == 0.0 && v.abs() < FARTHEST));
    let corners = corner(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER).zip(corner(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER));
    let (a, b) = corners.ok_or("Its displayed area (0070,0052), (0070,0053) is not usable.")?;
    let magnification = item.number(tags::PRESENTATION_PIXEL_MAGNIFICATION_RATIO).filter(|r| *r > 0.0 && *r <= LARGEST);
    let size = match item.text(tags::PRESENTATION_SIZE_MODE).as_str() {
        "SCALE TO FIT" | "" => SizeMode::ScaleToFit,
        "TRUE SIZE" => SizeMode::TrueSize,
        "MAGNIFY" => SizeMode::Magnify(magnification.ok_or("Its magnification ratio (0070,0103) is not usable.")?),
        mode => return Err(format!("Its Presentation Size Mode (0070,0100) is \"{mode}\", which is not known.")),
    };
    let pair = item.array::<2>(tags::PRESENTATION_PIXEL_SPACING).or_else(|| item.array(tags::PRESENTATION_PIXEL_ASPECT_RATIO));
    Ok(DisplayedArea {
        from: std::array::from_fn(|i| a[i].min(b[i]) - 1.0),
        to: std::array::from_fn(|i| a[i].max(b[i])),
        size,
        // Both are vertical, then horizontal.
        aspect: pair.filter(|[v, h]| *v > 0.0 && *h > 0.0).map(|[v, h]| v / h),
    })
}

/// Overlay groups that are put into a layer (C.11.7).
fn activated(root: Set<'_>) -> impl Iterator<Item = u16> {
    (0x6000u16..=0x601E).step_by(2).filter(move |&group| root.some_text(Tag(group, 0x1001)).is_some())
}

fn not_shown(root: Set<'_>) -> Vec<String> {
    let mut words = Vec::new();
    if root.get(tags::SHUTTER_SHAPE).is_some() {
        words.push("its display shutter".to_owned());
    }
    if (0x6000..=0x601E).step_by(2).any(|group| root.get(Tag(group, 0x3000)).is_some()) {
        words.push("its own overlay planes".to_owned());
    }
    words
}
