//! What the services know, and what should be done next. No thread, no clock and no waiting here.

mod batch;

pub use batch::{Batch, Wanted};

use super::errands::Errands;
use super::prepare::Image;
use super::ready::{DecodedFrame, Failure, FrameState, ReadyFrame};
use super::scan::Request;
use super::share::Share;
use super::{Batched, ServiceOptions, Status};
use lightbox_codec::{Backend, NoGpu};
use lightbox_model::cache::{Cache, Offer};
use lightbox_model::image::ImageHeader;
use lightbox_model::scheduler::Scheduler;
use lightbox_model::study::{ObjectHeader, SeriesKey};
use lightbox_model::{FrameId, ObjectId};
use lightbox_render::Renderer;
use lightbox_source::{Catalogue, Stop};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A frame of at least this many pixels is decoded by all threads together; smaller ones side by side.
pub const LARGE: u64 = 4 << 20;

/// Most frames, counted from the best wanted, that are put into graphics memory: what the next turns of the wheel show. The others
/// wait in main memory, from where they are there within a frame of the window.
const NEAR: usize = 32;

/// One part in this many of the budget is for graphics memory.
const GRAPHICS_PART: u64 = 4;

/// Most frames that are decoded before anybody asks.
const AHEAD: usize = 512;

/// The state behind the one lock.
pub struct State {
    pub stopping: bool,
    /// Counts how often everything was closed: what began before is void.
    pub generation: u64,
    pub catalogue: Arc<Catalogue>,
    pub renderer: Option<Renderer>,
    pub scans: VecDeque<Request>,
    pub scan_stop: Stop,
    /// Files read and seen.
    pub scanning: Option<(u64, u64)>,
    pub errands: Errands,
    /// Whether a decoded frame was there for the last [`State::set_drawn`].
    pub picture_drawn: bool,
    images: HashMap<ObjectId, Image>,
    scheduler: Scheduler,
    /// When the viewer first said what it wants.
    wanted_since: Option<Instant>,
    /// The best frame, too large to be begun before every worker is free.
    held: Option<FrameId>,
    drawn: HashSet<FrameId>,
    cache: Cache<Kept>,
    /// The best wanted frames, as far as graphics memory reaches: those that are to be there.
    near: Vec<FrameId>,
    share: Share,
    /// The GPU that decodes and its way to the graphics device, or why there is none; `None` until that is known.
    gpu: Option<batch::Gpu>,
    batched: Option<Batched>,
    uploading: HashSet<FrameId>,
    texture_bytes: u64,
    failed: HashMap<FrameId, Arc<Failure>>,
    thumbnails: HashMap<FrameId, SeriesKey>,
    thumbnails_made: HashSet<SeriesKey>,
    thumbnails_due: VecDeque<(SeriesKey, Kept)>,
    thumbnails_in_flight: usize,
    last_decode: Option<Duration>,
    encoded_bytes: u64,
    last_done: Option<Instant>,
}

/// A frame on its way to graphics memory.
pub struct Upload {
    pub generation: u64,
    pub renderer: Renderer,
    pub decoded: Arc<DecodedFrame>,
}

/// Something a worker can do.
pub enum Task {
    /// Decode a frame; `large` ones by all threads together.
    Decode { id: FrameId, image: Image, large: bool },
    /// Put a decoded frame into graphics memory.
    Upload(FrameId, Upload),
    /// Make a series' thumbnail.
    Thumbnail(SeriesKey, Kept),
}

/// A frame in memory.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its samples are in main memory unless it is `ready`.
    pub decoded: Arc<DecodedFrame>,
    /// In graphics memory too.
    pub ready: Option<Arc<ReadyFrame>>,
}

impl Kept {
    fn texture_bytes(&self) -> u64 {
        self.ready.as_ref().map_or(0, |ready| ready.picture.bytes())
    }

    fn bytes(&self) -> u64 {
        self.decoded.bytes() + self.texture_bytes()
    }
}

