//! Parameters to geometry: tile, component, resolution, subband, precinct, code-block (ISO/IEC 15444-1 Annex B). No bytes.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

mod grid;
mod subband;
#[cfg(test)]
mod tests;

pub(crate) use grid::Grid;
pub(crate) use subband::{Orientation, Subband};

use crate::codestream::{Codestream, ComponentInfo, InForce, Siz, Wavelet};
use crate::error::Error;
use crate::geometry::Rect;
use crate::limits::Limits;

/// One component of one tile.
#[derive(Clone, Debug)]
pub(crate) struct TileComponent {
    /// On the component's grid (B-12).
    pub rect: Rect,
    /// Distance of its samples on the reference grid.
    pub sampling: (u32, u32),
    /// From the lowest up; resolution 0 holds LL.
    pub resolutions: Vec<Resolution>,
}

/// One resolution of a tile-component.
#[derive(Clone, Debug)]
pub(crate) struct Resolution {
    /// On the grid of this resolution (B-14).
    pub rect: Rect,
    /// Precincts (B.6): cells of this resolution's grid.
    pub precincts: Grid,
    /// Precinct `(0, 0)` and its neighbours as positions on the reference grid are multiples of this, per axis.
    pub precinct_step: (u64, u64),
    /// LL, or HL, LH, HH.
    pub bands: Vec<Subband>,
}

impl Resolution {
    /// Column and row on the reference grid at which a progression meets precinct `index` (B.12.1.3).
    pub fn precinct_position(&self, index: u32, tile: &Rect) -> (u64, u64) {
        let (column, row) = self.precincts.cell(index);
        let x = u64::from(column).saturating_mul(self.precinct_step.0);
        let y = u64::from(row).saturating_mul(self.precinct_step.1);
        // A precinct that begins before the tile is met where the tile begins.
        (x.max(u64::from(tile.x0)), y.max(u64::from(tile.y0)))
    }
}

/// The geometry of one tile.
#[derive(Clone, Debug)]
pub(crate) struct Tile {
    pub index: u32,
    /// On the reference grid.
    pub rect: Rect,
    pub components: Vec<TileComponent>,
}

impl Tile {
    /// Lays out tile `index`. `blocks` counts code-blocks and precincts over all tiles against the limit.
    pub fn new(codestream: &Codestream, index: u32, blocks: &mut u64, limits: &Limits) -> Result<Self, Error> {
        Self::lay_out(codestream.siz(), &codestream.in_force(index), index, blocks, limits)
    }

    /// Lays out tile `index` of an image by the parameters in force in it.
    pub fn lay_out(siz: &Siz, in_force: &InForce, index: u32, blocks: &mut u64, limits: &Limits) -> Result<Self, Error> {
        let rect = siz.tile(index);
        let mut components = Vec::with_capacity(siz.components.len());
        for (number, info) in (0u16..).zip(&siz.components) {
            let component = TileComponent::new(&rect, number, info, in_force)?;
            for resolution in &component.resolutions {
                // The resolution itself counts too: there may be 33 empty ones in each of many empty tile-components.
                *blocks = blocks.saturating_add(resolution.precincts.count()).saturating_add(1);
                for band in &resolution.bands {
                    *blocks = blocks.saturating_add(band.blocks.count());
                }
            }
            Limits::check("code-blocks", *blocks, limits.most_blocks())?;
            components.push(component);
        }
        Ok(Self { index, rect, components })
    }
}

impl Codestream<'_> {
    /// Code-blocks of the whole image, of all tiles, components and resolutions.
    ///
    /// # Errors
    /// Parameters that contradict the standard, and more than `limits` allow.
    pub fn block_count(&self, limits: &Limits) -> Result<u64, Error> {
        let (mut sum, mut counted) = (0u64, 0);
        for index in 0..self.siz().tile_count() {
            let tile = Tile::new(self, index, &mut counted, limits)?;
            let bands = tile.components.iter().flat_map(|c| &c.resolutions).flat_map(|r| &r.bands);
            sum = bands.map(|band| band.blocks.count()).fold(sum, u64::saturating_add);
        }
        Ok(sum)
    }
}

impl TileComponent {
    /// Whether the 5/3 wavelet made its subbands.
    pub fn reversible(&self) -> bool {
        let lowest = self.resolutions.first().and_then(|r| r.bands.first());
        lowest.is_some_and(|band| band.wavelet == Wavelet::Reversible53)
    }

    fn new(tile: &Rect, number: u16, info: &ComponentInfo, in_force: &InForce) -> Result<Self, Error> {
        let coding = in_force.coding(number)?;
        let quantization = in_force.quantization(number)?;
        let sampling = (u32::from(info.dx), u32::from(info.dy));
        let rect = tile.subsampled(sampling.0, sampling.1);
        let mut resolutions = Vec::with_capacity(usize::from(coding.levels).saturating_add(1));
        for r in 0..=coding.levels {
            // N_L - r: how often this resolution has been halved.
            let halvings = u32::from(coding.levels.saturating_sub(r));
            let here = rect.reduced(halvings);
            let (ppx, ppy) = coding.precinct(r);
            let precincts = Grid::over(&here, ppx, ppy);
            let step = |log2: u8, distance: u32| {
                // At most 2^(32 + 15) times 255.
                (1u64 << (halvings.saturating_add(u32::from(log2)) & 63)).saturating_mul(u64::from(distance))
            };
            let orientations: &[Orientation] =
                if r == 0 { &[Orientation::Ll] } else { &[Orientation::Hl, Orientation::Lh, Orientation::Hh] };
            let mut bands = Vec::with_capacity(orientations.len());
            for &orientation in orientations {
                bands.push(Subband::new(&rect, r, orientation, coding, quantization, info.bits)?);
            }
            resolutions.push(Resolution {
                rect: here,
                precincts,
                precinct_step: (step(ppx, sampling.0), step(ppy, sampling.1)),
                bands,
            });
        }
        Ok(Self { rect, sampling, resolutions })
    }
}
