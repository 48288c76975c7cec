//! Figures of what was timed: a row of the table, or a line of JSON.

use super::Settings;
use crate::cli::machine;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// Least time spent on a row after the warm-up.
const AT_LEAST: Duration = Duration::from_millis(500);
/// Least and most runs of a row after the warm-up.
const RUNS: std::ops::RangeInclusive<usize> = 5..=100_000;

/// Size of what one run delivered.
#[derive(Clone, Debug, Default)]
pub struct Delivered {
    /// Pixels of all images.
    pub pixels: u64,
    /// Bytes of their samples.
    pub bytes: u64,
    /// Columns of the first.
    pub width: u32,
    /// Rows of the first.
    pub height: u32,
    /// Its components.
    pub components: u32,
    /// What decoded it.
    pub decoder: String,
}

impl Delivered {
    /// Pixels and bytes add up; the rest describes the first.
    pub fn and(self, other: Self) -> Self {
        let (pixels, bytes) = (self.pixels + other.pixels, self.bytes + other.bytes);
        Self { pixels, bytes, ..if self.pixels > 0 { self } else { other } }
    }
}

/// What runs one after the other took.
pub struct Timed {
    delivered: Delivered,
    /// Sorted.
    times: Vec<Duration>,
    /// Joules of one run.
    joules: Option<f64>,
}

impl Timed {
    /// Runs `once` to warm up and then again and again, counting time and the energy that `joules` reads.
    pub fn new<E>(joules: impl Fn() -> Option<f64>, mut once: impl FnMut() -> Result<Delivered, E>) -> Result<Self, E> {
        let delivered = once()?;
        let mut times = Vec::new();
        let before = joules();
        let begin = Instant::now();
        while times.len() < *RUNS.start() || (begin.elapsed() < AT_LEAST && times.len() < *RUNS.end()) {
            let start = Instant::now();
            std::hint::black_box(once()?);
            times.push(start.elapsed());
        }
        let used = before.and_then(|before| Some((joules()? - before) / times.len() as f64));
        times.sort_unstable();
        Ok(Self { delivered, times, joules: used })
    }

    /// The time below which `share` of the runs lie, in milliseconds.
    fn percentile(&self, share: f64) -> f64 {
        let last = self.times.len().saturating_sub(1);
        let at = (share * last as f64).round() as usize;
        self.times.get(at).map_or(0.0, |t| t.as_secs_f64() * 1e3)
    }

    /// `amount` of one run for each second of the median.
    fn a_second(&self, amount: f64) -> f64 {
        amount * 1e3 / self.percentile(0.5).max(1e-6)
    }
}

/// A row: a file, decoded in one way.
pub struct Report {
    /// Frames that the file has.
    pub frames: usize,
    /// Images side by side in one call; `None` where a run decodes the frames of the file as they are.
    pub batch: Option<usize>,
    /// Coded bytes of one run.
    pub encoded: u64,
    /// What came of it.
    pub timed: Timed,
}

/// The first line of the table.
pub fn heading(settings: &Settings) -> String {
    let columns = ["median ms", "p10", "p90", "images/s", "Mpx/s", "GB/s", "mJ/image", "images"];
    format!("{}  file ({settings})\n", columns.map(|name| format!("{name:>9}")).join(" "))
}

impl Report {
    /// Images of one run.
    fn images(&self) -> usize {
        self.batch.unwrap_or(self.frames)
    }

    fn joules_per_image(&self) -> Option<f64> {
        Some(self.timed.joules? / self.images() as f64)
    }

    /// A line of the table.
    pub fn row(&self, file: &Path) -> String {
        let timed = &self.timed;
        let [median, p10, p90] = [0.5, 0.1, 0.9].map(|share| timed.percentile(share));
        let images = timed.a_second(self.images() as f64);
        let [mpx, gb] = [timed.delivered.pixels as f64 / 1e6, timed.delivered.bytes as f64 / 1e9].map(|n| timed.a_second(n));
        let energy = self.joules_per_image().map_or("-".to_owned(), |joules| format!("{:.3}", joules * 1e3));
        format!(
            "{median:>9.3} {p10:>9.3} {p90:>9.3} {images:>9.1} {mpx:>9.1} {gb:>9.3} {energy:>9} {:>9}  {}\n",
            self.images(),
            file.display()
        )
    }

    /// An object of the JSON.
    pub fn json(&self, file: &Path, settings: &Settings) -> Value {
        let timed = &self.timed;
        let Delivered { pixels, bytes, width, height, components, decoder } = &timed.delivered;
        let median = timed.percentile(0.5);
        json!({
            "file": file.display().to_string(),
            "frames": self.frames,
            "width": width,
            "height": height,
            "components": components,
            "encoded_bytes": self.encoded,
            "megapixels": *pixels as f64 / 1e6,
            "threads": settings.threads,
            "decoder": decoder,
            "runs": timed.times.len(),
            "median_ms": median,
            "p10_ms": timed.percentile(0.1),
            "p90_ms": timed.percentile(0.9),
            "min_ms": timed.percentile(0.0),
            "mpx_per_s": timed.a_second(*pixels as f64 / 1e6),
            "ms_per_frame": median / self.images() as f64,
            "machine": machine::describe(),
            "batch": self.batch,
            "decoded_bytes": bytes,
            "images_per_s": timed.a_second(self.images() as f64),
            "gb_per_s": timed.a_second(*bytes as f64 / 1e9),
            "joules_per_image": self.joules_per_image(),
            "target": settings.target.name(),
            "gpus": settings.gpus(),
            "region": settings.region,
            "reduce": settings.reduce,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_from_sorted_times() {
        let times = (1..=11).map(Duration::from_millis).collect();
        let delivered = Delivered { pixels: 6_000_000, ..Default::default() };
        let timed = Timed { delivered, times, joules: Some(0.5) };
        assert_eq!([0.0, 0.1, 0.5, 0.9].map(|s| timed.percentile(s)), [1.0, 2.0, 6.0, 10.0]);
        assert_eq!(timed.a_second(6.0), 1000.0);
        let report = Report { frames: 1, batch: Some(4), encoded: 0, timed };
        assert_eq!((report.images(), report.joules_per_image()), (4, Some(0.125)));
    }

    #[test]
    fn energy_is_that_of_the_runs_alone() {
        let read = std::cell::Cell::new(0.0);
        let timed = Timed::new::<()>(
            || Some(read.get()),
            || {
                read.set(read.get() + 2.0);
                std::thread::sleep(Duration::from_millis(1));
                Ok(Delivered::default())
            },
        );
        let timed = timed.expect("no run fails");
        assert_eq!((timed.joules, timed.times.len() >= 5), (Some(2.0), true));
    }
}
