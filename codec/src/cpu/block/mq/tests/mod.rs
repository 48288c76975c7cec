//! The block decoder against an encoder of its own, on random samples and on random bytes.

mod arithmetic;
mod cut;
pub(crate) mod encoder;

use super::*;
use encoder::{Style, encode};

/// Deterministic pseudo-random numbers (xorshift).
pub(crate) struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }

    pub fn below(&mut self, n: u32) -> u32 {
        self.next() % n
    }

    pub fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    pub fn style(&mut self) -> Style {
        Style {
            orientation: self.below(4) as u8,
            bypass: self.flag(),
            reset: self.flag(),
            terminate: self.flag(),
            causal: self.flag(),
            predictable: self.flag(),
            segmentation: self.flag(),
        }
    }

    /// Samples of at most `bitplanes` bits, of which about one in `density` is not zero, in patches.
    pub fn samples(&mut self, width: u32, height: u32, bitplanes: u32, density: u32) -> Vec<i64> {
        let mut patch = 1;
        (0..width * height)
            .map(|i| {
                if i % 37 == 0 {
                    patch = 1 + self.below(2 * density);
                }
                if self.below(patch) != 0 {
                    return 0;
                }
                let bits = 1 + self.below(bitplanes);
                let random = u64::from(self.next()) << 32 | u64::from(self.next());
                let magnitude = (random >> (64 - bits)) as i64;
                if self.flag() { -magnitude } else { magnitude }
            })
            .collect()
    }

    /// Segments of random bytes, for as many passes as there may be or fewer.
    pub fn noise(&mut self, style: Style, bitplanes: u32) -> encoder::Coded {
        // Many 0xFF, so that stuffing and markers are met often.
        let length = self.below(2000) as usize;
        let byte = |_| if self.below(3) == 0 { [0xFF, 0x7F, 0x8F, 0x90][self.below(4) as usize] } else { self.next() as u8 };
        let bytes = (0..length).map(byte).collect();
        let (mut codewords, mut number, mut left) = (Vec::new(), 0, length);
        let passes = 1 + self.below(3 * bitplanes - 2);
        while number < passes {
            let own = match (style.terminate, style.bypass) {
                (true, _) => 1,
                (false, false) => passes,
                (false, true) if number < 10 => 10,
                (false, true) => 2 - (number - 10) % 3 / 2,
            };
            let own = own.min(passes - number);
            let len = (self.below(400) as usize).min(left);
            codewords.push(Codeword { len, passes: own });
            (number, left) = (number + own, left - len);
        }
        encoder::Coded { bytes, codewords, doubled: Vec::new(), written: Vec::new() }
    }
}

pub(crate) const SIZES: [(u32, u32); 17] = [
    (1, 1),
    (2, 1),
    (1, 2),
    (3, 5),
    (4, 4),
    (5, 3),
    (7, 8),
    (15, 9),
    (16, 64),
    (17, 100),
    (64, 64),
    (63, 61),
    (32, 32),
    (128, 32),
    (4, 1024),
    (1024, 4),
    (1023, 3),
];

