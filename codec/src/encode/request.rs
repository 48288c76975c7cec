//! What an encode is asked for, and whether that can be.

use super::source::Source;
use crate::codestream::Container;
use crate::error::Error;
use crate::geometry::Rect;
use crate::limits::Limits;

/// How to encode. The default is what DICOM's HTJ2K Lossless RPCL asks for (1.2.840.10008.1.2.4.202): one tile, blocks of
/// 64 x 64, no colour transform, and levels until the lowest resolution is no larger than 64 x 64.
///
/// Images have 1 to 4 components of 1 to 16 bits, signed or not, of one size. The order of packets is always resolution,
/// position, component, layer, with TLM, PLT and one tile-part for each resolution of each tile; tile-parts of one resolution
/// stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeRequest {
    /// Code-block columns and rows: powers of two from 4 to 1024, together at most 4096 samples.
    pub code_block: (u16, u16),
    /// Decomposition levels, 0 to 32; `None` for 5 or as many more as make the lowest resolution at most 64 x 64.
    pub levels: Option<u8>,
    /// Tile columns and rows; `None` for one tile. Tiles begin at the origin of the reference grid.
    pub tile_size: Option<(u32, u32)>,
    /// Precinct columns and rows as powers of two, 0 to 15 (at least 1 above the lowest resolution), from the lowest
    /// resolution up; the last pair holds for all above. Empty for the greatest, 2^15, in tiles of at most 4096 samples a side, and
    /// 512 in greater ones: a reader of a small part then passes over most packets instead of reading their headers.
    pub precincts: Vec<(u8, u8)>,
    /// Whether components 0 to 2 are red, green and blue, of equal bits and sign, and go through the reversible colour
    /// transform.
    pub colour_transform: bool,
    /// What the codestream is wrapped in: nothing, or a JPH file of one or three components.
    pub container: Container,
}

impl Default for EncodeRequest {
    fn default() -> Self {
        Self {
            code_block: (64, 64),
            levels: None,
            tile_size: None,
            precincts: Vec::new(),
            colour_transform: false,
            container: Container::Raw,
        }
    }
}

/// Greatest side of a tile that has one precinct to a resolution unless asked otherwise.
const ONE_PRECINCT: u32 = 4096;
/// Precinct side in greater tiles, as a power of two, unless code-blocks are long: four blocks of 64 to a side of a subband.
const PRECINCT: u8 = 9;

/// The lowest resolution of the default number of levels is at most this wide and high.
const LOWEST: u32 = 64;
/// Bytes that an encode takes for a sample at most: coefficients, coded blocks and the codestream.
const BYTES_PER_SAMPLE: u64 = 8;

/// A request that fits its image.
pub(super) struct Parameters {
    /// The image area.
    pub area: Rect,
    pub tile_size: (u32, u32),
    /// Bits and sign of each component.
    pub components: Vec<(u8, bool)>,
    pub levels: u8,
    /// Code-block size as powers of two.
    pub block: (u8, u8),
    /// One pair for each resolution, or none.
    pub precincts: Vec<(u8, u8)>,
    /// Whether there is a colour transform.
    pub transform: bool,
    pub container: Container,
}

impl Parameters {
    pub fn new(source: &Source, request: &EncodeRequest, limits: &Limits) -> Result<Self, Error> {
        let area = source.area;
        let components: Vec<(u8, bool)> = source.channels.iter().map(|c| (c.bits, c.signed)).collect();
        if !(1..=4).contains(&components.len()) {
            return Err(Error::request(format!("{} components cannot be encoded, 1 to 4 can", components.len())));
        }
        if area.is_empty() {
            return Err(Error::request("an image without samples cannot be encoded"));
        }
        let samples = area.area().saturating_mul(components.len() as u64);
        Limits::check("samples", samples, limits.pixels)?;
        Limits::check("bytes of memory", samples.saturating_mul(BYTES_PER_SAMPLE), limits.bytes)?;
        if let Some((bits, _)) = components.iter().find(|(bits, _)| !(1..=16).contains(bits)) {
            return Err(Error::request(format!("samples of {bits} bits cannot be encoded, 1 to 16 can")));
        }
        if request.colour_transform && (components.len() < 3 || components[1..3] != [components[0]; 2]) {
            return Err(Error::request("the colour transform needs three components of equal bits and sign"));
        }
        let exponent = |side: u16| (side.is_power_of_two() && (4..=1024).contains(&side)).then(|| side.ilog2() as u8);
        let block = match (exponent(request.code_block.0), exponent(request.code_block.1)) {
            (Some(x), Some(y)) if x + y <= 12 => (x, y),
            _ => {
                return Err(Error::request(format!(
                    "code-blocks of {} x {} cannot be",
                    request.code_block.0, request.code_block.1
                )));
            }
        };
        let longest = area.width().max(area.height());
        let enough = || (5..32).find(|&levels| longest.div_ceil(1 << levels) <= LOWEST).unwrap_or(32);
        let levels = request.levels.unwrap_or_else(enough);
        if levels > 32 {
            return Err(Error::request(format!("{levels} decomposition levels are more than the possible 32")));
        }
        let tile_size = request.tile_size.unwrap_or((area.x1, area.y1));
        let tile = (tile_size.0.min(area.width()), tile_size.1.min(area.height()));
        let precincts = match tile.0.max(tile.1) > ONE_PRECINCT && request.precincts.is_empty() {
            true => precincts(&[(PRECINCT.max(block.0 + 3), PRECINCT.max(block.1 + 3))], levels)?,
            false => precincts(&request.precincts, levels)?,
        };
        if tile_size.0 <= area.x0 || tile_size.1 <= area.y0 {
            return Err(Error::request(format!(
                "the first tile of {} x {} does not reach the image at ({}, {})",
                tile_size.0, tile_size.1, area.x0, area.y0
            )));
        }
        let (transform, container) = (request.colour_transform, request.container);
        Ok(Self { area, tile_size, components, levels, block, precincts, transform, container })
    }

    /// Bits that exponents are counted from: those of the samples, and the one that the colour transform adds. At least four:
    /// beside fewer the rounding of the lifting steps, which adds up over levels, would not be small.
    pub fn bits(&self) -> u8 {
        (self.components.iter().map(|c| c.0).max().unwrap_or(0) + u8::from(self.transform)).max(4)
    }
}

/// One precinct size for each resolution.
fn precincts(asked: &[(u8, u8)], levels: u8) -> Result<Vec<(u8, u8)>, Error> {
    let Some(&last) = asked.last() else { return Ok(Vec::new()) };
    let all: Vec<_> = (0..=usize::from(levels)).map(|r| asked.get(r).copied().unwrap_or(last)).collect();
    for (r, &(x, y)) in all.iter().enumerate() {
        let least = u8::from(r > 0);
        if x < least || y < least || x > 15 || y > 15 {
            return Err(Error::request(format!("precincts of 2^{x} x 2^{y} at resolution {r} cannot be")));
        }
    }
    Ok(all)
}
