//! Regions, reductions, component subsets and threads against the whole decode.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use lightbox_codec::plan::DecodePlan;
use lightbox_codec::{Codestream, Components, DecodeRequest, Error, Image, Info, Limits, Rect, inspect};

use crate::common::{Random, bytes, codestreams, count, data, decode, decoder, files, name, say};

/// Asserts that `part`, components `list` of `region`, is what `whole` shows there.
fn assert_crop(info: &Info, whole: &Image, part: &Image, list: &[u16], region: Rect, reduction: u8, what: &str) {
    assert_eq!((part.components.len(), part.incomplete), (list.len(), None), "{what}");
    for (part, &c) in part.components.iter().zip(list) {
        let (whole, info) = (&whole.components[usize::from(c)], info.components[usize::from(c)]);
        let grid = |v: u32, d: u8| v.div_ceil(u32::from(d)).div_ceil(1 << reduction);
        let (x0, x1) = (grid(region.x0, info.dx), grid(region.x1, info.dx));
        let (y0, y1) = (grid(region.y0, info.dy), grid(region.y1, info.dy));
        assert_eq!((part.origin, part.width, part.height), ((x0, y0), x1 - x0, y1 - y0), "{what}, component {c}");
        for y in y0..y1 {
            for x in x0..x1 {
                let at = |p: &lightbox_codec::Plane| p.samples.get(((y - p.origin.1) * p.width + (x - p.origin.0)) as usize);
                assert_eq!(at(part), at(whole), "{what}, component {c} at ({x}, {y})");
            }
        }
    }
}

/// `LIGHTBOX_CROPS` sets how many.
#[test]
fn any_part_is_the_crop_of_the_whole() {
    let Some(all) = codestreams() else { return };
    let decoders = [1, 2, 3].map(decoder);
    let each = count("LIGHTBOX_CROPS", 300).div_ceil(all.len());
    let (mut random, mut compared) = (Random(7), 0);
    for file in &all {
        let coded = bytes(file);
        let info = inspect(&coded, &Limits::default()).unwrap();
        let mut wholes: BTreeMap<u8, Image> = BTreeMap::new();
        for _ in 0..each {
            let reduction = random.below(u32::from(info.levels.min(5)) + 1) as u8;
            let request = DecodeRequest { reduction, ..DecodeRequest::default() };
            let whole = match wholes.entry(reduction) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => match decode(2, &coded, &request) {
                    // Tiles or components may have fewer levels than the main header says.
                    Err(Error::Request { .. }) => continue,
                    result => free.insert(result.unwrap_or_else(|e| panic!("{}: {e}", name(file)))),
                },
            };
            let region = match random.below(4) {
                0 => info.tile(random.below(info.tiles.0 * info.tiles.1)).unwrap(),
                _ => random.part(info.area()),
            };
            let mut list: Vec<u16> = (0..info.components.len() as u16).collect();
            if random.below(2) == 0 {
                list = vec![random.below(list.len() as u32) as u16];
            }
            let components = Components::Some(list.clone());
            let threads = random.below(3) as usize;
            let what = format!("{}, {region:?}, reduction {reduction}, {} threads", name(file), threads + 1);
            let request = DecodeRequest { region: Some(region), components, ..request };
            let part = decoders[threads].decode(&coded, &request, &Limits::default()).unwrap_or_else(|e| panic!("{what}: {e}"));
            assert_crop(&info, whole, &part, &list, region, reduction, &what);
            compared += 1;
        }
    }
    say(&format!("regions: {compared} requests of {} codestreams equal the crop of the whole", all.len()));
    assert!(compared > all.len() * each * 3 / 4, "only {compared} requests were compared");
}

#[test]
fn any_number_of_threads_gives_the_same_samples() {
    let Some(folder) = data("htj2k-conformance") else { return };
    for file in files(&folder, |n| n.ends_with(".j2k")) {
        let coded = bytes(&file);
        let one = decode(1, &coded, &DecodeRequest::default()).unwrap();
        for threads in [2, 7] {
            assert!(decode(threads, &coded, &DecodeRequest::default()).unwrap() == one, "{}, {threads} threads", name(&file));
        }
    }
}

