//! Which bytes of a packet belong to which coding passes of a code-block (ISO/IEC 15444-1 B.10.7, 15444-15 Annex B).
//!
//! Passes of an HT code-block come in HT sets of three: cleanup, SigProp, MagRef. The cleanup pass of a set is one segment,
//! its SigProp and MagRef passes together are the next. Before the first cleanup pass that has bytes there may be placeholder
//! passes, which share a segment with it. A later set codes everything that an earlier one does, to a finer bit-plane.
//!
//! Passes of an MQ code-block are in one codeword segment, or in several where the code-block style ends them earlier.

use crate::codestream::BlockCoding;

/// Bytes of the codestream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// From SOC.
    pub start: u64,
    pub len: u32,
}

/// Lblock of a block that has not been included (B.10.7.1).
const FIRST_LENGTH_BITS: u8 = 3;

/// What the packets have said of one code-block so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    /// Whether a packet has included it.
    pub included: bool,
    /// P: bit-planes without a significant sample above the first pass.
    pub zero_bitplanes: u8,
    /// Lblock of B.10.7.1.
    pub length_bits: u8,
    /// Passes so far, placeholders with them.
    pub passes: u16,
    pub coded: Coded,
}

/// The coded bytes of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coded {
    /// The newest HT set; without a pass also where a block of a mixed stream has had no byte.
    Ht(HtSet),
    /// Passes and their bytes, packet by packet, and cut where a codeword segment ends. `None` before the first.
    Mq(Option<Chain>),
}

/// The first and the last of the codewords of a block among those of its tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    first: usize,
    last: usize,
}

/// Passes of an MQ code-block that one packet adds to one codeword segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Codewords {
    pub passes: u16,
    pub bytes: Span,
    /// Those of the same block that follow.
    next: usize,
}

impl Chain {
    /// Its codewords among those of the tile, `all`.
    pub fn of(self, all: &[Codewords]) -> impl Iterator<Item = &Codewords> {
        let mut next = Some(self.first);
        std::iter::from_fn(move || {
            let place = next?;
            let here = all.get(place);
            next = here.filter(|_| place != self.last).map(|here| here.next);
            here
        })
    }

    /// Those of a block with one more piece.
    fn with(chain: Option<Self>, passes: u16, bytes: Span, all: &mut Vec<Codewords>) -> Self {
        let place = all.len();
        if let Some(last) = chain.and_then(|chain| all.get_mut(chain.last)) {
            last.next = place;
        }
        all.push(Codewords { passes, bytes, next: place });
        Self { first: chain.map_or(place, |chain| chain.first), last: place }
    }
}

/// How a block is coded, as far as its packets have told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// An HT block without bytes so far; in a mixed stream it may become an MQ block.
    Open,
    Ht,
    Mq,
}

/// The bytes of one HT set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HtSet {
    /// Number of its cleanup pass among the block's passes: a multiple of three.
    pub first_pass: u16,
    /// 0 while there are only placeholders, then 1 to 3.
    pub passes: u8,
    pub cleanup: Span,
    /// SigProp and MagRef share a segment, but may come with different packets.
    pub refinement: [Span; 2],
}

/// Passes of one segment that one packet adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Placeholders, and a cleanup pass where there are bytes.
    First,
    /// The cleanup pass of a further HT set.
    Cleanup,
    /// SigProp, MagRef or both.
    Refinement,
    /// Passes of an MQ codeword segment.
    Codeword,
}

impl Block {
    /// A block that no packet has included.
    pub fn new(coding: BlockCoding) -> Self {
        let coded = match coding {
            BlockCoding::Mq => Coded::Mq(None),
            BlockCoding::Ht | BlockCoding::Mixed => Coded::Ht(HtSet::default()),
        };
        Self { included: false, zero_bitplanes: 0, length_bits: FIRST_LENGTH_BITS, passes: 0, coded }
    }

    /// How it is coded.
    pub fn coding(&self) -> Coding {
        match &self.coded {
            Coded::Mq(_) => Coding::Mq,
            Coded::Ht(set) if set.passes == 0 => Coding::Open,
            Coded::Ht(_) => Coding::Ht,
        }
    }

    /// How many of `more` passes share the first segment of an HT block if it has bytes, and whether it can have: it ends
    /// with the last pass of the packet that can be a cleanup pass; without any, all passes are placeholders.
    pub fn first_segment(passed: u16, more: u16) -> (u16, bool) {
        let after = (passed.saturating_add(more).saturating_sub(1)) % 3;
        match more.saturating_sub(after) {
            0 => (more, false),
            with => (with, true),
        }
    }

    /// Which segment pass number `passed` of an HT block belongs to, and how many of `more` passes go with it.
    pub fn next_segment(passed: u16, more: u16) -> (Kind, u16) {
        match passed % 3 {
            0 => (Kind::Cleanup, 1),
            1 => (Kind::Refinement, more.min(2)),
            _ => (Kind::Refinement, 1),
        }
    }

