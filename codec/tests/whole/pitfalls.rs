//! What went wrong in other decoders, a test for each. Those that need real images stand elsewhere: regions at reduced
//! resolutions in `requests`, cuts inside packet headers in `prefixes`, tolerances of the 9/7 wavelet and refinement passes in
//! `conformance`, image and tile offsets in `wide` and `conformance`.

use std::path::Path;

use lightbox_codec::{DecodeRequest, Error, Image, Limits, Samples, inspect};

use crate::build::{cod, codestream, qcd, siz};
use crate::common::{Random, bytes, data, decode, decoder};

/// Decodes bytes that may be anything but must not make the decoder blame itself.
fn survives(coded: &[u8], what: &str) -> Option<Image> {
    match decode(1, coded, &DecodeRequest::default()) {
        Err(error @ Error::Internal { .. }) => panic!("{what}: {error}"),
        result => result.ok(),
    }
}

fn fixture(name: &str) -> Vec<u8> {
    bytes(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wide").join(name))
}

/// Where a marker segment's contents begin.
fn contents(coded: &[u8], marker: &str) -> usize {
    let info = inspect(coded, &Limits::default()).expect("sound headers");
    let found = info.markers.iter().find(|m| m.name == marker).unwrap_or_else(|| panic!("there is no {marker}"));
    found.offset as usize + 4
}

fn values(samples: &Samples) -> impl Iterator<Item = i64> {
    (0..samples.len()).map(|i| samples.get(i).expect("in range"))
}

/// Signed data half their range off: the sign in SIZ is all that differs.
#[test]
fn signed_samples_are_not_shifted() {
    let mut streams = vec![fixture("17-unsigned.j2c"), fixture("26-unsigned-rct.j2c"), fixture("31-unsigned-rct.j2c")];
    streams.extend(
        data("bench").map(|folder| ["CT1", "VL1"].map(|name| bytes(folder.join(format!("{name}.j2c"))))).into_iter().flatten(),
    );
    for mut coded in streams {
        let info = inspect(&coded, &Limits::default()).unwrap();
        let one = decode(1, &coded, &DecodeRequest::default()).unwrap();
        // Ssiz, XRsiz and YRsiz of each component stand at the end of SIZ.
        let first = contents(&coded, "SIZ") + 36;
        (0..info.components.len()).for_each(|c| coded[first + 3 * c] ^= 0x80);
        let other = decode(1, &coded, &DecodeRequest::default()).unwrap();
        for (one, other) in one.components.iter().zip(&other.components) {
            let (signed, unsigned) = if one.signed { (one, other) } else { (other, one) };
            assert!(signed.signed && !unsigned.signed);
            let half = 1i64 << (one.bits - 1);
            assert!(values(&signed.samples).zip(values(&unsigned.samples)).all(|(s, u)| s + half == u), "{} bits", one.bits);
        }
    }
}

/// The inverse RCT forgotten: without the flag in COD the components are the transformed ones.
#[test]
fn the_colour_transform_is_undone_where_it_is_declared() {
    let Some(folder) = data("bench") else { return };
    let mut coded = bytes(folder.join("VL1.j2c"));
    let rgb = decode(1, &coded, &DecodeRequest::default()).unwrap();
    let at = contents(&coded, "COD") + 4;
    assert_eq!(coded[at], 1);
    coded[at] = 0;
    let yuv = decode(1, &coded, &DecodeRequest::default()).unwrap();
    let (mut equal, mut clipped) = (0, 0);
    for i in 0..rgb.components[0].samples.len() {
        let [y, u, v] = [0, 1, 2].map(|c| yuv.components[c].samples.get(i).unwrap() - 128);
        let green = y - ((u + v) >> 2);
        if [u, v].iter().any(|d| [-128, 127].contains(d)) {
            // Differences take nine bits, of which eight are shown.
            clipped += 1;
            continue;
        }
        assert_eq!([0, 1, 2].map(|c| rgb.components[c].samples.get(i).unwrap() - 128), [v + green, green, u + green], "pixel {i}");
        equal += 1;
    }
    assert!(equal > 9 * clipped, "{equal} pixels were compared, {clipped} could not be");
}

/// Sizes taken from the reference grid: samples written beyond the plane of a subsampled component.
#[test]
fn components_have_their_own_sizes() {
    let mut header = siz(17, 9, (17, 9), 3);
    let steps = [(1, 1), (2, 3), (255, 4)];
    for (c, (dx, dy)) in steps.into_iter().enumerate() {
        let at = 40 + 3 * c;
        (header[at + 1], header[at + 2]) = (dx, dy);
    }
    let image = decode(1, &codestream(&[&header, &cod(1, 1, 0xFF), &qcd(1)], &[0; 6]), &DecodeRequest::default()).unwrap();
    let sizes: Vec<_> = image.components.iter().map(|p| (p.width, p.height, p.samples.len())).collect();
    assert_eq!(sizes, [(17, 9, 153), (9, 3, 27), (1, 3, 3)]);
}

/// Tables that the first decodes fill at the same time, and input that is changed while it is read.
#[test]
fn many_first_decodes_of_the_same_bytes_agree() {
    let coded = fixture("28-signed-rct.j2c");
    let before = coded.clone();
    let images: Vec<Image> = std::thread::scope(|scope| {
        let one = || decoder(2).decode(&coded, &DecodeRequest::default(), &Limits::default()).unwrap();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|t| t.join().expect("no panic")).collect()
    });
    assert!(images.iter().all(|image| *image == images[0]));
    assert!(coded == before);
}

