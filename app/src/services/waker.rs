//! Waking the viewer, but not for every frame: each repaint costs time that decoding could use.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often the window is drawn again for news that can wait, such as progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Calm {
    /// A graphics device draws: it costs next to nothing.
    #[default]
    Device,
    /// The processor draws, and decodes nothing meanwhile.
    Software,
}

impl Calm {
    /// Least time between two repaints.
    const fn pause(self) -> Duration {
        Duration::from_millis(match self {
            Self::Device => 100,
            Self::Software => 500,
        })
    }
}

/// Knows whom to wake, and when that was last done.
#[derive(Default)]
pub struct Waker(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    calm: Calm,
    wake: Option<Arc<dyn Fn() + Send + Sync>>,
    last: Option<Instant>,
    pending: bool,
}

impl Waker {
    /// From now on, `wake` is called.
    pub fn connect(&self, wake: Arc<dyn Fn() + Send + Sync>, calm: Calm) {
        let mut inner = self.inner();
        (inner.wake, inner.calm) = (Some(wake), calm);
    }

    /// Wakes the viewer at once.
    pub fn now(&self) {
        self.call(self.inner());
    }

    /// Wakes the viewer at once if it has been calm long enough, else with the next [`Waker::flush`] after that.
    pub fn soon(&self) {
        let mut inner = self.inner();
        inner.pending = true;
        if inner.last.is_none_or(|last| last.elapsed() >= inner.calm.pause()) {
            self.call(inner);
        }
    }

    /// How long until the viewer should be woken for what is pending; `None` when nothing is.
    pub fn left(&self) -> Option<Duration> {
        let inner = self.inner();
        inner.pending.then(|| inner.last.map_or(Duration::ZERO, |last| inner.calm.pause().saturating_sub(last.elapsed())))
    }

    /// Wakes the viewer for what is pending, if anything is.
    pub fn flush(&self) {
        let inner = self.inner();
        if inner.pending {
            self.call(inner);
        }
    }

    fn call(&self, mut inner: MutexGuard<'_, Inner>) {
        inner.pending = false;
        inner.last = Some(Instant::now());
        let wake = inner.wake.clone();
        // The viewer may take locks of its own when it is woken.
        drop(inner);
        if let Some(wake) = wake {
            wake();
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn news_that_can_wait_is_bundled() {
        let calls = Arc::new(AtomicUsize::new(0));
        let waker = Waker::default();
        let counted = calls.clone();
        waker.connect(Arc::new(move || _ = counted.fetch_add(1, Ordering::Relaxed)), Calm::Software);
        for _ in 0..100 {
            waker.soon();
        }
        assert_eq!(calls.load(Ordering::Relaxed), 1, "the first wakes, the rest waits");
        assert!(waker.left().is_some_and(|left| left <= Calm::Software.pause()));
        waker.flush();
        assert_eq!((waker.left(), calls.load(Ordering::Relaxed)), (None, 2));
        waker.flush();
        assert_eq!(calls.load(Ordering::Relaxed), 2, "nothing was pending any more");
        waker.now();
        assert_eq!(calls.load(Ordering::Relaxed), 3);
    }
}
