//! What tests collect.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use cudarc::driver::sys::CUevent_flags;
use cudarc::driver::{CudaEvent, CudaStream};

/// What a thread did from when to when.
#[derive(Clone, Copy)]
pub struct Span {
    pub what: &'static str,
    pub thread: ThreadId,
    pub from: Instant,
    pub to: Instant,
}

/// A point of time on a stream, and when the host asked for it.
struct Mark {
    what: &'static str,
    event: CudaEvent,
    at: Instant,
}

static COLLECTING: AtomicBool = AtomicBool::new(false);
static SPANS: Mutex<Vec<Span>> = Mutex::new(Vec::new());
static MARKS: Mutex<Vec<Mark>> = Mutex::new(Vec::new());

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does `work`, a span of that name.
pub fn span<R>(what: &'static str, work: impl FnOnce() -> R) -> R {
    if !COLLECTING.load(Ordering::Relaxed) {
        return work();
    }
    let from = Instant::now();
    let result = work();
    let span = Span { what, thread: thread::current().id(), from, to: Instant::now() };
    lock(&SPANS).push(span);
    result
}

/// Marks a point of time on a stream.
pub fn mark(what: &'static str, stream: &CudaStream) {
    if COLLECTING.load(Ordering::Relaxed) {
        let at = Instant::now();
        let event = stream.record_event(Some(CUevent_flags::CU_EVENT_DEFAULT)).expect("an event");
        lock(&MARKS).push(Mark { what, event, at });
    }
}

/// The spans that end while `work` runs, and those of the device between marks, as if one stream had had them all: the first begins
/// when the host asked for it, on a stream that had nothing to do.
pub fn collect(work: impl FnOnce()) -> (Vec<Span>, Vec<Span>) {
    lock(&SPANS).clear();
    lock(&MARKS).clear();
    COLLECTING.store(true, Ordering::Relaxed);
    work();
    COLLECTING.store(false, Ordering::Relaxed);
    let (spans, marks) = (std::mem::take(&mut *lock(&SPANS)), std::mem::take(&mut *lock(&MARKS)));
    let Some(first) = marks.first() else { return (spans, Vec::new()) };
    let thread = thread::current().id();
    let time = |mark: &Mark| {
        let since = first.event.elapsed_ms(&mark.event).unwrap_or_default().max(0.0);
        first.at + Duration::from_secs_f32(since * 1e-3)
    };
    let between = |pair: &[Mark]| Span { what: pair[1].what, thread, from: time(&pair[0]), to: time(&pair[1]) };
    (spans, marks.windows(2).map(between).collect())
}
