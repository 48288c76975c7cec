//! How a picture is looked at.

use bytemuck::{Pod, Zeroable};
use lightbox_model::display::{DisplayUniform, Interpolation, Tables};

/// Everything about one look at a picture that may change without touching its texture.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Stored value to what is shown: `Display::tables()`.
    pub tables: &'a Tables,
    /// Image position from view position: `column = m[0][0] x + m[0][1] y + m[0][2]`, `row` by `m[1]`. View positions are screen
    /// pixels from the view's top left corner, image positions pixels from the picture's; a pixel's centre lies at one half.
    pub image_from_view: [[f64; 3]; 2],
    /// Between pixel centres when the picture is magnified. Reduced, it is always the mean over the area that a screen pixel covers,
    /// in modality values, so that nothing aliases.
    pub interpolation: Interpolation,
    /// RGB shown where there is no picture.
    pub background: [u8; 3],
    /// RGB that overlay planes are drawn in, or `None` to leave them out. Shutters always hold.
    pub overlay: Option<[u8; 3]>,
}

impl<'a> View<'a> {
    /// The whole picture of `columns` by `rows` pixels, `aspect` (row spacing over column spacing) times as high as its pixels
    /// alone would make it, centred in `width` by `height` screen pixels on black.
    pub fn fit(tables: &'a Tables, [columns, rows]: [u32; 2], aspect: f64, [width, height]: [u32; 2]) -> Self {
        let (columns, rows) = (f64::from(columns), f64::from(rows));
        let (width, height) = (f64::from(width), f64::from(height));
        let pixels = (columns / width).max(rows * aspect / height);
        let image_from_view =
            [[pixels, 0.0, (columns - width * pixels) / 2.0], [0.0, pixels / aspect, (rows - height * pixels / aspect) / 2.0]];
        Self { tables, image_from_view, interpolation: Interpolation::default(), background: [0; 3], overlay: None }
    }
}

/// A rectangle of whole pixels on the target; may lie outside it in part or entirely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelRect {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl PixelRect {
    /// What both cover; `None` when that is nothing.
    pub fn intersect(self, other: Self) -> Option<Self> {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let end = |start: i32, length: u32| i64::from(start) + i64::from(length);
        let width = end(self.x, self.width).min(end(other.x, other.width)) - i64::from(x);
        let height = end(self.y, self.height).min(end(other.y, other.height)) - i64::from(y);
        (width > 0 && height > 0).then_some(Self { x, y, width: width as u32, height: height as u32 })
    }
}

/// Flags of [`ViewUniform`], the numbers of the shaders.
pub(crate) mod flag {
    /// Blend bilinearly when magnified.
    pub const SMOOTH: u32 = 1;
    /// Draw the mask's overlay bit.
    pub const OVERLAID: u32 = 2;
}

/// `View` of `pane.wgsl`, field by field.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(crate) struct ViewUniform {
    /// Column from (x, y, 1), then image columns one screen pixel covers.
    pub column: [f32; 4],
    /// Row from (x, y, 1), then image rows one screen pixel covers.
    pub row: [f32; 4],
    /// RGB 0..=1.
    pub background: [f32; 4],
    /// RGB 0..=1.
    pub overlay: [f32; 4],
    /// Columns, rows.
    pub size: [i32; 2],
    /// Binary logarithm of the tile edge.
    pub shift: u32,
    /// Tiles side by side.
    pub across: i32,
    /// Bits of [`flag`].
    pub flags: u32,
    /// Bits of a 32-bit word above those of one signed sample; 0 for others.
    pub above: u32,
    /// The shader's structure ends at a multiple of 16 bytes.
    pub reserved: [u32; 2],
}

/// `Pane` of `pane.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(crate) struct PaneUniform {
    pub view: ViewUniform,
    pub display: DisplayUniform,
}

const _: () = assert!(size_of::<ViewUniform>() == 96 && size_of::<PaneUniform>() == 208);

/// An affine row with the length that a screen pixel covers along it: exact for quarter turns, else the bounding box's.
pub(crate) fn affine_row(m: [f64; 3]) -> [f32; 4] {
    [m[0] as f32, m[1] as f32, m[2] as f32, (m[0].abs() + m[1].abs()) as f32]
}

/// 8-bit RGB as the shader mixes it.
pub(crate) fn unit_rgb(rgb: [u8; 3]) -> [f32; 4] {
    let [r, g, b] = rgb.map(|x| f32::from(x) / 255.0);
    [r, g, b, 1.0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_intersect_without_overflow() {
        let rect = |x, y, width, height| PixelRect { x, y, width, height };
        assert_eq!(rect(-10, 5, 30, 10).intersect(rect(0, 0, 100, 8)), Some(rect(0, 5, 20, 3)));
        assert_eq!(rect(0, 0, 10, 10).intersect(rect(10, 0, 5, 5)), None);
        assert_eq!(rect(i32::MAX, 0, u32::MAX, 1).intersect(rect(i32::MIN, 0, 5, 1)), None);
    }
}
