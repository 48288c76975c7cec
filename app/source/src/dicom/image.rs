//! The image header: everything of an image object but its pixels (PS3.3 C.7.6).

use super::dataset::Set;
use super::functional_groups::{self, Context};
use super::{lut, palette, shutter, spacing};
use dicom_dictionary_std::{tags, uids};
use lightbox_model::display::{Modality, Padding, Voi, VoiFunction};
use lightbox_model::geometry::PlanePosition;
use lightbox_model::image::{FrameFacts, ImageHeader, Photometric, PixelFormat, SplitKey};
use std::sync::Arc;

/// Frames of one object that are listed: ten hours of cine, or three times the tiles of the largest slides.
const MAX_FRAMES: i64 = 1 << 20;
/// Windows listed of one image or frame: more than a person would go through.
const MAX_WINDOWS: usize = 256;
/// Defects told of one object.
const MOST_DEFECTS: usize = 5;

/// Which of the pixel data elements the object has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PixelKind {
    Integer,
    Float,
    Double,
    None,
}

/// Reads the header of an image. What is missing or contradictory is told in [`ImageHeader::defect`].
pub(crate) fn read(root: Set<'_>, transfer_syntax: &str, pixels: PixelKind) -> ImageHeader {
    let mut defects = Vec::new();
    let format = pixel_format(root, pixels, &mut defects);
    let size = |tag, name: &str, defects: &mut Vec<String>| match root.integer(tag) {
        Some(v @ 1..=0x7FFF_FFFF) => v as u32,
        _ => {
            defects.push(format!("{name} is missing or zero."));
            0
        }
    };
    let rows = size(tags::ROWS, "Rows (0028,0010)", &mut defects);
    let columns = size(tags::COLUMNS, "Columns (0028,0011)", &mut defects);
    let frames = frame_count(root, &mut defects);
    if pixels == PixelKind::None {
        defects.push("The object has no Pixel Data (7FE0,0010).".to_owned());
    }

    let context = Context { signed: format.signed, stored: format.stored };
    let mut shared = shared_facts(root, context, &mut defects);
    for item in root.items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE) {
        functional_groups::apply(item, &mut shared, context, &mut defects);
    }
    let mut per_frame = functional_groups::per_frame(root, frames, &shared, context, &mut defects);
    if per_frame.is_empty() {
        per_frame = functional_groups::grid_offsets(root, frames, &shared);
    }
    let coloured = shared.supplemental_palette || per_frame.iter().any(|facts| facts.supplemental_palette);
    let palette = match palette::read(root, format.signed) {
        Ok(None) if format.photometric == Photometric::PaletteColor => {
            defects.push("The image is PALETTE COLOR and has no palette.".to_owned());
            None
        }
        Ok(palette) => palette.map(Arc::new),
        Err(why) => {
            if format.photometric == Photometric::PaletteColor || coloured {
                defects.push(sentence(&why));
            }
            None
        }
    };
    ImageHeader {
        rows,
        columns,
        frames,
        format,
        transfer_syntax: transfer_syntax.to_owned(),
        shared,
        per_frame,
        palette,
        padding: padding(root, &format),
        presentation_inverse: root.text(tags::PRESENTATION_LUT_SHAPE) == "INVERSE",
        lossy: lossy(root, transfer_syntax),
        burned_in: root.is_yes(tags::BURNED_IN_ANNOTATION),
        patient_orientation: patient_orientation(root),
        quadruped: root.text(tags::ANATOMICAL_ORIENTATION_TYPE) == "QUADRUPED",
        overlays: Vec::new(),
        shutters: shutter::read(root),
        frame_time_ms: frame_time(root),
        icc: icc(root),
        defect: told(defects),
    }
}

/// The first few of these sentences: every frame may have brought one.
fn told(mut defects: Vec<String>) -> Option<String> {
    defects.dedup();
    defects.truncate(MOST_DEFECTS);
    if defects.is_empty() { None } else { Some(defects.join(" ")) }
}

