//! Outlines that other images share: those of a series have the same parameters, and so do the tiles of one request made again.

use std::sync::{Arc, Mutex, PoisonError};

use super::PlaneLayout;
use super::outline::Outline;
use super::request::Chosen;
use crate::codestream::{Codestream, Parameters, Siz};
use crate::geometry::Rect;
use crate::limits::Limits;

/// Requests whose outlines are kept, the bytes of one, and of all.
const MOST: usize = 16;
const MOST_OF_ONE: u64 = 512 << 10;
const MOST_OF_ALL: u64 = 8 << 20;

/// The outlines of all tiles of a request, and everything that they depend on.
pub(super) struct Known {
    siz: Siz,
    /// Those of the main header: no tile has others.
    parameters: Parameters,
    area: Rect,
    planes: Vec<PlaneLayout>,
    reduction: u8,
    /// In the order of the tiles.
    pub outlines: Vec<Outline>,
    /// Code-blocks and precincts of all tiles, as the limits count them.
    counted: u64,
    bytes: u64,
}

impl Known {
    fn is_of(&self, codestream: &Codestream, chosen: &Chosen, reduction: u8) -> bool {
        self.reduction == reduction
            && self.area == chosen.area
            && self.planes == chosen.planes
            && self.siz == *codestream.siz()
            && self.parameters.same_coding(codestream.main_parameters())
            && codestream.siz().tiles_in(&chosen.area).all(|tile| !codestream.has_own_coding(tile))
    }
}

/// What is known of the latest requests, the latest first.
#[derive(Default)]
pub(super) struct Outlines(Mutex<Vec<Arc<Known>>>);

impl Outlines {
    /// The outlines of a request, if they are known and within the limits.
    pub fn find(&self, codestream: &Codestream, chosen: &Chosen, reduction: u8, limits: &Limits) -> Option<Arc<Known>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = all.iter().position(|known| known.is_of(codestream, chosen, reduction))?;
        all.get_mut(..=place)?.rotate_right(1);
        let known = all.first()?;
        // Beyond the limits the error is that of laying out the tiles.
        (known.counted <= limits.most_blocks()).then(|| Arc::clone(known))
    }

    /// Keeps the outlines of all tiles of a request for others.
    pub fn keep(&self, codestream: &Codestream, chosen: &Chosen, reduction: u8, outlines: Vec<Outline>) {
        if codestream.siz().tiles_in(&chosen.area).any(|tile| codestream.has_own_coding(tile)) {
            return;
        }
        let sum = |of: fn(&Outline) -> u64| outlines.iter().map(of).fold(0, u64::saturating_add);
        let (counted, bytes) = (sum(|outline| outline.counted), sum(Outline::bytes));
        let known = Known {
            siz: codestream.siz().clone(),
            parameters: codestream.main_parameters().coding_alone(),
            area: chosen.area,
            planes: chosen.planes.clone(),
            reduction,
            outlines,
            counted,
            bytes,
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been sooner.
        if all.iter().any(|known| known.is_of(codestream, chosen, reduction)) {
            return;
        }
        all.insert(0, Arc::new(known));
        let (mut count, mut bytes) = (0usize, 0u64);
        all.retain(|known| {
            (count, bytes) = (count.saturating_add(1), bytes.saturating_add(known.bytes));
            count <= MOST && bytes <= MOST_OF_ALL
        });
    }
}

/// Outlines of the tiles of a request as they are made, as long as they are worth keeping.
#[derive(Default)]
pub(super) struct Fresh {
    outlines: Vec<Outline>,
    bytes: u64,
}

impl Fresh {
    pub fn push(&mut self, outline: Outline) {
        self.bytes = self.bytes.saturating_add(outline.bytes());
        if self.bytes <= MOST_OF_ONE {
            self.outlines.push(outline);
        } else {
            self.outlines = Vec::new();
        }
    }

    /// Adds those of the tiles that follow.
    pub fn append(&mut self, next: Self) {
        next.outlines.into_iter().for_each(|outline| self.push(outline));
        self.bytes = self.bytes.max(next.bytes);
    }

    /// All of them; none where they are too many.
    pub fn all(self) -> Option<Vec<Outline>> {
        (self.bytes <= MOST_OF_ONE).then_some(self.outlines)
    }
}
