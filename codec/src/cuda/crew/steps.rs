//! What a thread of a crew does, a step at a time.

use std::sync::{Arc, MutexGuard};

use super::{Crew, Landing, Lot, Place, Stage, State};
use crate::cuda::batch::{Device, Failure, Landed, Left, Output, Running};
use crate::cuda::group;
use crate::cuda::part::{Part, Size};
use crate::cuda::series::Series;
use crate::cuda::spans::span;

/// Series of a device that are taken to run side by side.
const BESIDE: u32 = 3;

impl<'p, D: Device> Crew<'_, '_, 'p, D> {
    pub(super) fn open(&self, place: Place, group: usize) {
        let (own, (device, slot)) = (&self.groups[group], place);
        let opened = match own.bytes {
            0 => Ok(()),
            bytes => self.devices[device].open(slot, bytes),
        };
        let mut state = self.lock();
        match opened {
            Ok(()) => {
                let left = own.pieces() + own.images.len();
                let stage = Stage::Gathering { pieces: 0, images: 0, left, parts: Vec::new(), failed: None };
                set(&mut state, place, stage);
                self.tell_all(&state);
            }
            Err(failure) => self.give_up(state, place, own.images.clone(), failure),
        }
    }

    pub(super) fn send(&self, place: Place, group: usize, piece: usize) {
        let (own, (device, slot)) = (&self.groups[group], place);
        let (at, len) = own.piece(piece);
        let sent = span("send", || self.devices[device].send(slot, at, len, &|out| own.fill(at, out)));
        self.lock().senders[device] -= 1;
        self.gathered(place, None, sent.err());
    }

    pub(super) fn plan(&self, place: Place, group: usize, n: usize) {
        let own = &self.groups[group];
        let image = own.images[n];
        let part = match (self.batch.prepare)(image, own.sent(n), self.alone()) {
            Ok(part) => Some((image, part)),
            Err(refusal) => {
                (self.batch.done)(image, Err(refusal));
                None
            }
        };
        self.gathered(place, part, None);
    }

