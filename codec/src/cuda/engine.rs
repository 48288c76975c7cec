//! Which plans go to the GPU, and what becomes of them there.

use std::sync::{Mutex, MutexGuard};

use super::external::{Handle, SharedBuffer};
use super::gpu::{Failure, Gpu};
use super::memory::DeviceRows;
use super::part::{Form, Part, Refusal};
use super::series::Series;
use crate::cpu::Samples;
use crate::decoder::GpuInfo;
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

/// The GPU of a decoder. It runs one series at a time; other threads wait.
pub(crate) struct Engine {
    state: Mutex<State>,
    /// Whether the GPU was asked for: then every plan that it can run goes there, whatever the CPU would take.
    forced: bool,
}

pub(super) struct State {
    /// The GPU, or why it is not used any more.
    pub(super) gpu: Result<Gpu, String>,
    /// Why the last plan that the GPU did not run went to the CPU.
    declined: Option<String>,
}

/// Where the samples of a plan are wanted.
pub(crate) enum Target<'s> {
    /// In the memory of the host.
    Host(Samples<'s>),
    /// In the memory of the device.
    Device(DeviceRows),
}

/// One of many results: the samples of a plan are written, or the CPU is to do it, or nothing can.
pub(crate) type Outcome = Result<bool, Error>;

impl Engine {
    /// # Errors
    /// A sentence that says why there is none.
    pub fn open(forced: bool) -> Result<Self, String> {
        Ok(Self { state: Mutex::new(State { gpu: Ok(Gpu::open()?), declined: None }), forced })
    }

    /// The device, or why no plan runs on it any more.
    pub fn info(&self) -> Result<GpuInfo, String> {
        let state = self.lock();
        let gpu = state.gpu.as_ref().map_err(Clone::clone)?;
        Ok(GpuInfo { name: gpu.name().to_owned(), memory: gpu.memory_bytes() })
    }

    /// The device, and why the last plan that it did not run went to the CPU; or why no plan runs on it any more.
    pub fn description(&self) -> Result<(String, Option<String>), String> {
        let state = self.lock();
        match &state.gpu {
            Ok(gpu) => Ok((gpu.name().to_owned(), state.declined.clone())),
            Err(why) => Err(why.clone()),
        }
    }

    /// Maps memory that another interface to the GPU has exported; see [`crate::Decoder::import`].
    pub fn import(&self, handle: Handle, bytes: u64, device: [u8; 16]) -> Result<SharedBuffer, String> {
        let state = self.lock();
        let gpu = state.gpu.as_ref().map_err(Clone::clone)?;
        gpu.import(handle, bytes, device).map_err(|failure| match failure {
            Failure::Memory(why) | Failure::Lost(why) => why,
        })
    }

