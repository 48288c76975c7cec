//! Which bytes of a packet belong to which coding passes of an HT code-block (ISO/IEC 15444-15 Annex B).
//!
//! Passes come in HT sets of three: cleanup, SigProp, MagRef. The cleanup pass of a set is one segment, its SigProp and
//! MagRef passes together are the next. Before the first cleanup pass that has bytes there may be placeholder passes,
//! which share a segment with it. A later set codes everything that an earlier one does, to a finer bit-plane.

/// Bytes of the codestream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// From SOC.
    pub start: u64,
    pub len: u32,
}

/// What the packets have said of one code-block so far.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// Whether a packet has included it.
    pub included: bool,
    /// P: bit-planes without a significant sample above the first pass.
    pub zero_bitplanes: u8,
    /// Lblock of B.10.7.1.
    pub length_bits: u8,
    /// Passes so far, placeholders with them.
    pub passes: u16,
    /// The newest HT set.
    pub set: HtSet,
}

impl Default for Block {
    fn default() -> Self {
        Self { included: false, zero_bitplanes: 0, length_bits: 3, passes: 0, set: HtSet::default() }
    }
}

/// The bytes of one HT set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
}

impl Block {
    /// Which segment the next pass belongs to, and how many of `more` passes go with it. `passed` is the number of the
    /// next pass, `begun` whether a cleanup pass with bytes has come. The first such pass is the last of the packet that
    /// can be one; where its segment turns out empty, there are only placeholders.
    pub fn next_segment(passed: u16, begun: bool, more: u16) -> (Kind, u16) {
        if !begun {
            // Up to and with the last cleanup pass; what follows that one refines it. Without any, all placeholders.
            let after = (passed.saturating_add(more).saturating_sub(1)) % 3;
            let with = more.saturating_sub(after);
            return (Kind::First, if with == 0 { more } else { with });
        }
        match passed % 3 {
            0 => (Kind::Cleanup, 1),
            1 => (Kind::Refinement, more.min(2)),
            _ => (Kind::Refinement, 1),
        }
    }

    /// Adds the passes of one segment with their bytes. `Err` says what contradicts the standard.
    pub fn add(&mut self, kind: Kind, passes: u16, bytes: Span) -> Result<(), &'static str> {
        let last = self.passes.saturating_add(passes).saturating_sub(1);
        self.passes = self.passes.saturating_add(passes);
        match kind {
            Kind::First if bytes.len == 0 => {}
            Kind::First | Kind::Cleanup => {
                if bytes.len < 2 {
                    return Err("a cleanup segment is shorter than two bytes");
                }
                if !last.is_multiple_of(3) {
                    return Err("placeholder passes have bytes");
                }
                self.set = HtSet { first_pass: last, passes: 1, cleanup: bytes, refinement: Default::default() };
            }
            Kind::Refinement => {
                let part = usize::from(self.set.passes > 1);
                if let Some(slot) = self.set.refinement.get_mut(part) {
                    *slot = bytes;
                }
                self.set.passes = self.set.passes.saturating_add(passes as u8);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_layer_gives_one_set() {
        assert_eq!(Block::next_segment(0, false, 1), (Kind::First, 1));
        assert_eq!(Block::next_segment(0, false, 3), (Kind::First, 1));
        assert_eq!(Block::next_segment(1, true, 2), (Kind::Refinement, 2));
    }

    #[test]
    fn placeholders_go_with_the_first_cleanup_pass() {
        // Six placeholders, cleanup, SigProp.
        assert_eq!(Block::next_segment(0, false, 8), (Kind::First, 7));
        // Two placeholders only, then one more and the cleanup pass with the next packet.
        assert_eq!(Block::next_segment(1, false, 1), (Kind::First, 1));
        assert_eq!(Block::next_segment(2, false, 2), (Kind::First, 2));
    }

    #[test]
    fn refinement_may_come_in_two_packets() {
        let mut block = Block::default();
        block.add(Kind::First, 4, Span { start: 10, len: 5 }).unwrap();
        block.add(Kind::Refinement, 1, Span { start: 20, len: 1 }).unwrap();
        block.add(Kind::Refinement, 1, Span { start: 30, len: 2 }).unwrap();
        assert_eq!((block.set.first_pass, block.set.passes), (3, 3));
        assert_eq!(block.set.refinement, [Span { start: 20, len: 1 }, Span { start: 30, len: 2 }]);
        block.add(Kind::Cleanup, 1, Span { start: 40, len: 2 }).unwrap();
        assert_eq!((block.set.first_pass, block.set.passes), (6, 1));
        assert!(Block::default().add(Kind::First, 1, Span { start: 0, len: 1 }).is_err());
        assert!(Block::default().add(Kind::First, 2, Span { start: 0, len: 9 }).is_err());
    }
}
