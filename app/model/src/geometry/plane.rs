//! Image Plane arithmetic (PS3.3 C.7.6.2.1.1).

use super::PlanePosition;

/// How far direction cosines may be from unit length and right angles; files carry six digits at best.
const SKEW: f64 = 1e-2;

/// Cross product.
pub fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Dot product.
pub fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// `a - b`.
pub fn sub(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

impl PlanePosition {
    /// Directions of increasing column and increasing row, if they are two unit vectors at a right angle.
    pub fn axes(&self) -> Option<([f64; 3], [f64; 3])> {
        let [a, b, c, d, e, f] = self.orientation?;
        let (row, column) = ([a, b, c], [d, e, f]);
        let unit = |v| (dot(v, v) - 1.0).abs() < 2.0 * SKEW;
        (unit(row) && unit(column) && dot(row, column).abs() < SKEW).then_some((row, column))
    }

    /// Unit vector `row x column`, in which direction slices are counted.
    pub fn normal(&self) -> Option<[f64; 3]> {
        let (row, column) = self.axes()?;
        let n = cross(row, column);
        let length = dot(n, n).sqrt();
        Some(n.map(|c| c / length))
    }

    /// Place along the normal in mm: what slices are sorted by.
    pub fn location(&self) -> Option<f64> {
        let place = dot(self.normal()?, self.position?);
        place.is_finite().then_some(place)
    }

    /// Patient coordinates (LPS, mm) of a point given in continuous image coordinates, where 0.5, 0.5 is the centre of the first
    /// pixel. `mm` is row spacing, column spacing as Pixel Spacing is written.
    pub fn patient_from_image(&self, [column, row]: [f64; 2], mm: [f64; 2]) -> Option<[f64; 3]> {
        let ((along_row, along_column), origin) = (self.axes()?, self.position?);
        let (x, y) = ((column - 0.5) * mm[1], (row - 0.5) * mm[0]);
        Some(std::array::from_fn(|i| origin[i] + along_row[i] * x + along_column[i] * y))
    }
}
