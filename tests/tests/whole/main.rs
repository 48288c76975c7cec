//! Whole-program tests: every module is one thing that the program promises.

use std::process::Command;

mod workspace;

/// The program, built together with these tests.
#[allow(dead_code, reason = "the modules that run the program use it")]
fn lightbox() -> Command {
    Command::new(env!("CARGO_BIN_EXE_lightbox-tested"))
}
