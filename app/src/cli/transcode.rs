//! `lightbox transcode`: files and folders of DICOM objects to HTJ2K without loss.

use super::failure::{Failure, Outcome};
use super::progress::{Progress, Unit};
use super::whole_file::Part;
use super::{args, fail_each, say};
use lightbox_source::transcode::{Transcoded, Transcoder, files_below};
use rayon::prelude::*;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

/// What became of one file.
enum Done {
    Made(Transcoded),
    /// Its output was there.
    There,
}

pub fn run(args: &args::Transcode) -> Outcome {
    let folder = args.input.is_dir();
    let found = if folder { below(&args.input, &args.output)? } else { vec![Ok(single(&args.input, &args.output)?)] };
    let (mut files, mut unread) = (Vec::new(), Vec::new());
    for one in found {
        match one {
            Ok(file) => files.push(file),
            Err(why) => unread.push(why),
        }
    }
    let transcoder = Transcoder::new(args.syntax.into()).map_err(Failure::new)?;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(args.jobs.unwrap_or(0)).build();
    let threads = threads.map_err(|e| Failure::new(format_args!("no threads could be started: {e}")))?;
    let progress = Progress::new(files.len(), Unit::Files);
    let one = |(from, to): &(PathBuf, PathBuf)| {
        let result = transcode(&transcoder, from, to, &progress).map_err(|why| Failure::at(from, why));
        progress.file();
        result
    };
    let results: Vec<_> = threads.install(|| files.par_iter().map(one).collect());
    progress.end();
    report(&results, &unread, folder)
}

/// One file; the output takes its name when it is whole.
fn transcode(transcoder: &Transcoder, from: &Path, to: &Path, progress: &Progress) -> Result<Done, String> {
    if is_there(from, to) {
        return Ok(Done::There);
    }
    let unwritable = |e: io::Error| format!("{} could not be written: {e}", to.display());
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    let (part, file) = Part::beside(to).map_err(unwritable)?;
    let mut out = BufWriter::with_capacity(1 << 18, file);
    let made = transcoder.transcode(from, &mut out, &|frames| progress.frames(frames)).map_err(|e| e.to_string())?;
    if !matches!(made, Transcoded::LeftOut(_)) {
        let file: File = out.into_inner().map_err(|e| unwritable(e.into_error()))?;
        part.keep(&file).map_err(unwritable)?;
    }
    Ok(Done::Made(made))
}

/// Whether an output stands that is not older than its input. Outputs are never there in part.
fn is_there(from: &Path, to: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|m| m.modified()).ok();
    changed(to).is_some_and(|to| changed(from).is_some_and(|from| from <= to))
}

/// A file and its output, which may be named by its folder.
fn single(input: &Path, output: &Path) -> Result<(PathBuf, PathBuf), Failure> {
    let from = fs::canonicalize(input).map_err(|e| Failure::at(input, format_args!("it could not be opened: {e}")))?;
    let to = match (output.is_dir(), input.file_name()) {
        (true, Some(name)) => output.join(name),
        _ => output.to_owned(),
    };
    if fs::canonicalize(&to).is_ok_and(|to| to == from) {
        return Err(Failure::at(output, "it is the input, which is never written to; name another file"));
    }
    Ok((input.to_owned(), to))
}

/// A file and its output, or what could not be read.
type Found = Result<(PathBuf, PathBuf), Failure>;

/// The files of a folder, each with its output at the same place below `output`.
fn below(input: &Path, output: &Path) -> Result<Vec<Found>, Failure> {
    let from = fs::canonicalize(input).map_err(|e| Failure::at(input, format_args!("it could not be opened: {e}")))?;
    let to = resolved(output).map_err(|e| Failure::at(output, format_args!("it could not be looked at: {e}")))?;
    if to.starts_with(&from) || from.starts_with(&to) {
        return Err(Failure::at(output, "it lies within the input or around it, where originals are; name a folder beside it"));
    }
    let place = |file: PathBuf| {
        let below = file.strip_prefix(input).unwrap_or(&file).to_owned();
        (file, output.join(below))
    };
    Ok(files_below(input).into_iter().map(|file| file.map(place).map_err(Failure::new)).collect())
}

/// A path with its links followed as far as it exists.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let existing = path.ancestors().find(|p| p.exists()).unwrap_or(&path);
    let rest = path.strip_prefix(existing).unwrap_or(Path::new(""));
    Ok(fs::canonicalize(existing)?.join(rest))
}

/// Says what was done, and fails where anything was not.
fn report(results: &[Result<Done, Failure>], unread: &[Failure], folder: bool) -> Outcome {
    let count = |is: fn(&Done) -> bool| results.iter().filter(|r| r.as_ref().is_ok_and(is)).count();
    let frames: u64 =
        results.iter().flatten().map(|d| if let Done::Made(Transcoded::Encoded(n)) = d { u64::from(*n) } else { 0 }).sum();
    let encoded = count(|d| matches!(d, Done::Made(Transcoded::Encoded(_))));
    let copied = count(|d| matches!(d, Done::Made(Transcoded::Copied(_))));
    let there = count(|d| matches!(d, Done::There));
    let left_out = count(|d| matches!(d, Done::Made(Transcoded::LeftOut(_))));
    let failures: Vec<&Failure> = results.iter().filter_map(|r| r.as_ref().err()).collect();
    match (folder, results) {
        (false, [Ok(Done::Made(Transcoded::LeftOut(reason)))]) => return Err(Failure::new(reason)),
        (false, [Err(failure)]) => return Err(failure.clone()),
        (false, [Ok(Done::Made(Transcoded::Copied(reason)))]) => return say(&format!("copied as it is: {reason}\n")),
        _ => {}
    }
    say(&format!("{encoded} encoded ({frames} frames), {copied} copied, {there} already there, {left_out} left out\n"))?;
    let failed = failures.len();
    fail_each(unread.iter().chain(failures), |_| match unread.len() {
        0 => format!("{failed} of {} files were not transcoded; they are named above", results.len()),
        n => format!(
            "{failed} of {} files were not transcoded and {n} folders or links not read; they are named above",
            results.len()
        ),
    })
}
