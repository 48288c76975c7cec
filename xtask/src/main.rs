//! The project's own tasks: `cargo xtask demo|test|ci|kernels|bench|fuzz`. Plain std, so that it builds in a second on a
//! bare machine.

mod bench;
mod ci;
mod demo;
mod fuzz;
mod gpu;
mod kernels;
mod paths;
mod python;
mod run;
mod system;
mod test;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask demo                 open the viewer on the built-in demo study; without a display, render it to a PNG
cargo xtask test [ARGUMENTS]     every test of the workspace; ARGUMENTS go to `cargo test`
cargo xtask test --gpu           the tests of the CUDA kernels on this machine's GPU, on which elsewhere they say SKIPPED
cargo xtask ci                   what must be green: format, lints, the kernels' PTX, then `cargo xtask test` with nothing skipped
cargo xtask fuzz [TARGET...] [--seconds N] [--asan]
                                 libFuzzer on the codec's targets, or on one, for N seconds (60) each
cargo xtask kernels              builds the CUDA kernels to the PTX that is committed
cargo xtask bench codec          decoding and encoding against OpenJPH and OpenJPEG in the same run, two cores, a window of a great image
cargo xtask bench viewer [DIR]   time to the first picture, time to all pictures and steadiness, each against its floor
cargo xtask bench gpu            assembles a folder that measures an NVIDIA GPU beside nvJPEG2000 without Rust; runs it where there is one

LIGHTBOX_DATA     folder of the test data (default: ../shared/data beside the workspace)
LIGHTBOX_REQUIRE  comma-separated list of what tests may not skip: data, vulkan, pydicom, c++, cuda
LIGHTBOX_PYTHON   a Python that has what xtask/requirements.txt names; without it one is set up in target/
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["demo"] => demo::demo(),
        ["test", "--gpu"] => test::gpu(),
        ["test", rest @ ..] => test::test(rest),
        ["ci"] => ci::ci(),
        ["fuzz", rest @ ..] => fuzz::Options::parse(rest).and_then(|options| fuzz::fuzz(&options)),
        ["kernels"] => kernels::kernels(kernels::Task::Write),
        ["bench", "codec"] => bench::codec(),
        ["bench", "gpu"] => gpu::bench(),
        // What `run` in the assembled folder calls.
        ["bench", "gpu", "--in", folder] => gpu::measure(Path::new(folder)),
        ["bench", "viewer"] => bench::viewer(None),
        ["bench", "viewer", folder] => bench::viewer(Some(folder)),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        [] => Err(format!("say which task:\n{USAGE}")),
        other => Err(format!("there is no task `{}`:\n{USAGE}", other.join(" "))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
