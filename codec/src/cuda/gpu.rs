//! One NVIDIA GPU: its context, the kernels, and memory that grows with what is asked of it and stays within a budget.

#[cfg(test)]
mod inspect;

use std::sync::Arc;

use cudarc::driver::{CudaContext, CudaFunction, CudaSlice, CudaStream, DevicePtr, DriverError, PinnedHostSlice, result, sys};
use lightbox_kernels::device::{Kernel, Launch};

use super::external::{Handle, SharedBuffer};
use super::series::{Series, Step};
use super::tables;

/// The part of the device's memory that decoding may take: the rest is for pictures and for other programs.
const SHARE: f64 = 0.5;
/// Bytes that a growing buffer is rounded up to.
const GRAIN: usize = 1 << 20;

/// A device that runs launch series, one at a time.
pub(crate) struct Gpu {
    context: Arc<CudaContext>,
    stream: Arc<CudaStream>,
    functions: Vec<CudaFunction>,
    tables: CudaSlice<u32>,
    name: String,
    multiprocessors: u32,
    budget: u64,
    memory: Memory,
}

/// Buffers that are reused from run to run.
#[derive(Default)]
struct Memory {
    input: Buffer,
    records: Buffer,
    samples: Buffer,
    output: Buffer,
    status: Buffer,
    /// Page-locked memory of the host: input on its way to the device, and output on its way back.
    staging: Option<PinnedHostSlice<u8>>,
    landing: Option<PinnedHostSlice<u8>>,
    #[cfg(test)]
    foreign: Buffer,
}

/// Why a run failed.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// There is not enough memory for this; something smaller may work.
    Memory(String),
    /// The device is of no more use.
    Lost(String),
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

impl Gpu {
    /// Makes a context on the first device and loads the kernels.
    ///
    /// # Errors
    /// A sentence that says why it cannot decode.
    pub fn open() -> Result<Self, String> {
        let name = super::probe()?.0;
        Self::open_named(name.clone()).map_err(|error| match error.0 {
            sys::CUresult::CUDA_ERROR_UNSUPPORTED_PTX_VERSION => {
                format!("the driver of {name} is older than CUDA 12.2; install a newer one")
            }
            sys::CUresult::CUDA_ERROR_NO_BINARY_FOR_GPU | sys::CUresult::CUDA_ERROR_INVALID_PTX => {
                format!("{name} cannot run the kernels, which need compute capability 7.5 (Turing) or later")
            }
            _ => format!("{name} cannot be used: {}", sentence(error)),
        })
    }

