//! Subbands: place, quantization, precincts and code-blocks (ISO/IEC 15444-1 B.5, B.7, E.1).

use super::Grid;
use crate::codestream::{BlockCoding, BlockStyle, ComponentCoding, Quantization, Style, Wavelet};
use crate::error::Error;
use crate::geometry::{Rect, ceil_shift, floor_shift};

/// Which filters made a subband, horizontally then vertically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Orientation {
    /// Low-pass both ways.
    Ll,
    /// Horizontally high-pass.
    Hl,
    /// Vertically high-pass.
    Lh,
    /// High-pass both ways.
    Hh,
}

impl Orientation {
    /// xo_b and yo_b of Table B.1.
    pub const fn offsets(self) -> (u32, u32) {
        match self {
            Self::Ll => (0, 0),
            Self::Hl => (1, 0),
            Self::Lh => (0, 1),
            Self::Hh => (1, 1),
        }
    }

    /// log2(gain_b) of Table E.1.
    pub const fn gain(self) -> i32 {
        match self {
            Self::Ll => 0,
            Self::Hl | Self::Lh => 1,
            Self::Hh => 2,
        }
    }

    /// The standard's two letters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ll => "LL",
            Self::Hl => "HL",
            Self::Lh => "LH",
            Self::Hh => "HH",
        }
    }
}

/// One subband of a tile-component.
#[derive(Clone, Debug)]
pub(crate) struct Subband {
    pub orientation: Orientation,
    /// On the subband's own grid (B-15).
    pub rect: Rect,
    /// Code-blocks (B.7).
    pub blocks: Grid,
    /// Precinct size on this subband's grid as powers of two.
    precinct: (u8, u8),
    /// M_b of E-2: magnitude bit-planes, region of interest not counted.
    pub bitplanes: u8,
    /// Step size of E-3; 1 where reversible.
    pub step: f32,
    pub wavelet: Wavelet,
    /// Which block decoders its code-blocks need.
    pub coding: BlockCoding,
    pub style: BlockStyle,
}

impl Subband {
    /// The subband of resolution `r` of the tile-component `rect` whose samples have `bits` bits.
    pub fn new(
        rect: &Rect,
        r: u8,
        orientation: Orientation,
        coding: &ComponentCoding,
        quantization: &Quantization,
        bits: u8,
    ) -> Result<Self, Error> {
        // n_b of B.5: LL lies as deep as HL, LH and HH of resolution 1.
        let halvings = u32::from(coding.levels.saturating_sub(r.saturating_sub(1)));
        let (xo, yo) = orientation.offsets();
        let edge = |v: u32, o: u32| band_edge(v, o, halvings);
        let band = Rect::new(edge(rect.x0, xo), edge(rect.y0, yo), edge(rect.x1, xo), edge(rect.y1, yo));
        let (ppx, ppy) = coding.precinct(r);
        // Above resolution 0 a precinct covers half as many samples of each subband, each way (B.6).
        let half = u8::from(r > 0);
        let precinct = (ppx.saturating_sub(half), ppy.saturating_sub(half));
        let block = (coding.block.0.min(precinct.0), coding.block.1.min(precinct.1));
        let band_number = match orientation {
            Orientation::Ll => 0,
            Orientation::Hl => 1,
            Orientation::Lh => 2,
            Orientation::Hh => 3,
        };
        let number = usize::from(r.saturating_sub(1)).saturating_mul(3).saturating_add(band_number);
        let step = quantization.step(r, number)?;
        let Some(bitplanes) = quantization.guard_bits.saturating_add(step.exponent).checked_sub(1) else {
            return Err(Error::malformed("QCD", quantization.at, format!("subband {number} has no bit-plane")));
        };
        let size = match (coding.wavelet, quantization.style) {
            (Wavelet::Reversible53, Style::None) => 1.0,
            (Wavelet::Reversible53, _) => {
                return Err(Error::unsupported("the reversible wavelet with quantization", quantization.at));
            }
            (Wavelet::Irreversible97, _) => {
                let range = i32::from(bits).saturating_add(orientation.gain());
                let power = range.saturating_sub(i32::from(step.exponent));
                (power as f32).exp2() * (1.0 + f32::from(step.mantissa) / 2048.0)
            }
        };
        Ok(Self {
            orientation,
            rect: band,
            blocks: Grid::over(&band, block.0, block.1),
            precinct,
            bitplanes,
            step: size,
            wavelet: coding.wavelet,
            coding: coding.blocks,
            style: coding.style,
        })
    }

    /// The code-blocks of the precinct in a column and row of its resolution's partition, counted in blocks from the
    /// origin.
    pub fn blocks_of_precinct(&self, cell: (u32, u32)) -> Rect {
        self.blocks.cells_in(&self.precincts().rect(cell))
    }

    /// The cells of its resolution's partition whose precincts hold samples of `part` of the subband.
    pub fn precincts_in(&self, part: &Rect) -> Rect {
        self.precincts().cells_in(part)
    }

    /// The cell of its resolution's partition that holds the code-block in a column and row, counted from the origin.
    pub fn precinct_of(&self, block: (u32, u32)) -> (u32, u32) {
        // A code-block is no larger than a precinct.
        let down = |v: u32, precinct: u8, block: u8| floor_shift(v, u32::from(precinct.saturating_sub(block)));
        let log2 = self.blocks.log2;
        (down(block.0, self.precinct.0, log2.0), down(block.1, self.precinct.1, log2.1))
    }

    /// The column of code-blocks behind the last of those in a column of precincts.
    pub fn columns_end(&self, precinct: u32) -> u32 {
        let log2 = self.precinct.0.saturating_sub(self.blocks.log2.0);
        u32::try_from(u64::from(precinct).saturating_add(1) << (log2 & 31)).unwrap_or(u32::MAX)
    }

    fn precincts(&self) -> Grid {
        Grid::over(&self.rect, self.precinct.0, self.precinct.1)
    }
}

/// An edge of a subband after `halvings` decompositions (B-15): `(v - 2^(halvings - 1) * o) / 2^halvings`, rounded up.
fn band_edge(v: u32, o: u32, halvings: u32) -> u32 {
    if halvings == 0 {
        return v;
    }
    let shift = 1u64.checked_shl(halvings.saturating_sub(1)).unwrap_or(u64::MAX).saturating_mul(u64::from(o));
    match u32::try_from(u64::from(v).saturating_sub(shift)) {
        Ok(v) => ceil_shift(v, halvings),
        Err(_) => 0,
    }
}