#[test]
fn components_come_as_asked_for_even_out_of_a_colour_transform() {
    let Some(folder) = data("bench") else { return };
    for file in ["TILE.j2c", "TILE_L.j2c"] {
        let coded = bytes(folder.join(file));
        assert!(inspect(&coded, &Limits::default()).unwrap().colour_transform);
        let all = decode(1, &coded, &DecodeRequest::default()).unwrap();
        for list in [vec![1], vec![2, 0], vec![2, 1, 0]] {
            let request = DecodeRequest { components: Components::Some(list.clone()), ..DecodeRequest::default() };
            for threads in [1, 2] {
                let some = decode(threads, &coded, &request).unwrap();
                assert_eq!(some.components.len(), list.len());
                for (plane, &c) in some.components.iter().zip(&list) {
                    assert!(*plane == all.components[usize::from(c)], "{file}: component {c} of {list:?}");
                }
                let interleaved = decoder(threads).decode_interleaved(&coded, &request, &Limits::default()).unwrap();
                for i in 0..interleaved.samples.len() {
                    let (pixel, c) = (i / list.len(), usize::from(list[i % list.len()]));
                    assert_eq!(interleaved.samples.get(i), all.components[c].samples.get(pixel));
                }
            }
        }
    }
}

#[test]
fn requests_that_do_not_fit_are_named() {
    let Some(folder) = data("bench") else { return };
    let coded = bytes(folder.join("CT1.j2c"));
    let refused = |request: DecodeRequest| {
        let error = decode(1, &coded, &request).expect_err("it does not fit");
        assert!(matches!(error, Error::Request { .. }), "{error}");
    };
    refused(DecodeRequest { reduction: 6, ..DecodeRequest::default() });
    refused(DecodeRequest { region: Some(Rect::new(0, 0, 513, 1)), ..DecodeRequest::default() });
    refused(DecodeRequest { region: Some(Rect::new(9, 9, 9, 10)), ..DecodeRequest::default() });
    refused(DecodeRequest { components: Components::Some(vec![1]), ..DecodeRequest::default() });
    refused(DecodeRequest { components: Components::Some(vec![0, 0]), ..DecodeRequest::default() });
    refused(DecodeRequest { components: Components::Some(vec![]), ..DecodeRequest::default() });
}

#[test]
fn components_of_different_sizes_are_not_interleaved() {
    let Some(folder) = data("htj2k-conformance") else { return };
    let coded = bytes(folder.join("ds0_ht_06_b18.j2k"));
    let error = decoder(1).decode_interleaved(&coded, &DecodeRequest::default(), &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("size differs"), "{error}");
    let one = DecodeRequest { components: Components::Some(vec![3]), ..DecodeRequest::default() };
    let image = decoder(1).decode_interleaved(&coded, &one, &Limits::default()).unwrap();
    assert_eq!((image.width, image.height, image.components), (257, 65, 1));
}

#[test]
fn a_region_decodes_only_the_blocks_it_needs() {
    let Some(folder) = data("bench") else { return };
    let coded = bytes(folder.join("RG2.j2c"));
    let codestream = Codestream::parse(&coded, &Limits::default()).unwrap();
    let plan = |request: &DecodeRequest| DecodePlan::new(&codestream, request, &Limits::default()).unwrap();
    let whole = plan(&DecodeRequest::default());
    let all = codestream.block_count(&Limits::default()).unwrap();
    assert_eq!(whole.block_count() as u64, all);
    assert!(whole.coded_bytes() <= coded.len() as u64 && whole.coded_bytes() > coded.len() as u64 * 99 / 100);
    let part = plan(&DecodeRequest { region: Some(Rect::new(800, 1000, 1000, 1200)), ..DecodeRequest::default() });
    // 200 x 200 samples reach 104 x 104 of the finest subbands, at most 3 x 3 blocks of each, and fewer further down.
    assert!(part.block_count() <= 3 * 9 + 3 * 4 * 4 + 4, "{} blocks", part.block_count());
    assert!(part.coded_bytes() < whole.coded_bytes() / 10, "{} bytes", part.coded_bytes());
    let coarse = plan(&DecodeRequest { reduction: 2, ..DecodeRequest::default() });
    assert!(coarse.coded_bytes() < whole.coded_bytes() / 4, "{} bytes", coarse.coded_bytes());
}
