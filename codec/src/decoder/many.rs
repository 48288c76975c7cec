//! Many images in one call: on a GPU they run side by side.

use rayon::prelude::*;

use super::{Decoder, Interleaved, Layout, guarded, layout};
use crate::cpu;
use crate::cuda::{self, Resident};
use crate::error::Error;
use crate::limits::Limits;
use crate::plan::DecodePlan;
use crate::request::DecodeRequest;

impl Decoder {
    /// Decodes many images as [`Self::decode_interleaved`] does each. On a GPU they run side by side, which is several times
    /// faster than one after the other; an image that fails does not harm the others. `limits` hold for each image.
    pub fn decode_many(&self, images: &[(&[u8], DecodeRequest)], limits: &Limits) -> Vec<Result<Interleaved, Error>> {
        let mut results: Vec<Option<Result<Interleaved, Error>>> = images.iter().map(|_| None).collect();
        if self.cuda.is_ok() {
            self.decode_side_by_side(images, limits, &mut results);
        }
        // What no GPU has done.
        let rest = |(result, (bytes, request)): (Option<_>, &(&[u8], DecodeRequest))| {
            result.unwrap_or_else(|| self.decode_interleaved(bytes, request, limits))
        };
        results.into_iter().zip(images).map(rest).collect()
    }

    /// Decodes many images as [`Self::decode_interleaved`] does each, side by side on the GPU, and leaves their pixels there.
    ///
    /// # Errors
    /// [`Error::Device`] where there is no GPU, or its memory is too small for all of them together.
    pub fn decode_resident(&self, images: &[(&[u8], DecodeRequest)], limits: &Limits) -> Result<Resident<'_>, Error> {
        let engine = self.cuda.as_ref().map_err(|why| Error::Device { why: why.clone() })?;
        let pool = self.threads.pool();
        let plans: Vec<_> = match pool {
            None => images.iter().map(|image| in_order(image, limits)).collect(),
            Some(pool) => pool.install(|| images.par_iter().map(|image| in_order(image, limits)).collect()),
        };
        engine.resident(&plans, pool)
    }

    fn decode_side_by_side(
        &self,
        images: &[(&[u8], DecodeRequest)],
        limits: &Limits,
        results: &mut [Option<Result<Interleaved, Error>>],
    ) {
        let plans: Vec<Result<(DecodePlan, Interleaved), Error>> = match self.threads.pool() {
            None => images.iter().map(|image| prepare(image, limits)).collect(),
            Some(pool) => pool.install(|| images.par_iter().map(|image| prepare(image, limits)).collect()),
        };
        let mut pictures = Vec::with_capacity(images.len());
        for (n, prepared) in plans.into_iter().enumerate() {
            match prepared {
                Err(error) => results[n] = Some(Err(error)),
                // The others are taken apart into planes first.
                Ok((plan, picture)) if plan.in_order() => pictures.push((n, plan, picture)),
                Ok(_) => {}
            }
        }
        let outcomes = guarded(|| {
            let mut work = Vec::with_capacity(pictures.len());
            for (_, plan, picture) in &mut pictures {
                let pitch = picture.width as usize * usize::from(picture.components);
                work.push((&*plan, cuda::Target::Host(cpu::Samples::Interleaved(picture.samples.as_mut(), pitch))));
            }
            Ok(self.run_on_gpu(&mut work))
        });
        match outcomes {
            Err(error) => pictures.iter().for_each(|(n, ..)| results[*n] = Some(Err(error.clone()))),
            Ok(outcomes) => {
                for ((n, _, picture), outcome) in pictures.into_iter().zip(outcomes) {
                    results[n] = match outcome {
                        Ok(true) => Some(Ok(picture)),
                        Ok(false) => None,
                        Err(error) => Some(Err(error)),
                    };
                }
            }
        }
    }
}

fn plan<'a>((bytes, request): &(&'a [u8], DecodeRequest), limits: &Limits) -> Result<DecodePlan<'a>, Error> {
    guarded(|| super::plan((*bytes).into(), request, limits))
}

/// The plan of an image, and room for its samples.
fn prepare<'a>(image: &(&'a [u8], DecodeRequest), limits: &Limits) -> Result<(DecodePlan<'a>, Interleaved), Error> {
    let plan = plan(image, limits)?;
    let picture = Interleaved::new(&layout(&plan)?, plan.incomplete());
    Ok((plan, picture))
}

/// The plan of an image all of whose planes are wanted in their order, and its layout.
fn in_order<'a>(image: &(&'a [u8], DecodeRequest), limits: &Limits) -> Result<(DecodePlan<'a>, Layout), Error> {
    let plan = plan(image, limits)?;
    if !plan.in_order() {
        return Err(Error::request("components left out of a colour transform, or in another order"));
    }
    let layout = layout(&plan)?;
    Ok((plan, layout))
}
