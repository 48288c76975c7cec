//! The jobs of code-blocks: what the packets said of each, checked against its subband.

use lightbox_kernels::abi::{BlockJob, Span};

use super::DecodePlan;
use super::outline::{BandPlace, Outline};
use crate::cpu::block::ht::MAX_BITPLANES;
use crate::error::Error;
use crate::geometry::Rect;
use crate::packet::{self, Block, Chain, Coded, HtSet, Packets};
use crate::structure::Subband;

impl DecodePlan<'_> {
    /// Lists the code-blocks of a tile, band by band, with what its packets say of them.
    pub(super) fn add_blocks(&mut self, outline: &Outline, packets: &Packets) -> Result<(), Error> {
        let Self { blocks, spans, offset, .. } = self;
        let first = blocks.len();
        blocks.resize(first.saturating_add(outline.block_count()), BlockJob::default());
        let mut jobs = blocks.get_mut(first..).unwrap_or_default().iter_mut();
        for (place, job) in outline.bands() {
            let band = outline.subband(place).ok_or_else(gone)?;
            let mut lister = Lister { packets, place, band, offset: *offset, spans };
            let Rect { x0, y0, x1, y1 } = place.cells;
            // The precinct looked up last: often there is only one.
            let mut latest = None;
            for row in y0..y1 {
                let mut column = x0;
                while column < x1 {
                    // Those of one precinct lie side by side.
                    let cell = band.precinct_of((column, row));
                    let end = band.columns_end(cell.0).min(x1).max(column.saturating_add(1));
                    let known = match latest {
                        Some((precinct, known)) if precinct == cell => known,
                        _ => packets.blocks(place.component, place.resolution, place.band, cell),
                    };
                    latest = Some((cell, known));
                    let known = known.and_then(|(held, blocks)| blocks.get(held.index((column, row))? as usize..));
                    let mut known = known.unwrap_or_default().iter();
                    for (column, block) in (column..end).zip(&mut jobs) {
                        let rect = band.blocks.rect((column, row));
                        block.x = rect.x0.saturating_sub(job.x0);
                        block.y = rect.y0.saturating_sub(job.y0);
                        // A code-block has at most 1024 samples a side.
                        (block.width, block.height) = (rect.width() as u16, rect.height() as u16);
                        lister.fill(block, known.next())?;
                    }
                    column = end;
                }
            }
        }
        Ok(())
    }
}

/// Fills the jobs of code-blocks of one band.
struct Lister<'l> {
    packets: &'l Packets<'l>,
    place: &'l BandPlace,
    band: &'l Subband,
    /// Where SOC lies in the file.
    offset: u64,
    spans: &'l mut Vec<Span>,
}

impl Lister<'_> {
    /// Enters what packets say of a code-block; without any it is empty.
    #[inline]
    fn fill(&mut self, job: &mut BlockJob, block: Option<&Block>) -> Result<(), Error> {
        job.first_span = self.spans.len() as u32;
        match block.map(|block| (block, &block.coded)) {
            Some((block, Coded::Ht(set))) if set.passes > 0 => self.fill_ht(job, block, set)?,
            Some((block, Coded::Mq(Some(chain)))) if block.passes > 0 => self.fill_mq(job, block, *chain)?,
            _ => {}
        }
        job.spans = (self.spans.len() as u32).saturating_sub(job.first_span);
        Ok(())
    }

    #[inline]
    fn fill_ht(&mut self, job: &mut BlockJob, block: &Block, set: &HtSet) -> Result<(), Error> {
        // Each HT set ends one bit-plane further down.
        let missing = u16::from(block.zero_bitplanes).saturating_add(set.first_pass / 3);
        self.left_below(missing, set.cleanup.start)?;
        job.passes = set.passes;
        job.missing = missing as u8;
        job.cleanup_len = set.cleanup.len;
        self.add_span(job.first_span, set.cleanup);
        for piece in set.refinement.iter().filter(|piece| piece.len > 0) {
            job.refinement_len = job.refinement_len.saturating_add(piece.len);
            self.add_span(job.first_span, *piece);
        }
        Ok(())
    }

    fn fill_mq(&mut self, job: &mut BlockJob, block: &Block, chain: Chain) -> Result<(), Error> {
        let mut codewords = self.packets.codewords(chain).peekable();
        let start = codewords.peek().map_or(0, |first| first.bytes.start);
        let missing = u16::from(block.zero_bitplanes);
        let left = self.left_below(missing, start)?;
        if block.passes > left.saturating_mul(3).saturating_sub(2) {
            return Err(self.contradiction(start, format!("has {} coding passes in {left} bit-planes", block.passes)));
        }
        job.coding = BlockJob::MQ;
        job.passes = block.passes as u8;
        job.missing = missing as u8;
        let style = self.band.style;
        // Passes and spans of the segment that is being put together.
        let (mut passes, mut first) = (0u16, job.first_span);
        let (mut passed, mut end) = (0u16, style.passes_of_segment(0));
        while let Some(more) = codewords.next() {
            self.add_span(first, more.bytes);
            passes = passes.saturating_add(more.passes);
            passed = passed.saturating_add(more.passes);
            if passed >= end || codewords.peek().is_none() {
                if let Some(last) = self.spans.last_mut() {
                    last.passes = u32::from(passes);
                }
                (passes, first) = (0, self.spans.len() as u32);
                end = passed.saturating_add(style.passes_of_segment(passed));
            }
        }
        Ok(())
    }

    /// Adds coded bytes of the segments whose spans begin at `first`, joined to the span before where they follow it.
    #[inline]
    fn add_span(&mut self, first: u32, piece: packet::Span) {
        let has_one = self.spans.len() > first as usize;
        match self.spans.last_mut() {
            Some(last) if has_one && last.start.saturating_add(u64::from(last.len)) == piece.start => {
                last.len = last.len.saturating_add(piece.len);
            }
            _ => self.spans.push(Span { start: piece.start, len: piece.len, passes: 0 }),
        }
    }

    /// Magnitude bit-planes of a code-block, those of a region of interest with them, below `missing` empty ones. Its bytes begin at
    /// `start`.
    #[inline]
    fn left_below(&self, missing: u16, start: u64) -> Result<u16, Error> {
        let planes = u16::from(self.band.bitplanes).saturating_add(u16::from(self.place.roi_shift));
        match planes.checked_sub(missing) {
            Some(left @ 1..) if planes <= u16::from(MAX_BITPLANES) => Ok(left),
            _ => Err(self.no_bitplane(missing, planes, start)),
        }
    }

    #[cold]
    fn no_bitplane(&self, missing: u16, planes: u16, start: u64) -> Error {
        if planes > u16::from(MAX_BITPLANES) {
            return Error::unsupported(format!("{planes} magnitude bit-planes"), self.offset.saturating_add(start));
        }
        self.contradiction(start, format!("has {missing} empty bit-planes of {planes}"))
    }

    /// The error of a code-block whose packets contradict its subband.
    #[cold]
    fn contradiction(&self, start: u64, what: String) -> Error {
        let (BandPlace { tile, component, .. }, orientation) = (self.place, self.band.orientation.name());
        let at = self.offset.saturating_add(start);
        Error::malformed("packet header", at, format!("tile {tile}, component {component}: a {orientation} code-block {what}"))
    }
}

fn gone() -> Error {
    Error::Internal { why: "the geometry and the packets of a tile differ".into() }
}
