//! Many images on one device, cut in series. Drivers take one series after the other: a driver plans and packs it, starts it, and
//! only then waits for the one that it started before. What one driver waits for is the others' time, so that planning, copies and
//! kernels overlap. Where there are series enough each driver is one of the processor's threads and does all by itself, which
//! takes no agreement between threads; few drivers have the help of all threads with each series.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

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

    /// Starts a series in a slot where none is under way. Where `alone`, none is under way in any slot, and the memory that the
    /// others hold is given back first.
    ///
    /// # Errors
    /// Then nothing is under way in the slot.
    fn start(&self, running: Running) -> Result<(), Failure>;

    /// Waits for the series of a slot; where others have work meanwhile (`patient`), the processor's time is theirs. `left` is
    /// given what the series leaves.
    fn finish<R>(&self, slot: usize, patient: bool, left: impl FnOnce(Left) -> R) -> Result<R, Failure>;
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
pub(super) struct Left<'l> {
    /// Of each job of a block.
    pub status: &'l [u32],
    /// The output, if it was wanted on the host.
    pub output: &'l [u8],
}

/// Makes something of an image, with the help of threads if it is given any.
pub(crate) type ByImage<'b, T> = dyn Fn(usize, Option<&rayon::ThreadPool>) -> T + Sync + 'b;

