//! The program, as `lightbox` builds it: see Cargo.toml for why it stands here a second time.

use std::process::ExitCode;

fn main() -> ExitCode {
    lightbox::cli::main()
}
