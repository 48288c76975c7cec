//! The Python that checks us: pydicom and the peers' codecs, at fixed versions, in a venv below the build folder.

use crate::system::{self, Need};
use crate::{paths, run};
use std::path::PathBuf;
use std::process::Command;

/// What is installed; the versions that the expected values were looked at with.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The interpreter: `LIGHTBOX_PYTHON` if set, else that of the venv, made when missing or when its list has changed.
///
/// # Errors
/// When there is none and PyPI cannot be reached.
pub fn interpreter() -> Result<PathBuf, String> {
    if let Some(python) = std::env::var_os("LIGHTBOX_PYTHON") {
        return Ok(python.into());
    }
    let venv = paths::target().join("venv");
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    // Written last: a venv without it was never finished.
    let stamp = venv.join("requirements.txt");
    if python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|made| made == REQUIREMENTS) {
        return Ok(python);
    }
    system::require(&[Need::Python])?;
    paths::made(".")?;
    run::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let requirements = paths::root().join("xtask/requirements.txt");
    run::run(Command::new(&python).args(["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r"]).arg(requirements))?;
    std::fs::write(&stamp, REQUIREMENTS).map_err(|e| format!("{} cannot be written: {e}", stamp.display()))?;
    Ok(python)
}
