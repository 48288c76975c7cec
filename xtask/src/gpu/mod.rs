//! `cargo xtask bench gpu`: a folder that measures Lightbox and nvJPEG2000 on a machine with an NVIDIA GPU and without Rust.

mod measure;
mod rows;
mod table;
mod workload;

pub use measure::measure;

use crate::{paths, python, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The peer's wheel: headers and library. It works with CUDA 12 and 13.
const PEER: &str = "nvidia-nvjpeg2k-cu13==0.11.0.51";
/// Test data that goes along: what is timed, and what the correctness tests read.
const DATA: [&str; 3] = ["bench", "htj2k-conformance", "malformed"];

/// Assembles the folder, and runs it where there is a GPU.
///
/// # Errors
/// When data, Python or the build is missing, or what is measured is not right.
pub fn bench() -> Result<(), String> {
    let folder = paths::made("bench")?.join("gpu");
    assemble(&folder)?;
    if !Path::new("/dev/nvidiactl").exists() {
        println!(
            "There is no NVIDIA GPU here. Take the folder {} to a machine that has one and nvcc, and start `run` in it.",
            folder.display()
        );
        return Ok(());
    }
    measure(&folder)
}

/// Fills `folder` anew.
fn assemble(folder: &Path) -> Result<(), String> {
    let data = paths::data();
    if let Some(missing) = DATA.iter().map(|name| data.join(name)).find(|path| !path.is_dir()) {
        return Err(format!("{} is not there; set LIGHTBOX_DATA to the folder of the test data", missing.display()));
    }
    run::run(run::cargo().args(["build", "--release", "--package", "lightbox"]))?;
    let tests = tests()?;
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|e| format!("{} cannot be removed: {e}", folder.display()))?;
    }
    let program = |name: &str| format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let built = paths::target().join("release").join(program("lightbox"));
    let itself = std::env::current_exe().map_err(|e| format!("this program cannot be found: {e}"))?;
    let programs = [(built, "lightbox"), (itself, "xtask")].into_iter().chain(tests);
    for (from, name) in programs {
        let to = folder.join("bin").join(program(name));
        copy(&from, &to)?;
        // Symbols are most of a program, and nobody looks at them there.
        if run::on_path("strip") {
            run::run(Command::new("strip").arg(&to))?;
        }
    }
    for name in DATA {
        copy_all(&data.join(name), &folder.join("data").join(name))?;
    }
    let here = paths::root().join("xtask");
    copy(&here.join("peers/nvjpeg2000.cpp"), &folder.join("peer/nvjpeg2000.cpp"))?;
    copy(&here.join("gpu/run.sh"), &folder.join("run"))?;
    copy(&here.join("gpu/README.md"), &folder.join("README.md"))?;
    peer(&folder.join("peer"))?;
    println!("assembled: {}", folder.display());
    Ok(())
}

/// The codec's test programs, by the names that they have in the folder.
fn tests() -> Result<Vec<(PathBuf, &'static str)>, String> {
    let mut cargo = run::cargo();
    cargo.args(["test", "--package", "lightbox-codec", "--lib", "--test", "whole", "--no-run", "--message-format", "json"]);
    let out = run::output(&mut cargo)?;
    let of = |name: &str| {
        // The library itself is listed too, as no program.
        let named = format!("\"name\":\"{name}\"");
        let programs = out.lines().filter(|line| line.contains(&named)).filter_map(|line| rows::text(line, "executable"));
        programs.map(PathBuf::from).next().ok_or(format!("cargo built no test program `{name}`"))
    };
    Ok(vec![(of("lightbox_codec")?, "test-blocks"), (of("whole")?, "test-images")])
}

/// The peer's headers and library, from PyPI.
fn peer(folder: &Path) -> Result<(), String> {
    let python = python::interpreter()?;
    let wheels = paths::made("bench/wheels")?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]);
    run::run(pip.args(["--platform", "manylinux2014_x86_64", PEER, "--dest"]).arg(&wheels))?;
    let (name, version) = PEER.split_once("==").unwrap_or((PEER, ""));
    let start = format!("{}-{version}-", name.replace('-', "_"));
    let wheel = fs::read_dir(&wheels).into_iter().flatten().flatten().map(|entry| entry.path());
    let wheel = wheel.into_iter().find(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&start)));
    let wheel = wheel.ok_or(format!("pip left no wheel of {PEER} in {}", wheels.display()))?;
    run::run(Command::new(python).args(["-m", "zipfile", "-e"]).arg(wheel).arg(folder))
}

/// Copies a file and makes the folders above it.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|e| format!("{} cannot be made: {e}", folder.display()))?;
    // Not fs::copy: test data may be read-only, and their copies are to be replaceable.
    let bytes = fs::read(from).map_err(|e| format!("{} cannot be read: {e}", from.display()))?;
    fs::write(to, bytes).map_err(|e| format!("{} cannot be written: {e}", to.display()))?;
    executable(from, to)
}

/// Makes `to` executable where `from` is.
fn executable(from: &Path, to: &Path) -> Result<(), String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(from).map_or(0, |m| m.permissions().mode()) & 0o111;
        if mode != 0 || from.extension().is_some_and(|e| e == "sh") {
            let all = fs::Permissions::from_mode(0o755);
            return fs::set_permissions(to, all).map_err(|e| format!("{} cannot be made a program: {e}", to.display()));
        }
    }
    let _ = (from, to);
    Ok(())
}

/// Copies the files of a folder and of those below it.
fn copy_all(from: &Path, to: &Path) -> Result<(), String> {
    let entries = fs::read_dir(from).map_err(|e| format!("{} cannot be read: {e}", from.display()))?;
    for entry in entries.flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() { copy_all(&path, &to)? } else { copy(&path, &to)? }
    }
    Ok(())
}
