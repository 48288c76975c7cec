//! The passes compiled for processors with BMI and LZCNT: the same code, with better instructions.

use super::stripes::{Magnitude, Stripes};
use super::{BlockError, MqBlock};
use crate::cpu::simd::Simd;

/// [`super::run`] with the instructions that [`Simd::is_avx2`] promises.
///
/// # Panics
/// Where `simd` does not promise them.
pub(super) fn run<M: Magnitude>(simd: Simd, block: &MqBlock<'_>, stripes: &mut Stripes<M>) -> Result<(), BlockError> {
    assert!(simd.is_avx2());
    // SAFETY: the processor has the instructions, as the assertion says.
    unsafe { run_here(block, stripes) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn run_here<M: Magnitude>(block: &MqBlock<'_>, stripes: &mut Stripes<M>) -> Result<(), BlockError> {
    super::run(block, stripes)
}
