//! Shutters and overlay planes, rasterised once at upload into one byte a pixel.

use lightbox_model::image::{Overlay, Shutter};
use std::sync::Arc;

/// The pixel is outside a shutter. The bits are those of `pane.wgsl`.
pub(crate) const HIDDEN: u8 = 1;
/// The pixel is set in some overlay plane.
pub(crate) const OVERLAY: u8 = 2;

/// What lies over a picture, in image pixels.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks<'a> {
    /// Overlay planes (PS3.3 C.9.2).
    pub overlays: &'a [Arc<Overlay>],
    /// What is outside any of them is hidden, and never blended into what is shown (PS3.3 C.7.6.11).
    pub shutters: &'a [Shutter],
}

impl Marks<'_> {
    /// `rows * columns` bytes of [`HIDDEN`] and [`OVERLAY`], or `None` when nothing is marked.
    pub(crate) fn rasterise(&self, columns: u32, rows: u32) -> Option<Vec<u8>> {
        if self.shutters.is_empty() && self.overlays.is_empty() {
            return None;
        }
        let width = columns as usize;
        let mut mask = vec![0; width * rows as usize];
        for shutter in self.shutters {
            for (row, line) in mask.chunks_exact_mut(width).enumerate() {
                hide_line(shutter, row as i64, line);
            }
        }
        for overlay in self.overlays {
            draw(overlay, columns, rows, &mut mask);
        }
        Some(mask)
    }
}

fn hide_line(shutter: &Shutter, row: i64, line: &mut [u8]) {
    match shutter {
        &Shutter::Rectangle([left, right, top, bottom]) => {
            let inside = (i64::from(top)..=i64::from(bottom)).contains(&row);
            hide_unless(line, |column| inside && (i64::from(left)..=i64::from(right)).contains(&column));
        }
        &Shutter::Circle([column, row_of_centre, radius]) => {
            let (centre, radius) = (i128::from(column), i128::from(radius));
            let down = i128::from(row) - i128::from(row_of_centre);
            let reach = radius * radius - down * down;
            hide_unless(line, |column| (i128::from(column) - centre).pow(2) <= reach);
        }
        Shutter::Polygon(vertices) => {
            let crossings = crossings(vertices, row);
            let edges = on_edge(vertices, row);
            hide_unless(line, |column| {
                let x = column as f64;
                crossings.partition_point(|&c| c <= x) % 2 == 1 || edges.iter().any(|&(from, to)| (from..=to).contains(&x))
            });
        }
    }
}

fn hide_unless(line: &mut [u8], shown: impl Fn(i64) -> bool) {
    for (column, mark) in line.iter_mut().enumerate() {
        if !shown(column as i64) {
            *mark |= HIDDEN;
        }
    }
}

/// Edges of a closed polygon as pairs of (column, row).
fn edges(vertices: &[[i32; 2]]) -> impl Iterator<Item = [[f64; 2]; 2]> {
    let next = vertices.iter().cycle().skip(1);
    vertices.iter().zip(next).map(|(a, b)| [a.map(f64::from), b.map(f64::from)])
}

