//! A picture on the graphics device: its samples and its marks.

use crate::grid::{Grid, Tile};
use crate::guard::guarded;
use crate::marks::Marks;
use crate::pixels::{PixelsRef, Reading};
use crate::ring::Placed;
use crate::{Error, Raster};
use std::sync::Arc;

/// Texels of a mask of marks.
const MASK: wgpu::TextureFormat = wgpu::TextureFormat::R8Uint;

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
        let bytes = texture_bytes(grid, texels.format) + mask.as_ref().map_or(0, |_| texture_bytes(grid, MASK));
        let uploaded = guarded(device, "a picture", bytes, || Uploaded {
            grid,
            reading: texels.reading,
            format: texels.format,
            texels: write_tiles(device, queue, grid, texels.format, &texels.bytes),
            mask: mask.map(|mask| write_tiles(device, queue, grid, MASK, &mask)),
            bytes,
        })?;
        Ok(Self(Arc::new(uploaded)))
    }

    /// Copies a frame and its marks out of a buffer of the device, with what `encoder` is handed over with.
    pub(crate) fn copy(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        grid: Grid,
        buffer: &wgpu::Buffer,
        frame: &Placed<'_>,
    ) -> Result<Self, Error> {
        let Raster { rows, columns, format, reading, .. } = frame.raster;
        let mask = frame.marks.rasterise(columns, rows);
        let bytes = texture_bytes(grid, format) + mask.as_ref().map_or(0, |_| texture_bytes(grid, MASK));
        let (texture, mask) = guarded(device, "a picture", bytes, || {
            let mask = mask.map(|mask| write_tiles(device, queue, grid, MASK, &mask));
            (texture(device, grid, format), mask)
        })?;
        for tile in grid.tiles() {
            let source =
                wgpu::TexelCopyBufferInfo { buffer, layout: tile_layout(&tile, frame.offset, frame.raster.pitch(), format) };
            encoder.copy_buffer_to_texture(source, tile_place(&texture, &tile), tile_extent(&tile));
        }
        let texels = texture.create_view(&array_view());
        Ok(Self(Arc::new(Uploaded { grid, reading, format, texels, mask, bytes })))
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

    pub(crate) fn format(&self) -> wgpu::TextureFormat {
        self.0.format
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

/// An array texture of `grid`.
fn texture(device: &wgpu::Device, grid: Grid, format: wgpu::TextureFormat) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some("picture"),
        size: grid.extent(),
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    })
}

/// An array texture of `grid` holding `bytes`: the whole picture, rows without gaps.
fn write_tiles(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    grid: Grid,
    format: wgpu::TextureFormat,
    bytes: &[u8],
) -> wgpu::TextureView {
    let texture = texture(device, grid, format);
    let pitch = grid.columns * texel_bytes(format);
    for tile in grid.tiles() {
        queue.write_texture(tile_place(&texture, &tile), bytes, tile_layout(&tile, 0, pitch, format), tile_extent(&tile));
    }
    texture.create_view(&array_view())
}

/// Where a tile lies in a picture whose first texel is `offset` bytes into its memory and whose rows are `pitch` bytes apart.
pub(crate) fn tile_layout(tile: &Tile, offset: u64, pitch: u32, format: wgpu::TextureFormat) -> wgpu::TexelCopyBufferLayout {
    let offset = offset + u64::from(tile.row) * u64::from(pitch) + u64::from(tile.column) * u64::from(texel_bytes(format));
    wgpu::TexelCopyBufferLayout { offset, bytes_per_row: Some(pitch), rows_per_image: None }
}

/// Where a tile lies in its texture.
pub(crate) fn tile_place<'t>(texture: &'t wgpu::Texture, tile: &Tile) -> wgpu::TexelCopyTextureInfo<'t> {
    let origin = wgpu::Origin3d { x: 0, y: 0, z: tile.layer };
    wgpu::TexelCopyTextureInfo { texture, mip_level: 0, origin, aspect: wgpu::TextureAspect::All }
}

pub(crate) fn tile_extent(tile: &Tile) -> wgpu::Extent3d {
    wgpu::Extent3d { width: tile.columns, height: tile.rows, depth_or_array_layers: 1 }
}

/// Views are arrays even where there is one layer: the shader knows no other.
pub(crate) fn array_view() -> wgpu::TextureViewDescriptor<'static> {
    wgpu::TextureViewDescriptor { dimension: Some(wgpu::TextureViewDimension::D2Array), ..Default::default() }
}
