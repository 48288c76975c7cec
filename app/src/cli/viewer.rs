//! `lightbox [OPEN]...` and `lightbox demo`: the viewer's window.

use super::args::Decoding;
use super::failure::{Failure, Outcome};
use super::whole_file;
use crate::app::{ViewerApp, ViewerOptions};
use crate::bench_viewer::BenchRecorder;
use crate::gpu_setup;
use crate::services::{ServiceOptions, Services};
use crate::settings::Store;
use std::path::PathBuf;

/// Opens the viewer on `open`. With `report` it measures itself, writes the figures there and closes.
pub fn run(open: Vec<PathBuf>, decoding: Decoding, report: Option<PathBuf>, animate: bool) -> Outcome {
    if let Some(missing) = open.iter().find(|path| !path.exists()) {
        return Err(Failure::at(missing, "there is no such file or folder; check the name"));
    }
    let recorder = report.is_some().then(|| BenchRecorder::new(animate));
    // Scanning and the first decode go on while the window opens.
    let services = services(decoding)?;
    if !open.is_empty() {
        services.open(open.clone());
    }
    window(ViewerOptions { open, services: Some(services), bench: recorder.clone(), ..Default::default() })?;
    match (report, recorder) {
        (Some(output), Some(recorder)) => {
            let report = recorder.report().map_err(Failure::new)?;
            whole_file::write(&output, |out| writeln!(out, "{report:#}"))
        }
        _ => Ok(()),
    }
}

/// Opens the viewer on the built-in demo study.
pub fn run_demo(decoding: Decoding) -> Outcome {
    let services = services(decoding)?;
    services.open_demo();
    window(ViewerOptions { demo: true, services: Some(services), ..Default::default() })
}

/// The services, within the budgets of the person's settings.
fn services(decoding: Decoding) -> Result<Services, Failure> {
    let options = Store::new(None).service_options();
    let (backend, zero_copy) = (decoding.backend.into(), !decoding.no_zero_copy);
    Services::new(ServiceOptions { backend, zero_copy, ..options }).map_err(Failure::new)
}

fn window(options: ViewerOptions) -> Outcome {
    gpu_setup::run(|cc, renderer| ViewerApp::new(cc, ViewerOptions { renderer, ..options })).map_err(Failure::new)
}
