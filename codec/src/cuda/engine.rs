//! Which plans go to the GPUs, and what becomes of them there.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use super::batch::{self, Batch, Coming, Failure, Landed, Sent};
use super::external::{Handle, SharedBuffer};
use super::gpu::{self, Gpu};
use super::memory::DeviceRows;
use super::part::{Form, Part, Refusal};
use super::spans::span;
use super::spare::Spare;
use crate::cpu::Samples;
use crate::decoder::{GpuInfo, guarded};
use crate::error::Error;
use crate::plan::DecodePlan;
use crate::samples::{SamplesMut, each};

/// Nanoseconds that one CPU thread takes for a coded byte, and that the GPU takes for a run and for a coded byte with its
/// samples on their way back. `kernels/NOTES.md` has the measurements; they need only be right within a factor of two.
const CPU_BYTE: f64 = 2.7;
const GPU_RUN: f64 = 350_000.0;
const GPU_BYTE: f64 = 0.3;
/// The same for bytes of arithmetic code-blocks: a block takes the GPU long, however many it decodes at a time.
const CPU_ARITHMETIC_BYTE: f64 = 85.0;
const GPU_ARITHMETIC_RUN: f64 = 7_500_000.0;
const GPU_ARITHMETIC_BYTE: f64 = 1.7;

/// The GPUs of a decoder. They run one batch at a time; other threads wait.
pub(crate) struct Engine {
    state: Mutex<State>,
    /// Whether the GPU was asked for: then every plan that it can run goes there, whatever the CPU would take.
    forced: bool,
    spare: Arc<Spare>,
}

pub(super) struct State {
    /// The GPUs, or why none is used any more.
    pub(super) gpus: Result<Vec<Gpu>, String>,
    /// Why the last plan that no GPU ran went to the CPU.
    declined: Option<String>,
}

impl State {
    /// The device that runs alone where only one may, or why there is none any more.
    fn first(&self) -> Result<&Gpu, String> {
        self.gpus.as_ref().map_err(Clone::clone)?.first().ok_or_else(|| "there is no GPU".to_owned())
    }

    /// Why the last plan that no GPU ran was not run.
    pub(super) fn why_not(&self) -> String {
        self.declined.clone().unwrap_or_else(|| "a GPU was lost".into())
    }
}

/// Where the samples of a plan are wanted.
pub(crate) enum Target<'s> {
    /// In the memory of the host.
    Host(Samples<'s>),
    /// In the memory of the first device.
    Device(DeviceRows),
}

/// One of many results: the samples of a plan are written, or the CPU is to do it, or nothing can.
pub(crate) type Outcome = Result<bool, Error>;

/// Makes something of an image, with the help of threads if it is given any.
pub(crate) type ByImage<'b, T> = dyn Fn(usize, Option<&rayon::ThreadPool>) -> T + Sync + 'b;

/// What is asked of a batch, image by image: its plan and how its planes lie.
pub(crate) type Planned<'p> = Result<(Cow<'p, DecodePlan<'p>>, Form), Refusal>;

impl Engine {
    /// # Errors
    /// A sentence that says why there is none.
    pub fn open(forced: bool) -> Result<Self, String> {
        Ok(Self { state: Mutex::new(State { gpus: Ok(vec![Gpu::open(0)?]), declined: None }), forced, spare: Arc::default() })
    }

    /// Uses the first `count` devices, or all for 0.
    ///
    /// # Errors
    /// A sentence that says why one of them cannot be used.
    pub fn use_gpus(&self, count: usize) -> Result<(), String> {
        let count = if count == 0 { gpu::count()? } else { count };
        let mut state = self.lock();
        if let Ok(gpus) = &mut state.gpus {
            gpus.truncate(count);
            while gpus.len() < count {
                gpus.push(Gpu::open(gpus.len())?);
            }
        }
        Ok(())
    }

    /// Uses the device of this UUID alone.
    ///
    /// # Errors
    /// A sentence: there is none, or it cannot be used. Then everything is as before.
    pub fn use_device(&self, uuid: [u8; 16]) -> Result<(), String> {
        let mut state = self.lock();
        let first = state.first()?;
        if first.uuid()? == uuid {
            state.gpus.iter_mut().for_each(|gpus| gpus.truncate(1));
            return Ok(());
        }
        let Some(ordinal) = super::uuids()?.iter().position(|known| *known == uuid) else {
            return Err(format!("what is on the screen is drawn by another device than {}", first.name()));
        };
        state.gpus = Ok(vec![Gpu::open(ordinal)?]);
        Ok(())
    }

