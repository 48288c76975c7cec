//! Where things lie: all that a task makes goes below the build folder.

use std::path::{Path, PathBuf};

/// Root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace")
}

/// Cargo's build folder.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A folder below the build folder, made if missing.
pub fn made(name: &str) -> Result<PathBuf, String> {
    let folder = target().join(name);
    std::fs::create_dir_all(&folder).map_err(|e| format!("{} cannot be made: {e}", folder.display()))?;
    Ok(folder)
}

/// Folder of the test data, whether it is there or not.
pub fn data() -> PathBuf {
    std::env::var_os("LIGHTBOX_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from)
}
