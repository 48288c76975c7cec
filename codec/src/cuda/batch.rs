//! Many images on one device, cut in series. Each slot of the device has a thread that takes one series after the other: it plans
//! and packs on the processor's threads, starts the series and waits for it. What one slot waits for is the others' time, so that
//! planning, copies and kernels overlap.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use rayon::prelude::*;

use super::part::{Part, Refusal, Size};
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
    /// Series that can be under way at a time.
    fn slots(&self) -> usize;

    fn multiprocessors(&self) -> u32;

    /// Most bytes of device memory of all series that are under way.
    fn budget(&self) -> u64;

    /// Runs a series in a slot where none is under way, and waits for it. Where `alone`, none is under way in any slot, and the
    /// memory that the others hold is given back first. `left` is given what the series leaves.
    ///
    /// # Errors
    /// In any case nothing is under way in the slot any more.
    fn run<R>(&self, run: Running, left: impl FnOnce(Left) -> R) -> Result<R, Failure>;
}

/// A series in its slot.
#[derive(Clone, Copy)]
pub(super) struct Running<'r, 'p> {
    pub series: &'r Series<'p>,
    pub slot: usize,
    pub output: Output,
    pub alone: bool,
    /// Whether other slots have work meanwhile: then the processor's time is theirs while this one waits.
    pub shared: bool,
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
pub(super) struct Left<'l> {
    /// Of each job of a block.
    pub status: &'l [u32],
    /// The output, if it was wanted on the host.
    pub output: &'l [u8],
}

/// Images for a device.
pub(super) struct Batch<'b, 'p> {
    /// Their numbers, which the other fields speak of.
    pub images: &'b [usize],
    /// About how many coded bytes an image has.
    pub coded: &'b (dyn Fn(usize) -> u64 + Sync),
    /// Whether the output is kept on the device.
    pub keep: bool,
    /// Makes the part of an image.
    pub prepare: &'b (dyn Fn(usize) -> Result<Part<'p>, Refusal> + Sync),
    /// Is told of each image, in any order and on any thread, what became of it.
    pub done: &'b (dyn Fn(usize, Result<Landed<'_, 'p>, Refusal>) + Sync),
}

/// The pixels of an image.
pub(crate) struct Landed<'l, 'p> {
    series: &'l Series<'p>,
    part: usize,
    output: &'l [u8],
    /// Where they are, if the output is kept.
    pub kept: usize,
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

/// Series that a batch is cut in, where their size allows: the first one's planning and the last one's run overlap with nothing.
const SERIES: u64 = 12;
/// Coded bytes of a series: fewer do not fill a device, more do not make it faster.
const LEAST_CODED: u64 = 3 << 20;
const MOST_CODED: u64 = 24 << 20;

/// Runs a batch. Then nothing is under way; images that [`Batch::done`] was not told of have not been run.
///
/// # Errors
/// [`Failure::Lost`] alone.
pub(super) fn run<D: Device>(device: &D, batch: &Batch, pool: Option<&rayon::ThreadPool>) -> Result<(), Failure> {
    let cuts = cut(batch);
    let slots = device.slots().min(cuts.len());
    let run = Run {
        device,
        batch,
        pool,
        threads: slots as u32,
        next: AtomicUsize::new(0),
        started: AtomicUsize::new(0),
        alone: RwLock::new(()),
        lost: Mutex::new(None),
    };
    let drive = |slot: usize| {
        while let Some(images) = cuts.get(run.next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(failure) = run.images(slot, images) {
                run.next.store(cuts.len(), Ordering::Relaxed);
                *run.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
            }
        }
    };
    match slots {
        0 => {}
        1 => drive(0),
        slots => std::thread::scope(|scope| {
            (1..slots).for_each(|slot| drop(scope.spawn(move || drive(slot))));
            drive(0);
        }),
    }
    run.lost.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Cuts the images of a batch in runs of about equal size.
fn cut<'b>(batch: &Batch<'b, '_>) -> Vec<&'b [usize]> {
    let whole: u64 = batch.images.iter().map(|&n| (batch.coded)(n)).sum();
    let enough = (whole / SERIES).clamp(LEAST_CODED, MOST_CODED);
    let (mut cuts, mut first, mut bytes) = (Vec::new(), 0, 0);
    for (n, &image) in batch.images.iter().enumerate() {
        let more = (batch.coded)(image);
        if n > first && bytes + more > enough {
            cuts.push(&batch.images[first..n]);
            (first, bytes) = (n, 0);
        }
        bytes += more;
    }
    cuts.push(&batch.images[first..]);
    cuts.retain(|images| !images.is_empty());
    cuts
}

/// Images that become a series.
#[derive(Default)]
struct Cut<'p> {
    images: Vec<usize>,
    parts: Vec<Part<'p>>,
    size: Size,
    device_bytes: u64,
}

impl<'p> Cut<'p> {
    fn push(&mut self, image: usize, part: Part<'p>) {
        self.size = self.size.followed_by(&part.size);
        self.device_bytes += part.device_bytes();
        self.images.push(image);
        self.parts.push(part);
    }

