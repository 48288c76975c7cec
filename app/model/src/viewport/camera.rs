//! Where the picture lies in its viewport.
//!
//! Image coordinates: column and row, continuous; the pixel in column `c` and row `r` covers `c..c+1` by `r..r+1`. View
//! coordinates: physical screen pixels from the viewport's top left corner. Between them lie square units: image
//! coordinates times the shape of a pixel, so that unequal spacing is drawn square.

use crate::geometry::Spacing;
use serde::{Deserialize, Serialize};

/// Smallest and largest number of screen pixels for one square unit.
const ZOOM: (f64, f64) = (1.0 / 256.0, 256.0);

/// Size and pixel shape of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PixelGrid {
    /// Columns and rows.
    pub size: [f64; 2],
    /// Width and height of a pixel in square units; the smaller one is 1.
    pub pixel: [f64; 2],
}

impl PixelGrid {
    /// From rows and columns and what is known of spacing.
    pub fn new(columns: u32, rows: u32, spacing: &Spacing) -> Self {
        Self { size: [f64::from(columns), f64::from(rows)], pixel: spacing.pixel_shape() }
    }

    fn extent(&self) -> [f64; 2] {
        self.square(self.size)
    }

    /// Columns and rows in square units.
    pub(crate) fn square(&self, [columns, rows]: [f64; 2]) -> [f64; 2] {
        [columns * self.pixel[0], rows * self.pixel[1]]
    }
}

/// How large the picture is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Zoom {
    /// As large as the viewport shows whole, also after it changes its size.
    #[default]
    Fit,
    /// Screen pixels for one square unit; 1 shows each pixel as one.
    Scale(f64),
    /// As [`Zoom::Fit`] for a part of the image of so many columns and rows.
    Area([f64; 2]),
}

/// `(x, y) -> (xx * x + xy * y + x0, yx * x + yy * y + y0)`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Affine {
    pub xx: f64,
    pub xy: f64,
    pub x0: f64,
    pub yx: f64,
    pub yy: f64,
    pub y0: f64,
}

impl Affine {
    /// The image of a point.
    pub fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [self.xx * x + self.xy * y + self.x0, self.yx * x + self.yy * y + self.y0]
    }

    /// The image of a direction.
    pub fn direction(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [self.xx * x + self.xy * y, self.yx * x + self.yy * y]
    }

    /// The way back; `None` if the map is flat.
    pub fn inverse(&self) -> Option<Self> {
        let det = self.xx * self.yy - self.xy * self.yx;
        if det == 0.0 || !det.is_finite() {
            return None;
        }
        let (xx, xy, yx, yy) = (self.yy / det, -self.xy / det, -self.yx / det, self.xx / det);
        let (x0, y0) = (-(xx * self.x0 + xy * self.y0), -(yx * self.x0 + yy * self.y0));
        Some(Self { xx, xy, x0, yx, yy, y0 })
    }

    /// Rows `[xx, xy, x0]`, `[yx, yy, y0]` for a shader.
    pub fn rows(&self) -> [[f32; 3]; 2] {
        [[self.xx as f32, self.xy as f32, self.x0 as f32], [self.yx as f32, self.yy as f32, self.y0 as f32]]
    }
}

/// The picture is mirrored, then turned, then scaled, and lies with `pan` at the middle of the viewport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// How large.
    pub zoom: Zoom,
    /// What lies in the middle of the viewport: offset from the middle of the image along its columns and rows, square units.
    pub pan: [f64; 2],
    /// Quarter turns clockwise, 0 to 3.
    pub rotation: u8,
    /// Columns mirrored before the turn.
    pub flip_h: bool,
    /// Rows mirrored before the turn.
    pub flip_v: bool,
}

impl Camera {
    /// Screen pixels for one square unit in a viewport of `view` pixels.
    pub fn scale(&self, grid: &PixelGrid, view: [f64; 2]) -> f64 {
        if let Zoom::Scale(scale) = self.zoom {
            return clamp_zoom(scale);
        }
        let [width, height] = self.natural_size(grid);
        clamp_zoom((view[0] / width).min(view[1] / height))
    }

    /// Size, in screen pixels, of a viewport that shows all there is to be seen with one pixel for each square unit, or at the zoom
    /// that was chosen.
    pub fn natural_size(&self, grid: &PixelGrid) -> [f64; 2] {
        let [width, height] = match self.zoom {
            Zoom::Fit => grid.extent(),
            Zoom::Area(area) => grid.square(area),
            Zoom::Scale(scale) => grid.extent().map(|edge| edge * clamp_zoom(scale)),
        };
        if self.rotation.is_multiple_of(2) { [width, height] } else { [height, width] }
    }

    /// Direction along the image's columns and rows of a direction on the screen.
    pub fn image_axes(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [x, y] = match self.rotation % 4 {
            0 => [x, y],
            1 => [y, -x],
            2 => [-x, -y],
            _ => [-y, x],
        };
        [if self.flip_h { -x } else { x }, if self.flip_v { -y } else { y }]
    }

    /// Direction on the screen of a direction along the image's columns and rows: the linear part is a turn with mirrors, whose
    /// inverse is its transpose.
    fn view_axes(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (right, down) = (self.image_axes([1.0, 0.0]), self.image_axes([0.0, 1.0]));
        [right[0] * x + right[1] * y, down[0] * x + down[1] * y]
    }

