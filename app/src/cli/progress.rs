//! How far a command is, on a terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counts files and frames, and shows them on standard error where that is a terminal.
pub struct Progress {
    total: u64,
    unit: Unit,
    files: AtomicU64,
    frames: AtomicU64,
    /// When it was shown last; `None` where nobody looks.
    shown: Option<Mutex<Instant>>,
}

/// What the total counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Files; how many frames they have is seen on the way.
    Files,
    /// Frames.
    Frames,
}

impl Progress {
    /// Nothing of `total` is done.
    pub fn new(total: usize, unit: Unit) -> Self {
        let shown = io::stderr().is_terminal().then(|| Mutex::new(Instant::now()));
        Self { total: total as u64, unit, files: 0.into(), frames: 0.into(), shown }
    }

    /// A file is done.
    pub fn file(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
        self.show();
    }

    /// So many more frames are done.
    pub fn frames(&self, frames: u64) {
        self.frames.fetch_add(frames, Ordering::Relaxed);
        self.show();
    }

    /// Ten times a second is enough; a thread that finds another at it goes on.
    fn show(&self) {
        let Some(Ok(mut shown)) = self.shown.as_ref().map(Mutex::try_lock) else { return };
        if shown.elapsed() < Duration::from_millis(100) {
            return;
        }
        *shown = Instant::now();
        let _ = write!(io::stderr(), "\r{}", self.line());
    }

    fn line(&self) -> String {
        let (files, frames, total) = (self.files.load(Ordering::Relaxed), self.frames.load(Ordering::Relaxed), self.total);
        let (done, text) = match self.unit {
            Unit::Files => (files, format!("{files} of {total} files, {frames} frames")),
            Unit::Frames => (frames, format!("{frames} of {total} frames")),
        };
        let bar = (done * 30 / total.max(1)).min(30) as usize;
        format!("[{:<30}] {text}", "=".repeat(bar))
    }

    /// Clears the line.
    pub fn end(&self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r{:78}\r", "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_as_long_as_what_is_done() {
        let progress = Progress::new(4, Unit::Frames);
        progress.frames(2);
        assert_eq!(progress.line(), format!("[{:<30}] 2 of 4 frames", "=".repeat(15)));
        let progress = Progress::new(2, Unit::Files);
        (0..2).for_each(|_| progress.file());
        progress.frames(9);
        assert_eq!(progress.line(), format!("[{}] 2 of 2 files, 9 frames", "=".repeat(30)));
    }
}
