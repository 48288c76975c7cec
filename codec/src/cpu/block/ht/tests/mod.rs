//! The block decoder against an encoder and a second decoder, on random samples and on random bytes.

pub(crate) mod encoder;
mod reference;
mod two;

use reference::SIGN;

use super::*;

/// Deterministic pseudo-random numbers (xorshift).
pub(crate) struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }

    fn wide(&mut self) -> u64 {
        u64::from(self.next()) << 32 | u64::from(self.next())
    }

    pub fn below(&mut self, n: u32) -> u32 {
        self.next() % n
    }

    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        // Runs of 0xFF and of seven ones, so that stuffing is met often.
        (0..len)
            .map(|_| if self.below(3) == 0 { [0xFF, 0x7F, 0x8F, 0x90][self.below(4) as usize] } else { self.next() as u8 })
            .collect()
    }
}

pub(crate) const SIZES: [(u32, u32); 19] = [
    (1, 1),
    (2, 1),
    (1, 2),
    (3, 5),
    (4, 4),
    (5, 3),
    (6, 9),
    (7, 8),
    (8, 7),
    (9, 64),
    (64, 64),
    (63, 61),
    (32, 32),
    (17, 100),
    (128, 32),
    (4, 1024),
    (1024, 4),
    (1023, 3),
    (31, 2),
];

/// Decodes to doubled magnitudes with both instruction sets and in all stores, which must agree.
fn decode_all(block: &HtBlock<'_>, scratch: &mut Scratch) -> Option<Vec<i64>> {
    let out = decode_narrow(block, scratch);
    let wide = decode_wide(block, scratch);
    match &wide {
        Some((ints, reals)) => assert!(out.as_ref() == Some(reals) && ints.iter().zip(reals).all(|(i, r)| *i == r / 2)),
        None => assert!(out.is_none(), "wide stores fail where narrow ones do not"),
    }
    out
}

/// Integers and doubled magnitudes, in eight bytes each.
fn decode_wide(block: &HtBlock<'_>, scratch: &mut Scratch) -> Option<(Vec<i64>, Vec<i64>)> {
    let (stride, size) = (block.width as usize, (block.width * block.height) as usize);
    let (mut ints, mut reals) = (vec![i64::MIN; size], vec![f64::NAN; size]);
    let int = decode(Simd::detect(), block, scratch, Store::ReversibleWide { out: &mut ints, stride });
    let real = decode(Simd::detect(), block, scratch, Store::IrreversibleWide { out: &mut reals, stride, step: 2.0 });
    assert_eq!(int, real, "both stores fail alike");
    int.ok().map(|()| (ints, reals.into_iter().map(|r| r as i64).collect()))
}

/// The same in four bytes.
fn decode_narrow(block: &HtBlock<'_>, scratch: &mut Scratch) -> Option<Vec<i64>> {
    let (width, height) = (block.width as usize, block.height as usize);
    let stride = width + 3;
    let run = |simd: Simd, scratch: &mut Scratch| {
        let mut ints = vec![i32::MIN; stride * height];
        let mut reals = vec![f32::NAN; stride * height];
        let int = decode(simd, block, scratch, Store::Reversible { out: &mut ints, stride });
        let real = decode(simd, block, scratch, Store::Irreversible { out: &mut reals, stride, step: 2.0 });
        assert_eq!(int, real, "both stores fail alike");
        int.map(|()| (ints, reals))
    };
    let scalar = run(Simd::SCALAR, scratch);
    for simd in Simd::available() {
        let other = run(simd, scratch);
        let (Ok((ints, reals)), Ok(other)) = (&scalar, &other) else {
            assert!(scalar.is_err() && other.is_err(), "{:?} and {:?}", scalar.err(), other.err());
            continue;
        };
        assert!(*ints == other.0, "scalar and {} differ: {block:?}", simd.name());
        assert!(reals.iter().zip(&other.1).all(|(a, b)| a.to_bits() == b.to_bits()), "scalar and {} reals differ", simd.name());
    }
    let (ints, reals) = scalar.ok()?;
    let mut out = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..stride {
            let (int, real) = (ints[y * stride + x], reals[y * stride + x]);
            if x >= width {
                assert!(int == i32::MIN && real.is_nan(), "written beside the block");
            } else {
                out.push(i64::from(real as i32));
                assert_eq!(int, real as i32 / 2, "integers are the halves of the doubled samples, cut");
            }
        }
    }
    Some(out)
}