    /// Adds the passes of one segment with their bytes; `all` are the codewords of the tile's MQ code-blocks. `Err` says what
    /// contradicts the standard.
    pub fn add(&mut self, kind: Kind, passes: u16, bytes: Span, all: &mut Vec<Codewords>) -> Result<(), &'static str> {
        let before = self.passes;
        self.passes = before.saturating_add(passes);
        match (kind, &mut self.coded) {
            (Kind::Codeword, Coded::Mq(chain)) => *chain = Some(Chain::with(*chain, passes, bytes, all)),
            // The first bytes of the block: passes without any may have gone before.
            (Kind::Codeword, coded) => *coded = Coded::Mq(Some(Chain::with(None, self.passes, bytes, all))),
            (Kind::First, _) if bytes.len == 0 => {}
            (Kind::First | Kind::Cleanup, coded) => {
                let last = self.passes.saturating_sub(1);
                if bytes.len < 2 {
                    return Err("a cleanup segment is shorter than two bytes");
                }
                if !last.is_multiple_of(3) {
                    return Err("placeholder passes have bytes");
                }
                *coded = Coded::Ht(HtSet { first_pass: last, passes: 1, cleanup: bytes, refinement: Default::default() });
            }
            (Kind::Refinement, Coded::Ht(set)) => {
                let part = usize::from(set.passes > 1);
                if let Some(slot) = set.refinement.get_mut(part) {
                    *slot = bytes;
                }
                set.passes = set.passes.saturating_add(passes as u8);
            }
            (Kind::Refinement, Coded::Mq(_)) => return Err("an HT refinement pass in an MQ code-block"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_layer_gives_one_set() {
        assert_eq!(Block::first_segment(0, 1), (1, true));
        assert_eq!(Block::first_segment(0, 3), (1, true));
        assert_eq!(Block::next_segment(1, 2), (Kind::Refinement, 2));
    }

    #[test]
    fn placeholders_go_with_the_first_cleanup_pass() {
        // Six placeholders, cleanup, SigProp.
        assert_eq!(Block::first_segment(0, 8), (7, true));
        // Two placeholders only, then one more and the cleanup pass with the next packet.
        assert_eq!(Block::first_segment(1, 1), (1, false));
        assert_eq!(Block::first_segment(2, 2), (2, true));
    }

    #[test]
    fn refinement_may_come_in_two_packets() {
        let (mut block, mut all) = (Block::new(BlockCoding::Ht), Vec::new());
        block.add(Kind::First, 4, Span { start: 10, len: 5 }, &mut all).unwrap();
        block.add(Kind::Refinement, 1, Span { start: 20, len: 1 }, &mut all).unwrap();
        block.add(Kind::Refinement, 1, Span { start: 30, len: 2 }, &mut all).unwrap();
        let Coded::Ht(set) = &block.coded else { panic!("an HT block") };
        assert_eq!((set.first_pass, set.passes), (3, 3));
        assert_eq!(set.refinement, [Span { start: 20, len: 1 }, Span { start: 30, len: 2 }]);
        block.add(Kind::Cleanup, 1, Span { start: 40, len: 2 }, &mut all).unwrap();
        let Coded::Ht(set) = &block.coded else { panic!("an HT block") };
        assert_eq!((set.first_pass, set.passes), (6, 1));
        let empty = || Block::new(BlockCoding::Ht);
        assert!(empty().add(Kind::First, 1, Span { start: 0, len: 1 }, &mut all).is_err());
        assert!(empty().add(Kind::First, 2, Span { start: 0, len: 9 }, &mut all).is_err());
    }

    #[test]
    fn an_mq_block_of_a_mixed_stream_keeps_its_passes_without_bytes() {
        let (mut block, mut all) = (Block::new(BlockCoding::Mixed), Vec::new());
        block.add(Kind::First, 3, Span::default(), &mut all).unwrap();
        assert_eq!(block.coding(), Coding::Open);
        block.add(Kind::Codeword, 2, Span { start: 5, len: 6 }, &mut all).unwrap();
        block.add(Kind::Codeword, 1, Span { start: 20, len: 1 }, &mut all).unwrap();
        assert_eq!(block.coding(), Coding::Mq);
        let Coded::Mq(Some(chain)) = block.coded else { panic!("an MQ block") };
        let of = |chain: Chain, all: &[Codewords]| chain.of(all).map(|c| (c.passes, c.bytes.start)).collect::<Vec<_>>();
        assert_eq!(of(chain, &all), [(5, 5), (1, 20)]);
        // Another block's lie between, and what was set aside before stays as it was.
        let mut other = Block::new(BlockCoding::Mq);
        other.add(Kind::Codeword, 1, Span { start: 40, len: 2 }, &mut all).unwrap();
        block.add(Kind::Codeword, 3, Span { start: 50, len: 2 }, &mut all).unwrap();
        let Coded::Mq(Some(longer)) = block.coded else { panic!("an MQ block") };
        assert_eq!((of(longer, &all), of(chain, &all)), (vec![(5, 5), (1, 20), (3, 50)], vec![(5, 5), (1, 20)]));
        assert!(block.add(Kind::Refinement, 1, Span::default(), &mut all).is_err());
    }
}
