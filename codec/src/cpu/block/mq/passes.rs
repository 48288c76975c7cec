//! The three coding passes of a bit-plane (ISO/IEC 15444-1 D.3).

use super::coder::{Decisions, Mq};
use super::contexts::{REFINEMENT, RUN, UNIFORM};
use super::stripes::{SAMPLES, Sample, Stripes, Window, whole_columns};

/// What a pass works on.
pub(super) struct Pass<'s, S> {
    pub stripes: &'s mut Stripes<S>,
    pub rules: Rules,
}

/// What holds for all samples of a pass.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// Bit-plane, counted from the least significant one.
    pub plane: u32,
    /// Vertically causal contexts.
    pub causal: bool,
}

impl Rules {
    /// The zero-coding label of sample `bit` of a word.
    #[inline(always)]
    fn label<S>(self, coder: &impl Decisions, word: &Window<'_, S>, bit: u32) -> u8 {
        coder.zero_coding(word.column(bit).around(bit & 3))
    }

    /// Decodes the sign of a sample that became significant, and tells its neighbours.
    #[inline(always)]
    fn set<S: Sample>(self, coder: &mut impl Decisions, word: &mut Window<'_, S>, bit: u32) {
        let signs = word.column(bit).signs_around(bit & 3);
        // Before the sign, for which the next sample need not wait.
        word.mark_significant(bit, self.causal);
        let negative = coder.sign(signs);
        word.mark_negative(bit, negative as u32, self.causal);
        word.samples[bit as usize % SAMPLES] = S::begin(self.plane, negative);
    }
}

/// Words in scan order: stripe, and number in it.
fn words<S: Sample>(stripes: &Stripes<S>) -> impl Iterator<Item = (usize, usize)> + use<S> {
    let (wide, high) = (stripes.wide(), stripes.stripes());
    (0..high).flat_map(move |stripe| (0..wide).map(move |word| (stripe, word)))
}

impl<S: Sample> Pass<'_, S> {
    /// Significance propagation: samples that are not significant and have a neighbour that is.
    #[inline(always)]
    pub fn significance_propagation<D: Decisions>(self, coder: D) -> D {
        let Self { stripes, rules } = self;
        let mut coder = coder.local();
        for (stripe, word) in words(stripes) {
            let mut word = stripes.window(stripe, word, rules.causal);
            let (mut zeros, mut visited) = (word.facts.valid & !word.facts.significant, 0);
            let mut members = word.near & zeros;
            if members == 0 {
                continue;
            }
            let mut bit = members.trailing_zeros();
            let mut label = rules.label(&coder, &word, bit);
            while members != 0 {
                visited |= 1 << bit;
                members &= members - 1;
                // The next one, as if nothing happened: it need not wait to see whether something does.
                let mut next = members.trailing_zeros();
                let mut next_label = rules.label(&coder, &word, next);
                if coder.significance(label) {
                    zeros &= !(1 << bit);
                    rules.set(&mut coder, &mut word, bit);
                    // What it is near to becomes a member, as far as it comes later.
                    members = word.near & zeros & (!1 << bit);
                    next = members.trailing_zeros();
                    next_label = rules.label(&coder, &word, next);
                }
                (bit, label) = (next, next_label);
            }
            (word.facts.significant, word.facts.visited) = (word.facts.valid & !zeros, visited);
        }
        coder
    }

    /// Sample refinement: samples that were significant before this bit-plane.
    #[inline(always)]
    pub fn magnitude_refinement<D: Decisions>(self, coder: D) -> D {
        let Self { stripes, rules } = self;
        let mut coder = coder.local();
        for (stripe, word) in words(stripes) {
            let Window { near, facts, samples, .. } = stripes.window(stripe, word, rules.causal);
            let mut members = facts.significant & !facts.visited;
            let refined = facts.refined;
            facts.refined |= members;
            while members != 0 {
                let bit = members.trailing_zeros();
                members &= members - 1;
                let first = REFINEMENT + (near >> bit & 1) as u8;
                let context = if refined >> bit & 1 == 1 { REFINEMENT + 2 } else { first };
                samples[bit as usize % SAMPLES].refine(coder.refinement(context), rules.plane);
            }
        }
        coder
    }

    /// Cleanup: all samples that the other two passes left out. Four of a column that have no significant neighbour take one
    /// decision while they stay so.
    #[inline(always)]
    pub fn cleanup<'c, 'a>(self, coder: Mq<'c, 'a>) -> Mq<'c, 'a> {
        let Self { stripes, rules } = self;
        let mut coder = coder.local();
        for (stripe, word) in words(stripes) {
            let mut word = stripes.window(stripe, word, rules.causal);
            let mut significant = word.facts.significant;
            let mut members = word.facts.valid & !significant & !word.facts.visited;
            while members != 0 {
                let mut bit = members.trailing_zeros();
                let runs = whole_columns(members & !word.near) >> bit;
                let run = runs & 1 == 1;
                if run {
                    // As many as follow each other.
                    let runs = (runs | !0x1111_1111_1111_1111).trailing_ones() / 4;
                    let zero = coder.zero_runs(runs);
                    bit += 4 * zero;
                    // The shift by 64 bits in two.
                    members &= !0 << (bit / 2) << (bit - bit / 2);
                    if zero == runs {
                        continue;
                    }
                    if coder.decode(RUN) == 0 {
                        members &= !(0xF << bit);
                        continue;
                    }
                    bit += (coder.decode(UNIFORM) << 1 | coder.decode(UNIFORM)) as u32;
                }
                members &= !1 << bit;
                if run || coder.significance(rules.label(&coder, &word, bit)) {
                    significant |= 1 << bit;
                    rules.set(&mut coder, &mut word, bit);
                }
            }
            (word.facts.significant, word.facts.visited) = (significant, 0);
        }
        coder
    }
}
