//! The jobs of one tile.

use lightbox_kernels::abi::{BandJob, DwtJob, OutputJob, TileJob};

use super::block::flags;
use super::{DecodePlan, PlaneLayout, Windows};
use crate::codestream::{Codestream, Wavelet};
use crate::cpu::block::ht::NARROW_BITPLANES;
use crate::error::Error;
use crate::geometry::Rect;
use crate::limits::Limits;
use crate::packet::{self, Block, Needs, Packets, Reach};
use crate::structure::{Orientation, Subband, Tile, TileComponent};

impl DecodePlan<'_> {
    /// Lists the jobs of tile `index` for every plane, with the layers that `reach` allows. Gives how far the tile's packets
    /// reach where that is less. `blocks` counts code-blocks over all tiles.
    pub(super) fn add_tile(
        &mut self,
        codestream: &Codestream,
        index: u32,
        reduction: u8,
        reach: &Reach,
        blocks: &mut u64,
        limits: &Limits,
    ) -> Result<Option<Reach>, Error> {
        let in_force = codestream.in_force(index);
        for plane in &self.planes {
            let coding = in_force.coding(plane.component)?;
            if reduction > coding.levels {
                return Err(Error::request(format!(
                    "a reduction of {reduction} is asked for, component {} of tile {index} has {} levels",
                    plane.component, coding.levels
                )));
            }
        }
        let tile = Tile::new(codestream, index, blocks, limits)?;
        let colour_transform = in_force.tile_coding()?.colour_transform && self.planes.iter().any(|p| p.component < 3);
        if colour_transform {
            check_colour_transform(&tile, codestream)?;
        }
        let planes = self.planes.clone();
        let mut windows = Vec::with_capacity(planes.len());
        let mut needs: Needs = vec![Vec::new(); tile.components.len()];
        for plane in &planes {
            let number = usize::from(plane.component);
            let (component, needs) = tile.components.get(number).zip(needs.get_mut(number)).ok_or_else(gone)?;
            let window = Windows::new(component, &plane.rect, reduction);
            *needs = window.needs(component);
            windows.push(window);
        }
        let packets = packet::read(codestream, &tile, &needs, reach, limits)?;
        self.header_bytes = self.header_bytes.saturating_add(packets.header_bytes);
        let first_output = self.outputs.len() as u32;
        let needs_wide = |plane: &PlaneLayout| {
            let component = tile.components.get(usize::from(plane.component));
            component.is_some_and(|c| is_wide(c, plane.bits, in_force.roi_shift(plane.component)))
        };
        // What a colour transform ties together has one type.
        let tied_wide = colour_transform && planes.iter().take(3).any(needs_wide);
        let mut coefficients = 0u64;
        for ((number, plane), windows) in (0u16..).zip(&planes).zip(&windows) {
            let component = tile.components.get(usize::from(plane.component)).ok_or_else(gone)?;
            let roi_shift = in_force.roi_shift(plane.component);
            let wide = if colour_transform && number < 3 { tied_wide } else { needs_wide(plane) };
            let parts = Parts { tile: index, component: plane.component, roi_shift, wide };
            self.add_component(component, &packets, number, windows, parts, &mut coefficients)?;
        }
        let coefficients = coefficients.checked_next_multiple_of(2).unwrap_or(u64::MAX);
        Limits::check("words of coefficients in a tile", coefficients, u64::from(u32::MAX) >> 1)?;
        let coefficients = u32::try_from(coefficients).unwrap_or(u32::MAX);
        self.tiles.push(TileJob { index, first_output, coefficients, colour_transform: u32::from(colour_transform) });
        Ok(packets.short)
    }

    fn add_component(
        &mut self,
        component: &TileComponent,
        packets: &Packets,
        plane: u16,
        windows: &Windows,
        parts: Parts,
        coefficients: &mut u64,
    ) -> Result<(), Error> {
        let output = windows.output;
        self.outputs.push(OutputJob {
            x0: output.x0,
            y0: output.y0,
            x1: output.x1.max(output.x0),
            y1: output.y1.max(output.y0),
            lowest: self.bands.len() as u32,
            first_dwt: self.dwts.len() as u32,
            dwts: windows.levels.len() as u32,
            plane,
            reversible: u8::from(component.reversible()),
            wide: u8::from(parts.wide),
        });
        if parts.wide {
            *coefficients = coefficients.checked_next_multiple_of(2).unwrap_or(u64::MAX);
        }
        for (r, resolution) in component.resolutions.iter().take(windows.levels.len().saturating_add(1)).enumerate() {
            if let Some(window) = r.checked_sub(1).and_then(|level| windows.levels.get(level)) {
                let Rect { x0: u0, y0: v0, x1: u1, y1: v1 } = window.0;
                self.dwts.push(DwtJob { u0, v0, u1, v1, hl: self.bands.len() as u32, reserved: [0; 3] });
            }
            for (number, band) in resolution.bands.iter().enumerate() {
                let block = |cell, block| packets.block(parts.component, r, number, cell, block);
                self.add_band(band, block, &windows.of_band(r, band), parts, coefficients)?;
            }
        }
        Ok(())
    }

    /// Lists the code-blocks of a subband that meet `window`; `block` finds them by precinct and place.
    fn add_band<'b>(
        &mut self,
        band: &Subband,
        block: impl Fn((u32, u32), (u32, u32)) -> Option<&'b Block>,
        window: &Rect,
        parts: Parts,
        coefficients: &mut u64,
    ) -> Result<(), Error> {
        let cells = band.blocks.cells_in(window);
        let stored = if cells.is_empty() {
            Rect::default()
        } else {
            let first = band.blocks.rect((cells.x0, cells.y0));
            let last = band.blocks.rect((cells.x1.saturating_sub(1), cells.y1.saturating_sub(1)));
            Rect::new(first.x0, first.y0, last.x1, last.y1)
        };
        let reversible = band.wavelet == Wavelet::Reversible53;
        self.bands.push(BandJob {
            first_block: self.blocks.len() as u32,
            blocks_wide: cells.width(),
            blocks_high: cells.height(),
            offset: u32::try_from(*coefficients).unwrap_or(u32::MAX),
            x0: stored.x0,
            y0: stored.y0,
            x1: stored.x1,
            y1: stored.y1,
            step: band.step,
            bitplanes: band.bitplanes,
            roi_shift: parts.roi_shift,
            orientation: match band.orientation {
                Orientation::Ll => 0,
                Orientation::Hl => 1,
                Orientation::Lh => 2,
                Orientation::Hh => 3,
            },
            flags: flags(band.style, reversible),
        });
        let words = if parts.wide { 2 } else { 1 };
        *coefficients = coefficients.saturating_add(stored.area().saturating_mul(words));
        for row in cells.y0..cells.y1 {
            for column in cells.x0..cells.x1 {
                let rect = band.blocks.rect((column, row));
                let block = block(band.precinct_of((column, row)), (column, row));
                self.add_block(band, block, &rect, &stored, parts)?;
            }
        }
        Ok(())
    }
}

