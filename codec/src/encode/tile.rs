//! One tile: strips of rows through the wavelet transform and into coded blocks, resolution by resolution.
//!
//! A strip is as high as one row of code-blocks of the three subbands that it makes; strips do not depend on each other, so
//! each is a task. Its subbands stay in the processor's cache; only the low-pass rows go to memory, for the next level.

use rayon::prelude::*;

use super::packet::CodedBand;
use super::source::Source;
use crate::cpu::block::ht::encode::{self, Samples};
use crate::cpu::dwt::Analysis;
use crate::cpu::simd::Simd;
use crate::cpu::workspaces::Workspaces;
use crate::error::Error;
use crate::geometry::Rect;
use crate::structure::{Grid, Subband, Tile};

/// Coded blocks by component, resolution and subband.
pub(super) type CodedTile = Vec<Vec<Vec<CodedBand>>>;

/// What all tiles of an encode share.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub source: &'a Source<'a>,
    pub simd: Simd,
    pub workspaces: &'a Workspaces<Workspace>,
    /// Whether strips may run on several threads.
    pub parallel: bool,
    /// Whether components go through the colour transform.
    pub transform: bool,
}

/// Working memory of one thread.
#[derive(Default)]
pub(super) struct Workspace {
    analyses: Vec<Analysis>,
    /// HL, LH and HH of the strip, for one component after the other.
    bands: [Vec<i32>; 3],
    blocks: encode::Scratch,
}

/// Rows of one resolution, all components.
struct Plane {
    rect: Rect,
    components: Vec<Vec<i32>>,
}

/// What a level transforms.
enum Input<'a> {
    /// The image itself.
    Source(&'a Source<'a>),
    /// The low-pass rows of the level before.
    Plane(&'a Plane),
}

/// One strip of a level.
struct Strip<'a> {
    /// The row of code-blocks, counted from the origin of the partition.
    row: u32,
    /// On the resolution's grid.
    rows: std::ops::Range<u32>,
    /// Where each component's low-pass rows go.
    low: Vec<&'a mut [i32]>,
}

/// The coded blocks of one row, by component and subband.
type CodedRow = Vec<[CodedBand; 3]>;

