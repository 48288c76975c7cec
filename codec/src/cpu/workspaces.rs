//! Working memory that threads take and give back.

use std::sync::Mutex;

/// Working memory that is not in use: at most as many as threads have run at a time.
pub(crate) struct Workspaces<W>(Mutex<Vec<W>>);

impl<W> Default for Workspaces<W> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<W: Default> Workspaces<W> {
    /// Runs `work` with a workspace that no other thread has.
    pub fn with<R>(&self, work: impl FnOnce(&mut W) -> R) -> R {
        let lock = || self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let taken = lock().pop();
        let mut workspace = taken.unwrap_or_default();
        let result = work(&mut workspace);
        lock().push(workspace);
        result
    }
}
