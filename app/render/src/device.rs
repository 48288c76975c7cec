//! Finding something to draw with, and what is asked of it.

use crate::{Error, export};

/// A graphics device without a window: for the command line, thumbnails and tests.
#[derive(Clone, Debug)]
pub struct Headless {
    /// What was found: name, backend, driver, and whether it is software.
    pub adapter: wgpu::AdapterInfo,
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
}

/// Opens the fastest adapter, software ones last. `WGPU_BACKEND` narrows the choice.
///
/// # Errors
/// [`Error::NoAdapter`] when there is none, [`Error::Device`] when it refuses [`device_descriptor`].
pub fn device_headless() -> Result<Headless, Error> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let options = wgpu::RequestAdapterOptions { power_preference: wgpu::PowerPreference::HighPerformance, ..Default::default() };
    let adapter = pollster::block_on(instance.request_adapter(&options)).map_err(|e| Error::NoAdapter { detail: e.to_string() })?;
    let info = adapter.get_info();
    let (device, queue) = pollster::block_on(adapter.request_device(&device_descriptor(&adapter)))
        .map_err(|e| Error::Device { adapter: info.name.clone(), detail: e.to_string() })?;
    Ok(Headless { adapter: info, device, queue })
}

/// What Lightbox asks of an adapter: WebGPU's default limits, with the sizes of textures and buffers raised to what the
/// adapter has, so that large images need as few tiles as possible. No optional feature is needed to draw; memory is shared with
/// another interface to the GPU where the adapter can.
pub fn device_descriptor(adapter: &wgpu::Adapter) -> wgpu::DeviceDescriptor<'static> {
    let has = adapter.limits();
    let wanted = wgpu::Limits {
        max_texture_dimension_2d: has.max_texture_dimension_2d,
        max_texture_array_layers: has.max_texture_array_layers,
        max_buffer_size: has.max_buffer_size,
        max_storage_buffer_binding_size: has.max_storage_buffer_binding_size,
        ..wgpu::Limits::default()
    };
    wgpu::DeviceDescriptor {
        label: Some("lightbox"),
        required_features: adapter.features() & export::FEATURE,
        required_limits: wanted.or_worse_values_from(&has),
        ..Default::default()
    }
}