impl State {
    pub fn new(options: &ServiceOptions) -> Self {
        Self {
            stopping: false,
            generation: 0,
            catalogue: Arc::new(Catalogue::default()),
            renderer: None,
            scans: VecDeque::new(),
            scan_stop: Stop::default(),
            scanning: None,
            errands: Errands::default(),
            picture_drawn: false,
            images: HashMap::new(),
            scheduler: Scheduler::default(),
            wanted_since: None,
            held: None,
            drawn: HashSet::new(),
            cache: Cache::new(options.picture_budget),
            near: Vec::new(),
            share: Share::new(options.backend == Backend::Cuda),
            gpu: (options.backend == Backend::Cpu).then(|| Err(NoGpu::Unwanted.to_string())),
            batched: None,
            uploading: HashSet::new(),
            texture_bytes: 0,
            failed: HashMap::new(),
            thumbnails: HashMap::new(),
            thumbnails_made: HashSet::new(),
            thumbnails_due: VecDeque::new(),
            thumbnails_in_flight: 0,
            last_decode: None,
            encoded_bytes: 0,
            last_done: None,
        }
    }

    /// A scan has found an object.
    pub fn found(&mut self, generation: u64, header: &ObjectHeader) {
        let Some(image) = header.image.as_ref().filter(|_| generation == self.generation) else { return };
        let modality = header.modality.as_str().into();
        self.images.insert(header.id, Image { header: image.clone(), modality });
        // What is found first is decoded before anybody asks: it is there when the window is.
        if self.wanted_since.is_none() && self.scheduler.wanted().len() < AHEAD && image.defect.is_none() {
            let id = FrameId { object: header.id, frame: 0 };
            if self.scheduler.append(id, sample_bytes(image), self.sample_budget()) {
                self.cache.append_wanted(id);
            }
        }
    }

    pub fn scan_progress(&mut self, generation: u64, done: u64, files: u64) {
        if generation == self.generation {
            self.scanning = Some((done, files));
        }
    }

    /// Replaces the wanted list. `now` is remembered the first time.
    pub fn set_wanted(&mut self, wanted: Vec<FrameId>, now: Instant) {
        // Until something is shown, what is decoded ahead of that stays wanted.
        if wanted.is_empty() && self.wanted_since.is_none() {
            return;
        }
        self.wanted_since.get_or_insert(now);
        self.replace_wanted(wanted);
    }

    /// Nobody has said yet what is wanted.
    pub fn is_opening(&self) -> bool {
        self.wanted_since.is_none()
    }

    fn replace_wanted(&mut self, wanted: Vec<FrameId>) {
        if let Some(held) = self.held.take() {
            self.scheduler.abandon(held);
        }
        let (images, graphics) = (&self.images, self.graphics_budget());
        let bytes = |id: FrameId, of: fn(&ImageHeader) -> u64| images.get(&id.object).map_or(0, |image| of(&image.header));
        self.scheduler.replace(wanted, |id| bytes(id, sample_bytes), self.sample_budget());
        let wanted = self.scheduler.wanted();
        self.cache.set_wanted(wanted);
        let mut sum = 0u64;
        let fits = |(rank, id): &(usize, FrameId)| {
            sum = sum.saturating_add(bytes(*id, texture_bytes));
            *rank == 0 || (*rank < NEAR && sum <= graphics)
        };
        self.near = wanted.iter().copied().enumerate().take_while(fits).map(|(_, id)| id).collect();
        self.divide();
        self.leave_graphics();
    }

    /// Bytes of the budget that are for textures.
    fn graphics_budget(&self) -> u64 {
        self.cache.budget() / GRAPHICS_PART
    }

    /// Bytes of the budget that are for decoded samples.
    fn sample_budget(&self) -> u64 {
        self.cache.budget() - self.graphics_budget()
    }

