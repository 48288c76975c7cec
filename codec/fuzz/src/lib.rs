//! What must hold for any bytes at all: the bodies of the fuzz targets. A violation is a panic.
//!
//! The codec's tests include this file and replay every input that once violated one of them.

mod round_trip;

use std::ops::Range;
use std::sync::LazyLock;

use lightbox_codec::cpu::simd::Simd;
use lightbox_codec::{Backend, ByteSource, Coded, Components, DecodeRequest, Decoder, Error, Image, Info, Limits, Rect, inspect};

pub use round_trip::round_trip;

/// Few enough samples for thousands of runs a second, and enough for every kind of geometry.
const LIMITS: Limits = Limits { pixels: 1 << 17, components: 300, tiles: 1024, blocks: 1 << 14, bytes: 1 << 25 };

/// A target by its name, which is also how the names of its findings begin.
pub fn target(name: &str) -> Option<fn(&[u8])> {
    Some(match name {
        "parse" => parse,
        "decode" => decode,
        "differential" => differential,
        "round_trip" => round_trip,
        _ => return None,
    })
}

/// Headers of any bytes are described or refused, and the description is within the limits.
pub fn parse(bytes: &[u8]) {
    let Ok(info) = inspect(bytes, &LIMITS) else { return };
    assert!(!info.area().is_empty() && !info.components.is_empty());
    assert!(info.components.len() <= 300 && info.tiles.0 * info.tiles.1 <= 1024);
    assert!(info.components.iter().map(|c| u64::from(c.width) * u64::from(c.height)).sum::<u64>() <= LIMITS.pixels);
    assert!(inspect(&Ranged(bytes) as &dyn ByteSource, &LIMITS).as_ref() == Ok(&info), "a source differs from memory");
    let end = info.codestream_offset + info.codestream_len;
    assert!(end <= bytes.len() as u64, "a codestream up to {end} in {} bytes", bytes.len());
    assert!(info.markers.iter().all(|m| m.offset < end), "a marker behind the codestream");
}

/// Any request on any bytes ends in whole planes or in an error that is not the decoder's own.
pub fn decode(bytes: &[u8]) {
    let mut choice = Choice::of(bytes);
    let Ok(info) = inspect(bytes, &LIMITS) else { return };
    let request = choice.request(&info);
    let decoder = if choice.below(4) == 0 { &TWO_THREADS } else { &VECTOR };
    let image = decoded(decoder, bytes, &request);
    assert!(decoded(decoder, &Ranged(bytes) as &dyn ByteSource, &request) == image, "a source differs from memory");
    let Some(image) = image else { return };
    let asked = match &request.components {
        Components::All => info.components.len(),
        Components::Some(list) => list.len(),
    };
    assert_eq!(image.components.len(), asked);
    for plane in &image.components {
        assert_eq!(plane.samples.len() as u64, u64::from(plane.width) * u64::from(plane.height));
        let half = 1i64 << (plane.bits - 1);
        let range = if plane.signed { -half..half } else { 0..2 * half };
        assert!((0..plane.samples.len()).all(|i| plane.samples.get(i).is_some_and(|v| range.contains(&v))), "out of its range");
    }
}

