//! Memory of the device and page-locked memory of the host that grow with what is asked of them.

use std::sync::Arc;

use cudarc::driver::{CudaContext, DriverError, result};

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

    /// The same, with its first `kept` bytes as they were.
    pub fn extend(&mut self, kept: usize, bytes: usize) -> Result<u64, DriverError> {
        if self.bytes < bytes && kept > 0 {
            let mut larger = Self::new(&self.context);
            let address = larger.reserve(bytes)?;
            // SAFETY: both hold as many bytes; the copy has ended when the call returns.
            unsafe { result::memcpy_dtod_sync(address, self.address, kept.min(self.bytes)) }?;
            *self = larger;
        }
        self.reserve(bytes)
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
pub(super) struct Pinned {
    context: Arc<CudaContext>,
    address: *mut u8,
    bytes: usize,
}

// SAFETY: the memory is this value's own, and may be used and given back on every thread.
unsafe impl Send for Pinned {}
// SAFETY: shared, it is only read.
unsafe impl Sync for Pinned {}

impl Pinned {
    /// An empty one.
    pub fn new(context: &Arc<CudaContext>) -> Self {
        Self { context: context.clone(), address: std::ptr::null_mut(), bytes: 0 }
    }

    /// `bytes` bytes, whose content is anything. Nothing may be using what it holds.
    pub fn reserve(&mut self, bytes: usize) -> Result<&mut [u8], DriverError> {
        if self.bytes < bytes {
            self.release();
            self.context.bind_to_thread()?;
            // SAFETY: nothing is asked of the caller.
            let address: *mut u8 = unsafe { result::malloc_host(rounded(bytes), 0) }?.cast();
            // SAFETY: as many bytes were allocated; from now on they are initialised.
            unsafe { address.write_bytes(0, rounded(bytes)) };
            (self.address, self.bytes) = (address, rounded(bytes));
        }
        match bytes {
            0 => Ok(&mut []),
            // SAFETY: as many bytes are held, initialised, and lent with this value.
            _ => Ok(unsafe { std::slice::from_raw_parts_mut(self.address, bytes) }),
        }
    }

    /// The first `bytes` of the bytes that are held.
    pub fn get(&self, bytes: usize) -> &[u8] {
        match bytes.min(self.bytes) {
            0 => &[],
            // SAFETY: as many bytes are held, initialised, and lent with this value.
            bytes => unsafe { std::slice::from_raw_parts(self.address, bytes) },
        }
    }

    /// Gives all of it back.
    pub fn release(&mut self) {
        if self.bytes > 0 {
            self.bytes = 0;
            // SAFETY: the address came from `malloc_host` and is given back once. Where that fails, the context is lost, and its
            // memory with it.
            let _ = self.context.bind_to_thread().and_then(|()| unsafe { result::free_host(self.address.cast()) });
        }
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        self.release();
    }
}
