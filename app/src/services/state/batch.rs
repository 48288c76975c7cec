//! What a GPU is to decode, and what became of it.

use super::{Kept, State, sample_bytes};
use crate::services::Batched;
use crate::services::gpu::BUFFER;
use crate::services::prepare::Image;
use crate::services::ready::ReadyFrame;
use crate::services::share::Means;
use lightbox_model::FrameId;
use lightbox_source::Catalogue;
use std::sync::Arc;
use std::time::Instant;

/// Most frames that a GPU decodes together: twice as many are hardly faster each, and come later.
const BATCH: usize = 128;

/// The name of a GPU and its way to the graphics device: straight, or why not; or why there is no GPU.
pub type Gpu = Result<(String, Result<(), String>), String>;

/// Frames for a GPU to decode together.
pub struct Batch {
    pub generation: u64,
    pub catalogue: Arc<Catalogue>,
    pub frames: Vec<Wanted>,
    /// They are to go straight into graphics memory.
    pub straight: bool,
}

/// A frame that is to be decoded.
pub struct Wanted {
    pub id: FrameId,
    pub image: Image,
}

impl State {
    /// Divides what is wanted between the CPU and a GPU.
    pub(super) fn divide(&mut self) {
        let missing = |id| !self.cache.contains(id) && !self.failed.contains_key(&id);
        self.share.divide(self.scheduler.wanted(), &self.images, missing);
    }

    /// A GPU is there, or it is known why there is none.
    pub fn set_gpu(&mut self, means: Option<Means>, gpu: Gpu) {
        self.share.set_means(means);
        self.gpu = Some(gpu);
        self.divide();
        self.scheduler.look_again();
    }

    /// The best frames for the GPU that are not there and can be decoded together.
    pub fn next_batch(&mut self) -> Option<Batch> {
        let Self { share, scheduler, cache, images, thumbnails, .. } = self;
        let (mut bytes, mut straight) = (0, None);
        let ids = scheduler.next_many(
            BATCH,
            |id| cache.contains(id),
            |rank, id| {
                let Some(image) = images.get(&id.object).filter(|image| share.takes(id, &image.header)) else { return false };
                // What a thumbnail is made from is wanted in main memory.
                let raster = share.straight(id, rank, image).filter(|_| !thumbnails.contains_key(&id));
                let more = raster.map_or_else(|| sample_bytes(&image.header), |raster| raster.bytes());
                let fits = bytes == 0 || bytes + more <= BUFFER;
                let together = *straight.get_or_insert(raster.is_some()) == raster.is_some() && fits;
                bytes += if together { more } else { 0 };
                together
            },
        );
        let frames: Vec<Wanted> =
            ids.into_iter().filter_map(|id| Some(Wanted { id, image: images.get(&id.object)?.clone() })).collect();
        if frames.is_empty() {
            return None;
        }
        Some(Batch { generation: self.generation, catalogue: self.catalogue.clone(), frames, straight: straight.unwrap_or(false) })
    }

    /// A GPU has put a frame straight into graphics memory. Answers as [`State::decoded`].
    pub fn delivered(&mut self, generation: u64, ready: Arc<ReadyFrame>, now: Instant) -> Option<bool> {
        if generation != self.generation {
            return None;
        }
        self.last_done = Some(now);
        self.last_decode = Some(ready.decoded.decode_time);
        let id = ready.decoded.id;
        self.arrived(id, Kept { decoded: ready.decoded.clone(), ready: Some(ready) });
        Some(self.is_looked_at(id))
    }

    /// A GPU has done with these frames: those that it did not deliver are the CPU's.
    pub fn leave(&mut self, generation: u64, ids: &[FrameId]) {
        if generation != self.generation {
            return;
        }
        for &id in ids {
            if self.scheduler.is_in_work(id) {
                self.share.leave(id);
                self.scheduler.abandon(id);
            }
        }
    }

    /// Frames were decoded together.
    pub fn batched(&mut self, batched: Batched) {
        self.batched = Some(batched);
    }

    /// Most bytes that decoded frames may take.
    pub fn picture_budget(&self) -> u64 {
        self.cache.budget()
    }

    /// Whether there is something for the GPU to take or to finish.
    pub(super) fn gpu_has_work(&self) -> bool {
        let takes = |id: &FrameId| self.images.get(&id.object).is_some_and(|image| self.share.takes(*id, &image.header));
        self.scheduler.wanted().iter().filter(|&&id| self.is_missing(id)).any(takes)
    }

    /// Who decodes and how that comes to the graphics device, for the status bar; without a GPU who decodes is left out.
    pub(super) fn gpu_in_words(&self) -> (String, String) {
        match &self.gpu {
            None => Default::default(),
            Some(Err(why)) => (String::new(), format!("not CUDA: {why}")),
            Some(Ok((name, Ok(())))) => (format!("CUDA {name}"), "straight into the texture".to_owned()),
            Some(Ok((name, Err(why)))) => (format!("CUDA {name}"), format!("over main memory: {why}")),
        }
    }
}
