//! The way in: bytes and a request go in, samples come out.

mod device;
mod many;

pub use device::GpuInfo;

use std::fmt;
use std::panic::AssertUnwindSafe;

use crate::coded::Coded;
use crate::codestream::Codestream;
use crate::cpu;
use crate::cpu::simd::Simd;
use crate::cuda;
use crate::error::Error;
use crate::geometry::Rect;
use crate::limits::Limits;
use crate::plan::{self, DecodePlan, Incomplete, PlaneLayout, Planner};
use crate::request::DecodeRequest;
use crate::samples::{SampleType, Samples, SamplesMut};
use crate::threads::Threads;

/// Where decoding runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// The fastest that works here.
    #[default]
    Auto,
    /// The processor, with its vector instructions.
    Cpu,
    /// An NVIDIA GPU, or an error.
    Cuda,
}

/// One decoded component at its own size.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// First column and row on the component's own (reduced) grid.
    pub origin: (u32, u32),
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bits of a sample.
    pub bits: u8,
    /// Whether samples are signed.
    pub signed: bool,
    /// `width * height` samples, row by row.
    pub samples: Samples,
}

/// Decoded components, each at its own size.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// The wanted components in the order asked for.
    pub components: Vec<Plane>,
    /// How far the data reach, where they are cut off.
    pub incomplete: Option<Incomplete>,
}

/// Decoded components of one size and type, interleaved pixel by pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct Interleaved {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Samples of one pixel.
    pub components: u16,
    /// Bits of a sample.
    pub bits: u8,
    /// Whether samples are signed.
    pub signed: bool,
    /// `width * height * components` samples.
    pub samples: Samples,
    /// How far the data reach, where they are cut off.
    pub incomplete: Option<Incomplete>,
}

impl Interleaved {
    /// Zeros.
    pub(crate) fn new(layout: &Layout, incomplete: Option<&Incomplete>) -> Self {
        let &Layout { width, height, components, bits, signed, .. } = layout;
        Self { width, height, components, bits, signed, samples: layout.samples(), incomplete: incomplete.copied() }
    }
}

/// Where decoded samples are written.
pub enum Target<'a> {
    /// Interleaved samples in memory. The type must be [`SampleType::for_bits`] of the image.
    Host {
        /// At least `pitch * (height - 1) + width * components` samples.
        samples: SamplesMut<'a>,
        /// Samples from one row to the next, at least `width * components`.
        pitch: usize,
    },
    /// Interleaved samples in the memory of the decoder's GPU, of the type [`SampleType::for_bits`] of the image. They are
    /// there when the call returns.
    Device(cuda::DeviceMemory<'a>),
}

/// Size and type of interleaved output, known before decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Samples of one pixel.
    pub components: u16,
    /// Bits of a sample.
    pub bits: u8,
    /// Whether samples are signed.
    pub signed: bool,
    /// Numeric type of a sample.
    pub kind: SampleType,
}

impl Layout {
    /// Samples of one row without a gap.
    pub fn row(&self) -> usize {
        self.width as usize * usize::from(self.components)
    }

    /// Zeros for rows without gaps, to be used as a [`Target::Host`].
    pub fn samples(&self) -> Samples {
        Samples::zeros(self.kind, self.row() * self.height as usize)
    }
}

/// Why no GPU decodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoGpu {
    /// [`Backend::Cpu`] was chosen.
    Unwanted,
    /// There is none that can be used, for this reason.
    Unusable(String),
}

impl fmt::Display for NoGpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unwanted => "the CPU was asked for",
            Self::Unusable(why) => why,
        })
    }
}

/// A decoder: a backend, its threads, and working memory that is reused from image to image. One decoder may be used by
/// several threads at a time.
pub struct Decoder {
    threads: Threads,
    simd: Simd,
    cuda: Result<cuda::Engine, NoGpu>,
    planner: Planner,
    workspaces: cpu::Workspaces<cpu::Workspace>,
}

