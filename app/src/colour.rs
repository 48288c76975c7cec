//! From the colours of the object to those of the display: its ICC profile to sRGB (PS3.3 C.11.15).
//!
//! One function, [`shown`], stands between a decoded picture and every place that draws one. Stored values are left alone: whoever
//! measures, probes or exports them never comes here.

mod profile;

use lightbox_codec::Samples;
use lightbox_model::display::{Display, Tables, quantise};
use lightbox_model::image::{ImageHeader, Photometric};
use lightbox_source::{Picture, Pixels};
use profile::{Depth, Profile};
use rayon::prelude::*;
use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Samples converted at a time by one thread: whole pixels.
const PART: usize = 3 << 14;

/// A picture as it goes to the graphics device.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The decoded picture itself or, where colours had to be converted, another one in RGB of 8 or 16 bits.
    pub picture: Cow<'a, Picture>,
    /// What became of the profile.
    pub management: Management,
}

/// What became of the ICC profile of an object. Its `Display` is for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Management {
    /// There is none, or the picture is grey: samples are shown as they are.
    #[default]
    None,
    /// The profile of this description is sRGB within rounding: nothing had to be done.
    Srgb(String),
    /// Converted to sRGB from the profile of this description.
    Converted(String),
    /// The picture is shown as if it had no profile, for this reason.
    Ignored(String),
}

impl fmt::Display for Management {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Srgb(name) => write!(f, "ICC: {name}, shown as it is"),
            Self::Converted(name) => write!(f, "ICC: {name} to sRGB"),
            Self::Ignored(why) => write!(f, "ICC profile not used: {why}"),
        }
    }
}

/// What is to be drawn of a decoded picture: its samples in sRGB where the object says in which colour space they are.
///
/// The rendering intent is the one of the profile's header; absolute colorimetric is taken as relative, because a display has a white
/// of its own. A profile that is damaged or made for other samples loses no picture: it is shown unconverted, and the answer says so.
pub fn shown<'a>(image: &ImageHeader, picture: &'a Picture) -> Shown<'a> {
    let unchanged = |management| Shown { picture: Cow::Borrowed(picture), management };
    let Some(icc) = image.icc.as_ref().filter(|_| !picture.photometric.is_grey()) else { return unchanged(Management::None) };
    let depth = if picture.bits <= 8 { Depth::Eight } else { Depth::Sixteen };
    let profile = match profile::of(icc, depth) {
        Ok(profile) if profile.is_srgb => return unchanged(Management::Srgb(profile.description.clone())),
        Ok(profile) => profile,
        Err(why) => return unchanged(Management::Ignored(why)),
    };
    // The crate that converts reads numbers of the file: should it fail on them, the picture is still there.
    match catch_unwind(AssertUnwindSafe(|| convert(image, picture, &profile))) {
        Ok(Ok(converted)) => {
            Shown { picture: Cow::Owned(converted), management: Management::Converted(profile.description.clone()) }
        }
        Ok(Err(why)) => unchanged(Management::Ignored(why)),
        Err(_) => unchanged(Management::Ignored("it could not be applied".into())),
    }
}

/// `picture` in sRGB: 8 bits where it has no more, else 16.
fn convert(image: &ImageHeader, picture: &Picture, profile: &Profile) -> Result<Picture, String> {
    let Pixels::Integer(samples) = &picture.pixels else { return Err("its samples are floating point".into()) };
    let delivered = picture.delivered();
    let bits = delivered.bits.clamp(1, 32) as u8;
    let display = Display::colour(delivered.photometric, bits, image.palette.clone()).map_err(|e| e.to_string())?;
    let (tables, channels) = (display.tables(), display.colour.samples());
    if channels != usize::from(picture.samples_per_pixel) || !samples.len().is_multiple_of(channels) {
        return Err("its samples per pixel do not fit its photometric interpretation".into());
    }
    let converted = match (profile.depth(), samples) {
        (Depth::Eight, Samples::U8(rgb)) if delivered.photometric == Photometric::Rgb && delivered.bits == 8 => {
            Samples::U8(in_parts(rgb, |from, to| profile.convert8(from, to))?)
        }
        (Depth::Eight, _) => {
            Samples::U8(in_parts(&to_rgb(&tables, samples, channels, quantise), |from, to| profile.convert8(from, to))?)
        }
        (Depth::Sixteen, _) => {
            let rgb = to_rgb(&tables, samples, channels, |value| (value * 65535.0).round_ties_even() as u16);
            Samples::U16(in_parts(&rgb, |from, to| profile.convert16(from, to))?)
        }
    };
    Ok(Picture {
        rows: picture.rows,
        columns: picture.columns,
        samples_per_pixel: 3,
        bits: if matches!(converted, Samples::U8(_)) { 8 } else { 16 },
        pixels: Pixels::Integer(converted),
        photometric: Photometric::Rgb,
        decoder: picture.decoder.clone(),
        encoded_bytes: picture.encoded_bytes,
        partial: picture.partial.clone(),
    })
}

/// Red, green and blue of every pixel, as the display pipeline's reference has them.
fn to_rgb<T: Copy + Default + Send + Sync>(
    tables: &Tables,
    samples: &Samples,
    channels: usize,
    to: impl Fn(f32) -> T + Sync,
) -> Vec<T> {
    let mut rgb = vec![T::default(); samples.len() / channels * 3];
    rgb.par_chunks_mut(PART).enumerate().for_each(|(part, rgb)| {
        let first = part * (PART / 3);
        for (pixel, rgb) in rgb.chunks_exact_mut(3).enumerate() {
            let stored: [i64; 3] = std::array::from_fn(|i| {
                let inside = i < channels;
                if inside { samples.get((first + pixel) * channels + i).unwrap_or(0) } else { 0 }
            });
            rgb.copy_from_slice(&tables.rgb(&stored).map(&to));
        }
    });
    rgb
}

/// Converts all of `from`, on all threads of the pool.
fn in_parts<T: Copy + Default + Send + Sync>(
    from: &[T],
    convert: impl Fn(&[T], &mut [T]) -> Result<(), String> + Sync,
) -> Result<Vec<T>, String> {
    let mut to = vec![T::default(); from.len()];
    to.par_chunks_mut(PART).zip(from.par_chunks(PART)).try_for_each(|(to, from)| convert(from, to))?;
    Ok(to)
}

#[cfg(test)]
mod tests;
