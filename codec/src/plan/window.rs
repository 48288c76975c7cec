//! Which samples of each level the samples of the next depend on (ISO/IEC 15444-1 F.3).

use crate::geometry::Rect;
use crate::packet::Need;
use crate::structure::{Resolution, Subband, TileComponent};

/// How far the lifting steps of a kernel reach: each of its steps by one sample either way.
pub(crate) const fn support(reversible: bool) -> u32 {
    if reversible { 2 } else { 4 }
}

/// What one level of the inverse transform has to produce so that `needed` is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window(pub Rect);

impl Window {
    /// The window of a level whose whole output is `whole`.
    pub fn around(needed: &Rect, whole: &Rect, support: u32) -> Self {
        if needed.is_empty() {
            return Self(Rect { x1: needed.x0, y1: needed.y0, ..*needed });
        }
        let wide = Rect {
            x0: needed.x0.saturating_sub(support),
            y0: needed.y0.saturating_sub(support),
            x1: needed.x1.saturating_add(support),
            y1: needed.y1.saturating_add(support),
        };
        Self(wide.intersect(whole))
    }

    /// The samples of a subband that are interleaved into the window; `high` tells the filters, horizontally and
    /// vertically.
    pub fn of_band(&self, high: (bool, bool)) -> Rect {
        // Even positions are low-pass, odd ones high-pass.
        let edge = |v: u32, high: bool| if high { v / 2 } else { v.div_ceil(2) };
        let Rect { x0, y0, x1, y1 } = self.0;
        Rect::new(edge(x0, high.0), edge(y0, high.1), edge(x1, high.0), edge(y1, high.1))
    }
}

/// What a request needs of one tile-component.
#[derive(Clone, Debug)]
pub(crate) struct Windows {
    /// Samples of the result, on the reduced component's grid.
    pub output: Rect,
    /// Samples of the lowest subband.
    pub lowest: Rect,
    /// The levels above, lowest first.
    pub levels: Vec<Window>,
}

impl Windows {
    /// The windows under `wanted`, a part of the component's grid after `reduction` halvings.
    pub fn new(component: &TileComponent, wanted: &Rect, reduction: u8) -> Self {
        let count = component.resolutions.len().saturating_sub(usize::from(reduction));
        let resolutions = component.resolutions.get(..count).unwrap_or_default();
        let reversible = component.reversible();
        let output = resolutions.last().map_or(Rect::default(), |r| r.rect.intersect(wanted));
        // From the finest level down: what each level needs of the one below.
        let mut lowest = output;
        let mut levels = Vec::with_capacity(count);
        for resolution in resolutions.iter().skip(1).rev() {
            let window = Window::around(&lowest, &resolution.rect, support(reversible));
            lowest = window.of_band((false, false));
            levels.push(window);
        }
        levels.reverse();
        Self { output, lowest, levels }
    }

    /// What is needed of a subband of resolution `r`.
    pub fn of_band(&self, r: usize, band: &Subband) -> Rect {
        let (x, y) = band.orientation.offsets();
        match r.checked_sub(1) {
            None => self.lowest,
            Some(level) => self.levels.get(level).map_or(Rect::default(), |window| window.of_band((x == 1, y == 1))),
        }
    }

    /// The precincts and code-blocks of each resolution that hold what is needed.
    pub fn needs(&self, component: &TileComponent) -> Vec<Need> {
        let resolutions = component.resolutions.iter().take(self.levels.len().saturating_add(1)).enumerate();
        let need = |(r, resolution): (usize, &Resolution)| {
            let mut need = Need::default();
            for (band, blocks) in resolution.bands.iter().zip(&mut need.blocks) {
                let part = self.of_band(r, band);
                *blocks = band.blocks.cells_in(&part);
                need.precincts = need.precincts.around(&band.precincts_in(&part));
            }
            need
        };
        resolutions.map(need).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_grows_to_the_edges_and_no_further() {
        let whole = Rect::new(3, 0, 20, 9);
        let window = Window::around(&Rect::new(4, 4, 9, 6), &whole, 4);
        assert_eq!(window.0, Rect::new(3, 0, 13, 9));
        assert_eq!(window.of_band((false, false)), Rect::new(2, 0, 7, 5));
        assert_eq!(window.of_band((true, true)), Rect::new(1, 0, 6, 4));
        assert!(Window::around(&Rect::new(5, 5, 5, 9), &whole, 2).of_band((true, false)).is_empty());
    }
}
