//! What runs beside the viewer: one thread that scans, one that reads tags, one that hands decoding to a pool of low-priority
//! threads, one that has a GPU decode many frames at once. Nothing here blocks the thread that draws: questions are answered from memory, news comes as [`Event`]s.
//!
//! The viewer says what it wants as ONE ranked list, replaced whenever that changes. A worker that becomes free takes the best frame
//! of the list as it is then, so nothing is ever cancelled: what is no longer wanted is simply not taken.

mod errands;
mod gpu;
mod options;
mod prepare;
mod ready;
mod scan;
mod share;
mod shared;
mod state;
mod thumbnail;
mod waker;
mod work;

pub use options::ServiceOptions;
pub use ready::{DecodedFrame, Facts, Failure, FrameState, ReadyFrame};
pub use waker::Calm;

use crate::event::Event;
use lightbox_codec::Backend;
use lightbox_model::histogram::Histogram;
use lightbox_model::study::SeriesKey;
use lightbox_model::{FrameId, ObjectId};
use lightbox_render::Renderer;
use lightbox_source::Picture;
use shared::{News, Shared};
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Most events handed over at once, so that a flood of news does not hold up a frame.
const EVENTS_PER_FRAME: usize = 256;

/// The running services. Dropping them stops and joins every thread.
pub struct Services {
    shared: Arc<Shared>,
    /// Gone once dropping has begun, which frees threads that wait to send.
    events: Mutex<Option<Receiver<News>>>,
    threads: Vec<JoinHandle<()>>,
}

/// What the status bar shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Who decodes HTJ2K: "CPU AVX-512 x 8 threads", "CUDA" and the name of a GPU.
    pub decoder: String,
    /// Of a GPU how its pictures come to the graphics device, and why not faster; of the CPU why it is not a GPU.
    pub reason: String,
    /// The last frames that a GPU decoded together.
    pub batch: Option<Batched>,
    /// How long the last frame took to decode.
    pub last_decode: Option<Duration>,
    /// Wanted frames that are not decoded yet.
    pub queued: usize,
    /// Decoded frames in memory.
    pub ready: usize,
    /// Frames that could not be decoded.
    pub failed: usize,
    /// Graphics memory taken by decoded frames.
    pub texture_bytes: u64,
    /// Graphics and main memory taken by decoded frames together.
    pub picture_bytes: u64,
    /// Most of it that may be taken.
    pub picture_budget: u64,
    /// Encoded bytes of the frames decoded so far.
    pub encoded_bytes: u64,
    /// Files read and files seen of the scan that is running.
    pub scanning: Option<(u64, u64)>,
}

/// Frames that a GPU has decoded together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Batched {
    /// How many.
    pub images: usize,
    /// How long that took, from their bytes in main memory to their samples; on the way over main memory with the samples' way back.
    pub decode: Duration,
    /// How long it took to hand over the copies from there into textures; `None` on the way over main memory, where the CPU's threads
    /// put them there one by one.
    pub transfer: Option<Duration>,
}

impl Services {
    /// Starts the threads. Scanning works at once, and what it finds first is decoded so that it is there when the window is;
    /// [`Services::set_wanted`] then says what is best. Nothing can be drawn before [`Services::connect`].
    ///
    /// # Errors
    /// A sentence: the decoder asked for is not there, or the system gives no more threads.
    pub fn new(options: ServiceOptions) -> Result<Self, String> {
        let (shared, events) = Shared::new(options)?;
        let mut services = Self { shared, events: Mutex::new(Some(events)), threads: Vec::new() };
        services.spawn("lightbox-scan", scan::run)?;
        services.spawn("lightbox-decode", work::run)?;
        services.spawn("lightbox-tags", errands::run)?;
        if services.shared.backend != Backend::Cpu {
            services.spawn("lightbox-gpu", gpu::run)?;
        }
        Ok(services)
    }

    /// [`Services::new`], then [`Services::connect`].
    ///
    /// # Errors
    /// Those of [`Services::new`].
    pub fn start(renderer: Renderer, options: ServiceOptions, wake: Arc<dyn Fn() + Send + Sync>) -> Result<Self, String> {
        let services = Self::new(options)?;
        services.connect(renderer, wake, Calm::default());
        Ok(services)
    }

    fn spawn(&mut self, name: &str, body: fn(&Arc<Shared>)) -> Result<(), String> {
        let shared = self.shared.clone();
        let thread = std::thread::Builder::new().name(name.into()).spawn(move || body(&shared));
        self.threads.push(thread.map_err(|e| format!("a thread could not be started: {e}; close other programs"))?);
        Ok(())
    }

    /// Says where decoded frames are uploaded, whom to wake when there is news, and how often at most.
    pub fn connect(&self, renderer: Renderer, wake: Arc<dyn Fn() + Send + Sync>, calm: Calm) {
        self.shared.waker.connect(wake, calm);
        self.shared.state().renderer = Some(renderer);
        self.shared.work.notify_all();
        self.shared.waker.now();
    }

