//! Where the time goes: a table of the host's phases and the device's steps, and what batches would take on a device that needs
//! no time. Asserts nothing; run it by name.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::{Runner, files, runners, say};
use crate::codestream::Codestream;
use crate::cuda::batch::{self, Batch, Coming, Device, Failure, Landed, Left, Running, Sent};
use crate::cuda::group::PIECE;
use crate::cuda::part::{Form, Part, Refusal};
use crate::cuda::series::Series;
use crate::cuda::spare::Spare;
use crate::plan::{DecodePlan, Planner};
use crate::threads::Threads;
use crate::{DecodeRequest, Limits};

#[test]
#[ignore = "prints times; for a quiet machine with a GPU"]
fn profile() {
    let limits = Limits::default();
    for name in ["CT1", "XA1", "RG2", "MG1", "VL1", "TILE", "TILE_L", "SLIDE2K", "CT1_p1", "TILE_p1"] {
        let Some(bytes) = files::read(&format!("bench/{name}.{}", if name.ends_with("_p1") { "j2k" } else { "j2c" })) else {
            return;
        };
        for count in [1, 16, 256] {
            if count * bytes.len() > 500 << 20 {
                continue;
            }
            let mut laps = Vec::new();
            let mut last = Instant::now();
            let mut lap = |what: &str| {
                laps.push(format!("{what} {:.1}", last.elapsed().as_secs_f64() * 1e6));
                last = Instant::now();
            };
            let plan = |_| {
                let codestream = Codestream::parse(&bytes, &limits).expect("a sound stream");
                DecodePlan::new(&codestream, &DecodeRequest::default(), &limits).expect("a sound stream")
            };
            let plans: Vec<DecodePlan> = (0..count).map(plan).collect();
            lap("plan");
            let parts: Vec<Part> =
                plans.into_iter().filter_map(|p| Part::new(Cow::Owned(p), Form::Interleaved, None, None).ok()).collect();
            lap("parts");
            let series = Series::new(parts, 0, 132);
            lap("series");
            let mut input = vec![0; series.input_bytes()];
            lap("memory");
            let Ok(()) = series.write(&mut input, None, |_, _| Ok::<(), std::convert::Infallible>(()));
            lap("write");
            say(&format!(
                "{name} x {count}: {} blocks, {} KiB; us on one thread: {}",
                series.blocks(),
                input.len() >> 10,
                laps.join(", ")
            ));
            for runner in &mut runners() {
                let Runner::Device(gpu) = runner else { continue };
                let mut runs: Vec<Vec<f32>> = (0..9).map(|_| gpu.profile(&series).expect("the series runs")).collect();
                runs.remove(0);
                let times = (0..series.steps.len()).map(|step| {
                    let mut times: Vec<f32> = runs.iter().map(|r| r[step]).collect();
                    times.sort_by(f32::total_cmp);
                    times[times.len() / 2] * 1e3
                });
                let times: Vec<f32> = times.collect();
                for (step, time) in series.steps.iter().zip(&times) {
                    say(&format!("    {:?} {:?} x {}, lanes {}: {time:.1} us", step.kernel, step.grid, step.threads, step.lanes));
                }
                say(&format!("    all {:.1} us", times.iter().sum::<f32>()));
            }
        }
    }
}

/// A device on which a series ends as soon as its input is written.
struct Immediate {
    staging: Vec<Mutex<(Vec<u8>, usize)>>,
    pieces: Mutex<Vec<Vec<u8>>>,
}

/// That every block is sound.
struct Sound(Vec<u32>);

impl Left for Sound {
    fn status(&self) -> &[u32] {
        &self.0
    }

    fn output(&self) -> &[u8] {
        &[]
    }
}

impl Device for Immediate {
    type Left = Sound;

    fn slots(&self) -> usize {
        self.staging.len()
    }

    fn multiprocessors(&self) -> u32 {
        132
    }

    fn budget(&self) -> u64 {
        64 << 30
    }

    fn open(&self, _: usize, _: u64) -> Result<(), Failure> {
        Ok(())
    }

    fn send(&self, _: usize, _: u64, len: usize, fill: &dyn Fn(&mut [u8])) -> Result<(), Failure> {
        let mut piece = self.pieces.lock().expect("nothing fails").pop().unwrap_or_else(|| vec![0; PIECE]);
        fill(&mut piece[..len]);
        self.pieces.lock().expect("nothing fails").push(piece);
        Ok(())
    }

    fn start(&self, Running { series, slot, pool, .. }: Running) -> Result<(), Failure> {
        let (staging, blocks) = &mut *self.staging[slot].lock().expect("nothing fails");
        let bytes = series.input_bytes() - series.before();
        if staging.len() < bytes {
            staging.resize(bytes * 9 / 8, 0);
        }
        *blocks = series.blocks();
        series.write(&mut staging[..bytes], pool, |_, _| Ok(()))
    }

    fn finish(&self, slot: usize) -> Result<Sound, Failure> {
        Ok(Sound(vec![u32::MAX; self.staging[slot].lock().expect("nothing fails").1]))
    }

    fn recycle(&self, _: usize, _: Sound) {}
}

#[test]
#[ignore = "prints times; for a quiet machine"]
fn host() {
    let limits = Limits::default();
    for name in ["CT1", "XA1", "RG2", "MG1", "VL1", "TILE", "SLIDE2K"] {
        let Some(bytes) = files::read(&format!("bench/{name}.j2c")) else { return };
        for (count, threads) in [(1, 1), (1, 0), (64, 0), (256, 0)] {
            if count * bytes.len() > 1 << 30 {
                continue;
            }
            let threads = Threads::new(threads);
            let copies: Vec<Vec<u8>> = (0..count).map(|_| bytes.clone()).collect();
            let (planner, spare) = (Planner::new(), Arc::new(Spare::default()));
            let prepare = |n: usize, sent: Option<Sent>, pool: Option<&rayon::ThreadPool>| {
                let codestream = Codestream::parse(&copies[n], &limits)?;
                let plan = planner.plan_on(pool, &codestream, &DecodeRequest::default(), &limits)?;
                Part::new(Cow::Owned(plan), Form::Interleaved, sent, Some(&spare))
            };
            let done = |_: usize, result: Result<Landed, Refusal>| assert!(result.is_ok(), "a sound stream");
            let coming = |n: usize| Coming { whole: Some(&copies[n][..]), about: copies[n].len() as u64 };
            let batch = Batch { count, coming: &coming, keep: true, prepare: &prepare, done: &done };
            let device = Immediate { staging: (0..6).map(|_| Mutex::default()).collect(), pieces: Mutex::default() };
            let mut times: Vec<f64> = (0..if count == 1 { 101 } else { 9 })
                .map(|_| {
                    let start = Instant::now();
                    batch::run(std::slice::from_ref(&device), &batch, threads.pool());
                    start.elapsed().as_secs_f64() * 1e6
                })
                .collect();
            times.sort_by(f64::total_cmp);
            let (median, least) = (times[times.len() / 2], times[0]);
            let each = median / count as f64;
            say(&format!(
                "{name} x {count} on {} threads: host {median:.1} us (least {least:.1}), {each:.2} each",
                threads.count()
            ));
        }
    }
}
