//! Threads that run the groups of a batch together. What there is to do is in one list, and each thread takes what comes first:
//! bytes are sent and images planned side by side, whoever ends the last of a group's starts its series, and a thread that finds
//! nothing else waits for the series that was started first. So planning, copies and kernels overlap, and groups are done one
//! after the other however many threads and devices there are.

mod steps;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::batch::{Batch, Device, Failure, Rest};
use super::group::Group;
use super::part::{Part, Refusal};
use super::series::Series;

/// How long a thread stays awake for more to do: longer than it takes another one to end what it does, and less than waking up costs.
const AWAKE: Duration = Duration::from_micros(60);
/// Threads that copy bytes to a device at a time: as many as fill the bus.
const SENDERS: usize = 8;
/// Threads that a thread wakes.
const WAYS: usize = 4;

/// The number of a device, and of one of its slots.
type Place = (usize, usize);

/// The threads of a batch.
pub(super) struct Crew<'r, 'b, 'p, D: Device> {
    devices: &'r [D],
    batch: &'r Batch<'b, 'p>,
    groups: &'r [Group<'p>],
    pool: Option<&'r rayon::ThreadPool>,
    state: Mutex<State<'p, D::Left>>,
    /// Counts what changes in the state, and tells of it.
    version: AtomicUsize,
    changed: Condvar,
}

struct State<'p, L> {
    /// Groups that have been opened.
    opened: usize,
    /// For each device, threads that send to it.
    senders: Vec<usize>,
    /// Free slots of the devices, as the numbers of both.
    free: Vec<Place>,
    /// Groups that are open, the oldest first.
    open: Vec<Open<'p, L>>,
    rest: Rest,
    /// Whether a thread has failed, so that all are to end.
    broken: bool,
}

/// A group that a slot has been given.
struct Open<'p, L> {
    group: usize,
    place: Place,
    stage: Stage<'p, L>,
}

