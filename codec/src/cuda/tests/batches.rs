//! Batches: cut in groups, run in slots, and what becomes of them where there is no memory or a device is lost.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Left as Ran, emulator, files};
use crate::cuda::batch::{self, Batch, Coming, Device, Failure, Landed, Left, Running, Sent};
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
    /// What was sent to each slot before its series.
    sent: Mutex<[Vec<u8>; 6]>,
    /// Images of each series that was started.
    started: Mutex<Vec<usize>>,
}

impl<F: Fn(usize, usize) -> Option<Failure> + Sync> Pretended<F> {
    fn new(program: Option<&'static Path>, budget: u64, fails: F) -> Self {
        Self { program, budget, fails, slots: Mutex::default(), sent: Mutex::default(), started: Mutex::default() }
    }

    /// Images of each series, once nothing is under way.
    fn started(self) -> Vec<usize> {
        assert!(self.slots.into_inner().expect("no test has failed").iter().all(Option::is_none), "a series is under way");
        self.started.into_inner().expect("no test has failed")
    }
}

impl Left for Ran {
    fn status(&self) -> &[u32] {
        &self.status
    }

    fn output(&self) -> &[u8] {
        &self.output
    }
}

impl<F: Fn(usize, usize) -> Option<Failure> + Sync> Device for Pretended<F> {
    type Left = Ran;

    fn slots(&self) -> usize {
        6
    }

    fn multiprocessors(&self) -> u32 {
        4
    }

    fn budget(&self) -> u64 {
        self.budget
    }

    fn open(&self, slot: usize, bytes: u64) -> Result<(), Failure> {
        assert!(self.slots.lock().expect("no test has failed")[slot].is_none(), "slot {slot} is not free");
        self.sent.lock().expect("no test has failed")[slot] = vec![0xA5; bytes as usize];
        Ok(())
    }

    fn send(&self, slot: usize, at: u64, len: usize, fill: &dyn Fn(&mut [u8])) -> Result<(), Failure> {
        let mut piece = vec![0xA5; len];
        fill(&mut piece);
        self.sent.lock().expect("no test has failed")[slot][at as usize..][..len].copy_from_slice(&piece);
        Ok(())
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
            Some(program) => {
                let sent = &self.sent.lock().expect("no test has failed")[run.slot];
                emulator::run(program, series, sent, series.size.output as usize)
            }
            None => Ran {
                status: vec![CodedBlock::SOUND; series.blocks()],
                samples: Vec::new(),
                output: vec![0; series.size.output as usize],
            },
        });
        Ok(())
    }

    fn finish(&self, slot: usize) -> Result<Ran, Failure> {
        let ran = self.slots.lock().expect("no test has failed")[slot].take();
        Ok(ran.expect("the slot runs a series"))
    }

    fn recycle(&self, slot: usize, _: Ran) {
        assert!(self.slots.lock().expect("no test has failed")[slot].is_none(), "slot {slot} runs another series");
    }
}

/// What a batch tells of its images.
type Told = Vec<Option<Result<Vec<u8>, Refusal>>>;

/// Runs a batch of codestreams, and gives what was told of each, and why devices were lost. Every third image does not go over before
/// it is planned.
fn run(devices: &[impl Device], images: &[&[u8]], threads: usize) -> (Told, Vec<Option<String>>) {
    let (limits, threads) = (Limits::default(), Threads::new(threads));
    let told: Mutex<Told> = Mutex::new(images.iter().map(|_| None).collect());
    let prepare = |n: usize, sent: Option<Sent>, _: Option<&rayon::ThreadPool>| {
        let codestream = crate::codestream::Codestream::parse(images[n], &limits)?;
        let plan = DecodePlan::new(&codestream, &DecodeRequest::default(), &limits)?;
        Part::new(Cow::Owned(plan), Form::Interleaved, sent, None)
    };
    let done = |n: usize, result: Result<Landed, Refusal>| {
        let pixels = result.map(|landed| {
            let area = |p: &crate::plan::PlaneLayout| p.rect.area() as usize * p.kind.bytes();
            landed.bytes(0)[..landed.plan().planes().iter().map(area).sum()].to_vec()
        });
        let before = told.lock().expect("no test has failed")[n].replace(pixels);
        assert!(before.is_none(), "image {n} is told of twice");
    };
    let coming = |n: usize| Coming { whole: (n % 3 < 2).then_some(images[n]), about: images[n].len() as u64 };
    let batch = Batch { count: images.len(), coming: &coming, keep: false, prepare: &prepare, done: &done };
    let lost = batch::run(devices, &batch, threads.pool());
    (told.into_inner().expect("no test has failed"), lost)
}

fn stream() -> Option<Vec<u8>> {
    files::read("htj2k-conformance/ds0_ht_02_b12.j2k")
}

