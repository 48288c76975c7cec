//! A picture in memory that text is set into, in the fonts of the program and without a window.

use crate::ui::theme;
use egui::epaint::text::{FontProvider, Fonts, Galley, LayoutJob, TextOptions, TextWrapping};
use egui::{Color32, ColorImage, FontId};
use egui_system_font_provider::SystemFontProvider;
use std::sync::Arc;

/// Pixels for a point: text as large as on a screen at 125 %.
const SCALE: f32 = 1.25;

/// An RGB picture of 8 bits.
pub struct Canvas {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

/// Sets text. All of it is laid out before any is painted: the picture of the letters grows meanwhile.
pub struct Lettering {
    fonts: Fonts,
}

/// Text that is laid out.
pub struct Setting(Arc<Galley>);

impl Setting {
    /// Pixels across and down.
    pub fn size(&self) -> [usize; 2] {
        let size = self.0.rect.size() * SCALE;
        [size.x, size.y].map(|edge| edge.ceil() as usize)
    }
}

impl Lettering {
    /// The program's fonts, and as in its window the system's for scripts that they lack: names come from everywhere.
    pub fn new() -> Self {
        let system = vec![Arc::new(SystemFontProvider::new()) as Arc<dyn FontProvider>];
        Self { fonts: Fonts::new(TextOptions::default(), theme::fonts()).with_font_providers(system) }
    }

    /// Sets `text` in at most `rows` lines of `width` pixels, and shortens what is longer.
    pub fn set(&mut self, text: &str, font: FontId, colour: Color32, width: usize, rows: usize) -> Setting {
        let mut job = LayoutJob::simple(text.to_owned(), font, colour, 0.0);
        let max_width = width as f32 / SCALE;
        job.wrap = TextWrapping { max_width, max_rows: rows, break_anywhere: rows == 1, ..TextWrapping::default() };
        Setting(self.fonts.with_pixels_per_point(SCALE).layout_job(job))
    }

    /// The letters of everything that was set, for [`Canvas::text`].
    pub fn letters(&self) -> ColorImage {
        self.fonts.image()
    }
}

impl Canvas {
    /// All of one colour.
    pub fn new(width: usize, height: usize, colour: Color32) -> Self {
        let rgb = [colour.r(), colour.g(), colour.b()].repeat(width * height);
        Self { width, height, rgb }
    }

    /// Pixels across and down, and a byte each of their red, green and blue.
    pub fn into_parts(self) -> (usize, usize, Vec<u8>) {
        (self.width, self.height, self.rgb)
    }

    /// Puts an RGB picture of `width` columns where its first pixel is at (`x`, `y`).
    pub fn picture(&mut self, x: usize, y: usize, width: usize, rgb: &[u8]) {
        for (row, line) in rgb.chunks_exact(3 * width.max(1)).enumerate() {
            let start = 3 * ((y + row) * self.width + x);
            if let Some(to) = self.rgb.get_mut(start..start + line.len()) {
                to.copy_from_slice(line);
            }
        }
    }

    /// Paints what was set, from (`x`, `y`) on.
    pub fn text(&mut self, x: usize, y: usize, setting: &Setting, letters: &ColorImage) {
        for row in &setting.0.rows {
            let visuals = &row.row.visuals;
            // A letter is a rectangle of four corners, the first its top left one and the last the opposite.
            for corners in visuals.mesh.vertices[visuals.glyph_vertex_range.clone()].chunks_exact(4) {
                let (first, last) = (corners[0], corners[3]);
                let [left, top, right, bottom] = [first.pos.x, first.pos.y, last.pos.x, last.pos.y];
                let place = |edge: f32, offset: f32, from: usize| ((edge + offset) * SCALE).round() as i64 + from as i64;
                let (x0, y0) = (place(left, row.pos.x, x), place(top, row.pos.y, y));
                let size = [((right - left) * SCALE).round() as i64, ((bottom - top) * SCALE).round() as i64];
                for dy in 0..size[1] {
                    for dx in 0..size[0] {
                        let texel = |from: f32, to: f32, at: i64, of: i64| from + (to - from) * (at as f32 + 0.5) / of as f32;
                        let (u, v) = (texel(first.uv.x, last.uv.x, dx, size[0]), texel(first.uv.y, last.uv.y, dy, size[1]));
                        let letter = letters.pixels.get(v as usize * letters.size[0] + u as usize).copied();
                        self.blend(x0 + dx, y0 + dy, letter.unwrap_or_default(), first.color);
                    }
                }
            }
        }
    }

    /// Lays `letter`, whose colour has been multiplied with its opacity, tinted over a pixel.
    fn blend(&mut self, x: i64, y: i64, letter: Color32, tint: Color32) {
        if x < 0 || y < 0 || x >= self.width as i64 || y >= self.height as i64 {
            return;
        }
        let at = 3 * (y as usize * self.width + x as usize);
        let tinted = [(letter.r(), tint.r()), (letter.g(), tint.g()), (letter.b(), tint.b())];
        for (under, (letter_channel, tint)) in self.rgb[at..at + 3].iter_mut().zip(tinted) {
            let over = u32::from(letter_channel) * u32::from(tint);
            let through = u32::from(*under) * (255 - u32::from(letter.a()));
            *under = ((over + through + 127) / 255).min(255) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(text: &str, width: usize) -> (Vec<u8>, [usize; 2]) {
        let mut lettering = Lettering::new();
        let set = lettering.set(text, theme::body(), Color32::WHITE, width, 1);
        let mut canvas = Canvas::new(200, 40, Color32::BLACK);
        canvas.text(4, 4, &set, &lettering.letters());
        (canvas.into_parts().2, set.size())
    }

    /// Columns that hold any light, first and last.
    fn extent(rgb: &[u8]) -> Option<(usize, usize)> {
        let lit = |x: &usize| (0..40).any(|y| rgb[3 * (y * 200 + x)] > 100);
        let columns: Vec<usize> = (0..200).filter(lit).collect();
        Some((*columns.first()?, *columns.last()?))
    }

    #[test]
    fn letters_stand_where_they_are_set() {
        let (rgb, [width, height]) = painted("Lightbox", 190);
        let (first, last) = extent(&rgb).expect("something is painted");
        assert!((4..8).contains(&first) && last <= 4 + width && last + 4 > width, "{first} to {last} of {width}");
        assert!((12..30).contains(&height), "{height}");
        assert!(rgb.chunks_exact(3).any(|pixel| pixel == [255; 3]), "strokes are solid");
        assert_eq!(extent(&painted("", 190).0), None);
    }

    #[test]
    fn long_lines_are_shortened() {
        let (rgb, [width, _]) = painted("A description that is far too long for the cell below it", 100);
        assert!(width <= 101 && extent(&rgb).is_some_and(|(_, last)| last <= 106), "{width}");
    }

    #[test]
    fn what_lies_beyond_the_edge_is_left_out() {
        let mut canvas = Canvas::new(4, 4, Color32::BLACK);
        canvas.picture(2, 3, 2, &[9; 12]);
        canvas.blend(-1, 0, Color32::WHITE, Color32::WHITE);
        canvas.blend(4, 0, Color32::WHITE, Color32::WHITE);
        let (_, _, rgb) = canvas.into_parts();
        assert_eq!(rgb.iter().filter(|byte| **byte != 0).count(), 6);
    }
}