fn doubled(samples: &[u64]) -> Vec<i64> {
    samples.iter().map(|&s| if s & SIGN != 0 { -((s & !SIGN) as i64) } else { s as i64 }).collect()
}

/// Samples of which one in `density` is significant, with up to `missing + 1` bits.
fn samples(random: &mut Random, count: u32, missing: u32, density: u32) -> Vec<u64> {
    let mut sample = || {
        if random.below(density) != 0 {
            return 0;
        }
        let bits = random.below(missing + 1) + 1;
        (random.wide() & ((1 << bits) - 1)).max(1) | u64::from(random.below(2)) << 63
    };
    (0..count).map(|_| sample()).collect()
}

#[test]
fn encoded_blocks_come_back() {
    let mut random = Random(0x1234_5678_9ABC_DEF1);
    let mut scratch = Scratch::new();
    for (width, height) in SIZES {
        for missing in [0, 1, 3, 7, 11, 15, 20, 22, 23, 24, 27] {
            for density in [1, 3, 30, 300] {
                let samples = samples(&mut random, width * height, missing, density);
                let cleanup = encoder::encode(&samples, width as usize);
                let bitplanes = (missing as u8 + 1 + random.below(3) as u8).min(NARROW_BITPLANES - 6);
                let bitplanes = bitplanes.max(missing as u8 + 1);
                let plane = bitplanes - 1 - missing as u8;
                let block = HtBlock {
                    cleanup: &cleanup,
                    refinement: &[],
                    width,
                    height,
                    passes: 1,
                    missing: missing as u8,
                    bitplanes,
                    causal: false,
                };
                let expected = with_middle(&samples, plane);
                let reference = reference::decode(&block).expect("the second decoder reads it");
                assert!(doubled(&reference) == expected, "{width}x{height}, {missing} missing: second decoder");
                // Above 24 bits an f32 does not hold the doubled sample.
                if missing < 22 {
                    let out = decode_all(&block, &mut scratch);
                    assert!(out.as_ref() == Some(&expected), "{width}x{height}, {missing} missing, plane {plane}");
                } else {
                    for simd in Simd::available() {
                        let mut out = vec![0; samples.len()];
                        decode(simd, &block, &mut scratch, Store::Reversible { out: &mut out, stride: width as usize })
                            .expect("a valid block");
                        assert!(
                            out.iter().zip(&expected).all(|(a, b)| i64::from(*a) == b / 2),
                            "{width}x{height}, {missing} missing"
                        );
                    }
                }
            }
        }
    }
}

/// Doubled magnitudes of samples whose last bit is bit-plane `plane`.
fn with_middle(samples: &[u64], plane: u8) -> Vec<i64> {
    let middle = |&s: &u64| if s == 0 { 0 } else { s & SIGN | (2 * (s & !SIGN) + 1) << plane };
    doubled(&samples.iter().map(middle).collect::<Vec<_>>())
}

