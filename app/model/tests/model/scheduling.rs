//! What is decoded next and what is kept: workers and their clock are made up here.

use lightbox_model::cache::{Cache, Offer};
use lightbox_model::scheduler::Scheduler;
use lightbox_model::wanted::{Looking, wanted};
use lightbox_model::{FrameId, ObjectId};
use proptest::prelude::*;
use std::collections::HashSet;

const MIB: u64 = 1 << 20;

fn stack(series: u32, count: u32) -> Vec<FrameId> {
    (0..count).map(|i| FrameId { object: ObjectId(series * 10_000 + i), frame: 0 }).collect()
}

fn looking(frames: &[FrameId], shown: usize, direction: i8, active: bool) -> Looking<'_> {
    Looking { frames, shown, direction, active }
}

#[test]
fn outward_from_the_shown_image_ahead_before_behind() {
    let frames = stack(0, 10);
    let at = |ranked: Vec<FrameId>| ranked.iter().map(|f| f.object.0).collect::<Vec<_>>();
    assert_eq!(at(wanted(&[looking(&frames, 4, 1, true)], &[])), [4, 5, 6, 3, 7, 8, 2, 9, 1, 0]);
    assert_eq!(at(wanted(&[looking(&frames, 4, -1, true)], &[])), [4, 3, 2, 5, 1, 0, 6, 7, 8, 9]);
    assert_eq!(at(wanted(&[looking(&frames, 99, 1, true)], &[]))[0], 9, "an index beyond the stack is its last");
    assert!(wanted(&[looking(&[], 0, 1, true)], &[]).is_empty());
}

#[test]
fn what_is_on_the_screen_comes_first_then_the_clicked_series() {
    let (a, b, c) = (stack(0, 100), stack(1, 100), stack(2, 50));
    let thumbnails = [c[25], a[50]];
    let ranked = wanted(&[looking(&a, 10, 1, false), looking(&b, 20, 1, true)], &thumbnails);
    assert_eq!(ranked[..2], [b[20], a[10]]);
    assert!(ranked[2..10].iter().all(|f| b.contains(f)), "the next turns of the wheel");
    assert_eq!(ranked[10..12], thumbnails);
    let rest_of_b = ranked.iter().rposition(|f| b.contains(f)).unwrap();
    let rest_of_a = ranked.iter().position(|f| a.contains(f) && *f != a[10] && *f != a[50]).unwrap();
    assert!(rest_of_b < rest_of_a, "the clicked series is never starved by the others");
    assert_eq!(ranked.len(), 201);
}

proptest! {
    #[test]
    fn every_frame_is_wanted_once(lens in proptest::collection::vec(0u32..40, 1..5), shown in 0usize..50, back in any::<bool>()) {
        let stacks: Vec<_> = lens.iter().enumerate().map(|(s, &n)| stack(s as u32, n)).collect();
        let views: Vec<_> = stacks.iter().enumerate().map(|(i, s)| looking(s, shown, if back { -1 } else { 1 }, i == 0)).collect();
        let ranked = wanted(&views, &[]);
        let unique: HashSet<_> = ranked.iter().collect();
        prop_assert_eq!(unique.len(), ranked.len());
        prop_assert_eq!(ranked.len(), lens.iter().sum::<u32>() as usize);
    }
}

/// Workers that take `cost` ticks a frame.
struct Workers {
    busy: Vec<Option<(FrameId, u32)>>,
    cost: u32,
    started: Vec<FrameId>,
}

impl Workers {
    fn new(count: usize, cost: u32) -> Self {
        Self { busy: vec![None; count], cost, started: Vec::new() }
    }

    fn tick(&mut self, scheduler: &mut Scheduler, cache: &mut Cache<()>, bytes: u64) {
        for slot in &mut self.busy {
            if let Some((frame, left)) = slot {
                *left -= 1;
                if *left == 0 {
                    scheduler.finished(*frame);
                    if let Offer::Kept(gone) = cache.offer(*frame, (), bytes) {
                        gone.iter().for_each(|(f, ())| scheduler.evicted(*f));
                    }
                    *slot = None;
                }
            }
            if slot.is_none()
                && let Some(frame) = scheduler.next(|f| cache.contains(f))
            {
                self.started.push(frame);
                *slot = Some((frame, self.cost));
            }
        }
    }
}

fn look(scheduler: &mut Scheduler, cache: &mut Cache<()>, frames: &[FrameId], shown: usize, bytes: u64) {
    scheduler.replace(wanted(&[looking(frames, shown, 1, true)], &[]), |_| bytes, cache.budget());
    cache.set_wanted(scheduler.wanted());
    cache.set_drawn([frames[shown]]);
}

