//! The same packets in other arrangements: tile-parts in any order and number, with and without lengths, ends and strangers.

use lightbox_codec::plan::DecodePlan;
use lightbox_codec::{Codestream, DecodeRequest, Image, Limits, Samples, inspect};

use crate::common::{Random, bytes, data, decode};

/// A codestream taken apart.
#[derive(Clone)]
struct Parts {
    /// From SOC to the first SOT.
    head: Vec<u8>,
    tile_parts: Vec<TilePart>,
}

#[derive(Clone)]
struct TilePart {
    tile: [u8; 2],
    number: u8,
    /// Between SOT and SOD.
    header: Vec<u8>,
    packets: Vec<Vec<u8>>,
}

fn segment(code: u8, body: &[u8]) -> Vec<u8> {
    [&[0xFF, code][..], &(body.len() as u16 + 2).to_be_bytes(), body].concat()
}

impl Parts {
    /// Takes a codestream apart whose packets all begin with SOP.
    fn of(coded: &[u8]) -> Self {
        let info = inspect(coded, &Limits::default()).unwrap();
        let at = |name: &str| info.markers.iter().filter(|m| m.name == name).map(|m| m.offset as usize).collect::<Vec<_>>();
        let starts = at("SOT");
        let head = coded[..starts[0]].to_vec();
        let tile_parts = starts.iter().map(|&sot| {
            let len = u32::from_be_bytes(coded[sot + 6..sot + 10].try_into().unwrap()) as usize;
            let part = &coded[sot..sot + len];
            let mut sod = 12;
            while part[sod..sod + 2] != [0xFF, 0x93] {
                sod += 2 + usize::from(u16::from_be_bytes([part[sod + 2], part[sod + 3]]));
            }
            TilePart {
                tile: part[4..6].try_into().unwrap(),
                number: part[10],
                header: part[12..sod].to_vec(),
                packets: packets(&part[sod + 2..]),
            }
        });
        Self { head, tile_parts: tile_parts.collect() }
    }

    /// Puts the parts together, with `more` before each tile-part's SOD.
    fn with(&self, more: impl Fn(&TilePart) -> Vec<u8>) -> Vec<u8> {
        let mut out = self.head.clone();
        self.tile_parts.iter().for_each(|part| out.extend(part.with(&more(part))));
        out.extend([0xFF, 0xD9]);
        out
    }

    fn whole(&self) -> Vec<u8> {
        self.with(|_| Vec::new())
    }

    /// Adds a marker segment to the main header.
    fn head(mut self, segment: &[u8]) -> Self {
        self.head.extend(segment);
        self
    }
}

impl TilePart {
    fn with(&self, more: &[u8]) -> Vec<u8> {
        let body = [&self.header, more, &[0xFF, 0x93], &self.packets.concat()].concat();
        let sot = [&self.tile[..], &(body.len() as u32 + 12).to_be_bytes(), &[self.number, 0]].concat();
        [segment(0x90, &sot), body].concat()
    }

    fn lengths(&self) -> Vec<usize> {
        self.packets.iter().map(Vec::len).collect()
    }
}

/// Cuts the packets of a tile-part apart, each of which begins with SOP and the next number.
fn packets(mut data: &[u8]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    while !data.is_empty() {
        assert_eq!(data[..4], [0xFF, 0x91, 0, 4]);
        let next = u16::from_be_bytes([data[4], data[5]]).wrapping_add(1).to_be_bytes();
        let sop = [0xFF, 0x91, 0, 4, next[0], next[1]];
        let end = data.windows(6).position(|w| w == sop).unwrap_or(data.len());
        out.push(data[..end].to_vec());
        data = &data[end..];
    }
    out
}

/// Lengths in groups of seven bits.
fn coded_lengths(lengths: &[usize]) -> Vec<u8> {
    let mut out = Vec::new();
    for &len in lengths {
        let groups = (usize::BITS - len.leading_zeros()).div_ceil(7).max(1);
        out.extend((0..groups).rev().map(|g| (len >> (7 * g) & 0x7F) as u8 | if g > 0 { 0x80 } else { 0 }));
    }
    out
}

fn plt(lengths: &[usize]) -> Vec<u8> {
    let coded = coded_lengths(lengths);
    let segments = coded.chunks(60_000).enumerate();
    segments.flat_map(|(n, part)| segment(0x58, &[&[n as u8], part].concat())).collect()
}