impl Decoder {
    /// A decoder with one thread per core.
    ///
    /// # Errors
    /// [`Error::Device`] where `backend` is [`Backend::Cuda`] and CUDA cannot be used.
    pub fn new(backend: Backend) -> Result<Self, Error> {
        let cuda = match backend {
            Backend::Cpu => Err(NoGpu::Unwanted),
            Backend::Auto => cuda::Engine::open(false).map_err(NoGpu::Unusable),
            Backend::Cuda => Ok(cuda::Engine::open(true).map_err(|why| Error::Device { why })?),
        };
        Ok(Self {
            threads: Threads::default(),
            simd: Simd::detect(),
            cuda,
            planner: Planner::new(),
            workspaces: cpu::Workspaces::default(),
        })
    }

    /// Uses `threads` threads; 0 means one per core. With 1 everything runs on the caller's thread.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Threads::new(threads);
        self
    }

    /// Uses `count` GPUs instead of one, or all that there are for 0; images of a batch are spread over them. Without a GPU
    /// nothing changes.
    ///
    /// # Errors
    /// [`Error::Device`] where there are not so many, or one of them cannot be used.
    pub fn gpus(self, count: usize) -> Result<Self, Error> {
        if let Ok(engine) = &self.cuda {
            engine.use_gpus(count).map_err(|why| Error::Device { why })?;
        }
        Ok(self)
    }

    /// Uses this instruction set instead of the best that the processor has: [`Simd::SCALAR`], plain Rust, is the reference that
    /// the others are tested against.
    pub fn simd(mut self, simd: Simd) -> Self {
        self.simd = simd;
        self
    }

    /// What decodes, and why not CUDA unless the CPU was asked for, for people.
    pub fn description(&self) -> String {
        let threads = match self.threads.count() {
            1 => "1 thread".to_owned(),
            count => format!("{count} threads"),
        };
        let cpu = format!("CPU {} x {threads}", self.simd.name());
        let gpu = self.cuda.as_ref().map_err(NoGpu::clone);
        match gpu.and_then(|gpu| gpu.description().map_err(NoGpu::Unusable)) {
            Ok((device, None)) => format!("CUDA {device}"),
            Ok((device, Some(declined))) => format!("CUDA {device}, at times {cpu} ({declined})"),
            Err(NoGpu::Unwanted) => cpu,
            Err(NoGpu::Unusable(why)) => format!("{cpu} (not CUDA: {why})"),
        }
    }

    /// Decodes components, each at its own size.
    ///
    /// # Errors
    /// Bytes that are damaged or not supported, a request that does not fit, or more than `limits` allow; bytes that are cut
    /// off before there is any picture, or at all where the request is strict. Samples are given only where all of them
    /// are right, as far as the data reach.
    pub fn decode<'a>(&self, coded: impl Into<Coded<'a>>, request: &DecodeRequest, limits: &Limits) -> Result<Image, Error> {
        guarded(|| {
            let workers = self.workers();
            let plan = self.plan(workers.pool, coded.into(), request, limits)?;
            self.planes(workers, &plan, limits)
        })
    }

    /// Decodes components of one size and type into interleaved pixels.
    ///
    /// # Errors
    /// As [`Self::decode`], and [`Error::Request`] where the components differ.
    pub fn decode_interleaved<'a>(
        &self,
        coded: impl Into<Coded<'a>>,
        request: &DecodeRequest,
        limits: &Limits,
    ) -> Result<Interleaved, Error> {
        self.picture(self.workers(), coded.into(), request, limits)
    }

    /// Decodes components of one size and type to where the caller says. Gives their layout, and how far the data reach
    /// where they are cut off.
    ///
    /// # Errors
    /// As [`Self::decode_interleaved`], and [`Error::Request`] where the target does not fit; [`Error::Device`] for a target on
    /// the GPU where it is not the GPU that decodes the image. The target's samples are meaningless after an error.
    pub fn decode_into<'a>(
        &self,
        coded: impl Into<Coded<'a>>,
        request: &DecodeRequest,
        limits: &Limits,
        target: Target,
    ) -> Result<(Layout, Option<Incomplete>), Error> {
        guarded(|| {
            let workers = self.workers();
            let plan = self.plan(workers.pool, coded.into(), request, limits)?;
            let layout = layout(&plan)?;
            let (samples, pitch) = match target {
                Target::Host { samples, pitch } => (samples, pitch),
                Target::Device(memory) => {
                    self.to_device(&plan, memory.rows(&layout)?)?;
                    return Ok((layout, plan.incomplete().copied()));
                }
            };
            let row = layout.row();
            let least = (layout.height as usize).checked_sub(1).map_or(Some(0), |rows| rows.checked_mul(pitch)?.checked_add(row));
            if samples.kind() != layout.kind || pitch < row || least.is_none_or(|least| samples.len() < least) {
                return Err(Error::request(format!(
                    "the target holds {} {:?} samples at a pitch of {pitch}, the image is {layout:?}",
                    samples.len(),
                    samples.kind()
                )));
            }
            self.interleave(workers, &plan, samples, pitch, limits)?;
            Ok((layout, plan.incomplete().copied()))
        })
    }

    /// Size and type of the interleaved output of a request, from the headers alone.
    ///
    /// # Errors
    /// As [`Self::decode_interleaved`], without reading packets.
    pub fn layout<'a>(&self, coded: impl Into<Coded<'a>>, request: &DecodeRequest, limits: &Limits) -> Result<Layout, Error> {
        let codestream = Codestream::parse(coded, limits)?;
        layout_of(&plan::layouts(&codestream, request)?)
    }

    /// The plan of a request, with all bytes that running it takes; the threads of `pool`, if there is one, help.
    fn plan<'a>(
        &self,
        pool: Option<&rayon::ThreadPool>,
        coded: Coded<'a>,
        request: &DecodeRequest,
        limits: &Limits,
    ) -> Result<DecodePlan<'a>, Error> {
        let mut plan = self.planner.plan_on(pool, &Codestream::parse(coded, limits)?, request, limits)?;
        plan.load(limits)?;
        Ok(plan)
    }

    /// Everything that there is.
    fn workers(&self) -> Workers<'_> {
        Workers { gpus: self.cuda.as_ref().ok(), pool: self.threads.pool() }
    }

    fn picture(&self, workers: Workers, coded: Coded, request: &DecodeRequest, limits: &Limits) -> Result<Interleaved, Error> {
        guarded(|| {
            let plan = self.plan(workers.pool, coded, request, limits)?;
            let layout = layout(&plan)?;
            let mut picture = Interleaved::new(&layout, plan.incomplete());
            self.interleave(workers, &plan, picture.samples.as_mut(), layout.row(), limits)?;
            Ok(picture)
        })
    }

    fn planes(&self, workers: Workers, plan: &DecodePlan, limits: &Limits) -> Result<Image, Error> {
        let layouts = plan.planes();
        let mut all: Vec<Samples> = layouts.iter().map(|p| Samples::zeros(p.kind, p.rect.area() as usize)).collect();
        let targets = all.iter_mut().map(Samples::as_mut).collect();
        self.run(workers, plan, cpu::Samples::Planar(targets), limits)?;
        let mut all: Vec<Option<Samples>> = all.into_iter().map(Some).collect();
        let plane = |&place: &usize| {
            let PlaneLayout { rect, bits, signed, .. } = layouts[place];
            let samples = all[place].take().expect("each plane is wanted at most once");
            Plane { origin: (rect.x0, rect.y0), width: rect.width(), height: rect.height(), bits, signed, samples }
        };
        Ok(Image { components: plan.wanted().iter().map(plane).collect(), incomplete: plan.incomplete().copied() })
    }

    fn interleave(
        &self,
        workers: Workers,
        plan: &DecodePlan,
        mut samples: SamplesMut,
        pitch: usize,
        limits: &Limits,
    ) -> Result<(), Error> {
        if plan.in_order() {
            return self.run(workers, plan, cpu::Samples::Interleaved(samples, pitch), limits);
        }
        // Components were left out of a colour transform, or it comes first but was not asked for first. Then there are
        // planes beside the pixels.
        let limits = &Limits { bytes: limits.bytes.saturating_sub((samples.len() * samples.kind().bytes()) as u64), ..*limits };
        Limits::check("bytes of memory", plan.bytes(), limits.bytes)?;
        let image = self.planes(workers, plan, limits)?;
        let (width, step) = (image.components[0].width as usize, image.components.len());
        for (c, plane) in image.components.iter().enumerate() {
            samples.scatter(&plane.samples, width, c, step, pitch);
        }
        Ok(())
    }

    fn run(&self, workers: Workers, plan: &DecodePlan, samples: cpu::Samples, limits: &Limits) -> Result<(), Error> {
        let mut work = [(plan, cuda::Target::Host(samples))];
        let done = workers.gpus.and_then(|engine| engine.run(&mut work, workers.pool).pop()).unwrap_or(Ok(false))?;
        match work {
            [(_, cuda::Target::Host(samples))] if !done => self.run_on_cpu(workers.pool, plan, samples, limits),
            _ => Ok(()),
        }
    }

    fn run_on_cpu(
        &self,
        pool: Option<&rayon::ThreadPool>,
        plan: &DecodePlan,
        samples: cpu::Samples,
        limits: &Limits,
    ) -> Result<(), Error> {
        let bytes = limits.bytes.saturating_sub(plan.bytes());
        let threads = pool.map_or(1, rayon::ThreadPool::current_num_threads);
        let context = cpu::Context { simd: self.simd, threads, workspaces: &self.workspaces, bytes };
        match pool {
            None => cpu::run(plan, samples, context),
            Some(pool) => pool.install(|| cpu::run(plan, samples, context)),
        }
    }
}

