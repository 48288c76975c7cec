//! The contract between the decode plan and what runs it: job structures that the CPU and the CUDA kernels share.
//!
//! This build carries no CUDA kernels: [`PTX`] is empty.

pub mod abi;

/// PTX of the CUDA kernels; empty where the build carries none.
pub const PTX: &[u8] = &[];
