//! Headers that are written here are read back; headers that contradict the standard are named.

use proptest::prelude::*;

use super::{BlockCoding, Codestream, Container, Info, Progression, Wavelet, inspect, looks_like_codestream};
use crate::error::Error;
use crate::geometry::Rect;
use crate::limits::Limits;

/// A writer of headers, for tests.
pub(crate) mod build {
    use crate::geometry::Rect;

    /// What the headers are to say.
    #[derive(Clone, Debug)]
    pub(crate) struct Header {
        pub area: Rect,
        pub tile_size: (u32, u32),
        pub tile_origin: (u32, u32),
        pub bits: u8,
        pub signed: bool,
        /// One pair for each component.
        pub sampling: Vec<(u8, u8)>,
        pub progression: u8,
        pub layers: u16,
        pub colour_transform: bool,
        pub levels: u8,
        pub block: (u8, u8),
        pub reversible: bool,
        /// The same for all resolutions.
        pub precinct: Option<(u8, u8)>,
    }

    impl Default for Header {
        fn default() -> Self {
            Self {
                area: Rect::new(0, 0, 64, 64),
                tile_size: (64, 64),
                tile_origin: (0, 0),
                bits: 8,
                signed: false,
                sampling: vec![(1, 1)],
                progression: 0,
                layers: 1,
                colour_transform: false,
                levels: 0,
                block: (6, 6),
                reversible: true,
                precinct: None,
            }
        }
    }

    /// A marker segment.
    pub(crate) fn segment(code: u16, body: &[u8]) -> Vec<u8> {
        let mut out = code.to_be_bytes().to_vec();
        out.extend_from_slice(&(body.len() as u16 + 2).to_be_bytes());
        out.extend_from_slice(body);
        out
    }

    pub(crate) fn siz(h: &Header) -> Vec<u8> {
        let mut body = vec![0x40, 0];
        let (a, t, o) = (h.area, h.tile_size, h.tile_origin);
        for v in [a.x1, a.y1, a.x0, a.y0, t.0, t.1, o.0, o.1] {
            body.extend_from_slice(&v.to_be_bytes());
        }
        body.extend_from_slice(&(h.sampling.len() as u16).to_be_bytes());
        for &(dx, dy) in &h.sampling {
            body.extend_from_slice(&[(h.bits - 1) | if h.signed { 0x80 } else { 0 }, dx, dy]);
        }
        segment(0xFF51, &body)
    }

    pub(crate) fn cod(h: &Header) -> Vec<u8> {
        let mut body = vec![u8::from(h.precinct.is_some()), h.progression];
        body.extend_from_slice(&h.layers.to_be_bytes());
        body.push(u8::from(h.colour_transform));
        body.extend_from_slice(&[h.levels, h.block.0 - 2, h.block.1 - 2, 0x40, u8::from(h.reversible)]);
        if let Some((x, y)) = h.precinct {
            body.resize(body.len() + usize::from(h.levels) + 1, y << 4 | x);
        }
        segment(0xFF52, &body)
    }

    pub(crate) fn qcd(h: &Header) -> Vec<u8> {
        let steps = 3 * usize::from(h.levels) + 1;
        let mut body = vec![0x40 | if h.reversible { 0 } else { 2 }];
        for _ in 0..steps {
            if h.reversible { body.push(9 << 3) } else { body.extend_from_slice(&[9 << 3, 1]) }
        }
        segment(0xFF5C, &body)
    }

    /// A tile-part that goes on to the end.
    pub(crate) fn sot(tile: u16, len: u32, number: u8) -> Vec<u8> {
        let mut body = tile.to_be_bytes().to_vec();
        body.extend_from_slice(&len.to_be_bytes());
        body.extend_from_slice(&[number, 0]);
        segment(0xFF90, &body)
    }

