//! The machine that a figure was measured on.

use serde_json::{Value, json};

/// Processor name, cores this process may use, operating system.
pub fn describe() -> Value {
    json!({ "cpu": cpu(), "cores": cores(), "os": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH) })
}

/// Cores this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The processor's own name where the system tells it.
fn cpu() -> String {
    std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| "unknown".into())
}
