//! Random code-blocks, sound and damaged: the kernels give the samples and the verdicts of the scalar decoder.

use lightbox_kernels::abi::{BandJob, BlockJob, OutputJob, Span, TileJob};
use lightbox_kernels::device::CodedBlock;

use super::{Runner, runners};
use crate::Rect;
use crate::cpu::block::Store;
use crate::cpu::block::ht::tests::{Random, SIZES, encoder};
use crate::cpu::block::ht::{self, HtBlock, Scratch};
use crate::cpu::simd::Simd;
use crate::cuda::part::{Form, Part, Refusal};
use crate::cuda::series::Series;
use crate::plan::{DecodePlan, PlaneLayout};
use crate::samples::SampleType;

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

/// A plan whose planes have one band each and no pixels: blocks stand on one another.
fn plan<'a>(bytes: &'a mut Vec<u8>, bands: &[Band]) -> DecodePlan<'a> {
    bytes.clear();
    for case in bands.iter().flat_map(|b| &b.cases) {
        bytes.extend_from_slice(&case.cleanup);
        bytes.extend_from_slice(&case.refinement);
    }
    let layout = PlaneLayout { component: 0, rect: Rect::default(), bits: 16, signed: true, kind: SampleType::I16 };
    let mut plan = DecodePlan::empty(bytes, vec![layout; bands.len()]);
    let mut at = 0;
    plan.tiles.push(TileJob::default());
    for (plane, band) in (0u16..).zip(bands) {
        let (x0, y0) = band.corner;
        plan.outputs.push(OutputJob {
            lowest: plan.bands.len() as u32,
            plane,
            reversible: u8::from(band.flags & BandJob::REVERSIBLE != 0),
            ..OutputJob::default()
        });
        let first_block = plan.blocks.len() as u32;
        let mut y = 0;
        for case in &band.cases {
            let len = (case.cleanup.len() + case.refinement.len()) as u32;
            // In two pieces, as when layers share a block.
            let first = len / 3;
            let first_span = plan.spans.len() as u32;
            plan.spans.push(Span { start: at, len: first, passes: 0 });
            plan.spans.push(Span { start: at + u64::from(first), len: len - first, passes: 0 });
            at += u64::from(len);
            plan.blocks.push(BlockJob {
                first_span,
                spans: 2,
                cleanup_len: case.cleanup.len() as u32,
                refinement_len: case.refinement.len() as u32,
                y,
                width: case.width as u16,
                height: case.height as u16,
                passes: case.passes,
                missing: case.missing,
                ..BlockJob::default()
            });
            y += case.height;
        }
        let widest = band.cases.iter().map(|c| c.width).max().unwrap_or(0);
        plan.bands.push(BandJob {
            first_block,
            blocks_wide: 1,
            blocks_high: band.cases.len() as u32,
            x0,
            y0,
            x1: x0 + widest,
            y1: y0 + y,
            step: band.step,
            bitplanes: band.bitplanes,
            flags: band.flags,
            ..BandJob::default()
        });
    }
    plan
}

/// Runs `count` blocks of each kind of band and compares every sample and every verdict.
fn compare(runner: &mut Runner, count: usize, random: &mut Random) -> (usize, usize) {
    let (mut sound, mut damaged) = (0, 0);
    let mut scratch = Scratch::new();
    for noise in [false, true] {
        let mut bands = Vec::new();
        for flags in [0, BandJob::CAUSAL, BandJob::REVERSIBLE, BandJob::REVERSIBLE | BandJob::CAUSAL] {
            for bitplanes in [2, 9, 17, 24, 30] {
                let cases = (0..count).map(|_| {
                    let size = SIZES[random.below(SIZES.len() as u32) as usize];
                    case(random, size, bitplanes, noise)
                });
                let cases = cases.collect();
                let corner = (random.below(9), random.below(9));
                bands.push(Band { cases, bitplanes, flags, step: 0.37, corner });
            }
        }
        // A block whose suffix length does not fit is refused before it reaches a kernel.
        for band in &mut bands {
            let fits = |c: &Case| !matches!(band_error(c), Some(ht::BlockError::Suffix { .. } | ht::BlockError::Short(_)));
            band.cases.retain(fits);
        }
        let mut bytes = Vec::new();
        let plan = plan(&mut bytes, &bands);
        let part = Part::new(&plan, Form::Planar, None).unwrap_or_else(|_| panic!("the blocks have possible shapes"));
        let places: Vec<CodedBlock> = part.blocks.clone();
        let (series, rest) = Series::new(vec![part], 4, None);
        assert!(rest.is_empty());
        let left = runner.run(&series);
        let status = series.in_order(&left.status);
        let cases = bands.iter().flat_map(|b| b.cases.iter().map(move |c| (b, c)));
        for (n, ((band, case), place)) in cases.zip(&places).enumerate() {
            let what = || format!("{}x{}, {} passes, noise {noise}, block {n}", case.width, case.height, case.passes);
            match band.expected(case, &mut scratch) {
                Ok(expected) => {
                    assert_eq!(status[n], CodedBlock::SOUND, "{}", what());
                    for (y, row) in (0..).zip(expected.chunks(case.width as usize)) {
                        let at = place.samples.wrapping_add(y * place.stride) as usize;
                        assert!(left.samples[at..at + row.len()] == *row, "{}, row {y}", what());
                    }
                    sound += 1;
                }
                Err(why) => {
                    let reason = match why {
                        ht::BlockError::VlcEnd => CodedBlock::VLC_END,
                        ht::BlockError::Outside => CodedBlock::OUTSIDE,
                        ht::BlockError::Exponent => CodedBlock::EXPONENT,
                        other => panic!("{}: {other}", what()),
                    };
                    assert_eq!(status[n] % 4, reason, "{}: {why}", what());
                    damaged += 1;
                }
            }
        }
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
    let case = |cleanup| Case { cleanup, refinement: Vec::new(), width: 4, height: 4, passes: 1, missing: 0 };
    for cleanup in [vec![], vec![7], vec![0, 15, 255]] {
        let band = Band { cases: vec![case(cleanup)], bitplanes: 8, flags: 0, step: 1.0, corner: (0, 0) };
        let mut bytes = Vec::new();
        let plan = plan(&mut bytes, &[band]);
        assert!(matches!(Part::new(&plan, Form::Planar, None), Err(Refusal::Failed(crate::Error::Malformed { .. }))));
    }
    let too_deep = Band { cases: vec![case(vec![0, 0x20, 0])], bitplanes: 31, flags: 0, step: 1.0, corner: (0, 0) };
    let mut bytes = Vec::new();
    assert!(matches!(Part::new(&plan(&mut bytes, &[too_deep]), Form::Planar, None), Err(Refusal::Declined(_))));
}