#[test]
fn deep_blocks_come_back_from_all_their_passes() {
    let mut random = Random(0x0BAD_CAFE_DEAD_BEEF);
    let mut scratch = Scratch::new();
    for (width, height) in SIZES {
        for missing in [24, 28, 29, 30, 31, 37, 45, 55] {
            let density = [1, 4, 100][random.below(3) as usize];
            let samples = samples(&mut random, width * height, missing, density);
            let cleanup = encoder::encode(&samples, width as usize);
            let refinement = random.bytes(300);
            for passes in 1..=3 {
                let missing = missing as u8;
                let deepest = missing + passes.min(2);
                let bitplanes = (deepest + random.below(4) as u8).min(MAX_BITPLANES);
                if deepest > bitplanes {
                    continue;
                }
                let refinement = if passes > 1 { &refinement[..] } else { &[] };
                let causal = random.below(2) == 1;
                let block = HtBlock { cleanup: &cleanup, refinement, width, height, passes, missing, bitplanes, causal };
                let what = format!("{width}x{height}, {passes} passes, {missing} of {bitplanes} missing");
                let expected = doubled(&reference::decode(&block).expect("a valid block"));
                if passes == 1 {
                    assert!(expected == with_middle(&samples, bitplanes - 1 - missing), "{what}: second decoder");
                }
                let (ints, reals) = decode_wide(&block, &mut scratch).expect("a valid block");
                assert!(ints.iter().zip(&expected).all(|(i, e)| *i == e / 2), "{what}");
                // Beyond 53 bits an f64 is cut.
                assert!(reals.iter().zip(&expected).all(|(r, e)| *r == *e as f64 as i64), "{what}");
                let mut narrow = vec![0; samples.len()];
                let store = Store::Reversible { out: &mut narrow, stride: width as usize };
                let result = decode(Simd::detect(), &block, &mut scratch, store);
                if bitplanes > NARROW_BITPLANES {
                    assert_eq!(result, Err(BlockError::Bitplanes { bitplanes, most: NARROW_BITPLANES }));
                } else {
                    assert!(result.is_ok() && narrow.iter().zip(&ints).all(|(n, i)| i64::from(*n) == *i), "{what}");
                }
            }
        }
    }
}

#[test]
fn refinement_passes_agree_with_the_second_decoder() {
    let mut random = Random(0xFEDC_BA98_7654_3211);
    let mut scratch = Scratch::new();
    for (width, height) in SIZES {
        for passes in [2, 3] {
            for causal in [false, true] {
                for length in [0, 1, 5, 200, 2000] {
                    let missing = random.below(6);
                    let density = 1 + random.below(20);
                    let samples = samples(&mut random, width * height, missing, density);
                    let cleanup = encoder::encode(&samples, width as usize);
                    let refinement = random.bytes(length);
                    let bitplanes = missing as u8 + 2 + random.below(8) as u8;
                    let missing = missing as u8;
                    let block =
                        HtBlock { cleanup: &cleanup, refinement: &refinement, width, height, passes, missing, bitplanes, causal };
                    let expected = doubled(&reference::decode(&block).expect("a valid block"));
                    assert!(decode_all(&block, &mut scratch) == Some(expected), "{width}x{height}, {passes} passes");
                }
            }
        }
    }
}

#[test]
fn random_bytes_give_the_same_samples_or_are_refused_by_all() {
    let mut random = Random(0x0F1E_2D3C_4B5A_6978);
    let mut scratch = Scratch::new();
    let (mut decoded, mut refused) = (0, 0);
    for round in 0..6000 {
        let (width, height) = match round % 4 {
            0 => (1 + random.below(8), 1 + random.below(8)),
            _ => SIZES[random.below(SIZES.len() as u32) as usize],
        };
        let length = 2 + random.below(if round % 3 == 0 { 20 } else { 4000 }) as usize;
        let mut cleanup = random.bytes(length);
        if round % 5 != 0 {
            let suffix = 2 + random.below((length as u32 - 1).min(4078)) as usize;
            cleanup[length - 1] = (suffix >> 4) as u8;
            cleanup[length - 2] = cleanup[length - 2] & 0xF0 | (suffix & 15) as u8;
        }
        let refinement_length = random.below(300) as usize;
        let refinement = random.bytes(refinement_length);
        let missing = random.below(20) as u8;
        let passes = 1 + random.below(3) as u8;
        let bitplanes = (missing + passes.min(2) + random.below(3) as u8).min(22);
        let block = HtBlock {
            cleanup: &cleanup,
            refinement: &refinement,
            width,
            height,
            passes,
            missing,
            bitplanes,
            causal: random.below(2) == 1,
        };
        let out = decode_all(&block, &mut scratch);
        assert!(out == reference::decode(&block).map(|s| doubled(&s)), "round {round}: {block:?}");
        if out.is_some() { decoded += 1 } else { refused += 1 }
    }
    assert!(decoded > 300 && refused > 300, "both outcomes are met: {decoded} decoded, {refused} refused");
}