/// A reason as a sentence.
pub(crate) fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn frame_count(root: Set<'_>, defects: &mut Vec<String>) -> u32 {
    let text = root.text(tags::NUMBER_OF_FRAMES);
    match root.integer(tags::NUMBER_OF_FRAMES) {
        Some(n @ 1..=MAX_FRAMES) => n as u32,
        None if text.is_empty() => 1,
        Some(0) => 1,
        _ => {
            defects.push(format!("Number of Frames (0028,0008) is \"{text}\", which is not a usable number."));
            1
        }
    }
}

fn pixel_format(root: Set<'_>, pixels: PixelKind, defects: &mut Vec<String>) -> PixelFormat {
    let float = matches!(pixels, PixelKind::Float | PixelKind::Double);
    let number = |tag| root.integer(tag).and_then(|v| u16::try_from(v).ok());
    let samples = number(tags::SAMPLES_PER_PIXEL).filter(|n| *n > 0).unwrap_or(1);
    let allocated = match (pixels, number(tags::BITS_ALLOCATED)) {
        (PixelKind::Float, _) => 32,
        (PixelKind::Double, _) => 64,
        (_, Some(bits)) => bits,
        (_, None) => {
            defects.push("Bits Allocated (0028,0100) is missing.".to_owned());
            0
        }
    };
    let stored = number(tags::BITS_STORED).filter(|n| *n > 0 && !float).unwrap_or(allocated);
    let high_bit = number(tags::HIGH_BIT).filter(|_| !float).unwrap_or(stored.saturating_sub(1));
    if !matches!(allocated, 0 | 1 | 8 | 16 | 24 | 32 | 64) {
        defects.push(format!("Bits Allocated (0028,0100) is {allocated}, which is not supported."));
    }
    if stored > allocated || high_bit >= allocated.max(1) || high_bit + 1 < stored {
        defects.push(format!("Bits Allocated {allocated}, Bits Stored {stored} and High Bit {high_bit} contradict each other."));
    }
    let term = root.text(tags::PHOTOMETRIC_INTERPRETATION);
    let photometric = Photometric::from_term(&term).unwrap_or_else(|| {
        defects.push(if term.is_empty() {
            "Photometric Interpretation (0028,0004) is missing.".to_owned()
        } else {
            format!("Photometric Interpretation \"{term}\" is not known.")
        });
        if samples == 3 { Photometric::Rgb } else { Photometric::Monochrome2 }
    });
    let expected = if photometric.is_grey() || photometric == Photometric::PaletteColor { 1 } else { 3 };
    if samples != expected {
        defects.push(format!("Samples per Pixel is {samples}, but {} has {expected}.", photometric.term()));
    }
    PixelFormat {
        samples,
        allocated,
        stored,
        high_bit,
        signed: root.integer(tags::PIXEL_REPRESENTATION) == Some(1) || float,
        photometric,
        planar: root.integer(tags::PLANAR_CONFIGURATION) == Some(1),
        float,
    }
}

/// Attributes of classic objects, and of enhanced ones that repeat them at the top.
fn shared_facts(root: Set<'_>, context: Context, defects: &mut Vec<String>) -> FrameFacts {
    let modality = root.text(tags::MODALITY);
    let detector = root.item(tags::DETECTOR_INFORMATION_SEQUENCE);
    let vector = |tag| root.array(tag).or_else(|| detector?.array(tag));
    let mut facts = FrameFacts {
        plane: PlanePosition {
            position: vector(tags::IMAGE_POSITION_PATIENT),
            orientation: root.array(tags::IMAGE_ORIENTATION_PATIENT).or_else(|| detector?.array(tags::IMAGE_ORIENTATION_PATIENT)),
            thickness: root.number(tags::SLICE_THICKNESS),
            between: root.number(tags::SPACING_BETWEEN_SLICES),
        },
        spacing: spacing::of_image(root, &root.text(tags::SOP_CLASS_UID), &modality),
        split: SplitKey {
            stack: None,
            temporal: root.integer(tags::TEMPORAL_POSITION_IDENTIFIER),
            b_value: root.number(tags::DIFFUSION_B_VALUE),
            echo: root.number(tags::ECHO_NUMBERS),
            trigger: root.number(tags::TRIGGER_TIME),
        },
        supplemental_palette: root.text(tags::PIXEL_PRESENTATION) == "COLOR",
        order: root.integer(tags::INSTANCE_NUMBER),
        ..FrameFacts::default()
    };
    modality_transform(root, &mut facts, context, defects);
    if facts.units.is_none() {
        facts.units = match modality.as_str() {
            "PT" => root.short_text(tags::UNITS),
            "CT" if matches!(facts.modality, Modality::Rescale { .. }) => Some("HU".to_owned()),
            _ => root.short_text(tags::DOSE_UNITS),
        };
    }
    facts.voi = voi_list(root, &facts.modality, context, defects).into();
    facts.unknown_voi_function = unknown_voi_function(root);
    facts
}

