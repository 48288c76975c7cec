//! Runs a program under a time and a memory limit: a test of hostile input must end by itself.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What a run may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wall-clock time.
    pub time: Duration,
    /// Peak resident memory in bytes.
    pub memory: u64,
}

impl Default for Limits {
    /// What the project promises for any one file, however damaged: 10 seconds and 2 GiB.
    fn default() -> Self {
        Self { time: Duration::from_secs(10), memory: 2 << 30 }
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// Exit status, or `None` when a limit ended it.
    pub status: Option<ExitStatus>,
    /// All it wrote to stdout.
    pub stdout: Vec<u8>,
    /// All it wrote to stderr.
    pub stderr: String,
    /// How long it ran.
    pub time: Duration,
    /// Highest resident memory seen, bytes. Read every few milliseconds; 0 where the system does not tell.
    pub memory: u64,
}

impl Outcome {
    /// Whether it ended by itself with status 0.
    pub fn success(&self) -> bool {
        self.status.is_some_and(|s| s.success())
    }
}

/// Runs `command` without stdin and waits for its end, or kills it at a limit.
///
/// # Errors
/// When the program cannot be started.
pub fn run(command: &mut Command, limits: Limits) -> std::io::Result<Outcome> {
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let mut memory = 0;
    let status = loop {
        memory = memory.max(peak_resident(&child));
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed() > limits.time || memory > limits.memory {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let read = |thread: std::thread::JoinHandle<Vec<u8>>| thread.join().unwrap_or_default();
    let (stdout, stderr) = (read(stdout), String::from_utf8_lossy(&read(stderr)).into_owned());
    Ok(Outcome { status, stdout, stderr, time: start.elapsed(), memory })
}

/// Reads a pipe on its own thread, so that a full pipe never blocks the program.
fn drain(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read until an error is what there is to look at.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// `VmHWM` of a running child (Linux); 0 elsewhere and after its end.
fn peak_resident(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_never_ends_is_stopped() {
        let limits = Limits { time: Duration::from_millis(100), ..Limits::default() };
        let outcome = run(Command::new("sleep").arg("60"), limits).expect("sleep starts");
        assert!(outcome.status.is_none() && outcome.time < Duration::from_secs(10), "{outcome:?}");
    }

    #[test]
    fn output_and_status_are_kept() {
        let outcome = run(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]), Limits::default()).expect("sh starts");
        assert_eq!(outcome.status.and_then(|s| s.code()), Some(3));
        assert_eq!((outcome.stdout.as_slice(), outcome.stderr.as_str()), (b"out\n".as_slice(), "err\n"));
    }
}
