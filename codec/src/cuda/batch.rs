//! Many images on the devices that there are, cut in groups, each of which becomes a launch series: what is known of them before
//! they are run, and what becomes of those for which there is no memory beside others. [`super::crew`] runs the rest.

use super::crew::Crew;
use super::group::Group;
use super::part::{Part, Refusal};
use super::series::Series;
use crate::plan::DecodePlan;

/// Why a device did not run a series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// There is not enough memory for this; something smaller may work.
    Memory(String),
    /// The device is of no more use.
    Lost(String),
}

impl Failure {
    /// A sentence.
    pub fn into_why(self) -> String {
        match self {
            Self::Memory(why) | Self::Lost(why) => why,
        }
    }
}

/// What runs series: a GPU, and in tests an emulator.
pub(super) trait Device: Sync {
    /// What a series leaves, until it is given back.
    type Left: Left + Send + Sync;

    /// Series that can be under way at a time.
    fn slots(&self) -> usize;

    fn multiprocessors(&self) -> u32;

    /// Most bytes of device memory of all series that are under way.
    fn budget(&self) -> u64;

    /// Makes room for the first `bytes` bytes of the input of the next series of a slot, in which none is under way.
    fn open(&self, slot: usize, bytes: u64) -> Result<(), Failure>;

    /// Sends `len` of these bytes, which `fill` writes, to place `at` of them. May be called by several threads at a time.
    fn send(&self, slot: usize, at: u64, len: usize, fill: &dyn Fn(&mut [u8])) -> Result<(), Failure>;

    /// Starts a series in a slot where none is under way. Where `alone`, none is under way in any slot, and the memory that the
    /// others hold is given back first.
    ///
    /// # Errors
    /// Then nothing is under way in the slot.
    fn start(&self, running: Running) -> Result<(), Failure>;

    /// Waits for the series of a slot, and gives what it leaves.
    fn finish(&self, slot: usize) -> Result<Self::Left, Failure>;

    /// Takes back what a series of a slot left.
    fn recycle(&self, slot: usize, left: Self::Left);
}

/// A series in its slot.
#[derive(Clone, Copy)]
pub(super) struct Running<'r, 'p> {
    pub series: &'r Series<'p>,
    pub slot: usize,
    pub output: Output,
    pub alone: bool,
    pub pool: Option<&'r rayon::ThreadPool>,
}

/// Where a series writes what has no address of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// To the host.
    Host,
    /// To memory of the device that is kept until the next batch, by number.
    Kept(usize),
}

/// What a series leaves.
pub(super) trait Left {
    /// Of each job of a block.
    fn status(&self) -> &[u32];

    /// The output, if it was wanted on the host.
    fn output(&self) -> &[u8];
}

/// What is known of an image before it is planned.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Coming<'b> {
    /// All bytes that its plan may speak of, where most of them are needed: then they go to the device while it is planned.
    pub whole: Option<&'b [u8]>,
    /// About how many coded bytes are asked for.
    pub about: u64,
}

/// The bytes of an image that are on their way to the device, or there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent<'b> {
    pub bytes: &'b [u8],
    /// The place of the first of them in the input of the series.
    pub at: u32,
}

/// Makes the part of an image whose bytes may be on their way, with the help of threads if it is given any.
pub(super) type Prepare<'b, 'p> = dyn Fn(usize, Option<Sent>, Option<&rayon::ThreadPool>) -> Result<Part<'p>, Refusal> + Sync + 'b;

/// Images for devices.
pub(super) struct Batch<'b, 'p> {
    pub count: usize,
    pub coming: &'b (dyn Fn(usize) -> Coming<'p> + Sync),
    /// Whether the output is kept on the devices.
    pub keep: bool,
    pub prepare: &'b Prepare<'b, 'p>,
    /// Is told of each image, in any order and on any thread, what became of it.
    pub done: &'b (dyn Fn(usize, Result<Landed<'_, 'p>, Refusal>) + Sync),
}

/// The pixels of an image.
pub(crate) struct Landed<'l, 'p> {
    pub(super) series: &'l Series<'p>,
    pub(super) part: usize,
    pub(super) output: &'l [u8],
    /// Where they are, if the output is kept: the number of the device, and of its output.
    pub kept: (usize, usize),
}

impl<'p> Landed<'_, 'p> {
    pub fn plan(&self) -> &DecodePlan<'p> {
        &self.series.parts()[self.part].plan
    }

    /// Where a plane begins in the output.
    pub fn start(&self, plane: usize) -> usize {
        self.series.plane_start(self.part, plane)
    }

    /// The output from the first byte of a plane on, where it is on the host.
    pub fn bytes(&self, plane: usize) -> &[u8] {
        &self.output[self.start(plane)..]
    }
}

/// Runs a batch on devices. Then nothing is under way; images that [`Batch::done`] was not told of have not been run. Gives for
/// each device why it was lost, if it was.
pub(super) fn run<D: Device>(devices: &[D], batch: &Batch, pool: Option<&rayon::ThreadPool>) -> Vec<Option<String>> {
    let groups = Group::cut(batch, devices);
    let crew = Crew::new(devices, batch, &groups, pool);
    crew.run();
    let Rest { left_over, mut lost, started } = crew.into_rest();
    // What did not fit beside others is run by itself.
    for (image, number) in left_over.into_iter().zip(started..) {
        let Some(device) = lost.iter().position(Option::is_none) else { break };
        if let Err(why) = alone(&devices[device], (device, number), batch, image, pool) {
            lost[device] = Some(why);
        }
    }
    lost
}

/// What remains when a crew has ended.
pub(super) struct Rest {
    /// Images for which there was no memory beside others.
    pub left_over: Vec<usize>,
    /// For each device, why it was lost.
    pub lost: Vec<Option<String>>,
    /// How many series were started.
    pub started: usize,
}

/// Runs an image with nothing beside it, and tells of it; where there is no memory even then, the CPU is to decode it. `kept` are
/// the number of the device and of the output.
///
/// # Errors
/// Why the device is lost.
fn alone<D: Device>(
    device: &D,
    kept: (usize, usize),
    batch: &Batch,
    image: usize,
    pool: Option<&rayon::ThreadPool>,
) -> Result<(), String> {
    let part = match (batch.prepare)(image, None, pool) {
        Ok(part) => part,
        Err(refusal) => {
            (batch.done)(image, Err(refusal));
            return Ok(());
        }
    };
    let series = Series::new(vec![part], 0, device.multiprocessors());
    let output = if batch.keep { Output::Kept(kept.1) } else { Output::Host };
    let running = Running { series: &series, slot: 0, output, alone: true, pool };
    match device.start(running).and_then(|()| device.finish(0)) {
        Ok(left) => {
            let verdict = series.verdicts(left.status()).pop().unwrap_or(Ok(()));
            let landed = Landed { series: &series, part: 0, output: left.output(), kept };
            (batch.done)(image, verdict.map(|()| landed));
            device.recycle(0, left);
            Ok(())
        }
        Err(Failure::Memory(why)) => {
            (batch.done)(image, Err(Refusal::Declined(why)));
            Ok(())
        }
        Err(Failure::Lost(why)) => Err(why),
    }
}
