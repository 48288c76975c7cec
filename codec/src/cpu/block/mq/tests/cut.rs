//! Segments that their encoders cut too short.

use super::*;

/// Decodes with both instruction sets, which must agree.
fn decode_cut_alike(block: &MqBlock<'_>, scratch: &mut Scratch) -> Result<Vec<i32>, BlockError> {
    let mut run = |simd: Simd| {
        let mut out = vec![i32::MIN; (block.width * block.height) as usize];
        let store = Store::Reversible { out: &mut out, stride: block.width as usize };
        decode_cut(simd, block, scratch, store).map(|()| out)
    };
    let best = run(Simd::detect());
    assert_eq!(best, run(Simd::SCALAR), "{} and plain code differ", Simd::detect().name());
    best
}

const SEGMENTED: Style = Style { segmentation: true, ..PLAIN };

/// A block of a lossy layer as OpenJPEG 2.5 wrote it: of twelve bytes of its segment, which the same image in a lossless stream
/// has, it wrote eight for these 18 of 31 passes. It needs a bit of the ninth.
const KEPT: ([u8; 8], [Codeword; 1]) = ([0x19, 0x48, 0x08, 0x85, 0x53, 0xED, 0x93, 0x07], [Codeword { len: 8, passes: 18 }]);

#[test]
fn a_block_that_openjpeg_cut_too_short_is_as_it_was_before() {
    let (bytes, codewords) = KEPT;
    let coded = encoder::Coded { bytes: bytes.to_vec(), codewords: codewords.to_vec(), doubled: Vec::new(), written: Vec::new() };
    let style = Style { orientation: 2, causal: true, ..SEGMENTED };
    let mut scratch = Scratch::default();
    let block = coded.block(style, 3, 8, 11);
    assert_eq!(decode_all(&block, &mut scratch), Err(BlockError::Segmentation { pass: 15 }));
    // In the lossless stream the two are 1023, in whose lowest bits nothing had been coded yet.
    let mut expected = [0; 24];
    expected[7..9].fill(1032);
    assert_eq!(decode_cut_alike(&block, &mut scratch), Ok(expected.to_vec()));
}

/// The first passes of a block, with as many bytes of all passes' segment as OpenJPEG takes for a layer of them.
struct Layer {
    coded: encoder::Coded,
    style: Style,
    width: u32,
    height: u32,
    /// What was coded.
    expected: Vec<i32>,
}

impl Layer {
    fn random(random: &mut Random) -> Self {
        let style = Style { orientation: random.below(4) as u8, causal: random.flag(), reset: random.flag(), ..SEGMENTED };
        let (width, height, density) = (1 + random.below(16), 1 + random.below(16), [3, 30, 300][random.below(3) as usize]);
        let samples = random.samples(width, height, 9, density);
        let passes = 4 + random.below(21);
        let all = encode(&samples, width as usize, 9, 25, style);
        let mut coded = encode(&samples, width as usize, 9, passes, style);
        coded.bytes = all.bytes[..all.bytes.len().min(all.written[passes as usize - 1] + 3)].to_vec();
        coded.codewords[0].len = coded.bytes.len();
        let expected = coded.doubled.iter().map(|d| (d / 2) as i32).collect();
        Self { coded, style, width, height, expected }
    }

    fn block(&self) -> MqBlock<'_> {
        self.coded.block(self.style, self.width, self.height, 9)
    }

    fn decode(&self, scratch: &mut Scratch) -> Result<(), BlockError> {
        let mut out = vec![0; self.expected.len()];
        decode(Simd::detect(), &self.block(), scratch, Store::Reversible { out: &mut out, stride: self.width as usize })
    }
}

#[test]
fn layers_cut_too_short_are_decoded_as_they_were_coded() {
    let mut random = Random(0x0BAD_CAFE_1234_5677);
    let mut scratch = Scratch::default();
    let mut mended = 0;
    for _ in 0..15_000 {
        let layer = Layer::random(&mut random);
        if layer.decode(&mut scratch).is_err() {
            assert_eq!(decode_cut_alike(&layer.block(), &mut scratch).as_ref(), Ok(&layer.expected), "{:?}", layer.style);
            mended += 1;
        }
    }
    assert!(mended >= 3, "{mended} layers are met that are too short");
}

#[test]
fn damage_near_the_end_of_a_layer_is_still_refused() {
    let mut random = Random(0x7E57_AB1E_0000_0001);
    let mut scratch = Scratch::default();
    let (mut refused, mut taken) = (0, 0);
    for _ in 0..4000 {
        let mut layer = Layer::random(&mut random);
        let len = layer.coded.bytes.len() as u32;
        let at = len - 1 - random.below(len.min(4));
        layer.coded.bytes[at as usize] ^= 1 << random.below(8);
        if layer.decode(&mut scratch).is_err() {
            match decode_cut_alike(&layer.block(), &mut scratch) {
                Ok(_) => taken += 1,
                Err(_) => refused += 1,
            }
        }
    }
    // Four bits tell at most 15 of 16 apart.
    assert!(refused > 1500 && 200 * taken < refused, "{refused} are refused, {taken} taken");
}
