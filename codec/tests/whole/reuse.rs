//! A decoder that has seen other images, damaged ones among them, decodes as a new one does: nothing of one image reaches another.

use lightbox_codec::plan::{DecodePlan, Planner};
use lightbox_codec::{
    Codestream, Components, DecodeRequest, EncodeRequest, Encoder, Error, Image, Interleaved, Limits, Rect, Samples, inspect,
};

use crate::common::{Random, bytes, codestreams, count, data, decoder, files, name, say};

/// Small codestreams, sound ones and malformed ones.
fn streams() -> Option<Vec<(String, Vec<u8>)>> {
    let mut all = codestreams()?;
    let malformed = data("malformed")?;
    all.extend(files(&malformed.join("codestream"), |n| !n.ends_with(".pgx")));
    all.extend(files(&malformed.join("derived"), |n| n.ends_with(".j2c")));
    let read = all.iter().map(|path| (name(path), bytes(path)));
    Some(read.filter(|(_, coded)| coded.len() < 200_000).collect())
}

/// A stream as it is, cut off, or with a few bytes changed.
fn variant(random: &mut Random, coded: &[u8]) -> Vec<u8> {
    let mut coded = coded.to_vec();
    match random.below(4) {
        0 => {}
        1 => coded.truncate(random.below(coded.len() as u32) as usize),
        _ => {
            for _ in 0..=random.below(3) {
                let reach = if random.below(2) == 0 { coded.len().min(220) } else { coded.len() };
                let at = random.below(reach as u32) as usize;
                coded[at] = random.below(256) as u8;
            }
        }
    }
    coded
}

/// A request that may fit the image, and limits that may be too low for it.
fn request(random: &mut Random, coded: &[u8]) -> (DecodeRequest, Limits) {
    let mut request = DecodeRequest { reduction: (random.below(6) / 3) as u8, ..DecodeRequest::default() };
    request.strict = random.below(4) == 0;
    let limits = Limits { pixels: 1 << 22, bytes: 1 << 27, ..Limits::default() };
    if let Ok(info) = inspect(coded, &limits) {
        request.region = (random.below(3) == 0).then(|| random.part(info.area()));
    }
    (request, Limits { blocks: if random.below(8) == 0 { 20 } else { limits.blocks }, ..limits })
}

/// All that a plan says.
fn told(plan: Result<DecodePlan, Error>) -> Result<String, Error> {
    plan.map(|plan| format!("{plan:?}"))
}

#[test]
fn a_planner_plans_as_a_new_one_does() {
    let Some(streams) = streams() else { return };
    let (planner, mut random) = (Planner::new(), Random(11));
    let (mut sound, mut refused) = (0, 0);
    for round in 0..count("LIGHTBOX_REUSES", 4000) {
        let (name, original) = &streams[random.below(streams.len() as u32) as usize];
        let coded = variant(&mut random, original);
        let (request, limits) = request(&mut random, &coded);
        let Ok(codestream) = Codestream::parse(&coded, &limits) else { continue };
        let plan = told(planner.plan(&codestream, &request, &limits));
        let expected = told(DecodePlan::new(&codestream, &request, &limits));
        assert!(plan == expected, "round {round}, {name}, {request:?}: {:?} is not {:?}", plan.err(), expected.err());
        match plan {
            Ok(_) => sound += 1,
            Err(_) => refused += 1,
        }
    }
    say(&format!("reuse: {sound} plans and {refused} refusals of one planner are those of a new one"));
    assert!(sound > refused && refused > 0);
}

/// A codestream of two tiles in three components.
fn two_tiles() -> Vec<u8> {
    let samples = Samples::U8((0..128 * 64 * 3u32).map(|i| (i * i % 251) as u8).collect());
    let image = Interleaved { width: 128, height: 64, components: 3, bits: 8, signed: false, samples, incomplete: None };
    let request = EncodeRequest { tile_size: Some((64, 64)), levels: Some(2), ..EncodeRequest::default() };
    Encoder::new().encode_interleaved(&image, &request, &Limits::default()).unwrap()
}

/// Where a marker first stands.
fn find(coded: &[u8], marker: [u8; 2]) -> usize {
    coded.windows(2).position(|two| two == marker).expect("it is there")
}

/// The same with one more guard bit in the first tile, by a QCD in its header.
fn with_parameters_of_a_tile(coded: &[u8]) -> Vec<u8> {
    let (qcd, sot) = (find(coded, [0xFF, 0x5C]), find(coded, [0xFF, 0x90]));
    let mut own = coded[qcd..qcd + 2 + usize::from(u16::from_be_bytes([coded[qcd + 2], coded[qcd + 3]]))].to_vec();
    own[4] += 1 << 5;
    let mut changed = coded.to_vec();
    let length = u32::from_be_bytes(coded[sot + 6..sot + 10].try_into().unwrap()) + own.len() as u32;
    changed[sot + 6..sot + 10].copy_from_slice(&length.to_be_bytes());
    changed.splice(sot + 12..sot + 12, own);
    changed
}

