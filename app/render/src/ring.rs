//! Shared buffers in turn: while one is copied into textures, the next is written.

use crate::grid::Grid;
use crate::guard::guarded;
use crate::marks::Marks;
use crate::picture::Picture;
use crate::renderer::Shared;
use crate::{Error, Raster, SharedMemory, export};
use std::sync::Arc;
use std::time::Duration;

/// Longer than any copy out of a buffer takes; a device that needs more has stopped.
const PATIENCE: Duration = Duration::from_secs(10);

/// Buffers whose memory somebody else on the same GPU writes, and which become pictures without leaving it.
#[derive(Debug)]
pub struct Ring {
    shared: Arc<Shared>,
    buffers: Vec<Turn>,
    next: usize,
}

#[derive(Debug)]
struct Turn {
    buffer: wgpu::Buffer,
    /// What reads it last.
    reader: Option<wgpu::SubmissionIndex>,
}

/// A frame in a buffer of a ring.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// Its first byte, a multiple of [`Raster::ALIGN`].
    pub offset: u64,
    /// How it lies there.
    pub raster: Raster,
    /// What lies over it.
    pub marks: Marks<'a>,
}

impl Ring {
    /// `count` buffers of `bytes` each, and the memory of each for whoever writes them.
    pub(crate) fn new(shared: Arc<Shared>, count: usize, bytes: u64) -> Result<(Self, Vec<SharedMemory>), Error> {
        let (mut buffers, mut memories) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut encoder = shared.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("ring") });
        for _ in 0..count {
            let (buffer, memory) = guarded(&shared.device, "a shared buffer", bytes, || export::export(&shared.device, bytes))??;
            // What nobody writes, such as the fourth channel of colours, is then zero, and nothing of another program.
            encoder.clear_buffer(&buffer, 0, None);
            buffers.push(Turn { buffer, reader: None });
            memories.push(memory);
        }
        let cleared = guarded(&shared.device, "the shared buffers", 0, || shared.queue.submit([encoder.finish()]))?;
        buffers.iter_mut().for_each(|turn| turn.reader = Some(cleared.clone()));
        Ok((Self { shared, buffers, next: 0 }, memories))
    }

    /// The number of the buffer whose turn it is to be written. Waits until what was in it has been read: not long, where the ring is
    /// longer than what is under way. Asking again without [`Ring::pictures`] in between gives the same.
    ///
    /// # Errors
    /// [`Error::LostDevice`].
    pub fn turn(&mut self) -> Result<usize, Error> {
        let turn = &mut self.buffers[self.next];
        if let Some(reader) = turn.reader.take() {
            let wait = wgpu::PollType::Wait { submission_index: Some(reader), timeout: Some(PATIENCE) };
            self.shared.device.poll(wait).map_err(|e| Error::LostDevice { detail: e.to_string() })?;
        }
        Ok(self.next)
    }

    /// Makes pictures of what lies in the buffer whose turn it is, all of it written and that waited for; then it is the next one's turn.
    /// Returns when the copies are handed over: whoever draws a picture does so after them.
    ///
    /// # Errors
    /// For each picture, as [`crate::Renderer::upload`]; [`Error::Limit`] where it reaches beyond the buffer.
    pub fn pictures(&mut self, placed: &[Placed<'_>]) -> Vec<Result<Picture, Error>> {
        let Shared { device, queue, .. } = &*self.shared;
        let turn = &mut self.buffers[self.next];
        let limits = device.limits();
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("ring") });
        let mut pictures: Vec<Result<Picture, Error>> = placed
            .iter()
            .map(|frame| {
                let grid = frame.within(&turn.buffer, &limits)?;
                Picture::copy(device, queue, &mut encoder, grid, &turn.buffer, frame)
            })
            .collect();
        match guarded(device, "pictures", 0, || queue.submit([encoder.finish()])) {
            Ok(index) => turn.reader = Some(index),
            Err(error) => {
                let detail = error.to_string();
                for picture in pictures.iter_mut().filter(|p| p.is_ok()) {
                    *picture = Err(Error::Refused { what: "a copy to a picture", detail: detail.clone() });
                }
            }
        }
        self.next = (self.next + 1) % self.buffers.len();
        pictures
    }

    /// The buffer of a number, so that a test can write it without a second interface to the GPU.
    #[cfg(test)]
    pub(crate) fn buffer(&self, number: usize) -> &wgpu::Buffer {
        &self.buffers[number].buffer
    }
}

impl Placed<'_> {
    /// How it is cut into tiles, if it lies in the buffer.
    fn within(&self, buffer: &wgpu::Buffer, limits: &wgpu::Limits) -> Result<Grid, Error> {
        let end = self.offset.saturating_add(self.raster.bytes());
        if end > buffer.size() || !self.offset.is_multiple_of(Raster::ALIGN) {
            return Err(Error::Limit { what: "a picture that ends at byte", asked: end, allowed: buffer.size() });
        }
        Grid::new(self.raster.columns, self.raster.rows, limits)
    }
}
