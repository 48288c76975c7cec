//! Data that are cut off: the finest complete picture, which says how far it reaches, or an error; always soon.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use lightbox_codec::{DecodeRequest, Decoder, EncodeRequest, Encoder, Error, Image, Incomplete, Info, Limits, inspect};

use crate::common::{Random, bytes, codestreams, count, data, decoder, name, say};

/// What a stream is cut from, and what has been seen of its prefixes.
struct Stream {
    name: String,
    coded: Vec<u8>,
    info: Info,
    decoders: [Decoder; 2],
    /// The whole codestream by reduction.
    whole: BTreeMap<u8, Image>,
    /// The picture of each reach, where one number tells all of it.
    by_reach: BTreeMap<Option<u8>, Image>,
}

/// What became of a prefix.
enum Fate {
    Nothing,
    Part(Incomplete),
    Whole,
}

impl Stream {
    fn new(path: &Path) -> Self {
        let coded = bytes(path);
        let info = inspect(&coded, &Limits::default()).unwrap();
        let (whole, by_reach) = (BTreeMap::new(), BTreeMap::new());
        Self { name: name(path), coded, info, decoders: [1, 2].map(decoder), whole, by_reach }
    }

    fn decode(&self, len: usize, request: &DecodeRequest) -> Result<Image, Error> {
        let start = Instant::now();
        let result = self.decoders[len % 2].decode(&self.coded[..len], request, &Limits::default());
        assert!(start.elapsed() < Duration::from_secs(10), "{} cut to {len} bytes took {:?}", self.name, start.elapsed());
        result
    }

    /// The first `len` bytes at a reduction, against the whole codestream: no sample differs and nothing is said to lack.
    fn assert_exact(&mut self, len: usize, reduction: u8) {
        let request = DecodeRequest { reduction, ..DecodeRequest::default() };
        let prefix = match self.decode(len, &request) {
            // Components of fewer levels cannot be reduced as often.
            Err(Error::Request { .. }) => return,
            result => result.unwrap_or_else(|e| panic!("{} cut to {len} bytes, reduction {reduction}: {e}", self.name)),
        };
        if !self.whole.contains_key(&reduction) {
            let whole = self.decode(self.coded.len(), &request).unwrap();
            self.whole.insert(reduction, whole);
        }
        assert!(prefix == self.whole[&reduction], "{} cut to {len} bytes is not exact at reduction {reduction}", self.name);
    }

    /// Decodes the first `len` bytes and holds the result against everything that is promised of it.
    fn check(&mut self, len: usize) -> Fate {
        let what = format!("{} cut to {len} bytes", self.name);
        let strict = self.decode(len, &DecodeRequest { strict: true, ..DecodeRequest::default() });
        let image = match self.decode(len, &DecodeRequest::default()) {
            Ok(image) => image,
            Err(Error::Truncated { at, .. }) => {
                assert!(at <= len as u64, "{what}: {at} is beyond");
                assert!(matches!(strict, Err(Error::Truncated { .. })), "{what}: {:?}", strict.err());
                return Fate::Nothing;
            }
            Err(error) => panic!("{what}: {error}"),
        };
        let Some(incomplete) = image.incomplete else {
            self.assert_exact(len, 0);
            assert!(strict.is_ok(), "{what}: {:?}", strict.err());
            return Fate::Whole;
        };
        assert!(matches!(strict, Err(Error::Truncated { .. })), "{what}: {:?}", strict.err());
        assert!(incomplete.at <= len as u64 && incomplete.tiles <= incomplete.of_tiles, "{what}: {incomplete:?}");
        assert!(incomplete.exact_at != Some(0) && incomplete.layers < incomplete.coded_layers, "{what}: {incomplete:?}");
        if let Some(reduction) = incomplete.exact_at {
            self.assert_exact(len, reduction);
            let finer = DecodeRequest { reduction: reduction - 1, ..DecodeRequest::default() };
            let lacks = |result: Result<Image, Error>| result.map_or(true, |image| image.incomplete.is_some());
            assert!(lacks(self.decode(len, &finer)), "{what} reaches further than reduction {reduction}");
        }
        if self.info.layers == 1 {
            let known = self.by_reach.entry(incomplete.exact_at).or_insert_with(|| image.clone());
            assert!(known.components == image.components, "{what}: the picture shows more than what is complete");
        }
        Fate::Part(incomplete)
    }
}

