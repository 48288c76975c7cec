//! Pixels that stay on the GPU.

use std::sync::MutexGuard;

use super::engine::{Engine, State, copy_rows};
use super::gpu::Failure;
use super::part::{Form, Part, Refusal};
use super::series::Series;
use crate::decoder::{Interleaved, Layout};
use crate::error::Error;
use crate::plan::{DecodePlan, Incomplete};

/// Decoded images in the memory of the GPU. While they are kept, the decoder's GPU does nothing else.
pub struct Resident<'e> {
    state: MutexGuard<'e, State>,
    /// What each image is, or why it is none.
    images: Vec<Result<Picture, Error>>,
}

/// Interleaved pixels without gaps.
struct Picture {
    layout: Layout,
    incomplete: Option<Incomplete>,
    /// First byte in the output.
    start: usize,
}

impl Engine {
    /// Runs plans, each with its layout, in one launch series and leaves their pixels where they are.
    pub(crate) fn resident(
        &self,
        plans: &[Result<(DecodePlan, Layout), Error>],
        pool: Option<&rayon::ThreadPool>,
    ) -> Result<Resident<'_>, Error> {
        let mut state = self.lock();
        let device = state.gpu.as_mut().map_err(|why| Error::Device { why: why.clone() })?;
        let mut images: Vec<Result<Picture, Error>> = Vec::with_capacity(plans.len());
        let mut parts = Vec::with_capacity(plans.len());
        let asked: Vec<_> = plans.iter().flatten().map(|(plan, _)| (plan, Form::Interleaved)).collect();
        let mut built = Part::all(&asked, pool).into_iter();
        for plan in plans {
            images.push(match plan {
                Err(error) => Err(error.clone()),
                Ok((plan, layout)) => match built.next() {
                    Some(Ok(part)) => {
                        parts.push(part);
                        Ok(Picture { layout: *layout, incomplete: plan.incomplete().copied(), start: 0 })
                    }
                    Some(Err(Refusal::Failed(error))) => Err(error),
                    Some(Err(Refusal::Declined(why))) => Err(Error::Device { why }),
                    None => Err(Error::Internal { why: "a plan has no part".into() }),
                },
            });
        }
        let (series, rest) = Series::new(parts, device.multiprocessors(), pool);
        if !rest.is_empty() {
            return Err(Error::Device { why: "these are too many images for one launch series".into() });
        }
        let status = match device.run(&series, pool) {
            Ok(status) => status,
            Err(Failure::Memory(why)) => return Err(Error::Device { why }),
            Err(Failure::Lost(why)) => {
                state.gpu = Err(why.clone());
                return Err(Error::Device { why });
            }
        };
        let mut verdicts = series.verdicts(&status).into_iter().enumerate();
        for image in &mut images {
            if let (Ok(picture), Some((part, verdict))) = (image.as_mut(), verdicts.by_ref().next()) {
                picture.start = series.plane_start(part, 0);
                if let Err(error) = verdict {
                    *image = Err(error);
                }
            }
        }
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
        let &Picture { layout, incomplete, start } = picture.as_ref().map_err(Error::clone)?;
        let device = self.state.gpu.as_mut().map_err(|why| Error::Device { why: why.clone() })?;
        let mut out = Interleaved::new(&layout, incomplete.as_ref());
        let row = layout.row();
        let bytes = row * layout.height as usize * layout.kind.bytes();
        match device.read(start, bytes) {
            Ok(bytes) => copy_rows(bytes, &mut out.samples.as_mut(), row, row),
            Err(Failure::Memory(why) | Failure::Lost(why)) => return Err(Error::Device { why }),
        }
        Ok(out)
    }
}
