//! One ICC profile, read once and kept: frames of a multi-frame object and images of a series share it.

use moxcms::{
    BarycentricWeightScale, ColorProfile, DataColorSpace, InterpolationMethod, Layout, ParsingOptions, ProfileClass, ProfileText,
    ProfileVersion, RenderingIntent, Transform8BitExecutor, Transform16BitExecutor, TransformOptions,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// Largest profile in bytes. Camera and scanner profiles with tables take one or two MiB.
const MOST_BYTES: usize = 8 << 20;
/// Largest description in characters.
const MOST_LETTERS: usize = 80;
/// Profiles kept. One study rarely has more than two.
const KEPT: usize = 8;
/// Luminance of the reference medium's black that a perceptual table of version 4 profiles is made for, relative to its white
/// (ISO 15076-1, 6.3.4.3: 0.34731 %).
const PERCEPTUAL_BLACK: f64 = 0.003_473_1;

/// Bits of the samples that a transform is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// 0..=255
    Eight,
    /// 0..=65535
    Sixteen,
}

/// A profile's way to sRGB.
pub struct Profile {
    /// Profile Description, for people.
    pub description: String,
    /// Nothing changes by more than rounding.
    pub is_srgb: bool,
    transform: Transform,
    /// 8-bit and 16-bit sRGB after the perceptual black has been brought to the display's.
    black: Option<(Vec<u8>, Vec<u16>)>,
}

enum Transform {
    Eight(Arc<Transform8BitExecutor>),
    Sixteen(Arc<Transform16BitExecutor>),
}

/// A profile or why it cannot be used.
type Found = Result<Arc<Profile>, String>;

struct Kept {
    icc: Arc<[u8]>,
    depth: Depth,
    found: Found,
}

/// Latest last.
static PROFILES: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// The profile of these bytes, read unless it was before.
///
/// # Errors
/// Half a sentence: why it cannot be used for colour pictures.
pub fn of(icc: &Arc<[u8]>, depth: Depth) -> Found {
    if icc.len() > MOST_BYTES {
        return Err(format!("it has {} bytes, {MOST_BYTES} are allowed", icc.len()));
    }
    // Held while a profile is read, so that all frames of an object wait for one reading instead of each doing it.
    let mut profiles = PROFILES.lock().unwrap_or_else(PoisonError::into_inner);
    let same = |kept: &Kept| kept.depth == depth && (Arc::ptr_eq(&kept.icc, icc) || kept.icc == *icc);
    let kept = match profiles.iter().position(same) {
        Some(at) => profiles.remove(at),
        None => {
            let read = catch_unwind(AssertUnwindSafe(|| Profile::read(icc, depth)));
            let found = read.unwrap_or_else(|_| Err("it is damaged".into())).map(Arc::new);
            Kept { icc: icc.clone(), depth, found }
        }
    };
    let found = kept.found.clone();
    if profiles.len() >= KEPT {
        profiles.remove(0);
    }
    profiles.push(kept);
    found
}

