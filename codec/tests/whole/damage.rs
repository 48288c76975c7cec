//! Hostile and damaged bytes: an error that says what and where, or a whole picture; soon, and without a panic.

use std::time::{Duration, Instant};

use lightbox_codec::{DecodeRequest, Error, Limits, inspect};

use crate::build::{cod, codestream, qcd, siz};
use crate::common::{bytes, data, decode, files, name, say};

/// Fails where the decoder blames itself: that is a panic or a broken invariant.
fn assert_not_internal(result: &Result<impl Sized, Error>, what: &str) {
    if let Err(error @ Error::Internal { .. }) = result {
        panic!("{what}: {error}");
    }
}

#[test]
fn malformed_files_fail_soon_and_cleanly() {
    let Some(folder) = data("malformed") else { return };
    let mut all = files(&folder.join("codestream"), |n| !n.ends_with(".pgx"));
    all.extend(files(&folder.join("derived"), |n| n.ends_with(".j2c")));
    let (mut whole, mut parts, mut errors) = (0, 0, 0);
    for file in all {
        let coded = bytes(&file);
        for threads in [1, 2] {
            let start = Instant::now();
            let result = decode(threads, &coded, &DecodeRequest::default());
            assert!(start.elapsed() < Duration::from_secs(10), "{} took {:?}", name(&file), start.elapsed());
            assert_not_internal(&result, &name(&file));
            match result {
                Ok(image) if image.incomplete.is_some() => parts += 1,
                Ok(_) => whole += 1,
                Err(_) => errors += 1,
            }
        }
    }
    say(&format!("malformed: {errors} decodes fail with a reason, {parts} say how far they reach, {whole} give a whole picture"));
}

#[test]
fn flipped_bytes_never_make_it_panic() {
    let (Some(malformed), Some(conformance)) = (data("malformed"), data("htj2k-conformance")) else { return };
    let mut seeds = vec![malformed.join("derived/intact.j2c")];
    let small = |p: &std::path::PathBuf| std::fs::metadata(p).is_ok_and(|m| m.len() < 40_000);
    seeds.extend(files(&conformance, |n| n.ends_with(".j2k")).into_iter().filter(small));
    let rounds: u64 = std::env::var("LIGHTBOX_FLIPS").ok().and_then(|v| v.parse().ok()).unwrap_or(60);
    let limits = Limits { pixels: 1 << 22, bytes: 1 << 27, ..Limits::default() };
    let decoders = [crate::common::decoder(1), crate::common::decoder(2)];
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut next = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    };
    for seed in seeds {
        let original = bytes(&seed);
        for round in 0..rounds {
            let mut coded = original.clone();
            // Headers decide the most, so half of the flips fall there.
            let reach = if round % 2 == 0 { coded.len().min(220) } else { coded.len() };
            for _ in 0..=next(3) {
                let at = next(reach);
                coded[at] = if next(2) == 0 { coded[at] ^ (1 << next(8)) } else { next(256) as u8 };
            }
            let start = Instant::now();
            let result = decoders[next(2)].decode(&coded, &DecodeRequest::default(), &limits);
            let what = format!("{} round {round}", name(&seed));
            assert_not_internal(&result, &what);
            assert!(start.elapsed() < Duration::from_secs(10), "{what} took {:?}", start.elapsed());
        }
    }
}

#[test]
fn empty_packets_are_a_picture_of_mid_grey() {
    let coded = codestream(&[&siz(8, 8, (8, 8), 1), &cod(1, 1, 0xFF), &qcd(1)], &[0, 0]);
    let image = decode(1, &coded, &DecodeRequest::default()).unwrap();
    assert_eq!(image.components[0].samples, lightbox_codec::Samples::U8(vec![128; 64]));
}

#[test]
fn a_small_file_cannot_ask_for_much() {
    let quick = |coded: Vec<u8>| {
        let start = Instant::now();
        let result = decode(1, &coded, &DecodeRequest::default());
        assert!(start.elapsed() < Duration::from_secs(2), "{:?} after {:?}", result.err(), start.elapsed());
        result.expect_err("there is no picture in so few bytes")
    };
    // Too many samples.
    let error = quick(codestream(&[&siz(1 << 20, 1 << 20, (1 << 20, 1 << 20), 1), &cod(1, 1, 0xFF), &qcd(1)], &[0, 0]));
    assert!(matches!(error, Error::Limit { .. }), "{error}");
    // Sixteen million precincts of 4 x 4 samples.
    let error = quick(codestream(&[&siz(1 << 14, 1 << 14, (1 << 14, 1 << 14), 1), &cod(1, 0, 0x22), &qcd(0)], &[0; 64]));
    assert!(matches!(error, Error::Limit { .. }), "{error}");
    // A million precincts in 64 bytes.
    let error = quick(codestream(&[&siz(1 << 12, 1 << 12, (1 << 12, 1 << 12), 1), &cod(1, 0, 0x22), &qcd(0)], &[0; 64]));
    assert!(matches!(error, Error::Truncated { .. }), "{error}");
    // Tens of thousands of tiles with thousands of components each, all without data.
    let error = quick(codestream(&[&siz(255, 255, (1, 1), 4000), &cod(1, 32, 0xFF), &qcd(32)], &[0; 64]));
    assert!(matches!(error, Error::Truncated { .. } | Error::Malformed { .. } | Error::Limit { .. }), "{error}");
    // As many layers as can be, on one precinct: 64 of them, empty, are there.
    let coded = codestream(&[&siz(8, 8, (8, 8), 1), &cod(65535, 0, 0xFF), &qcd(0)], &[0; 64]);
    let image = decode(1, &coded, &DecodeRequest::default()).unwrap();
    assert_eq!(image.incomplete.map(|i| (i.exact_at, i.layers, i.coded_layers)), Some((None, 64, 65535)));
    let strict = DecodeRequest { strict: true, ..DecodeRequest::default() };
    assert!(matches!(decode(1, &coded, &strict), Err(Error::Truncated { .. })));
}

#[test]
fn what_is_not_supported_is_named() {
    let with_style = |style: u8| {
        let mut cod = cod(1, 1, 0xFF);
        cod[12] = style;
        codestream(&[&siz(8, 8, (8, 8), 1), &cod, &qcd(1)], &[0, 0])
    };
    for style in [0x00, 0x3F, 0x40, 0x48, 0xC0, 0xC8] {
        decode(1, &with_style(style), &DecodeRequest::default()).expect("empty packets in a style that is supported");
    }
    let error = decode(1, &with_style(0xC1), &DecodeRequest::default()).unwrap_err();
    assert!(matches!(&error, Error::Unsupported { feature, .. } if feature.contains("0xC1")), "{error}");
    // A transformation of ISO/IEC 15444-2 between components.
    let mut cod = cod(1, 1, 0xFF);
    cod[8] = 2;
    let coded = codestream(&[&siz(8, 8, (8, 8), 3), &cod, &qcd(1)], &[0, 0]);
    let error = inspect(&coded, &Limits::default()).unwrap_err();
    assert!(matches!(&error, Error::Unsupported { feature, .. } if feature.contains("15444-2")), "{error}");
}
