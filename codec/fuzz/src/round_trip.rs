//! Encoding and decoding again: an input is a request, an image's shape, and its samples.

use std::sync::LazyLock;

use lightbox_codec::cpu::simd::Simd;
use lightbox_codec::{Container, DecodeRequest, EncodeRequest, Encoder, Error, Image, Plane, SampleType, Samples};

use super::{LIMITS, VECTOR, decoded};

static ENCODER: LazyLock<Encoder> = LazyLock::new(|| Encoder::new().threads(1));
static PLAIN: LazyLock<Encoder> = LazyLock::new(|| Encoder::new().threads(1).simd(Simd::SCALAR));

/// What the encoder accepts comes back from the decoder, sample by sample, and does not depend on vector instructions.
pub fn round_trip(bytes: &[u8]) {
    let mut input = Input(bytes);
    let request = request(&mut input);
    let image = image(&mut input);
    let encoded = ENCODER.encode(&image, &request, &LIMITS);
    assert!(encoded == PLAIN.encode(&image, &request, &LIMITS), "vector instructions differ from plain code");
    match encoded {
        Ok(coded) => {
            let strict = DecodeRequest { strict: true, ..DecodeRequest::default() };
            let again = decoded(&VECTOR, &coded, &strict).expect("what was encoded decodes");
            assert!(again == image, "the samples differ: {request:?}");
        }
        Err(Error::Request { .. } | Error::Limit { .. }) => {}
        Err(error) => panic!("{error}: {request:?}"),
    }
}

/// The bytes not yet used; zeros behind them.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or(0)
    }

    fn below(&mut self, n: u8) -> u8 {
        self.byte() % n
    }
}

/// Mostly requests that can be.
fn request(input: &mut Input) -> EncodeRequest {
    let side = |exponent: u8| 4u16 << exponent;
    let code_block = (side(input.below(10)), side(input.below(10)));
    let levels = match input.below(48) {
        n @ 0..40 => Some(n % 10),
        40..44 => None,
        n => Some(n - 15),
    };
    let tile_size = (input.below(3) > 0).then(|| (1 + u32::from(input.byte()), 1 + u32::from(input.byte())));
    let precincts = (0..input.below(8).saturating_sub(3)).map(|_| (input.below(17), input.below(17))).collect();
    let flags = input.byte();
    let container = if flags & 6 == 6 { Container::Jph } else { Container::Raw };
    EncodeRequest { code_block, levels, tile_size, precincts, colour_transform: flags & 1 == 1, container }
}

/// A few components of one size, most often of one type.
fn image(input: &mut Input) -> Image {
    let (width, height) = (1 + u32::from(input.byte() / 2), 1 + u32::from(input.byte() / 2));
    let origin = (u32::from(input.below(40)), u32::from(input.below(40)));
    let (bits, signed, mixed) = (1 + input.below(17), input.byte() & 1 == 1, input.below(8) == 0);
    let count = 1 + input.below(4);
    let types: Vec<(u8, bool)> =
        (0..count).map(|_| if mixed { (1 + input.below(16), input.byte() & 1 == 1) } else { (bits, signed) }).collect();
    let components = types.into_iter().map(|(bits, signed)| plane(input, origin, (width, height), bits, signed)).collect();
    Image { components, incomplete: None }
}

fn plane(input: &mut Input, origin: (u32, u32), (width, height): (u32, u32), bits: u8, signed: bool) -> Plane {
    let texture = input.byte();
    let mut state = u64::from(texture);
    let mut value = |i: usize| {
        // What the input holds, then a texture: flat, a ramp, extremes, or noise.
        if !input.0.is_empty() && i % 3 < 2 {
            return i64::from(input.byte()) << 8 | i64::from(input.byte());
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match texture % 4 {
            0 => i64::from(texture),
            1 => i as i64,
            2 => -((state >> 63) as i64),
            _ => (state >> 40) as i64,
        }
    };
    let low = if signed { -(1i64 << (bits - 1)) } else { 0 };
    let values = (0..width as usize * height as usize).map(|i| low + value(i).rem_euclid(1 << bits));
    let samples = match SampleType::for_bits(bits, signed).expect("up to 17 bits") {
        SampleType::U8 => Samples::U8(values.map(|v| v as u8).collect()),
        SampleType::I8 => Samples::I8(values.map(|v| v as i8).collect()),
        SampleType::U16 => Samples::U16(values.map(|v| v as u16).collect()),
        SampleType::I16 => Samples::I16(values.map(|v| v as i16).collect()),
        SampleType::U32 => Samples::U32(values.map(|v| v as u32).collect()),
        SampleType::I32 => Samples::I32(values.map(|v| v as i32).collect()),
    };
    Plane { origin, width, height, bits, signed, samples }
}
