//! `lightbox decode --output-dir`: every frame of many files and folders, a file each.

use super::decoded::Decoded;
use super::gather::{Gathered, Image, gather};
use super::names::Names;
use super::{of_frame, part};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::output::Format;
use crate::cli::progress::{Progress, Unit};
use crate::cli::{args, fail_each, input, machine, note, say};
use lightbox_codec::{DecodeRequest, Decoder, Limits, cuda, looks_like_codestream};
use lightbox_model::FrameId;
use lightbox_source::{Catalogue, EncodedFrame, FrameRequest, ImageSource, decode_frames};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Most frames that are decoded side by side on a GPU, and most bytes of their samples as the headers say.
const MOST_FRAMES: usize = 64;
const MOST_BYTES: u64 = 256 << 20;
/// Frames after which what came of them is told.
const TOLD_AT_ONCE: usize = 256;
/// Frames of one object that fail before the others are given up.
const GIVEN_UP: usize = 100;

/// Decodes everything in the inputs to files below `folder`.
pub fn run(args: &args::Decode, folder: &Path) -> Outcome {
    let (format, extension) = match args.format {
        args::ArrayFormat::Npy => (Format::Npy, "npy"),
        args::ArrayFormat::Png => (Format::Png, "png"),
    };
    let threads = args.threads.unwrap_or_else(machine::cores);
    let decoder = |threads| super::decoder(args.backend.into(), Some(threads));
    let (whole, single) = (decoder(threads)?, decoder(1)?);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|e| Failure::new(format_args!("{threads} threads could not be started: {e}; ask for fewer")))?;
    let found = pool.install(|| gather(&args.inputs));
    let mut failures = found.failures.clone();
    if found.images.is_empty() && failures.is_empty() {
        let names: Vec<String> = args.inputs.iter().map(|p| p.display().to_string()).collect();
        return Err(Failure::new(format_args!("{}: no medical image was found there", names.join(", "))));
    }
    let names = Names::new(&args.inputs, folder, extension);
    let places = places(&found, &names, &mut failures);
    let frames = places.iter().map(|(image, _)| image.frames() as usize).sum();
    let work = Work { args, format, names, catalogue: &found.catalogue, progress: Progress::new(frames, Unit::Frames) };
    let on_gpu = args.backend != args::Backend::Cpu && cuda::probe().is_ok();
    let mut jobs = places.iter().flat_map(|(image, place)| {
        let job = move |frame| Job { image, place, frame };
        (0..image.frames()).map(job)
    });
    let (mut written, mut failed) = (0, Failed::default());
    loop {
        let part = next_part(&mut jobs, on_gpu, |job| failed.is_given_up(job));
        if part.is_empty() {
            break;
        }
        let results: Vec<Result<Decoded, Failure>> = pool.install(|| match on_gpu {
            true => work.side_by_side(&part, &whole),
            // Frames of their own on every thread, unless there are too few.
            false if part.len() >= threads && threads > 1 => part.par_iter().map(|job| work.one(job, &single)).collect(),
            false => part.iter().map(|job| work.one(job, &whole)).collect(),
        });
        for (job, result) in part.iter().zip(results) {
            match result {
                Ok(decoded) => {
                    written += 1;
                    work.tell(job, &decoded)?;
                }
                Err(failure) => failed.add(job, failure),
            }
        }
    }
    work.progress.end();
    failures.extend(failed.told());
    if !args.json {
        say(&format!("{written} files written, {} objects without pixels left out\n", found.left_out))?;
    }
    fail_each(&failures, |failed| format!("{failed} inputs were not decoded, or not all of them; they are named above"))
}

