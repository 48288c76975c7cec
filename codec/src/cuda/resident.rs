//! Pixels that stay on the GPU.

use std::borrow::Cow;
use std::sync::{MutexGuard, OnceLock};

use super::batch::Coming;
use super::engine::{ByImage, Engine, Request, State, copy_rows};
use super::part::Form;
use crate::decoder::{Interleaved, Layout, layout};
use crate::error::Error;
use crate::plan::{DecodePlan, Incomplete};

/// Decoded images in the memory of the GPUs. While they are kept, the decoder's GPUs do nothing else.
pub struct Resident<'e> {
    state: MutexGuard<'e, State>,
    /// What each image is, or why it is none.
    images: Vec<Result<Picture, Error>>,
}

/// Interleaved pixels without gaps.
struct Picture {
    layout: Layout,
    incomplete: Option<Incomplete>,
    /// The number of the device, the output there, and the first byte in it.
    place: (usize, usize, usize),
}

impl Engine {
    /// Runs images, which `plan` plans when their turn comes near, and leaves their pixels where they are.
    pub(crate) fn resident<'p>(
        &self,
        count: usize,
        coming: &(dyn Fn(usize) -> Coming<'p> + Sync),
        plan: &ByImage<'_, Result<DecodePlan<'p>, Error>>,
        pool: Option<&rayon::ThreadPool>,
    ) -> Result<Resident<'_>, Error> {
        let mut state = self.lock();
        let devices = state.gpus.as_ref().map_err(|why| Error::Device { why: why.clone() })?.len();
        let pictures: Vec<OnceLock<Result<Picture, Error>>> = (0..count).map(|_| OnceLock::new()).collect();
        let planned = |n: usize, pool: Option<&rayon::ThreadPool>| Ok((Cow::Owned(plan(n, pool)?), Form::Interleaved));
        let request = Request { count, coming, one_device: false, keep: true, planned: &planned };
        let outcomes = self.run_batch(&mut state, &request, pool, |n, landed| {
            let picture = layout(landed.plan()).map(|layout| Picture {
                layout,
                incomplete: landed.plan().incomplete().copied(),
                place: (landed.kept.0, landed.kept.1, landed.start(0)),
            });
            // Each image lands once.
            let _ = pictures[n].set(picture);
        });
        // A device that was lost has taken its pixels with it, and changed the numbers of others.
        match &state.gpus {
            Ok(gpus) if gpus.len() == devices => {}
            Ok(_) => return Err(Error::Device { why: "a GPU was lost".into() }),
            Err(why) => return Err(Error::Device { why: why.clone() }),
        }
        let why = state.why_not();
        let image = |(picture, outcome): (OnceLock<_>, Result<bool, Error>)| match (outcome, picture.into_inner()) {
            (Ok(true), Some(picture)) => picture,
            (Err(error), _) => Err(error),
            _ => Err(Error::Device { why: why.clone() }),
        };
        let images = pictures.into_iter().zip(outcomes).map(image).collect();
        Ok(Resident { state, images })
    }
}

impl Resident<'_> {
    /// Size and type of each image, or why there is none.
    pub fn layouts(&self) -> impl Iterator<Item = Result<Layout, &Error>> {
        self.images.iter().map(|image| image.as_ref().map(|p| p.layout))
    }

    /// Copies an image to the host.
    ///
    /// # Errors
    /// Why there is no such image, or [`Error::Device`] where the GPU fails.
    pub fn read(&mut self, image: usize) -> Result<Interleaved, Error> {
        let Some(picture) = self.images.get(image) else {
            return Err(Error::request(format!("there is no image {image} of {}", self.images.len())));
        };
        let &Picture { layout, incomplete, place: (device, kept, start) } = picture.as_ref().map_err(Error::clone)?;
        let gpus = self.state.gpus.as_ref().map_err(|why| Error::Device { why: why.clone() })?;
        let gpu = gpus.get(device).ok_or_else(|| Error::Device { why: "the GPU is not used any more".into() })?;
        let mut out = Interleaved::new(&layout, incomplete.as_ref());
        let row = layout.row();
        let bytes = row * layout.height as usize * layout.kind.bytes();
        let read = gpu.read(kept, start, bytes, |bytes| copy_rows(bytes, &mut out.samples.as_mut(), row, row));
        read.map_err(|failure| Error::Device { why: failure.into_why() })?;
        Ok(out)
    }
}