/// Modality LUT Sequence, else Rescale Slope and Intercept (C.11.1). Leaves `facts` alone where the set has neither.
pub(crate) fn modality_transform(set: Set<'_>, facts: &mut FrameFacts, context: Context, defects: &mut Vec<String>) {
    if let Some(item) = set.item(tags::MODALITY_LUT_SEQUENCE) {
        match lut::read(item, context.signed) {
            Ok(table) => {
                facts.modality = Modality::Lut(table);
                facts.units = item.short_text(tags::MODALITY_LUT_TYPE).filter(|t| t != "US");
                return;
            }
            Err(why) => defects.push(format!("The Modality LUT cannot be used: {why}.")),
        }
    }
    let slope = set.number(tags::RESCALE_SLOPE);
    let intercept = set.number(tags::RESCALE_INTERCEPT);
    if slope == Some(0.0) {
        defects.push("Rescale Slope (0028,1053) is 0, which would make every pixel alike.".to_owned());
        return;
    }
    if slope.is_some() || intercept.is_some() {
        facts.modality = Modality::Rescale { slope: slope.unwrap_or(1.0), intercept: intercept.unwrap_or(0.0) };
        facts.units = set.short_text(tags::RESCALE_TYPE).filter(|t| t != "US").or_else(|| facts.units.take());
    }
}

/// Every VOI LUT, then every window (C.11.2).
pub(crate) fn voi_list(set: Set<'_>, modality: &Modality, context: Context, defects: &mut Vec<String>) -> Vec<Voi> {
    let signed = match modality {
        Modality::Lut(_) => false,
        Modality::Identity => context.signed,
        Modality::Rescale { slope, intercept } => {
            let half = 2f64.powi(i32::from(context.stored.clamp(1, 32)) - 1);
            let (low, high) = if context.signed { (-half, half - 1.0) } else { (0.0, 2.0 * half - 1.0) };
            (low * slope).min(high * slope) + intercept < 0.0
        }
    };
    let mut list = Vec::new();
    for item in set.items(tags::VOILUT_SEQUENCE) {
        match lut::read(item, signed) {
            Ok(table) => list.push(Voi::Lut(table)),
            Err(why) => defects.push(format!("A VOI LUT cannot be used: {why}.")),
        }
    }
    let centres = set.numbers(tags::WINDOW_CENTER);
    let widths = set.numbers(tags::WINDOW_WIDTH);
    let explanations = set.texts(tags::WINDOW_CENTER_WIDTH_EXPLANATION);
    let function = voi_function(set).unwrap_or_default();
    for (index, (&centre, &width)) in centres.iter().zip(&widths).take(MAX_WINDOWS).enumerate() {
        let legal = if function == VoiFunction::Linear { width >= 1.0 } else { width > 0.0 };
        if centre.is_finite() && width.is_finite() && legal {
            let explanation = explanations.get(index).filter(|e| !e.is_empty()).cloned();
            list.push(Voi::Window { centre, width, function, explanation });
        }
    }
    list
}

/// VOI LUT Function (0028,1056), LINEAR where there is none; what it says where the standard has no such function.
fn voi_function(set: Set<'_>) -> Result<VoiFunction, String> {
    match set.short_text(tags::VOILUT_FUNCTION).as_deref() {
        None | Some("LINEAR") => Ok(VoiFunction::Linear),
        Some("LINEAR_EXACT") => Ok(VoiFunction::LinearExact),
        Some("SIGMOID") => Ok(VoiFunction::Sigmoid),
        Some(other) => Err(other.to_owned()),
    }
}

