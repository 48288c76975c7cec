//! Lossless codestreams of real studies: every sample as it was before coding.

use lightbox_codec::cpu::simd::Simd;
use lightbox_codec::{Container, DecodeRequest, Error, Limits, SamplesMut, Target, inspect};
use sha2::{Digest, Sha256};

use crate::common::{bytes, data, decoder};

/// The WG-04 images whose pixels come with them.
const WITH_RAW: [&str; 6] = ["CT1", "MR1", "MR3", "US1", "VL1", "XA1"];

#[test]
fn wg04_equals_its_raw_files() {
    let Some(folder) = data("wg04") else { return };
    for name in WITH_RAW {
        let coded = bytes(folder.join(format!("htj2k/{name}.j2c")));
        let raw = bytes(folder.join(format!("raw/{name}.RAW")));
        for threads in [1, 2, 5] {
            let image = decoder(threads).decode_interleaved(&coded, &DecodeRequest::default(), &Limits::default()).unwrap();
            assert_eq!(little_endian(image.samples.kind().bytes(), image.samples.as_bytes()), raw, "{name}, {threads} threads");
        }
    }
}

#[test]
fn classic_twins_are_equal() {
    let Some(folder) = data("bench") else { return };
    let decode = |name: &str, threads: usize, scalar: bool| {
        let coded = bytes(folder.join(name));
        let decoder = if scalar { decoder(threads).simd(Simd::SCALAR) } else { decoder(threads) };
        decoder.decode(&coded, &DecodeRequest::default(), &Limits::default()).unwrap()
    };
    // The CT slice was coded unsigned, from 2048 up.
    for (classic, twin, above) in [("CT1_p1.j2k", "CT1.j2c", 2048), ("TILE_p1.j2k", "TILE.j2c", 0)] {
        let twin = decode(twin, 1, false);
        for (threads, scalar) in [(1, false), (1, true), (3, false)] {
            let image = decode(classic, threads, scalar);
            assert_eq!(image.components.len(), twin.components.len());
            for (plane, twin) in image.components.iter().zip(&twin.components) {
                let equal = (0..twin.samples.len()).all(|i| plane.samples.get(i) == twin.samples.get(i).map(|v| v + above));
                assert!(equal, "{classic}, {threads} threads, scalar: {scalar}");
            }
        }
    }
}

#[test]
fn vector_code_equals_plain_code() {
    let Some(folder) = data("wg04") else { return };
    for name in WITH_RAW {
        let coded = bytes(folder.join(format!("htj2k/{name}.j2c")));
        let raw = bytes(folder.join(format!("raw/{name}.RAW")));
        let image =
            decoder(1).simd(Simd::SCALAR).decode_interleaved(&coded, &DecodeRequest::default(), &Limits::default()).unwrap();
        assert_eq!(little_endian(image.samples.kind().bytes(), image.samples.as_bytes()), raw, "{name}");
    }
}

/// RG2 has no raw file; its pixels are those of the same image as lossless classic JPEG 2000, which others decoded.
#[test]
fn rg2_equals_its_classic_twin() {
    const TWIN: &str = "9ed5d9818c250bb81ff9093a6c4d5c6032df281fce82b9a288de65c74348301e";
    let Some(folder) = data("wg04") else { return };
    let coded = bytes(folder.join("htj2k/RG2.j2c"));
    let image = decoder(2).decode_interleaved(&coded, &DecodeRequest::default(), &Limits::default()).unwrap();
    assert_eq!((image.width, image.height, image.components, image.bits, image.signed), (1760, 2140, 1, 16, false));
    let digest = Sha256::digest(little_endian(2, image.samples.as_bytes()));
    assert_eq!(digest.iter().map(|b| format!("{b:02x}")).collect::<String>(), TWIN);
}

#[test]
fn a_file_around_the_codestream_changes_no_sample() {
    let Some(folder) = data("wg04") else { return };
    let coded = bytes(folder.join("htj2k/CT1.j2c"));
    // Signature, file type, a box that is passed over, and the codestream to the end of the file.
    let mut file = b"\x00\x00\x00\x0CjP  \x0D\x0A\x87\x0A\x00\x00\x00\x14ftypjph \x00\x00\x00\x00jph ".to_vec();
    file.extend_from_slice(b"\x00\x00\x00\x0Axml <a\x00\x00\x00\x00jp2c");
    file.extend_from_slice(&coded);
    let strict = DecodeRequest { strict: true, ..DecodeRequest::default() };
    let decode = |bytes: &[u8]| decoder(1).decode(bytes, &strict, &Limits::default());
    assert_eq!(inspect(&file, &Limits::default()).unwrap().container, Container::Jph);
    assert!(decode(&file).unwrap() == decode(&coded).unwrap());
    // An error counts from the first byte of the file.
    let cut = decode(&file[..5000]);
    assert!(matches!(cut, Err(Error::Truncated { at: 5000, .. })), "{:?}", cut.err());
}

#[test]
fn a_target_with_a_wider_pitch_is_written_between_its_gaps() {
    let Some(folder) = data("wg04") else { return };
    let coded = bytes(folder.join("htj2k/VL1.j2c"));
    let raw = bytes(folder.join("raw/VL1.RAW"));
    let (row, height) = (756 * 3, 486);
    for threads in [1, 3] {
        let pitch = row + 29;
        let mut samples = vec![0xA5u8; pitch * (height - 1) + row];
        let target = Target::Host { samples: SamplesMut::U8(&mut samples), pitch };
        let (layout, _) = decoder(threads).decode_into(&coded, &DecodeRequest::default(), &Limits::default(), target).unwrap();
        assert_eq!((layout.width as usize * 3, layout.height as usize), (row, height));
        for (y, line) in samples.chunks(pitch).enumerate() {
            assert_eq!(line[..row], raw[y * row..][..row], "row {y}");
            assert!(line[row..].iter().all(|&v| v == 0xA5), "the gap after row {y} is not ours");
        }
    }
}

/// Samples in the machine's order to samples in little-endian order.
fn little_endian(size: usize, native: &[u8]) -> Vec<u8> {
    let mut out = native.to_vec();
    if cfg!(target_endian = "big") {
        out.chunks_mut(size).for_each(<[u8]>::reverse);
    }
    out
}
