//! `cargo xtask fuzz`: libFuzzer on the codec, guided by coverage, with the stable compiler.

use crate::system::{self, Need};
use crate::{paths, run};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The targets: what must hold for any bytes stands in `codec/fuzz/src/lib.rs`.
const TARGETS: [&str; 4] = ["parse", "decode", "differential", "round_trip"];
/// Targets that run at a time.
const SIDE_BY_SIDE: usize = 2;
/// Greatest seed; small inputs are tried more often.
const SEED_BYTES: u64 = 16 << 10;

/// What libFuzzer needs to see of the code.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// How to fuzz.
pub struct Options {
    targets: Vec<&'static str>,
    seconds: u32,
    address_sanitizer: bool,
}

impl Options {
    /// Every target for `seconds`.
    pub fn all(seconds: u32) -> Self {
        Self { targets: TARGETS.to_vec(), seconds, address_sanitizer: false }
    }

    /// Reads `[TARGET...] [--seconds N] [--asan]`.
    ///
    /// # Errors
    /// What cannot be understood.
    pub fn parse(words: &[&str]) -> Result<Self, String> {
        let mut options = Self { targets: Vec::new(), ..Self::all(60) };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            match word {
                "--seconds" => {
                    let number = words.next().and_then(|n| n.parse().ok()).filter(|&n| n > 0);
                    options.seconds = number.ok_or("--seconds needs a number above 0")?;
                }
                "--asan" => options.address_sanitizer = true,
                name => match TARGETS.iter().find(|target| **target == name) {
                    Some(target) => options.targets.push(target),
                    None => return Err(format!("there is no fuzz target `{name}`; there are {}", TARGETS.join(", "))),
                },
            }
        }
        if options.targets.is_empty() {
            options.targets = TARGETS.to_vec();
        }
        Ok(options)
    }
}

/// Builds the targets and runs them, two at a time.
///
/// # Errors
/// When the build fails, or a target has a finding: which one, and how to keep it.
pub fn fuzz(options: &Options) -> Result<(), String> {
    system::require(&[Need::Cpp])?;
    let programs = build(options)?;
    let seeds = seeds()?;
    let mut findings = Vec::new();
    for targets in options.targets.chunks(SIDE_BY_SIDE) {
        let started: Vec<Run> =
            targets.iter().map(|t| Run::start(t, &programs, &seeds, options.seconds)).collect::<Result<_, _>>()?;
        findings.extend(started.into_iter().filter_map(|run| run.finish().err()));
    }
    if findings.is_empty() { Ok(()) } else { Err(findings.join("\n")) }
}

/// Builds all targets and returns their folder.
fn build(options: &Options) -> Result<PathBuf, String> {
    // Named, so that build scripts and macros are compiled without what only the targets need.
    let host = host()?;
    let folder = paths::target().join(if options.address_sanitizer { "fuzz-asan" } else { "fuzz" });
    let mut cargo = run::cargo();
    cargo.args(["build", "--locked", "--manifest-path", "codec/fuzz/Cargo.toml", "--target", &host]);
    cargo.env("CARGO_TARGET_DIR", &folder);
    if options.address_sanitizer {
        // Only the flag is not stable: every compiler for this platform brings the sanitizer along.
        cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", format!("{COVERAGE} -Zsanitizer=address"));
    } else {
        cargo.env("RUSTFLAGS", COVERAGE);
    }
    run::run(&mut cargo)?;
    Ok(folder.join(host).join("debug"))
}

/// The platform that the compiler runs on.
fn host() -> Result<String, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let out = Command::new(rustc).arg("-vV").output().map_err(|e| format!("rustc does not start: {e}"))?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("host: ").map(str::to_owned)).ok_or("rustc names no host".into())
}

/// Small codestreams to begin with: the tests' own, and the conformance and malformed files of the test data.
fn seeds() -> Result<PathBuf, String> {
    let folder = paths::made("fuzz/seeds")?;
    let mut places = vec![paths::root().join("codec/tests/fixtures")];
    places.extend(["htj2k-conformance", "malformed"].map(|name| paths::data().join(name)));
    while let Some(place) = places.pop() {
        for entry in fs::read_dir(&place).into_iter().flatten().flatten() {
            let path = entry.path();
            let coded = path.extension().is_some_and(|e| ["j2c", "j2k", "jp2", "jph", "jhc"].iter().any(|known| e == *known));
            if path.is_dir() {
                places.push(path);
            } else if coded && entry.metadata().is_ok_and(|m| m.len() <= SEED_BYTES) {
                let to = folder.join(entry.file_name());
                fs::copy(&path, &to).map_err(|e| format!("{} cannot be copied: {e}", path.display()))?;
            }
        }
    }
    Ok(folder)
}

/// A target while it runs. It ends with this, also where another could not be started.
struct Run {
    target: &'static str,
    process: Child,
    log: PathBuf,
}

impl Run {
    fn start(target: &'static str, programs: &Path, seeds: &Path, seconds: u32) -> Result<Self, String> {
        let corpus = paths::made(&format!("fuzz/corpus/{target}"))?;
        let log = paths::made("fuzz")?.join(format!("{target}.log"));
        let found = paths::made("fuzz/findings")?.join(format!("{target}-"));
        let to = File::create(&log).map_err(|e| format!("{} cannot be written: {e}", log.display()))?;
        let errors = to.try_clone().map_err(|e| e.to_string())?;
        eprintln!("fuzzing `{target}` for {seconds} s");
        let process = Command::new(programs.join(target))
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}", found.display()))
            .args(["-timeout=30", "-rss_limit_mb=2048", "-malloc_limit_mb=256"])
            .arg(format!("-max_len={SEED_BYTES}"))
            .args([&corpus, seeds])
            .stdin(Stdio::null())
            .stdout(to)
            .stderr(errors)
            .spawn()
            .map_err(|e| format!("the fuzz target `{target}` does not start: {e}"))?;
        Ok(Self { target, process, log })
    }

    /// Waits for the end and says how it was.
    fn finish(mut self) -> Result<(), String> {
        let status = self.process.wait().map_err(|e| e.to_string())?;
        let text = fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        if status.success() {
            eprintln!("`{}`: {}", self.target, text.lines().rev().find(|l| l.starts_with("Done")).unwrap_or("done"));
            return Ok(());
        }
        let says = |line: &&str| ["panicked at", "ERROR", "SUMMARY", "Test unit written"].iter().any(|word| line.contains(word));
        let what: Vec<&str> = text.lines().filter(says).collect();
        Err(format!(
            "the fuzz target `{}` has a finding:\n{}\nAll of it is in {}. Keep the input as codec/tests/fixtures/fuzz/{}-WHAT.j2c",
            self.target,
            what.join("\n"),
            self.log.display(),
            self.target
        ))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Neither does anything once the end was waited for; a process that cannot be ended is gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_does_not_start_takes_those_that_run_along() {
        let process = Command::new("sleep").arg("600").spawn().expect("sleep is there");
        let place = PathBuf::from(format!("/proc/{}", process.id()));
        let running = Run { target: "parse", process, log: PathBuf::new() };
        assert!(place.exists(), "it runs");
        let folder = paths::made("fuzz/none").expect("a folder");
        let second = Run::start("no target", &folder, &folder, 1);
        let started: Result<Vec<Run>, String> = [Ok(running), second].into_iter().collect();
        assert!(started.is_err_and(|why| why.contains("does not start")));
        assert!(!place.exists(), "it was ended");
    }
}
