//! `cargo xtask bench`: Lightbox beside what it is measured against, in one run on one machine, as ratios.

use crate::system::{self, Need};
use crate::{paths, python, run};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Folders of the test data with what the codec decodes.
const FOLDERS: [&str; 2] = ["bench", "wg04/dicom"];
/// The study of the viewer's figures.
const SERIES: &str = "series/ct-chest-lidc-0314";

/// Our decoder and encoder, and those of imagecodecs' OpenJPH and OpenJPEG, in turns, on the same files; two cores; a window.
///
/// # Errors
/// When data, Python or the build is missing, or either side fails on a file.
pub fn codec() -> Result<(), String> {
    let data = paths::data();
    if let Some(missing) = FOLDERS.iter().map(|name| data.join(name)).find(|folder| !folder.is_dir()) {
        return Err(format!("{} is not there; set LIGHTBOX_DATA to the folder of the test data", missing.display()));
    }
    let examples = ["time", "enlarge"].iter().flat_map(|name| ["--example", name]);
    run::run(run::cargo().args(["build", "--release", "--package", "lightbox-codec"]).args(examples))?;
    let report = paths::made("bench")?.join("codec.json");
    let examples = paths::target().join("release/examples");
    run::run(Command::new(python::interpreter()?).arg(script("codec.py")).args([report, examples, data]))
}

/// The viewer on a CT series (or `folder`), on the display or on a virtual one with software Vulkan.
///
/// # Errors
/// When data, a display, Python or the build is missing, or a run fails.
pub fn viewer(folder: Option<&str>) -> Result<(), String> {
    let folder = folder.map_or_else(|| paths::data().join(SERIES), PathBuf::from);
    if !folder.is_dir() {
        return Err(format!("{} is not there; name a folder, or set LIGHTBOX_DATA", folder.display()));
    }
    system::require(&[Need::Vulkan, Need::Display, Need::Python])?;
    let lightbox = built()?;
    let report = paths::made("bench")?.join("viewer.json");
    let mut command = Command::new("python3");
    system::environment(&mut command)?;
    let display = if system::has_display() { None } else { Some(VirtualDisplay::start()?) };
    if let Some(display) = &display {
        command.env("DISPLAY", &display.name).env_remove("WAYLAND_DISPLAY");
    }
    run::run(command.arg(script("viewer.py")).arg(&report).arg(lightbox).arg(folder))
}

/// Builds the program as people run it and returns its path.
fn built() -> Result<PathBuf, String> {
    run::run(run::cargo().args(["build", "--release", "--package", "lightbox"]))?;
    Ok(paths::target().join("release").join(format!("lightbox{}", std::env::consts::EXE_SUFFIX)))
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bench").join(name)
}

/// An X server without a screen, ended when dropped.
struct VirtualDisplay {
    server: Child,
    name: String,
}

impl VirtualDisplay {
    fn start() -> Result<Self, String> {
        let mut server = Command::new("Xvfb")
            // The server picks a free number and writes it to stdout once it listens.
            // It stays when the last window closes: a server that starts over would refuse the next program's window.
            // Larger than the window, so that the pointer, which rests in the middle, does not lie on it.
            .args(["-displayfd", "1", "-screen", "0", "2720x1800x24", "-nolisten", "tcp", "-noreset"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("Xvfb does not start: {e}"))?;
        let mut number = String::new();
        let read = server.stdout.take().map(|out| BufReader::new(out).read_line(&mut number));
        let display = Self { server, name: format!(":{}", number.trim()) };
        match read {
            Some(Ok(_)) if !number.trim().is_empty() => Ok(display),
            _ => Err("Xvfb ended before it had a display".into()),
        }
    }
}

impl Drop for VirtualDisplay {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
