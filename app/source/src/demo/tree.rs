//! Trees that fill an organ, as vessels and airways do.

use super::noise::Random;
use super::shape::{P, length, sub, towards};

/// One piece of a branch.
#[derive(Clone, Copy, Debug)]
pub struct Branch {
    /// End nearer to the root.
    pub from: P,
    /// End nearer to the leaves.
    pub to: P,
    /// Radius at `from`.
    pub radius_from: f32,
    /// Radius at `to`.
    pub radius_to: f32,
}

/// How a tree grows.
pub struct Growth {
    /// Where it enters the organ.
    pub root: P,
    /// Number of leaves.
    pub leaves: usize,
    /// Radius of a leaf, mm.
    pub leaf_radius: f32,
    /// Radius that no branch exceeds, mm.
    pub thickest: f32,
    /// Seed of its shape.
    pub seed: u64,
}

/// A tree whose leaves are spread evenly over the inside of an organ.
///
/// Leaves join in the order of their distance from the root, each to the point of the tree that gives it the shortest way back;
/// radii follow Murray's law: the cube of a parent is the sum of the cubes of its children.
pub fn grow(growth: &Growth, low: P, high: P, inside: &dyn Fn(P) -> bool) -> Vec<Branch> {
    let mut random = Random::new(growth.seed);
    let mut leaves = Vec::with_capacity(growth.leaves);
    // An organ fills more than a twentieth of its box; the bound only keeps a wrong box from looping for ever.
    for _ in 0..growth.leaves * 40 {
        let p: P = std::array::from_fn(|i| random.between(low[i], high[i]));
        if inside(p) {
            leaves.push(p);
        }
        if leaves.len() == growth.leaves {
            break;
        }
    }
    leaves.sort_by(|a, b| length(sub(*a, growth.root)).total_cmp(&length(sub(*b, growth.root))));

    // Node 0 is the root: its place, its parent, the length of its way back.
    let mut nodes: Vec<(P, usize, f32)> = vec![(growth.root, 0, 0.0)];
    for leaf in leaves {
        let way = |node: &(P, usize, f32)| length(sub(leaf, node.0)) + 0.35 * node.2;
        let best = (0..nodes.len()).min_by(|a, b| way(&nodes[*a]).total_cmp(&way(&nodes[*b]))).unwrap_or(0);
        let (place, _, back) = nodes[best];
        // A joint on the way bends the branch a little, as tissue does.
        let bend = 0.12 * length(sub(leaf, place));
        let joint = towards(place, leaf, 0.55).map(|v| v + random.between(-bend, bend));
        nodes.push((joint, best, back + length(sub(joint, place))));
        let joint_at = nodes.len() - 1;
        nodes.push((leaf, joint_at, nodes[joint_at].2 + length(sub(leaf, joint))));
    }

    let mut cubes = vec![0.0f32; nodes.len()];
    for i in (1..nodes.len()).rev() {
        if cubes[i] == 0.0 {
            cubes[i] = growth.leaf_radius.powi(3);
        }
        cubes[nodes[i].1] += cubes[i];
    }
    let radius = |i: usize| cubes[i].cbrt().min(growth.thickest);
    (1..nodes.len())
        .map(|i| Branch {
            from: nodes[nodes[i].1].0,
            to: nodes[i].0,
            radius_from: radius(nodes[i].1).min(1.5 * radius(i)),
            radius_to: radius(i),
        })
        .collect()
}
