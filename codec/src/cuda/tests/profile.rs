//! Where the time goes: a table of the host's phases and the device's steps. Asserts nothing; run it by name.

use std::time::Instant;

use super::{Runner, files, runners, say};
use crate::codestream::Codestream;
use crate::cuda::part::{Form, Part};
use crate::cuda::series::Series;
use crate::plan::DecodePlan;
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
            let parts: Vec<Part> = plans.iter().filter_map(|p| Part::new(p, Form::Interleaved, None).ok()).collect();
            lap("parts");
            let (series, _) = Series::new(parts, 132, None);
            lap("series");
            let mut input = vec![0; series.input_bytes()];
            lap("memory");
            let Ok(()) = series.pack(&mut input, None, |_, _| Ok::<(), std::convert::Infallible>(()));
            lap("pack");
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