/// QCD of every style, with too few and too many steps.
#[test]
fn any_quantization_is_used_or_refused() {
    let packets = [0xC7, 0xD4, 0x0C, 0x01, 0x8F, 0x0D, 0xC8, 0xF8, 0xC0, 0, 0, 0, 0, 0];
    for style in 0..=255 {
        for steps in [0, 1, 2, 3, 4, 7, 8, 14, 97, 194, 300] {
            for step in [0x00, 0x08, 0x48, 0xF8, 0xFF] {
                let mut quantization = vec![0xFF, 0x5C];
                quantization.extend((steps as u16 + 3).to_be_bytes());
                quantization.push(style);
                quantization.resize(5 + steps, step);
                let coded = codestream(&[&siz(9, 7, (9, 7), 1), &cod(1, 2, 0xFF), &quantization], &packets);
                survives(&coded, &format!("QCD of style {style:#x} with {steps} bytes of {step:#x}"));
            }
        }
    }
}

/// Tile numbers beyond the image and lengths beyond the file.
#[test]
fn any_tile_part_header_is_used_or_refused() {
    let head = [&[0xFF, 0x4F][..], &siz(16, 16, (8, 8), 1), &cod(1, 0, 0xFF), &qcd(0)].concat();
    for tile in [0u16, 1, 3, 4, 255, 256, 65535] {
        for len in (0..20u32).chain([1 << 16, 1 << 31, u32::MAX - 1, u32::MAX]) {
            for (part, parts) in [(0, 0), (0, 1), (1, 1), (254, 255), (255, 0), (255, 255)] {
                let mut coded = head.clone();
                for tile in [0, tile] {
                    coded.extend([0xFF, 0x90, 0, 10]);
                    coded.extend(tile.to_be_bytes());
                    coded.extend(len.to_be_bytes());
                    coded.extend([part, parts, 0xFF, 0x93, 0]);
                }
                survives(&coded, &format!("tile {tile}, Psot {len}, part {part} of {parts}"));
            }
        }
    }
}

