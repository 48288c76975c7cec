//! One NVIDIA GPU: its context, the kernels, and memory that stays within a budget.

#[cfg(test)]
mod inspect;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cudarc::driver::{CudaContext, DriverError, result, sys};
use lightbox_kernels::device::Kernel;

use super::batch::{Device, Failure, Output, Running};
use super::buffer::Buffer;
use super::external::{Handle, SharedBuffer};
use super::slot::{Back, Kernels, Piece, Slot};
use super::tables;

/// The part of the device's memory that decoding may take: the rest is for pictures and for other programs.
const SHARE: f64 = 0.5;
/// Most series under way, and bytes of the budget for each: a small device has fewer.
const SLOTS: u64 = 8;
const SLOT_BYTES: u64 = 512 << 20;
/// Pieces of page-locked memory: few enough to stay in the processor's caches, where the device reads them fastest.
const PIECES: usize = 32;

/// A device that runs launch series.
pub(crate) struct Gpu {
    kernels: Kernels,
    slots: Vec<Mutex<Slot>>,
    /// Memory through which bytes are sent before their series: what was used first comes first; and how many pieces there are.
    pieces: Mutex<(VecDeque<Piece>, usize)>,
    /// Outputs that stay on the device.
    kept: Mutex<Vec<Buffer>>,
    name: String,
    multiprocessors: u32,
    budget: u64,
    /// Memory of nobody's slot, for tests.
    #[cfg(test)]
    foreign: Buffer,
}

impl From<DriverError> for Failure {
    fn from(error: DriverError) -> Self {
        match error.0 {
            sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => Self::Memory("the GPU has not enough free memory".into()),
            _ => Self::Lost(format!("the GPU failed: {}", sentence(error))),
        }
    }
}

/// What the driver calls an error.
pub(super) fn sentence(error: DriverError) -> String {
    match error.error_string() {
        Ok(text) => text.to_string_lossy().into_owned(),
        Err(_) => format!("error {:?}", error.0),
    }
}

/// How many devices the driver offers.
///
/// # Errors
/// A sentence that says why CUDA is not used.
pub(super) fn count() -> Result<usize, String> {
    // Every other call loads the driver library, and panics where there is none.
    // SAFETY: only tries to open the system's CUDA driver library, which has no requirements of its own.
    if !unsafe { cudarc::driver::sys::is_culib_present() } {
        return Err("there is no NVIDIA driver on this machine".into());
    }
    let count = result::init().and_then(|()| result::device::get_count());
    match count.map_err(|error| format!("the NVIDIA driver offers no usable device: {}", sentence(error)))? {
        count @ 1.. => Ok(count as usize),
        _ => Err("the NVIDIA driver finds no device".into()),
    }
}

/// The name of a device of [`count`].
pub(super) fn name(ordinal: usize) -> Result<String, String> {
    let name = result::device::get(ordinal as i32).and_then(result::device::get_name);
    name.map_err(|error| format!("the NVIDIA driver offers no usable device: {}", sentence(error)))
}

impl Gpu {
    /// Makes a context on a device and loads the kernels.
    ///
    /// # Errors
    /// A sentence that says why it cannot decode.
    pub fn open(ordinal: usize) -> Result<Self, String> {
        let count = count()?;
        if ordinal >= count {
            return Err(format!("there is no GPU number {}, this machine has {count}", ordinal + 1));
        }
        let name = name(ordinal)?;
        Self::open_named(ordinal, name.clone()).map_err(|error| match error.0 {
            sys::CUresult::CUDA_ERROR_UNSUPPORTED_PTX_VERSION => {
                format!("the driver of {name} is older than CUDA 12.2; install a newer one")
            }
            sys::CUresult::CUDA_ERROR_NO_BINARY_FOR_GPU | sys::CUresult::CUDA_ERROR_INVALID_PTX => {
                format!("{name} cannot run the kernels, which need compute capability 7.5 (Turing) or later")
            }
            _ => format!("{name} cannot be used: {}", sentence(error)),
        })
    }