    /// Takes frames out of graphics memory that are not near any more. Those with samples in main memory stay decoded, others go when
    /// there is no room for them: if they are wanted again they are decoded again.
    fn leave_graphics(&mut self) {
        let mut spare = self.share.spare();
        for id in self.cache.recent() {
            // Steps to and fro are not to move the same frames again and again: some more stay than come.
            let rank = self.scheduler.rank(id).map(|rank| rank as usize);
            let stays = rank.is_some_and(|rank| rank < 2 * self.near.len() || self.share.keeps(rank));
            let Some(kept) = self.cache.peek(id).filter(|kept| kept.ready.is_some()) else { continue };
            if stays || self.drawn.contains(&id) {
                continue;
            }
            let (decoded, texture) = (kept.decoded.clone(), kept.texture_bytes());
            if decoded.samples().is_some() {
                self.keep(id, Kept { decoded, ready: None });
            } else if let Some(rest) = spare.checked_sub(texture) {
                // It is nowhere else, and there is room for what was looked at before.
                spare = rest;
            } else {
                self.cache.remove(id);
                self.texture_bytes -= texture;
                self.scheduler.evicted(id);
            }
        }
    }

    pub fn set_drawn(&mut self, drawn: &[FrameId]) {
        self.drawn = drawn.iter().copied().collect();
        self.cache.set_drawn(drawn.iter().copied());
        self.picture_drawn = drawn.iter().any(|&id| self.cache.peek(id).is_some_and(|kept| kept.ready.is_some()));
    }

    pub fn set_thumbnails(&mut self, thumbnails: Vec<(SeriesKey, FrameId)>) {
        let open = |&(key, id): &(SeriesKey, FrameId)| !self.thumbnails_made.contains(&key) && !self.failed.contains_key(&id);
        self.thumbnails = thumbnails.into_iter().filter(open).map(|(key, id)| (id, key)).collect();
        let ids: Vec<FrameId> = self.thumbnails.keys().copied().collect();
        for id in ids {
            if let Some(kept) = self.cache.peek(id).cloned() {
                self.thumbnail_due(id, &kept);
            }
        }
    }

    /// The thumbnail that waits for frame `id` can be made.
    fn thumbnail_due(&mut self, id: FrameId, frame: &Kept) {
        if let Some(key) = self.thumbnails.remove(&id).filter(|&key| self.thumbnails_made.insert(key)) {
            self.thumbnails_due.push_back((key, frame.clone()));
        }
    }

    /// What is best done now, by a worker with room for one small frame, or for anything when `idle`. `None` when there is nothing,
    /// or when it has to wait until all workers are free.
    pub fn next(&mut self, idle: bool) -> Option<Task> {
        if let Some((id, upload)) = self.next_upload() {
            self.uploading.insert(id);
            return Some(Task::Upload(id, upload));
        }
        // What is looked at comes before any thumbnail.
        let drawn_missing = self.drawn.iter().any(|&id| self.scheduler.rank(id).is_some() && self.is_missing(id));
        if !drawn_missing && let Some((key, frame)) = self.thumbnails_due.pop_front() {
            self.thumbnails_in_flight += 1;
            return Some(Task::Thumbnail(key, frame));
        }
        let id = match self.held.take() {
            Some(held) => held,
            None => {
                let for_gpu = |id: FrameId| self.images.get(&id.object).is_some_and(|image| self.share.takes(id, &image.header));
                self.scheduler.next(|id| self.cache.contains(id) || for_gpu(id))?
            }
        };
        let Some(image) = self.images.get(&id.object).cloned() else {
            // Of something that has been closed.
            self.scheduler.finished(id);
            return self.next(idle);
        };
        let large = u64::from(image.header.rows) * u64::from(image.header.columns) >= LARGE;
        if large && !idle {
            self.held = Some(id);
            return None;
        }
        Some(Task::Decode { id, image, large })
    }

    /// The best frame that is decoded, is to be in graphics memory and is not.
    fn next_upload(&self) -> Option<(FrameId, Upload)> {
        self.drawn.iter().chain(&self.near).find_map(|&id| Some((id, self.upload_of(id)?)))
    }

