//! Launch series in the emulator, and on a GPU where there is one.

mod arithmetic;
mod batches;
mod blocks;
mod emulator;
mod files;
mod images;
mod profile;
mod stack;
mod timeline;

use std::io::Write;
use std::path::Path;

use super::gpu::Gpu;
use super::series::Series;

/// What a run leaves behind.
struct Left {
    status: Vec<u32>,
    samples: Vec<u32>,
    output: Vec<u8>,
}

/// Something that runs launch series.
enum Runner {
    Emulator(&'static Path),
    Device(Box<Gpu>),
}

impl Runner {
    fn run(&mut self, series: &Series) -> Left {
        match self {
            Self::Emulator(program) => emulator::run(program, series, &[], series.size.output as usize),
            Self::Device(gpu) => {
                gpu.poison().expect("the memory can be written");
                let (status, output) = gpu.run_one(series).expect("the series runs");
                let samples = gpu.samples(series.size.samples as usize).expect("the samples can be read");
                Left { status, samples, output }
            }
        }
    }

    /// Where memory begins that is not the runner's own.
    fn foreign(&mut self, bytes: usize) -> u64 {
        match self {
            Self::Emulator(_) => 0,
            Self::Device(gpu) => gpu.foreign(bytes).expect("there is memory"),
        }
    }

    /// Runs a series that writes to `bytes` bytes of that memory, and gives these.
    fn run_into(&mut self, series: &Series, bytes: usize) -> Vec<u8> {
        match self {
            Self::Emulator(program) => emulator::run(program, series, &[], bytes).output,
            Self::Device(gpu) => {
                gpu.poison().expect("the memory can be written");
                gpu.run_one(series).expect("the series runs");
                gpu.read_foreign(bytes).expect("the memory can be read")
            }
        }
    }

    fn is_device(&self) -> bool {
        matches!(self, Self::Device(_))
    }

    fn name(&self) -> &str {
        match self {
            Self::Emulator(_) => "emulator",
            Self::Device(gpu) => gpu.name(),
        }
    }
}

/// Everything here that runs launch series; what is missing is told.
fn runners() -> Vec<Runner> {
    let mut runners: Vec<Runner> = emulator::built().map(Runner::Emulator).into_iter().collect();
    match Gpu::open(0) {
        Ok(gpu) => runners.push(Runner::Device(Box::new(gpu))),
        Err(why) => skipped("cuda", &format!("the CUDA kernels on a GPU: {why}")),
    }
    runners
}

/// Says what is left out, and fails where `LIGHTBOX_REQUIRE` names it.
fn skipped(need: &str, what: &str) {
    let required = std::env::var("LIGHTBOX_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|r| r.trim() == need), "{what}");
    say(&format!("SKIPPED {what}"));
}

/// A line on the real stderr, past the capture of the test harness.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
