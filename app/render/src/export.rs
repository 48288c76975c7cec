//! Buffers of the graphics device that another interface to the same GPU can write: Vulkan's external memory.
//!
//! All that is peculiar to a platform is in this file. Linux has a file descriptor as the handle of such memory; where there is none,
//! [`export`] says so and whoever wanted to share takes samples over main memory.

use crate::Error;

/// Memory of a buffer, for whoever writes it. It lives as long as the buffer or an import of it does.
#[derive(Debug)]
pub struct SharedMemory {
    /// What the operating system knows it by. Importing it into CUDA hands it over.
    pub handle: Handle,
    /// Bytes of the allocation behind the handle: at least those of the buffer, which begins where it does.
    pub bytes: u64,
    /// Which GPU it belongs to, as every interface to that GPU knows it (VkPhysicalDeviceIDProperties::deviceUUID, CUuuid).
    pub device: [u8; 16],
}

/// What the operating system knows shared memory by.
#[cfg(unix)]
pub type Handle = std::os::fd::OwnedFd;
#[cfg(windows)]
/// What the operating system knows shared memory by.
pub type Handle = std::os::windows::io::OwnedHandle;

/// The feature that a device is opened with, where its adapter has it, so that memory can be shared.
#[cfg(target_os = "linux")]
pub(crate) const FEATURE: wgpu::Features = wgpu::Features::VULKAN_EXTERNAL_MEMORY_FD;
#[cfg(not(target_os = "linux"))]
pub(crate) const FEATURE: wgpu::Features = wgpu::Features::empty();

/// A buffer of `bytes` that copies may read, and the memory behind it. Its content is anything.
///
/// # Errors
/// [`Error::NotShared`] with the reason why this device cannot.
#[cfg(not(target_os = "linux"))]
pub(crate) fn export(_: &wgpu::Device, _: u64) -> Result<(wgpu::Buffer, SharedMemory), Error> {
    Err(Error::NotShared { why: "it is written for Linux so far".into() })
}

#[cfg(target_os = "linux")]
pub(crate) use vulkan::export;

#[cfg(target_os = "linux")]
mod vulkan {
    use super::{Error, FEATURE, SharedMemory};
    use ash::vk;
    use std::os::fd::{FromRawFd, OwnedFd};
    use wgpu::hal::api::Vulkan;
    use wgpu::hal::vulkan::Device;

    const HANDLE: vk::ExternalMemoryHandleTypeFlags = vk::ExternalMemoryHandleTypeFlags::OPAQUE_FD;
    const LABEL: &str = "shared";

    fn not_shared(why: impl Into<String>) -> Error {
        Error::NotShared { why: why.into() }
    }

    /// A buffer of `bytes` that copies may read and write, and the memory behind it. Its content is anything.
    ///
    /// # Errors
    /// [`Error::NotShared`] with the reason why this device cannot; [`Error::Limit`].
    pub(crate) fn export(device: &wgpu::Device, bytes: u64) -> Result<(wgpu::Buffer, SharedMemory), Error> {
        let allowed = device.limits().max_buffer_size;
        if bytes == 0 || bytes > allowed {
            return Err(Error::Limit { what: "a shared buffer of (bytes)", asked: bytes, allowed });
        }
        if !device.features().contains(FEATURE) {
            return Err(not_shared("the graphics driver has no Vulkan external memory"));
        }
        // SAFETY: the device is only used through calls that may be made at any time; nothing of it is destroyed.
        let hal = unsafe { device.as_hal::<Vulkan>() }.ok_or_else(|| not_shared("the graphics device is not a Vulkan one"))?;
        let uuid = check(&hal)?;
        let raw = Raw::new(&hal, bytes).map_err(|result| match result {
            vk::Result::ERROR_OUT_OF_DEVICE_MEMORY | vk::Result::ERROR_OUT_OF_HOST_MEMORY => {
                Error::OutOfMemory { what: "a shared buffer", bytes }
            }
            other => not_shared(format!("the graphics driver refused a shared buffer: {other}")),
        })?;
        let files = ash::khr::external_memory_fd::Device::new(hal.shared_instance().raw_instance(), hal.raw_device());
        let asked = vk::MemoryGetFdInfoKHR::default().memory(raw.memory).handle_type(HANDLE);
        // SAFETY: the feature that was checked for is this extension; the memory was allocated for export under this type of handle.
        let file = unsafe { files.get_memory_fd(&asked) }
            .map_err(|result| not_shared(format!("the graphics driver gave no handle of its memory: {result}")))?;
        // SAFETY: the driver has made this descriptor for its caller to own.
        let handle = unsafe { OwnedFd::from_raw_fd(file) };
        let memory = SharedMemory { handle, bytes: raw.allocated, device: uuid };
        let descriptor = wgpu::BufferDescriptor {
            label: Some(LABEL),
            size: bytes,
            usage: wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        };
        let (buffer, memory_of_buffer, allocated) = raw.into_parts();
        // SAFETY: both were made on this device, as `descriptor` says, and belong to nobody else from here on; the whole allocation is
        // the buffer's. Whoever made the ring of it clears it before anything is read.
        let buffer = unsafe {
            let buffer = wgpu::hal::vulkan::Buffer::from_raw_managed(buffer, memory_of_buffer, 0, allocated);
            device.create_buffer_from_hal::<Vulkan>(buffer, &descriptor)
        };
        Ok((buffer, memory))
    }

