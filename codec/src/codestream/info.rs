//! What a codestream says of itself, for people and for the rest of the program.

use super::siz;
use crate::geometry::Rect;

/// What the codestream is wrapped in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// A bare codestream (`.j2c`, `.j2k`, DICOM).
    Raw,
    /// A JP2 file (ISO/IEC 15444-1 Annex I).
    Jp2,
    /// A JPH file (ISO/IEC 15444-15 Annex D).
    Jph,
}

/// Order in which packets follow each other (ISO/IEC 15444-1 Table A.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progression {
    /// Layer, resolution, component, position.
    Lrcp,
    /// Resolution, layer, component, position.
    Rlcp,
    /// Resolution, position, component, layer.
    Rpcl,
    /// Position, component, resolution, layer.
    Pcrl,
    /// Component, position, resolution, layer.
    Cprl,
}

impl Progression {
    /// The standard's four letters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lrcp => "LRCP",
            Self::Rlcp => "RLCP",
            Self::Rpcl => "RPCL",
            Self::Pcrl => "PCRL",
            Self::Cprl => "CPRL",
        }
    }
}

/// Wavelet transformation (ISO/IEC 15444-1 Table A.20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wavelet {
    /// 5/3, reversible.
    Reversible53,
    /// 9/7, irreversible.
    Irreversible97,
}

/// Which block decoder the code-blocks need (ISO/IEC 15444-15 Table A.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockCoding {
    /// Arithmetic coding of ISO/IEC 15444-1 throughout.
    Mq,
    /// High throughput throughout.
    Ht,
    /// Either, block by block.
    Mixed,
}

/// One component as SIZ declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComponentInfo {
    /// Bits of a sample, 1 to 38.
    pub bits: u8,
    /// Whether samples are signed.
    pub signed: bool,
    /// Horizontal distance of samples on the reference grid (XRsiz).
    pub dx: u8,
    /// Vertical distance of samples on the reference grid (YRsiz).
    pub dy: u8,
    /// Columns of the component.
    pub width: u32,
    /// Rows of the component.
    pub height: u32,
}

/// One marker segment of the main header or of a tile-part header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkerSummary {
    /// Marker code, `0xFF4F` to `0xFFFF`.
    pub code: u16,
    /// The standard's three letters, or `"unknown"`.
    pub name: &'static str,
    /// Offset of the marker from the first byte given to the parser.
    pub offset: u64,
    /// Bytes of the segment with its marker.
    pub len: u32,
}

/// What a codestream is. Where tiles or components differ, the main header's default is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Info {
    /// Wrapper of the codestream.
    pub container: Container,
    /// Columns of the image area on the reference grid.
    pub width: u32,
    /// Rows of the image area on the reference grid.
    pub height: u32,
    /// First column and row of the image area on the reference grid (XOsiz, YOsiz).
    pub origin: (u32, u32),
    /// Nominal tile size (XTsiz, YTsiz).
    pub tile_size: (u32, u32),
    /// Origin of the tile grid (XTOsiz, YTOsiz).
    pub tile_origin: (u32, u32),
    /// Tiles across and down.
    pub tiles: (u32, u32),
    /// Tile-parts found.
    pub tile_parts: u32,
    /// Components in order.
    pub components: Vec<ComponentInfo>,
    /// Decomposition levels.
    pub levels: u8,
    /// Packet order.
    pub progression: Progression,
    /// Quality layers.
    pub layers: u16,
    /// Nominal code-block columns and rows.
    pub code_block: (u16, u16),
    /// Wavelet transformation.
    pub wavelet: Wavelet,
    /// Block coding.
    pub ht: BlockCoding,
    /// Whether components 0 to 2 go through RCT or ICT.
    pub colour_transform: bool,
    /// Precinct columns and rows as powers of two, one pair per resolution; empty for the maximum of 2^15.
    pub precincts: Vec<(u8, u8)>,
    /// Guard bits of the default quantization.
    pub guard_bits: u8,
    /// Whether packets may begin with SOP and end their headers with EPH.
    pub packet_markers: (bool, bool),
    /// Marker segments of the main header and the tile-part headers, in order, at most [`Info::MARKERS`].
    pub markers: Vec<MarkerSummary>,
    /// Offset of the codestream's first byte.
    pub codestream_offset: u64,
    /// Bytes from SOC to EOC, or to the end of the data where EOC is missing.
    pub codestream_len: u64,
}

impl Info {
    /// Most markers that are listed.
    pub const MARKERS: usize = 4096;

    /// The image area on the reference grid.
    pub fn area(&self) -> Rect {
        let (x0, y0) = self.origin;
        Rect::new(x0, y0, x0.saturating_add(self.width), y0.saturating_add(self.height))
    }

    /// The area of a tile on the reference grid, tiles counted row by row from 0; `None` where there is no such tile.
    pub fn tile(&self, index: u32) -> Option<Rect> {
        let (across, down) = self.tiles;
        let there = index < across.saturating_mul(down);
        there.then(|| siz::tile(&self.area(), self.tile_origin, self.tile_size, across, index))
    }

    /// Bits, sign and sampling of all components where they agree; `None` where they do not.
    pub fn uniform(&self) -> Option<ComponentInfo> {
        let first = *self.components.first()?;
        self.components.iter().all(|c| *c == first).then_some(first)
    }
}
