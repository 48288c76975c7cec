//! Coded bytes on their way to the device.

use rayon::prelude::*;

use super::part::Part;
use super::runs::From;

/// Bytes that a thread copies at a time.
const PIECE: usize = 128 << 10;
/// Bytes that are handed on together: enough for a copy to the device to run at full speed.
pub(super) const STRETCH: usize = 4 << 20;

/// Writes the coded bytes of parts, one behind the other, on the threads of `pool` if there is one. `ready` is given each
/// stretch as soon as it is written, with the place of its first byte.
pub(super) fn pack<E>(
    parts: &[Part],
    out: &mut [u8],
    pool: Option<&rayon::ThreadPool>,
    mut ready: impl FnMut(usize, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut start = 0;
    let pieces = parts.iter().flat_map(|part| {
        let before = start;
        start += part.size.coded as usize;
        part.jobs.runs.pieces(&part.plan, PIECE).map(move |piece| (before + piece.at as usize, part, piece.from))
    });
    let pieces: Vec<(usize, &Part, From)> = pieces.collect();
    let (mut first, mut done) = (0, 0);
    while done < out.len() {
        // As many pieces as a stretch holds, and all bytes up to the next one.
        let full = pieces[first..].iter().position(|(at, ..)| *at >= done + STRETCH);
        let last = full.map_or(pieces.len(), |n| first + n.max(1));
        let end = pieces.get(last).map_or(out.len(), |(at, ..)| *at);
        let own = &mut out[done..end];
        write(&pieces[first..last], done, own, pool);
        ready(done, own)?;
        (first, done) = (last, end);
    }
    Ok(())
}

/// Writes pieces to `out`, which begins at byte `start`.
fn write(pieces: &[(usize, &Part, From)], start: usize, out: &mut [u8], pool: Option<&rayon::ThreadPool>) {
    let (mut left, mut at, mut work) = (out, start, Vec::with_capacity(pieces.len()));
    for (n, (place, part, from)) in pieces.iter().enumerate() {
        let end = pieces.get(n + 1).map_or(at + left.len(), |(next, ..)| *next);
        let (own, rest) = std::mem::take(&mut left).split_at_mut(end - at);
        work.push((&mut own[place - at..], *part, from));
        (left, at) = (rest, end);
    }
    let copy = |(out, part, from): (&mut [u8], &Part, &From)| match from {
        From::Bytes(bytes) => out[..bytes.len()].copy_from_slice(bytes),
        From::Block(job) => {
            let mut at = 0;
            for bytes in part.plan.pieces(job) {
                out[at..at + bytes.len()].copy_from_slice(bytes);
                at += bytes.len();
            }
        }
    };
    match pool {
        Some(pool) if work.len() > 2 => pool.install(|| work.into_par_iter().for_each(copy)),
        _ => work.into_iter().for_each(copy),
    }
}
