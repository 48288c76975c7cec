//! The NVIDIA GPU: which one there is, and why plans are not run on it.

use cudarc::driver::result;

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
    match name {
        Ok(name) if lightbox_kernels::PTX.is_empty() => Err(format!("{name} is present, but this build carries no CUDA kernels")),
        Ok(name) => Ok(DeviceName(name)),
        Err(error) => Err(format!("the NVIDIA driver offers no usable device: {error}")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_refusal_is_a_sentence() {
        // Whatever this machine has, the build carries no kernels.
        let why = super::probe().expect_err("there are no kernels to run");
        assert!(why.contains(' ') && !why.contains('\n'), "{why}");
    }
}
