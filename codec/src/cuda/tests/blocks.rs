//! Random code-blocks, sound and damaged: the kernels give the samples and the verdicts of the scalar decoder.

use std::borrow::Cow;

use lightbox_kernels::abi::{BandJob, BlockJob, Span};
use lightbox_kernels::device::CodedBlock;

use super::stack::{self, Stacked};
use super::{Runner, runners};
use crate::cpu::block::Store;
use crate::cpu::block::ht::tests::{Random, SIZES, encoder};
use crate::cpu::block::ht::{self, HtBlock, Scratch};
use crate::cpu::simd::Simd;
use crate::cuda::part::{Form, Part, Refusal};

/// A block and its bytes.
struct Case {
    cleanup: Vec<u8>,
    refinement: Vec<u8>,
    width: u32,
    height: u32,
    passes: u8,
    missing: u8,
}

/// Blocks of one band.
struct Band {
    cases: Vec<Case>,
    bitplanes: u8,
    flags: u8,
    step: f32,
    /// First column and row on the band's grid.
    corner: (u32, u32),
}

impl Band {
    fn block<'c>(&self, case: &'c Case) -> HtBlock<'c> {
        HtBlock {
            cleanup: &case.cleanup,
            refinement: &case.refinement,
            width: case.width,
            height: case.height,
            passes: case.passes,
            missing: case.missing,
            bitplanes: self.bitplanes,
            causal: self.flags & BandJob::CAUSAL != 0,
        }
    }

    /// What the scalar decoder makes of a block: the samples' bits, or an error.
    fn expected(&self, case: &Case, scratch: &mut Scratch) -> Result<Vec<u32>, ht::BlockError> {
        let (block, stride) = (self.block(case), case.width as usize);
        let len = stride * case.height as usize;
        if self.flags & BandJob::REVERSIBLE != 0 {
            let mut out = vec![i32::MIN; len];
            ht::decode(Simd::SCALAR, &block, scratch, Store::Reversible { out: &mut out, stride })?;
            Ok(out.into_iter().map(|v| v as u32).collect())
        } else {
            let mut out = vec![f32::NAN; len];
            ht::decode(Simd::SCALAR, &block, scratch, Store::Irreversible { out: &mut out, stride, step: self.step })?;
            Ok(out.into_iter().map(f32::to_bits).collect())
        }
    }
}

/// A block with any number of passes: encoded samples, or `noise` instead of a sound segment.
fn case(random: &mut Random, size: (u32, u32), bitplanes: u8, noise: bool) -> Case {
    let (width, height) = size;
    let passes = 1 + random.below(3) as u8;
    let missing = random.below(u32::from(bitplanes) - 1) as u8;
    let mut cleanup;
    if noise {
        let longest = if random.below(3) == 0 { 20 } else { 4000 };
        let length = 2 + random.below(longest);
        cleanup = random.bytes(length as usize);
        let suffix = 2 + random.below((length - 1).min(4078));
        let [.., before, last] = &mut cleanup[..] else { unreachable!("two bytes at least") };
        (*before, *last) = (*before & 0xF0 | (suffix & 15) as u8, (suffix >> 4) as u8);
    } else {
        let density = [1, 3, 30, 300][random.below(4) as usize];
        let mut sample = || match random.below(density) {
            0 => {
                let bits = random.below(u32::from(missing) + 1) + 1;
                u64::from((random.next() & ((1 << bits) - 1)).max(1)) | u64::from(random.below(2)) << 63
            }
            _ => 0,
        };
        let samples: Vec<u64> = (0..width * height).map(|_| sample()).collect();
        cleanup = encoder::encode(&samples, width as usize);
    }
    let length = random.below(400) as usize;
    let refinement = if passes > 1 { random.bytes(length) } else { Vec::new() };
    Case { cleanup, refinement, width, height, passes, missing }
}

