//! How a picture of any size is laid out in a two-dimensional array texture.

use crate::Error;

/// Smallest tile edge a large picture is cut into: 1024 pixels waste at most 1023 columns and rows.
const SMALLEST_SHIFT: u32 = 10;
/// Makes every pixel fall into tile (0, 0).
const ONE_TILE: u32 = 31;

/// Tiles of one picture: layer `tile_row * across + tile_column` of an array texture. The shader finds pixel (x, y) in tile
/// `(x >> shift, y >> shift)`, so filters read across tile edges as if there were none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Columns of the picture.
    pub columns: u32,
    /// Rows of the picture.
    pub rows: u32,
    /// Binary logarithm of the tile edge.
    pub shift: u32,
}

/// A tile's place in the picture and in the texture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tile {
    pub column: u32,
    pub row: u32,
    pub columns: u32,
    pub rows: u32,
    pub layer: u32,
}

impl Grid {
    /// One tile when the device can hold the picture in one layer, else the smallest power of two that needs no more layers than it has.
    pub fn new(columns: u32, rows: u32, limits: &wgpu::Limits) -> Result<Self, Error> {
        let edge = limits.max_texture_dimension_2d;
        if columns <= edge && rows <= edge {
            return Ok(Self { columns, rows, shift: ONE_TILE });
        }
        let mut grid = Self { columns, rows, shift: SMALLEST_SHIFT };
        while grid.layers() > u64::from(limits.max_texture_array_layers) {
            grid.shift += 1;
            if grid.shift > edge.ilog2() {
                let allowed = (1u64 << (2 * edge.ilog2())) * u64::from(limits.max_texture_array_layers);
                return Err(Error::Limit {
                    what: "a picture area (pixels) of",
                    asked: u64::from(columns) * u64::from(rows),
                    allowed,
                });
            }
        }
        Ok(grid)
    }

    /// A grid with tiles of `1 << shift` pixels, to see that tiling cannot be seen.
    #[cfg(test)]
    pub fn with_shift(columns: u32, rows: u32, shift: u32) -> Self {
        Self { columns, rows, shift }
    }

    /// Tiles side by side.
    pub fn across(&self) -> u32 {
        tiles(self.columns, self.shift)
    }

    /// How many layers the texture needs.
    pub fn layers(&self) -> u64 {
        u64::from(self.across()) * u64::from(tiles(self.rows, self.shift))
    }

    /// Size of the array texture.
    pub fn extent(&self) -> wgpu::Extent3d {
        let (width, height) = if self.shift == ONE_TILE { (self.columns, self.rows) } else { (1 << self.shift, 1 << self.shift) };
        wgpu::Extent3d { width, height, depth_or_array_layers: self.layers() as u32 }
    }

    /// Every tile, row by row.
    pub fn tiles(&self) -> impl Iterator<Item = Tile> {
        let Self { columns, rows, shift } = *self;
        let across = self.across();
        (0..self.layers() as u32).map(move |layer| {
            let (column, row) = ((layer % across) << shift, (layer / across) << shift);
            Tile { column, row, columns: (columns - column).min(1 << shift), rows: (rows - row).min(1 << shift), layer }
        })
    }
}

fn tiles(length: u32, shift: u32) -> u32 {
    length.div_ceil(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(edge: u32, layers: u32) -> wgpu::Limits {
        wgpu::Limits { max_texture_dimension_2d: edge, max_texture_array_layers: layers, ..wgpu::Limits::default() }
    }

    #[test]
    fn a_picture_that_fits_is_one_tile() {
        let grid = Grid::new(8192, 17, &limits(8192, 256)).unwrap();
        assert_eq!(grid.extent(), wgpu::Extent3d { width: 8192, height: 17, depth_or_array_layers: 1 });
        assert_eq!(grid.tiles().collect::<Vec<_>>(), [Tile { column: 0, row: 0, columns: 8192, rows: 17, layer: 0 }]);
    }

    #[test]
    fn tiles_cover_a_large_picture_once() {
        let grid = Grid::new(8193, 2049, &limits(8192, 256)).unwrap();
        assert_eq!(grid.shift, 10);
        assert_eq!(grid.layers(), 9 * 3);
        let area: u64 = grid.tiles().map(|t| u64::from(t.columns) * u64::from(t.rows)).sum();
        assert_eq!(area, 8193 * 2049);
        assert_eq!(grid.tiles().last(), Some(Tile { column: 8192, row: 2048, columns: 1, rows: 1, layer: 26 }));
    }

    #[test]
    fn tiles_grow_until_the_layers_suffice() {
        assert_eq!(Grid::new(60_000, 60_000, &limits(8192, 256)).unwrap().shift, 12);
        let error = Grid::new(200_000, 200_000, &limits(8192, 256)).unwrap_err();
        assert!(matches!(error, Error::Limit { asked: 40_000_000_000, allowed: 17_179_869_184, .. }), "{error}");
    }
}