/// What an image is decoded by.
#[derive(Clone, Copy)]
struct Workers<'w> {
    /// The GPUs, if they may be used.
    gpus: Option<&'w cuda::Engine>,
    /// The threads that help; without any all is done by the caller's.
    pool: Option<&'w rayon::ThreadPool>,
}

/// Runs a decode or an encode so that a mistake of the codec fails this image and not the program.
pub(crate) fn guarded<R>(work: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(Error::Internal { why: text.unwrap_or("no reason was given").to_owned() })
    })
}

pub(crate) fn layout(plan: &DecodePlan) -> Result<Layout, Error> {
    let wanted: Vec<PlaneLayout> = plan.wanted().iter().map(|&place| plan.planes()[place]).collect();
    layout_of(&wanted)
}

/// The common layout of components.
fn layout_of(planes: &[PlaneLayout]) -> Result<Layout, Error> {
    let first = planes[0];
    for p in planes {
        let different = |what, a: String, b: String| {
            Err(Error::request(format!(
                "components {} and {} cannot be interleaved: their {what} differs, {a} and {b}",
                first.component, p.component
            )))
        };
        if p.rect != first.rect {
            let size = |r: Rect| format!("{} x {} from ({}, {})", r.width(), r.height(), r.x0, r.y0);
            return different("size", size(first.rect), size(p.rect));
        }
        if p.bits != first.bits || p.signed != first.signed {
            let kind = |p: PlaneLayout| format!("{} bits {}", p.bits, if p.signed { "signed" } else { "unsigned" });
            return different("type", kind(first), kind(*p));
        }
    }
    let PlaneLayout { rect, bits, signed, kind, .. } = first;
    Ok(Layout { width: rect.width(), height: rect.height(), components: planes.len() as u16, bits, signed, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_decoder_serves_several_threads() {
        fn shared<T: Send + Sync>(_: &T) {}
        let decoder = Decoder::new(Backend::Cpu).unwrap();
        shared(&decoder);
        assert!(decoder.threads(1).description().ends_with("1 thread"));
    }

    #[test]
    fn cuda_is_refused_with_the_reason() {
        let Err(why) = cuda::probe() else { return };
        assert!(matches!(Decoder::new(Backend::Cuda), Err(Error::Device { why: told }) if told == why));
        assert!(Decoder::new(Backend::Auto).unwrap().description().contains(&format!("not CUDA: {why}")));
    }

    #[test]
    fn a_panic_becomes_an_error() {
        let result: Result<(), Error> = guarded(|| panic!("row {} is missing", 3));
        assert_eq!(result, Err(Error::Internal { why: "row 3 is missing".into() }));
    }
}