    /// Its two halves.
    fn halved(self) -> [Self; 2] {
        let half = self.parts.len() / 2;
        let mut halves = [Self::default(), Self::default()];
        for (n, (image, part)) in self.images.into_iter().zip(self.parts).enumerate() {
            halves[usize::from(n >= half)].push(image, part);
        }
        halves
    }
}

/// A batch on its way through a device.
struct Run<'r, 'b, 'p, D> {
    device: &'r D,
    batch: &'r Batch<'b, 'p>,
    pool: Option<&'r rayon::ThreadPool>,
    /// Threads that drive slots.
    threads: u32,
    /// The next of the runs that the images are cut in.
    next: AtomicUsize,
    /// Series started.
    started: AtomicUsize,
    /// Held by every series, and by one for which there is no memory beside others for itself.
    alone: RwLock<()>,
    /// Why the device is of no more use.
    lost: Mutex<Option<Failure>>,
}

impl<'p, D: Device> Run<'_, '_, 'p, D> {
    /// Plans images and runs them, in one series if their size allows.
    fn images(&self, slot: usize, images: &[usize]) -> Result<(), Failure> {
        let prepare = |&image: &usize| (self.batch.prepare)(image);
        let parts: Vec<Result<Part<'p>, Refusal>> = match self.pool {
            Some(pool) if images.len() > 1 => pool.install(|| images.par_iter().map(prepare).collect()),
            _ => images.iter().map(prepare).collect(),
        };
        // As many series as there are slots, and the outputs that are kept.
        let most = self.device.budget() / (self.device.slots() as u64 + 1);
        let mut cut = Cut::default();
        for (&image, part) in images.iter().zip(parts) {
            match part {
                Err(refusal) => (self.batch.done)(image, Err(refusal)),
                Ok(part) => {
                    if !cut.size.followed_by(&part.size).fits() || cut.device_bytes + part.device_bytes() > most {
                        self.series(slot, std::mem::take(&mut cut), most)?;
                    }
                    cut.push(image, part);
                }
            }
        }
        self.series(slot, cut, most)
    }

    /// Runs images as a series. Where there is no memory for it, it is run alone, then in halves; an image that is too large even
    /// alone is declined.
    fn series(&self, slot: usize, cut: Cut<'p>, most: u64) -> Result<(), Failure> {
        if cut.parts.is_empty() {
            return Ok(());
        }
        let mut alone = cut.device_bytes > most;
        let mut cuts = vec![cut];
        while let Some(mut cut) = cuts.pop() {
            let (mut shared, mut exclusive) = (None, None);
            match alone {
                true => exclusive = Some(self.alone.write().unwrap_or_else(PoisonError::into_inner)),
                false => shared = Some(self.alone.read().unwrap_or_else(PoisonError::into_inner)),
            }
            // Its share of the device: how many blocks a warp takes depends on what else there is to do.
            let share = if alone { 1 } else { self.threads.max(1) };
            let series = Series::new(cut.parts, self.device.multiprocessors().div_ceil(share));
            let number = self.started.fetch_add(1, Ordering::Relaxed);
            let output = if self.batch.keep { Output::Kept(number) } else { Output::Host };
            let running = Running { series: &series, slot, output, alone, shared: self.threads > 1, pool: self.pool };
            let ran = self.device.run(running, |left| self.tell(&cut.images, &series, number, left));
            drop((shared.take(), exclusive.take()));
            match ran {
                Ok(()) => {}
                Err(Failure::Memory(why)) => {
                    cut.parts = series.into_parts();
                    match (alone, cut.parts.len()) {
                        (false, _) => cuts.push(cut),
                        (true, 1) => (self.batch.done)(cut.images[0], Err(Refusal::Declined(why))),
                        (true, _) => cuts.extend(cut.halved().into_iter().rev()),
                    }
                    alone = true;
                }
                Err(lost) => return Err(lost),
            }
        }
        Ok(())
    }

    /// Tells of the images of a series that has been run.
    fn tell(&self, images: &[usize], series: &Series<'p>, kept: usize, Left { status, output }: Left) {
        let done = self.batch.done;
        let tell = |(part, (&image, verdict)): (usize, (&usize, Result<(), crate::Error>))| match verdict {
            Ok(()) => done(image, Ok(Landed { series, part, output, kept })),
            Err(error) => done(image, Err(Refusal::Failed(error))),
        };
        let verdicts = series.verdicts(status);
        match self.pool {
            Some(pool) if images.len() > 1 && !output.is_empty() => {
                pool.install(|| images.par_iter().zip(verdicts).enumerate().for_each(tell));
            }
            _ => images.iter().zip(verdicts).enumerate().for_each(tell),
        }
    }
}
