//! Tag trees: a two-dimensional array of numbers, coded coarse to fine (ISO/IEC 15444-1 B.10.2).

use super::bits::Bits;
use crate::error::Error;

/// A number that is known to be at least `low`, or exactly `low`.
#[derive(Clone, Copy, Default)]
struct Node {
    low: u16,
    known: bool,
}

/// The state of one tag tree while its bits come in.
#[derive(Clone, Default)]
pub(crate) struct TagTree {
    /// Offset into `nodes` and width of each level, leaves first.
    levels: Vec<(u32, u32)>,
    nodes: Vec<Node>,
}

impl TagTree {
    /// A tree over `width` x `height` leaves, none known. The caller has checked the size against its limits.
    pub fn new(width: u32, height: u32) -> Self {
        let (mut w, mut h, mut offset) = (width, height, 0u32);
        let mut levels = Vec::new();
        if width > 0 && height > 0 {
            loop {
                levels.push((offset, w));
                offset = offset.saturating_add(w.saturating_mul(h));
                if w == 1 && h == 1 {
                    break;
                }
                (w, h) = (w.div_ceil(2), h.div_ceil(2));
            }
        }
        Self { levels, nodes: vec![Node::default(); offset as usize] }
    }

    /// The node above a leaf at a level, or the leaf at level 0.
    #[inline]
    fn node(&mut self, x: u32, y: u32, level: u32) -> Option<&mut Node> {
        let &(offset, width) = self.levels.get(level as usize)?;
        let down = |v: u32| v.checked_shr(level).unwrap_or(0);
        self.nodes.get_mut(down(y).wrapping_mul(width).wrapping_add(down(x)).wrapping_add(offset) as usize)
    }

    /// Reads until it is known whether the leaf's number is below `threshold`; gives the number where it is.
    pub fn below(&mut self, x: u32, y: u32, threshold: u16, bits: &mut Bits) -> Result<Option<u16>, Error> {
        // Above a node that is known all are known: reading begins below the first such one.
        let (mut level, mut low) = (0u32, 0);
        while let Some(node) = self.node(x, y, level) {
            if node.known {
                low = node.low;
                break;
            }
            level = level.saturating_add(1);
        }
        while let Some(below) = level.checked_sub(1) {
            level = below;
            let Some(node) = self.node(x, y, level) else {
                return Err(Error::Internal { why: "a tag tree has no such leaf".into() });
            };
            node.low = node.low.max(low);
            if node.low < threshold {
                let (more, known) = bits.zeros(u32::from(threshold.saturating_sub(node.low)))?;
                (node.low, node.known) = (node.low.saturating_add(more as u16), known);
            }
            if !node.known {
                return Ok(None);
            }
            low = node.low;
        }
        Ok((low < threshold).then_some(low))
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
        let mut tree = TagTree::new(6, 3);
        assert_eq!(tree.below(0, 0, 9, &mut r).unwrap(), Some(1));
        assert_eq!(tree.below(1, 0, 9, &mut r).unwrap(), Some(3));
        assert_eq!(tree.below(2, 0, 9, &mut r).unwrap(), Some(2));
    }

    #[test]
    fn thresholds_in_steps_read_the_same_bits() {
        let bytes = [0b0111_1001, 0b1010_0000];
        let mut pages = Pages::new((&bytes).into());
        let mut r = Bits::new(&mut pages, 0, bytes.len(), 0);
        let mut tree = TagTree::new(6, 3);
        assert_eq!(tree.below(0, 0, 1, &mut r).unwrap(), None);
        assert_eq!(tree.below(0, 0, 2, &mut r).unwrap(), Some(1));
        assert_eq!(tree.below(1, 0, 3, &mut r).unwrap(), None);
        assert_eq!(tree.below(1, 0, 4, &mut r).unwrap(), Some(3));
    }
}
