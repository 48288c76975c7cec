//! Between points of the window and places in the image.

use egui::{Pos2, Rect, Vec2};
use lightbox_model::viewport::{Affine, Camera, PixelGrid};

/// A viewport's place on the screen and the image under it.
#[derive(Clone, Copy, Debug)]
pub struct Ground {
    /// Of the image.
    pub grid: PixelGrid,
    /// Points of the window.
    pub rect: Rect,
    /// Physical pixels for one point.
    pub pixels_per_point: f32,
}

impl Ground {
    /// Size of the viewport in physical pixels, as it is drawn.
    pub fn view(&self) -> [f64; 2] {
        let place = super::pane::pixels(self.rect, self.pixels_per_point);
        [f64::from(place.width.max(1)), f64::from(place.height.max(1))]
    }

    /// Physical pixels from the viewport's corner.
    pub fn pixel(&self, at: Pos2) -> [f64; 2] {
        self.pixels(at - self.rect.min)
    }

    /// A distance in physical pixels.
    pub fn pixels(&self, by: Vec2) -> [f64; 2] {
        [f64::from(by.x * self.pixels_per_point), f64::from(by.y * self.pixels_per_point)]
    }

    /// What the renderer needs.
    pub fn image_from_view(&self, camera: &Camera) -> Affine {
        camera.image_from_view(&self.grid, self.view())
    }

    /// Continuous image coordinates of a point of the window.
    pub fn image(&self, camera: &Camera, at: Pos2) -> [f64; 2] {
        self.image_from_view(camera).apply(self.pixel(at))
    }

    /// The point of the window where a place of the image is drawn.
    pub fn point(&self, camera: &Camera, place: [f64; 2]) -> Pos2 {
        let [x, y] = camera.view_from_image(&self.grid, self.view()).apply(place);
        self.rect.min + Vec2::new(x as f32, y as f32) / self.pixels_per_point
    }

    /// Screen pixels for one square unit of the image.
    pub fn scale(&self, camera: &Camera) -> f64 {
        camera.scale(&self.grid, self.view())
    }
}
