//! Which frame to decode next, asked at the moment a worker is free: never a queue of stale orders.

use crate::frame::FrameId;
use std::collections::{HashMap, HashSet};

/// Frames wanted, in work and failed.
#[derive(Debug, Default)]
pub struct Scheduler {
    wanted: Vec<FrameId>,
    ranks: HashMap<FrameId, u32>,
    /// Of everything wanted.
    bytes: u64,
    /// Everything before this rank was cached, failed or in work when it was looked at.
    cursor: usize,
    in_work: HashSet<FrameId>,
    failed: HashMap<FrameId, String>,
}

impl Scheduler {
    /// Replaces the list of what is wanted, best first. It is cut where `budget` bytes are full: decoding what would push out something
    /// better is work for nothing. The first frame is always wanted.
    pub fn replace(&mut self, wanted: Vec<FrameId>, bytes_of: impl Fn(FrameId) -> u64, budget: u64) {
        self.wanted.clear();
        self.ranks.clear();
        (self.bytes, self.cursor) = (0, 0);
        for frame in wanted {
            if !self.append(frame, bytes_of(frame), budget) {
                break;
            }
        }
    }

    /// Wants one more frame, after all others. Answers whether `budget` leaves room for it.
    pub fn append(&mut self, frame: FrameId, bytes: u64, budget: u64) -> bool {
        let sum = self.bytes.saturating_add(bytes);
        if sum > budget && !self.wanted.is_empty() {
            return false;
        }
        self.bytes = sum;
        self.ranks.insert(frame, self.wanted.len() as u32);
        self.wanted.push(frame);
        true
    }

    /// The best frame that is not there, not in work and has not failed; it is in work from now on.
    pub fn next(&mut self, is_there: impl Fn(FrameId) -> bool) -> Option<FrameId> {
        while let Some(&frame) = self.wanted.get(self.cursor) {
            self.cursor += 1;
            if !is_there(frame) && !self.failed.contains_key(&frame) && self.in_work.insert(frame) {
                return Some(frame);
            }
        }
        None
    }

    /// The best frames that `choose` takes of those that are not there, not in work and have not failed, at most `most`; they are in work
    /// from now on. `choose` is given each with its rank, best first. What [`Scheduler::next`] gives stays the same otherwise.
    pub fn next_many(
        &mut self,
        most: usize,
        is_there: impl Fn(FrameId) -> bool,
        mut choose: impl FnMut(usize, FrameId) -> bool,
    ) -> Vec<FrameId> {
        let mut taken = Vec::new();
        for (rank, &frame) in self.wanted.iter().enumerate() {
            if taken.len() == most {
                break;
            }
            let open = !is_there(frame) && !self.failed.contains_key(&frame) && !self.in_work.contains(&frame);
            if open && choose(rank, frame) {
                self.in_work.insert(frame);
                taken.push(frame);
            }
        }
        taken
    }

    /// Looks at every wanted frame again: what can be done has changed.
    pub fn look_again(&mut self) {
        self.cursor = 0;
    }

    /// A frame's work is done and its picture is there.
    pub fn finished(&mut self, frame: FrameId) {
        self.in_work.remove(&frame);
        self.failed.remove(&frame);
    }

    /// A frame's work ended in an error: it is not tried again until [`Scheduler::retry`].
    pub fn fail(&mut self, frame: FrameId, why: String) {
        self.in_work.remove(&frame);
        self.failed.insert(frame, why);
    }

    /// A frame's work was given up: nobody wanted it any more.
    pub fn abandon(&mut self, frame: FrameId) {
        self.in_work.remove(&frame);
        self.cursor = 0;
    }

    /// A picture was pushed out of memory: if it is still wanted it will be made again.
    pub fn evicted(&mut self, frame: FrameId) {
        if let Some(&rank) = self.ranks.get(&frame) {
            self.cursor = self.cursor.min(rank as usize);
        }
    }

    /// Why a frame failed.
    pub fn failure(&self, frame: FrameId) -> Option<&str> {
        self.failed.get(&frame).map(String::as_str)
    }

    /// Lets a failed frame be tried again.
    pub fn retry(&mut self, frame: FrameId) {
        self.failed.remove(&frame);
        self.evicted(frame);
    }

    /// Forgets all failures, as after a change of decoder.
    pub fn retry_all(&mut self) {
        self.failed.clear();
        self.cursor = 0;
    }

    /// Rank of a frame, 0 the best; `None` for one that is not wanted. Work on such a frame may stop.
    pub fn rank(&self, frame: FrameId) -> Option<u32> {
        self.ranks.get(&frame).copied()
    }

    /// Everything wanted, best first, as far as the budget reaches.
    pub fn wanted(&self) -> &[FrameId] {
        &self.wanted
    }

    /// Whether a frame is in work.
    pub fn is_in_work(&self, frame: FrameId) -> bool {
        self.in_work.contains(&frame)
    }

    /// Frames in work.
    pub fn in_work(&self) -> usize {
        self.in_work.len()
    }

    /// Frames that will still be looked at: an upper bound of what is left to do.
    pub fn left(&self) -> usize {
        self.wanted.len() - self.cursor.min(self.wanted.len())
    }
}
