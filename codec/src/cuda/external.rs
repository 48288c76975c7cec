//! Memory that another interface to the same GPU has exported: a buffer of a graphics device. All that is peculiar to a platform
//! on this side is in this file.

use std::sync::Arc;

use cudarc::driver::{CudaContext, result, sys};

use super::batch::Failure;
use super::gpu::sentence;
use super::memory::DeviceMemory;
use crate::error::Error;

/// What the operating system knows exported memory by: what Vulkan calls an opaque POSIX file descriptor.
#[cfg(unix)]
pub type Handle = std::os::fd::OwnedFd;
#[cfg(windows)]
/// What the operating system knows exported memory by.
pub type Handle = std::os::windows::io::OwnedHandle;

/// Exported memory, mapped for the decoder's GPU as long as this lives.
#[derive(Debug)]
pub struct SharedBuffer {
    context: Arc<CudaContext>,
    memory: sys::CUexternalMemory,
    address: sys::CUdeviceptr,
    bytes: u64,
}

// SAFETY: the handle and the address stand for objects of the driver, which may be used from every thread; nothing of this value
// changes after it is made, and it is unmapped once, when it is dropped.
unsafe impl Send for SharedBuffer {}
// SAFETY: as above.
unsafe impl Sync for SharedBuffer {}

impl SharedBuffer {
    /// Maps all of the `bytes` bytes behind `handle` into a context.
    pub(super) fn import(context: &Arc<CudaContext>, handle: Handle, bytes: u64) -> Result<Self, Failure> {
        context.bind_to_thread()?;
        let memory = open(handle, bytes)?;
        // Once it is there, dropping this value closes it, whatever fails behind.
        let mut shared = Self { context: context.clone(), memory, address: 0, bytes };
        // SAFETY: the memory was just imported with this size and is mapped nowhere else in the context.
        shared.address = unsafe { result::external_memory::get_mapped_buffer(memory, 0, bytes) }?;
        Ok(shared)
    }

    /// Bytes of it.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Room for an image from byte `offset` on: rows that begin `pitch` bytes apart, of pixels that begin `pixel` bytes apart. Where
    /// the rooms of two images overlap, or another interface writes at the same time, their samples are anything.
    ///
    /// # Errors
    /// [`Error::Request`] for an offset beyond the end.
    pub fn rows(&self, offset: u64, pitch: u32, pixel: u32) -> Result<DeviceMemory<'_>, Error> {
        let Some(left) = self.bytes.checked_sub(offset) else {
            return Err(Error::request(format!("byte {offset} lies behind the {} bytes of the shared buffer", self.bytes)));
        };
        // SAFETY: the context can write these bytes as long as this value is borrowed.
        Ok(unsafe { DeviceMemory::new(self.address + offset, left, pitch) }.pixel(pixel))
    }
}

impl Drop for SharedBuffer {
    fn drop(&mut self) {
        // A context that is lost has nothing left to unmap.
        let _ = self.context.bind_to_thread();
        // SAFETY: nobody borrows this value any more, and every run waits for the device before it returns, so that nothing uses the
        // mapping; it is freed before the memory that it maps.
        unsafe {
            if self.address != 0 {
                let _ = result::free_sync(self.address);
            }
            let _ = result::external_memory::destroy_external_memory(self.memory);
        }
    }
}

/// Opens exported memory in the current context.
#[cfg(unix)]
fn open(handle: Handle, bytes: u64) -> Result<sys::CUexternalMemory, Failure> {
    use std::os::fd::{FromRawFd, IntoRawFd};
    let file = handle.into_raw_fd();
    // SAFETY: the size is that of the allocation behind the descriptor, as its exporter has said. The driver owns the descriptor if it
    // takes it.
    unsafe { result::external_memory::import_external_memory_opaque_fd(file, bytes) }.map_err(|error| {
        // SAFETY: it has not been taken, so it is still ours to close.
        drop(unsafe { Handle::from_raw_fd(file) });
        Failure::Memory(format!("the NVIDIA driver does not take memory of the graphics device: {}", sentence(error)))
    })
}

#[cfg(windows)]
fn open(_: Handle, _: u64) -> Result<sys::CUexternalMemory, Failure> {
    Err(Failure::Memory("memory of the graphics device is not taken over on Windows yet".into()))
}