    fn open_named(name: String) -> Result<Self, DriverError> {
        let context = CudaContext::new(0)?;
        // SAFETY: all work of this type is on one stream, and host memory is only touched after waiting for it.
        unsafe { context.disable_event_tracking() };
        let stream = context.new_stream()?;
        let module = context.load_module(lightbox_kernels::PTX.into())?;
        let functions = Kernel::ALL.iter().map(|k| module.load_function(k.entry())).collect::<Result<_, _>>()?;
        let tables = stream.clone_htod(&tables::words())?;
        let multiprocessors = context.attribute(sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)? as u32;
        let budget = (context.total_mem()? as f64 * SHARE) as u64;
        stream.synchronize()?;
        Ok(Self { context, stream, functions, tables, name, multiprocessors, budget, memory: Memory::default() })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of its memory.
    pub fn memory_bytes(&self) -> u64 {
        (self.budget as f64 / SHARE) as u64
    }

    /// Maps memory that another interface to the GPU `device` (by its UUID) has exported.
    pub fn import(&self, handle: Handle, bytes: u64, device: [u8; 16]) -> Result<SharedBuffer, Failure> {
        let own = result::device::get_uuid(self.context.cu_device())?.bytes.map(|byte| byte as u8);
        if own != device {
            return Err(Failure::Memory(format!("what is on the screen is drawn by another device than {}", self.name)));
        }
        SharedBuffer::import(&self.context, handle, bytes)
    }

    pub fn multiprocessors(&self) -> u32 {
        self.multiprocessors
    }

    /// Most bytes of device memory that a series may ask for.
    pub fn budget(&self) -> u64 {
        self.budget
    }

    /// Runs a series and waits for it. Its pixels are then on the device, and the status of each job is returned.
    pub fn run(&mut self, series: &Series, pool: Option<&rayon::ThreadPool>) -> Result<Vec<u32>, Failure> {
        if series.device_bytes() > self.budget {
            let (asked, allowed) = (series.device_bytes() >> 20, self.budget >> 20);
            return Err(Failure::Memory(format!("{asked} MiB on the GPU are more than the allowed {allowed} MiB")));
        }
        let launch = self.upload(series, pool)?;
        for step in &series.steps {
            self.launch(step, &launch)?;
        }
        let mut status = vec![0u32; series.blocks()];
        // SAFETY: the status buffer was reserved for as many words; the stream is waited for before `status` is read.
        unsafe { result::memcpy_dtoh_async(&mut status, launch.status, self.stream.cu_stream()) }?;
        self.stream.synchronize()?;
        Ok(status)
    }

    /// Reserves what a series needs, starts the copy of its input, and returns where everything is.
    fn upload(&mut self, series: &Series, pool: Option<&rayon::ThreadPool>) -> Result<Launch, Failure> {
        self.context.bind_to_thread()?;
        let Self { context, stream, tables, memory, .. } = self;
        let input_bytes = series.input_bytes();
        // A run that failed half-way was not waited for, and may still read the staging memory.
        stream.synchronize()?;
        let staging = &mut pinned(context, &mut memory.staging, input_bytes)?[..input_bytes];
        let size = &series.size;
        let launch = Launch {
            input: memory.input.reserve(stream, input_bytes)?,
            tables: tables.device_ptr(stream).0,
            records: memory.records.reserve(stream, 4 * size.records as usize)?,
            samples: memory.samples.reserve(stream, 4 * size.samples as usize)?,
            output: memory.output.reserve(stream, size.output as usize)?,
            status: memory.status.reserve(stream, 4 * series.blocks())?,
            ..Launch::default()
        };
        series.pack(staging, pool, |at, bytes| {
            // SAFETY: the device buffer was reserved for all of the input; what is handed over is not touched again before the
            // stream has been waited for.
            unsafe { result::memcpy_htod_async(launch.input + at as u64, bytes, stream.cu_stream()) }
        })?;
        Ok(launch)
    }

    /// Starts one step of a series that has been uploaded.
    fn launch(&self, step: &Step, launch: &Launch) -> Result<(), Failure> {
        let output = if step.addressed { 0 } else { launch.output };
        let mut launch = Launch { output, jobs: step.jobs, count: step.count, first: step.first, lanes: step.lanes, ..*launch };
        let function = self.functions[step.kernel as usize].cu_function();
        let arguments = &mut [std::ptr::from_mut(&mut launch).cast()];
        let (grid, block) = ((step.grid.0, step.grid.1, 1), (step.threads, 1, 1));
        // SAFETY: every kernel takes one `Launch`; its addresses are those of buffers as large as the series says, and the
        // series' jobs stay within these.
        unsafe { result::launch_kernel(function, grid, block, 0, self.stream.cu_stream(), arguments) }?;
        Ok(())
    }

    /// Bytes of the output of the last run.
    pub fn read(&mut self, start: usize, len: usize) -> Result<&[u8], Failure> {
        self.context.bind_to_thread()?;
        let Memory { output, landing, .. } = &mut self.memory;
        let Some(from) = output.slice(&self.stream, start, len) else {
            return Err(Failure::Lost(format!("bytes {start} to {} are beyond the output", start + len)));
        };
        let landing = &mut pinned(&self.context, landing, len)?[..len];
        // SAFETY: `slice` has checked the range; the stream is waited for before the bytes are read.
        unsafe { result::memcpy_dtoh_async(landing, from, self.stream.cu_stream()) }?;
        self.stream.synchronize()?;
        Ok(landing)
    }
}

/// Device memory that grows.
#[derive(Default)]
struct Buffer(Option<CudaSlice<u8>>);

impl Buffer {
    /// The address of at least `bytes` bytes, whose content is anything.
    fn reserve(&mut self, stream: &Arc<CudaStream>, bytes: usize) -> Result<u64, DriverError> {
        if self.0.as_ref().is_none_or(|slice| slice.len() < bytes) {
            // First what there is goes back.
            self.0 = None;
            // SAFETY: the kernels write what they read.
            self.0 = Some(unsafe { stream.alloc(bytes.max(1).next_multiple_of(GRAIN)) }?);
        }
        Ok(self.0.as_ref().map_or(0, |slice| slice.device_ptr(stream).0))
    }

    /// The address of a range that is held.
    fn slice(&self, stream: &Arc<CudaStream>, start: usize, len: usize) -> Option<u64> {
        let slice = self.0.as_ref()?;
        (start.checked_add(len)? <= slice.len()).then(|| slice.device_ptr(stream).0 + start as u64)
    }
}

/// At least `bytes` bytes of page-locked memory.
fn pinned<'m>(
    context: &Arc<CudaContext>,
    memory: &'m mut Option<PinnedHostSlice<u8>>,
    bytes: usize,
) -> Result<&'m mut [u8], DriverError> {
    if memory.as_ref().is_none_or(|m| m.len() < bytes) {
        *memory = None;
        // SAFETY: bytes may be anything; they are written before they are copied or read.
        *memory = Some(unsafe { context.alloc_pinned_with_flags(bytes.max(1).next_multiple_of(GRAIN), 0) }?);
    }
    match memory {
        Some(memory) => memory.as_mut_slice(),
        None => Ok(&mut []),
    }
}