/// Each image with the place of its output, which no other has.
fn places<'a>(found: &'a Gathered, names: &Names, failures: &mut Vec<Failure>) -> Vec<(&'a Image, PathBuf)> {
    let mut taken = HashSet::new();
    let mut places: Vec<_> =
        found.images.iter().map(|image| (image, names.place(&image.path, image.member.as_deref(), image.frames()))).collect();
    places.retain(|(image, place)| {
        let free = taken.insert(place.clone());
        if !free {
            let why = format!("another input has the same output, {}; decode them to different folders", place.display());
            failures.push(Failure::at(&image.name(), why));
        }
        free
    });
    places
}

/// A frame and its output.
struct Job<'a> {
    image: &'a Image,
    place: &'a Path,
    frame: u32,
}

impl Job<'_> {
    /// The name of the frame for people.
    fn name(&self) -> PathBuf {
        let name = self.image.name();
        if self.image.frames() > 1 { name.join(format!("frame {}", self.frame)) } else { name }
    }

    /// Bytes of its samples as the header has them.
    fn bytes(&self) -> u64 {
        self.image.header.image.as_ref().map_or(0, |image| {
            let cells = u64::from(image.rows) * u64::from(image.columns) * u64::from(image.format.samples);
            cells * u64::from(image.format.allocated.div_ceil(8))
        })
    }
}

/// The next frames to be decoded: on a GPU as many as go side by side. Those that `skip` names are not.
fn next_part<'a>(jobs: &mut impl Iterator<Item = Job<'a>>, on_gpu: bool, skip: impl Fn(&Job) -> bool) -> Vec<Job<'a>> {
    let (most, mut room) = if on_gpu { (MOST_FRAMES, MOST_BYTES) } else { (TOLD_AT_ONCE, u64::MAX) };
    let mut part = Vec::new();
    while part.len() < most && room > 0 {
        let Some(job) = jobs.find(|job| !skip(job)) else { break };
        room = room.saturating_sub(job.bytes());
        part.push(job);
    }
    part
}

/// What failed, gathered by object: an object that claims millions of frames is one line.
#[derive(Default)]
struct Failed(HashMap<PathBuf, (Failure, usize)>);

impl Failed {
    fn add(&mut self, job: &Job, failure: Failure) {
        self.0.entry(job.place.to_owned()).or_insert((failure, 0)).1 += 1;
    }

    /// Whether so many frames of its object have failed that the others are not tried.
    fn is_given_up(&self, job: &Job) -> bool {
        self.0.get(job.place).is_some_and(|(_, frames)| *frames >= GIVEN_UP)
    }

    /// A line for each object, in the order of their outputs.
    fn told(self) -> Vec<Failure> {
        let mut all: Vec<_> = self.0.into_iter().collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        let line = |(_, (failure, frames))| match frames {
            1 => failure,
            GIVEN_UP.. => Failure::new(format_args!("{failure} (and {} more frames of it; the rest was not tried)", frames - 1)),
            _ => Failure::new(format_args!("{failure} (and {} more frames of it)", frames - 1)),
        };
        all.into_iter().map(line).collect()
    }
}

/// A frame in memory.
enum Fetched {
    /// A bare codestream.
    Bare(Vec<u8>, DecodeRequest),
    /// A frame of a DICOM object.
    Frame(EncodedFrame, DecodeRequest),
}

struct Work<'a> {
    args: &'a args::Decode,
    format: Format,
    names: Names<'a>,
    catalogue: &'a Catalogue,
    progress: Progress,
}

