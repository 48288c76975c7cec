//! Wavelet levels and the last stage of a part: the last level of what is finished together writes pixels at once, so that its
//! samples are never in memory.

use lightbox_kernels::abi::{DwtJob, OutputJob, TileJob};
use lightbox_kernels::device::{Finish, LastLevel, Synthesis};

use super::jobs::{Lister, Placed, take};
use super::part::{Form, Size};
use crate::plan::DecodePlan;

/// Pairs of rows of a wavelet strip.
const LOW_STRIP: u32 = 4;
const HIGH_STRIP: u32 = 16;

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
        for (number, dwt) in plan.dwts_of(output).iter().enumerate() {
            let [hl, lh, hh] = std::array::from_fn(|n| bands[3 * number + 1 + n]);
            if dwt.u1 > dwt.u0 && dwt.v1 > dwt.v0 {
                let low = self.samples_of(top, output);
                top = Top::Level(number, *dwt, [low, hl, lh, hh]);
            }
        }
        top
    }

    /// Where samples are, after the level that makes them, which is listed.
    fn samples_of(&mut self, top: Top, output: &OutputJob) -> Placed {
        let (number, dwt, bands) = match top {
            Top::Samples(placed) => return placed,
            Top::Level(number, dwt, bands) => (number, dwt, bands),
        };
        let stride = (dwt.u1 - dwt.u0).next_multiple_of(4);
        let out = take(&mut self.size.samples, u64::from(stride) * u64::from(dwt.v1 - dwt.v0), 4);
        if self.jobs.levels.len() <= number {
            self.jobs.levels.resize_with(number + 1, Default::default);
        }
        let job = Synthesis { out, out_stride: stride, ..synthesis(&dwt, bands) };
        self.jobs.levels[number][usize::from(output.reversible == 0)].push(job);
        Placed { origin: out.wrapping_sub(dwt.v0.wrapping_mul(stride)).wrapping_sub(dwt.u0), stride }
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
                    let source = self.samples_of(top, output);
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

/// A level without a place for what it makes. Its window is counted from even rows and columns, so that the kernels' numbers stay
/// small wherever the image lies.
fn synthesis(dwt: &DwtJob, bands: [Placed; 4]) -> Synthesis {
    let &DwtJob { u0, v0, u1, v1, .. } = dwt;
    Synthesis {
        u0: u0 % 2,
        v0: v0 % 2,
        u1: u1 - (u0 & !1),
        v1: v1 - (v0 & !1),
        bands: bands.map(|b| b.at(u0 / 2, v0 / 2)),
        strides: bands.map(|b| b.stride),
        ..Synthesis::default()
    }
}

/// A level of a part that begins at `start`.
pub(super) fn moved(job: &Synthesis, start: &Size) -> Synthesis {
    let from = start.samples as u32;
    Synthesis { bands: job.bands.map(|b| b.wrapping_add(from)), out: job.out.wrapping_add(from), ..*job }
}

/// Thread blocks for each of many levels, and the pairs of rows of a strip. Low strips are soon done, high ones repeat fewer rows:
/// those where there are enough to fill the device.
pub(super) fn strips<T>(all: &[T], level: impl Fn(&T) -> &Synthesis, reversible: bool, multiprocessors: u32) -> (u32, u32) {
    let blocks = |pairs| all.iter().map(|job| level(job).blocks(reversible, pairs)).max().unwrap_or(0);
    let fills = blocks(HIGH_STRIP) as usize * all.len() >= 8 * multiprocessors as usize;
    let pairs = if fills { HIGH_STRIP } else { LOW_STRIP };
    (blocks(pairs), pairs)
}
