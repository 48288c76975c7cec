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
    /// The number of each block among those of its part.
    pub numbers: Vec<u32>,
}

impl Arithmetic {
    /// Lists block `number`, whose samples are where `place` says and whose coded bytes are at `coded`.
    ///
    /// # Errors
    /// As the decoder for processors, where the headers contradict each other.
    pub fn add(
        &mut self,
        plan: &DecodePlan,
        (band, job): (&BandJob, &BlockJob),
        number: usize,
        place: &CodedBlock,
        bitplanes: u8,
        coded: u32,
    ) -> Result<(), BlockError> {
        let codewords: Vec<Codeword> = plan.codewords(job).collect();
        let bytes = plan.pieces(job).map(<[u8]>::len).sum();
        let block = mq_block(band, job, &[], &codewords);
        block.check(bytes, bitplanes)?;
        self.numbers.push(number as u32);
        self.blocks.push(ArithmeticBlock {
            bytes: coded,
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

    /// Those of parts that begin at `starts`, and the part and the number there of each; what takes longest first.
    pub fn side_by_side(parts: &[Part], starts: &[Size]) -> (Self, Vec<(u32, u32)>) {
        let mut all = Self::default();
        let mut listed = Vec::new();
        for ((part, start), place) in parts.iter().zip(starts).zip(0u32..) {
            let [coded, samples] = [start.coded, start.samples].map(|n| n as u32);
            let segments = all.segments.len() as u32;
            let own = &part.jobs.arithmetic;
            listed.extend(own.blocks.iter().zip(&own.numbers).map(|(&block, &number)| {
                let moved = ArithmeticBlock {
                    bytes: block.bytes.wrapping_add(coded),
                    segments: block.segments + segments,
                    samples: block.samples.wrapping_add(samples),
                    ..block
                };
                (moved, (place, number))
            }));
            all.segments.extend_from_slice(&own.segments);
        }
        let length = |block: &ArithmeticBlock| -> u32 {
            let own = &all.segments[block.segments as usize..][..block.count as usize];
            own.iter().map(|segment| segment.bytes).sum()
        };
        listed.sort_by_cached_key(|(block, _)| std::cmp::Reverse(length(block)));
        let places;
        (all.blocks, places) = listed.into_iter().unzip();
        (all, places)
    }
}
