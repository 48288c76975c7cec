//! `lightbox serve`: a folder of HTJ2K DICOM files as AWS HealthImaging would serve it, on this machine only.

use super::args;
use super::failure::{Failure, Outcome};
use super::say;

pub fn run(args: &args::Serve) -> Outcome {
    let mut told = Ok(());
    lightbox_standin::serve_folder(&args.folder, args.port, |address, corpus| {
        let store = lightbox_standin::DATASTORE;
        let sets: String = corpus.ids().map(|set| format!("http://{address}/datastore/{store}/imageSet/{set}\n")).collect();
        told = say(&sets);
    })
    .map_err(Failure::new)?;
    told
}
