//! Coded bytes behind a source: the same pictures and the same refusals as in memory, of no more bytes than are needed.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use lightbox_codec::plan::DecodePlan;
use lightbox_codec::{
    ByteSource, Coded, Codestream, DecodeRequest, EncodeRequest, Encoder, Error, Interleaved, Limits, Rect, Samples, inspect,
};

use crate::common::{Random, bytes, codestreams, count, decode, decoder, name, say};

/// Memory that is read as a file is, and remembers what was read.
struct Ranged<'b> {
    bytes: &'b [u8],
    /// Bytes from here on cannot be read, though they are said to be there.
    readable: u64,
    read: Mutex<Vec<Range<u64>>>,
    /// How often it was asked.
    calls: AtomicUsize,
}

impl<'b> Ranged<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, readable: bytes.len() as u64, read: Mutex::default(), calls: AtomicUsize::new(0) }
    }

    fn coded(&self) -> Coded<'_> {
        (self as &dyn ByteSource).into()
    }

    /// Bytes read so far.
    fn count(&self) -> u64 {
        self.read.lock().unwrap().iter().map(|range| range.end - range.start).sum()
    }
}

impl ByteSource for Ranged<'_> {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&self, ranges: &[Range<u64>], into: &mut [u8]) -> Result<(), String> {
        assert!(ranges.is_sorted_by(|a, b| a.end <= b.start), "ranges overlap: {ranges:?}");
        let mut rest = into;
        for range in ranges {
            if range.end > self.readable {
                return Err("the line went dead".into());
            }
            let (now, later) = rest.split_at_mut((range.end - range.start) as usize);
            now.copy_from_slice(&self.bytes[range.start as usize..range.end as usize]);
            rest = later;
        }
        assert!(rest.is_empty());
        self.read.lock().unwrap().extend_from_slice(ranges);
        self.calls.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Asserts that a request ends behind a source as it does in memory; gives the bytes that were read and the calls it took.
fn assert_alike(coded: &[u8], request: &DecodeRequest, what: &str) -> (u64, usize) {
    let source = Ranged::new(coded);
    let (expected, limits) = (decode(1, coded, request), Limits::default());
    let result = decoder(1).decode(source.coded(), request, &limits);
    assert!(result == expected, "{what}, {request:?}: {:?} behind a source, {:?} in memory", result.err(), expected.err());
    (source.count(), source.calls.into_inner())
}

/// `LIGHTBOX_RANGES` sets how many.
#[test]
fn a_source_gives_what_memory_gives() {
    let Some(mut all) = codestreams() else { return };
    all.retain(|file| std::fs::metadata(file).is_ok_and(|m| m.len() < 4 << 20));
    let each = count("LIGHTBOX_RANGES", 200).div_ceil(all.len());
    let (mut random, mut compared) = (Random(3), 0);
    for file in &all {
        let coded = bytes(file);
        let in_memory = inspect(&coded, &Limits::default()).unwrap();
        let source = Ranged::new(&coded);
        assert_eq!(inspect(source.coded(), &Limits::default()).as_ref(), Ok(&in_memory), "{}", name(file));
        for n in 0..each {
            let reduction = random.below(u32::from(in_memory.levels) + 1) as u8;
            let region = (random.below(4) > 0).then(|| random.part(in_memory.area()));
            let request = DecodeRequest { region, reduction, strict: random.below(2) == 1, ..DecodeRequest::default() };
            // Whole, and cut off somewhere.
            let len = if n % 2 == 0 { coded.len() } else { random.below(coded.len() as u32) as usize };
            assert_alike(&coded[..len], &request, &format!("{} of {len} bytes", name(file)));
            compared += 1;
        }
    }
    say(&format!("ranges: {compared} requests end behind a source as in memory"));
}

#[test]
fn damaged_bytes_end_alike_behind_a_source() {
    let image = gradient(700, 500);
    let request = EncodeRequest { tile_size: Some((256, 256)), precincts: vec![(7, 7)], ..EncodeRequest::default() };
    let coded = Encoder::new().encode_interleaved(&image, &request, &Limits::default()).unwrap();
    let mut random = Random(9);
    for round in 0..300 {
        let mut damaged = coded.clone();
        // In the headers more often than anywhere else.
        let within = if round % 2 == 0 { 600 } else { coded.len() as u32 };
        for _ in 0..=random.below(3) {
            damaged[random.below(within) as usize] = random.below(256) as u8;
        }
        let region = Some(random.part(Rect::new(0, 0, 700, 500)));
        assert_alike(&damaged, &DecodeRequest { region, ..DecodeRequest::default() }, &format!("round {round}"));
    }
}

/// A picture that takes some bytes to code.
fn gradient(width: u32, height: u32) -> Interleaved {
    let value = |i: u64| (i * i % 8191 + i % u64::from(width)) as u16;
    let samples = Samples::U16((0..u64::from(width) * u64::from(height)).map(value).collect());
    Interleaved { width, height, components: 1, bits: 16, signed: false, samples, incomplete: None }
}

#[test]
fn only_what_is_needed_is_read() {
    let image = gradient(3000, 2000);
    let whole = DecodeRequest::default();
    let window = DecodeRequest { region: Some(Rect::new(1111, 777, 1367, 1033)), ..DecodeRequest::default() };
    let small = DecodeRequest { reduction: 4, ..DecodeRequest::default() };
    let precincts = vec![(9, 9)];
    for (tile_size, precincts) in [(None, precincts), (Some((512, 512)), vec![]), (Some((640, 300)), vec![(7, 7)])] {
        let request = EncodeRequest { tile_size, precincts, ..EncodeRequest::default() };
        let coded = Encoder::new().encode_interleaved(&image, &request, &Limits::default()).unwrap();
        let len = coded.len() as u64;
        let (all, _) = assert_alike(&coded, &whole, "all of it");
        // The headers of packets are read when they are found and again with what lies around them.
        assert!((len..len * 3 / 2).contains(&all), "{tile_size:?}: {all} of {len} bytes are read for all of it");
        for part in [&window, &small] {
            let codestream = Codestream::parse(&coded, &Limits::default()).unwrap();
            let needed = DecodePlan::new(&codestream, part, &Limits::default()).unwrap().coded_bytes();
            let (read, calls) = assert_alike(&coded, part, "a part");
            let most = 2 * needed + len / 10;
            assert!(needed < len / 6 && read < most, "{tile_size:?}: {read} bytes are read, {needed} needed, of {len}");
            // The container, the main header, the tile-parts', their packets' for each tile with room for long ones, the blocks.
            let tiles = codestream.info().tiles;
            let most = 24 + 3 * (tiles.0 * tiles.1) as usize;
            assert!(calls < most, "{tile_size:?}: {calls} calls for {:?}", part);
        }
    }
}

#[test]
fn a_source_that_fails_is_named() {
    let coded = Encoder::new().encode_interleaved(&gradient(900, 700), &EncodeRequest::default(), &Limits::default()).unwrap();
    for readable in (0..coded.len() as u64).step_by(20_000) {
        let source = Ranged { readable, ..Ranged::new(&coded) };
        let error = decoder(1).decode(source.coded(), &DecodeRequest::default(), &Limits::default()).unwrap_err();
        assert!(matches!(&error, Error::Read { at, .. } if *at < coded.len() as u64), "{error}");
        assert!(error.to_string().contains("the line went dead"));
    }
}
