//! What every whole-program test needs: where the data is, what may be skipped, and how to run the program with limits.
//!
//! A test that cannot run says so loudly through [`skip`], and fails when `LIGHTBOX_REQUIRE` names what it lacks.

pub mod limited;
pub mod study;

use lightbox_render::Renderer;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Root of the workspace these tests were built from.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests package lies in the workspace")
}

/// Folder of the test data: `LIGHTBOX_DATA`, else `../shared/data` beside the workspace. `None`, after a loud [`skip`], when `folder` is not in it.
pub fn data(folder: &str) -> Option<PathBuf> {
    let base = std::env::var_os("LIGHTBOX_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    let path = base.join(folder);
    if path.exists() {
        return Some(path);
    }
    skip("data", &format!("no {folder} in the test data; set LIGHTBOX_DATA to the folder that holds it"));
    None
}

/// The Python interpreter that has pydicom (`LIGHTBOX_PYTHON`, set by `cargo xtask test`). `None`, after a loud [`skip`], without one.
pub fn python() -> Option<PathBuf> {
    let python = std::env::var_os("LIGHTBOX_PYTHON").map(PathBuf::from).filter(|p| p.exists());
    if python.is_none() {
        skip("pydicom", "LIGHTBOX_PYTHON names no Python with pydicom; `cargo xtask test` makes one");
    }
    python
}

/// Whether there is a Vulkan device, in hardware or software, to draw with; `false` after a loud [`skip`].
pub fn vulkan() -> bool {
    device().is_some()
}

/// A renderer on any Vulkan device; `None` after a loud [`skip`].
///
/// # Panics
/// When the device cannot build the pipelines.
pub fn renderer() -> Option<Renderer> {
    let found = device()?;
    Some(Renderer::new(found.device, found.queue, wgpu::TextureFormat::Rgba8Unorm).expect("pipelines"))
}

fn device() -> Option<lightbox_render::Headless> {
    lightbox_render::device_headless().map_err(|why| skip("vulkan", &why.to_string())).ok()
}

/// Says on the real stderr, past the test harness's capture, that the running test is skipped.
///
/// # Panics
/// When `LIGHTBOX_REQUIRE`, a comma-separated list, names `need`: what must run may not be skipped.
pub fn skip(need: &str, why: &str) {
    let test = std::thread::current().name().unwrap_or("test").to_owned();
    let required = std::env::var("LIGHTBOX_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|r| r.trim() == need), "{test} needs {need}: {why}");
    say(&format!("SKIPPED {test}: {why}"));
}

/// Writes one line to the real stderr, past the test harness's capture: counts that a reader of the log should see.
pub fn say(line: &str) {
    // A closed stderr must not fail a test.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Every file below `folder`, in name order.
///
/// # Panics
/// When the folder cannot be read: the fixture is broken then, not the program.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("a readable folder entry").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Whether a file of the data folders is an image to test with, not their table, reference or checksum list.
pub fn is_fixture(path: &Path) -> bool {
    !matches!(path.extension().and_then(|e| e.to_str()), Some("md" | "txt" | "csv" | "pgx"))
}
