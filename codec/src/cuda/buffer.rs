//! Memory of the device and page-locked memory of the host that grow with what is asked of them.

use std::sync::Arc;

use cudarc::driver::{CudaContext, DriverError, PinnedHostSlice, result};

/// What sizes are rounded up to, beyond an eighth more than was asked for: series that follow one another differ a little.
const GRAIN: usize = 1 << 20;

fn rounded(bytes: usize) -> usize {
    (bytes + bytes / 8).max(1).next_multiple_of(GRAIN)
}

/// Device memory.
pub(super) struct Buffer {
    context: Arc<CudaContext>,
    address: u64,
    bytes: usize,
}

impl Buffer {
    /// An empty one.
    pub fn new(context: &Arc<CudaContext>) -> Self {
        Self { context: context.clone(), address: 0, bytes: 0 }
    }

    /// Bytes that it holds.
    pub fn held(&self) -> u64 {
        self.bytes as u64
    }

    /// Bytes that it would hold after [`Self::reserve`].
    pub fn held_for(&self, bytes: usize) -> u64 {
        if bytes <= self.bytes { self.held() } else { rounded(bytes) as u64 }
    }

    /// The address of at least `bytes` bytes, whose content is anything. Nothing may be using what it holds.
    pub fn reserve(&mut self, bytes: usize) -> Result<u64, DriverError> {
        if self.bytes < bytes {
            // First what there is goes back.
            self.release();
            self.context.bind_to_thread()?;
            // SAFETY: the kernels write what they read.
            self.address = unsafe { result::malloc_sync(rounded(bytes)) }?;
            self.bytes = rounded(bytes);
        }
        Ok(self.address)
    }

    /// The address of a range that is held.
    pub fn slice(&self, start: usize, len: usize) -> Option<u64> {
        (start.checked_add(len)? <= self.bytes).then_some(self.address + start as u64)
    }

    /// Gives all of it back.
    pub fn release(&mut self) {
        if self.bytes > 0 {
            self.bytes = 0;
            // SAFETY: the address came from `malloc_sync` and is given back once. Where that fails, the context is lost, and its
            // memory with it.
            let _ = self.context.bind_to_thread().and_then(|()| unsafe { result::free_sync(self.address) });
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.release();
    }
}

/// Page-locked memory of the host.
#[derive(Default)]
pub(super) struct Pinned(Option<PinnedHostSlice<u8>>);

impl Pinned {
    /// `bytes` bytes, whose content is anything. Nothing may be using what it holds.
    pub fn reserve(&mut self, context: &Arc<CudaContext>, bytes: usize) -> Result<&mut [u8], DriverError> {
        if self.0.as_ref().is_none_or(|m| m.len() < bytes) {
            self.0 = None;
            // SAFETY: bytes may be anything; they are written before they are copied or read.
            self.0 = Some(unsafe { context.alloc_pinned_with_flags(rounded(bytes), 0) }?);
        }
        self.get(bytes)
    }

    /// The first `bytes` of the bytes that are held.
    pub fn get(&mut self, bytes: usize) -> Result<&mut [u8], DriverError> {
        match &mut self.0 {
            Some(memory) => Ok(&mut memory.as_mut_slice()?[..bytes]),
            None => Ok(&mut []),
        }
    }

    /// Gives all of it back.
    pub fn release(&mut self) {
        self.0 = None;
    }
}