    /// One more piece or image of a group is done with; the last one starts its series.
    fn gathered(&self, place: Place, part: Option<(usize, Part<'p>)>, failure: Option<Failure>) {
        let mut state = self.lock();
        let Some(open) = state.open.iter_mut().find(|open| open.place == place) else { return };
        let Stage::Gathering { left, parts, failed, .. } = &mut open.stage else { return };
        parts.extend(part);
        *failed = failed.take().or(failure);
        *left -= 1;
        if *left == 0 {
            let (parts, failed) = (std::mem::take(parts), failed.take());
            open.stage = Stage::Busy;
            match failed {
                None => {
                    // Who has sent the last piece sends no more for now.
                    self.tell_all(&state);
                    drop(state);
                    self.start(place, parts);
                }
                Some(failure) => self.give_up(state, place, parts.into_iter().map(|(image, _)| image).collect(), failure),
            }
        }
    }

    /// Starts the series of as many parts as a slot has room for.
    fn start(&self, place: Place, parts: Vec<(usize, Part<'p>)>) {
        let (device, slot) = (&self.devices[place.0], place.1);
        let mut state = self.lock();
        let Some(open) = state.open.iter().find(|open| open.place == place) else { return };
        let before = self.groups[open.group].bytes;
        let most = group::most(device).saturating_sub(before);
        let (mut images, mut own, mut others) = (Vec::new(), Vec::new(), Vec::new());
        let empty = Size { coded: before, ..Size::default() };
        let (mut size, mut bytes) = (empty, 0);
        for (image, part) in parts {
            let (with, more) = (size.followed_by(&part.size), part.device_bytes());
            if more > most || !empty.followed_by(&part.size).fits() {
                state.rest.left_over.push(image);
            } else if others.is_empty() && with.fits() && bytes + more <= most {
                (size, bytes) = (with, bytes + more);
                images.push(image);
                own.push(part);
            } else {
                others.push((image, part));
            }
        }
        if images.is_empty() {
            return self.close(state, place);
        }
        let number = state.rest.started;
        state.rest.started += 1;
        drop(state);
        let share = BESIDE.min(self.groups.len().div_ceil(self.devices.len()) as u32).max(1);
        let series = span("series", || Series::new(own, before, device.multiprocessors().div_ceil(share)));
        let output = if self.batch.keep { Output::Kept(number) } else { Output::Host };
        let running = Running { series: &series, slot, output, alone: false, pool: self.alone() };
        let started = span("start", || device.start(running));
        let mut state = self.lock();
        match started {
            Ok(()) => {
                set(&mut state, place, Stage::Running(Box::new(Lot { series, images, number, others })));
                self.tell_all(&state);
            }
            Err(failure) => {
                images.extend(others.into_iter().map(|(image, _)| image));
                self.give_up(state, place, images, failure);
            }
        }
    }

    pub(super) fn wait(&self, place: Place, lot: Box<Lot<'p>>) {
        let left = match self.devices[place.0].finish(place.1) {
            Ok(left) => left,
            Err(failure) => return self.give_up(self.lock(), place, Vec::new(), Failure::Lost(failure.into_why())),
        };
        let verdicts = lot.series.verdicts(left.status());
        let landed = Arc::new((lot, left, verdicts));
        let count = landed.0.images.len();
        if self.alone().is_some() || count == 1 || landed.1.output().is_empty() {
            span("tell", || (0..count).for_each(|n| self.tell_of(place, &landed, n)));
            return self.conclude(place, landed);
        }
        let mut state = self.lock();
        set(&mut state, place, Stage::Landed { landed, taken: 0, left: count });
        self.tell_all(&state);
    }

    pub(super) fn tell(&self, place: Place, landed: Arc<Landing<'p, D::Left>>, n: usize) {
        span("tell", || self.tell_of(place, &landed, n));
        drop(landed);
        let mut state = self.lock();
        let Some(open) = state.open.iter_mut().find(|open| open.place == place) else { return };
        let Stage::Landed { left, .. } = &mut open.stage else { return };
        *left -= 1;
        if *left == 0
            && let Stage::Landed { landed, .. } = std::mem::replace(&mut open.stage, Stage::Busy)
        {
            drop(state);
            self.conclude(place, landed);
        }
    }

    fn tell_of(&self, place: Place, (lot, left, verdicts): &Landing<'p, D::Left>, n: usize) {
        let landed = || Landed { series: &lot.series, part: n, output: left.output(), kept: (place.0, lot.number) };
        let result = verdicts[n].clone().map(|()| landed());
        (self.batch.done)(lot.images[n], result);
    }

    /// All images of a series have been told of.
    fn conclude(&self, place: Place, landed: Arc<Landing<'p, D::Left>>) {
        // Every other holder let it go before it counted itself out.
        let Some((lot, left, _)) = Arc::into_inner(landed) else { return };
        self.devices[place.0].recycle(place.1, left);
        match lot.others.is_empty() {
            true => self.close(self.lock(), place),
            false => self.start(place, lot.others),
        }
    }

    /// A slot is free again.
    fn close(&self, mut state: MutexGuard<State<'p, D::Left>>, place: Place) {
        state.open.retain(|open| open.place != place);
        if state.rest.lost[place.0].is_none() {
            state.free.push(place);
        }
        self.tell_all(&state);
    }

    /// A group could not be run: without memory its images are for later, a device that is lost is not used any more.
    fn give_up(&self, mut state: MutexGuard<State<'p, D::Left>>, place: Place, images: Vec<usize>, failure: Failure) {
        match failure {
            Failure::Memory(_) => state.rest.left_over.extend(images),
            Failure::Lost(why) => {
                state.rest.lost[place.0] = Some(why);
                state.free.retain(|(device, _)| *device != place.0);
                if state.free.is_empty() && state.rest.lost.iter().all(Option::is_some) {
                    state.opened = self.groups.len();
                }
            }
        }
        self.close(state, place);
    }
}

fn set<'p, L>(state: &mut State<'p, L>, place: Place, stage: Stage<'p, L>) {
    if let Some(open) = state.open.iter_mut().find(|open| open.place == place) {
        open.stage = stage;
    }
}