/// Decodes to integers with both instruction sets and in every store that holds them, which must agree.
fn decode_all(block: &MqBlock<'_>, scratch: &mut Scratch) -> Result<Vec<i64>, BlockError> {
    let (width, height) = (block.width as usize, block.height as usize);
    let stride = width + 3;
    let mut run = |simd: Simd| {
        let mut ints = vec![i64::MIN; stride * height];
        let int = decode(simd, block, scratch, Store::ReversibleWide { out: &mut ints, stride });
        let mut reals = vec![f64::NAN; stride * height];
        let real = decode(simd, block, scratch, Store::IrreversibleWide { out: &mut reals, stride, step: 2.0 });
        assert_eq!(int, real, "all stores fail alike");
        int?;
        let doubled = |(i, r): (&i64, &f64)| r.is_nan() || r.abs() >= 2f64.powi(f64::MANTISSA_DIGITS as i32) || *r as i64 / 2 == *i;
        assert!(ints.iter().zip(&reals).all(doubled), "reals are the doubled integers");
        if block.bitplanes <= NARROW_BITPLANES {
            let mut narrow = vec![i32::MIN; stride * height];
            decode(simd, block, scratch, Store::Reversible { out: &mut narrow, stride })?;
            assert!(narrow.iter().zip(&ints).all(|(n, i)| *i == i64::MIN || i64::from(*n) == *i));
            let mut narrow = vec![f32::NAN; stride * height];
            decode(simd, block, scratch, Store::Irreversible { out: &mut narrow, stride, step: 2.0 })?;
            assert!(narrow.iter().zip(&reals).all(|(n, r)| r.is_nan() || *n == *r as f32));
        }
        Ok(ints)
    };
    let ints = run(Simd::detect())?;
    assert!(ints == run(Simd::SCALAR)?, "{} and plain code differ", Simd::detect().name());
    assert!(ints.iter().enumerate().all(|(i, v)| (i % stride >= width) == (*v == i64::MIN)), "written beside the block");
    Ok(ints.chunks(stride).flat_map(|row| &row[..width]).copied().collect())
}

#[test]
fn encoded_blocks_come_back_in_every_style() {
    let mut random = Random(0x1234_5678_9ABC_DEF1);
    let mut scratch = Scratch::default();
    for round in 0..1000 {
        let (width, height) = match round % 3 {
            0 => (1 + random.below(20), 1 + random.below(20)),
            _ => SIZES[random.below(SIZES.len() as u32) as usize],
        };
        let bitplanes = 1 + random.below(if round % 5 == 0 { u32::from(MAX_BITPLANES) } else { 12 });
        let style = random.style();
        let density = [1, 3, 30, 1000][random.below(4) as usize];
        let samples = random.samples(width, height, bitplanes, density);
        let all = 3 * bitplanes - 2;
        let passes = if random.flag() { all } else { 1 + random.below(all) };
        let coded = encode(&samples, width as usize, bitplanes as u8, passes, style);
        let block = coded.block(style, width, height, bitplanes as u8);
        let out = decode_all(&block, &mut scratch);
        let what = || format!("round {round}: {width}x{height}, {passes} passes in {bitplanes} bit-planes, {style:?}");
        let out = out.unwrap_or_else(|e| panic!("{}: {e}", what()));
        let halves: Vec<i64> = coded.doubled.iter().map(|d| d / 2).collect();
        assert!(out == halves, "{}", what());
        assert!(passes < all || out == samples, "{}", what());
    }
}

#[test]
fn random_bytes_give_the_same_samples_or_are_refused_by_all() {
    let mut random = Random(0x0F1E_2D3C_4B5A_6978);
    let mut scratch = Scratch::default();
    let (mut decoded, mut refused) = (0, 0);
    for round in 0..1500 {
        let (width, height) = SIZES[random.below(SIZES.len() as u32) as usize];
        let style = random.style();
        let bitplanes = 1 + random.below(16);
        let coded = random.noise(style, bitplanes);
        match decode_all(&coded.block(style, width, height, bitplanes as u8), &mut scratch) {
            Ok(_) => decoded += 1,
            Err(BlockError::Segmentation { .. } | BlockError::Termination { .. }) => refused += 1,
            Err(other) => panic!("round {round}: {other}"),
        }
    }
    assert!(decoded > 300 && refused > 300, "both outcomes are met: {decoded} decoded, {refused} refused");
}

const PLAIN: Style =
    Style { orientation: 0, bypass: false, reset: false, terminate: false, causal: false, predictable: false, segmentation: false };

