//! Tag trees as they are written (ISO/IEC 15444-1 B.10.2): a two-dimensional array of numbers, coded coarse to fine.

use super::bits::BitWriter;

#[derive(Clone, Copy, Default)]
struct Node {
    value: u16,
    /// What has been said: the number is at least this.
    low: u16,
    known: bool,
}

/// A tag tree and how much of it has been written.
pub(super) struct TagTree {
    /// Leaf level first: offset into `nodes`, width.
    levels: Vec<(usize, usize)>,
    nodes: Vec<Node>,
}

impl TagTree {
    /// The tree over `values`, in rows of `width` leaves, at least one.
    pub fn new(values: &[u16], width: usize) -> Self {
        let leaf = |&value: &u16| Node { value, ..Node::default() };
        let mut tree = Self { levels: vec![(0, width)], nodes: values.iter().map(leaf).collect() };
        let (mut w, mut h, mut below) = (width, values.len() / width, 0);
        while w > 1 || h > 1 {
            let offset = tree.nodes.len();
            let (wide, high) = (w.div_ceil(2), h.div_ceil(2));
            for y in 0..high {
                for x in 0..wide {
                    let children =
                        (2 * y..h.min(2 * y + 2)).flat_map(|y| (2 * x..w.min(2 * x + 2)).map(move |x| below + y * w + x));
                    let value = children.map(|child| tree.nodes[child].value).min().unwrap_or(0);
                    tree.nodes.push(Node { value, ..Node::default() });
                }
            }
            tree.levels.push((offset, wide));
            (w, h, below) = (wide, high, offset);
        }
        tree
    }

    /// Writes what tells whether the leaf's number is below `threshold`, and the number where it is.
    pub fn write(&mut self, x: usize, y: usize, threshold: u16, bits: &mut BitWriter<'_>) {
        let mut low = 0;
        for (level, &(offset, width)) in self.levels.iter().enumerate().rev() {
            let node = &mut self.nodes[offset + (y >> level) * width + (x >> level)];
            node.low = node.low.max(low);
            while !node.known && node.low < threshold {
                node.known = node.low == node.value;
                bits.bit(node.known);
                node.low += u16::from(!node.known);
            }
            low = node.low;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of B.10.2: a 6 x 3 array of numbers.
    #[test]
    fn the_standards_example() {
        let values = [1, 3, 2, 3, 2, 3, 2, 2, 1, 4, 3, 2, 2, 2, 2, 2, 1, 2];
        let mut out = Vec::new();
        let mut bits = BitWriter::new(&mut out);
        let mut tree = TagTree::new(&values, 6);
        for x in 0..3 {
            tree.write(x, 0, 9, &mut bits);
        }
        bits.finish();
        // q3(0,0) = 1: "01111"; q3(1,0) = 3: "001"; q3(2,0) = 2: "101".
        assert_eq!(out, [0b0111_1001, 0b1010_0000]);
    }
}
