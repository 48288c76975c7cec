//! The small picture of a series: one of its frames as a viewport would first show it.
//!
//! It is made from the decoded samples by the display pipeline's reference, without a graphics device: while a series loads, that one is
//! busy with the window, and most frames are not in its memory.

use super::ready::DecodedFrame;
use crate::colour;
use crate::event::Thumbnail;
use lightbox_model::display::{ColourModel, Display, Tables, quantise};
use lightbox_source::{Picture, Pixels};

/// Most image pixels, across and down, that one pixel of a thumbnail is the mean of.
const TAPS: u32 = 3;

/// Draws `frame`, whose samples are given, small, in the shape its pixels have.
///
/// # Errors
/// A sentence, when the header's colours or numbers make no picture.
pub fn make(frame: &DecodedFrame, samples: &Picture) -> Result<Thumbnail, String> {
    let shown = colour::shown(&frame.image, samples);
    let picture = &*shown.picture;
    let display = Display::with_voi(&frame.image, frame.id.frame, picture.delivered(), frame.initial.voi.clone());
    let display = display.map_err(|e| e.to_string())?;
    let look = Look { picture, tables: display.tables(), grey: display.colour == ColourModel::Grey && display.palette.is_none() };
    let [across, down] = frame.image.facts(frame.id.frame).spacing.pixel_shape();
    let [width, height] = fitted(f64::from(picture.columns) * across, f64::from(picture.rows) * down);
    let mut rgba = Vec::with_capacity((width * height * 4) as usize);
    for y in 0..height {
        let rows = taps(y, height, picture.rows);
        for x in 0..width {
            let columns = taps(x, width, picture.columns);
            let [r, g, b] = look.mean(&rows, &columns).map(quantise);
            rgba.extend([r, g, b, 255]);
        }
    }
    Ok(Thumbnail { width, height, rgba })
}

/// The size of a picture of this shape whose longer edge is [`Thumbnail::EDGE`].
fn fitted(width: f64, height: f64) -> [u32; 2] {
    let scale = f64::from(Thumbnail::EDGE) / width.max(height);
    [width, height].map(|edge| ((edge * scale).round() as u32).clamp(1, Thumbnail::EDGE))
}

/// Which of `pixels` image pixels stand for pixel `at` of `of`: up to [`TAPS`], spread evenly over what it covers.
fn taps(at: u32, of: u32, pixels: u32) -> Taps {
    let edge = |at: u32| u64::from(at) * u64::from(pixels) / u64::from(of);
    let (first, end) = (edge(at), edge(at + 1).max(edge(at) + 1));
    let count = (end - first).min(u64::from(TAPS));
    let middle = |tap: u64| first + ((2 * tap + 1) * (end - first)) / (2 * count);
    let mut all = [0; TAPS as usize];
    (0..count).zip(&mut all).for_each(|(tap, to)| *to = middle(tap) as usize);
    Taps { all, count: count as usize }
}

/// Rows or columns of an image.
struct Taps {
    all: [usize; TAPS as usize],
    count: usize,
}

impl Taps {
    fn each(&self) -> impl Iterator<Item = usize> + '_ {
        self.all.iter().copied().take(self.count)
    }

    fn nearest(&self) -> usize {
        self.all[self.count / 2]
    }
}

/// A picture with how it is shown.
struct Look<'a> {
    picture: &'a Picture,
    tables: Tables,
    /// One channel that goes through modality and VOI: the mean is taken between the two, as the shader does.
    grey: bool,
}

impl Look<'_> {
    /// What the mean of these pixels is shown as.
    fn mean(&self, rows: &Taps, columns: &Taps) -> [f32; 3] {
        let at = |row: usize, column: usize| row * self.picture.columns as usize + column;
        if !self.grey {
            let mut sum = [0.0; 3];
            for row in rows.each() {
                for column in columns.each() {
                    let rgb = self.rgb(at(row, column));
                    sum = std::array::from_fn(|c| sum[c] + rgb[c]);
                }
            }
            return sum.map(|c| c / (rows.count * columns.count) as f32);
        }
        if self.modality(at(rows.nearest(), columns.nearest())).is_none() {
            return [0.0; 3];
        }
        let (mut sum, mut count) = (0.0, 0);
        for row in rows.each() {
            for column in columns.each() {
                if let Some(value) = self.modality(at(row, column)) {
                    sum += value;
                    count += 1;
                }
            }
        }
        self.tables.coloured(self.tables.grey_from_modality(sum / count as f32))
    }

    /// Modality value of a grey pixel; `None` for padding.
    fn modality(&self, at: usize) -> Option<f32> {
        match &self.picture.pixels {
            Pixels::Integer(samples) => {
                let stored = samples.get(at).unwrap_or(0);
                (!self.tables.is_padding(stored)).then(|| self.tables.modality(stored))
            }
            Pixels::Float(values) => values.get(at).map(|&value| self.tables.modality_float(value)),
            Pixels::Double(values) => values.get(at).map(|&value| self.tables.modality_float(value as f32)),
        }
    }

    /// What a pixel of a palette or of several channels is shown as.
    fn rgb(&self, at: usize) -> [f32; 3] {
        let channels = usize::from(self.picture.samples_per_pixel);
        let Pixels::Integer(samples) = &self.picture.pixels else { return [0.0; 3] };
        let stored: [i64; 3] = std::array::from_fn(|c| if c < channels { samples.get(at * channels + c).unwrap_or(0) } else { 0 });
        self.tables.rgb(&stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_edge_fills_the_square() {
        assert_eq!(fitted(512.0, 512.0), [192, 192]);
        assert_eq!(fitted(3064.0, 4664.0), [126, 192]);
        assert_eq!(fitted(100_000.0, 1.0), [192, 1]);
    }

    #[test]
    fn taps_are_spread_over_what_a_pixel_covers() {
        let all = |at, of, pixels| taps(at, of, pixels).each().collect::<Vec<_>>();
        assert_eq!(all(0, 192, 192), [0]);
        assert_eq!(all(191, 192, 192), [191]);
        assert_eq!(all(0, 1, 3), [0, 1, 2]);
        assert_eq!(all(1, 2, 12), [7, 9, 11]);
        assert_eq!(all(7, 8, 2), [1], "an image smaller than its thumbnail is magnified");
        for pixels in [1, 5, 191, 193, 4664, 1 << 30] {
            for at in 0..192 {
                assert!(all(at, 192, pixels).iter().all(|&tap| tap < pixels as usize), "{pixels} {at}");
            }
        }
    }
}
