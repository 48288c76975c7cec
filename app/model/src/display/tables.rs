//! The display pipeline as it is computed, step by step, in f32. `display.wgsl` performs the same steps on the same numbers.
//!
//! Grey, for one stored value `s`:
//! 1. padding: `FLAG_PADDING` and `padding_low <= s <= padding_high` -> black, whatever follows.
//! 2. supplemental palette: `FLAG_PALETTE` and `s >= palette_first` -> that entry's colour (3 words), inverted by step 5's rule.
//! 3. modality: `(f32(s) + modality_pre) * modality_scale + modality_post`, or `words[modality_at + clamp(s - modality_first, 0,
//!    modality_len - 1)]`. Interpolation happens here, between modality values (see `interpolate.rs`).
//! 4. VOI: RAMP `clamp((x - voi_origin) * voi_gain, 0, 1)`; SIGMOID `1 / (1 + exp(clamp((x - voi_origin) * voi_gain, -80, 80)))`; LUT
//!    `words[voi_at + clamp(i32(floor(x + 0.5)) - voi_first, 0, voi_len - 1)]` with x clamped to +-2^30 first.
//! 5. `FLAG_PRESENTATION`: `words[presentation_at + u32(round(y * presentation_last))]`; then `FLAG_FLIP`: `1 - y`.
//! 6. pseudo-colour: the 3 words at `pseudo_at + 3 * u32(round(y * 255))`; otherwise r = g = b = y.
//! 7. to 8 bits: `round(y * 255)`, halves to even (what WGSL's `round` does).
//!
//! Colour: palette index or conversion to RGB (`colour.rs`) in sample units, clamped to `0..=sample_max`, times `sample_scale`, then
//! steps 5 and 7. There is no padding, modality or VOI for colour.
//!
//! Stored values are taken as i32; an unsigned 32-bit value above 2^31 - 1 is never padding and lies after the end of every table.
//! A floating point value that is not a number is black.

use super::colour::ColourModel;
use super::modality::Rescale;
use super::uniform::*;
use super::voi::Ramp;
use super::{Display, Modality, Voi, VoiFunction};

/// 0..=1 to 8 bits: nearest, halves to even.
pub fn quantise(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round_ties_even() as u8
}

/// A [`Display`] reduced to numbers, and the reference evaluation of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Tables {
    /// The scalars.
    pub uniform: DisplayUniform,
    /// All lookup tables, one after the other; never empty, so that it can always be bound as a buffer.
    pub words: Vec<f32>,
}

impl Tables {
    pub(super) fn new(display: &Display) -> Self {
        let mut words = Vec::new();
        let mut u = DisplayUniform { colour: display.colour as u32, ..DisplayUniform::default() };
        let max = ((1u64 << display.bits.clamp(1, 32)) - 1) as f64;
        u.sample_scale = (1.0 / max) as f32;
        u.sample_max = max as f32;
        u.chroma_centre = ((max + 1.0) / 2.0) as f32;
        if display.inverse != display.invert {
            u.flags |= FLAG_FLIP;
        }
        if let Some(padding) = display.padding {
            u.flags |= FLAG_PADDING;
            u.padding_low = padding.low.min(padding.high);
            u.padding_high = padding.low.max(padding.high);
        }
        let Rescale { pre, scale, post } = display.modality.linear();
        (u.modality_pre, u.modality_scale, u.modality_post) = (pre, scale, post);
        if let Modality::Lut(lut) = &display.modality
            && !lut.entries.is_empty()
        {
            u.modality = MODALITY_LUT;
            u.modality_first = lut.first;
            (u.modality_at, u.modality_len) = append(&mut words, lut.entries.iter().map(|&e| f32::from(e)), 1);
        }
        match &display.voi {
            Voi::Window { centre, width, function, .. } => {
                let ramp = Ramp::new(*centre, *width, *function);
                u.voi = if *function == VoiFunction::Sigmoid { VOI_SIGMOID } else { VOI_RAMP };
                (u.voi_origin, u.voi_gain) = (ramp.origin, ramp.gain);
            }
            Voi::Lut(lut) if lut.entries.is_empty() => {}
            Voi::Lut(lut) => {
                u.voi = VOI_LUT;
                u.voi_first = lut.first;
                (u.voi_at, u.voi_len) = append(&mut words, lut.shares(), 1);
            }
        }
        if let Some(lut) = display.presentation.as_ref().filter(|lut| !lut.entries.is_empty()) {
            u.flags |= FLAG_PRESENTATION;
            let (at, len) = append(&mut words, lut.shares(), 1);
            (u.presentation_at, u.presentation_last) = (at, len - 1);
        }
        if let Some(palette) = &display.palette
            && !palette.entries.is_empty()
        {
            u.flags |= FLAG_PALETTE;
            u.palette_first = palette.first;
            let entries = palette.entries.iter().flatten().map(|&e| (f64::from(e) / 65535.0) as f32);
            (u.palette_at, u.palette_len) = append(&mut words, entries, 3);
        }
        if let Some(colours) = &display.pseudo_colour {
            u.flags |= FLAG_PSEUDO_COLOUR;
            (u.pseudo_at, _) = append(&mut words, colours.iter().flatten().map(|&e| (f64::from(e) / 255.0) as f32), 3);
        }
        if words.is_empty() {
            words.push(0.0);
        }
        Self { uniform: u, words }
    }

