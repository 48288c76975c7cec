//! Rectangles and the divisions of ISO/IEC 15444-1 Annex B.

/// A half-open rectangle: columns `x0..x1`, rows `y0..y1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    /// First column.
    pub x0: u32,
    /// First row.
    pub y0: u32,
    /// Column after the last.
    pub x1: u32,
    /// Row after the last.
    pub y1: u32,
}

impl Rect {
    /// The rectangle of these four edges.
    pub const fn new(x0: u32, y0: u32, x1: u32, y1: u32) -> Self {
        Self { x0, y0, x1, y1 }
    }

    /// Columns.
    pub const fn width(&self) -> u32 {
        self.x1.saturating_sub(self.x0)
    }

    /// Rows.
    pub const fn height(&self) -> u32 {
        self.y1.saturating_sub(self.y0)
    }

    /// Columns times rows.
    pub const fn area(&self) -> u64 {
        self.width() as u64 * self.height() as u64
    }

    /// Whether there is no sample inside.
    pub const fn is_empty(&self) -> bool {
        self.x1 <= self.x0 || self.y1 <= self.y0
    }

    /// What both cover; empty where they do not meet.
    pub fn intersect(&self, other: &Self) -> Self {
        let (x0, y0) = (self.x0.max(other.x0), self.y0.max(other.y0));
        Self { x0, y0, x1: self.x1.min(other.x1).max(x0), y1: self.y1.min(other.y1).max(y0) }
    }

    /// Whether `other` lies inside; an empty rectangle lies inside any.
    pub fn contains(&self, other: &Self) -> bool {
        other.is_empty() || self.intersect(other) == *other
    }

    /// The smallest rectangle that holds both; an empty one takes no room.
    pub(crate) fn around(&self, other: &Self) -> Self {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        let (x0, y0) = (self.x0.min(other.x0), self.y0.min(other.y0));
        Self { x0, y0, x1: self.x1.max(other.x1), y1: self.y1.max(other.y1) }
    }

    /// Raster index of a column and row inside; `None` outside.
    pub(crate) fn index(&self, (column, row): (u32, u32)) -> Option<u32> {
        if column >= self.x1 || row >= self.y1 {
            return None;
        }
        let (x, y) = (column.checked_sub(self.x0)?, row.checked_sub(self.y0)?);
        y.checked_mul(self.width())?.checked_add(x)
    }

    /// Each edge divided by `dx` or `dy`, rounded up: from the reference grid to a component (B-12).
    pub fn subsampled(&self, dx: u32, dy: u32) -> Self {
        let (dx, dy) = (dx.max(1), dy.max(1));
        Self { x0: self.x0.div_ceil(dx), y0: self.y0.div_ceil(dy), x1: self.x1.div_ceil(dx), y1: self.y1.div_ceil(dy) }
    }

    /// Each edge divided by `2^levels`, rounded up: from a tile-component to a resolution (B-14).
    pub fn reduced(&self, levels: u32) -> Self {
        let down = |v| ceil_shift(v, levels);
        Self { x0: down(self.x0), y0: down(self.y0), x1: down(self.x1), y1: down(self.y1) }
    }
}

/// `v / 2^shift` rounded up, for any shift.
pub(crate) fn ceil_shift(v: u32, shift: u32) -> u32 {
    match 1u64.checked_shl(shift) {
        // A quotient of a u32 by at least 1 fits a u32.
        Some(d) => u64::from(v).div_ceil(d) as u32,
        None => u32::from(v > 0),
    }
}

/// `v / 2^shift` rounded down, for any shift.
pub(crate) fn floor_shift(v: u32, shift: u32) -> u32 {
    v.checked_shr(shift).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_round_as_named() {
        assert_eq!((ceil_shift(5, 1), floor_shift(5, 1)), (3, 2));
        assert_eq!((ceil_shift(u32::MAX, 32), floor_shift(u32::MAX, 32)), (1, 0));
        assert_eq!((ceil_shift(0, 200), floor_shift(7, 200), ceil_shift(7, 200)), (0, 0, 1));
    }

    #[test]
    fn intersection_is_never_inside_out() {
        let a = Rect::new(0, 0, 4, 4);
        let b = Rect::new(6, 1, 9, 2);
        assert!(a.intersect(&b).is_empty());
        assert_eq!(a.intersect(&b).width(), 0);
        assert!(a.contains(&Rect::new(1, 1, 4, 4)) && !a.contains(&b));
    }

    #[test]
    fn an_empty_rectangle_takes_no_room() {
        let (a, b) = (Rect::new(2, 2, 4, 4), Rect::new(7, 1, 9, 3));
        assert_eq!(a.around(&b), Rect::new(2, 1, 9, 4));
        assert_eq!((a.around(&Rect::default()), Rect::default().around(&a)), (a, a));
        assert_eq!((b.index((8, 2)), b.index((9, 2)), b.index((8, 0))), (Some(3), None, None));
    }
}
