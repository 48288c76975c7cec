//! The three coding passes of a bit-plane (ISO/IEC 15444-1 D.3).

use super::coder::{Decisions, Mq};
use super::contexts::{REFINEMENT, SIGN_CODING, UNIFORM, ZeroCoding};
use super::stripes::{SAMPLES, Sample, Stripes, around, signs_around};

/// What a pass works on.
pub(super) struct Pass<'s, S> {
    pub stripes: &'s mut Stripes<S>,
    pub zero_coding: &'static ZeroCoding,
    /// Bit-plane, counted from the least significant one.
    pub plane: u32,
    /// Vertically causal contexts.
    pub causal: bool,
}

/// The word that a pass is in: where it and its columns stand, and its facts as they change.
struct Place {
    word: usize,
    columns: usize,
    near: u64,
    significant: u64,
}

impl<S: Sample> Pass<'_, S> {
    /// Words in scan order: their place among the words, the place of their first column, and their place among the samples.
    fn places(&self) -> impl Iterator<Item = (usize, usize, usize)> + use<S> {
        let (word_stride, column_stride) = (self.stripes.word_stride, self.stripes.column_stride);
        let (wide, high) = (self.stripes.wide(), self.stripes.stripes());
        (0..high).flat_map(move |stripe| {
            (0..wide).map(move |word| {
                let place = (stripe + 1) * word_stride + word + 1;
                let columns = (stripe + 1) * column_stride + word * (SAMPLES / 4) + 1;
                (place, columns, stripe * wide + word)
            })
        })
    }

    fn enter(&self, word: usize, columns: usize) -> Place {
        let facts = &self.stripes.words[word];
        Place { word, columns, near: facts.near, significant: facts.significant }
    }

    fn leave(&mut self, place: &Place) {
        let facts = &mut self.stripes.words[place.word];
        facts.near = place.near;
        facts.significant = place.significant;
    }

    #[inline(always)]
    fn is_significant(&self, coder: &mut impl Decisions, place: &Place, bit: u32) -> bool {
        let column = self.stripes.columns[place.columns + (bit >> 2) as usize];
        coder.significance(self.zero_coding[around(column, bit & 3)])
    }

    /// Decodes the sign of a sample that became significant, and tells its neighbours.
    #[inline(always)]
    fn set(&mut self, coder: &mut impl Decisions, place: &mut Place, sample: usize, bit: u32) {
        let column = self.stripes.columns[place.columns + (bit >> 2) as usize];
        let negative = coder.sign(SIGN_CODING[signs_around(column, bit & 3)]);
        place.significant |= 1 << bit;
        self.stripes.samples[sample] = S::begin(self.plane, negative);
        self.stripes.spread(place.word, place.columns, &mut place.near, bit, negative, self.causal);
    }

    /// Significance propagation: samples that are not significant and have a neighbour that is.
    #[inline(always)]
    pub fn significance_propagation<D: Decisions>(&mut self, mut coder: D) -> D {
        for (word, columns, samples) in self.places() {
            let mut place = self.enter(word, columns);
            let valid = self.stripes.words[word].valid;
            let mut members = place.near & !place.significant & valid;
            if members == 0 {
                continue;
            }
            let mut visited = 0u64;
            while members != 0 {
                let bit = members.trailing_zeros();
                visited |= 1 << bit;
                members &= members - 1;
                if self.is_significant(&mut coder, &place, bit) {
                    self.set(&mut coder, &mut place, samples * SAMPLES + bit as usize, bit);
                    // What it is near to becomes a member, as far as it comes later.
                    members = place.near & !place.significant & valid & (!1 << bit);
                }
            }
            self.stripes.words[word].visited = visited;
            self.leave(&place);
        }
        coder
    }

    /// Sample refinement: samples that were significant before this bit-plane.
    #[inline(always)]
    pub fn magnitude_refinement<D: Decisions>(&mut self, mut coder: D) -> D {
        for (word, _, samples) in self.places() {
            let facts = &mut self.stripes.words[word];
            let mut members = facts.significant & !facts.visited;
            let (near, refined) = (facts.near, facts.refined);
            facts.refined |= members;
            let Some(own) = self.stripes.samples[samples * SAMPLES..].first_chunk_mut::<SAMPLES>() else { break };
            while members != 0 {
                let bit = members.trailing_zeros();
                members &= members - 1;
                let first = REFINEMENT + (near >> bit & 1) as u8;
                let context = if refined >> bit & 1 == 1 { REFINEMENT + 2 } else { first };
                own[bit as usize % SAMPLES].refine(coder.refinement(context), self.plane);
            }
        }
        coder
    }

    /// Cleanup: all samples that the other two passes left out. Four of a column that have no significant neighbour take one
    /// decision while they stay so.
    #[inline(always)]
    pub fn cleanup<'c, 'a>(&mut self, mut coder: Mq<'c, 'a>) -> Mq<'c, 'a> {
        for (word, columns, samples) in self.places() {
            let mut place = self.enter(word, columns);
            let facts = &mut self.stripes.words[word];
            let mut members = facts.valid & !facts.significant & !facts.visited;
            facts.visited = 0;
            while members != 0 {
                let mut bit = members.trailing_zeros();
                let run = bit & 3 == 0 && members >> bit & 0xF == 0xF && place.near >> bit & 0xF == 0;
                if run {
                    if coder.decode_run() == 0 {
                        members &= !(0xF << bit);
                        continue;
                    }
                    bit += (coder.decode(UNIFORM) << 1 | coder.decode(UNIFORM)) as u32;
                }
                members &= !1 << bit;
                if run || self.is_significant(&mut coder, &place, bit) {
                    self.set(&mut coder, &mut place, samples * SAMPLES + bit as usize, bit);
                }
            }
            self.leave(&place);
        }
        coder
    }
}
