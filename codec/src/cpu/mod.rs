//! Runs a decode plan on the processor's cores.

pub mod block;
mod blocks;
mod component;
pub mod dwt;
mod memory;
pub mod output;
mod run;
pub mod simd;
mod sink;
pub(crate) mod workspaces;

pub(crate) use blocks::mq_block;
pub(crate) use run::{Context, Samples, Workspace, run};
pub(crate) use workspaces::Workspaces;
