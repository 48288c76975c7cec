//! Wavelet levels and the last stage of a part: the last level of what is finished together writes pixels at once, so that its
//! samples are never in memory.

use lightbox_kernels::abi::{DwtJob, OutputJob, TileJob};
use lightbox_kernels::device::{Finish, LastLevel, SmallLevels, Synthesis};

use super::jobs::{Lister, Placed};
use super::part::{Form, Size};
use crate::plan::DecodePlan;

/// Pairs of rows of a wavelet strip, the highest first.
const STRIPS: [u32; 5] = [32, 16, 8, 4, LOW_STRIP];
/// Those of small levels.
pub(super) const LOW_STRIP: u32 = 2;

/// What the last stage of a component begins with.
#[derive(Clone, Copy)]
pub(super) enum Top {
    /// Samples, where no level makes them.
    Samples(Placed),
    /// The last level, with its number, and the bands that it takes.
    Level(usize, DwtJob, [Placed; 4]),
}

impl Top {
    /// Whether a last level makes just the window of an output.
    fn makes(&self, output: &OutputJob) -> bool {
        let &OutputJob { x0, y0, x1, y1, .. } = output;
        matches!(self, Self::Level(_, dwt, _) if (dwt.u0, dwt.v0, dwt.u1, dwt.v1) == (x0, y0, x1, y1))
    }
}

impl Lister {
    /// Lists the levels of a tile-component but for the last.
    pub(super) fn add_levels(&mut self, plan: &DecodePlan, output: &OutputJob, bands: &[Placed]) -> Top {
        let mut top = Top::Samples(bands.first().copied().unwrap_or_default());
        let mut small = SmallLevels::default();
        for (number, dwt) in plan.dwts_of(output).iter().enumerate() {
            let [hl, lh, hh] = std::array::from_fn(|n| bands[3 * number + 1 + n]);
            if dwt.u1 > dwt.u0 && dwt.v1 > dwt.v0 {
                let low = self.samples_of(top, output, Some(&mut small));
                top = Top::Level(number, *dwt, [low, hl, lh, hh]);
            }
        }
        if small != SmallLevels::default() {
            self.jobs.small[usize::from(output.reversible == 0)].push(small);
        }
        top
    }

    /// Where samples are, after the level that makes them, which is listed: among the `small` ones where these may take it.
    fn samples_of(&mut self, top: Top, output: &OutputJob, small: Option<&mut SmallLevels>) -> Placed {
        let (number, dwt, bands) = match top {
            Top::Samples(placed) => return placed,
            Top::Level(number, dwt, bands) => (number, dwt, bands),
        };
        let Placed { origin, stride } = self.place((dwt.u0, dwt.v0), (dwt.u1, dwt.v1));
        let out = origin.wrapping_add(dwt.v0.wrapping_mul(stride)).wrapping_add(dwt.u0);
        let job = Synthesis { out, out_stride: stride, ..synthesis(&dwt, bands) };
        // Levels grow, so that none of those before is another's.
        let is_small = (dwt.u1 - dwt.u0).max(dwt.v1 - dwt.v0) <= SmallLevels::SIDE;
        if let Some(place) = small.filter(|_| is_small).and_then(|small| small.levels.get_mut(number)) {
            *place = job;
        } else {
            if self.jobs.levels.len() <= number {
                self.jobs.levels.resize_with(number + 1, Default::default);
            }
            self.jobs.levels[number][usize::from(output.reversible == 0)].push(job);
        }
        Placed { origin, stride }
    }