/// Images for a device.
pub(super) struct Batch<'b, 'p> {
    /// Their numbers, which the other fields speak of.
    pub images: &'b [usize],
    /// About how many coded bytes an image has.
    pub coded: &'b (dyn Fn(usize) -> u64 + Sync),
    /// Whether the output is kept on the device.
    pub keep: bool,
    /// Makes the part of an image, with the help of threads if it is given any.
    pub prepare: &'b ByImage<'b, Result<Part<'p>, Refusal>>,
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

/// Series for each thread: while one runs on the device the next is made.
const SERIES: usize = 2;
/// Coded bytes of a series: fewer do not fill a device's share, more do not make it faster.
const LEAST_CODED: u64 = 1 << 20;
const MOST_CODED: u64 = 24 << 20;
/// Drivers that have enough to do without help, and how many there are where they do not.
const MANY: usize = 8;
const HELPED: usize = 4;
/// Slots of a driver: of the series that it makes, and of the one that it waits for.
const SLOTS: usize = 2;

/// Runs a batch. Then nothing is under way; images that [`Batch::done`] was not told of have not been run.
///
/// # Errors
/// [`Failure::Lost`] alone.
pub(super) fn run<D: Device>(device: &D, batch: &Batch, pool: Option<&rayon::ThreadPool>) -> Result<(), Failure> {
    let threads = pool.map_or(1, rayon::ThreadPool::current_num_threads);
    let cuts = cut(batch, SERIES * threads);
    let most = (device.slots() / SLOTS).min(cuts.len());
    let by_itself = most > 1 && most >= MANY.min(threads / 2);
    let drivers = most.min(if by_itself { threads } else { HELPED });
    let run = Run {
        device,
        batch,
        pool: pool.filter(|_| !by_itself),
        drivers,
        next: AtomicUsize::new(0),
        started: AtomicUsize::new(0),
        alone: RwLock::new(()),
    };
    let lost = Mutex::new(None);
    let drive = |driver: usize| {
        if let Err(failure) = run.drive(driver, &cuts) {
            // Nobody begins another series.
            run.next.store(cuts.len(), Ordering::Relaxed);
            *lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        }
    };
    match (drivers, pool) {
        (0, _) => {}
        (1, _) => drive(0),
        (_, Some(pool)) if by_itself => pool.in_place_scope(|scope| {
            (0..drivers).for_each(|driver| scope.spawn(move |_| drive(driver)));
        }),
        _ => std::thread::scope(|scope| {
            (1..drivers).for_each(|driver| drop(scope.spawn(move || drive(driver))));
            drive(0);
        }),
    }
    lost.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Cuts the images of a batch in about `count` runs of about equal size.
fn cut<'b>(batch: &Batch<'b, '_>, count: usize) -> Vec<&'b [usize]> {
    let whole: u64 = batch.images.iter().map(|&n| (batch.coded)(n)).sum();
    let enough = (whole / count as u64).clamp(LEAST_CODED, MOST_CODED);
    let (mut cuts, mut first, mut bytes) = (Vec::new(), 0, 0);
    for (n, &image) in batch.images.iter().enumerate() {
        // What is over half is another run's.
        let more = (batch.coded)(image);
        if n > first && bytes + more / 2 > enough {
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
    /// The threads that help each driver.
    pool: Option<&'r rayon::ThreadPool>,
    drivers: usize,
    /// The next of the runs that the images are cut in.
    next: AtomicUsize,
    /// Series started.
    started: AtomicUsize,
    /// Held by every series, and by one for which there is no memory beside others for itself.
    alone: RwLock<()>,
}

/// A driver and the series that it has under way.
struct Driver<'a, 'p> {
    /// The slot of the next series.
    slot: usize,
    under_way: Option<UnderWay<'a, 'p>>,
}

/// A series that has been started.
struct UnderWay<'a, 'p> {
    images: Vec<usize>,
    series: Series<'p>,
    number: usize,
    slot: usize,
    _shared: RwLockReadGuard<'a, ()>,
}

impl<'p, D: Device> Run<'_, '_, 'p, D> {
    /// Takes one run of images after the other.
    fn drive(&self, driver: usize, cuts: &[&[usize]]) -> Result<(), Failure> {
        let mut driver = Driver { slot: SLOTS * driver, under_way: None };
        let mut result = Ok(());
        while let Some(images) = cuts.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            result = self.images(&mut driver, images);
            if result.is_err() {
                break;
            }
        }
        // Nothing is left under way, whatever has failed.
        result.and(self.finish(&mut driver))
    }

    /// Plans images and starts them, in one series if their size allows.
    fn images<'a>(&'a self, driver: &mut Driver<'a, 'p>, images: &[usize]) -> Result<(), Failure> {
        let prepare = |&image: &usize| (self.batch.prepare)(image, self.pool);
        let parts: Vec<Result<Part<'p>, Refusal>> = match self.pool {
            Some(pool) if images.len() > 1 => pool.install(|| images.par_iter().map(prepare).collect()),
            _ => images.iter().map(prepare).collect(),
        };
        let mut cut = Cut::default();
        for (&image, part) in images.iter().zip(parts) {
            match part {
                Err(refusal) => (self.batch.done)(image, Err(refusal)),
                Ok(part) => {
                    if !cut.size.followed_by(&part.size).fits() || cut.device_bytes + part.device_bytes() > self.most() {
                        self.series(driver, std::mem::take(&mut cut))?;
                    }
                    cut.push(image, part);
                }
            }
        }
        self.series(driver, cut)
    }

    /// Most bytes of a series: each slot has as many, and the outputs that are kept.
    fn most(&self) -> u64 {
        self.device.budget() / (SLOTS * self.drivers.max(1) + 1) as u64
    }

    /// Starts images as a series, then waits for the one before. Where there is no memory for it, it is run alone, then in halves;
    /// an image that is too large even alone is declined.
    fn series<'a>(&'a self, driver: &mut Driver<'a, 'p>, cut: Cut<'p>) -> Result<(), Failure> {
        let mut alone = cut.device_bytes > self.most();
        let mut cuts = vec![cut];
        while let Some(mut cut) = cuts.pop().filter(|cut| !cut.parts.is_empty()) {
            let (mut shared, mut exclusive) = (None, None);
            if alone {
                self.finish(driver)?;
                exclusive = Some(self.alone.write().unwrap_or_else(PoisonError::into_inner));
            } else {
                // A driver that holds on to a series may not wait for one that wants to be alone.
                shared = self.alone.try_read().ok();
                if shared.is_none() {
                    self.finish(driver)?;
                    shared = Some(self.alone.read().unwrap_or_else(PoisonError::into_inner));
                }
            }
            // Its share of the device: how many blocks a warp takes depends on what else there is to do.
            let share = if alone { 1 } else { self.drivers.max(1) as u32 };
            let series = Series::new(cut.parts, self.device.multiprocessors().div_ceil(share));
            let (slot, number) = (driver.slot, self.started.fetch_add(1, Ordering::Relaxed));
            let output = if self.batch.keep { Output::Kept(number) } else { Output::Host };
            match self.device.start(Running { series: &series, slot, output, alone, pool: self.pool }) {
                Ok(()) => match shared {
                    Some(shared) => {
                        driver.slot ^= 1;
                        let started = UnderWay { images: cut.images, series, number, slot, _shared: shared };
                        if let Some(before) = driver.under_way.replace(started) {
                            self.end(before)?;
                        }
                    }
                    None => self.tell_of(&cut.images, &series, number, slot)?,
                },
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
            drop(exclusive);
        }
        Ok(())
    }

    /// Waits for what a driver has under way.
    fn finish(&self, driver: &mut Driver<'_, 'p>) -> Result<(), Failure> {
        driver.under_way.take().map_or(Ok(()), |series| self.end(series))
    }

    fn end(&self, UnderWay { images, series, number, slot, .. }: UnderWay<'_, 'p>) -> Result<(), Failure> {
        self.tell_of(&images, &series, number, slot)
    }

    /// Waits for a series and tells of its images.
    fn tell_of(&self, images: &[usize], series: &Series<'p>, number: usize, slot: usize) -> Result<(), Failure> {
        self.device.finish(slot, self.drivers > 1, |left| self.tell(images, series, number, left))
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
