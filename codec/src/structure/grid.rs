//! A partition anchored at the origin: precincts of a resolution, code-blocks of a subband (B.6, B.7).

use crate::geometry::{Rect, ceil_shift, floor_shift};

/// The cells of a power-of-two partition that meet a rectangle, in raster order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// What is partitioned.
    area: Rect,
    /// Cell columns and rows as powers of two.
    pub log2: (u8, u8),
    /// Cells that meet the area, counted in cells from the origin; empty for an empty area.
    pub cells: Rect,
}

impl Grid {
    /// Cells of `2^log2_x` by `2^log2_y` over `area` (B-16).
    pub fn over(area: &Rect, log2_x: u8, log2_y: u8) -> Self {
        let (x, y) = (u32::from(log2_x), u32::from(log2_y));
        let cells = if area.is_empty() {
            Rect::default()
        } else {
            Rect::new(floor_shift(area.x0, x), floor_shift(area.y0, y), ceil_shift(area.x1, x), ceil_shift(area.y1, y))
        };
        Self { area: *area, log2: (log2_x, log2_y), cells }
    }

    /// How many cells there are.
    pub fn count(&self) -> u64 {
        self.cells.area()
    }

    /// Columns and rows of a whole cell.
    pub fn cell_size(&self) -> (u64, u64) {
        (1 << (self.log2.0 & 63), 1 << (self.log2.1 & 63))
    }

    /// Column and row, counted from the origin, of cell `index` in raster order.
    pub fn cell(&self, index: u32) -> (u32, u32) {
        let wide = self.cells.width();
        let (column, row) = (index.checked_rem(wide).unwrap_or(0), index.checked_div(wide).unwrap_or(0));
        (self.cells.x0.saturating_add(column), self.cells.y0.saturating_add(row))
    }

    /// The samples of the cell in column and row as [`Self::cell`] gives them.
    pub fn rect(&self, (column, row): (u32, u32)) -> Rect {
        let edge = |n: u32, log2: u8| u32::try_from(u64::from(n) << (u32::from(log2) & 31)).unwrap_or(u32::MAX);
        let (x, y) = self.log2;
        let next = |n: u32| n.saturating_add(1);
        Rect::new(edge(column, x), edge(row, y), edge(next(column), x), edge(next(row), y)).intersect(&self.area)
    }

    /// The cells, counted from the origin, that meet `part`.
    pub fn cells_in(&self, part: &Rect) -> Rect {
        Self::over(&part.intersect(&self.area), self.log2.0, self.log2.1).cells
    }
}
