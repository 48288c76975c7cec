//! Two blocks side by side against the same blocks alone.

use super::*;

/// A pair of neighbours' widths and their height.
const PAIRS: [(u32, u32, u32); 14] = [
    (64, 64, 64),
    (64, 58, 64),
    (58, 64, 61),
    (32, 32, 32),
    (1, 1, 1),
    (1, 64, 7),
    (64, 1, 8),
    (3, 17, 9),
    (16, 15, 2),
    (7, 8, 33),
    (128, 128, 32),
    (1024, 1024, 4),
    (1023, 1021, 3),
    (4, 4, 1024),
];

/// A block of random samples, now and then with a damaged byte, and its missing bit-planes.
fn block(random: &mut Random, width: u32, height: u32) -> (Vec<u8>, u8) {
    let (missing, density) = (random.below(14), 1 + random.below(9));
    let mut sample = || {
        if random.below(density) != 0 {
            return 0;
        }
        let bits = random.below(missing + 1);
        u64::from(1 + random.below((2 << bits) - 1)) | u64::from(random.below(2)) << 63
    };
    let samples: Vec<u64> = (0..width * height).map(|_| sample()).collect();
    let mut bytes = encoder::encode(&samples, width as usize);
    if random.below(6) == 0 {
        let at = random.below(bytes.len() as u32) as usize;
        bytes[at] ^= 1 << random.below(8);
    }
    (bytes, missing as u8)
}

#[test]
fn two_blocks_are_what_each_is_alone() {
    let mut random = Random(0x0BAD_5EED_1234_0001);
    let (mut decoded, mut refused) = (0, 0);
    for round in 0..600 {
        let (left, right, height) = PAIRS[round % PAIRS.len()];
        let coded = [block(&mut random, left, height), block(&mut random, right, height)];
        let bitplanes = 15 + random.below(6) as u8;
        let blocks = [(&coded[0], left), (&coded[1], right)].map(|((cleanup, missing), width)| HtBlock {
            cleanup,
            refinement: &[],
            width,
            height,
            passes: 1,
            missing: *missing,
            bitplanes,
            causal: false,
        });
        let mut scratch = [Scratch::new(), Scratch::new()];
        let alone = blocks.map(|block| {
            let (mut ints, stride) = (vec![0; (block.width * height) as usize], block.width as usize);
            decode(Simd::SCALAR, &block, &mut scratch[0], Store::Reversible { out: &mut ints, stride }).map(|()| ints)
        });
        let (stride, size) = ((left + right + 5) as usize, ((left + right + 5) * height) as usize);
        for simd in Simd::available() {
            let (mut ints, mut reals) = (vec![i32::MIN; size], vec![f32::NAN; size]);
            let int = decode_two(simd, blocks.each_ref(), &mut scratch, Store::Reversible { out: &mut ints, stride });
            let store = Store::Irreversible { out: &mut reals, stride, step: 2.0 };
            let real = decode_two(simd, blocks.each_ref(), &mut scratch, store);
            assert_eq!(int, real, "both stores fail alike");
            if let Err((which, _)) = int {
                assert!(alone[which].is_err(), "round {round}, {}: a sound block is refused", simd.name());
                refused += 1;
                continue;
            }
            let [Ok(first), Ok(second)] = &alone else { panic!("round {round}, {}: a block is not refused", simd.name()) };
            let rows = first.chunks(left as usize).zip(second.chunks(right as usize));
            for (y, (first, second)) in rows.enumerate() {
                let (ints, reals) = (&ints[y * stride..][..stride], &reals[y * stride..][..stride]);
                let (of_first, rest) = ints.split_at(first.len());
                let (of_second, beside) = rest.split_at(second.len());
                assert!(of_first == first && of_second == second, "round {round}, {}: row {y} differs", simd.name());
                assert!(beside.iter().all(|&v| v == i32::MIN), "written beside the blocks");
                let halves = reals.iter().map(|&v| if v.is_nan() { i32::MIN } else { v as i32 / 2 });
                assert!(halves.eq(ints.iter().copied()), "round {round}, {}: the reals of row {y} differ", simd.name());
            }
            decoded += 1;
        }
    }
    assert!(decoded > 300 && refused > 50, "both outcomes are met: {decoded} decoded, {refused} refused");
}
