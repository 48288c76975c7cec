//! The contract between the decode plan and what runs it: job structures that the CPU and the CUDA kernels share, and the
//! kernels themselves as PTX.
//!
//! The sources are in `cuda/`; `cargo xtask kernels` builds `ptx/lightbox.ptx` from them, and CI builds it again and
//! compares. `NOTES.md` has what was measured.

pub mod abi;
pub mod device;

/// PTX of the CUDA kernels, for compute capability 7.5 and later and drivers of CUDA 12.2 and later.
pub const PTX: &str = include_str!("../ptx/lightbox.ptx");