    /// Scans files, folders, DICOMDIRs, archives and codestreams; what they hold is added to what is open.
    pub fn open(&self, inputs: Vec<PathBuf>) {
        self.shared.state().scans.push_back(scan::Request::Paths(inputs));
        self.shared.errands.notify_all();
    }

    /// Makes and opens the built-in demo study.
    pub fn open_demo(&self) {
        self.shared.state().scans.push_back(scan::Request::Demo);
        self.shared.errands.notify_all();
    }

    /// Stops scanning and forgets everything that is open: nothing more is heard of it.
    pub fn close(&self) {
        self.shared.state().close();
    }

    /// Replaces the list of frames to have ready, best first, as [`lightbox_model::wanted::wanted`] makes it. Frames beyond the memory
    /// budget are left out.
    pub fn set_wanted(&self, wanted: Vec<FrameId>) {
        self.shared.state().set_wanted(wanted, Instant::now());
        self.shared.work.notify_all();
    }

    /// Replaces the list of frames from which thumbnails are made. They are made when these frames are ready, so they must be
    /// among the wanted; each is announced once as [`Event::Thumbnail`].
    pub fn set_thumbnails(&self, thumbnails: Vec<(SeriesKey, FrameId)>) {
        self.shared.state().set_thumbnails(thumbnails);
        self.shared.work.notify_all();
    }

    /// The frames on the screen now: they stay in memory, and the viewer is woken at once when one becomes ready.
    pub fn set_drawn(&self, drawn: &[FrameId]) {
        self.shared.state().set_drawn(drawn);
    }

    /// What is known of a frame that is to be drawn now. One of usual size that is decoded but not in graphics memory is put there
    /// before this returns: that takes less than drawing it, and nobody who jumps through a stack has to wait for a second frame.
    pub fn frame(&self, id: FrameId) -> FrameState {
        let (state, due) = self.shared.state().frame(id);
        match due {
            Some(upload) => self.shared.upload_now(id, upload),
            None => state,
        }
    }

    /// Which of `frames` are decoded, in their order.
    pub fn decoded(&self, frames: &[FrameId]) -> Vec<bool> {
        let state = self.shared.state();
        frames.iter().map(|&id| state.is_decoded(id)).collect()
    }

    /// Tries a failed frame again.
    pub fn retry(&self, id: FrameId) {
        self.shared.state().retry(id);
        self.shared.work.notify_all();
    }

    /// The histogram of a grey frame. Where it is not there yet it is made in the background, which wakes the viewer.
    pub fn histogram(&self, frame: &Arc<ReadyFrame>) -> Option<Arc<Histogram>> {
        match frame.decoded.histogram() {
            Some(known) => known,
            None => {
                self.measure(frame);
                None
            }
        }
    }

    /// The stored values of a frame. Where they are in graphics memory alone they are read back in the background, which wakes the viewer.
    pub fn samples<'f>(&self, frame: &'f Arc<ReadyFrame>) -> Option<&'f Picture> {
        let samples = frame.decoded.samples();
        if samples.is_none() {
            self.measure(frame);
        }
        samples
    }

    fn measure(&self, frame: &Arc<ReadyFrame>) {
        self.shared.state().errands.push(errands::Errand::Measure(frame.clone()));
        self.shared.errands.notify_all();
    }

    /// Asks for the data set of an object; it comes as [`Event::Tags`].
    pub fn request_tags(&self, id: ObjectId) {
        self.shared.state().errands.push(errands::Errand::Tags(id));
        self.shared.errands.notify_all();
    }

    /// News since the last call, oldest first. Never waits; where there is more than a frame should digest, the viewer is woken again.
    pub fn events(&self) -> Vec<Event> {
        let events = self.events.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let news: Vec<News> = events.iter().flat_map(Receiver::try_iter).take(EVENTS_PER_FRAME).collect();
        if news.len() == EVENTS_PER_FRAME {
            self.shared.waker.now();
        }
        let generation = self.shared.state().generation;
        let current = |news: &News| news.generation.is_none_or(|of| of == generation);
        news.into_iter().filter(current).map(|news| news.event).collect()
    }

    /// What the status bar shows.
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// Whether a decoded frame was on the screen when [`Services::set_drawn`] was last called.
    pub(crate) fn picture_drawn(&self) -> bool {
        self.shared.state().picture_drawn
    }

    /// Once everything is scanned, decoded and has its thumbnail: when the viewer first wanted something, when the last of it was
    /// ready, and how many frames are.
    pub(crate) fn loaded(&self) -> Option<(Instant, Instant, usize)> {
        self.shared.state().loaded()
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.shared.stop();
        // Whoever waits to send an event gets an error instead.
        drop(self.events.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
        for thread in self.threads.drain(..) {
            let name = thread.thread().name().unwrap_or_default().to_owned();
            if thread.join().is_err() {
                log::error!("the thread {name} ended in a panic");
            }
        }
    }
}
