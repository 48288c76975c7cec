//! The tiles of one image planned on several threads.

use lightbox_kernels::abi::{BandJob, BlockJob, DwtJob, OutputJob, TileJob};
use rayon::prelude::*;

use super::DecodePlan;
use super::planner::{Planner, Work};
use crate::error::Error;
use crate::limits::Limits;

impl Planner {
    /// Plans a request of several tiles on the threads of `pool`, each thread within its share of the limits. `None` where that
    /// is not possible or anything is unusual: one tile after another then tells what it is.
    pub(super) fn side_by_side<'a>(&self, pool: &rayon::ThreadPool, work: Work<'_, 'a>) -> Option<DecodePlan<'a>> {
        let Work { codestream, limits, .. } = work;
        // A source is asked in one thread, for much at a time.
        codestream.coded().in_memory()?;
        let tiles: Vec<u32> = codestream.siz().tiles_in(&work.chosen.area).collect();
        let runs = tiles.len().min(pool.current_num_threads());
        if runs < 2 {
            return None;
        }
        let share =
            Limits { bytes: limits.bytes.checked_div(runs as u64)?, blocks: limits.blocks.checked_div(runs as u64)?, ..*limits };
        let known = self.known(work);
        let length = tiles.len().div_ceil(runs);
        let plan = |(number, run): (usize, &[u32])| {
            let outlines = known.as_deref().map(|known| &*known.outlines);
            let outlines = outlines.map(|all| all.get(number.saturating_mul(length)..).unwrap_or_default());
            match self.tiles(Work { limits: &share, ..work }, run.iter().copied(), outlines)? {
                (plan, None, fresh) => Ok(Some((plan, fresh))),
                // Where its data are cut off.
                (_, Some(_), _) => Ok(None),
            }
        };
        let plans = pool.install(|| {
            let runs = tiles.par_chunks(length).enumerate();
            runs.map(plan).collect::<Result<Option<Vec<_>>, Error>>()
        });
        let mut plans = plans.ok()??.into_iter();
        let (mut whole, mut fresh) = plans.next()?;
        for (plan, next) in plans {
            whole.append(&plan);
            if let Some((fresh, next)) = fresh.as_mut().zip(next) {
                fresh.append(next);
            }
        }
        self.keep(work, fresh);
        (whole.bytes() <= limits.bytes).then_some(whole)
    }
}

impl DecodePlan<'_> {
    /// Appends the jobs of other tiles of the same request.
    fn append(&mut self, other: &Self) {
        let spans = self.spans.len() as u32;
        let behind = |b: &BlockJob| BlockJob { first_span: b.first_span.saturating_add(spans), ..*b };
        self.append_jobs(&other.tiles, &other.outputs, &other.dwts, &other.bands);
        self.blocks.extend(other.blocks.iter().map(behind));
        self.spans.extend_from_slice(&other.spans);
        self.header_bytes = self.header_bytes.saturating_add(other.header_bytes);
    }

    /// Appends jobs of tiles, which count from the first of their kind, before their code-blocks are appended.
    pub(super) fn append_jobs(&mut self, tiles: &[TileJob], outputs: &[OutputJob], dwts: &[DwtJob], bands: &[BandJob]) {
        // Limits on code-blocks keep lists far below 2^32.
        let before = [self.outputs.len(), self.dwts.len(), self.bands.len(), self.blocks.len()].map(|len| len as u32);
        let [outputs_before, dwts_before, bands_before, blocks_before] = before;
        let behind = |first: u32, before: u32| first.saturating_add(before);
        self.tiles.extend(tiles.iter().map(|t| TileJob { first_output: behind(t.first_output, outputs_before), ..*t }));
        self.outputs.extend(outputs.iter().map(|o| OutputJob {
            lowest: behind(o.lowest, bands_before),
            first_dwt: behind(o.first_dwt, dwts_before),
            ..*o
        }));
        self.dwts.extend(dwts.iter().map(|d| DwtJob { hl: behind(d.hl, bands_before), ..*d }));
        self.bands.extend(bands.iter().map(|b| BandJob { first_block: behind(b.first_block, blocks_before), ..*b }));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{request, same_jobs};
    use super::*;
    use crate::codestream::Codestream;
    use crate::packet::Reach;
    use crate::request::DecodeRequest;
    use crate::{EncodeRequest, Encoder, Interleaved, Rect, Samples};

    #[test]
    fn tiles_side_by_side_are_planned_as_one_by_one() {
        let samples = Samples::U8((0..300 * 200 * 3).map(|i| (i * 7 % 253) as u8).collect());
        let image = Interleaved { width: 300, height: 200, components: 3, bits: 8, signed: false, samples, incomplete: None };
        let limits = Limits::default();
        let request = EncodeRequest { tile_size: Some((64, 64)), ..EncodeRequest::default() };
        let bytes = Encoder::new().encode_interleaved(&image, &request, &limits).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let codestream = Codestream::parse(&bytes, &limits).unwrap();
        // With a planner that knows nothing yet, and again with one that knows the outlines.
        let planner = Planner::new();
        for region in [None, Some(Rect::new(60, 10, 250, 150)), None, Some(Rect::new(60, 10, 250, 150))] {
            let request = DecodeRequest { region, ..DecodeRequest::default() };
            let plan = side_by_side(&planner, &pool, &codestream, &request, &limits).expect("several sound tiles");
            assert!(same_jobs(&plan, &DecodePlan::new(&codestream, &request, &limits).unwrap()));
        }
        // What is cut off is for going through one by one.
        let cut = &bytes[..bytes.len() - 2000];
        let codestream = Codestream::parse(cut, &limits).unwrap();
        let request = DecodeRequest::default();
        assert!(side_by_side(&planner, &pool, &codestream, &request, &limits).is_none());
        let plan = planner.plan_on(Some(&pool), &codestream, &request, &limits).unwrap();
        assert!(plan.incomplete().is_some());
        // A share of the limits may be too little for a tile that the whole limits allow.
        let codestream = Codestream::parse(&bytes, &limits).unwrap();
        let blocks = codestream.block_count(&limits).unwrap();
        let tight = Limits { blocks: blocks * 2, ..limits };
        for planner in [&Planner::new(), &planner] {
            let plan = planner.plan_on(Some(&pool), &codestream, &request, &tight).unwrap();
            assert_eq!(plan.block_count() as u64, blocks);
        }
    }

    fn side_by_side<'a>(
        planner: &Planner,
        pool: &rayon::ThreadPool,
        codestream: &Codestream<'a>,
        request: &DecodeRequest,
        limits: &Limits,
    ) -> Option<DecodePlan<'a>> {
        let chosen = request::resolve(codestream, request).unwrap();
        let work = Work { codestream, chosen: &chosen, reduction: request.reduction, reach: &Reach::WHOLE, limits };
        planner.side_by_side(pool, work)
    }
}
