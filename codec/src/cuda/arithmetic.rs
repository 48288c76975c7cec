//! Code-blocks of ISO/IEC 15444-1 as jobs of the kernels. The part that they belong to fills their samples with zeros and lays
//! out their bytes as those of any other block.

use lightbox_kernels::abi::{BandJob, BlockJob};
use lightbox_kernels::device::{ArithmeticBlock, CodedBlock, Segment};

use super::part::{Part, Size};
use crate::cpu::block::mq::{BlockError, Codeword};
use crate::cpu::mq_block;
use crate::plan::DecodePlan;

/// The arithmetic blocks of a part, or of several side by side.
#[derive(Default)]
pub(crate) struct Arithmetic {
    pub blocks: Vec<ArithmeticBlock>,
    /// The codeword segments of all.
    pub segments: Vec<Segment>,
    /// The number of each block among all blocks.
    pub numbers: Vec<u32>,
}

impl Arithmetic {
    /// Lists block `number`, whose samples are where `place` says, and puts its bytes into the place.
    ///
    /// # Errors
    /// As the decoder for processors, where the headers contradict each other.
    pub fn add(
        &mut self,
        plan: &DecodePlan,
        (band, job): (&BandJob, &BlockJob),
        number: usize,
        place: &mut CodedBlock,
        bitplanes: u8,
        take: impl FnOnce(u64) -> u32,
    ) -> Result<(), BlockError> {
        let codewords: Vec<Codeword> = plan.codewords(job).collect();
        let bytes = plan.pieces(job).map(<[u8]>::len).sum();
        let block = mq_block(band, job, &[], &codewords);
        block.check(bytes, bitplanes)?;
        place.magsgn = take(bytes as u64);
        place.magsgn_bytes = bytes as u32;
        (place.suffix_end, place.refinement) = (place.magsgn + place.magsgn_bytes, place.magsgn + place.magsgn_bytes);
        self.numbers.push(number as u32);
        self.blocks.push(ArithmeticBlock {
            bytes: place.magsgn,
            segments: self.segments.len() as u32,
            count: codewords.len() as u32,
            samples: place.samples,
            stride: place.stride,
            step: place.step,
            width: place.width,
            height: place.height,
            bitplanes: block.bitplanes,
            orientation: band.orientation,
            flags: band.flags,
            roi_shift: band.roi_shift,
        });
        self.segments.extend(codewords.iter().map(|c| Segment { bytes: c.len as u32, passes: c.passes }));
        Ok(())
    }

    /// Those of parts that begin at `starts`; what takes longest first.
    pub fn side_by_side(parts: &[Part], starts: &[Size]) -> Self {
        let mut all = Self::default();
        let (mut listed, mut before) = (Vec::new(), 0);
        for (part, start) in parts.iter().zip(starts) {
            let [coded, samples] = [start.coded, start.samples].map(|n| n as u32);
            let segments = all.segments.len() as u32;
            listed.extend(part.arithmetic.blocks.iter().zip(&part.arithmetic.numbers).map(|(&block, number)| {
                let moved = ArithmeticBlock {
                    bytes: block.bytes.wrapping_add(coded),
                    segments: block.segments + segments,
                    samples: block.samples.wrapping_add(samples),
                    ..block
                };
                (moved, before + number)
            }));
            all.segments.extend_from_slice(&part.arithmetic.segments);
            before += part.blocks.len() as u32;
        }
        let length = |block: &ArithmeticBlock| -> u32 {
            let own = &all.segments[block.segments as usize..][..block.count as usize];
            own.iter().map(|segment| segment.bytes).sum()
        };
        listed.sort_by_cached_key(|(block, _)| std::cmp::Reverse(length(block)));
        (all.blocks, all.numbers) = listed.into_iter().unzip();
        all
    }
}
