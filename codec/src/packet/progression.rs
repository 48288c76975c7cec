//! The order of packets in a tile (ISO/IEC 15444-1 B.12).
//!
//! Every order is a sort of the precincts, and a rule for how many neighbours in that order share the loop over layers.

use crate::codestream::{Progression, ProgressionChange};
use crate::structure::Tile;

/// One precinct of a tile in a progression; each layer has a packet for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Precinct {
    pub component: u16,
    pub resolution: u8,
    pub index: u32,
    /// Where position-driven orders meet it on the reference grid: column and row.
    position: (u64, u64),
}

/// The precincts of the volume in the order in which their packets come.
pub(crate) fn order(tile: &Tile, volume: &ProgressionChange) -> Vec<Precinct> {
    let mut all = Vec::new();
    for (component, c) in (0u16..).zip(&tile.components) {
        if component < volume.components.0 || component >= volume.components.1 {
            continue;
        }
        for (resolution, r) in (0u8..).zip(&c.resolutions) {
            if resolution < volume.resolutions.0 || resolution >= volume.resolutions.1 {
                continue;
            }
            // The caller has bounded the count, which fits a u32.
            for index in 0..r.precincts.count() as u32 {
                all.push(Precinct { component, resolution, index, position: r.precinct_position(index, &tile.rect) });
            }
        }
    }
    match volume.progression {
        Progression::Lrcp | Progression::Rlcp => all.sort_by_key(|p| (p.resolution, p.component, p.index)),
        Progression::Rpcl => {
            all.sort_by_key(|p| (p.resolution, p.position.1, p.position.0, p.component, p.index));
        }
        Progression::Pcrl => {
            all.sort_by_key(|p| (p.position.1, p.position.0, p.component, p.resolution, p.index));
        }
        Progression::Cprl => {
            all.sort_by_key(|p| (p.component, p.position.1, p.position.0, p.resolution, p.index));
        }
    }
    all
}

/// Cuts an order into the runs that one loop over layers goes through, layer by layer.
pub(crate) fn runs(order: &[Precinct], progression: Progression) -> impl Iterator<Item = &[Precinct]> {
    order.chunk_by(move |a, b| match progression {
        Progression::Lrcp => true,
        Progression::Rlcp => a.resolution == b.resolution,
        Progression::Rpcl | Progression::Pcrl | Progression::Cprl => false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codestream::Codestream;
    use crate::codestream::tests::build;
    use crate::geometry::Rect;
    use crate::limits::Limits;

    type Packet = (u16, u8, u32, u16);

    /// The loops of B.12.1.1 to B.12.1.5, position by position.
    fn by_the_book(tile: &Tile, volume: &ProgressionChange) -> Vec<Packet> {
        let mut out = Vec::new();
        let components = volume.components.0..volume.components.1.min(tile.components.len() as u16);
        let resolutions = volume.resolutions.0..volume.resolutions.1;
        let layers = 0..volume.layers;
        let of = |c: u16, r: u8| tile.components[usize::from(c)].resolutions.get(usize::from(r));
        let every = |c: u16, r: u8, l: u16, out: &mut Vec<Packet>| {
            let count = of(c, r).map_or(0, |r| r.precincts.count() as u32);
            out.extend((0..count).map(|k| (c, r, k, l)));
        };
        // The precinct that begins at (x, y) of the reference grid, if one does, and its packets.
        let here = |x: u32, y: u32, c: u16, r: u8, out: &mut Vec<Packet>| {
            let Some(resolution) = of(c, r).filter(|r| r.precincts.count() > 0) else { return };
            let component = &tile.components[usize::from(c)];
            let halvings = component.resolutions.len() as u32 - 1 - u32::from(r);
            let (wide, high) = resolution.precincts.cell_size();
            let begins = |v: u64, start: u32, d: u32, size: u64, first: u32| {
                let scale = u64::from(d) << halvings;
                v.is_multiple_of(scale * size) || (v == u64::from(start) && !u64::from(first).is_multiple_of(size))
            };
            let (dx, dy) = component.sampling;
            if begins(y.into(), tile.rect.y0, dy, high, resolution.rect.y0)
                && begins(x.into(), tile.rect.x0, dx, wide, resolution.rect.x0)
            {
                let cell = |v: u32, d: u32, size: u64, first: u32| {
                    u64::from(v).div_ceil(u64::from(d) << halvings) / size - u64::from(first) / size
                };
                let column = cell(x, dx, wide, resolution.rect.x0);
                let row = cell(y, dy, high, resolution.rect.y0);
                let k = column + row * u64::from(resolution.precincts.cells.width());
                out.extend(layers.clone().map(|l| (c, r, k as u32, l)));
            }
        };
        let rows = tile.rect.y0..tile.rect.y1;
        let columns = tile.rect.x0..tile.rect.x1;
        match volume.progression {
            Progression::Lrcp => {
                layers.for_each(|l| resolutions.clone().for_each(|r| components.clone().for_each(|c| every(c, r, l, &mut out))));
            }
            Progression::Rlcp => {
                resolutions.for_each(|r| layers.clone().for_each(|l| components.clone().for_each(|c| every(c, r, l, &mut out))))
            }
            Progression::Rpcl => {
                for r in resolutions {
                    for y in rows.clone() {
                        columns.clone().for_each(|x| components.clone().for_each(|c| here(x, y, c, r, &mut out)));
                    }
                }
            }
            Progression::Pcrl => {
                for y in rows {
                    for x in columns.clone() {
                        components.clone().for_each(|c| resolutions.clone().for_each(|r| here(x, y, c, r, &mut out)));
                    }
                }
            }
            Progression::Cprl => {
                for c in components {
                    for y in rows.clone() {
                        columns.clone().for_each(|x| resolutions.clone().for_each(|r| here(x, y, c, r, &mut out)));
                    }
                }
            }
        }
        out
    }

    proptest! {
        #[test]
        fn sorting_gives_the_order_of_the_standards_loops(
            (x0, y0, w, h) in (0u32..40, 0u32..40, 1u32..60, 1u32..60),
            sampling in prop::collection::vec((1u8..4, 1u8..4), 1..4),
            (levels, precinct) in (0u8..4, (1u8..6, 1u8..6)),
            progression in prop::sample::select(vec![
                Progression::Lrcp, Progression::Rlcp, Progression::Rpcl, Progression::Pcrl, Progression::Cprl,
            ]),
            (r0, c0, layers) in (0u8..2, 0u16..2, 1u16..4),
        ) {
            let area = Rect::new(x0, y0, x0 + w, y0 + h);
            let header = build::Header {
                area, tile_size: (area.x1, area.y1), sampling, levels, precinct: Some(precinct), ..build::Header::default()
            };
            let bytes = build::codestream(&header);
            let codestream = Codestream::parse(&bytes, &Limits::default()).unwrap();
            let tile = Tile::new(&codestream, 0, &mut 0, &Limits::default()).unwrap();
            let volume = ProgressionChange { progression, resolutions: (r0, 33), components: (c0, u16::MAX), layers };
            let order = order(&tile, &volume);
            let mut packets = Vec::new();
            for run in runs(&order, progression) {
                for layer in 0..layers {
                    packets.extend(run.iter().map(|p| (p.component, p.resolution, p.index, layer)));
                }
            }
            prop_assert_eq!(packets, by_the_book(&tile, &volume));
        }
    }
}