    /// What is to be uploaded of a frame that is decoded and lacks nothing else.
    fn upload_of(&self, id: FrameId) -> Option<Upload> {
        let renderer = self.renderer.as_ref()?;
        let kept = self.cache.peek(id).filter(|kept| kept.ready.is_none())?;
        let open = !self.uploading.contains(&id) && !self.failed.contains_key(&id);
        open.then(|| Upload { generation: self.generation, renderer: renderer.clone(), decoded: kept.decoded.clone() })
    }

    fn is_missing(&self, id: FrameId) -> bool {
        !self.cache.contains(id) && !self.failed.contains_key(&id)
    }

    /// A frame has been decoded, or failed. Answers whether the viewer is waiting for this news; `None` when it was closed meanwhile.
    pub fn decoded(&mut self, generation: u64, id: FrameId, result: Result<DecodedFrame, Failure>, now: Instant) -> Option<bool> {
        if generation != self.generation {
            return None;
        }
        self.last_done = Some(now);
        match result {
            Ok(frame) => {
                self.last_decode = Some(frame.decode_time);
                self.arrived(id, Kept { decoded: Arc::new(frame), ready: None });
                Some(false)
            }
            Err(failure) => {
                self.fail(id, failure);
                Some(self.is_looked_at(id))
            }
        }
    }

    /// A frame that was in work is there.
    fn arrived(&mut self, id: FrameId, kept: Kept) {
        self.scheduler.finished(id);
        self.encoded_bytes += kept.decoded.facts.encoded_bytes as u64;
        self.thumbnail_due(id, &kept);
        self.keep(id, kept);
    }

    /// The samples of a frame are in main memory now too.
    pub fn measured(&mut self, frame: &Arc<ReadyFrame>) {
        let id = frame.decoded.id;
        let known = |kept: &&Kept| kept.ready.as_ref().is_some_and(|ready| Arc::ptr_eq(ready, frame));
        if let Some(kept) = self.cache.peek(id).filter(known).cloned() {
            self.keep(id, kept);
        }
    }

    /// A frame has been put into graphics memory, or could not be. Answers as [`State::decoded`].
    pub fn uploaded(&mut self, generation: u64, id: FrameId, result: Result<Arc<ReadyFrame>, Failure>) -> Option<bool> {
        if generation != self.generation {
            return None;
        }
        self.uploading.remove(&id);
        match result {
            Ok(ready) => self.keep(id, Kept { decoded: ready.decoded.clone(), ready: Some(ready) }),
            Err(failure) => self.fail(id, failure),
        }
        Some(self.is_looked_at(id))
    }

    fn is_looked_at(&self, id: FrameId) -> bool {
        self.drawn.contains(&id) || self.scheduler.rank(id) == Some(0)
    }

    fn fail(&mut self, id: FrameId, failure: Failure) {
        self.scheduler.fail(id, failure.sentence.clone());
        self.thumbnails.remove(&id);
        self.failed.insert(id, Arc::new(failure));
    }

    /// Keeps a frame if there is room. One that is refused is not wanted again until the list is replaced: it would be refused again.
    fn keep(&mut self, id: FrameId, kept: Kept) {
        let (bytes, texture) = (kept.bytes(), kept.texture_bytes());
        self.texture_bytes -= self.cache.peek(id).map_or(0, Kept::texture_bytes);
        match self.cache.offer(id, kept, bytes) {
            Offer::Kept(gone) => {
                self.texture_bytes += texture;
                for (gone, kept) in gone.into_iter().filter(|(gone, _)| *gone != id) {
                    self.texture_bytes -= kept.texture_bytes();
                    self.scheduler.evicted(gone);
                }
            }
            // It takes more graphics memory than its header said: without that it may fit.
            Offer::Refused(Kept { decoded, ready: Some(_) }) if decoded.samples().is_some() => {
                self.near.retain(|&near| near != id);
                self.keep(id, Kept { decoded, ready: None });
            }
            Offer::Refused(_) => self.share.refuse(id),
        }
    }

    pub fn thumbnail_finished(&mut self, now: Instant) {
        self.thumbnails_in_flight = self.thumbnails_in_flight.saturating_sub(1);
        self.last_done = Some(now);
    }