    /// SOC, main header, and a tile-part without packets.
    pub(crate) fn codestream(h: &Header) -> Vec<u8> {
        [vec![0xFF, 0x4F], siz(h), cod(h), qcd(h), sot(0, 0, 0), vec![0xFF, 0x93]].concat()
    }
}

use build::Header;

proptest! {
    #[test]
    fn a_header_is_read_as_it_was_written(
        (x0, y0, w, h) in (0u32..1000, 0u32..1000, 1u32..1000, 1u32..1000),
        (tw, th) in (1u32..5000, 1u32..5000),
        (bits, signed) in (1u8..39, any::<bool>()),
        sampling in prop::collection::vec((1u8..=255, 1u8..=255), 1..300),
        (progression, layers, colour_transform, levels) in (0u8..5, 1u16.., any::<bool>(), 0u8..33),
        (block, reversible) in ((2u8..7, 2u8..7), any::<bool>()),
        precinct in prop::option::of((1u8..16, 1u8..16)),
    ) {
        let limits = Limits { pixels: u64::MAX, ..Limits::default() };
        let header = Header {
            area: Rect::new(x0, y0, x0 + w, y0 + h),
            tile_size: (tw + x0, th + y0),
            tile_origin: (0, 0),
            bits, signed, sampling: sampling.clone(), progression, layers, colour_transform, levels, block, reversible, precinct,
        };
        let bytes = build::codestream(&header);
        let info = inspect(&bytes, &limits).unwrap();
        prop_assert_eq!((info.container, info.width, info.height, info.origin), (Container::Raw, w, h, (x0, y0)));
        prop_assert_eq!((info.tile_size, info.tile_origin, info.tile_parts), (header.tile_size, (0, 0), 1));
        prop_assert_eq!(info.components.len(), sampling.len());
        for (c, &(dx, dy)) in info.components.iter().zip(&sampling) {
            prop_assert_eq!((c.bits, c.signed, c.dx, c.dy), (bits, signed, dx, dy));
            prop_assert_eq!(c.width, (x0 + w).div_ceil(dx.into()) - x0.div_ceil(dx.into()));
        }
        prop_assert_eq!((info.levels, info.layers, info.colour_transform), (levels, layers, colour_transform));
        let names = ["LRCP", "RLCP", "RPCL", "PCRL", "CPRL"];
        prop_assert_eq!(info.progression.name(), names[usize::from(progression)]);
        prop_assert_eq!(info.code_block, (1 << block.0, 1 << block.1));
        let wavelet = if reversible { Wavelet::Reversible53 } else { Wavelet::Irreversible97 };
        prop_assert_eq!((info.wavelet, info.ht, info.guard_bits), (wavelet, BlockCoding::Ht, 2));
        prop_assert_eq!(info.precincts.len(), if precinct.is_some() { usize::from(levels) + 1 } else { 0 });
        prop_assert_eq!(info.codestream_len, bytes.len() as u64);
        let listed: Vec<&str> = info.markers.iter().map(|m| m.name).collect();
        prop_assert_eq!(listed, ["SOC", "SIZ", "COD", "QCD", "SOT"]);
    }

    #[test]
    fn any_bytes_behind_a_signature_end_in_a_result(tail in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = inspect(&[&[0xFF, 0x4F, 0xFF, 0x51], &tail[..]].concat(), &Limits::default());
        let _ = inspect(&[&build::codestream(&Header::default())[..40], &tail[..]].concat(), &Limits::default());
    }
}

/// The codestream of the default header with one of its segments replaced.
fn with(siz: Option<Vec<u8>>, cod: Option<Vec<u8>>, qcd: Option<Vec<u8>>) -> Result<Info, Error> {
    let h = Header::default();
    let part = |given: Option<Vec<u8>>, own: Vec<u8>| given.unwrap_or(own);
    let bytes = [
        vec![0xFF, 0x4F],
        part(siz, build::siz(&h)),
        part(cod, build::cod(&h)),
        part(qcd, build::qcd(&h)),
        build::sot(0, 0, 0),
        vec![0xFF, 0x93],
    ]
    .concat();
    inspect(&bytes, &Limits::default())
}

