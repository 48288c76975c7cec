//! The NVIDIA GPU: runs decode plans, one or many in one launch series.
//!
//! [`part`] turns a plan into jobs of the kernels, with [`arithmetic`] for those of ISO/IEC 15444-1, [`series`] puts parts side by side and lists the launches, [`pack`] lays
//! out the coded bytes, [`gpu`] runs the series, [`engine`] decides what is run and what is left to the CPU. All but `gpu` is
//! plain data: where there is no GPU, an emulator runs the same series in the tests.

mod arithmetic;
mod engine;
mod external;
mod gpu;
mod levels;
mod memory;
mod pack;
mod part;
mod resident;
mod series;
mod tables;
#[cfg(test)]
mod tests;

use cudarc::driver::result;

pub(crate) use engine::{Engine, Target};
pub use external::{Handle, SharedBuffer};
pub use memory::DeviceMemory;
pub(crate) use memory::DeviceRows;
pub use resident::Resident;

/// A CUDA device, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceName(pub String);

/// The device that would decode. Makes no context on it, so that asking is cheap.
///
/// # Errors
/// A sentence that says why CUDA is not used.
pub fn probe() -> Result<DeviceName, String> {
    // Every other call loads the driver library, and panics where there is none.
    // SAFETY: only tries to open the system's CUDA driver library, which has no requirements of its own.
    if !unsafe { cudarc::driver::sys::is_culib_present() } {
        return Err("there is no NVIDIA driver on this machine".into());
    }
    let name = result::init().and_then(|()| result::device::get(0)).and_then(result::device::get_name);
    name.map(DeviceName).map_err(|error| format!("the NVIDIA driver offers no usable device: {}", gpu::sentence(error)))
}

/// The UUIDs of all devices in CUDA's order, by which other interfaces know them; that of [`probe`] is the first.
///
/// # Errors
/// As [`probe`].
pub fn uuids() -> Result<Vec<[u8; 16]>, String> {
    probe()?;
    let of = |ordinal| result::device::get(ordinal).and_then(result::device::get_uuid);
    let all = result::device::get_count().and_then(|count| (0..count).map(of).collect::<Result<Vec<_>, _>>());
    let all = all.map_err(|error| format!("the NVIDIA driver names no device: {}", gpu::sentence(error)))?;
    Ok(all.iter().map(|id| id.bytes.map(|byte| byte as u8)).collect())
}
