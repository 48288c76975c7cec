//! Forward 5/3 wavelet transform (ISO/IEC 15444-1, F.4), one decomposition level at a time, row by row.
//!
//! [`Analysis`] takes the rows of a resolution in order and gives them back as vertically low-pass and high-pass rows, which
//! [`Analysis::split`] then takes apart horizontally. It may begin at any even row, so that parts of a resolution can be
//! transformed independently of each other.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2;
mod reversible;

use super::{Simd, slot};
use crate::geometry::Rect;
use std::ops::Range;

/// The streaming forward transform of one level of one tile-component, or of some rows of it.
#[derive(Debug, Default)]
pub struct Analysis {
    /// The resolution's rectangle (B-15).
    area: Rect,
    /// The rows to be given back.
    wanted: Range<u32>,
    /// The first row taken, and the next.
    first: u32,
    next: u32,
    /// The first row that has not been given back.
    ready: u32,
    rows: [Vec<i32>; super::SLOTS],
}

impl Analysis {
    /// Starts on rows `wanted` of the resolution `area`, the first of which is the resolution's first or even, keeping the
    /// memory. Returns the rows that it must be given for that.
    pub fn reset(&mut self, area: &Rect, wanted: Range<u32>) -> Range<u32> {
        let whole = wanted.start == area.y0;
        assert!(whole || wanted.start.is_multiple_of(2), "a transform starts with an even row");
        self.first = if whole { area.y0 } else { (wanted.start - 2).max(area.y0) };
        (self.area, self.next, self.ready) = (*area, self.first, wanted.start);
        for row in &mut self.rows {
            row.resize(area.width() as usize, 0);
        }
        self.wanted = wanted;
        // An odd row at the end needs the even one below it.
        self.first..(self.wanted.end + self.wanted.end % 2 + 1).min(area.y1)
    }

    /// Where the next row is to be written.
    pub fn input(&mut self) -> &mut [i32] {
        &mut self.rows[slot(self.next)]
    }

    /// Takes the row that was written. Returns the rows that are complete now, in order: [`Analysis::row`] has them until
    /// the next push.
    ///
    /// # Panics
    /// After the last row.
    pub fn push(&mut self, simd: Simd) -> Range<u32> {
        let (y, Rect { y0, y1, .. }) = (self.next, self.area);
        assert!(y < y1, "more rows than the resolution has");
        self.next += 1;
        let last = self.next == y1;
        let mut complete = self.ready;
        if y1 - y0 == 1 {
            if y % 2 == 1 {
                self.rows[slot(y)].iter_mut().for_each(|x| *x *= 2);
            }
            complete = y1;
        } else if y % 2 == 1 && last {
            // Beyond the last row the signal is mirrored (F.3.7).
            self.pair(simd, y, y - 1);
            complete = y1;
        } else if y % 2 == 0 {
            if y > self.first {
                self.pair(simd, y - 1, y);
                complete = y;
            }
            if last {
                self.low(simd, y, y - 1, y - 1);
                complete = y1;
            }
        }
        let complete = complete.min(self.wanted.end).max(self.ready);
        std::mem::replace(&mut self.ready, complete)..complete
    }

    /// A vertically low-pass row where `y` is even, a high-pass one where it is odd.
    pub fn row(&self, y: u32) -> &[i32] {
        &self.rows[slot(y)]
    }

    /// Takes row `y` apart into its horizontally low-pass and high-pass samples.
    pub fn split(&self, simd: Simd, y: u32, low: &mut [i32], high: &mut [i32]) {
        let odd = self.area.x0 % 2 == 1;
        super::assert_halves(odd, low, high, self.row(y));
        match *self.row(y) {
            [] => {}
            [only] if odd => high[0] = 2 * only,
            [only] => low[0] = only,
            _ => reversible::split(simd, odd, self.row(y), low, high),
        }
    }

    /// Makes odd row `y` high-pass, and the row above it, if it is to be given back, low-pass. `below` is the row that
    /// stands below `y`.
    fn pair(&mut self, simd: Simd, y: u32, below: u32) {
        let above = if y == self.area.y0 { below } else { y - 1 };
        let before = if y >= self.first + 2 { y - 2 } else { y };
        let low_too = above >= self.ready && above < y;
        let mut row = std::mem::take(&mut self.rows[slot(y)]);
        if low_too && before < y && above != below {
            let mut low = std::mem::take(&mut self.rows[slot(above)]);
            reversible::cascade(simd, &mut low, &mut row, &self.rows[slot(below)], &self.rows[slot(before)]);
            self.rows[slot(above)] = low;
            self.rows[slot(y)] = row;
            return;
        }
        reversible::high(simd, &mut row, &self.rows[slot(above)], &self.rows[slot(below)]);
        self.rows[slot(y)] = row;
        if low_too {
            self.low(simd, above, before, y);
        }
    }

    /// Low-pass row `y` between two high-pass rows.
    fn low(&mut self, simd: Simd, y: u32, above: u32, below: u32) {
        let mut row = std::mem::take(&mut self.rows[slot(y)]);
        reversible::low(simd, &mut row, &self.rows[slot(above)], &self.rows[slot(below)]);
        self.rows[slot(y)] = row;
    }
}
