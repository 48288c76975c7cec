//! A picture on the graphics device: its samples and its marks.

use crate::Error;
use crate::grid::Grid;
use crate::guard::guarded;
use crate::marks::Marks;
use crate::pixels::{PixelsRef, Reading};
use std::sync::Arc;

/// One frame's stored values in graphics memory, ready to be drawn with any [`crate::View`]. Cheap to clone; the memory is freed with
/// the last clone.
#[derive(Clone, Debug)]
pub struct Picture(Arc<Uploaded>);

#[derive(Debug)]
struct Uploaded {
    grid: Grid,
    reading: Reading,
    format: wgpu::TextureFormat,
    texels: wgpu::TextureView,
    mask: Option<wgpu::TextureView>,
    bytes: u64,
}

impl Picture {
    /// Copies `pixels` and `marks` to the device. Returns when the data are handed over, not when they have arrived.
    pub(crate) fn upload(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        grid: Grid,
        pixels: &PixelsRef<'_>,
        marks: &Marks<'_>,
    ) -> Result<Self, Error> {
        let texels = pixels.texels()?;
        let mask = marks.rasterise(pixels.columns, pixels.rows);
        let mask_format = wgpu::TextureFormat::R8Uint;
        let bytes = texture_bytes(grid, texels.format) + mask.as_ref().map_or(0, |_| texture_bytes(grid, mask_format));
        let uploaded = guarded(device, "a picture", bytes, || Uploaded {
            grid,
            reading: texels.reading,
            format: texels.format,
            texels: write_tiles(device, queue, grid, texels.format, &texels.bytes),
            mask: mask.map(|mask| write_tiles(device, queue, grid, mask_format, &mask)),
            bytes,
        })?;
        Ok(Self(Arc::new(uploaded)))
    }

    /// Columns.
    pub fn columns(&self) -> u32 {
        self.0.grid.columns
    }

    /// Rows.
    pub fn rows(&self) -> u32 {
        self.0.grid.rows
    }

    /// Samples per pixel: 1 or 3.
    pub fn samples_per_pixel(&self) -> u16 {
        if self.0.format.components() == 1 { 1 } else { 3 }
    }

    /// Graphics memory it takes, for budgets.
    pub fn bytes(&self) -> u64 {
        self.0.bytes
    }

    pub(crate) fn grid(&self) -> Grid {
        self.0.grid
    }

    pub(crate) fn reading(&self) -> Reading {
        self.0.reading
    }

    pub(crate) fn texels(&self) -> &wgpu::TextureView {
        &self.0.texels
    }

    pub(crate) fn mask(&self) -> Option<&wgpu::TextureView> {
        self.0.mask.as_ref()
    }

    /// Bits of a 32-bit word above those of one sample.
    pub(crate) fn bits_above(&self) -> u32 {
        32 - 8 * texel_bytes(self.0.format) / u32::from(self.0.format.components())
    }

    /// Whether both are the same upload.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Bytes of one texel of a colour format.
pub(crate) fn texel_bytes(format: wgpu::TextureFormat) -> u32 {
    format.block_copy_size(None).expect("a colour format has a size")
}

fn texture_bytes(grid: Grid, format: wgpu::TextureFormat) -> u64 {
    let wgpu::Extent3d { width, height, depth_or_array_layers } = grid.extent();
    u64::from(width) * u64::from(height) * u64::from(depth_or_array_layers) * u64::from(texel_bytes(format))
}

/// An array texture of `grid` holding `bytes`: the whole picture, rows without gaps.
fn write_tiles(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    grid: Grid,
    format: wgpu::TextureFormat,
    bytes: &[u8],
) -> wgpu::TextureView {
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("picture"),
        size: grid.extent(),
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let size = texel_bytes(format);
    for tile in grid.tiles() {
        let first = (u64::from(tile.row) * u64::from(grid.columns) + u64::from(tile.column)) * u64::from(size);
        queue.write_texture(
            wgpu::TexelCopyTextureInfo {
                texture: &texture,
                mip_level: 0,
                origin: wgpu::Origin3d { x: 0, y: 0, z: tile.layer },
                aspect: wgpu::TextureAspect::All,
            },
            bytes,
            wgpu::TexelCopyBufferLayout { offset: first, bytes_per_row: Some(grid.columns * size), rows_per_image: None },
            wgpu::Extent3d { width: tile.columns, height: tile.rows, depth_or_array_layers: 1 },
        );
    }
    texture.create_view(&array_view())
}

/// Views are arrays even where there is one layer: the shader knows no other.
pub(crate) fn array_view() -> wgpu::TextureViewDescriptor<'static> {
    wgpu::TextureViewDescriptor { dimension: Some(wgpu::TextureViewDimension::D2Array), ..Default::default() }
}