    fn open_named(ordinal: usize, name: String) -> Result<Self, DriverError> {
        let context = CudaContext::new(ordinal)?;
        // SAFETY: a slot's memory is used on the slot's stream alone, and from the host only after waiting for it.
        unsafe { context.disable_event_tracking() };
        let module = context.load_module(lightbox_kernels::PTX.into())?;
        let functions = Kernel::ALL.iter().map(|k| module.load_function(k.entry())).collect::<Result<_, _>>()?;
        let (words, mut tables) = (tables::words(), Buffer::new(&context));
        let address = tables.reserve(size_of_val(&words[..]))?;
        // SAFETY: as many bytes were reserved; the copy has ended when the call returns.
        unsafe { result::memcpy_htod_sync(address, &words) }?;
        let multiprocessors = context.attribute(sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)? as u32;
        let budget = (context.total_mem()? as f64 * SHARE) as u64;
        let slots =
            (0..(budget / SLOT_BYTES).clamp(2, SLOTS)).map(|_| Slot::new(&context).map(Mutex::new)).collect::<Result<_, _>>()?;
        Ok(Self {
            #[cfg(test)]
            foreign: Buffer::new(&context),
            kernels: Kernels { context, functions, tables },
            slots,
            pieces: Mutex::default(),
            kept: Mutex::default(),
            name,
            multiprocessors,
            budget,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of its memory.
    pub fn memory_bytes(&self) -> u64 {
        (self.budget as f64 / SHARE) as u64
    }

    /// By which other interfaces know it.
    pub fn uuid(&self) -> Result<[u8; 16], String> {
        let uuid = result::device::get_uuid(self.kernels.context.cu_device());
        uuid.map(|id| id.bytes.map(|byte| byte as u8))
            .map_err(|error| format!("the NVIDIA driver names no device: {}", sentence(error)))
    }

    /// Maps memory that another interface to the GPU has exported.
    pub fn import(&self, handle: Handle, bytes: u64) -> Result<SharedBuffer, Failure> {
        SharedBuffer::import(&self.kernels.context, handle, bytes)
    }

    /// Gives bytes of a kept output to `take`.
    pub fn read<R>(&self, kept: usize, start: usize, len: usize, take: impl FnOnce(&[u8]) -> R) -> Result<R, Failure> {
        match lock(&self.kept).get(kept) {
            Some(from) => lock(&self.slots[0]).read(&self.kernels, from, start, len).map(take),
            None => Err(Failure::Lost(format!("there is no output {kept}"))),
        }
    }

    /// The address of an output that is kept, beside others of at most `most` bytes together.
    fn keep(&self, number: usize, bytes: usize, most: u64) -> Result<u64, Failure> {
        let mut kept = lock(&self.kept);
        while kept.len() <= number {
            kept.push(Buffer::new(&self.kernels.context));
        }
        let held: u64 = kept.iter().map(Buffer::held).sum();
        within(held - kept[number].held() + kept[number].held_for(bytes), most)?;
        Ok(kept[number].reserve(bytes)?)
    }
}

/// Checks what is asked for.
fn within(asked: u64, allowed: u64) -> Result<(), Failure> {
    let mib = |bytes: u64| bytes >> 20;
    match asked <= allowed {
        true => Ok(()),
        false => Err(Failure::Memory(format!("{} MiB on the GPU are more than the allowed {} MiB", mib(asked), mib(allowed)))),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gpu {
    /// Memory for a piece, most likely none that the device has yet to read.
    fn piece(&self) -> Result<Piece, DriverError> {
        let mut pieces = lock(&self.pieces);
        let (idle, count) = &mut *pieces;
        match idle.pop_front() {
            Some(piece) if *count >= PIECES || piece.is_free() => Ok(piece),
            first => {
                first.into_iter().for_each(|piece| idle.push_front(piece));
                *count += 1;
                Piece::new(&self.kernels.context)
            }
        }
    }
}

impl Device for Gpu {
    type Left = Back;

    fn slots(&self) -> usize {
        self.slots.len()
    }

    fn multiprocessors(&self) -> u32 {
        self.multiprocessors
    }

    fn budget(&self) -> u64 {
        self.budget
    }

    fn open(&self, slot: usize, bytes: u64) -> Result<(), Failure> {
        lock(&self.slots[slot]).open(&self.kernels, bytes as usize)
    }

    fn send(&self, slot: usize, at: u64, len: usize, fill: &dyn Fn(&mut [u8])) -> Result<(), Failure> {
        self.kernels.context.bind_to_thread()?;
        let mut piece = self.piece()?;
        fill(piece.reserve(len)?);
        let sent = lock(&self.slots[slot]).send(&mut piece, at as usize, len);
        lock(&self.pieces).0.push_back(piece);
        sent
    }

    fn start(&self, running: Running) -> Result<(), Failure> {
        let Running { series, output, alone, pool, .. } = running;
        if alone {
            self.slots.iter().for_each(|slot| lock(slot).release());
        }
        let bytes = series.size.output as usize;
        let kept = match output {
            // What is kept beside series has a quarter; a series that runs alone has what is left.
            Output::Kept(number) => Some(self.keep(number, bytes, if alone { self.budget } else { self.budget / 4 })?),
            Output::Host => None,
        };
        let mut slot = lock(&self.slots[running.slot]);
        if alone {
            let held: u64 = lock(&self.kept).iter().map(Buffer::held).sum();
            within(slot.held_for(series, kept.is_none()) + held, self.budget)?;
        }
        let started = slot.start(&self.kernels, series, kept, pool);
        if started.is_err() {
            // What has been started of it may still use the memory. A device that is lost has nothing left to wait for.
            let _ = slot.wait();
        }
        started
    }

    fn finish(&self, slot: usize) -> Result<Back, Failure> {
        let mut slot = lock(&self.slots[slot]);
        self.kernels.context.bind_to_thread()?;
        slot.wait()?;
        Ok(slot.take())
    }

    fn recycle(&self, slot: usize, back: Back) {
        lock(&self.slots[slot]).recycle(back);
    }
}