#[test]
fn after_a_jump_nothing_far_is_decoded_first() {
    let frames = stack(0, 1000);
    let (mut scheduler, mut cache, mut workers) = (Scheduler::default(), Cache::new(1000 * MIB), Workers::new(2, 3));
    look(&mut scheduler, &mut cache, &frames, 0, MIB);
    (0..30).for_each(|_| workers.tick(&mut scheduler, &mut cache, MIB));
    assert!(workers.started.iter().all(|f| f.object.0 < 30));
    let before = workers.started.len();
    look(&mut scheduler, &mut cache, &frames, 700, MIB);
    (0..60).for_each(|_| workers.tick(&mut scheduler, &mut cache, MIB));
    let after = &workers.started[before..];
    assert_eq!(after[0], frames[700], "the image jumped to is the very next one");
    assert!(after.iter().all(|f| f.object.0.abs_diff(700) < 60), "{after:?}");
}

#[test]
fn a_thousand_images_stay_within_the_budget_and_settle() {
    let frames = stack(0, 1000);
    let (mut scheduler, mut cache, mut workers) = (Scheduler::default(), Cache::new(100 * MIB), Workers::new(4, 1));
    for step in 0..40 {
        let shown = step * 25;
        look(&mut scheduler, &mut cache, &frames, shown, MIB);
        for _ in 0..60 {
            workers.tick(&mut scheduler, &mut cache, MIB);
            assert!(cache.bytes() <= cache.budget());
        }
        assert!(cache.contains(frames[shown]));
        assert_eq!(scheduler.in_work(), 0, "when the budget is full the work ends");
        let near = (0..50).filter(|d| frames.get(shown + d).is_some_and(|f| cache.contains(*f))).count();
        assert!(near >= 50.min(1000 - shown), "the neighbourhood ahead is there: {near} at {shown}");
    }
    let count = workers.started.len();
    (0..100).for_each(|_| workers.tick(&mut scheduler, &mut cache, MIB));
    assert_eq!(workers.started.len(), count, "nothing is decoded to be thrown away");
}

#[test]
fn failures_are_remembered_until_asked_again() {
    let frames = stack(0, 3);
    let mut scheduler = Scheduler::default();
    scheduler.replace(frames.clone(), |_| 1, 100);
    assert_eq!(scheduler.next(|_| false), Some(frames[0]));
    scheduler.fail(frames[0], "truncated".into());
    scheduler.replace(frames.clone(), |_| 1, 100);
    assert_eq!(scheduler.next(|_| false), Some(frames[1]));
    assert_eq!(scheduler.failure(frames[0]), Some("truncated"));
    scheduler.retry(frames[0]);
    assert_eq!(scheduler.failure(frames[0]), None);
    assert_eq!(scheduler.next(|_| false), Some(frames[0]));
}

#[test]
fn a_frame_is_in_work_once_and_work_nobody_wants_can_stop() {
    let frames = stack(0, 2);
    let mut scheduler = Scheduler::default();
    scheduler.replace(frames.clone(), |_| 1, 100);
    scheduler.next(|_| false);
    scheduler.replace(frames.clone(), |_| 1, 100);
    assert_eq!(scheduler.next(|_| false), Some(frames[1]));
    assert_eq!(scheduler.next(|_| false), None);
    scheduler.replace(vec![frames[1]], |_| 1, 100);
    assert_eq!((scheduler.rank(frames[0]), scheduler.rank(frames[1])), (None, Some(0)));
    scheduler.abandon(frames[0]);
    scheduler.replace(frames.clone(), |_| 1, 100);
    assert_eq!(scheduler.next(|_| false), Some(frames[0]));
}

#[test]
fn the_first_frame_is_wanted_even_if_it_alone_is_too_much() {
    let frames = stack(0, 5);
    let mut scheduler = Scheduler::default();
    scheduler.replace(frames.clone(), |_| 1000, 100);
    assert_eq!(scheduler.wanted(), &frames[..1]);
    scheduler.replace(Vec::new(), |_| 1000, 100);
    assert!(scheduler.wanted().is_empty());
    scheduler.replace(frames, |_| u64::MAX, u64::MAX - 1);
    assert_eq!(scheduler.wanted().len(), 1, "sums do not wrap round");
}

fn kept(offer: Offer<u32>) -> Vec<u32> {
    match offer {
        Offer::Kept(gone) => gone.into_iter().map(|(_, v)| v).collect(),
        Offer::Refused(v) => panic!("refused {v}"),
    }
}

