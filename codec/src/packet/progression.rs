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