fn malformed(result: Result<Info, Error>) -> &'static str {
    match result {
        Err(Error::Malformed { marker, .. }) => marker,
        other => panic!("{other:?}"),
    }
}

#[test]
fn contradictions_are_named_with_their_marker() {
    let h = Header::default;
    let siz = |h: Header| malformed(with(Some(build::siz(&h)), None, None));
    assert_eq!(siz(Header { area: Rect::new(64, 0, 64, 64), ..h() }), "SIZ");
    assert_eq!(siz(Header { tile_size: (0, 64), ..h() }), "SIZ");
    assert_eq!(siz(Header { tile_origin: (1, 0), ..h() }), "SIZ");
    assert_eq!(siz(Header { area: Rect::new(70, 0, 80, 64), ..h() }), "SIZ", "the first tile ends before the image");
    assert_eq!(siz(Header { sampling: vec![(0, 1)], ..h() }), "SIZ");
    assert_eq!(siz(Header { sampling: vec![], ..h() }), "SIZ");
    assert_eq!(siz(Header { bits: 39, ..h() }), "SIZ");
    let cod = |h: Header| malformed(with(None, Some(build::cod(&h)), None));
    assert_eq!(cod(Header { levels: 33, ..h() }), "COD");
    assert_eq!(cod(Header { block: (7, 6), ..h() }), "COD");
    assert_eq!(cod(Header { block: (11, 2), ..h() }), "COD");
    assert_eq!(cod(Header { layers: 0, ..h() }), "COD");
    assert_eq!(cod(Header { progression: 5, ..h() }), "COD");
    assert_eq!(cod(Header { levels: 1, precinct: Some((0, 3)), ..h() }), "COD");
    assert_eq!(malformed(with(None, None, Some(build::segment(0xFF5C, &[0x43, 8])))), "QCD");
    assert_eq!(malformed(with(None, None, Some(build::segment(0xFF5C, &[0x40])))), "QCD");
    assert_eq!(malformed(with(None, Some(vec![]), None)), "COD", "none at all");
    assert_eq!(malformed(with(None, None, Some(build::segment(0xFF5D, &[1, 0x40, 8])))), "QCC", "no component 1");
    assert_eq!(malformed(with(None, None, Some(vec![0xFF, 0x64, 0, 1]))), "COM", "a length below 2");
    assert_eq!(malformed(with(None, None, Some(vec![0x12, 0x34]))), "header", "no marker");
}

#[test]
fn part_2_is_refused_and_the_unknown_is_passed_over() {
    let unsupported = |r: Result<Info, Error>| matches!(r, Err(Error::Unsupported { .. }));
    let qcd = build::qcd(&Header::default());
    let before = |code: u16, body: &[u8]| with(None, None, Some([build::segment(code, body), qcd.clone()].concat()));
    assert!(unsupported(before(0xFF74, &[0; 4])), "MCT");
    assert!(unsupported(before(0xFF50, &[0x40, 0, 0, 0, 0, 0])), "CAP names part 2");
    assert!(before(0xFF50, &[0, 2, 0, 0, 0, 0]).is_ok(), "CAP names part 15");
    assert!(before(0xFF6F, &[1, 2, 3]).is_ok(), "a marker that is not defined");
    assert!(before(0xFF64, &[0; 9]).is_ok(), "COM");
}

