//! Images that are decoded into memory of the GPU that is the caller's.

use rayon::prelude::*;

use super::{Decoder, Layout, guarded, layout};
use crate::cuda::{self, DeviceMemory, DeviceRows, SharedBuffer};
use crate::error::Error;
use crate::limits::Limits;
use crate::plan::{DecodePlan, Incomplete};
use crate::request::DecodeRequest;

/// The GPU of a decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpuInfo {
    /// What its driver calls it.
    pub name: String,
    /// Bytes of its memory.
    pub memory: u64,
}

impl Decoder {
    /// Decodes on the GPU of this UUID alone, by which other interfaces know it too: the one whose memory is to be taken over.
    ///
    /// # Errors
    /// [`Error::Device`] where there is no such GPU, or it cannot be used. The decoder's GPUs are then as before.
    pub fn use_gpu(&self, uuid: [u8; 16]) -> Result<(), Error> {
        self.engine()?.use_device(uuid).map_err(|why| Error::Device { why })
    }

    /// Maps memory that another interface to the decoder's GPU has exported, such as a buffer of the graphics device: `bytes` bytes
    /// behind `handle`, of the device with this UUID. Images can then be decoded into it by [`Self::decode_many_to_device`].
    ///
    /// # Errors
    /// [`Error::Device`] where there is no GPU, it is another one, or its driver does not take the memory.
    pub fn import(&self, handle: cuda::Handle, bytes: u64, device: [u8; 16]) -> Result<SharedBuffer, Error> {
        self.engine()?.import(handle, bytes, device).map_err(|why| Error::Device { why })
    }

    /// Decodes many images, each to its place in memory of the decoder's GPU, side by side: several times faster than one after the
    /// other. They are there when the call returns. Gives the layout of each, and how far its data reach where they are cut off.
    /// An image that fails does not harm the others. `limits` hold for each image.
    ///
    /// # Errors
    /// For each image as [`Self::decode_into`].
    pub fn decode_many_to_device(
        &self,
        images: &[(&[u8], DecodeRequest, DeviceMemory)],
        limits: &Limits,
    ) -> Vec<Result<(Layout, Option<Incomplete>), Error>> {
        let plans: Vec<_> = match self.threads.pool() {
            None => images.iter().map(|image| self.prepare(image, limits)).collect(),
            Some(pool) => pool.install(|| images.par_iter().map(|image| self.prepare(image, limits)).collect()),
        };
        let work: Vec<_> = plans.iter().flatten().map(|(plan, _, rows)| (plan, *rows)).collect();
        let mut done = self.to_device(&work).into_iter();
        let mut finish = |(plan, layout, _): &(DecodePlan, Layout, DeviceRows)| {
            let verdict = done.next().unwrap_or_else(|| Err(Error::Internal { why: "a plan has no verdict".into() }));
            verdict.map(|()| (*layout, plan.incomplete().copied()))
        };
        plans.iter().map(|plan| plan.as_ref().map_err(Error::clone).and_then(&mut finish)).collect()
    }

    /// Runs plans whose samples are to be in the memory of the GPU.
    pub(super) fn to_device(&self, plans: &[(&DecodePlan, DeviceRows)]) -> Vec<Result<(), Error>> {
        let all = |error: Error| plans.iter().map(|_| Err(error.clone())).collect();
        let engine = match self.engine() {
            Ok(engine) => engine,
            Err(error) => return all(error),
        };
        let mut work: Vec<_> =
            plans.iter().filter(|(plan, _)| plan.in_order()).map(|&(p, rows)| (p, cuda::Target::Device(rows))).collect();
        let outcomes = match guarded(|| Ok(engine.run(&mut work, self.threads.pool()))) {
            Ok(outcomes) => outcomes,
            Err(error) => return all(error),
        };
        let mut outcomes = outcomes.into_iter();
        let verdict = |(plan, _): &(&DecodePlan, _)| {
            if !plan.in_order() {
                let why = "components left out of a colour transform, or in another order, are put in order on the CPU";
                return Err(Error::Device { why: why.into() });
            }
            match outcomes.next() {
                Some(Ok(true)) => Ok(()),
                Some(Err(error)) => Err(error),
                _ => Err(Error::Device {
                    why: engine.description().map_or_else(|why| why, |(_, declined)| declined.unwrap_or_default()),
                }),
            }
        };
        plans.iter().map(verdict).collect()
    }

    /// The GPU that decodes.
    ///
    /// # Errors
    /// A sentence that says why none does, or none any more.
    pub fn gpu(&self) -> Result<GpuInfo, String> {
        self.cuda.as_ref().map_err(String::clone)?.info()
    }

    fn engine(&self) -> Result<&cuda::Engine, Error> {
        self.cuda.as_ref().map_err(|why| Error::Device { why: why.clone() })
    }

    /// The plan of an image, its layout, and the rows that it goes to.
    fn prepare<'a>(
        &self,
        (bytes, request, memory): &(&'a [u8], DecodeRequest, DeviceMemory),
        limits: &Limits,
    ) -> Result<(DecodePlan<'a>, Layout, DeviceRows), Error> {
        let plan = guarded(|| self.plan(None, (*bytes).into(), request, limits))?;
        let layout = layout(&plan)?;
        let rows = memory.rows(&layout)?;
        Ok((plan, layout, rows))
    }
}
