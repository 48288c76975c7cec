//! How much of the machine the services may take.

use lightbox_codec::Backend;

/// Limits of the services. The default takes what this machine can spare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceOptions {
    /// Threads that decode, at least 1.
    pub threads: usize,
    /// Most bytes for decoded frames: their textures, and the samples that probes and measurements read.
    pub picture_budget: u64,
    /// Where HTJ2K is decoded.
    pub backend: Backend,
    /// A GPU writes straight into graphics memory where that can be had; else its pictures come over main memory.
    pub zero_copy: bool,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { threads, picture_budget: budget(installed_memory()), backend: Backend::Auto, zero_copy: true }
    }
}

/// A quarter of the memory: on a machine without its own graphics memory textures are main memory too, and three quarters stay for
/// everything else. At least 512 MiB, so that the largest images can be shown; at most 8 GiB.
fn budget(memory: Option<u64>) -> u64 {
    const MIB: u64 = 1 << 20;
    memory.map_or(1024 * MIB, |bytes| (bytes / 4).clamp(512 * MIB, 8192 * MIB))
}

/// Main memory in bytes, where the system tells it.
fn installed_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_follow_the_memory_within_bounds() {
        const GIB: u64 = 1 << 30;
        assert_eq!(budget(Some(16 * GIB)), 4 * GIB);
        assert_eq!(budget(Some(GIB)), GIB / 2);
        assert_eq!(budget(Some(256 * GIB)), 8 * GIB);
        assert_eq!(budget(None), GIB);
    }
}
