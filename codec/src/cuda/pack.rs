//! Coded bytes on their way to the device: each block's streams at the places that its job names.

use std::ops::Range;

use lightbox_kernels::abi::BlockJob;
use lightbox_kernels::device::CodedBlock;
use rayon::prelude::*;

use super::part::Part;

/// Blocks that a thread takes at a time.
const BLOCKS: usize = 64;
/// Bytes that are handed on together: enough for a copy to the device to run at full speed.
const HANDED_ON: usize = 4 << 20;

/// Blocks in a row of a part, and the bytes that they fill.
struct Piece<'s, 'p> {
    part: &'s Part<'p>,
    blocks: Range<usize>,
    /// In the part.
    bytes: Range<u32>,
}

/// Writes the coded bytes of parts, one behind the other, on the threads of `pool` if there is one. `ready` is given each
/// stretch as soon as it is written, with the place of its first byte.
pub(super) fn pack<E>(
    parts: &[Part],
    mut out: &mut [u8],
    pool: Option<&rayon::ThreadPool>,
    mut ready: impl FnMut(usize, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let pieces: Vec<Piece> = parts.iter().flat_map(pieces).collect();
    let (mut rest, mut at) = (&pieces[..], 0);
    while !rest.is_empty() {
        let mut len = 0;
        let count = rest.iter().take_while(|piece| {
            let more = len < HANDED_ON;
            len += if more { piece.bytes.len() } else { 0 };
            more
        });
        let (now, later) = rest.split_at(count.count());
        let (own, behind) = out.split_at_mut(len);
        let mut left = &mut own[..];
        let write: Vec<(&Piece, &mut [u8])> = now
            .iter()
            .map(|piece| {
                let (bytes, more) = std::mem::take(&mut left).split_at_mut(piece.bytes.len());
                left = more;
                (piece, bytes)
            })
            .collect();
        match pool {
            Some(pool) if write.len() > 2 => pool.install(|| write.into_par_iter().for_each(|(piece, out)| piece.write(out))),
            _ => write.into_iter().for_each(|(piece, out)| piece.write(out)),
        }
        ready(at, own)?;
        (rest, out, at) = (later, behind, at + len);
    }
    Ok(())
}

/// Cuts a part into pieces that cover all of its bytes.
fn pieces<'s, 'p>(part: &'s Part<'p>) -> impl Iterator<Item = Piece<'s, 'p>> {
    let (all, mut start) = (part.blocks.len(), 0);
    (0..all.div_ceil(BLOCKS).max(1)).map(move |n| {
        let blocks = n * BLOCKS..all.min((n + 1) * BLOCKS);
        let end = |b: &CodedBlock| b.refinement + b.refinement_bytes;
        let end = match blocks.end == all {
            true => part.size.coded as u32,
            // Later blocks lie behind earlier ones; empty ones have no place.
            false => part.blocks[blocks.clone()].iter().rev().find(|b| b.refinement > 0).map_or(start, end),
        };
        Piece { part, blocks, bytes: std::mem::replace(&mut start, end)..end }
    })
}

impl Piece<'_, '_> {
    fn write(&self, out: &mut [u8]) {
        let jobs = &self.part.plan.blocks[self.blocks.clone()];
        for (job, block) in jobs.iter().zip(&self.part.blocks[self.blocks.clone()]).filter(|(job, _)| job.passes > 0) {
            self.write_block(job, block, out);
        }
    }

    fn write_block(&self, job: &BlockJob, block: &CodedBlock, out: &mut [u8]) {
        // The block's bytes in three runs, whatever pieces they come in.
        let runs = [
            (block.magsgn, block.magsgn_bytes),
            (block.suffix_end - block.suffix_bytes, block.suffix_bytes),
            (block.refinement, block.refinement_bytes),
        ];
        let mut runs = runs.iter().map(|&(at, len)| ((at - self.bytes.start) as usize, len as usize));
        let (mut at, mut left) = runs.next().unwrap_or_default();
        for mut bytes in self.part.plan.pieces(job) {
            while !bytes.is_empty() {
                while left == 0 {
                    match runs.next() {
                        Some(run) => (at, left) = run,
                        None => return,
                    }
                }
                let (now, later) = bytes.split_at(left.min(bytes.len()));
                out[at..at + now.len()].copy_from_slice(now);
                at += now.len();
                left -= now.len();
                bytes = later;
            }
        }
    }
}