#[test]
fn resilience_styles_name_the_damaged_pass() {
    let mut random = Random(0xFEDC_BA98_7654_3211);
    let mut scratch = Scratch::default();
    for (style, least) in [
        (Style { segmentation: true, ..PLAIN }, 95),
        (Style { predictable: true, terminate: true, ..PLAIN }, 80),
        (Style { predictable: true, terminate: true, bypass: true, ..PLAIN }, 80),
    ] {
        let mut found = 0;
        for _ in 0..100 {
            let samples = random.samples(32, 32, 8, 2);
            let mut coded = encode(&samples, 32, 8, 22, style);
            decode_all(&coded.block(style, 32, 32, 8), &mut scratch).expect("it is sound");
            // In the first half, so that passes follow in which it shows.
            let at = random.below(coded.bytes.len() as u32 / 2) as usize;
            coded.bytes[at] ^= 1 << random.below(8);
            match decode_all(&coded.block(style, 32, 32, 8), &mut scratch) {
                Err(BlockError::Segmentation { pass }) if style.segmentation => found += u32::from(pass % 3 == 0),
                Err(BlockError::Termination { pass }) if style.predictable => found += u32::from(pass < 22),
                Err(other) => panic!("{other}"),
                Ok(_) => {}
            }
        }
        assert!(found >= least, "{found} of 100 damaged blocks are found with {style:?}");
    }
}

#[test]
fn a_segment_cut_short_ends_in_ones() {
    // A block whose later passes lost their bytes is still a block: what came before is as it was.
    let mut random = Random(0x1357_9BDF_0246_8ACE);
    let mut scratch = Scratch::default();
    let style = Style { terminate: true, ..PLAIN };
    let samples = random.samples(40, 30, 9, 2);
    let mut whole = encode(&samples, 40, 9, 25, style);
    let before = encode(&samples, 40, 9, 13, style);
    let kept: usize = whole.codewords[..13].iter().map(|c| c.len).sum();
    whole.bytes.truncate(kept);
    whole.codewords[13..].iter_mut().for_each(|c| c.len = 0);
    let out = decode_all(&whole.block(style, 40, 30, 9), &mut scratch).unwrap();
    let first = decode_all(&before.block(style, 40, 30, 9), &mut scratch).unwrap();
    // Passes 0 to 12 end above bit-plane 4.
    assert!(first.iter().zip(&out).all(|(a, b)| a >> 4 == b >> 4 || (a.abs() >> 4) == (b.abs() >> 4)));
}

#[test]
fn impossible_blocks_are_refused() {
    let mut scratch = Scratch::default();
    let one = [Codeword { len: 1, passes: 1 }];
    let good = encoder::Coded { bytes: vec![0x55], codewords: one.to_vec(), doubled: Vec::new(), written: Vec::new() };
    let good = good.block(PLAIN, 4, 4, 8);
    let mut run = |block: MqBlock<'_>| {
        let mut out = vec![0; 5000];
        decode(Simd::detect(), &block, &mut scratch, Store::Reversible { out: &mut out, stride: 1024 })
    };
    assert_eq!(run(good), Ok(()));
    for (width, height) in [(0, 4), (4, 0), (1025, 1), (1, 1025), (128, 64), (u32::MAX, u32::MAX)] {
        assert!(matches!(run(MqBlock { width, height, ..good }), Err(BlockError::Shape { .. })));
    }
    for (passes, bitplanes) in [(1, 0), (1, 32), (23, 8), (u32::MAX, 31)] {
        let codewords = [Codeword { len: 1, passes }];
        assert!(matches!(run(MqBlock { codewords: &codewords, bitplanes, ..good }), Err(BlockError::Shape { .. })));
    }
    for (codewords, bypass, pass) in [
        (&[Codeword { len: 2, passes: 1 }][..], false, 0),
        (&[Codeword { len: 1, passes: 1 }, Codeword { len: 1, passes: 2 }], false, 1),
        (&[Codeword { len: 1, passes: 1 }, Codeword { len: 0, passes: 0 }], false, 1),
        // Raw and arithmetic passes in one segment.
        (&[Codeword { len: 1, passes: 11 }], true, 0),
    ] {
        assert_eq!(run(MqBlock { codewords, bypass, ..good }), Err(BlockError::Segment { pass }));
    }
}
