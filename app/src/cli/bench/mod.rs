//! `lightbox bench`: how long decoding takes, from bytes in memory to samples in memory.

use super::args;
use super::failure::{Failure, Outcome};
use super::{decode, input, machine, say};
use crate::frames::FrameJob;
use lightbox_codec::{Backend, DecodeRequest, Decoder, Layout, Limits, Samples, Target};
use lightbox_model::FrameId;
use rayon::prelude::*;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// Least time spent on one file after the warm-up.
const AT_LEAST: Duration = Duration::from_millis(500);
/// Least and most decodes of one file after the warm-up.
const RUNS: std::ops::RangeInclusive<usize> = 5..=200;

pub fn run(args: &args::Bench) -> Outcome {
    let threads = args.threads.unwrap_or_else(machine::cores);
    let bench = Bench::new(args.backend.into(), threads)?;
    if !args.json {
        say(&format!("{:>9} {:>9} {:>9} {:>9} {:>7}  file ({threads} threads)\n", "median ms", "p10", "p90", "Mpx/s", "frames"))?;
    }
    for file in &args.files {
        let report = bench.file(file)?;
        say(&if args.json { format!("{}\n", report.json(file, threads)) } else { report.row(file) })?;
    }
    Ok(())
}

/// The decoders and threads that are measured.
struct Bench {
    threads: usize,
    pool: rayon::ThreadPool,
    /// Decodes one frame on all threads.
    whole: Decoder,
    /// Decodes one frame on the thread that calls it.
    single: Decoder,
}

/// One thing whose decode is timed: a bare codestream, or the frames of an object or series.
enum Subject {
    Codestream(Vec<u8>),
    Frames(Vec<FrameJob>),
}

/// Size of what one decode delivered.
#[derive(Clone, Debug, Default)]
struct Delivered {
    pixels: u64,
    width: u32,
    height: u32,
    components: u32,
    decoder: String,
}

/// Figures of one file.
struct Report {
    frames: usize,
    encoded: u64,
    delivered: Delivered,
    /// Sorted.
    times: Vec<Duration>,
}

impl Bench {
    fn new(backend: Backend, threads: usize) -> Result<Self, Failure> {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("bench-{i}")).build().map_err(|e| {
                Failure::new(format_args!("{threads} threads could not be started: {e}; ask for fewer with --threads"))
            })?;
        let decoder = |threads| decode::decoder(backend, Some(threads));
        Ok(Self { threads, pool, whole: decoder(threads)?, single: decoder(1)? })
    }

    fn file(&self, path: &Path) -> Result<Report, Failure> {
        let subject = Subject::open(path)?;
        let mut target = None;
        let mut once = || self.once(&subject, &mut target).map_err(|why| Failure::at(path, why));
        let delivered = once()?;
        let mut times = Vec::new();
        let begin = Instant::now();
        while times.len() < *RUNS.start() || (begin.elapsed() < AT_LEAST && times.len() < *RUNS.end()) {
            let start = Instant::now();
            std::hint::black_box(once()?);
            times.push(start.elapsed());
        }
        times.sort_unstable();
        Ok(Report { frames: subject.frames(), encoded: subject.encoded(), delivered, times })
    }

    /// Decodes everything once: a codestream into `target`, which is made where it is missing, so that no run but the
    /// warm-up pays for fresh memory. Frames go side by side where there are enough for every thread.
    fn once(&self, subject: &Subject, target: &mut Option<(Layout, Samples)>) -> Result<Delivered, String> {
        match subject {
            Subject::Codestream(bytes) => codestream(&self.whole, bytes, target),
            Subject::Frames(jobs) if jobs.len() >= self.threads && self.threads > 1 => self.pool.install(|| {
                jobs.par_iter().map(|job| frame(&self.single, job)).try_reduce(Delivered::default, |a, b| Ok(a.and(b)))
            }),
            Subject::Frames(jobs) => jobs.iter().try_fold(Delivered::default(), |sum, job| Ok(sum.and(frame(&self.whole, job)?))),
        }
    }
}

impl Delivered {
    /// Pixels add up; the rest describes the first.
    fn and(self, other: Self) -> Self {
        let pixels = self.pixels + other.pixels;
        Self { pixels, ..if self.pixels > 0 { self } else { other } }
    }
}

