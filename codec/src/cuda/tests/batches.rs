//! Batches: cut in series, run in slots, and what becomes of them where there is no memory or a device is lost.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Left as Ran, emulator, files};
use crate::cuda::batch::{self, Batch, Device, Failure, Landed, Left, Running};
use crate::cuda::part::{Form, Part, Refusal};
use crate::plan::DecodePlan;
use crate::threads::Threads;
use crate::{Backend, DecodeRequest, Decoder, Error, Interleaved, Limits};
use lightbox_kernels::device::CodedBlock;

/// A device that is the emulator, or does nothing, and fails when it is told to.
struct Pretended<F> {
    program: Option<&'static Path>,
    budget: u64,
    /// Whether a series fails, by its number of images and how many others are under way.
    fails: F,
    slots: Mutex<[Option<Ran>; 6]>,
    /// Images of each series that was started.
    started: Mutex<Vec<usize>>,
}

impl<F: Fn(usize, usize) -> Option<Failure> + Sync> Pretended<F> {
    fn new(program: Option<&'static Path>, budget: u64, fails: F) -> Self {
        Self { program, budget, fails, slots: Mutex::default(), started: Mutex::default() }
    }

    /// Images of each series, once nothing is under way.
    fn started(self) -> Vec<usize> {
        assert!(self.slots.into_inner().expect("no test has failed").iter().all(Option::is_none), "a series is under way");
        self.started.into_inner().expect("no test has failed")
    }
}

impl<F: Fn(usize, usize) -> Option<Failure> + Sync> Device for Pretended<F> {
    fn slots(&self) -> usize {
        6
    }

    fn multiprocessors(&self) -> u32 {
        4
    }

    fn budget(&self) -> u64 {
        self.budget
    }

    fn start(&self, run: Running) -> Result<(), Failure> {
        let (series, parts) = (run.series, run.series.parts().len());
        let mut slots = self.slots.lock().expect("no test has failed");
        let others = slots.iter().flatten().count();
        assert!(slots[run.slot].is_none(), "slot {} is not free", run.slot);
        assert!(!run.alone || others == 0, "a series that is to run alone does not");
        if let Some(failure) = (self.fails)(parts, others) {
            return Err(failure);
        }
        self.started.lock().expect("no test has failed").push(parts);
        slots[run.slot] = Some(match self.program {
            Some(program) => emulator::run(program, series, series.size.output as usize),
            None => Ran {
                status: vec![CodedBlock::SOUND; series.blocks()],
                samples: Vec::new(),
                output: vec![0; series.size.output as usize],
            },
        });
        Ok(())
    }

    fn finish<R>(&self, slot: usize, _: bool, left: impl FnOnce(Left) -> R) -> Result<R, Failure> {
        let ran = self.slots.lock().expect("no test has failed")[slot].take();
        let Ran { status, output, .. } = ran.expect("the slot runs a series");
        Ok(left(Left { status: &status, output: &output }))
    }
}

/// What a batch tells of its images.
type Told = Vec<Option<Result<Vec<u8>, Refusal>>>;

/// Runs a batch of codestreams, and gives what was told of each.
fn run(device: &impl Device, images: &[&[u8]], threads: usize) -> (Told, Result<(), Failure>) {
    let (limits, threads) = (Limits::default(), Threads::new(threads));
    let told: Mutex<Told> = Mutex::new(images.iter().map(|_| None).collect());
    let prepare = |n: usize, pool: Option<&rayon::ThreadPool>| {
        let codestream = crate::codestream::Codestream::parse(images[n], &limits)?;
        let plan = DecodePlan::new(&codestream, &DecodeRequest::default(), &limits)?;
        Part::new(Cow::Owned(plan), Form::Interleaved, pool)
    };
    let done = |n: usize, result: Result<Landed, Refusal>| {
        let pixels = result.map(|landed| {
            let area = |p: &crate::plan::PlaneLayout| p.rect.area() as usize * p.kind.bytes();
            landed.bytes(0)[..landed.plan().planes().iter().map(area).sum()].to_vec()
        });
        let before = told.lock().expect("no test has failed")[n].replace(pixels);
        assert!(before.is_none(), "image {n} is told of twice");
    };
    let numbers: Vec<usize> = (0..images.len()).collect();
    let coded = |n: usize| images[n].len() as u64;
    let batch = Batch { images: &numbers, coded: &coded, keep: false, prepare: &prepare, done: &done };
    let result = batch::run(device, &batch, threads.pool());
    (told.into_inner().expect("no test has failed"), result)
}

