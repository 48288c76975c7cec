//! NVIDIA GPUs: run decode plans, many side by side in launch series.
//!
//! [`part`], [`jobs`], [`levels`] and [`arithmetic`] turn a plan into jobs of the kernels; [`runs`] says which coded bytes go over
//! and [`pack`] copies them; [`series`] puts parts side by side and lists the launches. [`batch`] is given many images, [`group`] cuts
//! them, [`crew`] has the threads that work on them, [`gpu`] runs what they make, each series in a [`slot`]. [`engine`] decides what is
//! run and what is left to the CPU. All but `gpu`, `slot`, `buffer` and `external` is plain data: where there is no GPU, an emulator
//! runs the same batches in the tests.

mod arithmetic;
mod batch;
mod buffer;
mod crew;
mod engine;
mod external;
mod gpu;
mod group;
mod jobs;
mod levels;
mod memory;
mod pack;
mod part;
mod resident;
mod runs;
mod series;
mod slot;
mod spans;
mod spare;
mod tables;
#[cfg(test)]
mod tests;

use cudarc::driver::result;

pub(crate) use batch::Coming;
pub(crate) use engine::{Engine, Request, Target, Work, copy_rows};
pub use external::{Handle, SharedBuffer};
pub use memory::DeviceMemory;
pub(crate) use memory::DeviceRows;
pub(crate) use part::{Form, Refusal};
pub use resident::Resident;

/// A CUDA device, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceName(pub String);

/// The device that would decode. Makes no context on it, so that asking is cheap.
///
/// # Errors
/// A sentence that says why CUDA is not used.
pub fn probe() -> Result<DeviceName, String> {
    gpu::count().and_then(|_| gpu::name(0)).map(DeviceName)
}

/// The UUIDs of all devices in CUDA's order, by which other interfaces know them; that of [`probe`] is the first.
///
/// # Errors
/// As [`probe`].
pub fn uuids() -> Result<Vec<[u8; 16]>, String> {
    gpu::count()?;
    let of = |ordinal| result::device::get(ordinal).and_then(result::device::get_uuid);
    let all = result::device::get_count().and_then(|count| (0..count).map(of).collect::<Result<Vec<_>, _>>());
    let all = all.map_err(|error| format!("the NVIDIA driver names no device: {}", gpu::sentence(error)))?;
    Ok(all.iter().map(|id| id.bytes.map(|byte| byte as u8)).collect())
}
