//! One of the series that a GPU has under way: its stream and its memory.

use std::sync::Arc;

use cudarc::driver::{CudaContext, CudaEvent, CudaFunction, CudaStream, DriverError, result};
use lightbox_kernels::device::Launch;

use super::batch::{Failure, Left};
use super::buffer::{Buffer, Pinned};
use super::series::{Series, Step};
use super::spans::{mark, span};

/// Bytes of device memory for the jobs behind what is sent before a series: an eighth as many, and these.
const JOBS: usize = 256 << 10;

/// The kernels in a context.
pub(super) struct Kernels {
    pub context: Arc<CudaContext>,
    /// In the order of [`lightbox_kernels::device::Kernel::ALL`].
    pub functions: Vec<CudaFunction>,
    pub tables: Buffer,
}

/// A stream, and memory that is used again from series to series.
pub(super) struct Slot {
    pub stream: Arc<CudaStream>,
    input: Buffer,
    records: Buffer,
    pub samples: Buffer,
    pub output: Buffer,
    status: Buffer,
    /// Input on its way to the device; output and status on their way back.
    staging: Pinned,
    back: Back,
}

/// The output and the status of a series.
pub(super) struct Back {
    landing: Pinned,
    found: Pinned,
    /// Bytes of both.
    output_bytes: usize,
    status_bytes: usize,
}

impl Back {
    fn new(context: &Arc<CudaContext>) -> Self {
        Self { landing: Pinned::new(context), found: Pinned::new(context), output_bytes: 0, status_bytes: 0 }
    }
}

impl Left for Back {
    fn status(&self) -> &[u32] {
        match self.found.get(self.status_bytes) {
            // No bytes lie anywhere.
            [] => &[],
            bytes => bytemuck::cast_slice(bytes),
        }
    }

    fn output(&self) -> &[u8] {
        self.landing.get(self.output_bytes)
    }
}

/// Page-locked memory for bytes that are sent before their series.
pub(super) struct Piece {
    memory: Pinned,
    /// When the device has taken them.
    sent: CudaEvent,
}

impl Piece {
    pub fn new(context: &Arc<CudaContext>) -> Result<Self, DriverError> {
        Ok(Self { memory: Pinned::new(context), sent: context.new_event(None)? })
    }

    /// Whether it can be written again.
    pub fn is_free(&self) -> bool {
        self.sent.is_complete()
    }

    /// `bytes` bytes, as soon as the device has taken those before.
    pub fn reserve(&mut self, bytes: usize) -> Result<&mut [u8], DriverError> {
        self.sent.synchronize()?;
        self.memory.reserve(bytes)
    }
}

impl Slot {
    pub fn new(context: &Arc<CudaContext>) -> Result<Self, DriverError> {
        let buffer = || Buffer::new(context);
        Ok(Self {
            stream: context.new_stream()?,
            input: buffer(),
            records: buffer(),
            samples: buffer(),
            output: buffer(),
            status: buffer(),
            staging: Pinned::new(context),
            back: Back::new(context),
        })
    }

    /// Bytes of device memory that it would hold with a series.
    pub fn held_for(&self, series: &Series, own_output: bool) -> u64 {
        let size = &series.size;
        let output = if own_output { size.output as usize } else { 0 };
        self.input.held_for(series.input_bytes())
            + self.records.held_for(4 * size.records as usize)
            + self.samples.held_for(4 * size.samples as usize)
            + self.output.held_for(output)
            + self.status.held_for(4 * series.blocks())
    }

    /// Its device memory.
    #[cfg(test)]
    pub fn buffers(&self) -> [&Buffer; 5] {
        [&self.input, &self.records, &self.samples, &self.output, &self.status]
    }

    /// Gives back all memory. Nothing is under way.
    pub fn release(&mut self) {
        let Self { input, records, samples, output, status, .. } = self;
        [input, records, samples, output, status].into_iter().for_each(Buffer::release);
        [&mut self.staging, &mut self.back.landing, &mut self.back.found].into_iter().for_each(Pinned::release);
    }

    /// Makes room for bytes that are sent before a series; nothing is under way.
    pub fn open(&mut self, kernels: &Kernels, bytes: usize) -> Result<(), Failure> {
        kernels.context.bind_to_thread()?;
        // What has failed may have left something under way that uses the memory.
        self.stream.synchronize()?;
        self.input.reserve(bytes + bytes / 8 + JOBS)?;
        Ok(())
    }

    /// Starts to send the first `len` bytes of a piece to place `at` of this room.
    pub fn send(&self, piece: &mut Piece, at: usize, len: usize) -> Result<(), Failure> {
        let Some(to) = self.input.slice(at, len) else {
            return Err(Failure::Memory(format!("there is no room for bytes {at} to {} of a series", at.saturating_add(len))));
        };
        // SAFETY: `slice` has checked the range; the piece is not written before its event has come.
        unsafe { result::memcpy_htod_async(to, piece.memory.get(len), self.stream.cu_stream()) }?;
        mark("piece", &self.stream);
        Ok(piece.sent.record(&self.stream)?)
    }

