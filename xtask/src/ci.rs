//! `cargo xtask ci`: what must be green before a change is taken.

use crate::{fuzz, kernels, paths, run};

/// What no test may skip in CI.
const REQUIRE: &str = "data,vulkan,pydicom,c++";

/// How long every fuzz target runs.
const FUZZ_SECONDS: u32 = 60;

/// Format, lints, the kernels' PTX, the README's test command with everything required, and a minute of fuzzing for every target.
///
/// # Errors
/// The first step that fails.
pub fn ci() -> Result<(), String> {
    let data = paths::data();
    if !data.is_dir() {
        return Err(format!("{} is not there; set LIGHTBOX_DATA to the folder of the test data", data.display()));
    }
    run::run(run::cargo().args(["fmt", "--all", "--check"]))?;
    run::run(run::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    kernels::kernels(kernels::Task::Check)?;
    run::run(run::cargo().args(["xtask", "test"]).env("LIGHTBOX_REQUIRE", REQUIRE))?;
    fuzz::fuzz(&fuzz::Options::all(FUZZ_SECONDS))
}