/// The blocks of a band, whose bytes are appended.
fn stacked(bytes: &mut Vec<u8>, band: &Band, scratch: &mut Scratch) -> (BandJob, Vec<Stacked>) {
    let blocks = band.cases.iter().map(|case| {
        let (start, len) = (bytes.len() as u64, (case.cleanup.len() + case.refinement.len()) as u32);
        bytes.extend_from_slice(&case.cleanup);
        bytes.extend_from_slice(&case.refinement);
        // In two pieces, as when layers share a block.
        let first = len / 3;
        Stacked {
            job: BlockJob {
                cleanup_len: case.cleanup.len() as u32,
                refinement_len: case.refinement.len() as u32,
                width: case.width as u16,
                height: case.height as u16,
                passes: case.passes,
                missing: case.missing,
                ..BlockJob::default()
            },
            spans: vec![
                Span { start, len: first, passes: 0 },
                Span { start: start + u64::from(first), len: len - first, passes: 0 },
            ],
            expected: band.expected(case, scratch).map_err(|why| match why {
                ht::BlockError::VlcEnd => CodedBlock::VLC_END,
                ht::BlockError::Outside => CodedBlock::OUTSIDE,
                ht::BlockError::Exponent => CodedBlock::EXPONENT,
                // What is refused before it reaches a kernel.
                _ => CodedBlock::SOUND,
            }),
        }
    });
    let blocks = blocks.collect();
    let &Band { bitplanes, flags, step, corner: (x0, y0), .. } = band;
    (BandJob { x0, y0, step, bitplanes, flags, ..BandJob::default() }, blocks)
}

/// Runs `count` blocks of each kind of band and compares every sample and every verdict.
fn compare(runner: &mut Runner, count: usize, random: &mut Random) -> (usize, usize) {
    let (mut sound, mut damaged) = (0, 0);
    let mut scratch = Scratch::new();
    for noise in [false, true] {
        let (mut bytes, mut bands) = (Vec::new(), Vec::new());
        for flags in [0, BandJob::CAUSAL, BandJob::REVERSIBLE, BandJob::REVERSIBLE | BandJob::CAUSAL] {
            for bitplanes in [2, 9, 17, 24, 30] {
                let cases = (0..count).map(|_| {
                    let size = SIZES[random.below(SIZES.len() as u32) as usize];
                    case(random, size, bitplanes, noise)
                });
                // A block whose suffix length does not fit is refused before it reaches a kernel.
                let fits = |c: &Case| !matches!(band_error(c), Some(ht::BlockError::Suffix { .. } | ht::BlockError::Short(_)));
                let cases = cases.filter(fits).collect();
                let corner = (random.below(9), random.below(9));
                bands.push(stacked(&mut bytes, &Band { cases, bitplanes, flags, step: 0.37, corner }, &mut scratch));
            }
        }
        let (s, d) = stack::compare(runner, &bytes, &bands);
        (sound, damaged) = (sound + s, damaged + d);
    }
    (sound, damaged)
}

/// Why the segment of a case cannot even be taken apart.
fn band_error(case: &Case) -> Option<ht::BlockError> {
    let [.., before, last] = case.cleanup[..] else { return Some(ht::BlockError::Short(case.cleanup.len())) };
    ht::suffix_len(case.cleanup.len(), before, last).err()
}

#[test]
fn random_blocks_equal_the_scalar_decoder() {
    let mut random = Random(0x0BAD_CAFE_1234_5678);
    for mut runner in runners() {
        // The emulator is slow.
        let (rounds, count) = if runner.is_device() { (2, 130) } else { (1, 6) };
        let (mut sound, mut damaged) = (0, 0);
        for _ in 0..rounds {
            let (s, d) = compare(&mut runner, count, &mut random);
            (sound, damaged) = (sound + s, damaged + d);
        }
        super::say(&format!("{}: {sound} sound and {damaged} damaged blocks as the scalar decoder", runner.name()));
        assert!(sound > 100 && damaged > 50, "both are met");
    }
}

#[test]
fn a_block_without_a_suffix_is_refused_before_the_device() {
    let mut scratch = Scratch::new();
    let case = |cleanup| Case { cleanup, refinement: Vec::new(), width: 4, height: 4, passes: 1, missing: 0 };
    for cleanup in [vec![], vec![7], vec![0, 15, 255]] {
        let band = Band { cases: vec![case(cleanup)], bitplanes: 8, flags: 0, step: 1.0, corner: (0, 0) };
        let mut bytes = Vec::new();
        let bands = [stacked(&mut bytes, &band, &mut scratch)];
        let plan = stack::plan(&bytes, &bands);
        assert!(matches!(
            Part::new(Cow::Borrowed(&plan), Form::Planar, None, None),
            Err(Refusal::Failed(crate::Error::Malformed { .. }))
        ));
    }
    let too_deep = Band { cases: vec![case(vec![0, 0x20, 0])], bitplanes: 31, flags: 0, step: 1.0, corner: (0, 0) };
    let mut bytes = Vec::new();
    let bands = [stacked(&mut bytes, &too_deep, &mut scratch)];
    assert!(matches!(Part::new(Cow::Owned(stack::plan(&bytes, &bands)), Form::Planar, None, None), Err(Refusal::Declined(_))));
}
