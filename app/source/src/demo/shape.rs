//! Shapes as signed distances in millimetres: negative inside, about as far as they say outside.
//!
//! Points are LPS: x to the patient's left, y to the back, z to the head.

/// A point or vector, mm.
pub type P = [f32; 3];

/// A box that holds a shape: lowest and highest corner.
#[derive(Clone, Copy, Debug)]
pub struct Bounds(pub P, pub P);

impl Bounds {
    /// Around points, `margin` wider on all sides.
    pub fn around(points: &[P], margin: f32) -> Self {
        let fold = |pick: fn(f32, f32) -> f32, start: f32, by: f32| {
            std::array::from_fn(|i| points.iter().map(|p| p[i]).fold(start, pick) + by)
        };
        Self(fold(f32::min, f32::INFINITY, -margin), fold(f32::max, f32::NEG_INFINITY, margin))
    }

    /// The box of all there is.
    pub fn all() -> Self {
        Self([-1e4; 3], [1e4; 3])
    }
}

/// Difference of two points.
pub fn sub(a: P, b: P) -> P {
    std::array::from_fn(|i| a[i] - b[i])
}

/// Scalar product.
pub fn dot(a: P, b: P) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Length of a vector.
pub fn length(a: P) -> f32 {
    dot(a, a).sqrt()
}

/// The point between `a` (at 0) and `b` (at 1).
pub fn towards(a: P, b: P, t: f32) -> P {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * t)
}

/// An ellipsoid with its axes along x, y and z.
pub fn ellipsoid(centre: P, radii: P) -> impl Fn(P) -> f32 + Send + Sync + Clone {
    move |p| {
        let d = sub(p, centre);
        let unit: P = std::array::from_fn(|i| d[i] / radii[i]);
        let gradient: P = std::array::from_fn(|i| unit[i] / radii[i]);
        let k = length(unit);
        if k < 1e-3 { -radii[0].min(radii[1]).min(radii[2]) } else { k * (k - 1.0) / length(gradient) }
    }
}

/// An ellipsoid of revolution: `long` along `axis`, `short` across.
pub fn spheroid(centre: P, axis: P, long: f32, short: f32) -> impl Fn(P) -> f32 + Send + Sync + Clone {
    let unit = axis.map(|v| v / length(axis));
    let upright = ellipsoid([0.0; 3], [short, short, long]);
    move |p| {
        let d = sub(p, centre);
        let along = dot(d, unit);
        upright([(dot(d, d) - along * along).max(0.0).sqrt(), 0.0, along])
    }
}

/// A rod from `a` to `b` whose radius goes from `ra` to `rb`.
pub fn rod(a: P, b: P, ra: f32, rb: f32) -> impl Fn(P) -> f32 + Send + Sync + Clone {
    let axis = sub(b, a);
    let square = dot(axis, axis).max(1e-6);
    move |p| {
        let d = sub(p, a);
        let t = (dot(d, axis) / square).clamp(0.0, 1.0);
        length(sub(d, axis.map(|v| v * t))) - (ra + (rb - ra) * t)
    }
}

/// The union of two distances, rounded over `k` mm where they meet.
pub fn smooth_union(a: f32, b: f32, k: f32) -> f32 {
    let h = (k - (a - b).abs()).max(0.0) / k;
    a.min(b) - h * h * k * 0.25
}

/// Linear interpolation in a table of `(key, values)` with falling or rising keys; ends are held.
pub fn table<const N: usize>(rows: &[(f32, [f32; N])], key: f32) -> [f32; N] {
    let after = rows.iter().position(|row| row.0 >= key).unwrap_or(rows.len());
    match (after.checked_sub(1).map(|i| rows[i]), rows.get(after)) {
        (Some(low), Some(high)) => {
            let t = (key - low.0) / (high.0 - low.0);
            // Eased, so that an outline has no visible corner at a row of the table.
            let t = t * t * (3.0 - 2.0 * t);
            std::array::from_fn(|i| low.1[i] + (high.1[i] - low.1[i]) * t)
        }
        (Some(row), None) => row.1,
        (None, Some(row)) => row.1,
        (None, None) => [0.0; N],
    }
}

/// An outline around the z axis that changes with height: `(z, [half width, half depth, centre y])`, rising z. Between an ellipse
/// and a rectangle: a superellipse of power 2.25, which costs two square roots.
pub fn outline(rows: &[(f32, [f32; 3])], p: P) -> f32 {
    let [rx, ry, cy] = table(rows, p[2]);
    let (x, y) = (p[0].abs(), (p[1] - cy).abs());
    let power = |v: f32| v * v * v.sqrt().sqrt();
    let k = (power(x / rx) + power(y / ry)).powf(1.0 / 2.25);
    let radius = x.hypot(y);
    if k < 1e-3 { -rx.min(ry) } else { radius * (1.0 - 1.0 / k) }
}
