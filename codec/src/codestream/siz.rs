//! SIZ: image, tile and component sizes (ISO/IEC 15444-1 A.5.1, B.2, B.3).

use super::info::ComponentInfo;
use super::marker::Segment;
use crate::error::Error;
use crate::geometry::Rect;
use crate::limits::Limits;

/// Sizes on the reference grid.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Siz {
    /// Image area (XOsiz, YOsiz, Xsiz, Ysiz).
    pub area: Rect,
    /// XTsiz, YTsiz.
    pub tile_size: (u32, u32),
    /// XTOsiz, YTOsiz.
    pub tile_origin: (u32, u32),
    /// numXtiles, numYtiles.
    pub tiles: (u32, u32),
    pub components: Vec<ComponentInfo>,
}

/// Rsiz bit: ISO/IEC 15444-2 extensions are used.
const RSIZ_PART_2: u16 = 0x8000;

impl Siz {
    pub fn parse(segment: &Segment, limits: &Limits) -> Result<Self, Error> {
        const WHAT: &str = "SIZ";
        let mut r = segment.reader();
        let rsiz = r.u16(WHAT)?;
        if rsiz & RSIZ_PART_2 != 0 {
            return Err(segment.unsupported("extensions of ISO/IEC 15444-2"));
        }
        let (x1, y1) = (r.u32(WHAT)?, r.u32(WHAT)?);
        let (x0, y0) = (r.u32(WHAT)?, r.u32(WHAT)?);
        let tile_size = (r.u32(WHAT)?, r.u32(WHAT)?);
        let tile_origin = (r.u32(WHAT)?, r.u32(WHAT)?);
        let count = r.u16(WHAT)?;
        let area = Rect::new(x0, y0, x1, y1);
        if area.is_empty() {
            return Err(segment.malformed(format!("the image area from ({x0}, {y0}) to ({x1}, {y1}) is empty")));
        }
        let first_tile_meets =
            |t0: u32, size: u32, first: u32| size > 0 && t0 <= first && t0.checked_add(size).is_none_or(|end| end > first);
        if !first_tile_meets(tile_origin.0, tile_size.0, x0) || !first_tile_meets(tile_origin.1, tile_size.1, y0) {
            return Err(segment.malformed(format!(
                "tiles of {} x {} from ({}, {}) do not begin on the image area",
                tile_size.0, tile_size.1, tile_origin.0, tile_origin.1
            )));
        }
        // The tile origin is not beyond the image origin, so nothing wraps.
        let across = x1.saturating_sub(tile_origin.0).div_ceil(tile_size.0);
        let down = y1.saturating_sub(tile_origin.1).div_ceil(tile_size.1);
        Limits::check("tiles", u64::from(across).saturating_mul(u64::from(down)), u64::from(limits.tiles.min(65535)))?;
        if count == 0 || count > 16384 {
            return Err(segment.malformed(format!("{count} components are declared, 1 to 16384 are possible")));
        }
        Limits::check("components", u64::from(count), u64::from(limits.components))?;
        let mut components = Vec::with_capacity(usize::from(count));
        let mut pixels = 0u64;
        for _ in 0..count {
            let ssiz = r.u8(WHAT)?;
            let (dx, dy) = (r.u8(WHAT)?, r.u8(WHAT)?);
            let bits = (ssiz & 0x7F).saturating_add(1);
            if bits > 38 || dx == 0 || dy == 0 {
                return Err(segment.malformed(format!("a component of {bits} bits, sampled every ({dx}, {dy})")));
            }
            let rect = area.subsampled(u32::from(dx), u32::from(dy));
            pixels = pixels.saturating_add(rect.area());
            let signed = ssiz & 0x80 != 0;
            components.push(ComponentInfo { bits, signed, dx, dy, width: rect.width(), height: rect.height() });
        }
        Limits::check("samples", pixels, limits.pixels)?;
        Ok(Self { area, tile_size, tile_origin, tiles: (across, down), components })
    }

    /// Tiles of the image.
    pub fn tile_count(&self) -> u32 {
        self.tiles.0.saturating_mul(self.tiles.1)
    }

    /// Tile `index` on the reference grid.
    pub fn tile(&self, index: u32) -> Rect {
        tile(&self.area, self.tile_origin, self.tile_size, self.tiles.0, index)
    }

    /// The tiles that meet a part of the image area, in order.
    pub fn tiles_in(&self, part: &Rect) -> impl Iterator<Item = u32> + use<> {
        let (across, down) = self.tiles;
        let range = |from: u32, to: u32, origin: u32, size: u32, count: u32| {
            let first = from.saturating_sub(origin).checked_div(size).unwrap_or(0);
            let end = if to > from { to.saturating_sub(origin).div_ceil(size.max(1)) } else { first };
            first..end.min(count)
        };
        let columns = range(part.x0, part.x1, self.tile_origin.0, self.tile_size.0, across);
        let rows = range(part.y0, part.y1, self.tile_origin.1, self.tile_size.1, down);
        rows.flat_map(move |row| columns.clone().map(move |column| row.saturating_mul(across).saturating_add(column)))
    }
}

/// Tile `index` on the reference grid, of tiles of `size` from `origin`, `across` to a row (B-7 to B-10).
pub(super) fn tile(area: &Rect, origin: (u32, u32), size: (u32, u32), across: u32, index: u32) -> Rect {
    let (p, q) = (index.checked_rem(across).unwrap_or(0), index.checked_div(across).unwrap_or(0));
    let edge = |origin: u32, size: u32, n: u32| origin.saturating_add(size.saturating_mul(n));
    let nominal = Rect::new(
        edge(origin.0, size.0, p),
        edge(origin.1, size.1, q),
        edge(origin.0, size.0, p.saturating_add(1)),
        edge(origin.1, size.1, q.saturating_add(1)),
    );
    nominal.intersect(area)
}
