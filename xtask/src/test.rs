//! `cargo xtask test`: every test of the workspace, with what it is checked against.

use crate::system::{self, Need};
use crate::{python, run};
use std::process::Command;

/// Runs `cargo test --workspace` with the data, the software Vulkan and the Python that tests ask for.
///
/// # Errors
/// When the machine lacks something that tests need, or a test fails.
pub fn test(arguments: &[&str]) -> Result<(), String> {
    system::require(&[Need::Vulkan])?;
    let mut cargo = run::cargo();
    system::environment(&mut cargo)?;
    match python::interpreter() {
        Ok(python) => {
            cargo.env("LIGHTBOX_PYTHON", python);
        }
        Err(why) if required("pydicom") => {
            return Err(format!("comparing with pydicom is required: {why}"));
        }
        Err(why) => eprintln!("SKIPPED comparing with pydicom: {why}"),
    }
    run::run(cargo.args(["test", "--workspace"]).args(arguments))
}

/// Tests of the whole program that use a GPU, by parts of their names.
const ON_THE_GPU: [&str; 3] = ["zero_copy::", "a_gpu_is_timed", "a_series_comes_from_the_fastest_decoder"];

/// Runs the tests that use a GPU, on this machine's: those of the kernels and the codec, and those of the whole program, of which the
/// ones that draw need the GPU's Vulkan driver.
///
/// # Errors
/// When there is no GPU or no test data, or a test fails.
pub fn gpu() -> Result<(), String> {
    let test = |package: &str, arguments: &[&str]| -> Result<Command, String> {
        let mut cargo = run::cargo();
        system::environment(&mut cargo)?;
        cargo.env("LIGHTBOX_REQUIRE", "cuda,data").args(["test", "--package", package]).args(arguments);
        Ok(cargo)
    };
    run::run(&mut test("lightbox-codec", &["cuda::"])?)?;
    let listed = run::output(&mut test("lightbox-tests", &["--test", "whole", "--", "--list"])?)?;
    if let Some(gone) = ON_THE_GPU.iter().find(|name| !listed.contains(*name)) {
        return Err(format!("no test of the whole program is called `{gone}` any more"));
    }
    run::run(test("lightbox-tests", &["--test", "whole", "--"])?.args(ON_THE_GPU))
}

/// Whether `LIGHTBOX_REQUIRE` names it.
fn required(need: &str) -> bool {
    std::env::var("LIGHTBOX_REQUIRE").unwrap_or_default().split(',').any(|r| r.trim() == need)
}
