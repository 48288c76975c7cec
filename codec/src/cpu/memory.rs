//! How much working memory a plan needs beside its samples and its job lists.

use lightbox_kernels::abi::OutputJob;

use crate::plan::DecodePlan;

/// Rows that a wavelet level holds: its ring, and one more to work in.
const ROWS_OF_LEVEL: u64 = 9;

/// Bytes that one thread needs to make the rows of any tile: a row of code-blocks of each band, and the rows of each wavelet
/// level. The block decoder's own memory, less than 1 MiB, comes on top.
pub(super) fn of_thread(plan: &DecodePlan) -> u64 {
    let tile = |tile| plan.outputs_of(tile).iter().map(|output| of_output(plan, output)).sum::<u64>();
    plan.tiles.iter().map(tile).max().unwrap_or(0)
}

fn of_output(plan: &DecodePlan, output: &OutputJob) -> u64 {
    let bands = plan.bands_of(output).iter().map(|band| {
        let heights = (0..band.blocks_high).filter_map(|row| plan.block_row(band, row).first());
        u64::from(band.stride()) * heights.map(|block| u64::from(block.height)).max().unwrap_or(0)
    });
    let levels = plan.dwts_of(output).iter().map(|level| ROWS_OF_LEVEL * u64::from(level.u1 - level.u0));
    4 * output.words_per_sample() as u64 * bands.chain(levels).sum::<u64>()
}
