//! The program: what was typed goes to [`lightbox::cli`], and a failure becomes one line and exit status 1.

use std::process::ExitCode;

fn main() -> ExitCode {
    lightbox::cli::main()
}