#[test]
fn tile_parts_are_indexed_in_the_order_of_their_numbers() {
    let h = Header { area: Rect::new(0, 0, 128, 64), ..Header::default() };
    let part = |tile: u16, number: u8, data: &[u8]| {
        [build::sot(tile, 14 + data.len() as u32, number), vec![0xFF, 0x93], data.to_vec()].concat()
    };
    let head = [vec![0xFF, 0x4F], build::siz(&h), build::cod(&h), build::qcd(&h)].concat();
    let parse = |parts: &[Vec<u8>]| {
        let bytes = [head.clone(), parts.concat(), vec![0xFF, 0xD9, 0]].concat();
        Codestream::parse(&bytes, &Limits::default()).map(|c| {
            let data = |t| c.tile_parts(t).iter().map(|p| bytes[p.data.clone()].to_vec()).collect::<Vec<_>>();
            (data(0), data(1), bytes.len() as u64 - c.info().codestream_len)
        })
    };
    let (a, b, c) = (part(1, 1, &[1, 1]), part(0, 0, &[2]), part(1, 0, &[]));
    assert_eq!(parse(&[a.clone(), b.clone(), c]), Ok((vec![vec![2]], vec![vec![], vec![1, 1]], 1)));
    assert!(matches!(parse(&[a.clone(), a]), Err(Error::Malformed { marker: "SOT", .. })), "the same part twice");
    assert!(matches!(parse(&[part(2, 0, &[])]), Err(Error::Malformed { marker: "SOT", .. })), "no such tile");
    assert!(matches!(parse(&[build::sot(0, 13, 0), b]), Err(Error::Malformed { .. })), "shorter than its header");
}

#[test]
fn boxes_lead_to_the_codestream() {
    let raw = build::codestream(&Header::default());
    let wrap = |brand: &[u8; 4], len: u32| {
        let mut out = vec![0, 0, 0, 12, b'j', b'P', b' ', b' ', 13, 10, 0x87, 10];
        out.extend_from_slice(&[0, 0, 0, 20, b'f', b't', b'y', b'p']);
        out.extend_from_slice(brand);
        out.extend_from_slice(&[0, 0, 0, 0, b'j', b'p', b'h', b' ']);
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(b"jp2c");
        out.extend_from_slice(&raw);
        out
    };
    for (brand, container) in [(b"jph ", Container::Jph), (b"jp2 ", Container::Jp2)] {
        for len in [0, raw.len() as u32 + 8] {
            let bytes = wrap(brand, len);
            assert!(looks_like_codestream(&bytes));
            let info = inspect(&bytes, &Limits::default()).unwrap();
            assert_eq!((info.container, info.codestream_offset, info.codestream_len), (container, 40, raw.len() as u64));
            assert_eq!(info.markers[1].offset, 42);
        }
    }
    assert!(matches!(inspect(&wrap(b"jph ", 7), &Limits::default()), Err(Error::Malformed { marker: "box", .. })));
    assert!(matches!(inspect(&wrap(b"jph ", 0)[..32], &Limits::default()), Err(Error::Truncated { .. })));
    assert!(looks_like_codestream(&raw) && !looks_like_codestream(&raw[1..]) && !looks_like_codestream(&[]));
}

#[test]
fn later_and_closer_parameters_win() {
    // COD of the tile before COC of the main header before COD of the main header.
    let h = Header { sampling: vec![(1, 1); 2], ..Header::default() };
    let coc = build::segment(0xFF53, &[1, 0, 2, 4, 4, 0x40, 1]);
    let tile_cod = build::cod(&Header { levels: 3, ..h.clone() });
    let qcd = build::qcd(&Header { levels: 3, ..h.clone() });
    let head = [vec![0xFF, 0x4F], build::siz(&h), build::cod(&h), coc, qcd].concat();
    let levels = |tail: &[u8]| {
        let bytes = [&head[..], &build::sot(0, 0, 0), tail, &[0xFF, 0x93]].concat();
        let codestream = Codestream::parse(&bytes, &Limits::default()).unwrap();
        [0, 1].map(|c| codestream.in_force(0).coding(c).unwrap().levels)
    };
    assert_eq!(levels(&[]), [0, 2]);
    assert_eq!(levels(&tile_cod), [3, 3]);
    assert_eq!(Progression::Rpcl.name(), "RPCL");
}
