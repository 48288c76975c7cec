//! What is decoded: a bare codestream, or the frames of an object or series.

use crate::cli::failure::Failure;
use crate::cli::input;
use crate::frames::FrameJob;
use lightbox_codec::looks_like_codestream;
use lightbox_model::FrameId;
use std::path::Path;

/// One thing whose decode is timed, in memory.
pub enum Subject {
    /// A bare codestream.
    Codestream(Vec<u8>),
    /// All frames of an object, or of the objects in a folder.
    Frames(Vec<FrameJob>),
}

impl Subject {
    /// Reads a file or folder.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        if let Some(bytes) = input::codestream(path)? {
            return Ok(Self::Codestream(bytes.whole().map_err(|e| Failure::at(path, e))?.bytes));
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
                    log::trace!("left out: {failure}");
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

    /// How many frames there are.
    pub fn frames(&self) -> usize {
        match self {
            Self::Codestream(_) => 1,
            Self::Frames(jobs) => jobs.len(),
        }
    }

    /// Coded bytes of all frames.
    pub fn encoded(&self) -> u64 {
        match self {
            Self::Codestream(bytes) => bytes.len() as u64,
            Self::Frames(jobs) => jobs.iter().map(|job| job.encoded.bytes.len() as u64).sum(),
        }
    }

    /// The codestreams of all frames.
    pub fn codestreams(&self, path: &Path) -> Result<Vec<&[u8]>, Failure> {
        match self {
            Self::Codestream(bytes) => Ok(vec![bytes]),
            Self::Frames(jobs) => jobs.iter().map(|job| codestream(path, job)).collect(),
        }
    }
}

fn codestream<'a>(path: &Path, job: &'a FrameJob) -> Result<&'a [u8], Failure> {
    let encoded = &job.encoded;
    if looks_like_codestream(&encoded.bytes) {
        return Ok(&encoded.bytes);
    }
    let syntax = lightbox_source::transfer_syntax_name(&encoded.transfer_syntax);
    Err(Failure::at(path, format_args!("frame {} is {syntax}; batches are of JPEG 2000 and HTJ2K", job.frame)))
}
