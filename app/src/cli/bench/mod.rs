//! `lightbox bench`: how long decoding takes, from bytes in memory to samples in memory or on the GPU.

mod batch;
mod energy;
mod report;
mod subject;

use super::args::{self, Place};
use super::failure::{Failure, Outcome};
use super::part::Part;
use super::{decode, machine, note, say};
use crate::frames::FrameJob;
use batch::{Batch, TooLarge};
use energy::Meter;
use lightbox_codec::{Backend, DecodeRequest, Decoder, Layout, Limits, Samples, Target, cuda};
use rayon::prelude::*;
use report::{Delivered, Report, Timed};
use serde_json::json;
use std::fmt;
use std::path::Path;
use subject::Subject;

/// `lightbox bench`
pub fn run(args: &args::Bench) -> Outcome {
    let bench = Bench::new(Settings::new(args)?)?;
    if !args.json {
        say(&report::heading(&bench.settings))?;
    }
    for file in &args.files {
        bench.file(file, &args.batch, args.json)?;
    }
    Ok(())
}

/// How everything is decoded.
pub struct Settings {
    threads: usize,
    backend: Backend,
    /// GPUs that may decode.
    gpus: usize,
    target: Place,
    region: Option<[u32; 4]>,
    reduce: u8,
}

/// The decoders and threads that are measured.
struct Bench {
    settings: Settings,
    pool: rayon::ThreadPool,
    /// Decodes one frame on all threads.
    whole: Decoder,
    /// Decodes one frame on the thread that calls it.
    single: Decoder,
    meter: Option<Meter>,
}

impl Settings {
    fn new(args: &args::Bench) -> Result<Self, Failure> {
        let backend = Backend::from(args.backend);
        if backend != Backend::Cuda && (args.target == Place::Device || args.gpus.is_some()) {
            return Err(Failure::new("--target device and --gpus are about GPUs; add --backend cuda"));
        }
        let (threads, gpus) = (args.threads.unwrap_or_else(machine::cores), args.gpus.unwrap_or(1));
        Ok(Self { threads, backend, gpus, target: args.target, region: args.region, reduce: args.reduce })
    }

    /// GPUs that decode, where the person chose them to.
    fn gpus(&self) -> Option<usize> {
        (self.backend == Backend::Cuda).then_some(self.gpus)
    }

    fn part(&self) -> Part {
        Part { region: self.region, reduce: self.reduce, strict: true, ..Part::default() }
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.gpus(), self.target) {
            (None, _) => write!(f, "{} threads", self.threads),
            (Some(gpus), Place::Host) => write!(f, "GPUs: {gpus}, pixels fetched to the host"),
            (Some(gpus), Place::Device) => write!(f, "GPUs: {gpus}, pixels left there"),
        }
    }
}