/// See [`FrameFacts::unknown_voi_function`]; it matters where there is a window.
pub(crate) fn unknown_voi_function(set: Set<'_>) -> Option<Arc<str>> {
    set.get(tags::WINDOW_CENTER)?;
    voi_function(set).err().map(Arc::from)
}

/// Pixel Padding Value and Range Limit, as stored values are: masked to Bits Stored and with their sign.
fn padding(root: Set<'_>, format: &PixelFormat) -> Option<Padding> {
    if format.float || !(1..=16).contains(&format.stored) {
        return None;
    }
    let value = |tag| {
        let element = root.get(tag)?;
        let word = match element.words().first() {
            Some(&word) => word,
            None => return None,
        };
        let spare = 32 - u32::from(format.stored);
        let up = u32::from(word) << spare;
        Some(if format.signed { (up as i32) >> spare } else { (up >> spare) as i32 })
    };
    let one = value(tags::PIXEL_PADDING_VALUE)?;
    let other = value(tags::PIXEL_PADDING_RANGE_LIMIT).unwrap_or(one);
    Some(Padding { low: one.min(other), high: one.max(other) })
}

/// "Lossy" with method and ratio, where the header or the transfer syntax says so.
fn lossy(root: Set<'_>, transfer_syntax: &str) -> Option<String> {
    let by_syntax = matches!(transfer_syntax, uids::JPEG_BASELINE8_BIT | uids::JPEG_EXTENDED12_BIT);
    if root.text(tags::LOSSY_IMAGE_COMPRESSION) != "01" && !by_syntax {
        return None;
    }
    let methods = root.texts(tags::LOSSY_IMAGE_COMPRESSION_METHOD).join(", ");
    let ratios: Vec<_> =
        root.numbers(tags::LOSSY_IMAGE_COMPRESSION_RATIO).iter().filter(|r| r.is_finite()).map(|r| format!("{r}:1")).collect();
    let parts = ["Lossy".to_owned(), methods, ratios.join(", ")];
    Some(parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" "))
}

fn patient_orientation(root: Set<'_>) -> Option<[String; 2]> {
    let mut letters = root.texts(tags::PATIENT_ORIENTATION).into_iter();
    let pair = [letters.next()?, letters.next()?];
    pair.iter().any(|l| !l.is_empty()).then_some(pair)
}

fn frame_time(root: Set<'_>) -> Option<f32> {
    let positive = |v: f64| (v > 0.0).then_some(v);
    let rate = |tag| root.number(tag).and_then(positive).map(|per_second| 1000.0 / per_second);
    let vector = || {
        let times = root.numbers(tags::FRAME_TIME_VECTOR);
        let steps: Vec<_> = times.into_iter().skip(1).filter(|t| t.is_finite() && *t > 0.0).collect();
        (!steps.is_empty()).then(|| steps.iter().sum::<f64>() / steps.len() as f64)
    };
    root.number(tags::FRAME_TIME)
        .and_then(positive)
        .or_else(vector)
        .or_else(|| rate(tags::RECOMMENDED_DISPLAY_FRAME_RATE))
        .or_else(|| rate(tags::CINE_RATE))
        .map(|ms| ms as f32)
}

/// The image's own profile, else that of its optical paths where they have one in common: which path a frame was seen through is not
/// known here, and a wrong profile is worse than none.
fn icc(root: Set<'_>) -> Option<Arc<[u8]>> {
    fn profile(set: Set<'_>) -> Option<&[u8]> {
        set.get(tags::ICC_PROFILE).map(|e| e.bytes()).filter(|b| !b.is_empty())
    }
    let optical = || {
        let mut paths = root.items(tags::OPTICAL_PATH_SEQUENCE).map(profile);
        let first = paths.next()??;
        paths.all(|other| other == Some(first)).then_some(first)
    };
    profile(root).or_else(optical).map(Arc::from)
}
