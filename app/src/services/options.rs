//! How much of the machine the services may take.

use lightbox_codec::Backend;

/// Limits of the services. The default takes what this machine can spare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceOptions {
    /// Threads that decode, at least 1.
    pub threads: usize,
    /// Most bytes of graphics memory for decoded frames.
    pub texture_budget: u64,
    /// Most bytes of main memory for the samples of decoded frames, which probes and measurements read.
    pub sample_budget: u64,
    /// Where HTJ2K is decoded.
    pub backend: Backend,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        let budget = budget(installed_memory());
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { threads, texture_budget: budget, sample_budget: budget, backend: Backend::Auto }
    }
}

/// An eighth of the memory for each of textures and samples: on a machine without its own graphics memory both are main memory, and
/// three quarters stay for everything else. At least 256 MiB, so that the largest images can be shown; at most 4 GiB.
fn budget(memory: Option<u64>) -> u64 {
    const MIB: u64 = 1 << 20;
    memory.map_or(1024 * MIB, |bytes| (bytes / 8).clamp(256 * MIB, 4096 * MIB))
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
        assert_eq!(budget(Some(16 * GIB)), 2 * GIB);
        assert_eq!(budget(Some(GIB)), GIB / 4);
        assert_eq!(budget(Some(256 * GIB)), 4 * GIB);
        assert_eq!(budget(None), GIB);
    }
}
