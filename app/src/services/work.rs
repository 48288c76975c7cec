//! The thread that hands out decoding. It keeps every worker of the pool busy with what is best at the moment the worker is free.

use super::prepare;
use super::ready::{Failure, FrameState, ReadyFrame};
use super::shared::Shared;
use super::state::{Kept, State, Task, Upload};
use super::thumbnail;
use crate::event::{Event, Thumbnail};
use lightbox_model::FrameId;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The thread.
pub fn run(shared: &Arc<Shared>) {
    let busy = Arc::new(AtomicUsize::new(0));
    loop {
        let mut state = shared.state();
        if state.stopping {
            return;
        }
        let taken = busy.load(Ordering::Acquire);
        // While the window opens it has the first claim on the machine.
        let most = if state.is_opening() { shared.threads.div_ceil(2) } else { shared.threads };
        let task = if taken < most { state.next(taken == 0) } else { None };
        if let Some(task) = task {
            let job = Job::of(shared, &state);
            drop(state);
            begin(job, task, &busy);
            continue;
        }
        // Nothing to hand out. Bundled news goes out when it is time, or now if nothing more will come; never with the lock held.
        match shared.waker.left() {
            Some(left) if left.is_zero() || taken == 0 => {
                drop(state);
                shared.waker.flush();
            }
            Some(left) => drop(shared.work.wait_timeout(state, left)),
            None => drop(shared.work.wait(state)),
        }
    }
}

/// Runs a task on the pool, and then what is best by then, until there is nothing: going back to the thread that hands out would cost a
/// change of threads for each frame, which takes long where the window is just being drawn. A large frame takes every thread: nothing
/// else is begun until it is done.
fn begin(mut job: Job, mut task: Task, busy: &Arc<AtomicUsize>) {
    let large = matches!(task, Task::Decode { large: true, .. });
    let weight = if large { job.shared.threads } else { 1 };
    busy.fetch_add(weight, Ordering::AcqRel);
    let (busy, shared) = (busy.clone(), job.shared.clone());
    shared.clone().pool.spawn_fifo(move || {
        loop {
            job.run(task);
            let mut state = shared.state();
            if large || state.stopping {
                break;
            }
            let Some(next) = state.next(false) else { break };
            (job, task) = (Job::of(&shared, &state), next);
        }
        busy.fetch_sub(weight, Ordering::AcqRel);
        shared.notify_work();
    });
}

/// One task on a worker.
struct Job {
    shared: Arc<Shared>,
    generation: u64,
    catalogue: Arc<lightbox_source::Catalogue>,
}

impl Job {
    /// What is open now.
    fn of(shared: &Arc<Shared>, state: &State) -> Self {
        Self { shared: shared.clone(), generation: state.generation, catalogue: state.catalogue.clone() }
    }

    fn run(&self, task: Task) {
        match task {
            Task::Decode { id, image, large } => {
                let decoder = if large { &self.shared.whole } else { &self.shared.single };
                let decoded = self.shared.guarded_frame(id, || prepare::decode(&self.catalogue, id, image, decoder));
                let event = if decoded.is_ok() { Event::FrameDecoded(id) } else { Event::FrameFailed(id) };
                note(&decoded);
                let waited_for = self.shared.state().decoded(self.generation, id, decoded, Instant::now());
                self.tell(waited_for, Some(event));
            }
            Task::Upload(id, upload) => {
                let (waited_for, ready) = self.shared.upload(id, upload);
                self.tell(waited_for, ready.is_err().then_some(Event::FrameFailed(id)));
            }
            Task::Thumbnail(key, frame) => {
                match self.shared.guarded("making a thumbnail", || self.thumbnail(&frame)).and_then(|made| made) {
                    Ok(picture) => self.shared.post_of(self.generation, Event::Thumbnail(key, Arc::new(picture))),
                    Err(why) => log::warn!("a thumbnail could not be made: {why}"),
                }
                self.shared.state().thumbnail_finished(Instant::now());
                self.shared.waker.soon();
            }
        }
    }

    fn thumbnail(&self, frame: &Kept) -> Result<Thumbnail, String> {
        let samples = match &frame.ready {
            Some(ready) => self.shared.samples(ready)?,
            None => frame.decoded.samples().ok_or("its samples are gone")?,
        };
        thumbnail::make(&frame.decoded, samples)
    }

    /// Passes news on: at once where the viewer waits for it, not at all where what it is about has been closed.
    fn tell(&self, waited_for: Option<bool>, event: Option<Event>) {
        let Some(waited_for) = waited_for else { return };
        if let Some(event) = event {
            self.shared.post_of(self.generation, event);
        }
        if waited_for { self.shared.waker.now() } else { self.shared.waker.soon() }
    }
}

impl Shared {
    /// Puts a frame into graphics memory. Whether the viewer waits for the news, and the frame.
    fn upload(&self, id: FrameId, upload: Upload) -> (Option<bool>, Result<Arc<ReadyFrame>, Failure>) {
        let Upload { generation, renderer, decoded } = upload;
        let ready = self.guarded_frame(id, || prepare::upload(&renderer, decoded)).map(Arc::new);
        note(&ready);
        (self.state().uploaded(generation, id, ready.clone()), ready)
    }

    /// Puts a frame into graphics memory for whoever draws it now.
    pub fn upload_now(&self, id: FrameId, upload: Upload) -> FrameState {
        match self.upload(id, upload).1 {
            Ok(ready) => FrameState::Ready(ready),
            Err(failure) => FrameState::Failed(Arc::new(failure)),
        }
    }

    /// A panic in the decoder or renderer fails this frame and no other.
    fn guarded_frame<T>(&self, id: FrameId, job: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        self.guarded("decoding", job).unwrap_or_else(|detail| {
            let sentence = "Lightbox failed on this image. Please report it with the file.".into();
            Err(Failure { sentence, detail: format!("frame {}: {detail}", id.frame) })
        })
    }
}

/// Writes down why a frame failed.
fn note<T>(result: &Result<T, Failure>) {
    if let Err(failure) = result {
        log::trace!("a frame failed: {}", failure.detail);
    }
}
