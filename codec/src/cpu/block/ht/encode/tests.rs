//! Encoded blocks come back through the decoder, and every instruction set writes the same bytes.

use super::super::tests::Random;
use super::super::{HtBlock, Store, decode};
use super::*;

const SIZES: [(usize, usize); 20] = [
    (1, 1),
    (2, 1),
    (1, 2),
    (3, 5),
    (4, 4),
    (5, 3),
    (6, 9),
    (7, 8),
    (15, 6),
    (16, 4),
    (17, 100),
    (33, 2),
    (64, 64),
    (63, 61),
    (32, 32),
    (128, 32),
    (4, 1024),
    (1, 1024),
    (1024, 4),
    (1023, 3),
];

fn round_trip(plane: &[i32], width: usize, height: usize, stride: usize, scratch: &mut Scratch) -> usize {
    let samples = Samples { plane, stride, width, height };
    let bits = samples.magnitude_bits();
    let cleanup = encode(Simd::SCALAR, &samples, scratch);
    assert!(encode(Simd::detect(), &samples, scratch) == cleanup, "{width}x{height}: instruction sets differ");
    assert!(cleanup.windows(2).all(|pair| pair[0] != 0xFF || pair[1] <= 0x8F), "no marker stands in a segment");
    let block = HtBlock {
        cleanup: &cleanup,
        refinement: &[],
        width: width as u32,
        height: height as u32,
        passes: 1,
        missing: bits as u8 - 1,
        bitplanes: bits as u8,
        causal: false,
    };
    let mut out = vec![0; width * height];
    let store = Store::Reversible { out: &mut out, stride: width };
    decode(Simd::SCALAR, &block, &mut super::super::Scratch::new(), store).expect("a valid block");
    for (y, row) in out.chunks(width).enumerate() {
        assert!(*row == plane[y * stride..][..width], "{width}x{height} of {bits} bits, row {y}");
    }
    cleanup.len()
}

#[test]
fn blocks_come_back() {
    let mut random = Random(0x1234_5678_9ABC_DEF1);
    let mut scratch = Scratch::default();
    // Narrow blocks after wide ones, and the other way round.
    for (width, height) in SIZES.into_iter().chain(SIZES.into_iter().rev()) {
        for bits in [1, 2, 3, 5, 8, 12, 16, 20, MAX_MAGNITUDE_BITS] {
            for density in [1, 2, 9, 60, 900] {
                let stride = width + random.below(5) as usize;
                let mut plane: Vec<i32> = (0..stride * height)
                    .map(|_| {
                        let value = (random.next() >> (32 - 1 - random.below(bits))) as i32;
                        if random.below(density) > 0 { 0 } else { value * (1 - 2 * random.below(2) as i32) }
                    })
                    .collect();
                plane[0] = (1 << bits) - 1;
                round_trip(&plane, width, height, stride, &mut scratch);
            }
        }
    }
}

#[test]
fn the_longest_blocks_fit_their_memory() {
    let mut scratch = Scratch::default();
    let greatest = (1 << MAX_MAGNITUDE_BITS) - 1;
    // All ones, which are stuffed most; and rows that alternate, whose exponents are never foretold.
    round_trip(&[-greatest; 4096], 64, 64, 64, &mut scratch);
    for (width, height) in [(64, 64), (1024, 4), (4, 1024), (1, 1024)] {
        let mut random = Random(0x0F1E_2D3C_4B5A_6978);
        let plane: Vec<i32> = (0..width * height)
            .map(|i| match (i / width / 2 % 2, random.below(3)) {
                (0, 0) => -greatest,
                (0, _) => greatest,
                _ => 1,
            })
            .collect();
        round_trip(&plane, width, height, width, &mut scratch);
    }
}
