//! One component of one tile as a stream of rows: code-blocks, then every wavelet level, a row at a time.
//!
//! Coefficients live either in stripes, one row of code-blocks per subband, decoded when their rows come up, or in
//! planes that were decoded before.

use std::ops::Range;

use lightbox_kernels::abi::BandJob;

use super::blocks::{BlockScratch, Coefficient, Kind, Place, RowOfBlocks};
use super::dwt::Synthesis;
use super::simd::Simd;
use crate::error::Error;
use crate::geometry::Rect;
use crate::plan::{Window, support};

/// Where the coefficients of a component come from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'p> {
    pub place: Place<'p>,
    pub simd: Simd,
    /// All coefficients of the tile in words, as the plan places them; without them blocks are decoded in stripes.
    pub planes: Option<&'p [u32]>,
}

impl Source<'_> {
    /// The kind of its coefficients: that of the [`Component`] to be used with it.
    pub fn kind(&self) -> Kind {
        Kind::of(self.place.output)
    }
}

/// The rows of a subband that are held.
#[derive(Default)]
struct Stripe<T> {
    job: BandJob,
    samples: Vec<T>,
    /// Rows held, on the subband's grid.
    rows: Range<u32>,
    /// The next row of blocks.
    next: u32,
    /// The row behind the last that is needed.
    end: u32,
}

/// One level of the inverse wavelet transform while it runs.
struct Level<T> {
    synthesis: Synthesis<T>,
    /// Its output on the resolution's grid.
    window: Rect,
    /// Columns of the low and of the high bands that go into the window.
    low: Range<u32>,
    high: Range<u32>,
    /// The row to be pushed next, and the row after the last that is complete.
    next: u32,
    ready: u32,
}

/// The row stream; keeps its memory from tile to tile.
pub(crate) struct Component<T> {
    bands: Vec<Stripe<T>>,
    levels: Vec<Level<T>>,
    /// Levels and bands in use.
    depth: usize,
    columns: Range<u32>,
}

impl<T> Default for Component<T> {
    fn default() -> Self {
        Self { bands: Vec::new(), levels: Vec::new(), depth: 0, columns: 0..0 }
    }
}

impl<T: Coefficient> Component<T> {
    /// Starts the rows `rows` of the source's output.
    pub fn start(&mut self, source: &Source<'_>, rows: Range<u32>) {
        let Place { plan, output, .. } = source.place;
        let bands = plan.bands_of(output);
        let dwts = plan.dwts_of(output);
        self.depth = dwts.len();
        self.columns = output.x0..output.x1;
        self.bands.resize_with(self.bands.len().max(bands.len()), Stripe::default);
        for (stripe, job) in self.bands.iter_mut().zip(bands) {
            (stripe.job, stripe.rows, stripe.next) = (*job, 0..0, 0);
        }
        self.levels.resize_with(self.levels.len().max(dwts.len()), Level::default);
        let mut needed = Rect::new(output.x0, rows.start, output.x1, rows.end);
        for (number, (level, dwt)) in self.levels.iter_mut().zip(dwts).enumerate().rev() {
            let planned = Rect::new(dwt.u0, dwt.v0, dwt.u1, dwt.v1);
            let window = Window::around(&needed, &planned, support(output.reversible == 1));
            needed = window.of_band((false, false));
            let high = window.of_band((true, true));
            level.window = window.0;
            (level.low, level.high) = (needed.x0..needed.x1, high.x0..high.x1);
            for (stripe, end) in self.bands[3 * number + 1..].iter_mut().zip([needed.y1, high.y1, high.y1]) {
                stripe.end = end;
            }
            (level.next, level.ready) = (window.0.y0, window.0.y0);
            level.synthesis.reset(window.0.x0, window.0.x1, window.0.y0, window.0.y1);
        }
        self.bands[0].end = needed.y1;
    }

    /// Makes row `y` of the output available. Rows come in order.
    pub fn advance_to(&mut self, source: &Source<'_>, scratch: &mut BlockScratch, y: u32) -> Result<(), Error> {
        match self.depth.checked_sub(1) {
            None => self.bands[0].hold(source, scratch, 0, y),
            Some(top) => {
                while self.levels[top].ready <= y {
                    self.push(source, scratch, top)?;
                }
                Ok(())
            }
        }
    }

