//! Makes plans, and keeps what the next can use again.

use std::sync::Arc;

use lightbox_kernels::abi::BlockJob;

use super::known::{Fresh, Known, Outlines};
use super::outline::Outline;
use super::request::{self, Chosen};
use super::spare::Spare;
use super::{DecodePlan, Incomplete};
use crate::codestream::Codestream;
use crate::cpu::Workspaces;
use crate::error::Error;
use crate::limits::Limits;
use crate::packet::{self, Memory, Reach, Task};
use crate::request::DecodeRequest;

/// Most bytes that reading packets keeps for the next image, for each thread.
const MOST_MEMORY: usize = 4 << 20;

/// Plans requests one after the other, or on several threads at a time, without taking memory and laying out geometry anew for each:
/// plans that are dropped leave their lists to the next, and images of a series share what their parameters alone tell.
#[derive(Default)]
pub struct Planner {
    /// What threads know of a tile while they read its packets.
    memory: Workspaces<Memory>,
    spare: Arc<Spare>,
    known: Outlines,
}

/// What is planned: tiles of a request with the layers that a reach allows.
#[derive(Clone, Copy)]
pub(super) struct Work<'w, 'a> {
    pub codestream: &'w Codestream<'a>,
    pub chosen: &'w Chosen,
    pub reduction: u8,
    pub reach: &'w Reach,
    pub limits: &'w Limits,
}

/// What the tiles of a request lack.
pub(super) struct Shortage {
    reach: Reach,
    /// Tiles that lack packets.
    tiles: u32,
}

impl Planner {
    /// A planner that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Plans a request as [`DecodePlan::new`].
    ///
    /// # Errors
    /// As there.
    pub fn plan<'a>(&self, codestream: &Codestream<'a>, request: &DecodeRequest, limits: &Limits) -> Result<DecodePlan<'a>, Error> {
        self.plan_on(None, codestream, request, limits)
    }

    /// The same with the help of threads, where there are several tiles.
    pub(crate) fn plan_on<'a>(
        &self,
        pool: Option<&rayon::ThreadPool>,
        codestream: &Codestream<'a>,
        request: &DecodeRequest,
        limits: &Limits,
    ) -> Result<DecodePlan<'a>, Error> {
        let chosen = request::resolve(codestream, request)?;
        let work = Work { codestream, chosen: &chosen, reduction: request.reduction, reach: &Reach::WHOLE, limits };
        if let Some(plan) = pool.and_then(|pool| self.side_by_side(pool, work)) {
            return Ok(plan);
        }
        let (plan, short) = self.one_by_one(work)?;
        let Some(Shortage { reach, tiles }) = short else { return Ok(plan) };
        let at = plan.offset.saturating_add(plan.coded.len() as u64);
        if request.strict {
            return Err(Error::Truncated { at, what: "the packets of a tile" });
        }
        // Only now it is known which layers all tiles have: the packets are read again for these.
        let reach = reach.settled();
        let (mut plan, _) = self.one_by_one(Work { reach: &reach, ..work })?;
        let coded_layers = codestream.info().layers;
        plan.incomplete = Some(Incomplete {
            at,
            missing: codestream.ending().missing,
            exact_at: reach.exact_at(request.reduction),
            layers: reach.everywhere(request.reduction).min(coded_layers),
            coded_layers,
            tiles,
            of_tiles: plan.tiles.len() as u32,
        });
        Ok(plan)
    }

    /// Plans all tiles of a request, and says how far the data reach where that is less.
    fn one_by_one<'a>(&self, work: Work<'_, 'a>) -> Result<(DecodePlan<'a>, Option<Shortage>), Error> {
        let known = self.known(work);
        let tiles = work.codestream.siz().tiles_in(&work.chosen.area);
        let (plan, short, fresh) = self.tiles(work, tiles, known.as_deref().map(|known| &*known.outlines))?;
        self.keep(work, fresh);
        Ok((plan, short))
    }

    /// What is known of the geometry of a request.
    pub(super) fn known(&self, work: Work) -> Option<Arc<Known>> {
        self.known.find(work.codestream, work.chosen, work.reduction, work.limits)
    }

    /// Keeps outlines that were made, if they are those of all tiles.
    pub(super) fn keep(&self, work: Work, fresh: Option<Fresh>) {
        if let Some(outlines) = fresh.and_then(Fresh::all) {
            self.known.keep(work.codestream, work.chosen, work.reduction, outlines);
        }
    }

    /// Plans some tiles, of which all outlines may be known. Gives those that were made otherwise.
    pub(super) fn tiles<'a>(
        &self,
        work: Work<'_, 'a>,
        tiles: impl Iterator<Item = u32>,
        known: Option<&[Outline]>,
    ) -> Result<(DecodePlan<'a>, Option<Shortage>, Option<Fresh>), Error> {
        let mut plan = DecodePlan::without_jobs(work.codestream, work.chosen, &self.spare);
        self.memory.with(|memory| {
            let result = plan.add_tiles(work, tiles, known, memory);
            if memory.bytes() > MOST_MEMORY {
                *memory = Memory::default();
            }
            let (short, fresh) = result?;
            Ok((plan, short, known.is_none().then_some(fresh)))
        })
    }
}

impl DecodePlan<'_> {
    /// Lists the jobs of some tiles. Gives how far the data reach where that is less, and outlines that were not known.
    fn add_tiles(
        &mut self,
        work: Work,
        tiles: impl Iterator<Item = u32>,
        known: Option<&[Outline]>,
        memory: &mut Memory,
    ) -> Result<(Option<Shortage>, Fresh), Error> {
        let Work { codestream, chosen, reduction, limits, .. } = work;
        let (mut counted, mut shortage, mut fresh) = (0, None::<Shortage>, Fresh::default());
        for (number, index) in tiles.enumerate() {
            let short = match known.and_then(|known| known.get(number)) {
                Some(outline) => self.add_tile(work, outline, memory)?,
                None => {
                    let outline = Outline::new(codestream, index, chosen, reduction, &mut counted, limits)?;
                    let short = self.add_tile(work, &outline, memory)?;
                    fresh.push(outline);
                    short
                }
            };
            if let Some(reach) = short {
                let before = shortage.as_ref().map_or((reach, 0), |known| (known.reach.and(&reach), known.tiles));
                shortage = Some(Shortage { reach: before.0, tiles: before.1.saturating_add(1) });
            }
            Limits::check("bytes of memory", self.bytes(), limits.bytes)?;
        }
        Ok((shortage, fresh))
    }

    /// Lists the jobs of a tile for every plane, with the layers that the work's reach allows. Gives how far the tile's packets
    /// reach where that is less.
    fn add_tile(&mut self, work: Work, outline: &Outline, memory: &mut Memory) -> Result<Option<Reach>, Error> {
        let Work { codestream, reach, limits, .. } = work;
        let jobs = outline.block_count().saturating_mul(size_of::<BlockJob>()) as u64;
        Limits::check("bytes of memory", self.bytes().saturating_add(jobs), limits.bytes)?;
        let task = Task { codestream, tile: &outline.tile, route: &outline.route, reach, limits };
        let packets = packet::read(task, memory)?;
        self.header_bytes = self.header_bytes.saturating_add(packets.header_bytes);
        self.append_jobs(std::slice::from_ref(&outline.job), &outline.outputs, &outline.dwts, &outline.bands);
        self.add_blocks(outline, &packets)?;
        Ok(packets.short)
    }
}
