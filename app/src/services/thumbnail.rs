//! The small picture of a series: one of its frames as a viewport would first show it.

use super::ready::ReadyFrame;
use crate::event::Thumbnail;
use lightbox_model::display::Display;
use lightbox_render::{Renderer, View};

/// Draws `frame` small, in the shape its pixels have.
///
/// # Errors
/// A sentence, when the renderer refuses.
pub fn make(renderer: &Renderer, frame: &ReadyFrame) -> Result<Thumbnail, String> {
    let display =
        Display::with_voi(&frame.image, frame.frame, frame.drawn, frame.initial.voi.clone()).map_err(|e| e.to_string())?;
    let [across, down] = frame.image.facts(frame.frame).spacing.pixel_shape();
    let (columns, rows) = (frame.pixels.columns, frame.pixels.rows);
    let [width, height] = fitted(f64::from(columns) * across, f64::from(rows) * down);
    let tables = display.tables();
    let view = View::fit(&tables, [columns, rows], down / across, [width, height]);
    let rgba = renderer.render_offscreen(&frame.picture, &view, width, height).map_err(|e| e.to_string())?;
    Ok(Thumbnail { width, height, rgba })
}

/// The size of a picture of this shape whose longer edge is [`Thumbnail::EDGE`].
fn fitted(width: f64, height: f64) -> [u32; 2] {
    let scale = f64::from(Thumbnail::EDGE) / width.max(height);
    [width, height].map(|edge| ((edge * scale).round() as u32).clamp(1, Thumbnail::EDGE))
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
}