fn stream() -> Option<Vec<u8>> {
    files::read("htj2k-conformance/ds0_ht_02_b12.j2k")
}

#[test]
fn a_batch_in_many_series_equals_the_cpu() {
    let names = ["ds0_ht_01_b11.j2k", "ds0_ht_09_b11.j2k", "hifi_ht1_02.j2k", "ds0_ht_02_b12.j2k"];
    let streams: Vec<Vec<u8>> = names.iter().filter_map(|name| files::read(&format!("htj2k-conformance/{name}"))).collect();
    let Some(program) = emulator::built().filter(|_| !streams.is_empty()) else { return };
    let mut images: Vec<&[u8]> = streams.iter().chain(&streams).chain(&streams).map(Vec::as_slice).collect();
    let cut = &streams[0][..60];
    images.insert(5, cut);
    let cpu = Decoder::new(Backend::Cpu).expect("the CPU is always there");
    let expected: Vec<Result<Interleaved, Error>> =
        images.iter().map(|bytes| cpu.decode_interleaved(bytes, &DecodeRequest::default(), &Limits::default())).collect();
    for threads in [1, 3] {
        // A few images at a time.
        let device = Pretended::new(Some(program), 1 << 20, |_, _| None);
        let (told, result) = run(&device, &images, threads);
        assert_eq!(result, Ok(()));
        for (n, (told, expected)) in told.into_iter().zip(&expected).enumerate() {
            match (told, expected) {
                (Some(Ok(pixels)), Ok(expected)) => assert!(pixels == expected.samples.as_bytes(), "image {n}"),
                (Some(Err(Refusal::Failed(error))), Err(expected)) => assert_eq!(&error, expected),
                (told, _) => panic!("image {n}: {:?}", told.map(|t| t.map(|pixels| pixels.len()))),
            }
        }
        let ran = device.started();
        assert!(ran.len() > 3, "{ran:?}");
        assert_eq!(ran.iter().sum::<usize>(), images.len() - 1);
    }
}

#[test]
fn without_memory_series_run_alone_then_in_halves() {
    let Some(bytes) = stream() else { return };
    let images = vec![&bytes[..]; 13];
    // There is memory for three images, and for one series at a time.
    let no_memory = || Some(Failure::Memory("no memory".into()));
    let device = Pretended::new(None, 1 << 30, |parts, under_way| if parts > 3 || under_way > 0 { no_memory() } else { None });
    let (told, result) = run(&device, &images, 2);
    assert_eq!(result, Ok(()));
    assert!(told.iter().all(|told| matches!(told, Some(Ok(_)))), "every image is run");
    let ran = device.started();
    assert!(ran.iter().all(|&parts| parts <= 3) && ran.iter().sum::<usize>() == 13, "{ran:?}");

    let device = Pretended::new(None, 1 << 30, |_, _| no_memory());
    let (told, result) = run(&device, &images, 2);
    assert_eq!(result, Ok(()));
    for told in told {
        assert_eq!(told, Some(Err(Refusal::Declined("no memory".into()))), "the CPU is to decode it");
    }
}

#[test]
fn a_lost_device_ends_a_batch() {
    let Some(bytes) = stream() else { return };
    let images = vec![&bytes[..]; 400];
    let left = AtomicUsize::new(4);
    // Room for two images in a series.
    let device = Pretended::new(None, 2 << 20, |_, _| match left.load(Ordering::Relaxed) {
        0 => Some(Failure::Lost("gone".into())),
        more => {
            left.store(more - 1, Ordering::Relaxed);
            None
        }
    });
    let (told, result) = run(&device, &images, 3);
    assert_eq!(result, Err(Failure::Lost("gone".into())));
    let ran: usize = device.started().iter().sum();
    let known = told.iter().flatten().count();
    assert!(told.iter().flatten().all(Result::is_ok), "nothing is told of what was not run");
    assert!(known == ran && ran < images.len(), "{known} of {ran}");
}
