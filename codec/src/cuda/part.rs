//! One plan as a part of a launch series: whether the kernels take it, and what they need for it.

use std::borrow::Cow;
use std::sync::Arc;

use lightbox_kernels::device::CodedBlock;

use super::arithmetic::Arithmetic;
use super::batch::Sent;
use super::jobs::Jobs;
use super::memory::DeviceRows;
use super::spare::Spare;
use crate::error::Error;
use crate::plan::DecodePlan;

/// Most bits of a sample that the kernels give.
const MAX_BITS: u8 = 16;
/// Most coded bytes of a part or series: jobs follow them, and offsets have 32 bits.
const MOST_CODED: u64 = 1 << 31;
/// Most records, samples and bytes of output: offsets have 32 bits.
const MOST: u64 = 1 << 32;

/// How planes lie in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// All planes, of one size and type, pixel by pixel, without gaps.
    Interleaved,
    /// Each plane on its own, without gaps.
    Planar,
    /// As [`Self::Interleaved`], in memory of the device that is the caller's.
    Device(DeviceRows),
}

/// Why a plan is not run on the device.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// The CPU can do it: why the device does not.
    Declined(String),
    /// Nothing can.
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Sizes of the pieces of memory, or where a part begins in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Bytes.
    pub coded: u64,
    /// Records.
    pub records: u64,
    /// Samples.
    pub samples: u64,
    /// Bytes.
    pub output: u64,
}

impl Size {
    /// Whether all offsets fit.
    pub fn fits(&self) -> bool {
        self.coded < MOST_CODED && [self.records, self.samples, self.output].iter().all(|&n| n < MOST)
    }

    /// One part behind another.
    pub fn followed_by(self, next: &Self) -> Self {
        Self {
            coded: self.coded + next.coded,
            records: self.records + next.records,
            samples: self.samples + next.samples,
            output: self.output + next.output,
        }
    }
}

/// A plan and its jobs. Their offsets count within the part; a series puts parts side by side.
pub(crate) struct Part<'p> {
    pub plan: Cow<'p, DecodePlan<'p>>,
    pub jobs: Jobs,
    pub form: Form,
    pub size: Size,
    /// Whether its coded bytes are in the input without it.
    pub sent: bool,
    /// Where its jobs go when it is no more.
    spare: Option<Arc<Spare>>,
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        if let Some(spare) = &self.spare {
            spare.put(std::mem::take(&mut self.jobs));
        }
    }
}

impl<'p> Part<'p> {
    /// The part of a plan, whose bytes may be on their way already. Its jobs take the room of spare ones if there are any.
    pub fn new(plan: Cow<'p, DecodePlan<'p>>, form: Form, sent: Option<Sent>, spare: Option<&Arc<Spare>>) -> Result<Self, Refusal> {
        if let Some(plane) = plan.planes().iter().find(|p| p.bits > MAX_BITS) {
            return Err(Refusal::Declined(format!("samples of {} bits are decoded on the CPU", plane.bits)));
        }
        if plan.outputs.iter().any(|output| output.wide == 1) {
            return Err(Refusal::Declined("coefficients of more than 32 bits are decoded on the CPU".into()));
        }
        let sent = sent.and_then(|sent| place(&plan, sent));
        let jobs = spare.map_or_else(Jobs::default, |spare| spare.take());
        let (jobs, size) = jobs.list(&plan, form, sent)?;
        if !size.fits() {
            return Err(Refusal::Declined("an image of this size is decoded on the CPU".into()));
        }
        Ok(Self { plan, jobs, form, size, sent: sent.is_some(), spare: spare.cloned() })
    }

    /// Where it begins in a series whose coded bytes, jobs and output before it end at `at`.
    pub fn start(&self, at: Size) -> Size {
        Size { coded: if self.sent { 0 } else { at.coded }, ..at }
    }

    /// About how many bytes of device memory it needs.
    pub fn device_bytes(&self) -> u64 {
        let Size { coded, records, samples, output } = self.size;
        let Arithmetic { blocks, segments, .. } = &self.jobs.arithmetic;
        let arithmetic = size_of_val(&blocks[..]) + size_of_val(&segments[..]) + 8 * blocks.len();
        let jobs = self.jobs.blocks.len() * (size_of::<CodedBlock>() + 8) + arithmetic;
        coded + 4 * (records + samples) + output + jobs as u64
    }
}

/// Where the first of a plan's bytes is in the input, if what was sent is what it speaks of and no block's bytes lie apart.
fn place(plan: &DecodePlan, sent: Sent) -> Option<u32> {
    let bytes = plan.in_memory();
    let before = (bytes.as_ptr() as usize).checked_sub(sent.bytes.as_ptr() as usize)?;
    let all = before.checked_add(bytes.len()).is_some_and(|end| end <= sent.bytes.len());
    let whole = plan.blocks.iter().all(|block| block.spans <= 1);
    (all && whole).then_some(sent.at + before as u32)
}
