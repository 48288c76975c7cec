//! Images that are decoded into memory of the GPU that is the caller's.

use std::borrow::Cow;
use std::sync::OnceLock;

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
        let all = |error: Error| images.iter().map(|_| Err(error.clone())).collect();
        let engine = match self.engine() {
            Ok(engine) => engine,
            Err(error) => return all(error),
        };
        let planned = |n: usize, pool: Option<&rayon::ThreadPool>| {
            let (bytes, request, memory) = &images[n];
            let plan = self.plan(pool, (*bytes).into(), request, limits)?;
            let rows = memory.rows(&layout(&plan)?)?;
            in_order(&plan)?;
            Ok((Cow::Owned(plan), cuda::Form::Device(rows)))
        };
        let coming = |n: usize| super::many::coming(images[n].0, &images[n].1);
        let request = cuda::Request { count: images.len(), coming: &coming, one_device: true, keep: false, planned: &planned };
        let pictures: Vec<OnceLock<_>> = images.iter().map(|_| OnceLock::new()).collect();
        let batch = || {
            Ok(engine.batch(&request, self.threads.pool(), |n, landed| {
                // Each image lands once.
                let _ = pictures[n].set(layout(landed.plan()).map(|layout| (layout, landed.plan().incomplete().copied())));
            }))
        };
        let outcomes = match guarded(batch) {
            Ok(outcomes) => outcomes,
            Err(error) => return all(error),
        };
        let result = |(outcome, picture): (Result<bool, Error>, OnceLock<_>)| match (outcome, picture.into_inner()) {
            (Ok(true), Some(picture)) => picture,
            (Err(error), _) => Err(error),
            _ => Err(declined(engine)),
        };
        outcomes.into_iter().zip(pictures).map(result).collect()
    }

    /// Runs a plan whose samples are to be in the memory of the GPU.
    pub(super) fn to_device(&self, plan: &DecodePlan, rows: DeviceRows) -> Result<(), Error> {
        in_order(plan)?;
        let engine = self.engine()?;
        match engine.run(&mut [(plan, cuda::Target::Device(rows))], self.threads.pool()).pop() {
            Some(Ok(true)) => Ok(()),
            Some(Err(error)) => Err(error),
            _ => Err(declined(engine)),
        }
    }

    /// The GPU that decodes.
    ///
    /// # Errors
    /// A sentence that says why none does, or none any more.
    pub fn gpu(&self) -> Result<GpuInfo, String> {
        self.cuda.as_ref().map_err(ToString::to_string)?.info()
    }

    fn engine(&self) -> Result<&cuda::Engine, Error> {
        self.cuda.as_ref().map_err(|why| Error::Device { why: why.to_string() })
    }
}

/// What the GPU cannot put in order is an error where its memory is the target.
fn in_order(plan: &DecodePlan) -> Result<(), Error> {
    match plan.in_order() {
        true => Ok(()),
        false => Err(Error::Device {
            why: "components left out of a colour transform, or in another order, are put in order on the CPU".into(),
        }),
    }
}

/// Why the GPU did not run the last plan.
fn declined(engine: &cuda::Engine) -> Error {
    Error::Device { why: engine.description().map_or_else(|why| why, |(_, declined)| declined.unwrap_or_default()) }
}