#[test]
fn impossible_blocks_are_refused() {
    let good = HtBlock {
        cleanup: &[0, 0x20, 0],
        refinement: &[],
        width: 4,
        height: 4,
        passes: 1,
        missing: 0,
        bitplanes: 8,
        causal: false,
    };
    let mut scratch = Scratch::new();
    let mut run = |block: HtBlock<'_>| {
        let mut out = vec![0; 5000];
        decode(Simd::detect(), &block, &mut scratch, Store::Reversible { out: &mut out, stride: 1024 })
    };
    for (width, height) in [(0, 4), (4, 0), (1025, 1), (1, 1025), (128, 64), (u32::MAX, u32::MAX)] {
        assert!(matches!(run(HtBlock { width, height, ..good }), Err(BlockError::Shape { .. })));
    }
    for (passes, missing, bitplanes) in [(0, 0, 8), (4, 0, 8), (1, 8, 8), (2, 7, 8), (1, 255, 30), (1, 0, 0)] {
        assert!(matches!(run(HtBlock { passes, missing, bitplanes, ..good }), Err(BlockError::Shape { .. })));
    }
    assert_eq!(run(HtBlock { bitplanes: 31, ..good }), Err(BlockError::Bitplanes { bitplanes: 31, most: 30 }));
    let mut out = vec![0; 16];
    let store = Store::ReversibleWide { out: &mut out, stride: 4 };
    let result = decode(Simd::detect(), &HtBlock { bitplanes: 57, ..good }, &mut Scratch::new(), store);
    assert_eq!(result, Err(BlockError::Bitplanes { bitplanes: 57, most: 56 }));
    assert_eq!(run(HtBlock { cleanup: &[], ..good }), Err(BlockError::Short(0)));
    assert_eq!(run(HtBlock { cleanup: &[7], ..good }), Err(BlockError::Short(1)));
    for suffix in [0, 1, 4, 4080] {
        let cleanup = [0, (suffix & 15) as u8, (suffix >> 4) as u8];
        assert_eq!(run(HtBlock { cleanup: &cleanup, ..good }), Err(BlockError::Suffix { suffix, segment: 3 }));
    }
}

/// A block of noise with `missing` missing bit-planes.
fn noise(width: u32, height: u32, missing: u32) -> Vec<u8> {
    let mut random = Random(0x1357_9BDF_0246_8ACE);
    let samples: Vec<u64> = (0..width * height).map(|_| u64::from(1 + random.below((2 << missing) - 1))).collect();
    encoder::encode(&samples, width as usize)
}

#[test]
fn damage_is_named() {
    let mut scratch = Scratch::new();
    let mut run = |cleanup: &[u8], width: u32, height: u32, missing: u8| {
        let block = HtBlock { cleanup, refinement: &[], width, height, passes: 1, missing, bitplanes: 20, causal: false };
        let results = Simd::available().into_iter().map(|simd| {
            let mut out = vec![0; (width * height) as usize];
            decode(simd, &block, &mut scratch, Store::Reversible { out: &mut out, stride: width as usize })
        });
        let mut results: Vec<_> = results.collect();
        results.dedup();
        assert_eq!(results.len(), 1, "all instruction sets say the same");
        results[0]
    };
    let cleanup = noise(16, 16, 7);
    assert_eq!(run(&cleanup, 16, 16, 7), Ok(()));
    // The same bytes with fewer bit-planes, and as a block whose last column or row does not exist.
    assert_eq!(run(&cleanup, 16, 16, 5), Err(BlockError::Exponent));
    assert_eq!(run(&cleanup, 15, 16, 7), Err(BlockError::Outside));
    assert_eq!(run(&cleanup, 16, 15, 7), Err(BlockError::Outside));
    // A taller block wants more VLC bits than there are.
    assert_eq!(run(&cleanup, 16, 64, 12), Err(BlockError::VlcEnd));
}
