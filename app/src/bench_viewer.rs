//! The viewer's own stopwatch, for `cargo xtask bench viewer`: process start to first picture, all pictures and thumbnails, gaps
//! between repaints while loading and at rest; and the bare window that the start is compared to.
//!
//! A frame counts as presented when the next one begins: nothing tells earlier, and both sides of the comparison pay for it.

use crate::cli::{Failure, Outcome, whole_file};
use crate::gpu_setup;
use crate::services::Services;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Environment variable in which whoever starts the program may say when: nanoseconds since the Unix epoch. Without it the start
/// is taken from the operating system, which may know it only to a hundredth of a second.
pub const START_VARIABLE: &str = "LIGHTBOX_BENCH_START";

/// How long the animated viewer at rest is watched.
const AT_REST: Duration = Duration::from_secs(3);
/// Loading that takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(300);

/// Records what happens frame by frame. Clones share one record.
#[derive(Clone, Debug)]
pub struct BenchRecorder(Arc<Mutex<Record>>);

#[derive(Debug)]
struct Record {
    /// When the process started.
    start: Instant,
    /// Repaint without pause and measure gaps; else measure loading undisturbed.
    animate: bool,
    frames: u64,
    last_frame: Option<Instant>,
    first_frame: Option<Instant>,
    first_picture: Option<Instant>,
    /// When the last picture was ready and no thumbnail missing.
    loaded: Option<Loaded>,
    loading_gaps: Vec<Duration>,
    resting_gaps: Vec<Duration>,
    failure: Option<String>,
}

#[derive(Clone, Copy, Debug)]
struct Loaded {
    at: Instant,
    /// When the viewer first said what it wants.
    since: Instant,
    pictures: usize,
}

impl BenchRecorder {
    /// Begins to record. With `animate` the viewer repaints without pause and the gaps between repaints are what is measured.
    pub fn new(animate: bool) -> Self {
        Self(Arc::new(Mutex::new(Record {
            start: process_start(),
            animate,
            frames: 0,
            last_frame: None,
            first_frame: None,
            first_picture: None,
            loaded: None,
            loading_gaps: Vec::new(),
            resting_gaps: Vec::new(),
            failure: None,
        })))
    }

    /// To be called at the beginning of every frame, before anything is drawn. Closes the window once everything is measured.
    pub fn begin_frame(&self, ctx: &egui::Context, services: &Services) {
        // A pass that egui throws away to lay out again is no frame.
        if ctx.current_pass_index() > 0 {
            return;
        }
        let mut record = self.lock();
        record.frame(Instant::now(), services);
        if record.done() {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        } else if record.animate {
            ctx.request_repaint();
        } else if record.first_picture.is_none() {
            // With any delay at all: egui answers a request without one with two repaints.
            ctx.request_repaint_after(Duration::from_millis(1));
        } else {
            // Loading is not disturbed by repaints beyond those the viewer asks for; its end wakes the viewer. This only notices when
            // patience has run out.
            ctx.request_repaint_after(Duration::from_secs(5));
        }
    }

