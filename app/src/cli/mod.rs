//! The command line: a stable contract that scripts build on. `args` says what can be typed, each command has a file of its own,
//! and whatever goes wrong ends as one line on standard error.

pub mod args;
mod bench;
mod decode;
mod failure;
mod info;
mod input;
mod machine;
pub mod output;
mod part;
mod progress;
mod serve;
mod snapshot;
mod transcode;
mod viewer;
pub(crate) mod whole_file;

pub use failure::{Failure, Outcome};

use args::{Cli, Command};
use clap::Parser;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

/// Runs what was typed.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) if !e.use_stderr() => return finish(help(&e)),
        Err(e) => return finish(Err(usage(&e))),
    };
    // A command's standard error is its one line; graphics drivers are chatty about every device that they try.
    let quiet = if cli.command.is_some() { "off" } else { "warn,wgpu_hal=off,wgpu_core=error" };
    env_logger::Builder::from_env(env_logger::Env::new().filter_or("LIGHTBOX_LOG", quiet)).init();
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
        log::debug!("panic in thread {thread} at {place}: {}", payload(info.payload()));
    }));
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| dispatch(cli))).unwrap_or_else(|panic| Err(bug(panic.as_ref())));
    finish(outcome)
}

fn dispatch(cli: Cli) -> Outcome {
    match cli.command {
        None => viewer::run(cli.open, cli.decoding, cli.bench_report, cli.bench_animate),
        Some(Command::Demo(demo)) => match demo.snapshot {
            None => viewer::run_demo(demo.decoding),
            Some(output) => snapshot::demo(&output),
        },
        Some(Command::Info(args)) => info::run(&args),
        Some(Command::Decode(args)) => decode::run(&args),
        Some(Command::Bench(args)) => bench::run(&args),
        Some(Command::Snapshot(args)) => snapshot::run(&args),
        Some(Command::Transcode(args)) => transcode::run(&args),
        Some(Command::Serve(args)) => serve::run(&args),
        Some(Command::BenchWindow { output }) => crate::bench_viewer::bare_window(&output),
    }
}

fn finish(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nothing is left to do when even standard error is closed.
            let _ = writeln!(std::io::stderr(), "lightbox: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Something to know about an output that is whole, or as whole as data that are cut off allow: one line on standard error, as
/// a failure is written.
fn note(sentence: impl std::fmt::Display) {
    // Nothing is left to do when standard error is closed.
    let _ = writeln!(std::io::stderr(), "lightbox: {}", Failure::new(sentence));
}

/// Names each failure in a line of its own; where there is any, the command fails with what `sum` says of their number.
fn fail_each<'a>(failures: impl IntoIterator<Item = &'a Failure>, sum: impl FnOnce(usize) -> String) -> Outcome {
    match failures.into_iter().inspect(|failure| note(failure)).count() {
        0 => Ok(()),
        failed => Err(Failure::new(sum(failed))),
    }
}

/// Writes to standard output all at once; a closed pipe is a failure like any other.
fn say(text: &str) -> Outcome {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|e| Failure::new(format_args!("the output could not be written in full: {e}")))
}

fn help(request: &clap::Error) -> Outcome {
    say(&request.render().to_string())
}

/// What clap says over several lines, as one.
fn usage(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let said = text.split("\n\nUsage:").next().unwrap_or_default();
    let said = said.split("\n\nFor more information").next().unwrap_or_default();
    Failure::new(format_args!("{}; see lightbox --help", said.trim_start_matches("error: ").trim_end()))
}

fn bug(panic: &(dyn std::any::Any + Send)) -> Failure {
    Failure::new(format_args!("the program failed inside, and wrote nothing; please report it with the file ({})", payload(panic)))
}

/// The text of a panic.
pub(crate) fn payload(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_errors_are_one_line() {
        for words in [&["lightbox", "decode"][..], &["lightbox", "--nonsense"], &["lightbox", "bench", "--threads", "x", "f"]] {
            let failure = usage(&Cli::try_parse_from(words).unwrap_err()).to_string();
            assert!(!failure.contains('\n') && failure.ends_with("see lightbox --help"), "{failure}");
            assert!(!failure.contains("Usage") && !failure.starts_with("error"), "{failure}");
        }
    }
}