    /// Row `y` of the output, after [`Self::advance_to`].
    pub fn row<'s>(&'s self, source: &Source<'s>, y: u32) -> &'s [T] {
        match self.depth.checked_sub(1) {
            None => self.bands[0].row(source, y, &self.columns),
            Some(top) => self.levels[top].row(y, &self.columns),
        }
    }

    /// Pushes the next row into a level, after the rows of the levels below that it needs.
    fn push(&mut self, source: &Source<'_>, scratch: &mut BlockScratch, number: usize) -> Result<(), Error> {
        let y = self.levels[number].next;
        let n = y / 2;
        let (hl, lh, hh) = (3 * number + 1, 3 * number + 2, 3 * number + 3);
        let even = y.is_multiple_of(2);
        if even {
            match number.checked_sub(1) {
                None => self.bands[0].hold(source, scratch, 0, n)?,
                // A narrow resolution may lie between the samples of the one below.
                Some(_) if self.levels[number].low.is_empty() => {}
                Some(below) => {
                    while self.levels[below].ready <= n {
                        self.push(source, scratch, below)?;
                    }
                }
            }
            self.bands[hl].hold(source, scratch, hl, n)?;
        } else {
            self.bands[lh].hold(source, scratch, lh, n)?;
            self.bands[hh].hold(source, scratch, hh, n)?;
        }
        let (below, here) = self.levels.split_at_mut(number);
        let level = &mut here[0];
        let (low, high) = if even {
            let low = match below.last() {
                None => self.bands[0].row(source, n, &level.low),
                Some(below) => below.row(n, &level.low),
            };
            (low, self.bands[hl].row(source, n, &level.high))
        } else {
            (self.bands[lh].row(source, n, &level.low), self.bands[hh].row(source, n, &level.high))
        };
        level.ready = level.synthesis.push(source.simd, low, high).end;
        level.next += 1;
        Ok(())
    }
}

impl<T: Coefficient> Default for Level<T> {
    fn default() -> Self {
        Self { synthesis: Synthesis::new(), window: Rect::default(), low: 0..0, high: 0..0, next: 0, ready: 0 }
    }
}

impl<T: Coefficient> Level<T> {
    fn row(&self, y: u32, columns: &Range<u32>) -> &[T] {
        if columns.is_empty() {
            return &[];
        }
        let x = |x: u32| (x - self.window.x0) as usize;
        &self.synthesis.row(y)[x(columns.start)..x(columns.end)]
    }
}

impl<T: Coefficient> Stripe<T> {
    /// Decodes rows of blocks until row `y` is held. Does nothing where planes hold all rows.
    fn hold(&mut self, source: &Source<'_>, scratch: &mut BlockScratch, number: usize, y: u32) -> Result<(), Error> {
        if source.planes.is_some() || self.job.blocks_wide == 0 {
            return Ok(());
        }
        let job = self.job;
        while self.rows.end <= y {
            let place = source.place;
            let Some(first) = place.plan.block_row(&job, self.next).first() else {
                return Err(Error::Internal { why: "a subband has fewer rows than its wavelet level".into() });
            };
            self.rows = job.y0 + first.y..job.y0 + first.y + u32::from(first.height);
            if self.rows.end > y {
                let len = usize::from(first.height) * job.stride() as usize;
                if self.samples.len() < len {
                    self.samples.resize(len, T::default());
                }
                let lines = self.end.saturating_sub(self.rows.start);
                let of = RowOfBlocks { number, band: &job, row: self.next, lines };
                place.decode_row(source.simd, of, scratch, &mut self.samples[..len])?;
            }
            self.next += 1;
        }
        Ok(())
    }

    fn row<'s>(&'s self, source: &Source<'s>, y: u32, columns: &Range<u32>) -> &'s [T] {
        if columns.is_empty() {
            return &[];
        }
        let job = &self.job;
        let first = if source.planes.is_some() { job.y0 } else { self.rows.start };
        let start = (y - first) as usize * job.stride() as usize;
        let row = start + (columns.start - job.x0) as usize..start + (columns.end - job.x0) as usize;
        match source.planes {
            Some(planes) => {
                let words = &planes[job.offset as usize..];
                bytemuck::cast_slice(&words[row.start * T::WORDS..row.end * T::WORDS])
            }
            None => &self.samples[row],
        }
    }
}
