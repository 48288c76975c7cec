//! What the service threads and the viewer's side have in common.

use super::ready::ReadyFrame;
use super::state::State;
use super::waker::Waker;
use super::{ServiceOptions, Status};
use crate::cli::payload;
use crate::event::Event;
use lightbox_codec::{Backend, Decoder};
use lightbox_source::Picture;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Most events on their way. Whoever has more waits until the viewer has taken some.
const EVENTS: usize = 4096;

/// Everything shared. Lock order: the state is never locked while an event is sent, and nothing is called that may block while it is.
pub struct Shared {
    state: Mutex<State>,
    /// Something may be there to decode, or decoding has ended.
    pub work: Condvar,
    /// Something may be there to scan or to answer.
    pub errands: Condvar,
    pub waker: Waker,
    /// Where frames are decoded.
    pub pool: rayon::ThreadPool,
    pub threads: usize,
    /// Decodes one frame on the thread that calls it: many small frames side by side.
    pub single: Decoder,
    /// Decodes one frame on all threads: for large ones. A GPU has a thread of its own.
    pub whole: Decoder,
    /// Where HTJ2K is to be decoded.
    pub backend: Backend,
    /// A GPU may write into graphics memory.
    pub zero_copy: bool,
    events: SyncSender<News>,
}

/// An event on its way to the viewer.
pub struct News {
    /// What it is about was open in this [`State::generation`]; `None` where it is about no study.
    pub generation: Option<u64>,
    pub event: Event,
}

impl Shared {
    /// # Errors
    /// A sentence: no such decoder, or no threads.
    pub fn new(options: ServiceOptions) -> Result<(Arc<Self>, Receiver<News>), String> {
        let threads = options.threads.max(1);
        let decoder = |threads| Decoder::new(Backend::Cpu).map(|d| d.threads(threads)).map_err(|e| e.to_string());
        if options.backend == Backend::Cuda {
            lightbox_codec::cuda::probe()?;
        }
        let (sender, receiver) = sync_channel(EVENTS);
        let shared = Self {
            single: decoder(1)?,
            whole: decoder(threads)?,
            backend: options.backend,
            zero_copy: options.zero_copy,
            state: Mutex::new(State::new(&options)),
            work: Condvar::new(),
            errands: Condvar::new(),
            waker: Waker::default(),
            pool: pool("lightbox-pool", threads)?,
            threads,
            events: sender,
        };
        Ok((Arc::new(shared), receiver))
    }

    /// Another pool of as many low-priority threads.
    pub fn pool(&self, name: &'static str) -> Result<rayon::ThreadPool, String> {
        pool(name, self.threads)
    }

    /// The state, for a moment. A panic elsewhere does not make it unusable: every change to it is whole before anything can fail.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Waits until `take` finds something or the services stop, which is `None`.
    pub fn wait_errands<T>(&self, take: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        self.wait(&self.errands, take)
    }

    /// The same for what is to be decoded.
    pub fn wait_work<T>(&self, take: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        self.wait(&self.work, take)
    }

    fn wait<T>(&self, news: &Condvar, mut take: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        let mut state = self.state();
        loop {
            if state.stopping {
                return None;
            }
            if let Some(found) = take(&mut state) {
                return Some(found);
            }
            state = news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Makes the thread that hands out decoding look again. Taking the lock first means that it either has not looked yet or is
    /// already waiting, so that this is never missed.
    pub fn notify_work(&self) {
        drop(self.state());
        self.work.notify_all();
    }

    /// Tells every thread to end.
    pub fn stop(&self) {
        self.state().stop();
        self.work.notify_all();
        self.errands.notify_all();
    }

    /// Sends an event that is about no study; waits where too many are on their way. Must not be called with the state locked.
    pub fn post(&self, event: Event) {
        self.send(News { generation: None, event });
    }

    /// Sends an event about what was open in this generation, as [`Shared::post`] does. It is heard unless that has been closed by then.
    pub fn post_of(&self, generation: u64, event: Event) {
        self.send(News { generation: Some(generation), event });
    }

    fn send(&self, news: News) {
        // The receiver is gone only when the services are being dropped.
        let _ = self.events.send(news);
    }

    /// The samples of a frame, read back from graphics memory where they are nowhere else; from then on they count as main memory.
    ///
    /// # Errors
    /// A sentence: the graphics device gave none.
    pub fn samples<'f>(&self, frame: &'f Arc<ReadyFrame>) -> Result<&'f Picture, String> {
        if let Some(known) = frame.decoded.samples() {
            return Ok(known);
        }
        let renderer = self.state().renderer.clone().ok_or("there is no graphics device")?;
        let samples = frame.fetch_samples(&renderer)?;
        self.state().measured(frame);
        Ok(samples)
    }

    /// Runs `job`; a panic in it is an error that says `what` failed, and fails nothing else.
    pub fn guarded<T>(&self, what: &str, job: impl FnOnce() -> T) -> Result<T, String> {
        catch_unwind(AssertUnwindSafe(job)).map_err(|panic| {
            let reason = payload(panic.as_ref());
            log::error!("{what} failed inside: {reason}");
            format!("{what} failed inside the program: {reason}; please report it")
        })
    }

    /// What the status bar shows.
    pub fn status(&self) -> Status {
        let mut status = self.state().status();
        if status.decoder.is_empty() {
            status.decoder = self.whole.description();
        }
        status
    }
}

fn pool(name: &'static str, threads: usize) -> Result<rayon::ThreadPool, String> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(move |i| format!("{name}-{i}"))
        .start_handler(|_| yield_to_viewer())
        .build()
        .map_err(|e| format!("{threads} threads could not be started: {e}; close other programs"))
}

/// Locks `mutex` whatever happened to whoever held it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How much lower, in the units of nice(2): the window gets three times the time of a decoding thread where both want it.
const NICE: i32 = 5;

/// Lowers the calling thread's priority, so that the one that draws is never short of a processor.
pub fn yield_to_viewer() {
    // On Linux a process id of 0 in setpriority(2) is the calling thread. Elsewhere it would be the whole program.
    #[cfg(target_os = "linux")]
    if let Err(e) = rustix::process::setpriority_process(None, NICE) {
        log::debug!("the priority of a decoding thread could not be lowered: {e}");
    }
}
