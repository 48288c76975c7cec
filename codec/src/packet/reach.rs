//! How many quality layers of each resolution there are everywhere, where data are cut off.
//!
//! A picture of cut-off data is alike everywhere: at each resolution all tile-components, tiles and precincts of the request
//! use the same layers, those that all of them have, and no resolution uses more layers than a coarser one. So what looks
//! sharp in one place and not in another is the patient, and not the end of the file.

/// The layers that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// At resolution 0 of every tile-component.
    lowest: u16,
    /// At the resolutions above, by how often they are halved: `N_L - r`.
    above: [u16; 33],
}

/// Stands for all layers: more than 65535 cannot be coded.
const ALL: u16 = u16::MAX;

impl Reach {
    /// All layers of all resolutions.
    pub const WHOLE: Self = Self { lowest: ALL, above: [ALL; 33] };

    /// Layers that may be used at resolution `r` of a tile-component with `levels` decomposition levels.
    pub fn layers(&self, r: u8, levels: u8) -> u16 {
        match r {
            0 => self.lowest,
            r => self.above.get(usize::from(levels.saturating_sub(r))).copied().unwrap_or(ALL),
        }
    }

    /// A precinct of resolution `r` has no more than `layers`, which are not all.
    pub fn lower(&mut self, r: u8, levels: u8, layers: u16) {
        let halvings = usize::from(levels.saturating_sub(r));
        let known = if r == 0 { Some(&mut self.lowest) } else { self.above.get_mut(halvings) };
        if let Some(known) = known {
            *known = layers.min(*known);
        }
    }

    /// What both allow.
    pub fn and(&self, other: &Self) -> Self {
        let mut above = self.above;
        above.iter_mut().zip(other.above).for_each(|(a, b)| *a = b.min(*a));
        Self { lowest: self.lowest.min(other.lowest), above }
    }

    /// Lets no resolution use more layers than a coarser one.
    pub fn settled(mut self) -> Self {
        let mut coarser = self.lowest;
        for layers in self.above.iter_mut().rev() {
            coarser = coarser.min(*layers);
            *layers = coarser;
        }
        self
    }

    /// After [`Self::settled`]: the least reduction, not below `reduction`, from which on all layers of all resolutions are
    /// there; `None` where the lowest resolution lacks some.
    pub fn exact_at(&self, reduction: u8) -> Option<u8> {
        let lacking = |&d: &u8| self.above.get(usize::from(d)).is_some_and(|&layers| layers < ALL);
        (self.lowest == ALL).then(|| (reduction..33).find(|d| !lacking(d)).unwrap_or(33))
    }

    /// After [`Self::settled`]: layers that every resolution has that a decode at `reduction` uses.
    pub fn everywhere(&self, reduction: u8) -> u16 {
        self.above.get(usize::from(reduction)).copied().unwrap_or(self.lowest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_resolution_has_more_than_a_coarser_one() {
        let mut reach = Reach::WHOLE;
        assert_eq!((reach.settled(), reach.exact_at(0)), (Reach::WHOLE, Some(0)));
        // Five levels: resolution 4 has 2 layers somewhere and 1 elsewhere, resolution 5 has all.
        reach.lower(4, 5, 2);
        let reach = reach.and(&{
            let mut other = Reach::WHOLE;
            other.lower(4, 5, 1);
            other
        });
        let settled = reach.settled();
        assert_eq!([3, 4, 5].map(|r| settled.layers(r, 5)), [ALL, 1, 1]);
        assert_eq!(
            (settled.exact_at(0), settled.exact_at(4), settled.everywhere(0), settled.everywhere(2)),
            (Some(2), Some(4), 1, ALL)
        );
        // A component with one level: its resolution 0 is as deep as resolution 4 of the other, and is not held back by it.
        assert_eq!([0, 1].map(|r| settled.layers(r, 1)), [ALL, 1]);
    }

    #[test]
    fn without_all_of_the_lowest_resolution_nothing_is_exact() {
        let mut reach = Reach::WHOLE;
        reach.lower(0, 3, 4);
        assert_eq!((reach.settled().exact_at(0), reach.settled().everywhere(0)), (None, 4));
    }
}
