//! The bytes of a codestream that a part takes to the device: as few runs as there are, each copied as it is. The kernels read
//! at any alignment, so that a code-block's bytes need no place of their own.

use std::ops::Range;

use lightbox_kernels::abi::{BlockJob, Span};

use crate::plan::DecodePlan;

/// Bytes between two spans that are rather copied than left out.
const GAP: u64 = 512;

/// Coded bytes and where they lie in the part.
#[derive(Default)]
pub(crate) struct Runs {
    /// Ascending ranges of the plan's bytes, and the place of each.
    runs: Vec<(Range<u64>, u32)>,
    /// Blocks of the plan whose bytes come in several spans, which follow one another here: behind the runs, each with its place.
    pub gathered: Vec<(u32, u32)>,
    /// Where the first of the plan's bytes is, where all of them are on the device before the part is.
    sent: Option<u32>,
}

impl Runs {
    /// The runs that the blocks of a plan need; `take` gives places for so many bytes.
    pub fn new(plan: &DecodePlan, mut take: impl FnMut(u64) -> u32) -> Self {
        let (mut first, mut last, mut needed) = (u64::MAX, 0, 0u64);
        for span in &plan.spans {
            (first, last) = (first.min(span.start), last.max(end(span)));
            needed = needed.saturating_add(u64::from(span.len));
        }
        let all = last.saturating_sub(first);
        let runs = match needed >= all / 2 {
            // Nearly all of it.
            true => std::iter::once(first..last).filter(|_| all > 0).collect(),
            false => merged(&plan.spans),
        };
        let place = |run: Range<u64>| {
            let at = take(run.end - run.start);
            (run, at)
        };
        Self { runs: runs.into_iter().map(place).collect(), gathered: Vec::new(), sent: None }
    }

    /// None: the plan's bytes are in the input already, from `at` on.
    pub fn sent(at: u32) -> Self {
        Self { sent: Some(at), ..Self::default() }
    }

    /// Where the byte is that lies at `start` in the plan's bytes.
    pub fn place(&self, start: u64) -> u32 {
        if let Some(at) = self.sent {
            return at.wrapping_add(start as u32);
        }
        let before = self.runs.partition_point(|(run, _)| run.start <= start);
        match before.checked_sub(1).and_then(|n| self.runs.get(n)) {
            Some((run, at)) => at.wrapping_add((start - run.start) as u32),
            None => 0,
        }
    }

    /// Pieces of at most `most` bytes that cover the part, in order.
    pub fn pieces<'s>(&'s self, plan: &'s DecodePlan, most: usize) -> impl Iterator<Item = Piece<'s>> {
        let runs = self.runs.iter().flat_map(move |(run, at)| {
            let bytes = plan.in_memory().get(run.start as usize..run.end as usize).unwrap_or_default();
            (0u32..).step_by(most).zip(bytes.chunks(most)).map(move |(n, bytes)| Piece { at: at + n, from: From::Bytes(bytes) })
        });
        let gathered = self.gathered.iter().map(|&(block, at)| Piece { at, from: From::Block(&plan.blocks[block as usize]) });
        runs.chain(gathered)
    }
}

/// Bytes for one place.
pub(super) struct Piece<'s> {
    pub at: u32,
    pub from: From<'s>,
}

/// Where they come from.
pub(super) enum From<'s> {
    Bytes(&'s [u8]),
    /// All spans of a block.
    Block(&'s BlockJob),
}

fn end(span: &Span) -> u64 {
    span.start.saturating_add(u64::from(span.len))
}

/// The ranges that spans cover, with gaps that are not worth a run of their own.
fn merged(spans: &[Span]) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = spans.iter().map(|span| span.start..end(span)).collect();
    ranges.sort_unstable_by_key(|range| range.start);
    let mut runs: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match runs.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(GAP) => last.end = last.end.max(range.end),
            _ => runs.push(range),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_far_apart_are_runs_of_their_own() {
        let bytes: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
        let mut plan = DecodePlan::empty(&bytes, Vec::new());
        let span = |start, len| Span { start, len, passes: 0 };
        plan.spans = vec![span(50_000, 700), span(90, 10), span(51_000, 9), span(70, 5), span(99_990, 10)];
        let mut next = 16;
        let mut take = |bytes: u64| {
            let at = next;
            next += bytes as u32;
            at
        };
        let runs = Runs::new(&plan, &mut take);
        let ranges: Vec<_> = runs.runs.iter().map(|(run, _)| run.clone()).collect();
        assert_eq!(ranges, [70..100, 50_000..51_009, 99_990..100_000]);
        let mut copy = vec![0; next as usize];
        for Piece { at, from } in runs.pieces(&plan, 64) {
            let From::Bytes(bytes) = from else { panic!("no block is gathered") };
            assert!(bytes.len() <= 64);
            copy[at as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        for span in &plan.spans {
            let (from, at, len) = (span.start as usize, runs.place(span.start) as usize, span.len as usize);
            assert_eq!(copy[at..at + len], bytes[from..from + len]);
        }
        // Most of it is one run.
        plan.spans = vec![span(500, 40_000), span(60_000, 30_000)];
        assert_eq!(Runs::new(&plan, |_| 0).runs, [(500..90_000, 0)]);
        plan.spans = Vec::new();
        assert_eq!(Runs::new(&plan, |_| 0).runs, []);
    }
}
