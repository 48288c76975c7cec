//! The decoder compiled for processors with BMI and LZCNT: the same code, with better instructions.

use super::stripes::{Sample, Stripes};
use super::{BlockError, End, MqBlock};
use crate::cpu::block::Store;
use crate::cpu::simd::Simd;

/// [`super::run`] with the instructions that [`Simd::is_avx2`] promises.
///
/// # Panics
/// Where `simd` does not promise them.
pub(super) fn run<S: Sample>(
    simd: Simd,
    block: &MqBlock<'_>,
    end: End,
    stripes: &mut Stripes<S>,
    store: Store<'_>,
) -> Result<(), BlockError> {
    assert!(simd.is_avx2());
    // SAFETY: the processor has the instructions, as the assertion says.
    unsafe { run_here(block, end, stripes, store) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn run_here<S: Sample>(block: &MqBlock<'_>, end: End, stripes: &mut Stripes<S>, store: Store<'_>) -> Result<(), BlockError> {
    super::run(block, end, stripes, store)
}
