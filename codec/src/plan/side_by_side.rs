//! The tiles of one image planned on several threads.

use lightbox_kernels::abi::{BandJob, BlockJob, DwtJob, OutputJob, TileJob};
use rayon::prelude::*;

use super::request::{self, Chosen};
use super::{DecodePlan, Reach};
use crate::codestream::Codestream;
use crate::error::Error;
use crate::limits::Limits;
use crate::request::DecodeRequest;

impl<'a> DecodePlan<'a> {
    /// Plans a request of several tiles on the threads of `pool`, each thread within its share of the limits. `None` where that
    /// is not possible or anything is unusual: one tile after another then tells what it is.
    pub(super) fn side_by_side(
        pool: &rayon::ThreadPool,
        codestream: &Codestream<'a>,
        request: &DecodeRequest,
        limits: &Limits,
    ) -> Option<Self> {
        // A source is asked in one thread, for much at a time.
        codestream.coded().in_memory()?;
        let chosen = request::resolve(codestream, request).ok()?;
        let tiles: Vec<u32> = codestream.siz().tiles_in(&chosen.area).collect();
        let runs = tiles.len().min(pool.current_num_threads());
        if runs < 2 {
            return None;
        }
        let share =
            Limits { bytes: limits.bytes.checked_div(runs as u64)?, blocks: limits.blocks.checked_div(runs as u64)?, ..*limits };
        let runs = tiles.par_chunks(tiles.len().div_ceil(runs));
        let plans = |run: &[u32]| Self::of_tiles(codestream, run, &chosen, request.reduction, &share);
        let plans: Vec<Self> = pool.install(|| runs.map(plans).collect::<Result<Option<_>, Error>>()).ok()??;
        let mut plans = plans.into_iter();
        let mut whole = plans.next()?;
        plans.for_each(|plan| whole.append(&plan));
        (whole.bytes() <= limits.bytes).then_some(whole)
    }

    /// The plan of some tiles; `None` where their data are cut off.
    fn of_tiles(
        codestream: &Codestream<'a>,
        tiles: &[u32],
        chosen: &Chosen,
        reduction: u8,
        limits: &Limits,
    ) -> Result<Option<Self>, Error> {
        let (mut plan, mut blocks) = (Self::of(codestream, chosen), 0);
        for &index in tiles {
            if plan.add_tile(codestream, index, reduction, &Reach::WHOLE, &mut blocks, limits)?.is_some() {
                return Ok(None);
            }
            Limits::check("bytes of memory", plan.bytes(), limits.bytes)?;
        }
        Ok(Some(plan))
    }

    /// Appends the jobs of other tiles of the same request.
    fn append(&mut self, other: &Self) {
        let lens = [self.outputs.len(), self.dwts.len(), self.bands.len(), self.blocks.len(), self.spans.len()];
        // Limits on code-blocks keep lists far below 2^32.
        let [outputs, dwts, bands, blocks, spans] = lens.map(|len| len as u32);
        let behind = |first: u32, before: u32| first.saturating_add(before);
        let tile = |t: &TileJob| TileJob { first_output: behind(t.first_output, outputs), ..*t };
        let output = |o: &OutputJob| OutputJob { lowest: behind(o.lowest, bands), first_dwt: behind(o.first_dwt, dwts), ..*o };
        self.tiles.extend(other.tiles.iter().map(tile));
        self.outputs.extend(other.outputs.iter().map(output));
        self.dwts.extend(other.dwts.iter().map(|d| DwtJob { hl: behind(d.hl, bands), ..*d }));
        self.bands.extend(other.bands.iter().map(|b| BandJob { first_block: behind(b.first_block, blocks), ..*b }));
        self.blocks.extend(other.blocks.iter().map(|b| BlockJob { first_span: behind(b.first_span, spans), ..*b }));
        self.spans.extend_from_slice(&other.spans);
        self.header_bytes = self.header_bytes.saturating_add(other.header_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let lists = |p: DecodePlan| (p.coded_bytes(), p.tiles, p.outputs, p.dwts, p.bands, p.blocks, p.spans);
        for region in [None, Some(Rect::new(60, 10, 250, 150))] {
            let request = DecodeRequest { region, ..DecodeRequest::default() };
            let plan = DecodePlan::side_by_side(&pool, &codestream, &request, &limits).expect("several sound tiles");
            assert_eq!(lists(plan), lists(DecodePlan::new(&codestream, &request, &limits).unwrap()));
        }
        // What is cut off is for going through one by one.
        let cut = &bytes[..bytes.len() - 2000];
        let codestream = Codestream::parse(cut, &limits).unwrap();
        let request = DecodeRequest::default();
        assert!(DecodePlan::side_by_side(&pool, &codestream, &request, &limits).is_none());
        let plan = DecodePlan::new_on(Some(&pool), &codestream, &request, &limits).unwrap();
        assert!(plan.incomplete().is_some());
        // A share of the limits may be too little for a tile that the whole limits allow.
        let codestream = Codestream::parse(&bytes, &limits).unwrap();
        let blocks = codestream.block_count(&limits).unwrap();
        let tight = Limits { blocks: blocks * 2, ..limits };
        let plan = DecodePlan::new_on(Some(&pool), &codestream, &request, &tight).unwrap();
        assert_eq!(plan.block_count() as u64, blocks);
    }
}
