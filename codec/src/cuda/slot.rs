//! One of the series that a GPU has under way: its stream and its memory.

use std::sync::Arc;
use std::time::Duration;

use cudarc::driver::{CudaContext, CudaFunction, CudaStream, DriverError, result, sys};
use lightbox_kernels::device::Launch;

use super::batch::{Failure, Left};
use super::buffer::{Buffer, Pinned};
use super::series::{Series, Step};

/// How long a thread sleeps between looks at its stream: short beside a series, long beside waking up.
const LOOK: Duration = Duration::from_micros(20);

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
    landing: Pinned,
    found: Pinned,
    /// Bytes of output and status that come back from the series under way.
    output_bytes: usize,
    status_bytes: usize,
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
            staging: Pinned::default(),
            landing: Pinned::default(),
            found: Pinned::default(),
            output_bytes: 0,
            status_bytes: 0,
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
        [&mut self.staging, &mut self.landing, &mut self.found].into_iter().for_each(Pinned::release);
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
        for step in &series.steps {
            self.launch(kernels, step, &launch)?;
        }
        self.status_bytes = 4 * series.blocks();
        self.output_bytes = if kept.is_some() { 0 } else { series.size.output as usize };
        for (memory, from, bytes) in
            [(&mut self.found, launch.status, self.status_bytes), (&mut self.landing, launch.output, self.output_bytes)]
        {
            if bytes > 0 {
                let to = memory.reserve(&kernels.context, bytes)?;
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
        kernels.context.bind_to_thread()?;
        // A driver that has failed may have left something under way that uses the memory.
        self.stream.synchronize()?;
        let size = &series.size;
        let launch = Launch {
            input: self.input.reserve(series.input_bytes())?,
            tables: kernels.tables.slice(0, 0).unwrap_or_default(),
            records: self.records.reserve(4 * size.records as usize)?,
            samples: self.samples.reserve(4 * size.samples as usize)?,
            output: match kept {
                Some(address) => address,
                None => self.output.reserve(size.output as usize)?,
            },
            status: self.status.reserve(4 * series.blocks())?,
            ..Launch::default()
        };
        let staging = self.staging.reserve(&kernels.context, series.input_bytes())?;
        series.write(staging, pool, |at, bytes| {
            // SAFETY: the device buffer was reserved for all of the input; what is handed over is not touched again before the
            // stream has been waited for.
            unsafe { result::memcpy_htod_async(launch.input + at as u64, bytes, self.stream.cu_stream()) }
        })?;
        Ok(launch)
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

    /// Waits until nothing is under way: awake, or where the processor is wanted for something else, looking now and then.
    pub fn wait(&self, patient: bool) -> Result<(), DriverError> {
        // SAFETY: the stream lives as long as this value.
        while patient && unsafe { sys::cuStreamQuery(self.stream.cu_stream()) } == sys::CUresult::CUDA_ERROR_NOT_READY {
            std::thread::sleep(LOOK);
        }
        self.stream.synchronize()
    }

    /// What a series that has ended leaves.
    pub fn left(&mut self) -> Result<Left<'_>, Failure> {
        let status = bytemuck::cast_slice(self.found.get(self.status_bytes)?);
        Ok(Left { status, output: self.landing.get(self.output_bytes)? })
    }

    /// Bytes of a buffer, by way of the page-locked memory; nothing is under way in this slot or in the buffer.
    pub fn read(&mut self, kernels: &Kernels, from: &Buffer, start: usize, len: usize) -> Result<&[u8], Failure> {
        kernels.context.bind_to_thread()?;
        let Some(from) = from.slice(start, len) else {
            return Err(Failure::Lost(format!("bytes {start} to {} are beyond the output", start.saturating_add(len))));
        };
        let to = self.landing.reserve(&kernels.context, len)?;
        // SAFETY: `slice` has checked the range; the stream is waited for before the bytes are read.
        unsafe { result::memcpy_dtoh_async(&mut *to, from, self.stream.cu_stream()) }?;
        self.stream.synchronize()?;
        Ok(to)
    }
}