/// `LIGHTBOX_CUTS` sets how often each codestream is cut.
#[test]
fn every_prefix_is_the_finest_complete_picture_or_an_error() {
    let Some(all) = codestreams() else { return };
    let cuts = count("LIGHTBOX_CUTS", 8);
    let (mut random, mut fates) = (Random(3), [0; 3]);
    for path in &all {
        let mut stream = Stream::new(path);
        let len = stream.coded.len() as u32;
        let mut at: Vec<usize> = (0..cuts).map(|_| random.below(len) as usize).collect();
        at.sort_unstable();
        let mut reach = None;
        for cut in at {
            let fate = stream.check(cut);
            let (kind, now) = match fate {
                Fate::Nothing => (0, None),
                Fate::Part(part) => (1, Some((33 - part.exact_at.unwrap_or(33), part.layers))),
                Fate::Whole => (2, Some((33, u16::MAX))),
            };
            assert!(now >= reach, "{}: {cut} bytes reach less far than fewer", stream.name);
            reach = now;
            fates[kind] += 1;
        }
    }
    let [nothing, part, whole] = fates;
    say(&format!(
        "prefixes: {} of {} codestreams: {part} coarser pictures, {whole} whole ones, {nothing} without any",
        nothing + part + whole,
        all.len()
    ));
    assert!(part > all.len(), "most cuts leave a picture");
}

/// Every length, so every place inside each packet header among them.
#[test]
fn a_cut_anywhere_in_a_small_stream_ends_well() {
    let Some(folder) = data("htj2k-conformance") else { return };
    // RPCL and LRCP, one layer and several, with SOP and EPH around packet headers and without.
    for file in ["ds1_ht_07_b11.j2k", "ds0_ht_14_b11.j2k", "ds0_ht_02_b11.j2k"] {
        let mut stream = Stream::new(&folder.join(file));
        let parts = (0..=stream.coded.len()).filter(|&len| matches!(stream.check(len), Fate::Part(_))).count();
        assert!(parts > 100, "{file}: only {parts} cuts leave a picture");
    }
}

/// Tiles whose resolutions stand together, as our encoder writes them: every resolution that is there is there in all tiles.
#[test]
fn each_resolution_of_all_tiles_is_complete_before_the_next() {
    let Some(folder) = data("bench") else { return };
    let whole = decoder(2).decode(&bytes(folder.join("CT1.j2c")), &DecodeRequest::default(), &Limits::default()).unwrap();
    let request =
        EncodeRequest { tile_size: Some((200, 200)), precincts: vec![(6, 6)], levels: Some(3), ..EncodeRequest::default() };
    let coded = Encoder::new().encode(&whole, &request, &Limits::default()).unwrap();
    let info = inspect(&coded, &Limits::default()).unwrap();
    let starts: Vec<usize> = info.markers.iter().filter(|m| m.name == "SOT").map(|m| m.offset as usize).collect();
    assert_eq!(starts.len(), 9 * 4, "a tile-part for each resolution of each tile");
    for (number, &start) in starts.iter().enumerate() {
        let cut = start + 5;
        let result = decoder(2).decode(&coded[..cut], &DecodeRequest::default(), &Limits::default());
        // Whole resolutions of all nine tiles.
        let incomplete = match number / 9 {
            0 => {
                assert!(matches!(result, Err(Error::Truncated { .. })), "{number} tile-parts: {result:?}");
                continue;
            }
            _ => result.unwrap_or_else(|e| panic!("{number} tile-parts: {e}")).incomplete,
        };
        let reach = incomplete.map(|i| (i.exact_at, i.at, i.missing, i.of_tiles));
        // TLM tells how much is missing but for EOC.
        let missing = coded.len() - 2 - cut;
        assert_eq!(reach, Some((Some(4 - number as u8 / 9), cut as u64, missing as u64, 9)), "{number} tile-parts");
    }
}