/// A codestream, its picture and some regions of it.
struct Known {
    name: &'static str,
    coded: Vec<u8>,
    requests: Vec<(DecodeRequest, Image)>,
}

impl Known {
    fn new(name: &'static str, coded: Vec<u8>) -> Self {
        let regions = if coded.len() < 100_000 { 12 } else { 4 };
        let info = inspect(&coded, &Limits::default()).unwrap();
        let mut random = Random(11);
        let mut requests = vec![DecodeRequest::default()];
        requests.resize_with(1 + regions, || DecodeRequest {
            region: Some(random.part(info.area())),
            reduction: random.below(u32::from(info.levels) + 1) as u8,
            strict: true,
            ..DecodeRequest::default()
        });
        let image = |request: DecodeRequest| decode(1, &coded, &request).ok().map(|image| (request, image));
        let requests: Vec<_> = requests.into_iter().filter_map(image).collect();
        assert!(requests.len() > regions / 2, "{name}");
        Self { name, coded, requests }
    }

    fn assert_same(&self, coded: &[u8], what: &str) {
        for (request, image) in &self.requests {
            let result = decode(1, coded, request);
            assert!(result.as_ref() == Ok(image), "{}, {what}: {request:?} differs: {:?}", self.name, result.err());
        }
    }

    /// Bytes that are read for the regions.
    fn coded_bytes(&self, coded: &[u8]) -> u64 {
        let codestream = Codestream::parse(coded, &Limits::default()).unwrap();
        let plan = |request: &DecodeRequest| DecodePlan::new(&codestream, request, &Limits::default()).unwrap().coded_bytes();
        self.requests.iter().map(|(request, _)| plan(request)).sum()
    }
}

/// One tile and many, CPRL, PCRL and RPCL, POC, thirty layers and one: all packets begin with SOP.
fn known() -> Option<Vec<Known>> {
    let folder = data("htj2k-conformance")?;
    let files = ["ds0_ht_08_b11.j2k", "ds0_ht_03_b11.j2k", "ds1_ht_06_b11.j2k", "ds1_ht_07_b11.j2k"];
    Some(files.iter().map(|&name| Known::new(name, bytes(folder.join(name)))).collect())
}

#[test]
fn arrangements_of_the_same_packets_give_the_same_samples() {
    let Some(all) = known() else { return };
    for known in &all {
        let parts = Parts::of(&known.coded);
        let whole = parts.whole();
        known.assert_same(&whole, "taken apart and put together");
        known.assert_same(&whole[..whole.len() - 2], "without EOC");
        known.assert_same(&[&whole[..], b"trailing bytes"].concat(), "with trailing bytes");

        let mut open = parts.clone();
        let last = open.tile_parts.pop().unwrap();
        let mut sot = last.with(&[]);
        sot[6..10].fill(0);
        for end in [&[0xFF, 0xD9][..], &[]] {
            let before = open.whole();
            known.assert_same(&[&before[..before.len() - 2], &sot, end].concat(), "Psot = 0");
        }

        let mut reversed = parts.clone();
        reversed.tile_parts.reverse();
        known.assert_same(&reversed.whole(), "tiles in reverse");

        let strangers = [segment(0x64, b"\0\0about"), segment(0x6F, b"?")].concat();
        known.assert_same(&parts.clone().head(&strangers).with(|_| strangers.clone()), "COM and a marker nobody knows");

        // A tile-part for every few packets, those of all tiles taking turns, and each tile's in the order of their numbers.
        let mut split = parts.clone();
        split.tile_parts = Vec::new();
        for number in 0..20 {
            for part in parts.tile_parts.iter().filter(|p| p.number == 0) {
                let share = part.packets.len().div_ceil(20);
                let own = part.packets.chunks(share.max(1)).nth(number).unwrap_or_default().to_vec();
                let header = if number == 0 { part.header.clone() } else { Vec::new() };
                split.tile_parts.push(TilePart { tile: part.tile, number: number as u8, header, packets: own });
            }
        }
        known.assert_same(&split.whole(), "in twenty tile-parts a tile");
        known.assert_same(&split.with(|part| plt(&part.lengths())), "in twenty tile-parts a tile, with PLT");
        split.tile_parts.reverse();
        known.assert_same(&split.whole(), "in twenty tile-parts a tile, last ones first");
    }
}

