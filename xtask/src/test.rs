//! `cargo xtask test`: every test of the workspace, with what it is checked against.

use crate::system::{self, Need};
use crate::{python, run};

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

/// Runs the tests of the CUDA kernels on this machine's GPU.
///
/// # Errors
/// When there is no GPU or no test data, or a test fails.
pub fn gpu() -> Result<(), String> {
    let mut cargo = run::cargo();
    system::environment(&mut cargo)?;
    run::run(cargo.env("LIGHTBOX_REQUIRE", "cuda,data").args(["test", "--package", "lightbox-codec", "cuda::"]))
}

/// Whether `LIGHTBOX_REQUIRE` names it.
fn required(need: &str) -> bool {
    std::env::var("LIGHTBOX_REQUIRE").unwrap_or_default().split(',').any(|r| r.trim() == need)
}
