//! Coded bytes on their way to the device: each block's streams at the places that its job names.

use lightbox_kernels::abi::BlockJob;
use lightbox_kernels::device::CodedBlock;

use super::part::Part;
use crate::plan::DecodePlan;

/// Some blocks in a row and the bytes that they fill.
pub(super) struct Piece<'p, 'o> {
    plan: &'p DecodePlan<'p>,
    jobs: &'p [BlockJob],
    blocks: &'p [CodedBlock],
    /// Where `out` begins in the part.
    start: u32,
    out: &'o mut [u8],
}

impl<'p> Part<'p> {
    /// Cuts the coded bytes of the part, `out`, into pieces of `count` blocks.
    pub(super) fn pieces<'s: 'o, 'o>(&'s self, mut out: &'o mut [u8], count: usize, pieces: &mut Vec<Piece<'s, 'o>>) {
        let mut start = 0;
        for (jobs, blocks) in self.plan.blocks.chunks(count).zip(self.blocks.chunks(count)) {
            let end = |b: &CodedBlock| b.refinement + b.refinement_bytes;
            // Later blocks lie behind earlier ones; empty ones have no place.
            let end = blocks.iter().rev().find(|b| b.passes > 0).map_or(start, end);
            let (own, rest) = std::mem::take(&mut out).split_at_mut((end - start) as usize);
            pieces.push(Piece { plan: self.plan, jobs, blocks, start, out: own });
            (out, start) = (rest, end);
        }
    }
}

impl Piece<'_, '_> {
    pub fn pack(self) {
        for (job, block) in self.jobs.iter().zip(self.blocks).filter(|(job, _)| job.passes > 0) {
            // The block's bytes in three runs, whatever pieces they come in.
            let runs = [
                (block.magsgn, block.magsgn_bytes),
                (block.suffix_end - block.suffix_bytes, block.suffix_bytes),
                (block.refinement, block.refinement_bytes),
            ];
            let mut runs = runs.iter().map(|&(at, len)| ((at - self.start) as usize, len as usize));
            let (mut at, mut left) = runs.next().unwrap_or_default();
            for mut piece in self.plan.pieces(job) {
                while !piece.is_empty() {
                    while left == 0 {
                        match runs.next() {
                            Some(run) => (at, left) = run,
                            None => return,
                        }
                    }
                    let (now, later) = piece.split_at(left.min(piece.len()));
                    self.out[at..at + now.len()].copy_from_slice(now);
                    at += now.len();
                    left -= now.len();
                    piece = later;
                }
            }
        }
    }
}
