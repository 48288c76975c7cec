//! What a request comes to in one tile as far as the parameters tell: its geometry, the way of its packets, and all of its jobs but
//! those of code-blocks.

use lightbox_kernels::abi::{BandJob, DwtJob, OutputJob, TileJob};

use super::request::Chosen;
use super::{PlaneLayout, Windows};
use crate::codestream::{BlockStyle, Codestream, InForce, Wavelet};
use crate::cpu::block::ht::NARROW_BITPLANES;
use crate::error::Error;
use crate::geometry::Rect;
use crate::limits::Limits;
use crate::packet::{Need, Route};
use crate::structure::{Orientation, Resolution, Subband, Tile, TileComponent};

/// One tile of a request before its packets. Jobs count from the tile's first of their kind.
pub(super) struct Outline {
    pub tile: Tile,
    pub route: Route,
    pub job: TileJob,
    pub outputs: Vec<OutputJob>,
    pub dwts: Vec<DwtJob>,
    pub bands: Vec<BandJob>,
    /// Where each of the bands is in the tile.
    places: Vec<BandPlace>,
    /// Code-blocks that the jobs have.
    blocks: u64,
    /// Code-blocks and precincts of the tile, as the limits count them.
    pub counted: u64,
}

/// A band of a tile, and the code-blocks of it that are needed.
pub(super) struct BandPlace {
    /// For errors.
    pub tile: u32,
    pub component: u16,
    pub resolution: usize,
    /// Its number in its resolution.
    pub band: usize,
    /// As cells of the band's partition.
    pub cells: Rect,
    pub roi_shift: u8,
}

impl Outline {
    /// Lays out tile `index` for the planes of a request. `counted` counts code-blocks and precincts over all tiles.
    pub fn new(
        codestream: &Codestream,
        index: u32,
        chosen: &Chosen,
        reduction: u8,
        counted: &mut u64,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let in_force = codestream.in_force(index);
        let planes = &chosen.planes;
        for plane in planes {
            let coding = in_force.coding(plane.component)?;
            if reduction > coding.levels {
                return Err(Error::request(format!(
                    "a reduction of {reduction} is asked for, component {} of tile {index} has {} levels",
                    plane.component, coding.levels
                )));
            }
        }
        let before = *counted;
        let tile = Tile::new(codestream, index, counted, limits)?;
        let colour_transform = in_force.tile_coding()?.colour_transform && planes.iter().any(|p| p.component < 3);
        if colour_transform {
            check_colour_transform(&tile, &in_force)?;
        }
        let mut windows = Vec::with_capacity(planes.len());
        let mut needs: Vec<Vec<Need>> = vec![Vec::new(); tile.components.len()];
        for plane in planes {
            let number = usize::from(plane.component);
            let (component, needs) = tile.components.get(number).zip(needs.get_mut(number)).ok_or_else(gone)?;
            let window = Windows::new(component, &plane.rect, reduction);
            *needs = window.needs(component);
            windows.push((component, window));
        }
        let needs_wide = |(plane, (component, _)): (&PlaneLayout, &(&TileComponent, Windows))| {
            is_wide(component, plane.bits, in_force.roi_shift(plane.component))
        };
        // What a colour transform ties together has one type.
        let tied_wide = colour_transform && planes.iter().zip(&windows).take(3).any(needs_wide);
        let mut lister = Lister::default();
        for (number, (plane, window)) in (0u16..).zip(planes.iter().zip(&windows)) {
            let wide = if colour_transform && number < 3 { tied_wide } else { needs_wide((plane, window)) };
            let parts = Parts { tile: index, component: plane.component, roi_shift: in_force.roi_shift(plane.component), wide };
            lister.add_component(window.0, number, &window.1, parts);
        }
        let route = Route::new(&tile, &needs);
        let Lister { outputs, dwts, bands, places, blocks, coefficients } = lister;
        let coefficients = coefficients.checked_next_multiple_of(2).unwrap_or(u64::MAX);
        Limits::check("words of coefficients in a tile", coefficients, u64::from(u32::MAX) >> 1)?;
        let coefficients = u32::try_from(coefficients).unwrap_or(u32::MAX);
        let job = TileJob { index, first_output: 0, coefficients, colour_transform: u32::from(colour_transform) };
        let counted = counted.saturating_sub(before);
        Ok(Self { tile, route, job, outputs, dwts, bands, places, blocks, counted })
    }

