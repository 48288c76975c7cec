//! A decoder that has seen other images, damaged ones among them, decodes as a new one does: nothing of one image reaches another.

use lightbox_codec::plan::{DecodePlan, Planner};
use lightbox_codec::{Codestream, Components, DecodeRequest, Error, Image, Limits, inspect};

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