/// Packed packet headers that promise more than there is.
#[test]
fn any_packed_headers_are_used_or_refused() {
    for (code, index) in [(0x60, 2), (0x61, 3)] {
        for lengths in [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 255], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF; 4]] {
            for count in 0..5 {
                for number in [0, 1, 255] {
                    let mut body = vec![number];
                    (0..count).for_each(|_| body.extend(lengths));
                    body.extend([0; 3]);
                    let segment = [&[0xFF, code, 0, body.len() as u8 + 2][..], &body].concat();
                    let mut segments = vec![siz(8, 8, (8, 8), 1), cod(1, 0, 0xFF), qcd(0)];
                    let tile_part = [&[0xFF, 0x90, 0, 10, 0, 0, 0, 0, 0, 0, 0, 1][..], &segment, &[0xFF, 0x93, 0, 0]].concat();
                    if index == 2 {
                        segments.extend([segment.clone(), segment]);
                        let segments: Vec<&[u8]> = segments.iter().map(Vec::as_slice).collect();
                        survives(&codestream(&segments, &[0; 4]), "PPM");
                    } else {
                        let head = [&[0xFF, 0x4F][..], &segments.concat()].concat();
                        survives(&[head, tile_part].concat(), "PPT");
                    }
                }
            }
        }
    }
}

/// A packet with one code-block of `passes`, whose length field grows by `more` bits and is all ones, then `body`.
fn packet(passes: &str, more: usize, body: &[u8]) -> Vec<u8> {
    // Not empty, included, no zero bit-plane; then the length.
    let bits = ["111", passes, &"1".repeat(more), "0", &"1".repeat(3 + more)].concat();
    let mut out: Vec<u8> = Vec::new();
    let mut bits = bits.bytes().map(|b| b - b'0').peekable();
    while bits.peek().is_some() {
        let width = if out.last() == Some(&0xFF) { 7 } else { 8 };
        out.push((0..width).rev().map(|i| bits.next().unwrap_or(0) << i).sum());
    }
    if out.last() == Some(&0xFF) {
        out.push(0);
    }
    out.extend_from_slice(body);
    out
}

/// Segment lengths beyond any buffer.
#[test]
fn any_segment_length_is_used_or_refused() {
    for more in 0..70 {
        for passes in ["0", "10", "1100", "1110", "111100000", "1111111111111111"] {
            let coded = codestream(&[&siz(4, 4, (4, 4), 1), &cod(1, 0, 0xFF), &qcd(0)], &packet(passes, more, &[0xFF; 40]));
            survives(&coded, &format!("passes {passes}, {more} more bits of length"));
        }
    }
}

/// A layer whose last segment was cut a byte too early (OpenJPEG 2.5, one block of some thousand): with the ones that the standard
/// reads beyond it, 18 passes give five samples that are not there. The segmentation symbol tells.
#[test]
fn a_segment_that_was_cut_too_short_is_no_other_picture() {
    let mut size = siz(3, 8, (3, 8), 1);
    let depth = size.len() - 3;
    // Signed, 12 bits.
    size[depth] = 0x8B;
    let (mut coding, mut quantization) = (cod(1, 0, 0xFF), qcd(0));
    // Blocks of 64 x 64, vertically causal with segmentation symbols, of 11 bit-planes.
    coding[10..13].copy_from_slice(&[4, 4, 0x28]);
    quantization[5] = 10 << 3;
    // A block without empty bit-planes, 18 passes in eight bytes.
    let packet = [0xFE, 0xC0, 0x80, 0x19, 0x48, 0x08, 0x85, 0x53, 0xED, 0x93, 0x07];
    let coded = codestream(&[&size, &coding, &quantization], &packet);
    let image = decode(1, &coded, &DecodeRequest::default()).expect("it is sound but for its end");
    let expected = (0..24).map(|n| if n == 7 || n == 8 { 1032 } else { 0 });
    assert!(values(&image.components[0].samples).eq(expected), "{:?}", image.components[0].samples);

    // Damage to the same block does not pass for a short end, but for the last bits that were coded, of which no symbol tells.
    let first = coded.len() - 8;
    let refused = (0..64).filter(|bit| {
        let mut damaged = coded.clone();
        damaged[first + bit / 8] ^= 1 << (bit % 8);
        matches!(decode(1, &damaged, &DecodeRequest::default()), Err(Error::Malformed { .. }))
    });
    assert!(refused.count() >= 60);
}

