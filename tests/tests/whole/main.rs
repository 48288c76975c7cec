//! Whole-program tests: every module is one thing that the program promises.

use std::process::Command;

mod batches;
mod bench;
mod cli;
mod colours;
mod damaged;
mod encoder;
mod parts;
mod presentation;
mod pydicom;
mod series;
mod services;
mod sheets;
mod snapshots;
mod transcode;
mod viewer;
mod workspace;
mod zero_copy;

/// The program, built together with these tests.
fn lightbox() -> Command {
    Command::new(env!("CARGO_BIN_EXE_lightbox-tested"))
}
