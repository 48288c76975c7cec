//! The bytes of a plan's code-blocks, read from where they are.

use super::DecodePlan;
use crate::error::Error;
use crate::limits::Limits;

/// Most bytes between two spans that are read with them: a second way to the source takes longer.
const GAP: usize = 4 << 10;

/// What was read for a plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    pub bytes: Vec<u8>,
    /// Where each range that was read begins, here and in the codestream.
    places: Vec<(u64, u64)>,
}

impl Held {
    /// Where a byte lies in the codestream.
    pub fn place(&self, at: u64) -> u64 {
        let after = self.places.partition_point(|&(here, _)| here <= at);
        let range = after.checked_sub(1).and_then(|n| self.places.get(n));
        range.map_or(at, |&(here, there)| at.saturating_sub(here).saturating_add(there))
    }
}

impl DecodePlan<'_> {
    /// Reads the bytes of the code-blocks, in one call to their source, unless they are in memory already.
    ///
    /// # Errors
    /// Bytes that could not be read, and more of them than `limits` allow.
    pub(crate) fn load(&mut self, limits: &Limits) -> Result<(), Error> {
        if self.held.is_some() || self.coded.in_memory().is_some() {
            return Ok(());
        }
        let mut ranges: Vec<_> =
            self.spans.iter().map(|s| s.start as usize..s.start.saturating_add(s.len.into()) as usize).collect();
        ranges.sort_unstable_by_key(|range| range.start);
        ranges.dedup_by(|next, range| {
            let near = next.start <= range.end.saturating_add(GAP);
            if near {
                range.end = range.end.max(next.end);
            }
            near
        });
        let total = ranges.iter().map(|range| range.len() as u64).fold(0, u64::saturating_add);
        Limits::check("bytes of coded data", total, limits.bytes)?;
        let bytes = self.coded.gather(&ranges)?;
        let mut here = 0u64;
        let mut places = Vec::with_capacity(ranges.len());
        for range in &ranges {
            places.push((here, range.start as u64));
            here = here.saturating_add(range.len() as u64);
        }
        for span in &mut self.spans {
            let after = places.partition_point(|&(_, there)| there <= span.start);
            if let Some(&(here, there)) = after.checked_sub(1).and_then(|n| places.get(n)) {
                span.start = span.start.saturating_sub(there).saturating_add(here);
            }
        }
        self.held = Some(Held { bytes, places });
        Ok(())
    }
}
