//! Where rows of samples go: interleaved pixels or planes, and parts of them for one thread each.

use std::ops::Range;

use crate::geometry::Rect;
use crate::samples::SamplesMut;

/// Rows of one plane, or of interleaved pixels, that may be written.
pub(crate) struct Sink<'a> {
    samples: SamplesMut<'a>,
    /// Samples from one row to the next.
    pitch: usize,
    /// Samples of one pixel.
    step: usize,
    /// Column and row, on the component's reduced grid, of the first sample.
    origin: (u32, u32),
}

impl<'a> Sink<'a> {
    /// Rows of `rect`, with `step` samples to a pixel. The last row may end before its pitch.
    pub fn new(samples: SamplesMut<'a>, pitch: usize, step: usize, rect: &Rect) -> Self {
        Self { samples, pitch, step, origin: (rect.x0, rect.y0) }
    }

    /// The samples of row `y` in some columns.
    pub fn row(&mut self, y: u32, columns: &Range<u32>) -> SamplesMut<'_> {
        let start = (y - self.origin.1) as usize * self.pitch + (columns.start - self.origin.0) as usize * self.step;
        self.samples.range(start..start + columns.len() * self.step)
    }

    /// The rows before `y`, and those from `y` on.
    pub fn split(self, y: u32) -> (Self, Self) {
        let Self { samples, pitch, step, origin: (x0, y0) } = self;
        // The last row may be shorter than the pitch, and then nothing follows it.
        let at = ((y - y0) as usize * pitch).min(samples.len());
        let [before, after] = samples.split_at(at);
        (Self { samples: before, pitch, step, origin: (x0, y0) }, Self { samples: after, pitch, step, origin: (x0, y) })
    }
}
