//! Test data.

#[cfg(test)]
use std::path::{Path, PathBuf};

/// A file of the test data; `None` after a loud message without them.
pub fn read(name: &str) -> Option<Vec<u8>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let path = std::env::var_os("LIGHTBOX_DATA").map_or_else(beside, PathBuf::from).join(name);
    let bytes = std::fs::read(path).ok();
    if bytes.is_none() {
        super::skipped("data", &format!("{name} on the CUDA kernels: it is not in the test data; set LIGHTBOX_DATA"));
    }
    bytes
}