    fn has(&self, flag: u32) -> bool {
        self.uniform.flags & flag != 0
    }

    /// Whether a stored value is padding: black, and left out of interpolation and statistics.
    pub fn is_padding(&self, stored: impl Into<i64>) -> bool {
        let (low, high) = (i64::from(self.uniform.padding_low), i64::from(self.uniform.padding_high));
        self.has(FLAG_PADDING) && (low..=high).contains(&stored.into())
    }

    /// Modality value of a stored value (step 3).
    pub fn modality(&self, stored: impl Into<i64>) -> f32 {
        let (u, stored) = (&self.uniform, stored.into());
        if u.modality == MODALITY_LUT {
            return self.words[u.modality_at as usize + entry(stored, u.modality_first, u.modality_len)];
        }
        self.modality_float(stored as f32)
    }

    /// Modality value of a stored floating point value.
    pub fn modality_float(&self, stored: f32) -> f32 {
        let u = &self.uniform;
        Rescale { pre: u.modality_pre, scale: u.modality_scale, post: u.modality_post }.apply(stored)
    }

    /// Grey 0..=1 of a modality value (steps 4 and 5): for interpolated values, which lie between stored ones.
    pub fn grey_from_modality(&self, value: f32) -> f32 {
        let u = &self.uniform;
        if value.is_nan() {
            return 0.0;
        }
        let t = (value - u.voi_origin) * u.voi_gain;
        let y = match u.voi {
            VOI_RAMP => t.clamp(0.0, 1.0),
            VOI_SIGMOID => 1.0 / (1.0 + t.clamp(-80.0, 80.0).exp()),
            _ => {
                let nearest = (value.clamp(-1_073_741_824.0, 1_073_741_824.0) + 0.5).floor() as i64;
                self.words[u.voi_at as usize + entry(nearest, u.voi_first, u.voi_len)]
            }
        };
        self.flipped(self.presented(y))
    }

    fn presented(&self, y: f32) -> f32 {
        let u = &self.uniform;
        if !self.has(FLAG_PRESENTATION) {
            return y;
        }
        self.words[u.presentation_at as usize + (y * u.presentation_last as f32).round_ties_even() as usize]
    }

    fn flipped(&self, y: f32) -> f32 {
        if self.has(FLAG_FLIP) { 1.0 - y } else { y }
    }

    /// Grey 0..=1 of a stored value (steps 1 and 3 to 5).
    pub fn grey(&self, stored: impl Into<i64>) -> f32 {
        let stored = stored.into();
        if self.is_padding(stored) { 0.0 } else { self.grey_from_modality(self.modality(stored)) }
    }

    /// Colour of a grey 0..=1 that is not padding (step 6).
    pub fn coloured(&self, grey: f32) -> [f32; 3] {
        if !self.has(FLAG_PSEUDO_COLOUR) {
            return [grey; 3];
        }
        self.triple(self.uniform.pseudo_at, usize::from(quantise(grey)))
    }

    fn triple(&self, at: u32, index: usize) -> [f32; 3] {
        let at = at as usize + 3 * index;
        [self.words[at], self.words[at + 1], self.words[at + 2]]
    }

    /// What one pixel of stored samples is shown as, r, g, b in 0..=1 (all steps but the last). Grey and palette read the first
    /// sample only; a missing sample counts as zero.
    pub fn rgb(&self, samples: &[i64]) -> [f32; 3] {
        let u = &self.uniform;
        let sample = |i: usize| samples.get(i).copied().unwrap_or(0);
        let first = sample(0);
        let palette = || self.triple(u.palette_at, entry(first, u.palette_first, u.palette_len)).map(|c| self.flipped(c));
        if u.colour == ColourModel::Grey as u32 {
            if self.is_padding(first) {
                return [0.0; 3];
            }
            if self.has(FLAG_PALETTE) && first >= i64::from(u.palette_first) {
                return palette();
            }
            return self.coloured(self.grey(first));
        }
        if u.colour == ColourModel::Palette as u32 {
            return if self.has(FLAG_PALETTE) { palette() } else { [0.0; 3] };
        }
        let model = match u.colour {
            2 => ColourModel::YbrFull,
            3 => ColourModel::YbrPartial,
            4 => ColourModel::YbrRct,
            _ => ColourModel::Rgb,
        };
        let rgb = model.rgb([first as f32, sample(1) as f32, sample(2) as f32], u.chroma_centre);
        rgb.map(|c| self.flipped((c.clamp(0.0, u.sample_max) * u.sample_scale).min(1.0)))
    }

    /// [`Tables::rgb`] in 8 bits.
    pub fn rgb8(&self, samples: &[i64]) -> [u8; 3] {
        self.rgb(samples).map(quantise)
    }
}

/// Index of the entry for `input` in a table of `len` entries that starts at `first` (C.11.1.1.1, C.11.2.1.1).
fn entry(input: i64, first: i32, len: u32) -> usize {
    (input - i64::from(first)).clamp(0, i64::from(len.saturating_sub(1))) as usize
}

/// Appends a table; its start and its number of entries of `width` words.
fn append(words: &mut Vec<f32>, values: impl Iterator<Item = f32>, width: usize) -> (u32, u32) {
    let at = words.len();
    words.extend(values);
    (at as u32, ((words.len() - at) / width) as u32)
}