    fn usage() -> vk::BufferUsageFlags {
        vk::BufferUsageFlags::TRANSFER_SRC | vk::BufferUsageFlags::TRANSFER_DST
    }

    /// Whether memory of buffers can be exported, and the device's UUID.
    fn check(hal: &Device) -> Result<[u8; 16], Error> {
        let (instance, device) = (hal.shared_instance(), hal.raw_physical_device());
        // SAFETY: the physical device is one of this instance, which lives as long as the device does.
        let properties = unsafe { instance.raw_instance().get_physical_device_properties(device) };
        if instance.instance_api_version().min(properties.api_version) < vk::API_VERSION_1_1 {
            return Err(not_shared("the graphics driver has no Vulkan 1.1"));
        }
        let asked = vk::PhysicalDeviceExternalBufferInfo::default().usage(usage()).handle_type(HANDLE);
        let (mut buffers, mut id) = (vk::ExternalBufferProperties::default(), vk::PhysicalDeviceIDProperties::default());
        let mut properties = vk::PhysicalDeviceProperties2::default().push_next(&mut id);
        // SAFETY: both calls are Vulkan 1.1, which instance and device have; they only fill the structures.
        unsafe {
            instance.raw_instance().get_physical_device_external_buffer_properties(device, &asked, &mut buffers);
            instance.raw_instance().get_physical_device_properties2(device, &mut properties);
        }
        let features = buffers.external_memory_properties.external_memory_features;
        // An allocation that must be dedicated is imported in another way; no driver asks for one for buffers.
        if !features.contains(vk::ExternalMemoryFeatureFlags::EXPORTABLE)
            || features.contains(vk::ExternalMemoryFeatureFlags::DEDICATED_ONLY)
        {
            return Err(not_shared("the graphics driver does not share the memory of buffers"));
        }
        Ok(id.device_uuid)
    }

    /// A buffer bound to memory of its own, destroyed unless it is taken apart.
    struct Raw<'d> {
        device: &'d ash::Device,
        buffer: vk::Buffer,
        memory: vk::DeviceMemory,
        allocated: u64,
    }

    impl<'d> Raw<'d> {
        fn new(hal: &'d Device, bytes: u64) -> Result<Self, vk::Result> {
            let device = hal.raw_device();
            let mut external = vk::ExternalMemoryBufferCreateInfo::default().handle_types(HANDLE);
            let create = vk::BufferCreateInfo::default()
                .size(bytes)
                .usage(usage())
                .sharing_mode(vk::SharingMode::EXCLUSIVE)
                .push_next(&mut external);
            // SAFETY: the device is open; the structure is complete, its size is not 0 and within the device's limit.
            let buffer = unsafe { device.create_buffer(&create, None) }?;
            let mut raw = Self { device, buffer, memory: vk::DeviceMemory::null(), allocated: 0 };
            // SAFETY: the buffer is the one just made; the physical device is this device's own.
            let (needed, memory) = unsafe {
                let instance = hal.shared_instance().raw_instance();
                (
                    device.get_buffer_memory_requirements(buffer),
                    instance.get_physical_device_memory_properties(hal.raw_physical_device()),
                )
            };
            let fits = |(n, kind): &(u32, &vk::MemoryType)| {
                needed.memory_type_bits & (1 << n) != 0 && kind.property_flags.contains(vk::MemoryPropertyFlags::DEVICE_LOCAL)
            };
            let (index, _) =
                (0u32..).zip(memory.memory_types_as_slice()).find(fits).ok_or(vk::Result::ERROR_FEATURE_NOT_PRESENT)?;
            let mut export = vk::ExportMemoryAllocateInfo::default().handle_types(HANDLE);
            let allocate =
                vk::MemoryAllocateInfo::default().allocation_size(needed.size).memory_type_index(index).push_next(&mut export);
            // SAFETY: size and type are those that the buffer needs; memory is bound once, right after it was allocated.
            unsafe {
                raw.memory = device.allocate_memory(&allocate, None)?;
                device.bind_buffer_memory(buffer, raw.memory, 0)?;
            }
            raw.allocated = needed.size;
            Ok(raw)
        }

        /// Buffer, memory and its bytes, for somebody else to free.
        fn into_parts(self) -> (vk::Buffer, vk::DeviceMemory, u64) {
            let parts = (self.buffer, self.memory, self.allocated);
            std::mem::forget(self);
            parts
        }
    }

    impl Drop for Raw<'_> {
        fn drop(&mut self) {
            // SAFETY: both belong to this value alone and no command has used them; a null handle is ignored.
            unsafe {
                self.device.destroy_buffer(self.buffer, None);
                self.device.free_memory(self.memory, None);
            }
        }
    }
}
