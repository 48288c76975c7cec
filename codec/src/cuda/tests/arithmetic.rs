//! Random code-blocks of ISO/IEC 15444-1 in every style, sound and damaged: the kernels give the samples and the verdicts of the
//! scalar decoder.

use lightbox_kernels::abi::{BandJob, BlockJob, Span};
use lightbox_kernels::device::CodedBlock;

use super::stack::{self, Stacked};
use super::{runners, say};
use crate::cpu::block::Store;
use crate::cpu::block::mq::tests::encoder::{Coded, Style, encode};
use crate::cpu::block::mq::tests::{Random, SIZES};
use crate::cpu::block::mq::{self, BlockError, MqBlock, Scratch};
use crate::cpu::simd::Simd;

/// The step of irreversible bands.
const STEP: f32 = 0.37;

/// What the scalar decoder makes of a block: the samples' bits, or an error.
fn expected(block: &MqBlock, reversible: bool, scratch: &mut Scratch) -> Result<Vec<u32>, BlockError> {
    let stride = block.width as usize;
    let len = stride * block.height as usize;
    if reversible {
        let mut out = vec![i32::MIN; len];
        mq::decode(Simd::SCALAR, block, scratch, Store::Reversible { out: &mut out, stride })?;
        Ok(out.into_iter().map(|v| v as u32).collect())
    } else {
        let mut out = vec![f32::NAN; len];
        mq::decode(Simd::SCALAR, block, scratch, Store::Irreversible { out: &mut out, stride, step: STEP })?;
        Ok(out.into_iter().map(f32::to_bits).collect())
    }
}

fn flags(style: &Style, reversible: bool) -> u8 {
    let flags = [
        (style.causal, BandJob::CAUSAL),
        (reversible, BandJob::REVERSIBLE),
        (style.bypass, BandJob::BYPASS),
        (style.reset, BandJob::RESET),
        (style.terminate, BandJob::TERMINATE),
        (style.predictable, BandJob::PREDICTABLE),
        (style.segmentation, BandJob::SEGMENTATION),
    ];
    flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum()
}

/// A block of any size and number of passes: samples that were encoded, some of them damaged then, or random bytes.
fn coded(random: &mut Random, (width, height): (u32, u32), bitplanes: u32, style: Style) -> Coded {
    if random.below(3) == 0 {
        return random.noise(style, bitplanes);
    }
    let density = [1, 3, 30, 1000][random.below(4) as usize];
    let samples = random.samples(width, height, bitplanes, density);
    let all = 3 * bitplanes - 2;
    let passes = if random.flag() { all } else { 1 + random.below(all) };
    let mut coded = encode(&samples, width as usize, bitplanes as u8, passes, style);
    if random.below(4) == 0 && !coded.bytes.is_empty() {
        let at = random.below(coded.bytes.len() as u32) as usize;
        coded.bytes[at] ^= 1 << random.below(8);
    }
    coded
}

/// A band of `count` blocks in one style, whose bytes are appended.
fn band(random: &mut Random, count: usize, bytes: &mut Vec<u8>, scratch: &mut Scratch) -> (BandJob, Vec<Stacked>) {
    let (style, reversible) = (random.style(), random.flag());
    let most = [3, 12, 16, 30][random.below(4) as usize];
    let blocks = (0..count).map(|_| {
        let (width, height) = match random.below(3) {
            0 => (1 + random.below(20), 1 + random.below(20)),
            _ => SIZES[random.below(SIZES.len() as u32) as usize],
        };
        let missing = random.below(most);
        let bitplanes = most - missing;
        let coded = coded(random, (width, height), bitplanes, style);
        let expected = expected(&coded.block(style, width, height, bitplanes as u8), reversible, scratch);
        let mut spans = Vec::new();
        for codeword in &coded.codewords {
            // In two pieces, as when layers share a segment.
            let first = codeword.len / 2;
            for (len, passes) in [(first, 0), (codeword.len - first, codeword.passes)] {
                let start = spans.iter().fold(bytes.len() as u64, |at, span: &Span| at + u64::from(span.len));
                spans.push(Span { start, len: len as u32, passes });
            }
        }
        bytes.extend_from_slice(&coded.bytes);
        Stacked {
            job: BlockJob {
                width: width as u16,
                height: height as u16,
                passes: coded.codewords.iter().map(|c| c.passes as u8).sum(),
                missing: missing as u8,
                coding: BlockJob::MQ,
                ..BlockJob::default()
            },
            spans,
            expected: expected.map_err(|why| match why {
                BlockError::Segmentation { pass } => pass * CodedBlock::REASONS + CodedBlock::SEGMENTATION,
                BlockError::Termination { pass } => pass * CodedBlock::REASONS + CodedBlock::TERMINATION,
                other => panic!("{width}x{height}, {bitplanes} bit-planes, {style:?}: {other}"),
            }),
        }
    });
    let blocks = blocks.collect();
    let (x0, y0) = (random.below(9), random.below(9));
    let (step, bitplanes, orientation) = (STEP, most as u8, style.orientation);
    (BandJob { x0, y0, step, bitplanes, orientation, flags: flags(&style, reversible), ..BandJob::default() }, blocks)
}

#[test]
fn random_blocks_of_every_style_equal_the_scalar_decoder() {
    let mut random = Random(0x5EED_0F17_4E5E_B10C);
    let mut scratch = Scratch::default();
    for mut runner in runners() {
        // The emulator is slow.
        let (rounds, bands, count) = if runner.is_device() { (4, 128, 20) } else { (1, 64, 6) };
        let (mut sound, mut refused) = (0, 0);
        for _ in 0..rounds {
            let mut bytes = Vec::new();
            let bands: Vec<_> = (0..bands).map(|_| band(&mut random, count, &mut bytes, &mut scratch)).collect();
            let (s, r) = stack::compare(&mut runner, &bytes, &bands);
            (sound, refused) = (sound + s, refused + r);
        }
        say(&format!("{}: {sound} sound and {refused} refused arithmetic blocks as the scalar decoder", runner.name()));
        assert!(sound > 100 && refused > 50, "both are met");
    }
}