impl Profile {
    fn read(icc: &[u8], depth: Depth) -> Result<Self, String> {
        let limits = ParsingOptions { max_profile_size: MOST_BYTES + 1, ..ParsingOptions::default() };
        let profile = ColorProfile::new_from_slice_with_options(icc, limits).map_err(|e| format!("it is damaged ({e})"))?;
        if profile.color_space != DataColorSpace::Rgb {
            return Err(format!("it is for {:?} samples and not for RGB", profile.color_space));
        }
        if matches!(profile.profile_class, ProfileClass::DeviceLink | ProfileClass::Abstract | ProfileClass::Named) {
            return Err(format!("it is of class {:?} and describes no device", profile.profile_class));
        }
        let intent = intent(&profile);
        let tabular = has_tables(&profile);
        let options = TransformOptions {
            rendering_intent: intent,
            // The curves of the profile count, as they do for who made it; the code points are a later addition that few know.
            allow_use_cicp_transfer: false,
            // Exact to a level for 8 bits of a matrix profile, and not enough for more bits or for tables.
            prefer_fixed_point: depth == Depth::Eight && !tabular,
            interpolation_method: InterpolationMethod::Tetrahedral,
            // Fine weights overflow with 16-bit samples in moxcms 0.8.1, and coarse ones are exact enough there.
            barycentric_weight_scale: match depth {
                Depth::Eight => BarycentricWeightScale::High,
                Depth::Sixteen => BarycentricWeightScale::Low,
            },
        };
        let srgb = ColorProfile::new_srgb();
        let unusable = |e| format!("it gives no way to sRGB ({e})");
        let transform = match depth {
            Depth::Eight => {
                Transform::Eight(profile.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, options).map_err(unusable)?)
            }
            Depth::Sixteen => {
                Transform::Sixteen(profile.create_transform_16bit(Layout::Rgb, &srgb, Layout::Rgb, options).map_err(unusable)?)
            }
        };
        let reference_black = tabular
            && profile.version() >= ProfileVersion::V4_0
            && profile.version() != ProfileVersion::Unknown
            && { matches!(intent, RenderingIntent::Perceptual | RenderingIntent::Saturation) };
        let black = reference_black.then(|| {
            let eight = (0..=255u8).map(|v| (from_black(f64::from(v) / 255.0) * 255.0).round() as u8).collect();
            let sixteen = (0..=65535u16).map(|v| (from_black(f64::from(v) / 65535.0) * 65535.0).round() as u16).collect();
            (eight, sixteen)
        });
        let mut read = Self { description: description(&profile), is_srgb: false, transform, black };
        read.is_srgb = read.judge()?;
        Ok(read)
    }

    /// Looks at what becomes of colours all over the cube: whether nothing changes.
    ///
    /// # Errors
    /// Nothing could be seen any more in a picture so converted.
    fn judge(&self) -> Result<bool, String> {
        let steps = || (0..=255u8).step_by(15);
        let greys = (0..=255u8).map(|v| [v; 3]);
        let cube = steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| [r, g, b])));
        let from: Vec<u8> = greys.chain(cube).flatten().collect();
        let to = match self.depth() {
            Depth::Eight => {
                let mut to = vec![0; from.len()];
                self.convert8(&from, &mut to)?;
                to
            }
            Depth::Sixteen => {
                let wide: Vec<u16> = from.iter().map(|&v| u16::from(v) * 257).collect();
                let mut to = vec![0; from.len()];
                self.convert16(&wide, &mut to)?;
                to.iter().map(|&v: &u16| ((u32::from(v) + 128) / 257) as u8).collect()
            }
        };
        let brightness = |pixel: usize| to[3 * pixel..3 * pixel + 3].iter().map(|&v| u32::from(v)).sum::<u32>();
        if brightness(255) <= brightness(0) {
            return Err("it makes white no brighter than black".into());
        }
        Ok(from.iter().zip(&to).all(|(a, b)| a.abs_diff(*b) <= 1))
    }

    /// Bits it was made for.
    pub fn depth(&self) -> Depth {
        match self.transform {
            Transform::Eight(_) => Depth::Eight,
            Transform::Sixteen(_) => Depth::Sixteen,
        }
    }

    /// Converts whole RGB pixels of 8 bits to as many.
    pub fn convert8(&self, from: &[u8], to: &mut [u8]) -> Result<(), String> {
        let Transform::Eight(transform) = &self.transform else { return Err("it was read for 16 bits".into()) };
        transform.transform(from, to).map_err(|e| e.to_string())?;
        if let Some((black, _)) = &self.black {
            to.iter_mut().for_each(|v| *v = black[usize::from(*v)]);
        }
        Ok(())
    }

    /// Converts whole RGB pixels of 16 bits to as many.
    pub fn convert16(&self, from: &[u16], to: &mut [u16]) -> Result<(), String> {
        let Transform::Sixteen(transform) = &self.transform else { return Err("it was read for 8 bits".into()) };
        transform.transform(from, to).map_err(|e| e.to_string())?;
        if let Some((_, black)) = &self.black {
            to.iter_mut().for_each(|v| *v = black[usize::from(*v)]);
        }
        Ok(())
    }
}

fn has_tables(profile: &ColorProfile) -> bool {
    profile.lut_a_to_b_perceptual.is_some() || profile.lut_a_to_b_colorimetric.is_some() || profile.lut_a_to_b_saturation.is_some()
}

/// The header's intent, or where the profile has no table for it the first that it has (ISO 15076-1: AToB0 stands in for all).
fn intent(profile: &ColorProfile) -> RenderingIntent {
    let asked = match profile.rendering_intent {
        RenderingIntent::AbsoluteColorimetric => RenderingIntent::RelativeColorimetric,
        other => other,
    };
    let has = |intent: &RenderingIntent| match intent {
        RenderingIntent::Perceptual => profile.lut_a_to_b_perceptual.is_some(),
        RenderingIntent::Saturation => profile.lut_a_to_b_saturation.is_some(),
        _ => profile.lut_a_to_b_colorimetric.is_some(),
    };
    let order = [asked, RenderingIntent::Perceptual, RenderingIntent::RelativeColorimetric, RenderingIntent::Saturation];
    order.into_iter().find(has).unwrap_or(asked)
}

/// sRGB 0..=1 of what a perceptual table of version 4 meant, on a display whose black is 0: linear light from the reference black to white
/// is stretched over the whole. The reference black has the white's hue, so that each channel is stretched alike.
fn from_black(encoded: f64) -> f64 {
    let linear = if encoded <= 0.040_45 { encoded / 12.92 } else { ((encoded + 0.055) / 1.055).powf(2.4) };
    let stretched = ((linear - PERCEPTUAL_BLACK) / (1.0 - PERCEPTUAL_BLACK)).max(0.0);
    if stretched <= 0.003_130_8 { stretched * 12.92 } else { 1.055 * stretched.powf(1.0 / 2.4) - 0.055 }
}

/// What the profile calls itself, without anything that could upset a line of text.
fn description(profile: &ColorProfile) -> String {
    let text = match &profile.description {
        Some(ProfileText::PlainString(text)) => text.as_str(),
        Some(ProfileText::Localizable(texts)) => {
            texts.iter().find(|t| t.language == "en").or(texts.first()).map_or("", |t| t.value.as_str())
        }
        Some(ProfileText::Description(text)) => text.ascii_string.as_str(),
        None => "",
    };
    let text: String = text.chars().filter(|c| !c.is_control()).take(MOST_LETTERS).collect();
    if text.trim().is_empty() { "a profile without a name".into() } else { text.trim().to_owned() }
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile").field("description", &self.description).field("depth", &self.depth()).finish_non_exhaustive()
    }
}
