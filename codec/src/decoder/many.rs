//! Many images in one call: on a GPU they run side by side.

use std::borrow::Cow;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::{Decoder, Interleaved, Workers, layout};
use crate::codestream::{BlockCoding, inspect};
use crate::cuda::{self, Resident, copy_rows};
use crate::error::Error;
use crate::limits::Limits;
use crate::request::{Components, DecodeRequest};

impl Decoder {
    /// Decodes many images as [`Self::decode_interleaved`] does each, side by side, which on a GPU is several times faster than one
    /// after the other, and on the CPU saves what threads lose on parts of one image. An image that fails does not harm the
    /// others. `limits` hold for each image.
    pub fn decode_many(&self, images: &[(&[u8], DecodeRequest)], limits: &Limits) -> Vec<Result<Interleaved, Error>> {
        let mut results = match &self.cuda {
            Ok(engine) if engine.takes(|| images.iter().map(|image| work(image, limits)).sum(), self.threads.pool()) => {
                self.side_by_side(engine, images, limits)
            }
            _ => images.iter().map(|_| None).collect(),
        };
        self.on_cpu(images, &mut results, limits);
        let undecided = || Err(Error::Internal { why: "an image was left out".into() });
        results.into_iter().map(|result| result.unwrap_or_else(undecided)).collect()
    }

    /// Decodes the images that have no result yet, each on one thread; but one that is more than a thread's share of all on all
    /// threads, before the others.
    fn on_cpu(&self, images: &[(&[u8], DecodeRequest)], results: &mut [Option<Result<Interleaved, Error>>], limits: &Limits) {
        let left = results.iter_mut().zip(images).filter(|(result, _)| result.is_none());
        let left: Vec<_> = left.map(|(result, image)| (result, image, coming(image.0, &image.1).about)).collect();
        let decode = |pool, (bytes, request): &(&[u8], DecodeRequest)| {
            Some(self.picture(Workers { gpus: None, pool }, (*bytes).into(), request, limits))
        };
        let Some(pool) = self.threads.pool() else {
            return left.into_iter().for_each(|(result, image, _)| *result = decode(None, image));
        };
        let share = left.iter().map(|(.., bytes)| bytes).sum::<u64>() / pool.current_num_threads() as u64;
        let (large, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|(.., bytes)| *bytes > share);
        large.into_iter().for_each(|(result, image, _)| *result = decode(Some(pool), image));
        pool.install(|| {
            others.into_par_iter().with_max_len(1).for_each(|(result, image, _)| *result = decode(None, image));
        });
    }

    /// Decodes many images as [`Self::decode_interleaved`] does each, side by side on the GPU, and leaves their pixels there.
    ///
    /// # Errors
    /// [`Error::Device`] where there is no GPU, or it was lost. An image for which there was no memory is an error of its own.
    pub fn decode_resident(&self, images: &[(&[u8], DecodeRequest)], limits: &Limits) -> Result<Resident<'_>, Error> {
        let engine = self.cuda.as_ref().map_err(|why| Error::Device { why: why.to_string() })?;
        let plan = |n: usize, pool: Option<&rayon::ThreadPool>| match self.plan(pool, images[n].0.into(), &images[n].1, limits)? {
            plan if plan.in_order() => Ok(plan),
            _ => Err(Error::request("components left out of a colour transform, or in another order")),
        };
        engine.resident(images.len(), &|n| coming(images[n].0, &images[n].1), &plan, self.threads.pool())
    }

    /// What a GPU makes of images; nothing of those that the CPU is to decode.
    fn side_by_side(
        &self,
        engine: &cuda::Engine,
        images: &[(&[u8], DecodeRequest)],
        limits: &Limits,
    ) -> Vec<Option<Result<Interleaved, Error>>> {
        let pictures: Vec<OnceLock<Interleaved>> = images.iter().map(|_| OnceLock::new()).collect();
        let planned = |n: usize, pool: Option<&rayon::ThreadPool>| {
            let plan = self.plan(pool, images[n].0.into(), &images[n].1, limits)?;
            layout(&plan)?;
            match plan.in_order() {
                true => Ok((Cow::Owned(plan), cuda::Form::Interleaved)),
                // They are taken apart into planes first.
                false => Err(cuda::Refusal::Declined("components in another order are put in order on the CPU".into())),
            }
        };
        let coming = |n: usize| coming(images[n].0, &images[n].1);
        let request = cuda::Request { count: images.len(), coming: &coming, one_device: false, keep: false, planned: &planned };
        let outcomes = engine.batch(&request, self.threads.pool(), |n, landed| {
            if let Ok(layout) = layout(landed.plan()) {
                let mut picture = Interleaved::new(&layout, landed.plan().incomplete());
                copy_rows(landed.bytes(0), &mut picture.samples.as_mut(), layout.row(), layout.row());
                // Each image lands once.
                let _ = pictures[n].set(picture);
            }
        });
        let result = |(outcome, picture): (Result<bool, Error>, OnceLock<Interleaved>)| match outcome {
            Ok(_) => picture.into_inner().map(Ok),
            Err(error) => Some(Err(error)),
        };
        outcomes.into_iter().zip(pictures).map(result).collect()
    }
}

/// What is known of an image by its request: a whole one needs all of its bytes, a part about as many as it has samples, or fewer, as
/// a lossless sample seldom has two bytes and an image seldom more than four components.
pub(super) fn coming<'a>(bytes: &'a [u8], request: &DecodeRequest) -> cuda::Coming<'a> {
    let all = bytes.len() as u64;
    match request {
        DecodeRequest { region: None, reduction: 0, components: Components::All, .. } => {
            cuda::Coming { whole: Some(bytes), about: all }
        }
        _ => cuda::Coming { whole: None, about: request.region.map_or(all, |region| all.min(8 * region.area())) },
    }
}

/// What an image is to decode, by its headers.
fn work((bytes, _): &(&[u8], DecodeRequest), limits: &Limits) -> cuda::Work {
    let coded = bytes.len() as u64;
    match inspect(bytes, limits) {
        Ok(info) if info.ht == BlockCoding::Ht => cuda::Work { coded, arithmetic: 0 },
        Ok(_) => cuda::Work { coded, arithmetic: coded },
        // The error is that of decoding it.
        Err(_) => cuda::Work::default(),
    }
}
