//! Many images in one call of the decoder.

use super::report::Delivered;
use crate::cli::args::Place;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::part::Part;
use lightbox_codec::{Backend, DecodeRequest, Decoder, Error, Interleaved, Limits};
use std::path::{Path, PathBuf};

/// Most bytes of a batch, coded and decoded together.
const MOST_BYTES: u64 = 4 << 30;

/// Codestreams that are decoded side by side, each in memory of its own so that none is in a cache because of another.
pub struct Batch {
    path: PathBuf,
    images: Vec<(Vec<u8>, DecodeRequest)>,
}

/// A batch that is not made.
pub struct TooLarge {
    /// What it would take.
    pub why: String,
}

impl Batch {
    /// `count` images, the codestreams in turns.
    pub fn new(
        path: &Path,
        streams: &[&[u8]],
        count: usize,
        part: &Part,
        decoder: &Decoder,
    ) -> Result<Result<Self, TooLarge>, Failure> {
        let requests: Vec<DecodeRequest> = streams.iter().map(|bytes| part.of(path, bytes)).collect::<Result<_, _>>()?;
        let turns = || streams.iter().zip(&requests).cycle().take(count);
        let mut sum = 0;
        for (bytes, request) in turns() {
            let layout = decoder.layout(bytes, request, &Limits::default()).map_err(|e| Failure::at(path, e))?;
            sum += bytes.len() as u64 + super::delivered(&layout).bytes;
        }
        if sum > MOST_BYTES {
            let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
            let why = format!("it takes {:.1} GiB, more than the {:.0} of a batch", gib(sum), gib(MOST_BYTES));
            return Ok(Err(TooLarge { why }));
        }
        let images = turns().map(|(bytes, request)| (bytes.to_vec(), request.clone())).collect();
        Ok(Ok(Self { path: path.to_owned(), images }))
    }

    /// Coded bytes of all images.
    pub fn encoded(&self) -> u64 {
        self.images.iter().map(|(bytes, _)| bytes.len() as u64).sum()
    }

    fn images(&self) -> Vec<(&[u8], DecodeRequest)> {
        self.images.iter().map(|(bytes, request)| (&bytes[..], request.clone())).collect()
    }

    /// Decodes all images once.
    pub fn run(&self, decoder: &Decoder, target: Place) -> Result<Delivered, Failure> {
        let fail = |e: Error| Failure::at(&self.path, e);
        let (images, description) = (self.images(), decoder.description());
        let done: Result<Delivered, Error> = match target {
            Place::Host => {
                let pictures = decoder.decode_many(&images, &Limits::default());
                pictures.into_iter().try_fold(Delivered::default(), |sum, picture| Ok(sum.and(of(&picture?))))
            }
            Place::Device => {
                let resident = decoder.decode_resident(&images, &Limits::default()).map_err(fail)?;
                resident
                    .layouts()
                    .try_fold(Delivered::default(), |sum, layout| Ok(sum.and(super::delivered(&layout.map_err(Clone::clone)?))))
            }
        };
        Ok(Delivered { decoder: description, ..done.map_err(fail)? })
    }

    /// Compares the first and the last picture with those of the CPU: what is timed is a right decode.
    pub fn check(&self, decoder: &Decoder, target: Place) -> Outcome {
        let fail = |e: Error| Failure::at(&self.path, e);
        let (images, limits) = (self.images(), Limits::default());
        let cpu = Decoder::new(Backend::Cpu).map_err(fail)?;
        let pictures: Vec<Interleaved> = match target {
            Place::Host => {
                let mut pictures = decoder.decode_many(&images, &limits);
                let last = pictures.pop();
                pictures.into_iter().take(1).chain(last).collect::<Result<_, _>>().map_err(fail)?
            }
            Place::Device => {
                let mut resident = decoder.decode_resident(&images, &limits).map_err(fail)?;
                [0, images.len() - 1].into_iter().map(|n| resident.read(n)).collect::<Result<_, _>>().map_err(fail)?
            }
        };
        let ends = [images.first(), images.last()];
        for (picture, (bytes, request)) in pictures.iter().rev().zip(ends.into_iter().flatten().rev()) {
            if cpu.decode_interleaved(bytes, request, &limits).map_err(fail)? != *picture {
                let decoder = decoder.description();
                return Err(Failure::at(&self.path, format_args!("{decoder} gives other samples than the CPU; please report it")));
            }
        }
        Ok(())
    }
}

/// Size of a picture in memory.
fn of(picture: &Interleaved) -> Delivered {
    let &Interleaved { width, height, components, ref samples, .. } = picture;
    let (pixels, bytes) = (u64::from(width) * u64::from(height), samples.as_bytes().len() as u64);
    Delivered { pixels, bytes, width, height, components: components.into(), decoder: String::new() }
}