    /// The first device, or why no plan runs on it any more.
    pub fn info(&self) -> Result<GpuInfo, String> {
        let state = self.lock();
        let gpu = state.first()?;
        Ok(GpuInfo { name: gpu.name().to_owned(), memory: gpu.memory_bytes() })
    }

    /// Maps memory that another interface to the first device has exported; see [`crate::Decoder::import`].
    pub fn import(&self, handle: Handle, bytes: u64, device: [u8; 16]) -> Result<SharedBuffer, String> {
        let state = self.lock();
        let first = state.first()?;
        if first.uuid()? != device {
            return Err(format!("the memory belongs to another device than {}", first.name()));
        }
        first.import(handle, bytes).map_err(Failure::into_why)
    }

    /// The devices, and why the last plan that they did not run went to the CPU; or why no plan runs on them any more.
    pub fn description(&self) -> Result<(String, Option<String>), String> {
        let state = self.lock();
        match state.gpus.as_deref() {
            Ok([first, others @ ..]) => {
                let also = others.iter().map(|gpu| format!(" + {}", gpu.name()));
                Ok((also.fold(first.name().to_owned(), |all, one| all + &one), state.declined.clone()))
            }
            Ok([]) => Err("there is no GPU".into()),
            Err(why) => Err(why.clone()),
        }
    }

    /// Runs plans side by side, each to the target beside it. `pool` are the CPU's threads, if there is more than one. Afterwards
    /// the devices are at rest.
    pub fn run(&self, plans: &mut [(&DecodePlan, Target)], pool: Option<&rayon::ThreadPool>) -> Vec<Outcome> {
        let work = |plan: &DecodePlan| Work { coded: plan.coded_bytes(), arithmetic: plan.arithmetic_bytes() };
        let work: Work = plans.iter().map(|(plan, _)| work(plan)).sum();
        // What is wanted on the device is decoded there.
        let free = plans.iter().all(|(_, target)| matches!(target, Target::Host(_)));
        if free && !self.takes(|| work, pool) {
            return plans.iter().map(|_| Ok(false)).collect();
        }
        let count = plans.len();
        let (plans, targets): (Vec<_>, Vec<_>) =
            plans.iter_mut().map(|(plan, target)| ((*plan, form(target)), Mutex::new(target))).unzip();
        let planned = |n: usize, _: Option<&rayon::ThreadPool>| Ok((Cow::Borrowed(plans[n].0), plans[n].1));
        let coming = |n: usize| {
            let (plan, about) = (plans[n].0, plans[n].0.coded_bytes());
            Coming { whole: Some(plan.in_memory()).filter(|bytes| about >= bytes.len() as u64 / 2), about }
        };
        let request = Request { count, coming: &coming, one_device: !free, keep: false, planned: &planned };
        self.batch(&request, pool, |n, landed| {
            if let Target::Host(samples) = &mut **targets[n].lock().unwrap_or_else(|poisoned| poisoned.into_inner()) {
                copy(landed, samples);
            }
        })
    }

    /// Whether something is to be decoded on the GPU.
    pub fn takes(&self, work: impl FnOnce() -> Work, pool: Option<&rayon::ThreadPool>) -> bool {
        let takes = self.forced || pays(work(), pool.map_or(1, rayon::ThreadPool::current_num_threads));
        if !takes {
            self.lock().declined = Some("small images are decoded on the CPU".into());
        }
        takes
    }