#[test]
fn geometry_is_shared_only_where_all_that_it_depends_on_is_equal() {
    let coded = two_tiles();
    // XTsiz, behind SOC and the first fields of SIZ: the tiles are not what their packets are made for.
    let mut wide = coded.clone();
    wide[24..28].copy_from_slice(&96u32.to_be_bytes());
    assert_eq!(inspect(&wide, &Limits::default()).unwrap().tile_size, (96, 64));
    let own = with_parameters_of_a_tile(&coded);
    // One more guard bit everywhere.
    let mut main = coded.clone();
    main[find(&coded, [0xFF, 0x5C]) + 4] += 1 << 5;
    let request = DecodeRequest::default();
    let of = |components: &[u16]| DecodeRequest { components: Components::Some(components.to_vec()), ..request.clone() };
    let corner = DecodeRequest { region: Some(Rect::new(0, 0, 1, 1)), ..request.clone() };
    let halved = DecodeRequest { reduction: 1, ..corner.clone() };
    let second = DecodeRequest { region: Some(Rect::new(64, 0, 128, 64)), ..request.clone() };
    // Each differs from another in one thing.
    let cases: Vec<(&[u8], DecodeRequest)> = vec![
        (&coded, request.clone()),
        (&wide, request.clone()),
        (&own, request.clone()),
        (&coded, of(&[1])),
        (&coded, of(&[1, 2])),
        (&coded, corner),
        (&coded, halved),
        (&coded, second.clone()),
        (&own, second),
        (&main, request.clone()),
    ];
    let limits = Limits::default();
    let plan = |planner: &Planner, (coded, request): &(&[u8], DecodeRequest)| {
        told(planner.plan(&Codestream::parse(*coded, &limits).unwrap(), request, &limits))
    };
    let expected: Vec<_> = cases.iter().map(|case| plan(&Planner::new(), case)).collect();
    let differ = |a: usize, b: usize| assert!(expected[a] != expected[b], "{a} and {b} are the same");
    [(0, 1), (0, 2), (0, 3), (3, 4), (0, 5), (5, 6), (0, 7), (0, 9)].into_iter().for_each(|(a, b)| differ(a, b));
    for (a, first) in cases.iter().enumerate() {
        for (b, next) in cases.iter().enumerate() {
            let planner = Planner::new();
            let plans = [first, next, first].map(|case| plan(&planner, case));
            assert!(plans[0] == expected[a] && plans[2] == expected[a], "{a} before and after {b}");
            assert!(plans[1] == expected[b], "{b} after {a}: {:?}", plans[1].as_ref().err());
        }
    }
}

#[test]
fn a_decoder_decodes_as_a_new_one_does() {
    let Some(streams) = streams() else { return };
    let mut random = Random(12);
    for threads in [1, 2] {
        let used = decoder(threads);
        for (name, original) in streams.iter().filter(|(_, coded)| coded.len() < 60_000) {
            // The same image before and after others.
            let damaged = variant(&mut random, original);
            let (request, limits) = request(&mut random, original);
            for coded in [original, &damaged, original] {
                let decode =
                    |decoder: &lightbox_codec::Decoder| -> Result<Image, Error> { decoder.decode(coded, &request, &limits) };
                let (result, expected) = (decode(&used), decode(&decoder(threads)));
                // With several threads any of several damaged code-blocks may be the one that is told of.
                let same = result == expected || threads > 1 && result.is_err() && expected.is_err();
                assert!(same, "{name}, {request:?}: {:?} is not {:?}", result.err(), expected.err());
            }
        }
    }
}

#[test]
fn many_images_are_each_what_one_is() {
    let Some(streams) = streams() else { return };
    let mut random = Random(13);
    // The smallest are many, and one is more than a thread's share of all.
    let mut small: Vec<&Vec<u8>> = streams.iter().map(|(_, coded)| coded).filter(|coded| coded.len() < 8_000).collect();
    small.extend(streams.iter().map(|(_, coded)| coded).max_by_key(|coded| coded.len()));
    let coded: Vec<Vec<u8>> = small.iter().flat_map(|coded| [coded.to_vec(), variant(&mut random, coded)]).collect();
    let requests = [DecodeRequest::default(), DecodeRequest { components: Components::Some(vec![0]), ..DecodeRequest::default() }];
    let images: Vec<(&[u8], DecodeRequest)> =
        coded.iter().enumerate().map(|(n, coded)| (&coded[..], requests[n % 7 / 6].clone())).collect();
    let limits = Limits { pixels: 1 << 22, bytes: 1 << 27, ..Limits::default() };
    let alone = decoder(1);
    let expected: Vec<_> = images.iter().map(|(coded, request)| alone.decode_interleaved(*coded, request, &limits)).collect();
    let decoded = expected.iter().filter(|result| result.is_ok()).count();
    assert!(decoded > 10 && expected.len() - decoded > 10, "{decoded} of {}", expected.len());
    for threads in [1, 2, 5] {
        for (n, result) in decoder(threads).decode_many(&images, &limits).into_iter().enumerate() {
            // As above, where one image is decoded on several threads.
            let same = result == expected[n] || threads > 1 && result.is_err() && expected[n].is_err();
            assert!(same, "image {n} on {threads} threads: {:?} is not {:?}", result.err(), expected[n].as_ref().err());
        }
    }
    assert!(decoder(2).decode_many(&[], &limits).is_empty());
}
