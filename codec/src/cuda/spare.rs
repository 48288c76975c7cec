//! The lists of jobs of parts that are no more, for others: taking memory anew for each image takes longer than filling it.

use std::sync::{Mutex, PoisonError};

use lightbox_kernels::device::CodedBlock;

use super::jobs::Jobs;

/// Most code-blocks that there is room kept for.
const MOST: usize = (32 << 20) / size_of::<CodedBlock>();

/// Empty jobs with room.
#[derive(Default)]
pub(crate) struct Spare(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    jobs: Vec<Jobs>,
    /// Code-blocks that they have room for.
    blocks: usize,
}

impl Spare {
    /// Empty jobs.
    pub fn take(&self) -> Jobs {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = kept.jobs.pop().unwrap_or_default();
        kept.blocks -= jobs.blocks.capacity();
        jobs
    }

    /// Keeps the room of jobs that nobody needs any more, unless there is enough.
    pub fn put(&self, mut jobs: Jobs) {
        jobs.clear();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let blocks = kept.blocks + jobs.blocks.capacity();
        if blocks <= MOST && jobs.blocks.capacity() > 0 {
            kept.blocks = blocks;
            kept.jobs.push(jobs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_empty_and_no_more_is_kept_than_is_worth_it() {
        let spare = Spare::default();
        let jobs = || Jobs { blocks: vec![CodedBlock::default(); MOST / 3], refined: true, planes: vec![7], ..Jobs::default() };
        (0..5).for_each(|_| spare.put(jobs()));
        for room in [true, true, true, false] {
            let jobs = spare.take();
            assert!(jobs.blocks.is_empty() && !jobs.refined && jobs.planes.is_empty());
            assert_eq!(jobs.blocks.capacity() >= MOST / 3, room);
        }
    }
}