#[test]
fn right_lengths_save_reading_and_wrong_ones_do_no_harm() {
    let Some(all) = known() else { return };
    let mut saved = 0;
    for known in &all {
        let parts = Parts::of(&known.coded);
        let with_plt = parts.with(|part| plt(&part.lengths()));
        known.assert_same(&with_plt, "with PLT");
        let (read, without) = (known.coded_bytes(&with_plt), known.coded_bytes(&known.coded));
        assert!(read <= without, "{}: {read} bytes are read with PLT, {without} without", known.name);
        saved += without - read;
        let list = |part: &TilePart| {
            let coded = coded_lengths(&part.lengths());
            [&[coded.len() as u8][..], &coded].concat()
        };
        if parts.tile_parts.iter().all(|part| coded_lengths(&part.lengths()).len() < 256) {
            let all: Vec<u8> = parts.tile_parts.iter().flat_map(list).collect();
            let with_plm = parts.clone().head(&segment(0x57, &[&[0], &all[..]].concat())).whole();
            known.assert_same(&with_plm, "with PLM");
            assert_eq!(known.coded_bytes(&with_plm), known.coded_bytes(&with_plt), "{}", known.name);
            known.assert_same(&parts.clone().head(&segment(0x57, &[&[0], &all[1..]].concat())).whole(), "with wrong PLM");
        }
        let tlm: Vec<u8> = parts.tile_parts.iter().flat_map(|p| (p.with(&[]).len() as u32).to_be_bytes()).collect();
        known.assert_same(&parts.clone().head(&segment(0x55, &[&[0, 0x40], &tlm[..]].concat())).whole(), "with TLM");
        known.assert_same(&parts.clone().head(&segment(0x55, &[&[0, 0x50], &tlm[..]].concat())).whole(), "with wrong TLM");

        let mut random = Random(5);
        for round in 0..if known.coded.len() < 100_000 { 60 } else { 4 } {
            let shift = |part: &TilePart| {
                let mut lengths = part.lengths();
                let n = lengths.len() as u32;
                if n == 0 {
                    return Vec::new();
                }
                let mut random = Random(random.0 + u64::from(part.tile[1]));
                let (a, b) = (random.below(n) as usize, random.below(n) as usize);
                match round % 4 {
                    // Right in sum, wrong in two places.
                    0 | 1 if lengths[a] > 1 => (lengths[a], lengths[b]) = (lengths[a] - 1, lengths[b] + 1),
                    0 | 1 => lengths.swap(a, b),
                    2 => lengths[a] += 1 + b,
                    _ => lengths.truncate(a),
                }
                plt(&lengths)
            };
            known.assert_same(&parts.with(shift), &format!("with wrong PLT, round {round}"));
            random.below(9);
        }
    }
    assert!(saved > 10_000, "PLT saves reading {saved} bytes of packet headers");
}

/// 1 x 1 samples, so that each component is one packet: of nothing, or of one code-block as OpenJPH writes it.
#[test]
fn as_many_components_as_there_can_be() {
    const PACKETS: [(u8, &[u8]); 3] =
        [(128, &[0]), (200, &[0xC0, 0x25, 0x8E, 0x01, 0x07, 0x74, 0]), (13, &[0xC0, 0x25, 0xE5, 0x01, 0x07, 0x74, 0])];
    let count = 16384u16;
    let ones = [0, 0, 0, 1];
    let mut siz = [&[0x40, 0][..], &ones, &ones, &[0; 8], &ones, &ones, &[0; 8], &count.to_be_bytes()].concat();
    siz.extend([7, 1, 1].repeat(usize::from(count)));
    let tile = TilePart {
        tile: [0, 0],
        number: 0,
        header: Vec::new(),
        packets: (0..usize::from(count)).map(|c| PACKETS[c % 3].1.to_vec()).collect(),
    };
    let head = [
        &[0xFF, 0x4F][..],
        &segment(0x51, &siz),
        &segment(0x52, &[0, 2, 0, 1, 0, 0, 4, 4, 0x40, 1]),
        &segment(0x5C, &[0x20, 0x48]),
    ];
    let coded = Parts { head: head.concat(), tile_parts: vec![tile] }.whole();
    let image = decode(2, &coded, &DecodeRequest::default()).unwrap();
    assert_eq!(image.components.len(), usize::from(count));
    for (c, plane) in image.components.iter().enumerate() {
        assert_eq!(plane.samples, Samples::U8(vec![PACKETS[c % 3].0]), "component {c}");
    }
}
