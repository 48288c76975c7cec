//! What is encoded comes back exactly, whatever is asked for; what cannot be is refused.

use proptest::prelude::*;

use super::*;
use crate::codestream::{Codestream, Container, Progression};
use crate::decoder::{Backend, Decoder, Plane};
use crate::plan::Incomplete;
use crate::request::DecodeRequest;
use crate::samples::{SampleType, Samples};

/// `len` samples of a kind of picture: noise of all bits, extremes, a slope with some noise, one value.
fn samples(len: usize, width: usize, bits: u8, signed: bool, picture: u8, seed: u64) -> Samples {
    let mut state = seed | 1;
    let mut samples = Samples::zeros(SampleType::for_bits(bits, signed).unwrap(), len);
    let (low, range) = (if signed { -(1i64 << (bits - 1)) } else { 0 }, 1i64 << bits);
    for i in 0..len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let noise = (state >> 24) as i64;
        let value = match picture {
            0 => noise % range,
            1 => (noise & 1) * (range - 1),
            2 => ((i % width) as i64 * range / width as i64 + noise % (range / 16 + 1)).min(range - 1),
            _ => range / 2,
        };
        set(&mut samples, i, low + value);
    }
    samples
}

fn set(samples: &mut Samples, i: usize, value: i64) {
    match samples {
        Samples::U8(v) => v[i] = value as u8,
        Samples::I8(v) => v[i] = value as i8,
        Samples::U16(v) => v[i] = value as u16,
        Samples::I16(v) => v[i] = value as i16,
        Samples::U32(v) => v[i] = value as u32,
        Samples::I32(v) => v[i] = value as i32,
    }
}

fn grey(width: u32, height: u32, bits: u8) -> Interleaved {
    let samples = samples((width * height) as usize, width as usize, bits, false, 2, 1);
    Interleaved { width, height, components: 1, bits, signed: false, samples, incomplete: None }
}

fn encode(image: &Interleaved, request: &EncodeRequest) -> Result<Vec<u8>, Error> {
    Encoder::new().threads(1).encode_interleaved(image, request, &Limits::default())
}

fn decoder() -> Decoder {
    Decoder::new(Backend::Cpu).unwrap().threads(1)
}

