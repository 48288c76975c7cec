//! Samples of 17 to 31 bits: every one as it was before another's encoder coded it.

use std::path::Path;

use lightbox_codec::cpu::simd::Simd;
use lightbox_codec::{DecodeRequest, Error, Limits, Rect, inspect};

use crate::common::{bytes, decode, decoder, files, name};

const WIDTH: u32 = 33;

/// The samples that a component was made from; the fixtures' README says how.
fn samples(component: u64, bits: u8, signed: bool, count: u32) -> Vec<i64> {
    let mut state = u64::from(bits) * 64 + component;
    let sample = |i: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let noise = (state >> (64 - bits)) as i64;
        let greatest = (1i64 << bits) - 1;
        let value = if (i / WIDTH).is_multiple_of(4) { (noise >> (bits - 1)) * greatest } else { noise };
        if signed { value - (1 << (bits - 1)) } else { value }
    };
    (0..count).map(sample).collect()
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wide");
    let all = files(&folder, |n| n.ends_with(".j2c"));
    assert_eq!(all.len(), 12, "every fixture is there");
    all.iter().map(|file| (name(file), bytes(file))).collect()
}

#[test]
fn every_sample_comes_back() {
    for (name, coded) in fixtures() {
        for threads in [1, 2, 5] {
            let image = decode(threads, &coded, &DecodeRequest::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
            let scalar = decoder(threads).simd(Simd::SCALAR).decode(&coded, &DecodeRequest::default(), &Limits::default());
            assert!(scalar.as_ref() == Ok(&image), "{name}: plain code differs");
            for (c, plane) in (0..).zip(&image.components) {
                let expected = samples(c, plane.bits, plane.signed, plane.width * plane.height);
                let got: Vec<i64> = (0..plane.samples.len()).filter_map(|i| plane.samples.get(i)).collect();
                assert!(got == expected, "{name}, component {c}, {threads} threads");
            }
        }
    }
}

#[test]
fn interleaved_pixels_are_those_of_the_planes() {
    for (name, coded) in fixtures().into_iter().filter(|(name, _)| name.contains("rct")) {
        let image = decode(1, &coded, &DecodeRequest::default()).unwrap();
        let pixels = decoder(2).decode_interleaved(&coded, &DecodeRequest::default(), &Limits::default()).unwrap();
        for (i, c) in (0..pixels.samples.len()).zip((0..3).cycle()) {
            assert_eq!(pixels.samples.get(i), image.components[c].samples.get(i / 3), "{name}, sample {i}");
        }
    }
}

#[test]
fn a_region_is_the_crop_of_the_whole() {
    for (name, coded) in fixtures() {
        let info = inspect(&coded, &Limits::default()).unwrap();
        for reduction in 0..=info.levels.min(2) {
            let whole = decode(2, &coded, &DecodeRequest { reduction, ..DecodeRequest::default() }).unwrap();
            let (x0, y0) = info.origin;
            let region = Some(Rect::new(x0 + 7, y0 + 6, x0 + 30, y0 + 21));
            let part = decode(1, &coded, &DecodeRequest { region, reduction, ..DecodeRequest::default() }).unwrap();
            for (part, whole) in part.components.iter().zip(&whole.components) {
                let (dx, dy) = (part.origin.0 - whole.origin.0, part.origin.1 - whole.origin.1);
                for (x, y) in (0..part.height).flat_map(|y| (0..part.width).map(move |x| (x, y))) {
                    let at = ((y + dy) * whole.width + x + dx) as usize;
                    let got = part.samples.get((y * part.width + x) as usize);
                    assert_eq!(got, whole.samples.get(at), "{name}, reduction {reduction}, ({x}, {y})");
                }
            }
        }
    }
}

#[test]
fn more_than_31_bits_are_refused_by_name() {
    let (_, mut coded) = fixtures().into_iter().find(|(name, _)| name == "31-signed.j2c").expect("a fixture");
    // Ssiz of the only component: sign and depth - 1.
    assert_eq!(coded[42], 0x80 | 30);
    for bits in [32, 38] {
        coded[42] = 0x80 | (bits - 1);
        let error = decode(1, &coded, &DecodeRequest::default()).unwrap_err();
        assert!(matches!(&error, Error::Unsupported { feature, .. } if feature.contains(&format!("{bits} bits"))), "{error}");
    }
}
