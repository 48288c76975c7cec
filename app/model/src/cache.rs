//! Decoded pictures within a budget of bytes.

use crate::frame::FrameId;
use std::collections::{HashMap, HashSet};

/// What became of a picture offered to a [`Cache`].
#[derive(Debug, PartialEq)]
pub enum Offer<V> {
    /// It is kept; these had to go for it.
    Kept(Vec<(FrameId, V)>),
    /// It is given back: everything kept is wanted more.
    Refused(V),
}

/// Pictures by frame. What is drawn is never pushed out; of the rest goes first what is not wanted, longest unused first, then what is
/// wanted least. A picture that is wanted less than everything kept is refused instead of pushing out a better one.
#[derive(Debug)]
pub struct Cache<V> {
    entries: HashMap<FrameId, Entry<V>>,
    ranks: HashMap<FrameId, u32>,
    drawn: HashSet<FrameId>,
    bytes: u64,
    budget: u64,
    uses: u64,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    bytes: u64,
    used: u64,
}

impl<V> Cache<V> {
    /// Empty, for `budget` bytes.
    pub fn new(budget: u64) -> Self {
        Self { entries: HashMap::new(), ranks: HashMap::new(), drawn: HashSet::new(), bytes: 0, budget, uses: 0 }
    }

    /// Bytes allowed.
    pub fn budget(&self) -> u64 {
        self.budget
    }

    /// Bytes held. More than the budget only while what is drawn alone is more.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Pictures held.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a frame's picture is held. Does not count as use.
    pub fn contains(&self, frame: FrameId) -> bool {
        self.entries.contains_key(&frame)
    }

    /// A frame's picture, and note that it was used.
    pub fn get(&mut self, frame: FrameId) -> Option<&V> {
        self.uses += 1;
        let entry = self.entries.get_mut(&frame)?;
        entry.used = self.uses;
        Some(&entry.value)
    }

    /// A frame's picture without noting it.
    pub fn peek(&self, frame: FrameId) -> Option<&V> {
        self.entries.get(&frame).map(|e| &e.value)
    }

    /// Every frame held, the one that was used last first.
    pub fn recent(&self) -> Vec<FrameId> {
        let mut frames: Vec<FrameId> = self.entries.keys().copied().collect();
        frames.sort_unstable_by_key(|frame| std::cmp::Reverse(self.entries[frame].used));
        frames
    }

    /// What is wanted, best first; see [`crate::scheduler::Scheduler::wanted`].
    pub fn set_wanted(&mut self, wanted: &[FrameId]) {
        self.ranks = wanted.iter().enumerate().map(|(rank, &frame)| (frame, rank as u32)).collect();
    }

    /// One more frame is wanted, after all others.
    pub fn append_wanted(&mut self, frame: FrameId) {
        self.ranks.insert(frame, self.ranks.len() as u32);
    }

    /// What is drawn on the screen now.
    pub fn set_drawn(&mut self, drawn: impl IntoIterator<Item = FrameId>) {
        self.drawn = drawn.into_iter().collect();
    }

    /// Changes the budget; what had to go.
    pub fn set_budget(&mut self, budget: u64) -> Vec<(FrameId, V)> {
        self.budget = budget;
        self.evict(0)
    }

    /// Offers a picture of `bytes` bytes. One of the same frame is replaced.
    pub fn offer(&mut self, frame: FrameId, value: V, bytes: u64) -> Offer<V> {
        let mut gone: Vec<(FrameId, V)> = self.remove(frame).map(|v| (frame, v)).into_iter().collect();
        self.uses += 1;
        let entry = Entry { value, bytes, used: self.uses };
        let must_keep = self.drawn.contains(&frame);
        if !must_keep && !self.room_for(frame, bytes) {
            return Offer::Refused(entry.value);
        }
        gone.extend(self.evict(bytes));
        self.bytes += bytes;
        self.entries.insert(frame, entry);
        Offer::Kept(gone)
    }

    /// Removes a picture.
    pub fn remove(&mut self, frame: FrameId) -> Option<V> {
        let entry = self.entries.remove(&frame)?;
        self.bytes -= entry.bytes;
        Some(entry.value)
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    /// Order of going: larger goes first. Unwanted before wanted; among unwanted the longest unused; among wanted the least wanted.
    fn expendable(&self, frame: FrameId, used: u64) -> (bool, u64) {
        match self.ranks.get(&frame) {
            None => (true, u64::MAX - used),
            Some(&rank) => (false, u64::from(rank)),
        }
    }

    /// Whether enough can go that is more expendable than the newcomer.
    fn room_for(&self, frame: FrameId, bytes: u64) -> bool {
        let mine = self.expendable(frame, self.uses);
        let worse = |(&f, e): (&FrameId, &Entry<V>)| {
            let goes = !self.drawn.contains(&f) && self.expendable(f, e.used) > mine;
            if goes { e.bytes } else { 0 }
        };
        let free: u64 = self.budget.saturating_sub(self.bytes);
        free >= bytes || free.saturating_add(self.over_budget_after(worse)) >= bytes
    }

    /// Bytes that `worse` entries would free within the budget.
    fn over_budget_after(&self, worse: impl Fn((&FrameId, &Entry<V>)) -> u64) -> u64 {
        let freed: u64 = self.entries.iter().map(worse).sum();
        freed.saturating_sub(self.bytes.saturating_sub(self.budget))
    }

    /// Pushes out until `bytes` more fit, or only what is drawn is left.
    fn evict(&mut self, bytes: u64) -> Vec<(FrameId, V)> {
        let mut gone = Vec::new();
        while self.bytes.saturating_add(bytes) > self.budget {
            let candidates = self.entries.iter().filter(|(f, _)| !self.drawn.contains(f));
            let Some((&worst, _)) = candidates.max_by_key(|(f, e)| self.expendable(**f, e.used)) else { break };
            gone.extend(self.remove(worst).map(|v| (worst, v)));
        }
        gone
    }
}
