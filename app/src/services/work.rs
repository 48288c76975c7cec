//! The thread that hands out decoding. It keeps every worker of the pool busy with what is best at the moment the worker is free.

use super::prepare;
use super::ready::Failure;
use super::shared::Shared;
use super::state::Task;
use super::thumbnail;
use crate::event::Event;
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
        let task = if taken < shared.threads { state.next(taken == 0) } else { None };
        if let Some(task) = task {
            let job = Job { shared: shared.clone(), generation: state.generation, catalogue: state.catalogue.clone() };
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

/// Runs a task on the pool. A large frame takes every thread: nothing else is begun until it is done.
fn begin(job: Job, task: Task, busy: &Arc<AtomicUsize>) {
    let weight = if matches!(task, Task::Decode { large: true, .. }) { job.shared.threads } else { 1 };
    busy.fetch_add(weight, Ordering::AcqRel);
    let (busy, shared) = (busy.clone(), job.shared.clone());
    shared.clone().pool.spawn_fifo(move || {
        job.run(task);
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
    fn run(&self, task: Task) {
        match task {
            Task::Decode { id, image, large } => {
                let decoder = if large { &self.shared.whole } else { &self.shared.single };
                let decoded = self.guarded(id, || prepare::decode(&self.catalogue, id, image, decoder));
                match decoded {
                    Ok(decoded) => self.upload(id, decoded),
                    Err(failure) => self.finish(id, Err(failure)),
                }
            }
            Task::Upload(id, decoded) => self.upload(id, decoded),
            Task::Thumbnail(key, frame) => {
                let renderer = self.shared.state().renderer.clone();
                let draw = |r: &_| self.shared.guarded("drawing a thumbnail", || thumbnail::make(r, &frame)).and_then(|made| made);
                // A window that is resized in the same moment can swallow the graphics device's answer; the next one comes.
                let made = renderer.map(|r| draw(&r).or_else(|_| draw(&r)).or_else(|_| draw(&r)));
                match made {
                    Some(Ok(picture)) => self.shared.post_if_current(self.generation, Event::Thumbnail(key, Arc::new(picture))),
                    Some(Err(why)) => log::warn!("a thumbnail could not be drawn: {why}"),
                    None => {}
                }
                self.shared.state().thumbnail_finished(Instant::now());
                self.shared.waker.soon();
            }
        }
    }

    fn upload(&self, id: FrameId, decoded: prepare::Decoded) {
        let renderer = {
            let mut state = self.shared.state();
            match state.renderer.clone() {
                Some(renderer) => renderer,
                None => return state.wait_for_renderer(self.generation, id, decoded),
            }
        };
        let ready = self.guarded(id, || prepare::upload(&renderer, decoded));
        self.finish(id, ready.map(Arc::new));
    }

    fn finish(&self, id: FrameId, result: Result<Arc<super::ReadyFrame>, Failure>) {
        let event = if result.is_ok() { Event::FrameReady(id) } else { Event::FrameFailed(id) };
        if let Err(failure) = &result {
            log::info!("a frame failed: {}", failure.detail);
        }
        let urgent = self.shared.state().finished(self.generation, id, result, Instant::now());
        if let Some(urgent) = urgent {
            self.shared.post(event);
            if urgent { self.shared.waker.now() } else { self.shared.waker.soon() }
        }
    }

    /// A panic in the decoder or renderer fails this frame and no other.
    fn guarded<T>(&self, id: FrameId, job: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        self.shared.guarded("decoding", job).unwrap_or_else(|detail| {
            let sentence = "Lightbox failed on this image. Please report it with the file.".into();
            Err(Failure { sentence, detail: format!("frame {}: {detail}", id.frame) })
        })
    }
}