    /// Lists the last stage of a tile: components together that a colour transform or interleaving ties.
    pub(super) fn add_finishes(&mut self, plan: &DecodePlan, tile: &TileJob, tops: &[Top]) {
        let outputs = plan.outputs_of(tile);
        let colour = tile.colour_transform != 0;
        let mut first = 0;
        while first < outputs.len() {
            let alike = outputs[first..].iter().take_while(|o| o.reversible == outputs[first].reversible).count();
            let count = match self.form {
                _ if first == 0 && colour => 3,
                Form::Interleaved | Form::Device(_) => alike.min(3),
                Form::Planar => 1,
            };
            let OutputJob { x0, y0, x1, y1, reversible, .. } = outputs[first];
            let mut job = Finish { x0, y0, x1, y1, components: count as u8, ..Finish::default() };
            job.flags = if reversible == 1 { Finish::REVERSIBLE } else { 0 };
            if first == 0 && colour {
                job.flags |= Finish::COLOUR;
            }
            for n in 0..count {
                self.finish_component(plan, &mut job, n, first + n);
            }
            let (own, outputs) = (&tops[first..first + count], &outputs[first..first + count]);
            let at_once = (count == 1 || count == 3) && alike >= count && own.iter().all(|top| top.makes(&outputs[0]));
            if at_once {
                let mut levels = [Synthesis::default(); 3];
                for (level, top) in levels.iter_mut().zip(own) {
                    if let Top::Level(_, dwt, bands) = top {
                        *level = synthesis(dwt, *bands);
                    }
                }
                self.jobs.lasts.push(LastLevel { levels, finish: job });
            } else {
                for (n, (&top, output)) in own.iter().zip(outputs).enumerate() {
                    let source = self.samples_of(top, output, None);
                    (job.sources[n], job.strides[n]) = (source.origin, source.stride);
                }
                if x1 > x0 && y1 > y0 {
                    self.jobs.finishes.push(job);
                }
            }
            first += count;
        }
    }

    fn finish_component(&self, plan: &DecodePlan, job: &mut Finish, n: usize, plane: usize) {
        let layout = &plan.planes()[plane];
        let bytes = layout.kind.bytes() as u32;
        let pixel = plan.planes().len() as u32 * bytes;
        let within = plane as u64 * u64::from(bytes);
        let (start, step, pitch) = match self.form {
            Form::Interleaved => (u64::from(self.jobs.planes[0]) + within, pixel, layout.rect.width().wrapping_mul(pixel)),
            Form::Planar => (u64::from(self.jobs.planes[plane]), bytes, layout.rect.width().wrapping_mul(bytes)),
            Form::Device(rows) => (rows.address.wrapping_add(within), rows.pixel, rows.pitch),
        };
        let (x, y) = (job.x0.wrapping_sub(layout.rect.x0), job.y0.wrapping_sub(layout.rect.y0));
        let from_start = u64::from(y) * u64::from(pitch) + u64::from(x) * u64::from(step);
        job.targets[n] = start.wrapping_add(from_start);
        job.pitches[n] = pitch;
        job.steps[n] = step;
        job.bits[n] = layout.bits;
        job.signed[n] = u8::from(layout.signed);
    }
}

/// A level without a place for what it makes. Its window is counted from rows that are multiples of two and columns that are
/// multiples of four, so that the kernels' numbers stay small wherever the image lies.
fn synthesis(dwt: &DwtJob, bands: [Placed; 4]) -> Synthesis {
    let &DwtJob { u0, v0, u1, v1, .. } = dwt;
    Synthesis {
        u0: u0 % 4,
        v0: v0 % 2,
        u1: u1 - (u0 & !3),
        v1: v1 - (v0 & !1),
        bands: bands.map(|b| b.at(u0 / 4 * 2, v0 / 2)),
        strides: bands.map(|b| b.stride),
        ..Synthesis::default()
    }
}

/// A level of a part that begins at `start`.
pub(super) fn moved(job: &Synthesis, start: &Size) -> Synthesis {
    let from = start.samples as u32;
    Synthesis { bands: job.bands.map(|b| b.wrapping_add(from)), out: job.out.wrapping_add(from), ..*job }
}

/// The same for small levels.
pub(super) fn small_moved(job: &SmallLevels, start: &Size) -> SmallLevels {
    SmallLevels { levels: job.levels.each_ref().map(|level| moved(level, start)) }
}

/// Thread blocks for each of many levels, and the pairs of rows of a strip. Low strips are soon done, high ones repeat fewer rows:
/// the highest that fill the device.
pub(super) fn strips<T>(all: &[T], level: impl Fn(&T) -> &Synthesis, multiprocessors: u32) -> (u32, u32) {
    let blocks = |pairs| all.iter().map(|job| level(job).blocks(pairs)).max().unwrap_or(0);
    let fills = |&pairs: &u32| blocks(pairs) as usize * all.len() >= 4 * multiprocessors as usize;
    let [.., lowest] = STRIPS;
    let pairs = STRIPS.into_iter().find(fills).unwrap_or(lowest);
    (blocks(pairs), pairs)
}