    /// The same changes by hand upon another beginning: of this camera, which began at `from`, turns and flips are made upon those of
    /// `to`, and zoom and pan are `to`'s unless they were changed.
    pub fn rebased(&self, from: &Self, to: &Self) -> Self {
        let axes = |camera: &Self| [camera.image_axes([1.0, 0.0]), camera.image_axes([0.0, 1.0])];
        let wanted = axes(self).map(|axis| to.image_axes(from.view_axes(axis)));
        let turned = |n: u8| Self { rotation: n % 4, flip_h: n >= 4, flip_v: false, ..*self };
        let mut camera = (0..8).map(turned).find(|camera| axes(camera) == wanted).unwrap_or(*self);
        if (self.zoom, self.pan) == (from.zoom, from.pan) {
            (camera.zoom, camera.pan) = (to.zoom, to.pan);
        }
        camera
    }

    /// Image coordinates of view coordinates.
    pub fn image_from_view(&self, grid: &PixelGrid, view: [f64; 2]) -> Affine {
        let scale = self.scale(grid, view);
        let (right, down) = (self.image_axes([1.0, 0.0]), self.image_axes([0.0, 1.0]));
        let [px, py] = grid.pixel;
        let (xx, xy) = (right[0] / scale / px, down[0] / scale / px);
        let (yx, yy) = (right[1] / scale / py, down[1] / scale / py);
        let middle = [grid.size[0] / 2.0 + self.pan[0] / px, grid.size[1] / 2.0 + self.pan[1] / py];
        let x0 = middle[0] - (xx * view[0] + xy * view[1]) / 2.0;
        let y0 = middle[1] - (yx * view[0] + yy * view[1]) / 2.0;
        Affine { xx, xy, x0, yx, yy, y0 }
    }

    /// View coordinates of image coordinates.
    pub fn view_from_image(&self, grid: &PixelGrid, view: [f64; 2]) -> Affine {
        let (scale, [px, py]) = (self.scale(grid, view), grid.pixel);
        let (right, down) = (self.image_axes([1.0, 0.0]), self.image_axes([0.0, 1.0]));
        let (xx, xy) = (right[0] * scale * px, right[1] * scale * py);
        let (yx, yy) = (down[0] * scale * px, down[1] * scale * py);
        let middle = [grid.size[0] / 2.0 + self.pan[0] / px, grid.size[1] / 2.0 + self.pan[1] / py];
        let x0 = view[0] / 2.0 - (xx * middle[0] + xy * middle[1]);
        let y0 = view[1] / 2.0 - (yx * middle[0] + yy * middle[1]);
        Affine { xx, xy, x0, yx, yy, y0 }
    }

    /// Moves the picture with a pointer that moved by `delta` view pixels. The middle of the viewport stays on the picture.
    pub fn pan_by(&mut self, delta: [f64; 2], grid: &PixelGrid, view: [f64; 2]) {
        let scale = self.scale(grid, view);
        let [dx, dy] = self.image_axes([delta[0] / scale, delta[1] / scale]);
        let [width, height] = grid.extent();
        self.pan = [(self.pan[0] - dx).clamp(-width / 2.0, width / 2.0), (self.pan[1] - dy).clamp(-height / 2.0, height / 2.0)];
    }

    /// Multiplies the zoom; the image point under `at` (view coordinates) stays there.
    pub fn zoom_at(&mut self, factor: f64, at: [f64; 2], grid: &PixelGrid, view: [f64; 2]) {
        if !(factor > 0.0 && factor.is_finite()) {
            return;
        }
        let before = self.scale(grid, view);
        let after = clamp_zoom(before * factor);
        let from_middle = self.image_axes([at[0] - view[0] / 2.0, at[1] - view[1] / 2.0]);
        let kept = 1.0 / before - 1.0 / after;
        self.pan = [self.pan[0] + from_middle[0] * kept, self.pan[1] + from_middle[1] * kept];
        self.zoom = Zoom::Scale(after);
    }

    /// Whole picture in the middle.
    pub fn fit(&mut self) {
        (self.zoom, self.pan) = (Zoom::Fit, [0.0; 2]);
    }

    /// One screen pixel for each pixel; what is in the middle stays there.
    pub fn one_to_one(&mut self) {
        self.zoom = Zoom::Scale(1.0);
    }

    /// Turns what is on the screen clockwise by quarter turns.
    pub fn rotate(&mut self, quarter_turns: i8) {
        self.rotation = (i16::from(self.rotation) + i16::from(quarter_turns)).rem_euclid(4) as u8;
    }

    /// Mirrors what is on the screen left to right.
    pub fn flip_horizontal(&mut self) {
        // After an odd number of quarter turns the screen's horizontal is the image's vertical.
        if self.rotation.is_multiple_of(2) { self.flip_h = !self.flip_h } else { self.flip_v = !self.flip_v }
    }

    /// Mirrors what is on the screen top to bottom.
    pub fn flip_vertical(&mut self) {
        if self.rotation.is_multiple_of(2) { self.flip_v = !self.flip_v } else { self.flip_h = !self.flip_h }
    }
}

fn clamp_zoom(scale: f64) -> f64 {
    if scale.is_finite() { scale.clamp(ZOOM.0, ZOOM.1) } else { 1.0 }
}
