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

    /// Tile `index` on the reference grid (B-7 to B-10).
    pub fn tile(&self, index: u32) -> Rect {
        let (p, q) = (index.checked_rem(self.tiles.0).unwrap_or(0), index.checked_div(self.tiles.0).unwrap_or(0));
        let edge = |origin: u32, size: u32, n: u32| origin.saturating_add(size.saturating_mul(n));
        let nominal = Rect::new(
            edge(self.tile_origin.0, self.tile_size.0, p),
            edge(self.tile_origin.1, self.tile_size.1, q),
            edge(self.tile_origin.0, self.tile_size.0, p.saturating_add(1)),
            edge(self.tile_origin.1, self.tile_size.1, q.saturating_add(1)),
        );
        nominal.intersect(&self.area)
    }
}