    /// Runs images, each of which is planned when its turn comes near; `landed` is given the pixels of each.
    pub fn batch<'p>(
        &self,
        request: &Request<'_, 'p>,
        pool: Option<&rayon::ThreadPool>,
        landed: impl Fn(usize, &Landed<'_, 'p>) + Sync,
    ) -> Vec<Outcome> {
        self.run_batch(&mut self.lock(), request, pool, landed)
    }

    /// The same where the state is locked already.
    pub(super) fn run_batch<'p>(
        &self,
        state: &mut State,
        request: &Request<'_, 'p>,
        pool: Option<&rayon::ThreadPool>,
        landed: impl Fn(usize, &Landed<'_, 'p>) + Sync,
    ) -> Vec<Outcome> {
        let &Request { count, coming, one_device, keep, planned } = request;
        let outcomes: Vec<OnceLock<Outcome>> = (0..count).map(|_| OnceLock::new()).collect();
        let declined = Mutex::new(None);
        if let Ok(gpus) = &mut state.gpus {
            let used = if one_device { 1 } else { gpus.len() };
            let prepare = |n: usize, sent: Option<Sent>, pool: Option<&rayon::ThreadPool>| {
                let part = || {
                    let (plan, form) = span("plan", || planned(n, pool))?;
                    span("jobs", || Part::new(plan, form, sent, Some(&self.spare)))
                };
                guarded(|| Ok(part())).unwrap_or_else(|error| Err(error.into()))
            };
            let done = |n: usize, result: Result<Landed<'_, 'p>, Refusal>| {
                let outcome = match result {
                    Ok(pixels) => guarded(|| {
                        landed(n, &pixels);
                        Ok(true)
                    }),
                    Err(Refusal::Failed(error)) => Err(error),
                    Err(Refusal::Declined(why)) => {
                        *declined.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(why);
                        Ok(false)
                    }
                };
                // Each image is told of once.
                let _ = outcomes[n].set(outcome);
            };
            let batch = Batch { count, coming, keep, prepare: &prepare, done: &done };
            let mut lost = batch::run(&gpus[..used], &batch, pool).into_iter();
            let mut last = None;
            gpus.retain(|_| lost.next().flatten().map(|why| last = Some(why)).is_none());
            if gpus.is_empty() {
                state.gpus = Err(last.unwrap_or_default());
            }
        }
        if let Some(why) = declined.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            state.declined = Some(why);
        }
        outcomes.into_iter().map(|outcome| outcome.into_inner().unwrap_or(Ok(false))).collect()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Images for the GPUs.
pub(crate) struct Request<'r, 'p> {
    pub count: usize,
    /// What is known of an image before it is planned.
    pub coming: &'r (dyn Fn(usize) -> Coming<'p> + Sync),
    /// Whether all are to run on the first device.
    pub one_device: bool,
    /// Whether pixels without an address stay on the devices.
    pub keep: bool,
    /// Plans an image.
    pub planned: &'r ByImage<'r, Planned<'p>>,
}

fn form(target: &Target) -> Form {
    match target {
        Target::Host(Samples::Interleaved(..)) => Form::Interleaved,
        Target::Host(Samples::Planar(_)) => Form::Planar,
        Target::Device(rows) => Form::Device(*rows),
    }
}

/// Coded bytes, and those of them that are in arithmetic code-blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    pub coded: u64,
    pub arithmetic: u64,
}

impl std::iter::Sum for Work {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self { coded: a.coded + b.coded, arithmetic: a.arithmetic + b.arithmetic })
    }
}

/// Whether the GPU would be sooner done than `threads` threads of the CPU.
fn pays(Work { coded, arithmetic }: Work, threads: usize) -> bool {
    let [ht, mq] = [coded.saturating_sub(arithmetic), arithmetic].map(|bytes| bytes as f64);
    let passes = if arithmetic > 0 { GPU_ARITHMETIC_RUN } else { 0.0 };
    let gpu = GPU_RUN + GPU_BYTE * ht + passes + GPU_ARITHMETIC_BYTE * mq;
    gpu < (CPU_BYTE * ht + CPU_ARITHMETIC_BYTE * mq) / threads.max(1) as f64
}

/// Copies the pixels of an image to where they are wanted.
fn copy(landed: &Landed, samples: &mut Samples) {
    let layouts = landed.plan().planes();
    match samples {
        Samples::Interleaved(samples, pitch) => {
            copy_rows(landed.bytes(0), samples, layouts[0].rect.width() as usize * layouts.len(), *pitch);
        }
        Samples::Planar(planes) => {
            for (n, (samples, layout)) in planes.iter_mut().zip(layouts).enumerate() {
                let row = layout.rect.width() as usize;
                copy_rows(landed.bytes(n), samples, row, row);
            }
        }
    }
}

/// Copies rows of `row` samples that follow one another to rows that begin `pitch` samples apart.
pub(crate) fn copy_rows(from: &[u8], to: &mut SamplesMut, row: usize, pitch: usize) {
    let bytes = row * to.kind().bytes();
    each!(SamplesMut, to, to => {
        for (from, to) in from.chunks_exact(bytes.max(1)).zip(to.chunks_mut(pitch.max(1))) {
            bytemuck::cast_slice_mut(&mut to[..row]).copy_from_slice(from);
        }
    })
}