/// Magnitude and sign bits read beyond the segment: any bytes as a code-block.
#[test]
fn any_bytes_are_a_block_or_are_refused() {
    let mut random = Random(11);
    let mut shown = 0;
    for round in 0..2000 {
        let more = 2 + random.below(8) as usize;
        let mut body: Vec<u8> = (0..(8 << more) - 1).map(|_| random.below(256) as u8).collect();
        // A suffix length that fits, most of the time.
        if round % 4 > 0 {
            let suffix = 2 + random.below((body.len() as u32 - 2).min(4000));
            let last = body.len() - 1;
            body[last] = (suffix >> 4) as u8;
            body[last - 1] = body[last - 1] & 0xF0 | (suffix & 15) as u8;
        }
        let mut coding = cod(1, 0, 0xFF);
        // Blocks of 64 x 64.
        (coding[10], coding[11]) = (4, 4);
        // Few samples or many, of few bit-planes or many.
        let most = [2, 8, 64][random.below(3) as usize];
        let (width, height) = (1 + random.below(most), 1 + random.below(most));
        let mut quantization = qcd(0);
        quantization[5] = [8, 17, 29, 31][random.below(4) as usize] << 3;
        let coded = codestream(&[&siz(width, height, (64, 64), 1), &coding, &quantization], &packet("0", more, &body));
        shown += usize::from(survives(&coded, "random bytes").is_some());
    }
    assert!((20..1980).contains(&shown), "both outcomes are met: {shown} pictures");
}

/// Working memory of the wavelet too small for a row or column of one sample, or for more levels than the image has sizes.
#[test]
fn any_size_goes_through_any_number_of_levels() {
    for (width, height) in (1..=9).flat_map(|w| (1..=9).map(move |h| (w, h))).chain([(1, 300), (300, 1), (257, 2)]) {
        for levels in [0, 1, 2, 3, 4, 9, 32] {
            for reversible in [true, false] {
                let mut coding = cod(1, levels, 0xFF);
                coding[13] = u8::from(reversible);
                let mut quantization = qcd(levels);
                if !reversible {
                    // One step for all bands.
                    quantization = vec![0xFF, 0x5C, 0, 5, 0x41, 0xF8, 0];
                }
                let coded = codestream(&[&siz(width, height, (width, height), 1), &coding, &quantization], &[0; 64]);
                for threads in [1, 2] {
                    let image = decode(threads, &coded, &DecodeRequest::default());
                    let what = format!("{width} x {height}, {levels} levels, reversible {reversible}");
                    let image = image.unwrap_or_else(|e| panic!("{what}: {e}"));
                    assert!(values(&image.components[0].samples).all(|v| v == 128), "{what}");
                }
            }
        }
    }
}

/// A file that states another size than its codestream.
#[test]
fn the_codestream_says_how_large_the_image_is() {
    let coded = fixture("17-unsigned.j2c");
    let image = decode(1, &coded, &DecodeRequest::default()).unwrap();
    for (height, width) in [(29u32, 33u32), (33, 29), (1, 1), (0, 0), (u32::MAX, u32::MAX)] {
        let mut file = b"\x00\x00\x00\x0CjP  \x0D\x0A\x87\x0A\x00\x00\x00\x14ftypjp2 \x00\x00\x00\x00jp2 ".to_vec();
        file.extend(b"\x00\x00\x00\x1Ejp2h\x00\x00\x00\x16ihdr");
        file.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
        file.extend([0, 9, 7, 7, 1, 0]);
        file.extend(b"\x00\x00\x00\x00jp2c");
        file.extend(&coded);
        assert!(decode(1, &file, &DecodeRequest::default()).as_ref() == Ok(&image), "a header of {width} x {height}");
    }
}
