//! The lists of plans that are no more, for others.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lightbox_kernels::abi::{BandJob, BlockJob, DwtJob, OutputJob, Span, TileJob};

use super::PlaneLayout;

/// Most bytes that are kept: what some hundred plans of usual images take.
const MOST: usize = 32 << 20;

/// The lists of a plan.
#[derive(Default)]
pub(super) struct Lists {
    pub planes: Vec<PlaneLayout>,
    pub wanted: Vec<usize>,
    pub tiles: Vec<TileJob>,
    pub outputs: Vec<OutputJob>,
    pub dwts: Vec<DwtJob>,
    pub bands: Vec<BandJob>,
    pub blocks: Vec<BlockJob>,
    pub spans: Vec<Span>,
}

impl Lists {
    /// Forgets what they hold, and gives the bytes that they have room for.
    fn clear(&mut self) -> usize {
        fn cleared<T>(list: &mut Vec<T>) -> usize {
            list.clear();
            list.capacity().saturating_mul(size_of::<T>())
        }
        let Self { planes, wanted, tiles, outputs, dwts, bands, blocks, spans } = self;
        let room = [
            cleared(planes),
            cleared(wanted),
            cleared(tiles),
            cleared(outputs),
            cleared(dwts),
            cleared(bands),
            cleared(blocks),
            cleared(spans),
        ];
        room.into_iter().fold(0, usize::saturating_add)
    }
}

/// Empty lists with room, so that a plan need not ask for memory.
#[derive(Default)]
pub(super) struct Spare(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// Each with the bytes that it has room for.
    lists: Vec<(Lists, usize)>,
    bytes: usize,
}

impl std::fmt::Debug for Spare {
    /// What is spare is no part of a plan.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("..")
    }
}

impl Spare {
    /// Empty lists.
    pub fn take(&self) -> Lists {
        let mut kept = self.lock();
        let Some((lists, bytes)) = kept.lists.pop() else { return Lists::default() };
        kept.bytes = kept.bytes.saturating_sub(bytes);
        lists
    }

    /// Keeps the room of lists that nobody needs any more, unless there is enough.
    pub fn put(&self, mut lists: Lists) {
        let bytes = lists.clear();
        let mut kept = self.lock();
        let all = kept.bytes.saturating_add(bytes);
        if bytes > 0 && all <= MOST {
            kept.bytes = all;
            kept.lists.push((lists, bytes));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_blocks(count: usize) -> Lists {
        Lists { blocks: vec![BlockJob::default(); count], ..Lists::default() }
    }

    #[test]
    fn what_comes_back_is_empty_and_has_room() {
        let spare = Spare::default();
        spare.put(with_blocks(1000));
        let lists = spare.take();
        assert!(lists.blocks.is_empty() && lists.blocks.capacity() >= 1000);
        assert_eq!((spare.take().blocks.capacity(), spare.lock().bytes), (0, 0));
    }

    #[test]
    fn no_more_is_kept_than_is_worth_it() {
        let spare = Spare::default();
        (0..100).for_each(|_| spare.put(with_blocks(MOST / 10 / size_of::<BlockJob>())));
        assert_eq!(spare.lock().lists.len(), 10);
        assert!(spare.lock().bytes <= MOST);
    }
}