prop_compose! {
    fn request()(
        block in prop::sample::select(vec![(64, 64), (32, 32), (4, 4), (4, 1024), (1024, 4), (128, 32), (16, 64)]),
        levels in prop::option::of(0u8..9),
        tile_size in prop::option::of((40u32..200, 40u32..200)),
        precincts in prop::collection::vec((3u8..9, 3u8..9), 0..4),
        jph in any::<bool>(),
    ) -> EncodeRequest {
        let container = if jph { Container::Jph } else { Container::Raw };
        EncodeRequest { code_block: block, levels, tile_size, precincts, colour_transform: false, container }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn interleaved_samples_come_back(
        (width, height) in (1u32..180, 1u32..180),
        (components, bits, signed) in (1u16..=4, 1u8..=16, any::<bool>()),
        (picture, seed) in (0u8..4, any::<u64>()),
        mut request in request(),
        transform in any::<bool>(),
    ) {
        request.colour_transform = transform && components >= 3;
        if matches!(components, 2 | 4) {
            request.container = Container::Raw;
        }
        let samples = samples((width * height) as usize * usize::from(components), width as usize, bits, signed, picture, seed);
        let image = Interleaved { width, height, components, bits, signed, samples, incomplete: None };
        let bytes = encode(&image, &request).unwrap();
        let decoded = decoder().decode_interleaved(&bytes, &DecodeRequest::default(), &Limits::default()).unwrap();
        prop_assert!(decoded == image, "the samples differ");
        let scalar = Encoder::new().simd(Simd::SCALAR).threads(3).encode_interleaved(&image, &request, &Limits::default()).unwrap();
        prop_assert!(scalar == bytes, "plain code on three threads writes other bytes");
    }

    #[test]
    fn planes_of_different_types_come_back(
        origin in (0u32..30, 0u32..30),
        (width, height) in (1u32..90, 1u32..90),
        kinds in prop::collection::vec((1u8..=16, any::<bool>(), 0u8..4), 1..=4),
        seed in any::<u64>(),
        mut request in request(),
    ) {
        request.container = Container::Raw;
        let len = (width * height) as usize;
        let plane = |&(bits, signed, picture): &(u8, bool, u8)| {
            Plane { origin, width, height, bits, signed, samples: samples(len, width as usize, bits, signed, picture, seed) }
        };
        let image = Image { components: kinds.iter().map(plane).collect(), incomplete: None };
        let bytes = Encoder::new().threads(1).encode(&image, &request, &Limits::default()).unwrap();
        prop_assert!(decoder().decode(&bytes, &DecodeRequest::default(), &Limits::default()).unwrap() == image);
    }
}

#[test]
fn the_default_is_what_dicom_asks_for() {
    for (width, height, levels) in [(16, 16, 5), (512, 512, 5), (2048, 100, 5), (2049, 3, 6), (9000, 2, 8)] {
        let bytes = encode(&grey(width, height, 12), &EncodeRequest::default()).unwrap();
        let codestream = Codestream::parse(&bytes, &Limits::default()).unwrap();
        let info = codestream.info();
        assert_eq!((info.levels, info.progression, info.code_block), (levels, Progression::Rpcl, (64, 64)));
        assert_eq!((info.tiles, info.tile_parts), ((1, 1), u32::from(levels) + 1));
        let names: Vec<&str> = info.markers.iter().map(|m| m.name).collect();
        assert_eq!(names[..6], ["SOC", "SIZ", "CAP", "COD", "QCD", "TLM"]);
        assert_eq!(names[6..8], ["SOT", "PLT"]);
    }
}

#[test]
fn great_tiles_have_precincts() {
    let precincts = |image: &Interleaved, request: &EncodeRequest| {
        let bytes = encode(image, request).unwrap();
        assert!(decoder().decode_interleaved(&bytes, &DecodeRequest::default(), &Limits::default()).unwrap() == *image);
        crate::inspect(&bytes, &Limits::default()).unwrap().precincts
    };
    let of = |code_block, tile_size| EncodeRequest { code_block, tile_size, levels: Some(1), ..EncodeRequest::default() };
    let wide = grey(4097, 70, 12);
    assert_eq!(precincts(&grey(4096, 3, 12), &of((64, 64), None)), []);
    assert_eq!(precincts(&wide, &of((64, 64), None)), [(9, 9); 2]);
    assert_eq!(precincts(&wide, &of((1024, 4), None)), [(13, 9); 2], "no code-block is cut");
    assert_eq!(precincts(&wide, &of((64, 64), Some((2048, 2048)))), []);
    let one = EncodeRequest { precincts: vec![(15, 15)], ..of((64, 64), None) };
    assert_eq!(precincts(&wide, &one), [(15, 15); 2]);
}

#[test]
fn tlm_and_plt_give_the_lengths_that_are_there() {
    let request = EncodeRequest { tile_size: Some((64, 50)), levels: Some(2), precincts: vec![(5, 5)], ..EncodeRequest::default() };
    let bytes = encode(&grey(150, 120, 8), &request).unwrap();
    let info = crate::inspect(&bytes, &Limits::default()).unwrap();
    let of = |name: &str| info.markers.iter().filter(|m| m.name == name).map(|m| m.offset as usize).collect::<Vec<_>>();
    let number = |at: usize, len: usize| bytes[at..at + len].iter().fold(0usize, |v, &b| v << 8 | usize::from(b));
    let (tlm, parts, plts) = (of("TLM")[0], of("SOT"), of("PLT"));
    assert_eq!((parts.len(), plts.len()), (27, 27), "three resolutions of nine tiles");
    for (n, (&sot, &plt)) in parts.iter().zip(&plts).enumerate() {
        let end = parts.get(n + 1).copied().unwrap_or(bytes.len() - 2);
        assert_eq!((number(tlm + 6 + 6 * n, 2), number(tlm + 8 + 6 * n, 4)), (number(sot + 4, 2), end - sot));
        assert_eq!((number(sot + 4, 2), number(sot + 10, 1)), (n % 9, n / 9), "resolution by resolution");
        let (mut sum, mut length) = (0, 0);
        for &byte in &bytes[plt + 5..plt + 2 + number(plt + 2, 2)] {
            length = length << 7 | usize::from(byte & 0x7F);
            if byte < 0x80 {
                (sum, length) = (sum + length, 0);
            }
        }
        assert_eq!(sum, end - sot - 12 - (2 + number(plt + 2, 2)) - 2, "packets of tile-part {n}");
    }
}

#[test]
fn what_cannot_be_encoded_is_refused() {
    let good = grey(40, 30, 12);
    let base = EncodeRequest::default();
    let refused = |image: &Interleaved, request: &EncodeRequest, word: &str| {
        let error = encode(image, request).unwrap_err();
        assert!(matches!(error, Error::Request { .. }) && error.to_string().contains(word), "{error}");
    };
    for code_block in [(64, 128), (3, 4), (2, 64), (2048, 1), (0, 0), (48, 64)] {
        refused(&good, &EncodeRequest { code_block, ..base.clone() }, "code-blocks");
    }
    refused(&good, &EncodeRequest { levels: Some(33), ..base.clone() }, "levels");
    refused(&good, &EncodeRequest { tile_size: Some((0, 30)), ..base.clone() }, "tile");
    refused(&good, &EncodeRequest { precincts: vec![(16, 4)], ..base.clone() }, "precincts");
    refused(&good, &EncodeRequest { precincts: vec![(4, 4), (0, 4)], ..base.clone() }, "precincts");
    refused(&good, &EncodeRequest { colour_transform: true, ..base.clone() }, "colour transform");
    refused(&good, &EncodeRequest { container: Container::Jp2, ..base.clone() }, "JP2");
    refused(&Interleaved { bits: 17, samples: Samples::U32(vec![0; 1200]), ..good.clone() }, &base, "17 bits");
    refused(&Interleaved { width: 41, ..good.clone() }, &base, "1230");
    refused(&Interleaved { width: 0, samples: Samples::U16(Vec::new()), ..good.clone() }, &base, "without samples");
    refused(&Interleaved { bits: 8, ..good.clone() }, &base, "U16");
    refused(&Interleaved { components: 5, samples: Samples::U16(vec![0; 6000]), ..good.clone() }, &base, "5 components");
    refused(&Interleaved { components: 0, samples: Samples::U16(Vec::new()), ..good.clone() }, &base, "0 components");
    let cut = Incomplete { at: 9, missing: 1, exact_at: None, layers: 0, coded_layers: 1, tiles: 1, of_tiles: 1 };
    refused(&Interleaved { incomplete: Some(cut), ..good.clone() }, &base, "incomplete");
    let mut wide = good.clone();
    set(&mut wide.samples, 700, 4096);
    refused(&wide, &base, "row 17 is outside its 12 bits");
    let mut low = Interleaved { signed: true, samples: Samples::I16(vec![0; 1200]), ..good.clone() };
    set(&mut low.samples, 3, -2049);
    refused(&low, &base, "row 0 is outside");
    let limits = Limits { pixels: 1000, ..Limits::default() };
    assert!(matches!(Encoder::new().encode_interleaved(&good, &base, &limits), Err(Error::Limit { .. })));
    let limits = Limits { tiles: 3, ..Limits::default() };
    let tiled = EncodeRequest { tile_size: Some((20, 15)), ..base };
    assert!(matches!(Encoder::new().encode_interleaved(&good, &tiled, &limits), Err(Error::Limit { .. })));
}

#[test]
fn few_bits_do_not_overflow_their_subbands() {
    // Patterns of every period at both ends of the range, and the same with noise: what gains most from the low-pass filters.
    for bits in 1..=4 {
        for period in 1..=24 {
            for picture in 0..4 {
                let mut image = grey(97, 83, bits);
                image.samples = samples(97 * 83, 97, bits, false, 0, period as u64);
                for i in 0..97 * 83 {
                    let (x, y) = (i % 97, i / 97);
                    let high =
                        [x / period % 2 == 0, (x / period + y / period) % 2 == 0, (x % (period + 1) == 0) == (y % period == 0)];
                    if let Some(&high) = high.get(picture).filter(|_| i % 29 != 0) {
                        set(&mut image.samples, i, if high { (1 << bits) - 1 } else { 0 });
                    }
                }
                let bytes = encode(&image, &EncodeRequest { levels: Some(8), ..EncodeRequest::default() }).unwrap();
                let decoded = decoder().decode_interleaved(&bytes, &DecodeRequest::default(), &Limits::default()).unwrap();
                assert!(decoded == image, "{bits} bits, period {period}, picture {picture}");
            }
        }
    }
}
