//! Tag trees: a two-dimensional array of numbers, coded coarse to fine (ISO/IEC 15444-1 B.10.2).

use super::bits::Bits;
use crate::error::Error;

/// A number that is known to be at least [`Self::low`], or exactly that. Zeros are a node of which nothing is known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Node(u32);

impl Node {
    const KNOWN: u32 = 1 << 31;

    fn new(low: u16, known: bool) -> Self {
        Self(u32::from(low) | if known { Self::KNOWN } else { 0 })
    }

    fn low(self) -> u16 {
        self.0 as u16
    }

    fn known(self) -> bool {
        self.0 & Self::KNOWN != 0
    }
}

/// Most levels: a precinct has at most 2^13 code-blocks a side, and a tree one level more than it halves them.
const MOST_LEVELS: usize = 16;

/// The shape of a tag tree. What is known of its nodes is kept elsewhere, so that trees of one shape share it, and memory is used
/// again: [`Self::nodes`] of them, none of them known at first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TagTree {
    /// Offset of the first node and width of each level, leaves first.
    levels: [(u32, u32); MOST_LEVELS],
    depth: u8,
    nodes: u32,
}

impl TagTree {
    /// A tree over `width` x `height` leaves. The caller has checked the size against its limits.
    pub fn new(width: u32, height: u32) -> Self {
        let mut tree = Self { levels: [(0, 0); MOST_LEVELS], depth: 0, nodes: 0 };
        if width == 0 || height == 0 {
            return tree;
        }
        let (mut w, mut h) = (width, height);
        for level in &mut tree.levels {
            *level = (tree.nodes, w);
            tree.nodes = tree.nodes.saturating_add(w.saturating_mul(h));
            tree.depth = tree.depth.saturating_add(1);
            if w == 1 && h == 1 {
                break;
            }
            (w, h) = (w.div_ceil(2), h.div_ceil(2));
        }
        tree
    }

    /// How many nodes it has.
    pub fn nodes(&self) -> usize {
        self.nodes as usize
    }

    /// Where the node above a leaf at a level is, or the leaf at level 0.
    #[inline]
    fn place(&self, x: u32, y: u32, level: u8) -> Option<usize> {
        let &(offset, width) = self.levels.get(usize::from(level))?;
        let down = |v: u32| v >> (level & 31);
        Some(down(y).wrapping_mul(width).wrapping_add(down(x)).wrapping_add(offset) as usize)
    }

    /// Reads until it is known whether the number of leaf `(x, y)` is below `threshold`; gives the number where it is.
    #[inline]
    pub fn below(&self, nodes: &mut [Node], (x, y): (u32, u32), threshold: u16, bits: &mut Bits) -> Option<u16> {
        // Above a node that is known all are known: reading begins below the first such one.
        let (mut level, mut low) = (0u8, 0);
        while level < self.depth {
            match self.place(x, y, level).and_then(|place| nodes.get(place)) {
                Some(node) if node.known() => {
                    low = node.low();
                    break;
                }
                _ => level = level.saturating_add(1),
            }
        }
        while let Some(below) = level.checked_sub(1) {
            level = below;
            let Some(node) = self.place(x, y, level).and_then(|place| nodes.get_mut(place)) else {
                bits.fail(|_| Error::Internal { why: "a tag tree has no such leaf".into() });
                return None;
            };
            low = node.low().max(low);
            let mut known = false;
            if low < threshold {
                let more;
                (more, known) = bits.zeros(u32::from(threshold.saturating_sub(low)));
                low = low.saturating_add(more as u16);
            }
            *node = Node::new(low, known);
            if !known {
                return None;
            }
        }
        (low < threshold).then_some(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coded::Pages;

    /// The example of B.10.2: a 6 x 3 array whose first numbers are 1, 3, 2, 3, 2, 3 / 2, 2, 1, ...
    #[test]
    fn the_standards_example() {
        // q3(0,0) = 1: "01111"; q3(1,0) = 3: "001"; q3(2,0) = 2: "101".
        let bits: Vec<bool> = "01111001101".chars().map(|c| c == '1').collect();
        let mut bytes = vec![0u8; 2];
        for (i, b) in bits.iter().enumerate() {
            bytes[i / 8] |= u8::from(*b) << (7 - i % 8);
        }
        let mut pages = Pages::new((&bytes).into());
        let mut r = Bits::new(&mut pages, 0, bytes.len(), 0);
        let tree = TagTree::new(6, 3);
        let mut nodes = vec![Node::default(); tree.nodes()];
        assert_eq!(nodes.len(), 18 + 6 + 2 + 1);
        assert_eq!(tree.below(&mut nodes, (0, 0), 9, &mut r), Some(1));
        assert_eq!(tree.below(&mut nodes, (1, 0), 9, &mut r), Some(3));
        assert_eq!(tree.below(&mut nodes, (2, 0), 9, &mut r), Some(2));
        assert_eq!(r.finish(), Ok(2));
    }

    #[test]
    fn thresholds_in_steps_read_the_same_bits() {
        let bytes = [0b0111_1001, 0b1010_0000];
        let mut pages = Pages::new((&bytes).into());
        let mut r = Bits::new(&mut pages, 0, bytes.len(), 0);
        let tree = TagTree::new(6, 3);
        let mut nodes = vec![Node::default(); tree.nodes()];
        assert_eq!(tree.below(&mut nodes, (0, 0), 1, &mut r), None);
        assert_eq!(tree.below(&mut nodes, (0, 0), 2, &mut r), Some(1));
        assert_eq!(tree.below(&mut nodes, (1, 0), 3, &mut r), None);
        assert_eq!(tree.below(&mut nodes, (1, 0), 4, &mut r), Some(3));
    }

    #[test]
    fn the_largest_precinct_has_room() {
        let tree = TagTree::new(1 << 13, 1 << 13);
        assert_eq!((tree.depth, tree.levels[13]), (14, (tree.nodes - 1, 1)));
        assert_eq!((TagTree::new(0, 5).nodes(), TagTree::new(1 << 13, 1).nodes()), (0, (1 << 14) - 1));
        let mut pages = Pages::new((&[]).into());
        let mut r = Bits::new(&mut pages, 0, 0, 0);
        assert_eq!(TagTree::new(0, 0).below(&mut [], (0, 0), 1, &mut r), Some(0), "nothing is read");
    }
}
