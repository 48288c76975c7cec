//! Code-blocks standing on one another: plans of bands without pixels, and what the kernels make of their blocks.

use std::borrow::Cow;

use lightbox_kernels::abi::{BandJob, BlockJob, OutputJob, Span, TileJob};
use lightbox_kernels::device::CodedBlock;

use super::Runner;
use crate::Rect;
use crate::cuda::part::{Form, Part};
use crate::cuda::series::Series;
use crate::plan::{DecodePlan, PlaneLayout};
use crate::samples::SampleType;

/// A block and where its bytes are.
pub(super) struct Stacked {
    pub job: BlockJob,
    pub spans: Vec<Span>,
    /// What the scalar decoder makes of it: the bits of its samples, or the reason of its refusal as a status.
    pub expected: Result<Vec<u32>, u32>,
}

/// A plan whose planes have one band each: of `bands`, what is not said of places is filled in.
pub(super) fn plan<'a>(bytes: &'a [u8], bands: &[(BandJob, Vec<Stacked>)]) -> DecodePlan<'a> {
    let layout = PlaneLayout { component: 0, rect: Rect::default(), bits: 16, signed: true, kind: SampleType::I16 };
    let mut plan = DecodePlan::empty(bytes, vec![layout; bands.len()]);
    plan.tiles.push(TileJob::default());
    for (plane, (band, blocks)) in (0u16..).zip(bands) {
        plan.outputs.push(OutputJob {
            lowest: plan.bands.len() as u32,
            plane,
            reversible: u8::from(band.reversible()),
            ..OutputJob::default()
        });
        let first_block = plan.blocks.len() as u32;
        let mut y = 0;
        for Stacked { job, spans, .. } in blocks {
            plan.blocks.push(BlockJob { first_span: plan.spans.len() as u32, spans: spans.len() as u32, y, ..*job });
            plan.spans.extend_from_slice(spans);
            y += u32::from(job.height);
        }
        let widest = blocks.iter().map(|b| u32::from(b.job.width)).max().unwrap_or(0);
        let (blocks_wide, blocks_high) = (1, blocks.len() as u32);
        plan.bands.push(BandJob { first_block, blocks_wide, blocks_high, x1: band.x0 + widest, y1: band.y0 + y, ..*band });
    }
    plan
}

/// Runs all blocks, as where there are many and as where there are few, and compares every sample and every verdict. Returns how
/// many are sound and how many refused.
pub(super) fn compare(runner: &mut Runner, bytes: &[u8], bands: &[(BandJob, Vec<Stacked>)]) -> (usize, usize) {
    // What is few depends on the multiprocessors.
    let counts = [4, 1 << 12].map(|multiprocessors| compare_on(runner, bytes, bands, multiprocessors));
    counts[0]
}

fn compare_on(runner: &mut Runner, bytes: &[u8], bands: &[(BandJob, Vec<Stacked>)], multiprocessors: u32) -> (usize, usize) {
    let (mut sound, mut refused) = (0, 0);
    let plan = plan(bytes, bands);
    let part =
        Part::new(Cow::Borrowed(&plan), Form::Planar, None, None).unwrap_or_else(|_| panic!("the blocks have possible shapes"));
    let places: Vec<CodedBlock> = part.jobs.blocks.clone();
    let series = Series::new(vec![part], 0, multiprocessors);
    let left = runner.run(&series);
    let status = series.in_order(&left.status);
    let blocks = bands.iter().flat_map(|(band, blocks)| blocks.iter().map(move |b| (band, b)));
    for (n, ((band, Stacked { job, expected, .. }), place)) in blocks.zip(&places).enumerate() {
        match expected {
            Ok(expected) => {
                assert_eq!(status[n], CodedBlock::SOUND, "block {n}: {job:?} in {band:?}");
                for (y, row) in (0..).zip(expected.chunks(usize::from(job.width))) {
                    let at = place.samples.wrapping_add(y * place.stride) as usize;
                    assert!(left.samples[at..at + row.len()] == *row, "row {y} of block {n}: {job:?} in {band:?}");
                }
                sound += 1;
            }
            Err(why) => {
                // The row of a fault is not compared where the scalar decoder does not tell it.
                let (row, found) = (why / CodedBlock::REASONS, status[n]);
                assert_eq!(found % CodedBlock::REASONS, why % CodedBlock::REASONS, "block {n}: {job:?} in {band:?}");
                assert!(row == 0 || found / CodedBlock::REASONS == row, "block {n}: {job:?} in {band:?}");
                refused += 1;
            }
        }
    }
    (sound, refused)
}