    /// Runs plans in as few launch series as the memory allows, each to the target beside it. `pool` are the CPU's threads, if there
    /// is more than one. Afterwards the device is at rest.
    pub fn run(&self, plans: &mut [(&DecodePlan, Target)], pool: Option<&rayon::ThreadPool>) -> Vec<Outcome> {
        let mut state = self.lock();
        let State { gpu, declined } = &mut *state;
        let mut outcomes: Vec<Outcome> = plans.iter().map(|_| Ok(false)).collect();
        let Ok(device) = gpu else { return outcomes };
        let coded = plans.iter().map(|(plan, _)| [plan.coded_bytes(), plan.arithmetic_bytes()]);
        let coded = coded.fold([0; 2], |sum, bytes| [sum[0] + bytes[0], sum[1] + bytes[1]]);
        // What is wanted on the device is decoded there.
        let free = plans.iter().all(|(_, target)| matches!(target, Target::Host(_)));
        if !self.forced && free && !pays(coded, pool.map_or(1, rayon::ThreadPool::current_num_threads)) {
            *declined = Some("small images are decoded on the CPU".into());
            return outcomes;
        }
        let mut parts = Vec::with_capacity(plans.len());
        let mut places = Vec::with_capacity(plans.len());
        let asked: Vec<(&DecodePlan, Form)> = plans.iter().map(|(plan, target)| (*plan, form(target))).collect();
        for (n, part) in Part::all(&asked, pool).into_iter().enumerate() {
            match part {
                Ok(part) => {
                    parts.push(part);
                    places.push(n);
                }
                Err(Refusal::Declined(why)) => *declined = Some(why),
                Err(Refusal::Failed(error)) => outcomes[n] = Err(error),
            }
        }
        let mut results = Vec::with_capacity(parts.len());
        let failure = run_all(device, parts, pool, |device, series| {
            let status = device.run(series, pool)?;
            for (n, verdict) in series.verdicts(&status).into_iter().enumerate() {
                let verdict = match (verdict, &mut plans[places[results.len()]].1) {
                    (Ok(()), Target::Host(samples)) => download(device, series, n, samples).map(|()| Ok(true))?,
                    (Ok(()), Target::Device(_)) => Ok(true),
                    (Err(error), _) => Err(error),
                };
                results.push(verdict);
            }
            Ok(())
        });
        for (&place, result) in places.iter().zip(results) {
            outcomes[place] = result;
        }
        match failure {
            Ok(()) => {}
            Err(Failure::Memory(why)) => *declined = Some(why),
            Err(Failure::Lost(why)) => *gpu = Err(why),
        }
        outcomes
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Runs parts in series that fit into the device's budget, in order.
fn run_all<'p>(
    device: &mut Gpu,
    mut parts: Vec<Part<'p>>,
    pool: Option<&rayon::ThreadPool>,
    mut run: impl FnMut(&mut Gpu, &Series<'p>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    while !parts.is_empty() {
        let mut bytes = 0;
        let fitting = parts.iter().take_while(|part| {
            bytes += part.device_bytes();
            bytes <= device.budget()
        });
        let later = parts.split_off(fitting.count().max(1));
        let (series, rest) = Series::new(parts, device.multiprocessors(), pool);
        run(device, &series)?;
        parts = rest;
        parts.extend(later);
    }
    Ok(())
}

fn form(target: &Target) -> Form {
    match target {
        Target::Host(Samples::Interleaved(..)) => Form::Interleaved,
        Target::Host(Samples::Planar(_)) => Form::Planar,
        Target::Device(rows) => Form::Device(*rows),
    }
}

/// Whether the GPU would be sooner done with `coded` bytes, of which so many `arithmetic`, than `threads` threads of the CPU.
fn pays([coded, arithmetic]: [u64; 2], threads: usize) -> bool {
    let [ht, mq] = [coded - arithmetic, arithmetic].map(|bytes| bytes as f64);
    let passes = if arithmetic > 0 { GPU_ARITHMETIC_RUN } else { 0.0 };
    let gpu = GPU_RUN + GPU_BYTE * ht + passes + GPU_ARITHMETIC_BYTE * mq;
    gpu < (CPU_BYTE * ht + CPU_ARITHMETIC_BYTE * mq) / threads.max(1) as f64
}

/// Copies the pixels of a part to where they are wanted.
fn download(device: &mut Gpu, series: &Series, part: usize, samples: &mut Samples) -> Result<(), Failure> {
    let layouts = series.parts()[part].plan.planes();
    match samples {
        Samples::Interleaved(samples, pitch) => {
            let layout = &layouts[0];
            let row = layout.rect.width() as usize * layouts.len();
            let bytes = row * layout.rect.height() as usize * layout.kind.bytes();
            copy_rows(device.read(series.plane_start(part, 0), bytes)?, samples, row, *pitch);
        }
        Samples::Planar(planes) => {
            for (n, (samples, layout)) in planes.iter_mut().zip(layouts).enumerate() {
                let row = layout.rect.width() as usize;
                let bytes = row * layout.rect.height() as usize * layout.kind.bytes();
                copy_rows(device.read(series.plane_start(part, n), bytes)?, samples, row, row);
            }
        }
    }
    Ok(())
}

/// Copies rows of `row` samples that follow one another to rows that begin `pitch` samples apart.
pub(super) fn copy_rows(from: &[u8], to: &mut SamplesMut, row: usize, pitch: usize) {
    let bytes = row * to.kind().bytes();
    each!(SamplesMut, to, to => {
        for (from, to) in from.chunks_exact(bytes.max(1)).zip(to.chunks_mut(pitch.max(1))) {
            bytemuck::cast_slice_mut(&mut to[..row]).copy_from_slice(from);
        }
    })
}