/// What the jobs of one tile-component share.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    pub tile: u32,
    pub component: u16,
    pub roi_shift: u8,
    pub wide: bool,
}

/// Greatest depth whose 5/3 coefficients, and the sums that lead to samples, fit 32 bits: the transform and the RCT may add
/// five bits.
const NARROW_REVERSIBLE_BITS: u8 = 26;
/// Greatest depth for which the 24 bits of an `f32` hold what decides the rounding of a sample.
const NARROW_IRREVERSIBLE_BITS: u8 = 16;

/// Whether coefficients need eight bytes each. All bands decide, whatever is asked for, so that a part of an image has the
/// samples of the whole.
fn is_wide(component: &TileComponent, bits: u8, roi_shift: u8) -> bool {
    let any = |f: &dyn Fn(&Subband) -> bool| component.resolutions.iter().any(|r| r.bands.iter().any(f));
    let most = if component.reversible() { NARROW_REVERSIBLE_BITS } else { NARROW_IRREVERSIBLE_BITS };
    bits > most || any(&|b| b.bitplanes.saturating_add(roi_shift) > NARROW_BITPLANES)
}

/// RCT and ICT take three components of one size and one wavelet (G.2, G.3).
fn check_colour_transform(tile: &Tile, codestream: &Codestream) -> Result<(), Error> {
    let in_force = codestream.in_force(tile.index);
    let at = in_force.coding(0)?.at;
    let Some([a, b, c]) = tile.components.get(..3) else {
        return Err(Error::malformed("COD", at, "a colour transform needs three components"));
    };
    let same_size = [b, c].iter().all(|other| other.rect == a.rect && other.sampling == a.sampling);
    let first = in_force.coding(0)?.wavelet;
    let same_wavelet = first == in_force.coding(1)?.wavelet && first == in_force.coding(2)?.wavelet;
    if same_size && same_wavelet {
        Ok(())
    } else {
        Err(Error::malformed("COD", at, "a colour transform of components that differ in size or wavelet"))
    }
}

fn gone() -> Error {
    Error::Internal { why: "the geometry and the packets of a tile differ".into() }
}