    /// What is known of a frame; and what is to be uploaded where that is all it lacks and it is quickly done.
    pub fn frame(&mut self, id: FrameId) -> (FrameState, Option<Upload>) {
        if let Some(ready) = self.cache.get(id).and_then(|kept| kept.ready.clone()) {
            return (FrameState::Ready(ready), None);
        }
        if let Some(failure) = self.failed.get(&id) {
            return (FrameState::Failed(failure.clone()), None);
        }
        (FrameState::Pending, self.upload_of(id).filter(|upload| upload.decoded.is_quickly_uploaded()))
    }

    /// Whether a frame is decoded. Does not count as use.
    pub fn is_decoded(&self, id: FrameId) -> bool {
        self.cache.contains(id)
    }

    pub fn retry(&mut self, id: FrameId) {
        self.failed.remove(&id);
        self.scheduler.retry(id);
    }

    /// Forgets everything that is open. What is in flight finds its generation gone.
    pub fn close(&mut self) {
        self.scan_stop.stop();
        self.scan_stop = Stop::default();
        self.generation += 1;
        self.scans.clear();
        self.scanning = None;
        self.errands.clear();
        self.images.clear();
        self.scheduler = Scheduler::default();
        self.wanted_since = None;
        self.held = None;
        self.set_drawn(&[]);
        self.near.clear();
        self.share.clear();
        self.uploading.clear();
        self.cache.clear();
        self.cache.set_wanted(&[]);
        self.texture_bytes = 0;
        self.failed.clear();
        self.thumbnails.clear();
        self.thumbnails_made.clear();
        self.thumbnails_due.clear();
        self.thumbnails_in_flight = 0;
    }

    pub fn stop(&mut self) {
        self.stopping = true;
        self.scan_stop.stop();
    }

    /// Nothing is being done and nothing waits.
    fn at_rest(&self) -> bool {
        let thumbnails = self.thumbnails_in_flight == 0 && self.thumbnails_due.is_empty();
        let missing_thumbnail = self.thumbnails.keys().any(|&id| self.scheduler.rank(id).is_some() && self.is_missing(id));
        let scanned = self.scanning.is_none() && self.scans.is_empty();
        let idle = self.scheduler.in_work() == 0 && self.scheduler.left() == 0 && !self.gpu_has_work();
        scanned && thumbnails && !missing_thumbnail && idle
    }

    /// See [`super::Services::loaded`].
    pub fn loaded(&self) -> Option<(Instant, Instant, usize)> {
        if !self.at_rest() || self.cache.is_empty() {
            return None;
        }
        Some((self.wanted_since?, self.last_done?, self.cache.len()))
    }

    /// The figures of the status bar; the CPU's own name is not known here.
    pub fn status(&self) -> Status {
        let (decoder, reason) = self.gpu_in_words();
        Status {
            decoder,
            reason,
            batch: self.batched,
            last_decode: self.last_decode,
            queued: self.scheduler.wanted().iter().filter(|&&id| self.is_missing(id)).count(),
            ready: self.cache.len(),
            failed: self.failed.len(),
            texture_bytes: self.texture_bytes,
            picture_bytes: self.cache.bytes(),
            picture_budget: self.cache.budget(),
            encoded_bytes: self.encoded_bytes,
            scanning: self.scanning,
        }
    }
}

/// Bytes that a frame will take in main memory, as its header says.
fn sample_bytes(image: &ImageHeader) -> u64 {
    channel_bytes(image).saturating_mul(u64::from(image.format.samples))
}

/// Bytes that a frame will take in graphics memory: textures have one channel or four.
fn texture_bytes(image: &ImageHeader) -> u64 {
    channel_bytes(image).saturating_mul(if image.format.samples > 1 { 4 } else { 1 })
}

fn channel_bytes(image: &ImageHeader) -> u64 {
    let sample = match image.format.stored {
        0..=8 => 1,
        9..=16 => 2,
        _ => u64::from(image.format.allocated).div_ceil(8),
    };
    (u64::from(image.rows) * u64::from(image.columns)).saturating_mul(sample)
}
