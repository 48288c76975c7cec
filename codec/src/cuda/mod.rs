//! Decoding on an NVIDIA GPU: for now, whether there is one.

/// A CUDA device, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceName(pub String);

/// The device that would decode.
///
/// # Errors
/// A sentence that says why CUDA is not used.
pub fn probe() -> Result<DeviceName, String> {
    // The driver library is loaded on first use, and its absence would be a panic there.
    // SAFETY: only tries to open the system's CUDA driver library, which has no requirements of its own.
    if !unsafe { cudarc::driver::sys::is_culib_present() } {
        return Err("there is no NVIDIA driver on this machine".into());
    }
    let device = cudarc::driver::CudaContext::new(0).and_then(|context| context.name());
    match device {
        Ok(name) if lightbox_kernels::PTX.is_empty() => Err(format!("{name} is present, but this build carries no CUDA kernels")),
        Ok(name) => Ok(DeviceName(name)),
        Err(error) => Err(format!("the NVIDIA driver offers no usable device: {error}")),
    }
}