/// Plain code, vector instructions, any number of threads and a decoder that has seen no other image give the same planes or all
/// refuse; a part of an image is the part of the whole, unless the whole is refused.
pub fn differential(bytes: &[u8]) {
    let mut choice = Choice::of(bytes);
    let Ok(info) = inspect(bytes, &LIMITS) else { return };
    let reduction = choice.below(u32::from(info.levels).min(2) + 1) as u8;
    let strict = choice.below(2) == 1;
    let whole = DecodeRequest { reduction, strict, ..DecodeRequest::default() };
    let vector = decoded(&VECTOR, bytes, &whole);
    let plain = decoded(&PLAIN, bytes, &whole);
    assert!(vector == plain, "vector instructions differ from plain code");
    let threads = decoded(&TWO_THREADS, bytes, &whole);
    assert!(vector == threads, "threads differ");
    assert!(vector == decoded(&decoder(1), bytes, &whole), "another image has left something");
    let Some(image) = vector.filter(|image| image.incomplete.is_none()) else { return };
    let request = DecodeRequest { reduction, strict, ..choice.request(&info) };
    let part = decoded(&VECTOR, bytes, &request).expect("a part of what decodes");
    let chosen = |n: usize| match &request.components {
        Components::All => n,
        Components::Some(list) => usize::from(list[n]),
    };
    for (n, part) in part.components.iter().enumerate() {
        let whole = &image.components[chosen(n)];
        let (dx, dy) = (part.origin.0 - whole.origin.0, part.origin.1 - whole.origin.1);
        for (x, y) in (0..part.height).flat_map(|y| (0..part.width).map(move |x| (x, y))) {
            let of_whole = (y + dy) as usize * whole.width as usize + (x + dx) as usize;
            let of_part = y as usize * part.width as usize + x as usize;
            assert_eq!(part.samples.get(of_part), whole.samples.get(of_whole), "component {} at ({x}, {y})", chosen(n));
        }
    }
}

// Kept from input to input, as a program keeps them: what one input leaves behind must not show in the next.
static VECTOR: LazyLock<Decoder> = LazyLock::new(|| decoder(1));
static PLAIN: LazyLock<Decoder> = LazyLock::new(|| decoder(1).simd(Simd::SCALAR));
static TWO_THREADS: LazyLock<Decoder> = LazyLock::new(|| decoder(2));

fn decoder(threads: usize) -> Decoder {
    Decoder::new(Backend::Cpu).expect("the processor is always there").threads(threads)
}

/// Memory that is read as a file is.
struct Ranged<'b>(&'b [u8]);

impl ByteSource for Ranged<'_> {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&self, ranges: &[Range<u64>], into: &mut [u8]) -> Result<(), String> {
        let bytes = ranges.iter().flat_map(|range| &self.0[range.start as usize..range.end as usize]);
        assert!(ranges.is_sorted_by(|a, b| a.end <= b.start) && bytes.clone().count() == into.len());
        into.iter_mut().zip(bytes).for_each(|(into, byte)| *into = *byte);
        Ok(())
    }
}

/// The image, or nothing where it is refused.
fn decoded<'b>(decoder: &Decoder, bytes: impl Into<Coded<'b>>, request: &DecodeRequest) -> Option<Image> {
    match decoder.decode(bytes, request, &LIMITS) {
        Ok(image) => Some(image),
        Err(error @ (Error::Internal { .. } | Error::Device { .. })) => panic!("{error}"),
        Err(_) => None,
    }
}

/// Choices that go with an input: drawn from its length and its last bytes, which need not be part of the codestream, so that
/// inputs are codestreams like any other.
struct Choice(u64);

impl Choice {
    fn of(bytes: &[u8]) -> Self {
        let tail = bytes.iter().rev().take(8).fold(bytes.len() as u64, |hash, &b| hash.rotate_left(8) ^ u64::from(b));
        Self(tail | 1)
    }

    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(n.max(1))) as u32
    }

    /// A request that fits the image, as far as the main header tells.
    fn request(&mut self, info: &Info) -> DecodeRequest {
        let area = info.area();
        let mut edges = |from: u32, to: u32| {
            let (a, b) = (from + self.below(to - from), from + self.below(to - from));
            (a.min(b), a.max(b) + 1)
        };
        let ((x0, x1), (y0, y1)) = (edges(area.x0, area.x1), edges(area.y0, area.y1));
        let region = (self.below(3) > 0).then(|| Rect::new(x0, y0, x1, y1));
        let reduction = self.below(u32::from(info.levels) + 2) as u8;
        let components = match self.below(3) {
            0 => Components::Some(vec![self.below(info.components.len() as u32) as u16]),
            _ => Components::All,
        };
        DecodeRequest { region, reduction, components, strict: self.below(2) == 1 }
    }
}
