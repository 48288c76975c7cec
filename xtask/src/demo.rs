//! `cargo xtask demo`: the first look.

use crate::system::{self, Need};
use crate::{paths, run};

/// Opens the viewer on the built-in demo study, or renders it to a PNG where there is no display.
///
/// # Errors
/// When the machine lacks something, the build fails, or no picture comes out.
pub fn demo() -> Result<(), String> {
    system::require(&[Need::Vulkan])?;
    let mut cargo = run::cargo();
    system::environment(&mut cargo)?;
    cargo.args(["run", "--package", "lightbox", "--", "demo"]);
    if system::has_display() {
        return run::run(&mut cargo);
    }
    let picture = paths::made("demo")?.join("demo.png");
    run::run(cargo.arg("--snapshot").arg(&picture))?;
    println!("There is no display here. The demo study, rendered off-screen: {}", picture.display());
    Ok(())
}
