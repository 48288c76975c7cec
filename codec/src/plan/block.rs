//! The jobs of code-blocks: what the packets said of each, checked against its subband.

use lightbox_kernels::abi::{BlockJob, Span};

use super::DecodePlan;
use super::outline::{BandPlace, Outline};
use crate::cpu::block::ht::MAX_BITPLANES;
use crate::error::Error;
use crate::geometry::Rect;
use crate::packet::{self, Block, Coded, Codewords, HtSet, Packets};
use crate::structure::Subband;

impl DecodePlan<'_> {
    /// Lists the code-blocks of a tile, band by band, with what its packets say of them.
    pub(super) fn add_blocks(&mut self, outline: &Outline, packets: &Packets) -> Result<(), Error> {
        self.blocks.reserve(outline.block_count());
        for (place, job) in outline.bands() {
            let band = outline.subband(place).ok_or_else(gone)?;
            let known = |cell| packets.blocks(place.component, place.resolution, place.band, cell);
            let Rect { x0, y0, x1, y1 } = place.cells;
            for row in y0..y1 {
                let mut column = x0;
                while column < x1 {
                    // Those of one precinct lie side by side.
                    let cell = band.precinct_of((column, row));
                    let end = band.columns_end(cell.0).min(x1).max(column.saturating_add(1));
                    let known = known(cell).and_then(|(held, blocks)| blocks.get(held.index((column, row))? as usize..));
                    for (n, column) in (column..end).enumerate() {
                        let block = known.and_then(|blocks| blocks.get(n));
                        let rect = band.blocks.rect((column, row));
                        self.add_block(band, block, (rect, (job.x0, job.y0)), place, packets)?;
                    }
                    column = end;
                }
            }
        }
        Ok(())
    }

    /// Lists a code-block, which lies at `rect` in a band whose samples begin at `first`; without packets it is empty.
    fn add_block(
        &mut self,
        band: &Subband,
        block: Option<&Block>,
        (rect, first): (Rect, (u32, u32)),
        place: &BandPlace,
        packets: &Packets,
    ) -> Result<(), Error> {
        let mut job = BlockJob {
            first_span: self.spans.len() as u32,
            x: rect.x0.saturating_sub(first.0),
            y: rect.y0.saturating_sub(first.1),
            // A code-block has at most 1024 samples a side.
            width: rect.width() as u16,
            height: rect.height() as u16,
            ..BlockJob::default()
        };
        match block.map(|block| (block, block.coded)) {
            Some((block, Coded::Ht(set))) if set.passes > 0 => self.add_ht(&mut job, band, block, &set, place)?,
            Some((block, Coded::Mq(Some(chain)))) if block.passes > 0 => {
                self.add_mq(&mut job, band, block, packets.codewords(chain), place)?;
            }
            _ => {}
        }
        job.spans = (self.spans.len() as u32).saturating_sub(job.first_span);
        self.blocks.push(job);
        Ok(())
    }

    fn add_ht(&mut self, job: &mut BlockJob, band: &Subband, block: &Block, set: &HtSet, place: &BandPlace) -> Result<(), Error> {
        let at = self.offset.saturating_add(set.cleanup.start);
        // Each HT set ends one bit-plane further down.
        let missing = u16::from(block.zero_bitplanes).saturating_add(set.first_pass / 3);
        left_of(band, missing, at, place)?;
        job.passes = set.passes;
        job.missing = missing as u8;
        job.cleanup_len = set.cleanup.len;
        job.refinement_len = set.refinement.iter().map(|s| s.len).fold(0, u32::saturating_add);
        for piece in [set.cleanup].iter().chain(&set.refinement).filter(|s| s.len > 0) {
            self.add_span(job.first_span, *piece);
        }
        Ok(())
    }

    fn add_mq<'m>(
        &mut self,
        job: &mut BlockJob,
        band: &Subband,
        block: &Block,
        codewords: impl Iterator<Item = &'m Codewords>,
        place: &BandPlace,
    ) -> Result<(), Error> {
        let mut codewords = codewords.peekable();
        let at = self.offset.saturating_add(codewords.peek().map_or(0, |first| first.bytes.start));
        let missing = u16::from(block.zero_bitplanes);
        let left = left_of(band, missing, at, place)?;
        if block.passes > left.saturating_mul(3).saturating_sub(2) {
            return Err(contradiction(band, at, place, format!("has {} coding passes in {left} bit-planes", block.passes)));
        }
        job.coding = BlockJob::MQ;
        job.passes = block.passes as u8;
        job.missing = missing as u8;
        // Passes and spans of the segment that is being put together.
        let (mut passes, mut first) = (0u16, job.first_span);
        let (mut passed, mut end) = (0u16, band.style.passes_of_segment(0));
        while let Some(more) = codewords.next() {
            self.add_span(first, more.bytes);
            passes = passes.saturating_add(more.passes);
            passed = passed.saturating_add(more.passes);
            if passed >= end || codewords.peek().is_none() {
                if let Some(last) = self.spans.last_mut() {
                    last.passes = u32::from(passes);
                }
                (passes, first) = (0, self.spans.len() as u32);
                end = passed.saturating_add(band.style.passes_of_segment(passed));
            }
        }
        Ok(())
    }

    /// Adds coded bytes of the segments whose spans begin at `first`, joined to the span before where they follow it.
    fn add_span(&mut self, first: u32, piece: packet::Span) {
        let has_one = self.spans.len() > first as usize;
        match self.spans.last_mut() {
            Some(last) if has_one && last.start.saturating_add(u64::from(last.len)) == piece.start => {
                last.len = last.len.saturating_add(piece.len);
            }
            _ => self.spans.push(Span { start: piece.start, len: piece.len, passes: 0 }),
        }
    }
}

/// Magnitude bit-planes of a code-block, those of a region of interest with them, below `missing` empty ones.
fn left_of(band: &Subband, missing: u16, at: u64, place: &BandPlace) -> Result<u16, Error> {
    let planes = u16::from(band.bitplanes).saturating_add(u16::from(place.roi_shift));
    if planes > u16::from(MAX_BITPLANES) {
        return Err(Error::unsupported(format!("{planes} magnitude bit-planes"), at));
    }
    match planes.checked_sub(missing) {
        Some(left @ 1..) => Ok(left),
        _ => Err(contradiction(band, at, place, format!("has {missing} empty bit-planes of {planes}"))),
    }
}

/// The error of a code-block whose packets contradict its subband.
#[cold]
fn contradiction(band: &Subband, at: u64, place: &BandPlace, what: String) -> Error {
    let (BandPlace { tile, component, .. }, orientation) = (place, band.orientation.name());
    Error::malformed("packet header", at, format!("tile {tile}, component {component}: a {orientation} code-block {what}"))
}

fn gone() -> Error {
    Error::Internal { why: "the geometry and the packets of a tile differ".into() }
}
