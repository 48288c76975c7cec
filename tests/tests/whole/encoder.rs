//! OpenJPH and OpenJPEG decode what we encode, sample for sample, and ours is about as small as what OpenJPH writes.

use lightbox_codec::{Container, EncodeRequest, Encoder, Interleaved, Limits, SampleType, Samples};
use lightbox_tests::{python, root, say};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// Images when `LIGHTBOX_ENCODES` does not say how many.
const IMAGES: u32 = 60;

/// Deterministic pseudo-random numbers (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 20
    }

    /// A number from `low` to `high`, both included.
    fn within(&mut self, low: u32, high: u32) -> u32 {
        low + (self.next() % u64::from(high - low + 1)) as u32
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.within(0, choices.len() as u32 - 1) as usize]
    }
}

/// Shapes with noise: what compresses, what does not, and values at both ends of the range.
fn image(random: &mut Random) -> Interleaved {
    let (width, height) = (random.within(1, 300), random.within(1, 300));
    let (components, bits, signed) = (random.one_of(&[1, 1, 3, 4, 2]), random.within(1, 16) as u8, random.one_of(&[false, true]));
    let (low, range) = (if signed { -(1i64 << (bits - 1)) } else { 0 }, 1i64 << bits);
    let noise = random.one_of(&[1, 2, 16, 1 << 20]).min(range);
    let (across, down) = (i64::from(random.within(0, 300)), i64::from(random.within(0, 300)));
    let mut values = Vec::new();
    for y in 0..i64::from(height) {
        for x in 0..i64::from(width) {
            for c in 0..i64::from(components) {
                let shape = (x * across + y * down + c * 40) * range / 65536;
                let shape = if (x / 37 + y / 23) % 5 == 0 { 0 } else { shape.rem_euclid(range) };
                values.push(low + (shape + (random.next() as i64) % noise).min(range - 1));
            }
        }
    }
    let samples = match SampleType::for_bits(bits, signed).expect("at most 16 bits") {
        SampleType::U8 => Samples::U8(values.iter().map(|&v| v as u8).collect()),
        SampleType::I8 => Samples::I8(values.iter().map(|&v| v as i8).collect()),
        SampleType::U16 => Samples::U16(values.iter().map(|&v| v as u16).collect()),
        _ => Samples::I16(values.iter().map(|&v| v as i16).collect()),
    };
    Interleaved { width, height, components, bits, signed, samples, incomplete: None }
}

fn request(random: &mut Random, image: &Interleaved) -> EncodeRequest {
    let tile = (random.within(32, 300), random.within(32, 300));
    let precincts = (0..random.one_of(&[0, 0, 1, 3])).map(|_| (random.within(4, 9) as u8, random.within(4, 9) as u8)).collect();
    EncodeRequest {
        code_block: random.one_of(&[(64, 64), (64, 64), (32, 32), (4, 4), (4, 1024), (1024, 4), (128, 32), (16, 64)]),
        levels: random.one_of(&[None, None, Some(0), Some(1), Some(3), Some(7)]),
        tile_size: random.one_of(&[None, None, Some(tile)]),
        precincts,
        colour_transform: image.components >= 3 && random.one_of(&[true, true, false]),
        container: if matches!(image.components, 1 | 3) {
            random.one_of(&[Container::Raw, Container::Jph])
        } else {
            Container::Raw
        },
    }
}

#[test]
fn other_decoders_give_the_samples_back() {
    let Some(python) = python() else { return };
    let images = std::env::var("LIGHTBOX_ENCODES").ok().and_then(|n| n.parse().ok()).unwrap_or(IMAGES);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let encoder = Encoder::new();
    let mut random = Random(0x5DEE_CE66_D123_4567);
    let mut list = String::new();
    for n in 0..images {
        let image = image(&mut random);
        let request = request(&mut random, &image);
        let bytes = encoder.encode_interleaved(&image, &request, &Limits::default()).expect("what can be encoded");
        std::fs::write(folder.path().join(format!("{n}.j2c")), bytes).expect("a writable folder");
        std::fs::write(folder.path().join(format!("{n}.raw")), image.samples.as_bytes()).expect("a writable folder");
        let Interleaved { width, height, components, bits, signed, .. } = image;
        let EncodeRequest { code_block, colour_transform, .. } = request;
        let kind = if signed { "i" } else { "u" };
        // Sizes are compared where OpenJPH's encoder can be asked for the same.
        let comparable = code_block == (64, 64)
            && request.levels != Some(0)
            && request.tile_size.is_none()
            && request.precincts.is_empty()
            && matches!(components, 1 | 3);
        let levels = request.levels.unwrap_or(5);
        let size = if comparable { format!("[{levels},{colour_transform}]") } else { "null".into() };
        writeln!(
            list,
            "{{\"n\":{n},\"shape\":[{height},{width},{components}],\"bits\":{bits},\"type\":\"{kind}{}\",\"same\":{size}}}",
            image.samples.kind().bytes()
        )
        .expect("memory");
    }
    std::fs::write(folder.path().join("list.jsonl"), list).expect("a writable folder");
    let said = check(&python, folder.path());
    say(said.lines().last().unwrap_or_default());
    assert!(said.lines().last().is_some_and(|l| l.starts_with(&format!("{images} images, 0 different"))), "{said}");
}

/// What `tests/pydicom/encoded.py` prints.
fn check(python: &Path, folder: &Path) -> String {
    let out = Command::new(python).arg(root().join("tests/pydicom/encoded.py")).arg(folder).output().expect("Python starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("text")
}
