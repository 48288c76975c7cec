//! The jobs of code-blocks: what the packets said of each, checked against its subband.

use lightbox_kernels::abi::{BandJob, BlockJob, Span};

use super::DecodePlan;
use super::tile::Parts;
use crate::codestream::BlockStyle;
use crate::cpu::block::ht::MAX_BITPLANES;
use crate::error::Error;
use crate::geometry::Rect;
use crate::packet::{self, Block, Coded, HtSet};
use crate::structure::Subband;

impl DecodePlan<'_> {
    /// Lists a code-block; without packets it is empty.
    pub(super) fn add_block(
        &mut self,
        band: &Subband,
        block: Option<&Block>,
        rect: &Rect,
        stored: &Rect,
        parts: Parts,
    ) -> Result<(), Error> {
        let mut job = BlockJob {
            first_span: self.spans.len() as u32,
            x: rect.x0.saturating_sub(stored.x0),
            y: rect.y0.saturating_sub(stored.y0),
            // A code-block has at most 1024 samples a side.
            width: rect.width() as u16,
            height: rect.height() as u16,
            ..BlockJob::default()
        };
        match block.map(|block| (block, &block.coded)) {
            Some((block, Coded::Ht(set))) if set.passes > 0 => self.add_ht(&mut job, band, block, set, parts)?,
            Some((block, Coded::Mq(pieces))) if block.passes > 0 => self.add_mq(&mut job, band, block, pieces, parts)?,
            _ => {}
        }
        job.spans = (self.spans.len() as u32).saturating_sub(job.first_span);
        self.blocks.push(job);
        Ok(())
    }

    fn add_ht(&mut self, job: &mut BlockJob, band: &Subband, block: &Block, set: &HtSet, parts: Parts) -> Result<(), Error> {
        let at = self.offset.saturating_add(set.cleanup.start);
        // Each HT set ends one bit-plane further down.
        let missing = u16::from(block.zero_bitplanes).saturating_add(set.first_pass / 3);
        left_of(band, missing, at, parts)?;
        job.passes = set.passes;
        job.missing = missing as u8;
        job.cleanup_len = set.cleanup.len;
        job.refinement_len = set.refinement.iter().map(|s| s.len).fold(0, u32::saturating_add);
        for piece in [set.cleanup].iter().chain(&set.refinement).filter(|s| s.len > 0) {
            self.add_span(job.first_span, *piece);
        }
        Ok(())
    }

    fn add_mq(
        &mut self,
        job: &mut BlockJob,
        band: &Subband,
        block: &Block,
        pieces: &[(u16, packet::Span)],
        parts: Parts,
    ) -> Result<(), Error> {
        let at = self.offset.saturating_add(pieces.first().map_or(0, |(_, span)| span.start));
        let missing = u16::from(block.zero_bitplanes);
        let left = left_of(band, missing, at, parts)?;
        if block.passes > left.saturating_mul(3).saturating_sub(2) {
            return Err(contradiction(band, at, parts, format!("has {} coding passes in {left} bit-planes", block.passes)));
        }
        job.coding = BlockJob::MQ;
        job.passes = block.passes as u8;
        job.missing = missing as u8;
        // Passes and spans of the segment that is being put together.
        let (mut passes, mut first) = (0u16, job.first_span);
        let (mut passed, mut end) = (0u16, band.style.passes_of_segment(0));
        for (number, (more, span)) in (1..).zip(pieces) {
            self.add_span(first, *span);
            passes = passes.saturating_add(*more);
            passed = passed.saturating_add(*more);
            if passed >= end || number == pieces.len() {
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
fn left_of(band: &Subband, missing: u16, at: u64, parts: Parts) -> Result<u16, Error> {
    let planes = u16::from(band.bitplanes).saturating_add(u16::from(parts.roi_shift));
    if planes > u16::from(MAX_BITPLANES) {
        return Err(Error::unsupported(format!("{planes} magnitude bit-planes"), at));
    }
    match planes.checked_sub(missing) {
        Some(left @ 1..) => Ok(left),
        _ => Err(contradiction(band, at, parts, format!("has {missing} empty bit-planes of {planes}"))),
    }
}

/// The error of a code-block whose packets contradict its subband.
fn contradiction(band: &Subband, at: u64, parts: Parts, what: String) -> Error {
    let (Parts { tile, component, .. }, orientation) = (parts, band.orientation.name());
    Error::malformed("packet header", at, format!("tile {tile}, component {component}: a {orientation} code-block {what}"))
}

/// The flags of a band.
pub(super) fn flags(style: BlockStyle, reversible: bool) -> u8 {
    let flags = [
        (style.causal, BandJob::CAUSAL),
        (reversible, BandJob::REVERSIBLE),
        (style.bypass, BandJob::BYPASS),
        (style.reset, BandJob::RESET),
        (style.terminate, BandJob::TERMINATE),
        (style.predictable, BandJob::PREDICTABLE),
        (style.segmentation, BandJob::SEGMENTATION),
    ];
    flags.iter().filter(|(set, _)| *set).fold(0, |all, (_, flag)| all | flag)
}