impl Bench {
    fn new(settings: Settings) -> Result<Self, Failure> {
        let threads = settings.threads;
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("bench-{i}")).build().map_err(|e| {
                Failure::new(format_args!("{threads} threads could not be started: {e}; ask for fewer with --threads"))
            })?;
        let decoder = |threads| decode::decoder(settings.backend, Some(threads))?.gpus(settings.gpus).map_err(Failure::new);
        let (whole, single) = (decoder(threads)?, decoder(1)?);
        let meter = settings.gpus().and_then(|gpus| Meter::open(cuda::uuids().ok()?.get(..gpus)?));
        Ok(Self { settings, pool, whole, single, meter })
    }

    /// Times a file in every way that is asked for, a row each.
    fn file(&self, path: &Path, batches: &[usize], json: bool) -> Outcome {
        let subject = Subject::open(path)?;
        let print =
            |report: &Report| say(&if json { format!("{}\n", report.json(path, &self.settings)) } else { report.row(path) });
        let joules = || self.meter.as_ref()?.joules();
        let (frames, encoded) = (subject.frames(), subject.encoded());
        let part = self.settings.part();
        let as_it_is = self.settings.target == Place::Host && (!part.is_asked_for() || matches!(subject, Subject::Codestream(_)));
        if batches.is_empty() && as_it_is {
            let mut once = self.once(path, &subject)?;
            let timed = Timed::new(joules, || once().map_err(|why| Failure::at(path, why)))?;
            return print(&Report { frames, batch: None, encoded, timed });
        }
        let streams = subject.codestreams(path)?;
        let all = [streams.len()];
        for &count in if batches.is_empty() { &all } else { batches } {
            let batch = match Batch::new(path, &streams, count, &part, &self.whole)? {
                Ok(batch) => batch,
                Err(TooLarge { why }) => {
                    note(Failure::at(path, format_args!("a batch of {count} is left out: {why}")));
                    if json {
                        say(&format!("{}\n", json!({ "file": path.display().to_string(), "batch": count, "left_out": why })))?;
                    }
                    continue;
                }
            };
            batch.check(&self.whole, self.settings.target)?;
            let timed = Timed::new(joules, || batch.run(&self.whole, self.settings.target))?;
            print(&Report { frames, batch: (!batches.is_empty()).then_some(count), encoded: batch.encoded(), timed })?;
        }
        Ok(())
    }

    /// Decodes everything once: a codestream into memory that is made at the first run, so that no run but the
    /// warm-up pays for it. Frames go side by side where there are enough for every thread.
    fn once<'a>(
        &'a self,
        path: &Path,
        subject: &'a Subject,
    ) -> Result<Box<dyn FnMut() -> Result<Delivered, String> + 'a>, Failure> {
        Ok(match subject {
            Subject::Codestream(bytes) => {
                let request = self.settings.part().of(path, bytes)?;
                let mut target = None;
                Box::new(move || codestream(&self.whole, bytes, &request, &mut target))
            }
            Subject::Frames(jobs) if jobs.len() >= self.settings.threads && self.settings.threads > 1 => Box::new(|| {
                let each = || jobs.par_iter().map(|job| frame(&self.single, job));
                self.pool.install(|| each().try_reduce(Delivered::default, |a, b| Ok(a.and(b))))
            }),
            Subject::Frames(jobs) => {
                Box::new(|| jobs.iter().try_fold(Delivered::default(), |sum, job| Ok(sum.and(frame(&self.whole, job)?))))
            }
        })
    }
}

fn codestream(
    decoder: &Decoder,
    bytes: &[u8],
    request: &DecodeRequest,
    target: &mut Option<(Layout, Samples)>,
) -> Result<Delivered, String> {
    let (limits, description) = (Limits::default(), decoder.description());
    if target.is_none() {
        *target = decoder.layout(bytes, request, &limits).map(|layout| (layout, layout.samples())).ok();
    }
    let Some((layout, samples)) = target else {
        // Components that differ have a plane each.
        let image = decoder.decode(bytes, request, &limits).map_err(|e| e.to_string())?;
        let first = image.components.first();
        let (width, height) = first.map_or((0, 0), |plane| (plane.width, plane.height));
        let pixels = image.components.iter().map(|p| u64::from(p.width) * u64::from(p.height)).max().unwrap_or(0);
        let size = image.components.iter().map(|p| p.samples.as_bytes().len() as u64).sum();
        let components = image.components.len() as u32;
        return Ok(Delivered { pixels, bytes: size, width, height, components, decoder: description });
    };
    let size = samples.as_bytes().len() as u64;
    let target = Target::Host { samples: samples.as_mut(), pitch: layout.row() };
    decoder.decode_into(bytes, request, &limits, target).map_err(|e| e.to_string())?;
    Ok(Delivered { bytes: size, decoder: description, ..delivered(layout) })
}

/// Size of an image of this layout.
fn delivered(layout: &Layout) -> Delivered {
    let &Layout { width, height, components, kind, .. } = layout;
    let pixels = u64::from(width) * u64::from(height);
    let bytes = pixels * u64::from(components) * kind.bytes() as u64;
    Delivered { pixels, bytes, width, height, components: components.into(), decoder: String::new() }
}

fn frame(decoder: &Decoder, job: &FrameJob) -> Result<Delivered, String> {
    let picture = job.decode(decoder).map_err(|e| format!("frame {}: {e}", job.frame))?;
    if let Some(partial) = picture.partial {
        return Err(format!("frame {}: {partial}", job.frame));
    }
    Ok(Delivered {
        pixels: u64::from(picture.rows) * u64::from(picture.columns),
        bytes: picture.pixels.bytes() as u64,
        width: picture.columns,
        height: picture.rows,
        components: picture.samples_per_pixel.into(),
        decoder: picture.decoder,
    })
}