impl Work<'_> {
    fn output(&self, job: &Job) -> PathBuf {
        self.names.output(job.place, job.frame, job.image.frames())
    }

    fn fetch(&self, job: &Job) -> Result<Fetched, Failure> {
        let (name, header, output) = (job.name(), &job.image.header, self.output(job));
        if !self.args.overwrite && output.exists() {
            return Err(Failure::at(&name, format_args!("{} is there already; --overwrite replaces it", output.display())));
        }
        let fail = |e: lightbox_source::Error| Failure::at(&name, e);
        if let Some(bytes) = self.catalogue.codestream(header.id).map_err(fail)? {
            let bytes = bytes.whole().map_err(fail)?.bytes;
            let request = part(self.args).of(&name, &bytes)?;
            return Ok(Fetched::Bare(bytes, request));
        }
        input::image(header)?;
        let encoded = self.catalogue.encoded_frame(FrameId { object: header.id, frame: job.frame }).map_err(fail)?;
        let coded = looks_like_codestream(&encoded.bytes).then_some((&encoded.bytes).into());
        let request = of_frame(self.args, &name, coded, &encoded.transfer_syntax)?;
        Ok(Fetched::Frame(encoded, request))
    }

    /// From the file to the file, on the decoder's threads.
    fn one(&self, job: &Job, decoder: &Decoder) -> Result<Decoded, Failure> {
        let decoded = self.decode(std::slice::from_ref(job), vec![self.fetch(job)], decoder).pop();
        self.write(job, decoded.unwrap_or_else(|| Err(nothing(job))))
    }

    /// Many frames in one call of the decoder.
    fn side_by_side(&self, jobs: &[Job], decoder: &Decoder) -> Vec<Result<Decoded, Failure>> {
        let fetched = jobs.par_iter().map(|job| self.fetch(job)).collect();
        let decoded = self.decode(jobs, fetched, decoder);
        jobs.par_iter().zip(decoded).map(|(job, decoded)| self.write(job, decoded)).collect()
    }

    /// What comes of each frame, in their order.
    fn decode(&self, jobs: &[Job], fetched: Vec<Result<Fetched, Failure>>, decoder: &Decoder) -> Vec<Result<Decoded, Failure>> {
        let (mut bare, mut frames) = (Vec::new(), Vec::new());
        for (job, fetched) in jobs.iter().zip(&fetched) {
            match (fetched, job.image.header.image.as_deref()) {
                (Ok(Fetched::Bare(bytes, request)), _) => bare.push((&bytes[..], request.clone())),
                (Ok(Fetched::Frame(encoded, request)), Some(image)) => frames.push(FrameRequest { image, encoded, request }),
                _ => {}
            }
        }
        let mut bare = decoder.decode_many(&bare, &Limits::default()).into_iter();
        let mut frames = decode_frames(&frames, decoder).into_iter();
        let each = jobs.iter().zip(&fetched).map(|(job, fetched)| match fetched {
            Err(failure) => Err(failure.clone()),
            Ok(Fetched::Bare(..)) => {
                let image = bare.next().ok_or_else(|| nothing(job))?.map_err(|e| Failure::at(&job.name(), e))?;
                Ok(Decoded::of_codestream(image, decoder.description()))
            }
            Ok(Fetched::Frame(..)) => {
                let picture = frames.next().ok_or_else(|| nothing(job))?.map_err(|e| Failure::at(&job.name(), e))?;
                Decoded::of_frame(&job.name(), picture, self.args)
            }
        });
        each.collect()
    }

    fn write(&self, job: &Job, decoded: Result<Decoded, Failure>) -> Result<Decoded, Failure> {
        let written = decoded.and_then(|decoded| {
            let output = self.output(job);
            if let Some(folder) = output.parent() {
                fs::create_dir_all(folder).map_err(|e| Failure::at(folder, format_args!("it could not be made: {e}")))?;
            }
            decoded.write(&job.name(), &output, self.format, self.args.reduce)?;
            Ok(decoded)
        });
        self.progress.frames(1);
        written
    }

    /// Says what there is to say of an output.
    fn tell(&self, job: &Job, decoded: &Decoded) -> Outcome {
        if let Some(partial) = &decoded.partial {
            note(format_args!("warning: {}", Failure::at(&job.name(), partial)));
        }
        match self.args.json {
            true => say(&format!("{}\n", decoded.summary(&job.image.name(), &self.output(job)))),
            false => Ok(()),
        }
    }
}

/// Each fetched frame has its result; where one has not, that is a mistake of ours.
fn nothing(job: &Job) -> Failure {
    Failure::at(&job.name(), "nothing came of it; please report this file")
}
