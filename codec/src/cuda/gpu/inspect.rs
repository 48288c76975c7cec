//! What tests do with a device beside running series.

use cudarc::driver::{result, sys};

use super::{Failure, Gpu, lock};
use crate::cuda::batch::{Device, Left, Output, Running};
use crate::cuda::buffer::Buffer;
use crate::cuda::series::Series;

impl Gpu {
    /// Fills all memory, so that what is not written shows.
    pub fn poison(&mut self) -> Result<(), Failure> {
        self.kernels.context.bind_to_thread()?;
        let slot = lock(&self.slots[0]);
        for buffer in slot.buffers().into_iter().chain(&*lock(&self.kept)).chain([&self.foreign]) {
            let len = buffer.held() as usize;
            if let Some(at) = buffer.slice(0, len).filter(|_| len > 0) {
                // SAFETY: the whole of an allocation that is ours.
                unsafe { result::memset_d8_async(at, 0xA5, len, slot.stream.cu_stream()) }?;
            }
        }
        Ok(slot.stream.synchronize()?)
    }

    /// Runs a series. Gives the status of its jobs and its output.
    pub fn run_one(&self, series: &Series) -> Result<(Vec<u32>, Vec<u8>), Failure> {
        self.start(Running { series, slot: 0, output: Output::Host, alone: false, pool: None })?;
        let back = self.finish(0)?;
        let left = (back.status().to_vec(), back.output().to_vec());
        self.recycle(0, back);
        Ok(left)
    }

    /// Samples of the last run.
    pub fn samples(&mut self, count: usize) -> Result<Vec<u32>, Failure> {
        Self::copy(&lock(&self.slots[0]).samples, count)
    }

    /// The address of memory that no series has.
    pub fn foreign(&mut self, bytes: usize) -> Result<u64, Failure> {
        Ok(self.foreign.reserve(bytes)?)
    }

    /// Bytes of that memory.
    pub fn read_foreign(&mut self, bytes: usize) -> Result<Vec<u8>, Failure> {
        Self::copy(&self.foreign, bytes)
    }

    fn copy<T: bytemuck::Pod>(from: &Buffer, count: usize) -> Result<Vec<T>, Failure> {
        let mut copy = vec![T::zeroed(); count];
        if let Some(from) = from.slice(0, size_of_val(&copy[..])).filter(|_| count > 0) {
            // SAFETY: `slice` has checked the range; the copy has ended when the call returns.
            unsafe { result::memcpy_dtoh_sync(&mut copy, from) }?;
        }
        Ok(copy)
    }

    /// Milliseconds of each step of a series, which is run to its end.
    pub fn profile(&mut self, series: &Series) -> Result<Vec<f32>, Failure> {
        let timed = Some(sys::CUevent_flags::CU_EVENT_DEFAULT);
        let (mut slot, kernels) = (lock(&self.slots[0]), &self.kernels);
        let launch = slot.upload(kernels, series, None, None)?;
        let mut events = vec![slot.stream.record_event(timed)?];
        for step in &series.steps {
            slot.launch(kernels, step, &launch)?;
            events.push(slot.stream.record_event(timed)?);
        }
        slot.stream.synchronize()?;
        events.windows(2).map(|pair| Ok(pair[0].elapsed_ms(&pair[1])?)).collect()
    }
}
