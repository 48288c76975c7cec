//! The kernels as plain C++: `kernels/cuda/emulate` built with whatever C++ compiler there is.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::{Left, skipped};
use crate::cuda::series::Series;
use crate::cuda::tables;

/// The emulator, built once for all tests; `None` after a loud message where there is no compiler.
pub(super) fn built() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kernels/cuda/emulate/main.cpp");
        if !source.exists() {
            skipped("c++", "the emulated CUDA kernels: their sources are not on this machine, the test program came alone");
            return None;
        }
        // Beside the tests, in the build folder.
        let folder = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf)).unwrap_or_default();
        let (made, program) = (folder.join(format!("emulate-{}", std::process::id())), folder.join("lightbox-emulate"));
        // Jumps between stacks are what the fortified ones refuse.
        for compiler in ["g++", "clang++"] {
            let flags = [
                "-std=c++17",
                "-O2",
                "-ffp-contract=off",
                "-U_FORTIFY_SOURCE",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-Wno-unknown-pragmas",
            ];
            let mut command = Command::new(compiler);
            command.args(flags).arg("-o").arg(&made).arg(&source).stdin(Stdio::null());
            match command.output() {
                Err(_) => continue,
                Ok(built) if built.status.success() => return put(&made, program),
                Ok(built) => panic!("{compiler}: {}", String::from_utf8_lossy(&built.stderr)),
            }
        }
        skipped("c++", "the emulated CUDA kernels: there is neither g++ nor clang++");
        None
    });
    built.as_deref()
}

/// Runs a series behind the bytes that were sent `before` it in the emulator, whose output has `output` bytes; addresses count from
/// the first of them.
pub(super) fn run(program: &Path, series: &Series, before: &[u8], output: usize) -> Left {
    let mut input = before[..series.before()].to_vec();
    input.resize(series.input_bytes(), 0xA5);
    let Ok(()) = series.write(&mut input[series.before()..], None, |_, _| Ok::<(), std::convert::Infallible>(()));
    let size = &series.size;
    let sizes = [input.len(), output, size.records as usize, size.samples as usize, series.blocks(), series.steps.len()];
    let mut sent: Vec<u8> = sizes.iter().flat_map(|&n| (n as u32).to_le_bytes()).collect();
    sent.extend(tables::words().iter().flat_map(|w| w.to_le_bytes()));
    sent.extend_from_slice(&input);
    sent.resize(sent.len().next_multiple_of(4), 0);
    for s in &series.steps {
        let words = [s.kernel as u32, s.grid.0, s.grid.1, s.threads, s.jobs, s.count, s.first, s.lanes];
        sent.extend(words.iter().flat_map(|w| w.to_le_bytes()));
    }
    let mut command = Command::new(program);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the emulator starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let sender = std::thread::spawn(move || stdin.write_all(&sent));
    let answer = child.wait_with_output().expect("the emulator ends");
    sender.join().expect("the sender lives").expect("the emulator takes its input");
    assert!(answer.status.success(), "the emulator failed: {}", answer.status);
    let (status, rest) = answer.stdout.split_at(4 * series.blocks());
    let (samples, pixels) = rest.split_at(4 * size.samples as usize);
    assert_eq!(pixels.len(), output, "the answer is whole");
    let words = |bytes: &[u8]| bytes.chunks_exact(4).map(|w| u32::from_le_bytes(w.try_into().expect("four bytes"))).collect();
    Left { status: words(status), samples: words(samples), output: pixels.to_vec() }
}

/// Puts a program that has been built in its place, whole, however many tests build it at a time.
#[cfg(test)]
fn put(made: &Path, program: PathBuf) -> Option<PathBuf> {
    std::fs::rename(made, &program).expect("the build folder can be written");
    Some(program)
}