    /// Starts a series; nothing is under way. Its output goes to the address `kept` or comes back to the host.
    pub fn start(
        &mut self,
        kernels: &Kernels,
        series: &Series,
        kept: Option<u64>,
        pool: Option<&rayon::ThreadPool>,
    ) -> Result<(), Failure> {
        let launch = self.upload(kernels, series, kept, pool)?;
        mark("input", &self.stream);
        span("launch", || series.steps.iter().try_for_each(|step| self.launch(kernels, step, &launch)))?;
        mark("kernels", &self.stream);
        span("back", || self.bring_back(series, &launch, kept.is_none()))?;
        mark("status", &self.stream);
        Ok(())
    }

    /// Starts the copies of the status and, where it is `wanted`, of the output.
    fn bring_back(&mut self, series: &Series, launch: &Launch, wanted: bool) -> Result<(), DriverError> {
        let back = &mut self.back;
        back.status_bytes = 4 * series.blocks();
        back.output_bytes = if wanted { series.size.output as usize } else { 0 };
        for (memory, from, bytes) in
            [(&mut back.found, launch.status, back.status_bytes), (&mut back.landing, launch.output, back.output_bytes)]
        {
            if bytes > 0 {
                let to = memory.reserve(bytes)?;
                // SAFETY: as many bytes were reserved on the device; the stream is waited for before they are read.
                unsafe { result::memcpy_dtoh_async(to, from, self.stream.cu_stream()) }?;
            }
        }
        Ok(())
    }

    /// Reserves what a series needs, starts the copy of its input, and returns where everything is.
    pub fn upload(
        &mut self,
        kernels: &Kernels,
        series: &Series,
        kept: Option<u64>,
        pool: Option<&rayon::ThreadPool>,
    ) -> Result<Launch, Failure> {
        let launch = span("reserve", || self.reserve(kernels, series, kept))?;
        let staging = self.staging.reserve(series.input_bytes() - series.before())?;
        let send = |at: usize, bytes: &[u8]| {
            // SAFETY: the device buffer was reserved for all of the input; what is handed over is not touched again before the
            // stream has been waited for.
            unsafe { result::memcpy_htod_async(launch.input + at as u64, bytes, self.stream.cu_stream()) }
        };
        span("write", || series.write(staging, pool, send))?;
        Ok(launch)
    }

    /// Reserves what a series needs on the device, and returns where everything is.
    fn reserve(&mut self, kernels: &Kernels, series: &Series, kept: Option<u64>) -> Result<Launch, Failure> {
        kernels.context.bind_to_thread()?;
        if series.before() == 0 || series.input_bytes() as u64 > self.input.held() {
            // What has failed may have left something under way that uses the memory.
            self.stream.synchronize()?;
        }
        mark("sent", &self.stream);
        let size = &series.size;
        Ok(Launch {
            input: self.input.extend(series.before(), series.input_bytes())?,
            tables: kernels.tables.slice(0, 0).unwrap_or_default(),
            records: self.records.reserve(4 * size.records as usize)?,
            samples: self.samples.reserve(4 * size.samples as usize)?,
            output: match kept {
                Some(address) => address,
                None => self.output.reserve(size.output as usize)?,
            },
            status: self.status.reserve(4 * series.blocks())?,
            ..Launch::default()
        })
    }

    /// Starts one step of a series that has been uploaded.
    pub fn launch(&self, kernels: &Kernels, step: &Step, launch: &Launch) -> Result<(), Failure> {
        let output = if step.addressed { 0 } else { launch.output };
        let mut launch = Launch { output, jobs: step.jobs, count: step.count, first: step.first, lanes: step.lanes, ..*launch };
        let function = kernels.functions[step.kernel as usize].cu_function();
        let arguments = &mut [std::ptr::from_mut(&mut launch).cast()];
        let (grid, block) = ((step.grid.0, step.grid.1, 1), (step.threads, 1, 1));
        // SAFETY: every kernel takes one `Launch`; its addresses are those of buffers as large as the series says, and the
        // series' jobs stay within these, or within memory of the device that the caller of the decoder answers for.
        unsafe { result::launch_kernel(function, grid, block, 0, self.stream.cu_stream(), arguments) }?;
        Ok(())
    }

    /// Waits until nothing is under way.
    pub fn wait(&self) -> Result<(), DriverError> {
        span("wait", || self.stream.synchronize())
    }

    /// What a series that has ended leaves, to be given back.
    pub fn take(&mut self) -> Back {
        std::mem::replace(&mut self.back, Back::new(self.stream.context()))
    }

    /// Takes back what a series left.
    pub fn recycle(&mut self, back: Back) {
        self.back = back;
    }

    /// Bytes of a buffer, by way of the page-locked memory; nothing is under way in this slot or in the buffer.
    pub fn read(&mut self, kernels: &Kernels, from: &Buffer, start: usize, len: usize) -> Result<&[u8], Failure> {
        kernels.context.bind_to_thread()?;
        let Some(from) = from.slice(start, len) else {
            return Err(Failure::Lost(format!("bytes {start} to {} are beyond the output", start.saturating_add(len))));
        };
        let to = self.back.landing.reserve(len)?;
        // SAFETY: `slice` has checked the range; the stream is waited for before the bytes are read.
        unsafe { result::memcpy_dtoh_async(&mut *to, from, self.stream.cu_stream()) }?;
        self.stream.synchronize()?;
        Ok(to)
    }
}