#[test]
fn a_batch_in_many_series_equals_the_cpu() {
    // The last one has blocks whose bytes lie apart.
    let names = ["ds0_ht_01_b11.j2k", "ds0_ht_09_b11.j2k", "hifi_ht1_02.j2k", "ds0_ht_02_b12.j2k", "p0_03.j2k"];
    let streams: Vec<Vec<u8>> = names.iter().filter_map(|name| files::read(&format!("htj2k-conformance/{name}"))).collect();
    let Some(program) = emulator::built().filter(|_| !streams.is_empty()) else { return };
    let mut images: Vec<&[u8]> = streams.iter().chain(&streams).chain(&streams).map(Vec::as_slice).collect();
    let cut = &streams[0][..60];
    images.insert(5, cut);
    // A codestream behind other bytes.
    let behind = [&[0xFF; 99][..], &streams[0]].concat();
    images.push(&behind);
    let cpu = Decoder::new(Backend::Cpu).expect("the CPU is always there");
    let expected: Vec<Result<Interleaved, Error>> =
        images.iter().map(|bytes| cpu.decode_interleaved(*bytes, &DecodeRequest::default(), &Limits::default())).collect();
    for (threads, devices) in [(1, 1), (3, 1), (3, 2)] {
        // A few images at a time.
        let devices: Vec<_> = (0..devices).map(|_| Pretended::new(Some(program), 4 << 20, |_, _| None)).collect();
        let (told, lost) = run(&devices, &images, threads);
        assert!(lost.iter().all(Option::is_none), "{lost:?}");
        let mut errors = 0;
        for (n, (told, expected)) in told.into_iter().zip(&expected).enumerate() {
            match (told, expected) {
                (Some(Ok(pixels)), Ok(expected)) => assert!(pixels == expected.samples.as_bytes(), "image {n}"),
                (Some(Err(Refusal::Failed(error))), Err(expected)) => {
                    assert_eq!(&error, expected);
                    errors += 1;
                }
                (told, _) => panic!("image {n}: {:?}", told.map(|t| t.map(|pixels| pixels.len()))),
            }
        }
        let ran: Vec<usize> = devices.into_iter().flat_map(Pretended::started).collect();
        assert!(ran.len() > 3, "{ran:?}");
        assert_eq!(ran.iter().sum::<usize>(), images.len() - errors);
    }
}

#[test]
fn without_memory_beside_others_images_run_alone() {
    let Some(bytes) = stream() else { return };
    let images = vec![&bytes[..]; 13];
    // There is memory for one image at a time.
    let no_memory = || Some(Failure::Memory("no memory".into()));
    let device = Pretended::new(None, 1 << 30, |parts, under_way| if parts > 1 || under_way > 0 { no_memory() } else { None });
    let (told, lost) = run(std::slice::from_ref(&device), &images, 2);
    assert_eq!(lost, [None]);
    assert!(told.iter().all(|told| matches!(told, Some(Ok(_)))), "every image is run");
    assert_eq!(device.started(), [1; 13]);

    let device = Pretended::new(None, 1 << 30, |_, _| no_memory());
    let (told, lost) = run(std::slice::from_ref(&device), &images, 2);
    assert_eq!(lost, [None]);
    for told in told {
        assert_eq!(told, Some(Err(Refusal::Declined("no memory".into()))), "the CPU is to decode it");
    }
}

#[test]
fn what_a_slot_has_no_room_for_runs_after_it() {
    let Some(bytes) = stream() else { return };
    let images = vec![&bytes[..]; 40];
    let limits = Limits::default();
    let plan =
        DecodePlan::new(&crate::codestream::Codestream::parse(&bytes[..], &limits).unwrap(), &DecodeRequest::default(), &limits);
    let part =
        Part::new(Cow::Owned(plan.unwrap()), Form::Interleaved, None, None).unwrap_or_else(|_| panic!("the kernels take it"));
    // Room for two images and a half beside what is sent.
    let device = Pretended::new(None, 7 * (part.device_bytes() * 5 / 2 + 14 * bytes.len() as u64), |_, _| None);
    let (told, lost) = run(std::slice::from_ref(&device), &images, 3);
    assert_eq!(lost, [None]);
    assert!(told.iter().all(|told| matches!(told, Some(Ok(_)))), "every image is run");
    let ran = device.started();
    assert!(ran.iter().all(|&parts| parts < images.len()) && ran.iter().sum::<usize>() == images.len(), "{ran:?}");
}

#[test]
fn a_lost_device_ends_a_batch() {
    let Some(bytes) = stream() else { return };
    let images = vec![&bytes[..]; 400];
    let left = AtomicUsize::new(4);
    // Room for few images in a series.
    let new = |fails| Pretended::new(None, 8 << 20, fails);
    let fails = |_: usize, _: usize| match left.load(Ordering::Relaxed) {
        0 => Some(Failure::Lost("gone".into())),
        more => {
            left.store(more - 1, Ordering::Relaxed);
            None
        }
    };
    let device = new(&fails as &(dyn Fn(usize, usize) -> Option<Failure> + Sync));
    let (told, lost) = run(std::slice::from_ref(&device), &images, 3);
    assert_eq!(lost, [Some("gone".into())]);
    let ran: usize = device.started().iter().sum();
    let known = told.iter().flatten().count();
    assert!(told.iter().flatten().all(Result::is_ok), "nothing is told of what was not run");
    assert!(known == ran && ran < images.len(), "{known} of {ran}");

    // Another one goes on.
    left.store(2, Ordering::Relaxed);
    let devices = [new(&fails), new(&|_, _| None)];
    let (told, lost) = run(&devices, &images, 3);
    assert_eq!(lost, [Some("gone".into()), None]);
    let ran: usize = devices.into_iter().flat_map(Pretended::started).sum();
    let known = told.iter().flatten().count();
    assert!(known == ran && ran > images.len() / 2, "{known} of {ran}");
}

#[test]
fn a_mistake_of_one_thread_ends_them_all() {
    let Some(bytes) = stream() else { return };
    let images = vec![&bytes[..]; 100];
    let left = AtomicUsize::new(3);
    let device = Pretended::new(None, 4 << 20, |_, _| {
        assert!(left.fetch_sub(1, Ordering::Relaxed) > 0, "a mistake");
        None
    });
    let run = || run(std::slice::from_ref(&device), &images, 3);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
}