#[test]
fn the_cache_lets_go_of_the_unwanted_then_of_the_far() {
    let f = stack(0, 10);
    let mut cache = Cache::new(4);
    cache.set_wanted(&[f[0], f[1], f[2], f[3]]);
    for i in [8, 9, 0, 2] {
        assert!(kept(cache.offer(f[i], i as u32, 1)).is_empty());
    }
    cache.get(f[8]);
    assert_eq!(kept(cache.offer(f[1], 1, 1)), [9], "the longest unused of the unwanted");
    assert_eq!(kept(cache.offer(f[3], 3, 1)), [8]);
    assert_eq!(cache.offer(f[7], 7, 1), Offer::Refused(7), "worse than all that is kept");
    cache.set_wanted(&[f[3], f[4], f[2]]);
    assert_eq!(cache.peek(f[0]), Some(&0));
    assert_eq!(kept(cache.offer(f[4], 4, 2)), [0, 1]);
    assert_eq!(cache.bytes(), 4);
}

#[test]
fn of_what_is_wanted_the_least_wanted_goes() {
    let f = stack(0, 4);
    let mut cache = Cache::new(3);
    cache.set_wanted(&f);
    for i in [3, 1, 2] {
        assert!(kept(cache.offer(f[i], i as u32, 1)).is_empty());
    }
    cache.get(f[3]);
    assert_eq!(kept(cache.offer(f[0], 0, 1)), [3], "however lately it was used");
    assert_eq!(cache.offer(f[3], 3, 1), Offer::Refused(3));
}

#[test]
fn what_is_drawn_stays_whatever_it_costs() {
    let f = stack(0, 5);
    let mut cache = Cache::new(10);
    cache.set_drawn([f[0], f[1]]);
    assert!(kept(cache.offer(f[0], 0, 8)).is_empty());
    assert!(kept(cache.offer(f[1], 1, 8)).is_empty());
    assert_eq!(cache.bytes(), 16, "two large pictures are on the screen: both are needed");
    assert_eq!(cache.offer(f[2], 2, 1), Offer::Refused(2));
    cache.set_drawn([f[1]]);
    assert_eq!(cache.set_budget(10).into_iter().map(|(_, v)| v).collect::<Vec<_>>(), [0]);
    assert_eq!(kept(cache.offer(f[1], 11, 4)), [1], "the same frame is replaced");
    cache.clear();
    assert_eq!((cache.len(), cache.bytes()), (0, 0));
}

proptest! {
    #[test]
    fn the_budget_holds_whatever_happens(steps in proptest::collection::vec((0u32..30, 1u64..40, 0usize..30), 1..200)) {
        let frames = stack(0, 30);
        let mut cache = Cache::new(100);
        for (i, bytes, shown) in steps {
            cache.set_wanted(&wanted(&[looking(&frames, shown, 1, true)], &[])[..20]);
            cache.set_drawn([frames[shown]]);
            cache.offer(frames[i as usize], i, bytes);
            prop_assert!(cache.bytes() <= 100);
        }
    }
}

#[test]
fn many_frames_are_taken_together_and_only_those_that_are_chosen() {
    let frames = stack(0, 20);
    let mut scheduler = Scheduler::default();
    scheduler.replace(frames.clone(), |_| 1, 100);
    assert_eq!(scheduler.next(|_| false), Some(frames[0]));
    scheduler.fail(frames[3], "damaged".into());
    let even = |rank: usize, _| rank.is_multiple_of(2);
    let taken = scheduler.next_many(5, |id| id == frames[4], even);
    assert_eq!(taken, [2, 6, 8, 10, 12].map(|n| frames[n]), "not what is in work, there or damaged");
    // The others are still to be had, best first, and what was taken is not had twice.
    assert_eq!(scheduler.next(|_| false), Some(frames[1]));
    assert_eq!(scheduler.next(|_| false), Some(frames[4]));
    assert_eq!(scheduler.next_many(5, |_| false, even), [14, 16, 18].map(|n| frames[n]));
    while scheduler.next(|_| false).is_some() {}
    scheduler.finished(frames[2]);
    assert_eq!(scheduler.next(|_| false), None, "it was passed by");
    scheduler.look_again();
    assert_eq!(scheduler.next(|_| false), Some(frames[2]), "it is not there after all");
}

#[test]
fn the_cache_knows_what_was_used_last() {
    let frames = stack(0, 4);
    let mut cache = Cache::new(100);
    for &frame in &frames {
        assert_eq!(cache.offer(frame, (), 10), Offer::Kept(Vec::new()));
    }
    cache.get(frames[1]);
    cache.peek(frames[0]);
    assert_eq!(cache.recent(), [frames[1], frames[3], frames[2], frames[0]]);
}