    /// How many jobs of code-blocks there will be.
    pub fn block_count(&self) -> usize {
        self.blocks as usize
    }

    /// The bands and their jobs.
    pub fn bands(&self) -> impl Iterator<Item = (&BandPlace, &BandJob)> {
        self.places.iter().zip(&self.bands)
    }

    /// The subband at a place.
    pub fn subband(&self, place: &BandPlace) -> Option<&Subband> {
        let component = self.tile.components.get(usize::from(place.component))?;
        component.resolutions.get(place.resolution)?.bands.get(place.band)
    }

    /// About how many bytes it holds.
    pub fn bytes(&self) -> u64 {
        let resolutions = self.tile.components.iter().map(|component| component.resolutions.len()).sum::<usize>();
        // A resolution has three bands at most.
        let of_resolution = size_of::<Resolution>().saturating_add(size_of::<Subband>().saturating_mul(3));
        let lists = [
            size_of::<Self>(),
            size_of_val(&*self.tile.components),
            resolutions.saturating_mul(of_resolution),
            size_of_val(&*self.outputs),
            size_of_val(&*self.dwts),
            size_of_val(&*self.bands),
            size_of_val(&*self.places),
        ];
        lists.iter().fold(self.route.bytes(), |sum, &list| sum.saturating_add(list as u64))
    }
}

/// What the jobs of one tile-component share.
#[derive(Clone, Copy)]
struct Parts {
    tile: u32,
    component: u16,
    roi_shift: u8,
    wide: bool,
}

/// Lists the jobs of a tile, one component after the other.
#[derive(Default)]
struct Lister {
    outputs: Vec<OutputJob>,
    dwts: Vec<DwtJob>,
    bands: Vec<BandJob>,
    places: Vec<BandPlace>,
    blocks: u64,
    /// Words of coefficients.
    coefficients: u64,
}

impl Lister {
    fn add_component(&mut self, component: &TileComponent, plane: u16, windows: &Windows, parts: Parts) {
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
            self.coefficients = self.coefficients.checked_next_multiple_of(2).unwrap_or(u64::MAX);
        }
        for (r, resolution) in component.resolutions.iter().take(windows.levels.len().saturating_add(1)).enumerate() {
            if let Some(window) = r.checked_sub(1).and_then(|level| windows.levels.get(level)) {
                let Rect { x0: u0, y0: v0, x1: u1, y1: v1 } = window.0;
                self.dwts.push(DwtJob { u0, v0, u1, v1, hl: self.bands.len() as u32, reserved: [0; 3] });
            }
            for (number, band) in resolution.bands.iter().enumerate() {
                self.add_band(band, (r, number), &windows.of_band(r, band), parts);
            }
        }
    }

    /// Lists a subband, which is one of a resolution, with the code-blocks that meet `window`.
    fn add_band(&mut self, band: &Subband, (resolution, number): (usize, usize), window: &Rect, parts: Parts) {
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
            // The limits on code-blocks keep lists far below 2^32.
            first_block: self.blocks as u32,
            blocks_wide: cells.width(),
            blocks_high: cells.height(),
            offset: u32::try_from(self.coefficients).unwrap_or(u32::MAX),
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
        let Parts { tile, component, roi_shift, wide } = parts;
        self.places.push(BandPlace { tile, component, resolution, band: number, cells, roi_shift });
        self.blocks = self.blocks.saturating_add(cells.area());
        let words = if wide { 2 } else { 1 };
        self.coefficients = self.coefficients.saturating_add(stored.area().saturating_mul(words));
    }
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
fn check_colour_transform(tile: &Tile, in_force: &InForce) -> Result<(), Error> {
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

/// The flags of a band.
fn flags(style: BlockStyle, reversible: bool) -> u8 {
    let flags = [
        (style.causal, BandJob::CAUSAL),
        (reversible, BandJob::REVERSIBLE),
        (style.bypass, BandJob::BYPASS),
        (style.reset, BandJob::RESET),
        (style.terminate, BandJob::TERMINATE),
        (style.predictable, BandJob::PREDICTABLE),
        (style.segmentation, BandJob::SEGMENTATION),
    ];
    flags.iter().filter(|(set, _)| *set).fold(0, |all, (_, flag)| all | flag)
}
