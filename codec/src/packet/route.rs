//! The way of a tile's packets and what a request needs of it, as far as the parameters tell.

use std::sync::OnceLock;

use super::Need;
use super::progression::{self, Precinct};
use crate::codestream::{Progression, ProgressionChange};
use crate::geometry::Rect;
use crate::structure::Tile;

/// What reading the packets of a tile needs of its geometry. It does not depend on any bytes but the parameters', so that tiles of
/// many images may share it.
pub(crate) struct Route {
    /// Component by component, from the lowest resolution up.
    stages: Vec<Stage>,
    /// The first stage of each component.
    components: Vec<usize>,
    /// Precincts of the tile.
    pub precincts: u64,
    /// Precincts without which there is no picture.
    pub least: u64,
    /// Whether every precinct is needed.
    pub all_needed: bool,
    /// The order of all packets where there is one for the whole tile, once somebody has asked for it.
    order: OnceLock<Vec<Precinct>>,
}

/// One resolution of one component.
pub(crate) struct Stage {
    pub resolution: u8,
    /// Decomposition levels of the component.
    pub levels: u8,
    /// Its precincts (B.6), and the number of the first among those of the tile.
    pub cells: Rect,
    pub first: usize,
    /// What is needed of it.
    pub needed: Need,
}

impl Route {
    /// The way through a tile of which a request has `needs`, by component and resolution; resolutions and components at the end
    /// that are not needed may be left out.
    pub fn new(tile: &Tile, needs: &[Vec<Need>]) -> Self {
        let mut stages = Vec::new();
        let mut components = Vec::with_capacity(tile.components.len());
        let (mut precincts, mut needed, mut least) = (0u64, 0u64, 0u64);
        for (number, component) in tile.components.iter().enumerate() {
            components.push(stages.len());
            let needs = needs.get(number).map_or(&[][..], Vec::as_slice);
            let levels = component.resolutions.len().saturating_sub(1) as u8;
            for (r, resolution) in (0u8..).zip(&component.resolutions) {
                let need = needs.get(usize::from(r)).copied().unwrap_or_default();
                let cells = resolution.precincts.cells;
                stages.push(Stage { resolution: r, levels, cells, first: precincts as usize, needed: need });
                precincts = precincts.saturating_add(cells.area());
                needed = needed.saturating_add(need.precincts.area());
                least = least.saturating_add(if r == 0 { need.precincts.area() } else { 0 });
            }
        }
        Self { stages, components, precincts, least, all_needed: needed == precincts, order: OnceLock::new() }
    }

    /// All stages.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// A resolution of a component.
    pub fn stage(&self, component: u16, resolution: usize) -> Option<&Stage> {
        let first = *self.components.get(usize::from(component))?;
        self.stages.get(first.saturating_add(resolution)).filter(|stage| usize::from(stage.resolution) == resolution)
    }

    /// The precincts of the whole tile in the order of their packets. It is always asked for the same progression.
    pub fn order(&self, tile: &Tile, progression: Progression) -> &[Precinct] {
        let whole = ProgressionChange { progression, resolutions: (0, 33), components: (0, u16::MAX), layers: 0 };
        self.order.get_or_init(|| progression::order(tile, &whole))
    }

    /// Bytes that it holds, those of the order with them.
    pub fn bytes(&self) -> u64 {
        let precincts = self.precincts.saturating_mul(size_of::<Precinct>() as u64);
        precincts.saturating_add(size_of_val(&*self.stages) as u64).saturating_add(size_of_val(&*self.components) as u64)
    }
}

impl Stage {
    /// The number of the precinct in a column and row among those of the tile, if it is one of these.
    pub fn precinct(&self, cell: (u32, u32)) -> Option<usize> {
        self.cells.index(cell).map(|index| self.first.saturating_add(index as usize))
    }

    /// The precincts that are needed: their numbers among those of the tile.
    pub fn needed(&self) -> impl Iterator<Item = usize> + '_ {
        let Rect { x0, y0, x1, y1 } = self.needed.precincts;
        let cells = (y0..y1).flat_map(move |y| (x0..x1).map(move |x| (x, y)));
        cells.filter_map(|cell| self.precinct(cell))
    }
}