enum Stage<'p, L> {
    /// Memory is being made ready for it.
    Opening,
    /// Its bytes are sent and its images planned.
    Gathering {
        /// Pieces and images that have been taken on.
        pieces: usize,
        images: usize,
        /// How many of both are not done with.
        left: usize,
        parts: Vec<(usize, Part<'p>)>,
        /// Why a piece could not be sent.
        failed: Option<Failure>,
    },
    /// A thread is at it.
    Busy,
    /// Runs.
    Running(Box<Lot<'p>>),
    /// The pixels of images are told of one by one: taken on, and not done with.
    Landed { landed: Arc<Landing<'p, L>>, taken: usize, left: usize },
}

/// A series, the images of its parts, and parts for which its slot had no room beside them.
struct Lot<'p> {
    series: Series<'p>,
    images: Vec<usize>,
    number: usize,
    others: Vec<(usize, Part<'p>)>,
}

/// A series that has ended, what it left, and the verdict on each part.
type Landing<'p, L> = (Box<Lot<'p>>, L, Vec<Result<(), Refusal>>);

/// What a thread does next.
enum Task<'p, L> {
    Open(Place, usize),
    Send(Place, usize, usize),
    Plan(Place, usize, usize),
    Wait(Place, Box<Lot<'p>>),
    Tell(Place, Arc<Landing<'p, L>>, usize),
    End,
}

impl<'r, 'b, 'p, D: Device> Crew<'r, 'b, 'p, D> {
    pub fn new(devices: &'r [D], batch: &'r Batch<'b, 'p>, groups: &'r [Group<'p>], pool: Option<&'r rayon::ThreadPool>) -> Self {
        // The devices take turns; what is last is given first.
        let slots = devices.iter().enumerate().flat_map(|(n, device)| (0..device.slots()).map(move |slot| (n, slot)));
        let mut free: Vec<_> = slots.collect();
        free.sort_unstable_by_key(|&(device, slot)| std::cmp::Reverse((slot, device)));
        let rest = Rest { left_over: Vec::new(), lost: devices.iter().map(|_| None).collect(), started: 0 };
        let senders = vec![0; devices.len()];
        let state = State { opened: 0, senders, free, open: Vec::new(), rest, broken: false };
        Self { devices, batch, groups, pool, state: Mutex::new(state), version: AtomicUsize::new(0), changed: Condvar::new() }
    }

    /// Runs all groups. Then nothing is under way.
    pub fn run(&self) {
        match self.pool {
            Some(pool) if !self.groups.is_empty() => pool.in_place_scope(|scope| {
                self.call(scope, self.helpers(pool.current_num_threads()));
                self.work(true);
            }),
            _ => self.work(true),
        }
    }

    pub fn into_rest(self) -> Rest {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).rest
    }

    /// How many threads help the one that calls: as few as have something to do before the others have done it.
    fn helpers(&self, threads: usize) -> usize {
        let pieces: usize = self.groups.iter().map(Group::pieces).sum();
        let tasks = match self.batch.count {
            1 => pieces,
            count => pieces + count.min(2 * pieces),
        };
        tasks.min(threads).saturating_sub(1)
    }

    /// Wakes threads, each of which wakes others: waking up takes long.
    fn call<'s>(&'s self, scope: &rayon::Scope<'s>, helpers: usize) {
        let ways = WAYS.min(helpers);
        for way in 0..ways {
            let own = (helpers + way) / ways;
            scope.spawn(move |scope| {
                self.call(scope, own - 1);
                self.work(false);
            });
        }
    }

    /// Threads help a single image also with its plan.
    fn alone(&self) -> Option<&'r rayon::ThreadPool> {
        self.pool.filter(|_| self.batch.count == 1)
    }

    fn work(&self, caller: bool) {
        let _alarm = Alarm(self);
        loop {
            match self.next(caller) {
                Task::Open(place, group) => self.open(place, group),
                Task::Send(place, group, piece) => self.send(place, group, piece),
                Task::Plan(place, group, image) => self.plan(place, group, image),
                Task::Wait(place, lot) => self.wait(place, lot),
                Task::Tell(place, landed, image) => self.tell(place, landed, image),
                Task::End => break,
            }
        }
    }

    /// What to do next, once there is something.
    fn next(&self, caller: bool) -> Task<'p, D::Left> {
        let mut idle = None;
        loop {
            let version = self.version.load(Ordering::Acquire);
            if let Some(task) = self.pick(&mut self.lock(), caller) {
                return task;
            }
            let changed = || self.version.load(Ordering::Acquire) != version;
            let since = *idle.get_or_insert_with(Instant::now);
            while !changed() && since.elapsed() < AWAKE {
                std::hint::spin_loop();
            }
            let state = self.lock();
            if !changed() {
                drop(self.changed.wait(state));
                idle = None;
            }
        }
    }

    fn pick(&self, state: &mut State<'p, D::Left>, caller: bool) -> Option<Task<'p, D::Left>> {
        if state.broken {
            return Some(Task::End);
        }
        for Open { group, place, stage } in &mut state.open {
            match stage {
                Stage::Landed { landed, taken, .. } if *taken < landed.0.images.len() => {
                    *taken += 1;
                    return Some(Task::Tell(*place, landed.clone(), *taken - 1));
                }
                Stage::Gathering { pieces, images, .. } => {
                    let own = &self.groups[*group];
                    let (sends, plans) = (*pieces < own.pieces(), *images < own.images.len());
                    // More threads than fill the bus would only wait for each other.
                    let sends = sends && state.senders[place.0] < SENDERS;
                    // The thread that calls is the first that is awake, and planning takes longest. By itself it sends first.
                    if plans && (caller && !own.is_small() || !sends) {
                        *images += 1;
                        return Some(Task::Plan(*place, *group, *images - 1));
                    }
                    if sends {
                        *pieces += 1;
                        state.senders[place.0] += 1;
                        return Some(Task::Send(*place, *group, *pieces - 1));
                    }
                }
                _ => {}
            }
        }
        let more = state.opened < self.groups.len();
        if more && let Some(place) = state.free.pop() {
            let group = state.opened;
            state.opened += 1;
            state.open.push(Open { group, place, stage: Stage::Opening });
            return Some(Task::Open(place, group));
        }
        // Others wait only where somebody needs what comes of it; the thread that calls is there to the end anyway.
        let lasting = more || (self.batch.count > 1 && !self.batch.keep);
        let may_wait = |open: &&mut Open<_>| matches!(open.stage, Stage::Running(_)) && (caller || lasting);
        if let Some(open) = state.open.iter_mut().find(may_wait)
            && let Stage::Running(lot) = std::mem::replace(&mut open.stage, Stage::Busy)
        {
            return Some(Task::Wait(open.place, lot));
        }
        let ended = state.open.is_empty();
        let idle = !caller && !lasting && !state.open.iter().any(|open| matches!(open.stage, Stage::Opening));
        (ended || idle).then_some(Task::End)
    }

    fn lock(&self) -> MutexGuard<'_, State<'p, D::Left>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There may be more to do for threads that have found nothing.
    fn tell_all(&self, _: &MutexGuard<State<'p, D::Left>>) {
        self.version.fetch_add(1, Ordering::Release);
        self.changed.notify_all();
    }
}

/// Ends the others where a thread panics, so that nobody waits for it.
struct Alarm<'c, 'r, 'b, 'p, D: Device>(&'c Crew<'r, 'b, 'p, D>);

impl<D: Device> Drop for Alarm<'_, '_, '_, '_, D> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut state = self.0.lock();
            state.broken = true;
            self.0.tell_all(&state);
        }
    }
}
