//! What tests do with a device beside running series.

use cudarc::driver::{DevicePtr, result, sys};

use super::{Failure, Gpu, Memory};
use crate::cuda::series::Series;

impl Gpu {
    /// Fills all memory, so that what is not written shows.
    pub fn poison(&mut self) -> Result<(), Failure> {
        self.context.bind_to_thread()?;
        let Memory { input, records, samples, output, status, foreign, .. } = &mut self.memory;
        for buffer in [input, records, samples, output, status, foreign] {
            if let Some(slice) = &buffer.0 {
                let (at, len) = (slice.device_ptr(&self.stream).0, slice.len());
                // SAFETY: the whole of an allocation that is ours.
                unsafe { result::memset_d8_async(at, 0xA5, len, self.stream.cu_stream()) }?;
            }
        }
        Ok(())
    }

    /// The address of memory that no series has.
    pub fn foreign(&mut self, bytes: usize) -> Result<u64, Failure> {
        self.context.bind_to_thread()?;
        Ok(self.memory.foreign.reserve(&self.stream, bytes)?)
    }

    /// Bytes of that memory.
    pub fn read_foreign(&mut self, bytes: usize) -> Result<Vec<u8>, Failure> {
        self.context.bind_to_thread()?;
        let mut read = vec![0; bytes];
        if let Some(from) = self.memory.foreign.slice(&self.stream, 0, bytes) {
            // SAFETY: `slice` has checked the range; the stream is waited for before the bytes are read.
            unsafe { result::memcpy_dtoh_async(&mut read, from, self.stream.cu_stream()) }?;
        }
        self.stream.synchronize()?;
        Ok(read)
    }

    /// Samples of the last run.
    pub fn samples(&mut self, count: usize) -> Result<Vec<u32>, Failure> {
        self.context.bind_to_thread()?;
        let mut samples = vec![0; count];
        if let Some(from) = self.memory.samples.slice(&self.stream, 0, 4 * count) {
            // SAFETY: `slice` has checked the range; the stream is waited for before the samples are read.
            unsafe { result::memcpy_dtoh_async(&mut samples, from, self.stream.cu_stream()) }?;
        }
        self.stream.synchronize()?;
        Ok(samples)
    }

    /// Milliseconds of each step of a series, which is run to its end.
    pub fn profile(&mut self, series: &Series) -> Result<Vec<f32>, Failure> {
        let timed = Some(sys::CUevent_flags::CU_EVENT_DEFAULT);
        let launch = self.upload(series, None)?;
        let mut events = vec![self.stream.record_event(timed)?];
        for step in &series.steps {
            self.launch(step, &launch)?;
            events.push(self.stream.record_event(timed)?);
        }
        self.stream.synchronize()?;
        events.windows(2).map(|pair| Ok(pair[0].elapsed_ms(&pair[1])?)).collect()
    }
}
