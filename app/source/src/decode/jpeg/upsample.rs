//! Chroma at full size: linear interpolation between sample centres for the usual halved sizes, as the Independent JPEG Group's
//! decoder does it, repetition for any other.

use super::segments::{Component, Frame};

/// Writes a component to every `stride`-th place of `out`. `samples` has rows of `pitch`.
pub(super) fn component(frame: &Frame, component: &Component, samples: &[u16], pitch: usize, out: &mut [u16], stride: usize) {
    let (columns, rows) = (frame.columns as usize, frame.rows as usize);
    let (dx, dy) = (frame.h_max() as usize, frame.v_max() as usize);
    let (h, v) = (component.h as usize, component.v as usize);
    // The component's own size: T.81 A.1.1.
    let (width, height) = ((columns * h).div_ceil(dx), (rows * v).div_ceil(dy));
    let row = |y: usize| &samples[y * pitch..y * pitch + width];
    let mut line = Vec::with_capacity(columns + 2);
    for y in 0..rows {
        line.clear();
        match (dx / h, dy / v, dx % h, dy % v) {
            (2, 1, 0, 0) if width > 2 => double(row(y), &mut line),
            (2, 2, 0, 0) if width > 2 => {
                let near = y / 2;
                let far = if y % 2 == 0 { near.saturating_sub(1) } else { (near + 1).min(height - 1) };
                double_both(row(near), row(far), &mut line);
            }
            _ => line.extend((0..columns).map(|x| row(y * v / dy)[x * h / dx])),
        }
        let places = out.iter_mut().skip(y * columns * stride).step_by(stride);
        places.zip(line.iter().take(columns)).for_each(|(place, &value)| *place = value);
    }
}

/// Twice as many samples: three parts of the nearer, one of the farther.
fn double(row: &[u16], out: &mut Vec<u16>) {
    let last = row.len() - 1;
    for (x, &here) in row.iter().enumerate() {
        let three = 3 * u32::from(here);
        let left = if x == 0 { here } else { ((three + u32::from(row[x - 1]) + 1) >> 2) as u16 };
        let right = if x == last { here } else { ((three + u32::from(row[x + 1]) + 2) >> 2) as u16 };
        out.extend([left, right]);
    }
}

/// The same in both directions, rounded once.
fn double_both(near: &[u16], far: &[u16], out: &mut Vec<u16>) {
    let sum = |x: usize| 3 * u32::from(near[x]) + u32::from(far[x]);
    let last = near.len() - 1;
    for x in 0..near.len() {
        let here = sum(x);
        let left = if x == 0 { (4 * here + 8) >> 4 } else { (3 * here + sum(x - 1) + 8) >> 4 };
        let right = if x == last { (4 * here + 7) >> 4 } else { (3 * here + sum(x + 1) + 7) >> 4 };
        out.extend([left as u16, right as u16]);
    }
}
