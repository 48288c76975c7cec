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
    pub on: On,
    pub from: Instant,
    pub to: Instant,
}

/// What a span ran on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum On {
    Thread(ThreadId),
    /// A stream of the device, by its address.
    Stream(usize),
}

/// A point of time on a stream, and when the host asked for it.
struct Mark {
    what: &'static str,
    stream: usize,
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
    let span = Span { what, on: On::Thread(thread::current().id()), from, to: Instant::now() };
    lock(&SPANS).push(span);
    result
}

/// Marks a point of time on a stream.
pub fn mark(what: &'static str, stream: &CudaStream) {
    if COLLECTING.load(Ordering::Relaxed) {
        let at = Instant::now();
        let event = stream.record_event(Some(CUevent_flags::CU_EVENT_DEFAULT)).expect("an event");
        lock(&MARKS).push(Mark { what, stream: stream.cu_stream() as usize, event, at });
    }
}

/// The spans that end while `work` runs, and those of streams that end with a mark and begin with the one before on the stream: the
/// times of the device are as if the host had asked for the first mark when it came.
pub fn collect(work: impl FnOnce()) -> Vec<Span> {
    lock(&SPANS).clear();
    lock(&MARKS).clear();
    COLLECTING.store(true, Ordering::Relaxed);
    work();
    COLLECTING.store(false, Ordering::Relaxed);
    let (mut spans, marks) = (std::mem::take(&mut *lock(&SPANS)), std::mem::take(&mut *lock(&MARKS)));
    let mut before: Vec<(usize, Instant)> = Vec::new();
    for mark in &marks {
        let since = marks[0].event.elapsed_ms(&mark.event).unwrap_or_default().max(0.0);
        let to = marks[0].at + Duration::from_secs_f32(since * 1e-3);
        match before.iter_mut().find(|(stream, _)| *stream == mark.stream) {
            Some((_, from)) => {
                spans.push(Span { what: mark.what, on: On::Stream(mark.stream), from: *from, to });
                *from = to;
            }
            None => before.push((mark.stream, to)),
        }
    }
    spans
}