/// Where the polygon's edges cross the line of pixel centres `row`, sorted; half-open in the row so that a vertex counts once.
fn crossings(vertices: &[[i32; 2]], row: i64) -> Vec<f64> {
    let y = row as f64;
    let mut columns: Vec<f64> = edges(vertices)
        .filter(|[a, b]| (a[1] <= y) != (b[1] <= y))
        .map(|[a, b]| a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
        .collect();
    columns.sort_by(f64::total_cmp);
    columns
}

/// Column ranges of `row` that lie on an edge: the shutter's edge belongs to what is shown.
fn on_edge(vertices: &[[i32; 2]], row: i64) -> Vec<(f64, f64)> {
    let y = row as f64;
    edges(vertices)
        .filter(|[a, b]| a[1].min(b[1]) <= y && y <= a[1].max(b[1]))
        .map(|[a, b]| {
            if a[1] == b[1] {
                return (a[0].min(b[0]), a[0].max(b[0]));
            }
            let x = a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
            (x, x)
        })
        .collect()
}

/// Sets the overlay's pixels that fall on the image; a plane may reach beyond it on every side.
fn draw(overlay: &Overlay, columns: u32, rows: u32, mask: &mut [u8]) {
    if overlay.columns == 0 {
        return;
    }
    for (line, bits) in overlay.bits.chunks(overlay.columns as usize).take(overlay.rows as usize).enumerate() {
        let row = i64::from(overlay.row) + line as i64;
        if !(0..i64::from(rows)).contains(&row) {
            continue;
        }
        for (i, _) in bits.iter().enumerate().filter(|(_, bit)| **bit != 0) {
            let column = i64::from(overlay.column) + i as i64;
            if (0..i64::from(columns)).contains(&column) {
                mask[row as usize * columns as usize + column as usize] |= OVERLAY;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(marks: Marks<'_>, columns: u32, rows: u32) -> Vec<String> {
        let mask = marks.rasterise(columns, rows).expect("something is marked");
        mask.chunks(columns as usize).map(|line| line.iter().map(|m| [".", "#", "o", "@"][*m as usize]).collect()).collect()
    }

    fn shuttered(shutter: &Shutter, columns: u32, rows: u32) -> Vec<String> {
        picture(Marks { overlays: &[], shutters: std::slice::from_ref(shutter) }, columns, rows)
    }

    #[test]
    fn nothing_marked_needs_no_mask() {
        assert_eq!(Marks::default().rasterise(4, 4), None);
    }

    #[test]
    fn shutters_hide_what_is_outside_and_keep_their_edge() {
        assert_eq!(shuttered(&Shutter::Rectangle([1, 2, 0, 1]), 4, 3), ["#..#", "#..#", "####"]);
        assert_eq!(shuttered(&Shutter::Circle([2, 1, 1]), 5, 3), ["##.##", "#...#", "##.##"]);
        let triangle = Shutter::Polygon(vec![[0, 0], [4, 0], [0, 4]]);
        assert_eq!(shuttered(&triangle, 6, 6), [".....#", "....##", "...###", "..####", ".#####", "######"]);
    }

    #[test]
    fn only_what_is_within_every_shutter_is_shown() {
        let triangle = Shutter::Polygon(vec![[0, 0], [4, 0], [0, 4]]);
        let shutters = [Shutter::Rectangle([0, 3, 1, 3]), Shutter::Circle([2, 2, 2]), triangle];
        let together = picture(Marks { overlays: &[], shutters: &shutters }, 5, 5);
        assert_eq!(together, ["#####", "#...#", "...##", "#.###", "#####"]);
    }

    #[test]
    fn an_inside_out_shutter_hides_everything_and_extremes_do_not_overflow() {
        assert_eq!(shuttered(&Shutter::Rectangle([3, 1, 0, 9]), 2, 1), ["##"]);
        assert_eq!(shuttered(&Shutter::Circle([i32::MIN, i32::MAX, i32::MAX]), 2, 1), ["##"]);
        assert_eq!(shuttered(&Shutter::Polygon(Vec::new()), 2, 1), ["##"]);
        let huge = Shutter::Polygon(vec![[i32::MIN, i32::MIN], [i32::MAX, i32::MIN], [i32::MAX, i32::MAX], [i32::MIN, i32::MAX]]);
        assert_eq!(shuttered(&huge, 2, 1), [".."]);
    }

    #[test]
    fn an_overlay_is_cut_at_the_image() {
        let overlay = |row, column| Arc::new(Overlay { row, column, rows: 2, columns: 2, bits: vec![1, 1, 1, 0], label: None });
        let overlays = [overlay(-1, -1), overlay(1, 2), overlay(i32::MAX, i32::MAX)];
        assert_eq!(picture(Marks { overlays: &overlays, shutters: &[] }, 4, 3), ["....", "..oo", "..o."]);
    }
}
