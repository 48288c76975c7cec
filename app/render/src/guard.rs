//! Errors of the graphics library, which come through scopes and not as results.

use crate::Error;

/// Runs `make`, which takes `bytes` of graphics memory for `what`, and turns what the device says about it into an error.
pub(crate) fn guarded<T>(device: &wgpu::Device, what: &'static str, bytes: u64, make: impl FnOnce() -> T) -> Result<T, Error> {
    let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let validation = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
    let made = make();
    let errors = [internal, validation, memory].map(|scope| pollster::block_on(scope.pop()));
    match errors.into_iter().flatten().last() {
        None => Ok(made),
        Some(wgpu::Error::OutOfMemory { .. }) => Err(Error::OutOfMemory { what, bytes }),
        Some(error) => Err(Error::Refused { what, detail: error.to_string() }),
    }
}