    /// The figures, or why there are none.
    pub fn report(&self) -> Result<Value, String> {
        self.lock().report()
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn frame(&mut self, now: Instant, services: &Services) {
        self.frames += 1;
        if self.frames == 2 {
            self.first_frame = Some(now);
        }
        let loading = self.loaded.is_none();
        if let Some(last) = self.last_frame.filter(|_| self.first_picture.is_some()) {
            let gaps = if loading { &mut self.loading_gaps } else { &mut self.resting_gaps };
            gaps.push(now - last);
        }
        self.last_frame = Some(now);
        if self.first_picture.is_none() && services.picture_drawn() {
            self.first_picture = Some(now);
        }
        if loading && self.first_picture.is_some() {
            self.loaded = services.loaded().map(|(since, at, pictures)| Loaded { at, since, pictures });
        }
        if loading && now - self.start > PATIENCE {
            self.failure = Some(format!("the viewer had not loaded everything after {} s", PATIENCE.as_secs()));
        }
    }

    fn done(&self) -> bool {
        let rested = self.loaded.is_some_and(|loaded| self.last_frame.is_some_and(|last| last - loaded.at > AT_REST));
        self.failure.is_some() || if self.animate { rested } else { self.loaded.is_some() }
    }

    fn report(&self) -> Result<Value, String> {
        if let Some(why) = &self.failure {
            return Err(why.clone());
        }
        let (Some(first_frame), Some(first_picture), Some(loaded)) = (self.first_frame, self.first_picture, self.loaded) else {
            return Err("the window was closed before everything was measured".into());
        };
        let since_start = |at: Instant| ms(at.saturating_duration_since(self.start));
        let mut report = json!({
            "start_to_first_frame_ms": since_start(first_frame),
            "start_to_first_picture_ms": since_start(first_picture),
            "start_to_all_loaded_ms": since_start(loaded.at),
            "loading_ms": ms(loaded.at.saturating_duration_since(loaded.since)),
            "pictures": loaded.pictures,
            "animated": self.animate,
        });
        if self.animate {
            report["loading_gaps"] = gaps(&self.loading_gaps);
            report["resting_gaps"] = gaps(&self.resting_gaps);
        }
        Ok(report)
    }
}

/// Longest, median and number of gaps.
fn gaps(gaps: &[Duration]) -> Value {
    let mut sorted = gaps.to_vec();
    sorted.sort_unstable();
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    let longest = sorted.last().copied().unwrap_or_default();
    json!({ "longest_ms": ms(longest), "median_ms": ms(median), "count": sorted.len() })
}

fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// `lightbox bench-window`: opens a window with nothing in it, writes when its first frame was presented, and closes.
pub fn bare_window(output: &Path) -> Outcome {
    struct Bare(Arc<Mutex<Vec<Instant>>>);
    impl eframe::App for Bare {
        fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
            let mut frames = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            frames.push(Instant::now());
            ctx.request_repaint();
            if frames.len() >= 2 {
                ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            }
        }
        fn ui(&mut self, _: &mut egui::Ui, _: &mut eframe::Frame) {}
    }
    let start = process_start();
    let frames = Arc::new(Mutex::new(Vec::new()));
    let shared = frames.clone();
    eframe::run_native("Lightbox", gpu_setup::native_options(), Box::new(move |_| Ok(Box::new(Bare(shared)))))
        .map_err(|e| Failure::new(gpu_setup::sentence(&e)))?;
    let frames = frames.lock().unwrap_or_else(PoisonError::into_inner);
    let presented = frames.get(1).ok_or_else(|| Failure::new("the window was closed before its first frame was presented"))?;
    let report = json!({ "start_to_first_frame_ms": ms(presented.saturating_duration_since(start)) });
    whole_file::write(output, |out| writeln!(out, "{report:#}"))
}

/// When this process started; now, where nothing tells.
fn process_start() -> Instant {
    let now = Instant::now();
    let age = age_by_variable().or_else(age_by_system).unwrap_or_default();
    now.checked_sub(age).unwrap_or(now)
}

fn age_by_variable() -> Option<Duration> {
    let start: u64 = std::env::var(START_VARIABLE).ok()?.parse().ok()?;
    SystemTime::now().duration_since(UNIX_EPOCH).ok()?.checked_sub(Duration::from_nanos(start))
}

/// From proc(5): `starttime`, the 22nd field of stat, in clock ticks since boot, and the seconds since boot.
fn age_by_system() -> Option<Duration> {
    // USER_HZ is 100 on every architecture that Lightbox is built for.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, the name in parentheses, may hold spaces: count from behind it.
    let ticks: f64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let uptime: f64 = std::fs::read_to_string("/proc/uptime").ok()?.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(uptime - ticks / TICKS_PER_SECOND).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_system_knows_when_this_process_started() {
        let age = age_by_system().expect("proc is readable");
        assert!(age < Duration::from_secs(3600), "{age:?}");
    }

    #[test]
    fn gaps_are_summed_up() {
        let g = gaps(&[5, 1, 9].map(Duration::from_millis));
        assert_eq!((g["longest_ms"].as_f64(), g["median_ms"].as_f64(), g["count"].as_u64()), (Some(9.0), Some(5.0), Some(3)));
    }
}
