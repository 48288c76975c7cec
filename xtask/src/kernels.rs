//! `cargo xtask kernels`: the CUDA kernels as PTX, which is committed so that nobody needs CUDA to build.

use crate::{paths, python, run};
use std::process::Command;

/// What to do with the PTX that comes out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Put it where the build takes it from.
    Write,
    /// Compare it with what is there.
    Check,
}

/// Compiles the kernels with the pinned NVRTC and checks registers and spills on every architecture.
///
/// # Errors
/// When Python or NVRTC is missing, the kernels do not compile or take too much, or the PTX differs.
pub fn kernels(task: Task) -> Result<(), String> {
    let folder = paths::root().join("kernels");
    let word = if task == Task::Write { "write" } else { "check" };
    let script = paths::root().join("xtask/kernels/build.py");
    run::run(
        Command::new(python::interpreter()?).arg(script).arg(word).arg(folder.join("cuda")).arg(folder.join("ptx/lightbox.ptx")),
    )
}