fn codestream(decoder: &Decoder, bytes: &[u8], target: &mut Option<(Layout, Samples)>) -> Result<Delivered, String> {
    let request = DecodeRequest { strict: true, ..DecodeRequest::default() };
    let (limits, description) = (Limits::default(), decoder.description());
    if target.is_none() {
        *target = decoder.layout(bytes, &request, &limits).map(|layout| (layout, layout.samples())).ok();
    }
    let Some((layout, samples)) = target else {
        // Components that differ have a plane each.
        let image = decoder.decode(bytes, &request, &limits).map_err(|e| e.to_string())?;
        let first = image.components.first();
        let (width, height) = first.map_or((0, 0), |plane| (plane.width, plane.height));
        let pixels = image.components.iter().map(|p| u64::from(p.width) * u64::from(p.height)).max().unwrap_or(0);
        return Ok(Delivered { pixels, width, height, components: image.components.len() as u32, decoder: description });
    };
    let target = Target::Host { samples: samples.as_mut(), pitch: layout.row() };
    decoder.decode_into(bytes, &request, &limits, target).map_err(|e| e.to_string())?;
    let pixels = u64::from(layout.width) * u64::from(layout.height);
    let (width, height, components) = (layout.width, layout.height, layout.components.into());
    Ok(Delivered { pixels, width, height, components, decoder: description })
}

fn frame(decoder: &Decoder, job: &FrameJob) -> Result<Delivered, String> {
    let picture = job.decode(decoder).map_err(|e| format!("frame {}: {e}", job.frame))?;
    if let Some(partial) = picture.partial {
        return Err(format!("frame {}: {partial}", job.frame));
    }
    Ok(Delivered {
        pixels: u64::from(picture.rows) * u64::from(picture.columns),
        width: picture.columns,
        height: picture.rows,
        components: picture.samples_per_pixel.into(),
        decoder: picture.decoder,
    })
}

impl Subject {
    fn open(path: &Path) -> Result<Self, Failure> {
        if let Some(bytes) = input::codestream(path)? {
            return Ok(Self::Codestream(bytes));
        }
        let (catalogue, objects) = input::scan(&[path.to_owned()])?;
        let mut jobs = Vec::new();
        for header in &objects {
            let alone = objects.len() == 1;
            let image = match input::image(header) {
                Ok(image) => image,
                Err(failure) if alone => return Err(failure),
                // A folder may hold other things beside its images.
                Err(failure) => {
                    log::info!("left out: {failure}");
                    continue;
                }
            };
            for number in 0..image.frames {
                let id = FrameId { object: header.id, frame: number };
                let job = FrameJob::fetch(&*catalogue, image, id)
                    .map_err(|e| Failure::new(format_args!("{}: frame {number}: {e}", header.origin)))?;
                jobs.push(job);
            }
        }
        if jobs.is_empty() {
            return Err(Failure::at(path, "none of its objects has pixels to decode"));
        }
        Ok(Self::Frames(jobs))
    }

    fn frames(&self) -> usize {
        match self {
            Self::Codestream(_) => 1,
            Self::Frames(jobs) => jobs.len(),
        }
    }

    fn encoded(&self) -> u64 {
        match self {
            Self::Codestream(bytes) => bytes.len() as u64,
            Self::Frames(jobs) => jobs.iter().map(|job| job.encoded.bytes.len() as u64).sum(),
        }
    }
}

impl Report {
    /// The time below which `share` of the runs lie, in milliseconds.
    fn percentile(&self, share: f64) -> f64 {
        let last = self.times.len().saturating_sub(1);
        let at = (share * last as f64).round() as usize;
        self.times.get(at).map_or(0.0, |t| t.as_secs_f64() * 1e3)
    }

    fn mpx_per_s(&self) -> f64 {
        self.delivered.pixels as f64 / 1e3 / self.percentile(0.5).max(1e-6)
    }

    fn row(&self, file: &Path) -> String {
        let [median, p10, p90] = [0.5, 0.1, 0.9].map(|share| self.percentile(share));
        format!("{median:>9.2} {p10:>9.2} {p90:>9.2} {:>9.1} {:>7}  {}\n", self.mpx_per_s(), self.frames, file.display())
    }

    fn json(&self, file: &Path, threads: usize) -> Value {
        let Delivered { pixels, width, height, components, decoder } = &self.delivered;
        let median = self.percentile(0.5);
        json!({
            "file": file.display().to_string(),
            "frames": self.frames,
            "width": width,
            "height": height,
            "components": components,
            "encoded_bytes": self.encoded,
            "megapixels": *pixels as f64 / 1e6,
            "threads": threads,
            "decoder": decoder,
            "runs": self.times.len(),
            "median_ms": median,
            "p10_ms": self.percentile(0.1),
            "p90_ms": self.percentile(0.9),
            "min_ms": self.percentile(0.0),
            "mpx_per_s": self.mpx_per_s(),
            "ms_per_frame": median / self.frames as f64,
            "machine": machine::describe(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_from_sorted_times() {
        let times = (1..=11).map(Duration::from_millis).collect();
        let report = Report { frames: 2, encoded: 0, delivered: Delivered { pixels: 6_000_000, ..Default::default() }, times };
        assert_eq!([0.0, 0.1, 0.5, 0.9].map(|s| report.percentile(s)), [1.0, 2.0, 6.0, 10.0]);
        assert_eq!(report.mpx_per_s(), 1000.0);
    }
}
