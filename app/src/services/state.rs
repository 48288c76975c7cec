//! What the services know, and what should be done next. No thread, no clock and no waiting here.

use super::errands::Errands;
use super::prepare::{Decoded, Image};
use super::ready::{Failure, FrameState, ReadyFrame};
use super::scan::Request;
use super::{ServiceOptions, Status};
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
const LARGE: u64 = 4 << 20;

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
    /// Decoded, waiting for a renderer.
    waiting: Vec<(FrameId, Decoded)>,
    cache: Cache<Arc<ReadyFrame>>,
    texture_bytes: u64,
    failed: HashMap<FrameId, Arc<Failure>>,
    thumbnails: HashMap<FrameId, SeriesKey>,
    thumbnails_made: HashSet<SeriesKey>,
    thumbnails_due: VecDeque<(SeriesKey, Arc<ReadyFrame>)>,
    thumbnails_in_flight: usize,
    last_decode: Option<Duration>,
    encoded_bytes: u64,
    last_done: Option<Instant>,
}

/// Something a worker can do.
pub enum Task {
    /// Decode a frame; `large` ones by all threads together.
    Decode { id: FrameId, image: Image, large: bool },
    /// Put a decoded frame into graphics memory.
    Upload(FrameId, Decoded),
    /// Draw a series' thumbnail.
    Thumbnail(SeriesKey, Arc<ReadyFrame>),
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
            waiting: Vec::new(),
            cache: Cache::new(options.picture_budget),
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
        // The first image is decoded before anybody asks: it is there when the window is.
        if self.wanted_since.is_none() && self.scheduler.wanted().is_empty() && image.defect.is_none() {
            self.replace_wanted(vec![FrameId { object: header.id, frame: 0 }]);
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

    fn replace_wanted(&mut self, wanted: Vec<FrameId>) {
        if let Some(held) = self.held.take() {
            self.scheduler.abandon(held);
        }
        let images = &self.images;
        self.scheduler.replace(wanted, |id| images.get(&id.object).map_or(0, |image| estimate(&image.header)), self.cache.budget());
        self.cache.set_wanted(self.scheduler.wanted());
    }

    pub fn set_drawn(&mut self, drawn: &[FrameId]) {
        self.drawn = drawn.iter().copied().collect();
        self.cache.set_drawn(drawn.iter().copied());
        self.picture_drawn = drawn.iter().any(|&id| self.cache.contains(id));
    }

    pub fn set_thumbnails(&mut self, thumbnails: Vec<(SeriesKey, FrameId)>) {
        let open = |&(key, id): &(SeriesKey, FrameId)| !self.thumbnails_made.contains(&key) && !self.failed.contains_key(&id);
        self.thumbnails = thumbnails.into_iter().filter(open).map(|(key, id)| (id, key)).collect();
        let ids: Vec<FrameId> = self.thumbnails.keys().copied().collect();
        for id in ids {
            if let Some(frame) = self.cache.peek(id).cloned() {
                self.thumbnail_due(id, &frame);
            }
        }
    }

    /// The thumbnail that waits for frame `id` can be made.
    fn thumbnail_due(&mut self, id: FrameId, frame: &Arc<ReadyFrame>) {
        if let Some(key) = self.thumbnails.remove(&id).filter(|&key| self.thumbnails_made.insert(key)) {
            self.thumbnails_due.push_back((key, frame.clone()));
        }
    }

    /// What is best done now, by a worker with room for one small frame, or for anything when `idle`. `None` when there is nothing,
    /// or when it has to wait until all workers are free.
    pub fn next(&mut self, idle: bool) -> Option<Task> {
        if self.renderer.is_some() {
            if let Some((id, decoded)) = self.waiting.pop() {
                return Some(Task::Upload(id, decoded));
            }
            // What is looked at comes before any thumbnail.
            let drawn_missing = self.drawn.iter().any(|&id| self.scheduler.rank(id).is_some() && self.is_missing(id));
            if !drawn_missing && let Some((key, frame)) = self.thumbnails_due.pop_front() {
                self.thumbnails_in_flight += 1;
                return Some(Task::Thumbnail(key, frame));
            }
        }
        let id = match self.held.take() {
            Some(held) => held,
            None => self.scheduler.next(|id| self.cache.contains(id))?,
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

    fn is_missing(&self, id: FrameId) -> bool {
        !self.cache.contains(id) && !self.failed.contains_key(&id)
    }

    /// A frame is decoded but there is nowhere to put it yet.
    pub fn wait_for_renderer(&mut self, generation: u64, id: FrameId, decoded: Decoded) {
        if generation == self.generation {
            self.waiting.push((id, decoded));
        }
    }

    /// A frame has been decoded, or failed. Answers whether the viewer is waiting for it; `None` when it was closed meanwhile.
    pub fn finished(
        &mut self,
        generation: u64,
        id: FrameId,
        result: Result<Arc<ReadyFrame>, Failure>,
        now: Instant,
    ) -> Option<bool> {
        if generation != self.generation {
            return None;
        }
        self.last_done = Some(now);
        match result {
            Ok(frame) => {
                self.scheduler.finished(id);
                self.last_decode = Some(frame.decode_time);
                self.encoded_bytes += frame.pixels.encoded_bytes as u64;
                self.thumbnail_due(id, &frame);
                self.keep(id, frame);
            }
            Err(failure) => {
                self.scheduler.fail(id, failure.sentence.clone());
                self.thumbnails.remove(&id);
                self.failed.insert(id, Arc::new(failure));
            }
        }
        Some(self.drawn.contains(&id) || self.scheduler.rank(id) == Some(0))
    }

    /// Keeps a frame if there is room. One that is refused is not wanted again until the list is replaced: it would be refused again.
    fn keep(&mut self, id: FrameId, frame: Arc<ReadyFrame>) {
        let texture = frame.picture.bytes();
        let bytes = texture + frame.sample_bytes();
        if let Offer::Kept(gone) = self.cache.offer(id, frame, bytes) {
            self.texture_bytes += texture;
            for (id, frame) in gone {
                self.texture_bytes -= frame.picture.bytes();
                self.scheduler.evicted(id);
            }
        }
    }

    pub fn thumbnail_finished(&mut self, now: Instant) {
        self.thumbnails_in_flight = self.thumbnails_in_flight.saturating_sub(1);
        self.last_done = Some(now);
    }

    pub fn frame(&mut self, id: FrameId) -> FrameState {
        if let Some(frame) = self.cache.get(id) {
            return FrameState::Ready(frame.clone());
        }
        self.failed.get(&id).map_or(FrameState::Pending, |failure| FrameState::Failed(failure.clone()))
    }

    /// Whether [`State::frame`] would be ready. Does not count as use.
    pub fn is_ready(&self, id: FrameId) -> bool {
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
        self.waiting.clear();
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
        scanned && thumbnails && !missing_thumbnail && self.scheduler.in_work() == 0 && self.scheduler.left() == 0
    }

    /// See [`super::Services::loaded`].
    pub fn loaded(&self) -> Option<(Instant, Instant, usize)> {
        if !self.at_rest() || self.cache.is_empty() {
            return None;
        }
        Some((self.wanted_since?, self.last_done?, self.cache.len()))
    }

    /// The figures of the status bar; who decodes is not known here.
    pub fn status(&self) -> Status {
        Status {
            last_decode: self.last_decode,
            queued: self.scheduler.wanted().iter().filter(|&&id| self.is_missing(id)).count(),
            ready: self.cache.len(),
            failed: self.failed.len(),
            texture_bytes: self.texture_bytes,
            picture_bytes: self.cache.bytes(),
            picture_budget: self.cache.budget(),
            encoded_bytes: self.encoded_bytes,
            scanning: self.scanning,
            ..Status::default()
        }
    }
}

/// Bytes that a frame will take in graphics and main memory together, as its header says.
fn estimate(image: &ImageHeader) -> u64 {
    let format = &image.format;
    let pixels = u64::from(image.rows) * u64::from(image.columns);
    let sample = match format.stored {
        0..=8 => 1,
        9..=16 => 2,
        _ => u64::from(format.allocated).div_ceil(8),
    };
    // Textures have one channel or four.
    let channels = u64::from(format.samples) + if format.samples > 1 { 4 } else { 1 };
    pixels.saturating_mul(channels * sample)
}
