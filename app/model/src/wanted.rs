//! Which frames should be decoded, best first: a pure function of what is looked at.

use crate::frame::FrameId;
use std::collections::HashSet;

/// Neighbours of the active viewport's image that go before thumbnails: what the next turns of the wheel show.
const NEAR: usize = 8;

/// What one visible viewport looks at.
#[derive(Clone, Copy, Debug)]
pub struct Looking<'a> {
    /// Its stack.
    pub frames: &'a [FrameId],
    /// Index of the shown image.
    pub shown: usize,
    /// 1 or -1: where the last step went.
    pub direction: i8,
    /// The active viewport: its series was clicked last.
    pub active: bool,
}

/// Frames best first, each once: what is on the screen (the active viewport's first); the next few of the active stack; `thumbnails` in
/// their order; the rest of the active stack outward from the shown image, two steps in the direction of scrolling for each one back; then
/// the other stacks outward in turn. A list replaces the one before: nothing is cancelled, what is not in it is not wanted.
pub fn wanted(looking: &[Looking], thumbnails: &[FrameId]) -> Vec<FrameId> {
    let mut viewports: Vec<&Looking> = looking.iter().filter(|l| !l.frames.is_empty()).collect();
    viewports.sort_by_key(|l| !l.active);
    let total: usize = viewports.iter().map(|l| l.frames.len()).sum();
    let mut list = List { ranked: Vec::with_capacity(total + thumbnails.len()), seen: HashSet::with_capacity(total) };
    for l in &viewports {
        list.push(l.frames[l.shown.min(l.frames.len() - 1)]);
    }
    let (active, others): (Vec<&Looking>, Vec<&Looking>) = viewports.into_iter().partition(|l| l.active);
    active.iter().for_each(|l| outward(l).take(NEAR).for_each(|f| list.push(f)));
    thumbnails.iter().for_each(|&f| list.push(f));
    active.iter().for_each(|l| outward(l).for_each(|f| list.push(f)));
    let mut rest: Vec<_> = others.into_iter().map(outward).collect();
    while !rest.is_empty() {
        rest.retain_mut(|frames| frames.next().map(|f| list.push(f)).is_some());
    }
    list.ranked
}

struct List {
    ranked: Vec<FrameId>,
    seen: HashSet<FrameId>,
}

impl List {
    fn push(&mut self, frame: FrameId) {
        if self.seen.insert(frame) {
            self.ranked.push(frame);
        }
    }
}

/// Frames of a stack from the shown one outward, without it: two ahead, one behind, until both ends are reached.
fn outward<'a>(looking: &Looking<'a>) -> impl Iterator<Item = FrameId> + use<'a> {
    let frames = looking.frames;
    let shown = looking.shown.min(frames.len().saturating_sub(1));
    let before = (0..shown).rev();
    let after = shown + 1..frames.len();
    let forward = looking.direction >= 0;
    let (mut before, mut after, mut turn) = (before, after, 0);
    std::iter::from_fn(move || {
        let ahead = turn % 3 != 2;
        turn += 1;
        let next = if ahead == forward { after.next().or_else(|| before.next()) } else { before.next().or_else(|| after.next()) };
        next.map(|i| frames[i])
    })
}
