//! The threads that a decoder or an encoder keeps.

use std::sync::OnceLock;

/// A number of threads, started when first used.
pub(crate) struct Threads {
    count: usize,
    /// `None` inside where threads cannot be started.
    pool: OnceLock<Option<rayon::ThreadPool>>,
}

impl Default for Threads {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Threads {
    /// `count` threads; 0 means one per core.
    pub fn new(count: usize) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { count: if count == 0 { cores() } else { count }, pool: OnceLock::new() }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The threads; `None` where work is to run on the caller's own.
    pub fn pool(&self) -> Option<&rayon::ThreadPool> {
        if self.count == 1 {
            return None;
        }
        let start = || {
            let name = |n| format!("lightbox-codec-{n}");
            rayon::ThreadPoolBuilder::new().num_threads(self.count).thread_name(name).build().ok()
        };
        self.pool.get_or_init(start).as_ref()
    }

    /// Runs `work` where its parallel iterators use these threads; it is told whether it may use any.
    pub fn run<R: Send>(&self, work: impl FnOnce(bool) -> R + Send) -> R {
        match self.pool() {
            None => work(false),
            Some(pool) => pool.install(|| work(true)),
        }
    }
}
