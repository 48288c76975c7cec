//! The picture itself: a paint callback that lets the renderer draw into the window's own pass.

use crate::ui::theme;
use egui::Rect;
use egui_wgpu::{CallbackResources, CallbackTrait};
use lightbox_model::display::{Interpolation, Tables};
use lightbox_model::viewport::Affine;
use lightbox_render::{Error, Pane, Picture, PixelRect, Renderer, View};
use std::sync::{Arc, Mutex, PoisonError};

/// What stays of a viewport on the graphics device from one frame to the next.
#[derive(Clone, Default)]
pub struct Surface(Arc<Mutex<Pane>>);

/// One look at one picture.
pub struct Shown<'a> {
    /// What is on the device.
    pub picture: &'a Picture,
    /// Stored values to what is shown.
    pub tables: &'a Tables,
    /// Image coordinates of physical pixels from the viewport's corner.
    pub image_from_view: Affine,
    /// Between pixels.
    pub interpolation: Interpolation,
    /// Overlay planes are drawn. Shutters always hold.
    pub overlays: bool,
}

impl Surface {
    /// Draws `shown` at `rect` (points).
    ///
    /// # Errors
    /// The renderer's, to be shown where the picture would be.
    pub fn paint(&self, painter: &egui::Painter, renderer: &Renderer, rect: Rect, shown: &Shown<'_>) -> Result<(), Error> {
        let Affine { xx, xy, x0, yx, yy, y0 } = shown.image_from_view;
        let overlay = [theme::OVERLAY.r(), theme::OVERLAY.g(), theme::OVERLAY.b()];
        let view = View {
            tables: shown.tables,
            image_from_view: [[xx, xy, x0], [yx, yy, y0]],
            interpolation: shown.interpolation,
            background: [theme::CANVAS.r(), theme::CANVAS.g(), theme::CANVAS.b()],
            overlay: shown.overlays.then_some(overlay),
        };
        let place = pixels(rect, painter.pixels_per_point());
        // Only this thread ever holds the lock; one that was poisoned by a panic guards nothing that could be half done.
        let mut pane = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        renderer.prepare(&mut pane, shown.picture, &view, place)?;
        painter.add(egui_wgpu::Callback::new_paint_callback(rect, Paint { renderer: renderer.clone(), pane: self.0.clone() }));
        Ok(())
    }

    /// Lets the picture go.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

struct Paint {
    renderer: Renderer,
    pane: Arc<Mutex<Pane>>,
}

impl CallbackTrait for Paint {
    fn paint(&self, info: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, _: &CallbackResources) {
        let clip = info.clip_rect_in_pixels();
        let clip =
            PixelRect { x: clip.left_px, y: clip.top_px, width: clip.width_px.max(0) as u32, height: clip.height_px.max(0) as u32 };
        self.renderer.paint(&self.pane.lock().unwrap_or_else(PoisonError::into_inner), pass, clip);
    }
}

/// A rectangle in points as whole physical pixels.
pub fn pixels(rect: Rect, pixels_per_point: f32) -> PixelRect {
    let edge = |points: f32| (points * pixels_per_point).round() as i32;
    let (x, y) = (edge(rect.left()), edge(rect.top()));
    PixelRect { x, y, width: (edge(rect.right()) - x).max(0) as u32, height: (edge(rect.bottom()) - y).max(0) as u32 }
}