impl Context<'_> {
    /// Transforms and codes a tile.
    pub fn encode(&self, tile: &Tile) -> Result<CodedTile, Error> {
        let resolutions = &tile.components[0].resolutions;
        let mut coded: CodedTile =
            tile.components.iter().map(|c| c.resolutions.iter().map(|r| vec![Vec::new(); r.bands.len()]).collect()).collect();
        let mut plane = None;
        for number in (1..resolutions.len()).rev() {
            let input = plane.as_ref().map_or(Input::Source(self.source), Input::Plane);
            let mut low = Plane::new(resolutions[number - 1].rect, tile.components.len());
            let strips = strips(&resolutions[number].rect, &resolutions[number].bands[0].blocks, &mut low);
            let work = |strip| self.workspaces.with(|workspace| self.strip(tile, number, &input, strip, workspace));
            let rows: Vec<CodedRow> = match self.parallel {
                true => strips.into_par_iter().map(work).collect::<Result<_, _>>()?,
                false => strips.into_iter().map(work).collect::<Result<_, _>>()?,
            };
            for row in rows {
                for (coded, bands) in coded.iter_mut().zip(row) {
                    coded[number].iter_mut().zip(bands).for_each(|(coded, blocks)| coded.extend(blocks));
                }
            }
            plane = Some(low);
        }
        let plane = match plane {
            Some(plane) => plane,
            None => self.untransformed(&resolutions[0].rect, tile.components.len())?,
        };
        for (c, coded) in coded.iter_mut().enumerate() {
            let band = &tile.components[c].resolutions[0].bands[0];
            self.workspaces.with(|w| -> Result<(), Error> {
                for row in band.blocks.cells.y0..band.blocks.cells.y1 {
                    coded[0][0].extend(self.blocks(band, row, band.rect.y0, &plane.components[c], &mut w.blocks)?);
                }
                Ok(())
            })?;
        }
        Ok(coded)
    }

    /// The samples of a tile that is not decomposed.
    fn untransformed(&self, rect: &Rect, components: usize) -> Result<Plane, Error> {
        let mut plane = Plane::new(*rect, components);
        let width = rect.width() as usize;
        for y in rect.y0..rect.y1 {
            let start = (y - rect.y0) as usize * width;
            let mut rows: Vec<&mut [i32]> = plane.components.iter_mut().map(|c| &mut c[start..start + width]).collect();
            self.source.row(y, rect.x0, self.transform, &mut rows)?;
        }
        Ok(plane)
    }

    /// Transforms one strip of resolution `number` and codes its blocks.
    fn strip(&self, tile: &Tile, number: usize, input: &Input, strip: Strip, workspace: &mut Workspace) -> Result<CodedRow, Error> {
        let Workspace { analyses, bands, blocks } = workspace;
        let Strip { row, rows, mut low } = strip;
        let resolution = &tile.components[0].resolutions[number];
        let rect = resolution.rect;
        analyses.resize_with(analyses.len().max(low.len()), Analysis::default);
        let analyses = &mut analyses[..low.len()];
        let mut inputs = 0..0;
        for analysis in &mut *analyses {
            inputs = analysis.reset(&rect, rows.clone());
        }
        // All components' rows go through in step, because the colour transform mixes them.
        let (low_rows, high_rows) = (rows.start.div_ceil(2)..rows.end.div_ceil(2), rows.start / 2..rows.end / 2);
        let [hl, lh, hh] = [&resolution.bands[0], &resolution.bands[1], &resolution.bands[2]];
        let widths = [hl.rect.width() as usize, lh.rect.width() as usize, hh.rect.width() as usize];
        let heights = [low_rows.len(), high_rows.len(), high_rows.len()];
        for n in 0..3 {
            let len = widths[n] * heights[n] * low.len();
            bands[n].resize(bands[n].len().max(len), 0);
        }
        for y in inputs {
            match input {
                Input::Source(source) => {
                    let mut inputs: Vec<&mut [i32]> = analyses.iter_mut().map(Analysis::input).collect();
                    source.row(y, rect.x0, self.transform, &mut inputs)?;
                }
                Input::Plane(plane) => {
                    for (analysis, samples) in analyses.iter_mut().zip(&plane.components) {
                        let width = plane.rect.width() as usize;
                        let start = (y - plane.rect.y0) as usize * width;
                        analysis.input().copy_from_slice(&samples[start..start + width]);
                    }
                }
            }
            for (c, (analysis, low)) in analyses.iter_mut().zip(&mut low).enumerate() {
                for y in analysis.push(self.simd) {
                    let [hl, lh, hh] = &mut *bands;
                    let part = |band: usize, first: u32| {
                        let start = (c * heights[band] + (y / 2 - first) as usize) * widths[band];
                        start..start + widths[band]
                    };
                    if y % 2 == 0 {
                        let start = (y / 2 - low_rows.start) as usize * widths[1];
                        analysis.split(self.simd, y, &mut low[start..start + widths[1]], &mut hl[part(0, low_rows.start)]);
                    } else {
                        let (low, high) = (part(1, high_rows.start), part(2, high_rows.start));
                        analysis.split(self.simd, y, &mut lh[low], &mut hh[high]);
                    }
                }
            }
        }
        let firsts = [low_rows.start, high_rows.start, high_rows.start];
        let mut coded = Vec::with_capacity(low.len());
        for c in 0..low.len() {
            let mut row_of = |n: usize| {
                let band = &tile.components[c].resolutions[number].bands[n];
                let plane = &bands[n][c * heights[n] * widths[n]..(c + 1) * heights[n] * widths[n]];
                self.blocks(band, row, firsts[n], plane, blocks)
            };
            coded.push([row_of(0)?, row_of(1)?, row_of(2)?]);
        }
        Ok(coded)
    }

    /// Codes one row of a subband's blocks. `plane` holds the subband's rows from `first` on.
    fn blocks(
        &self,
        band: &Subband,
        row: u32,
        first: u32,
        plane: &[i32],
        scratch: &mut encode::Scratch,
    ) -> Result<CodedBand, Error> {
        let cells = band.blocks.cells;
        if row < cells.y0 || row >= cells.y1 {
            return Ok(Vec::new());
        }
        let mut coded = Vec::with_capacity(cells.width() as usize);
        for column in cells.x0..cells.x1 {
            let rect = band.blocks.rect((column, row));
            let stride = band.rect.width() as usize;
            let start = (rect.y0 - first) as usize * stride + (rect.x0 - band.rect.x0) as usize;
            let (width, height) = (rect.width() as usize, rect.height() as usize);
            let samples = Samples { plane: &plane[start..], stride, width, height };
            let bits = samples.magnitude_bits();
            if bits > u32::from(band.bitplanes) {
                return Err(Error::Internal {
                    why: format!("a coefficient has {bits} bits, more than the subband's {}", band.bitplanes),
                });
            }
            coded.push(if bits == 0 { Vec::new() } else { encode::encode(self.simd, &samples, scratch) });
        }
        Ok(coded)
    }
}

impl Plane {
    fn new(rect: Rect, components: usize) -> Self {
        Self { rect, components: vec![vec![0; rect.area() as usize]; components] }
    }
}

/// Cuts the rows of a resolution at its subbands' rows of blocks, and `low` with them.
fn strips<'a>(rect: &Rect, blocks: &Grid, low: &'a mut Plane) -> Vec<Strip<'a>> {
    // A row of blocks lies on twice as many rows of the resolution.
    let height = 2 * blocks.cell_size().1 as u32;
    let width = low.rect.width() as usize;
    let mut rest: Vec<&mut [i32]> = low.components.iter_mut().map(Vec::as_mut_slice).collect();
    let mut strips = Vec::new();
    let mut start = rect.y0;
    while start < rect.y1 {
        let row = start / height;
        let end = (row + 1).saturating_mul(height).min(rect.y1);
        let len = (end.div_ceil(2) - start.div_ceil(2)) as usize * width;
        let low = rest.iter_mut().map(|rest| rest.split_off_mut(..len).unwrap_or_default()).collect();
        strips.push(Strip { row, rows: start..end, low });
        start = end;
    }
    strips
}
