//! Whole codestreams: what the kernels make of them equals what the CPU makes, bit for bit, 9/7 included.

use std::borrow::Cow;

use super::{Left, Runner, files, runners, say};
use crate::codestream::Codestream;
use crate::cuda::DeviceRows;
use crate::cuda::part::{Form, Part, Refusal};
use crate::cuda::series::Series;
use crate::plan::DecodePlan;
use crate::{Backend, DecodeRequest, Decoder, Image, Limits, Rect};

/// Small ones of every kind: both wavelets, RCT and ICT, subsampled and signed components, offsets, tiles, refinement passes,
/// several HT sets, a region of interest, one column and one row; arithmetic blocks in many styles, alone and beside others.
const STREAMS: [&str; 22] = [
    "ds0_ht_01_b11.j2k",
    "ds0_ht_02_b12.j2k",
    "ds0_ht_03_b14.j2k",
    "ds0_ht_06_b18.j2k",
    "ds0_ht_09_b11.j2k",
    "ds0_ht_10_b11.j2k",
    "ds0_ht_11_b10.j2k",
    "ds0_ht_12_b11.j2k",
    "ds0_ht_14_b11.j2k",
    "ds0_ht_15_b14.j2k",
    "ds1_ht_01_b12.j2k",
    "ds1_ht_06_b11.j2k",
    "ds1_ht_07_b11.j2k",
    "hifi_ht1_02.j2k",
    "ds0_hm_06_b11.j2k",
    "ds0_hm_15_b8.j2k",
    "p0_02.j2k",
    "p0_03.j2k",
    "p0_06.j2k",
    "p0_09.j2k",
    "p1_01.j2k",
    "p1_06.j2k",
];

fn cpu(bytes: &[u8], request: &DecodeRequest) -> Result<Image, crate::Error> {
    Decoder::new(Backend::Cpu).expect("the CPU is always there").threads(1).decode(bytes, request, &Limits::default())
}

fn planned<'a>(bytes: &'a [u8], request: &DecodeRequest) -> Result<DecodePlan<'a>, crate::Error> {
    DecodePlan::new(&Codestream::parse(bytes, &Limits::default())?, request, &Limits::default())
}

/// Compares the planes of one part with the CPU's image.
fn assert_same(series: &Series, part: usize, left: &Left, image: &Image, what: &str) {
    let plan = &series.parts()[part].plan;
    for (plane, &place) in image.components.iter().zip(plan.wanted()) {
        let expected = plane.samples.as_bytes();
        let start = series.plane_start(part, place);
        assert!(left.output[start..start + expected.len()] == *expected, "{what}: plane {place}");
    }
}

/// Runs requests in one series and compares each.
fn compare(runner: &mut Runner, work: &[(&str, &[u8], DecodeRequest)]) {
    let plan = |&(name, bytes, ref request): &(&str, _, _)| planned(bytes, request).unwrap_or_else(|e| panic!("{name}: {e}"));
    let plans: Vec<DecodePlan> = work.iter().map(plan).collect();
    let parts = plans.iter().zip(work).map(|(plan, (name, ..))| match Part::new(Cow::Borrowed(plan), Form::Planar, None, None) {
        Ok(part) => part,
        Err(Refusal::Declined(why)) => panic!("{name} is declined: {why}"),
        Err(Refusal::Failed(error)) => panic!("{name}: {error}"),
    });
    let series = Series::new(parts.collect(), 0, 4);
    let left = runner.run(&series);
    for (part, (verdict, (name, bytes, request))) in series.verdicts(&left.status).into_iter().zip(work).enumerate() {
        let what = format!("{name}, {request:?} on {}", runner.name());
        verdict.unwrap_or_else(|e| panic!("{what}: {e:?}"));
        assert_same(&series, part, &left, &cpu(bytes, request).expect("the CPU decodes it"), &what);
    }
}

#[test]
fn small_streams_side_by_side_equal_the_cpu() {
    let streams: Vec<(&str, Vec<u8>)> =
        STREAMS.iter().filter_map(|name| Some((*name, files::read(&format!("htj2k-conformance/{name}"))?))).collect();
    for mut runner in runners() {
        let whole: Vec<_> = streams.iter().map(|(name, bytes)| (*name, &bytes[..], DecodeRequest::default())).collect();
        compare(&mut runner, &whole);
        let mut parts = Vec::new();
        for (name, bytes) in &streams {
            let info = crate::inspect(bytes, &Limits::default()).expect("sound headers");
            let area = info.area();
            let (width, height) = (area.x1 - area.x0, area.y1 - area.y0);
            let (x, y) = (area.x0 + width / 3, area.y0 + height / 5);
            let region = Rect::new(x, y, x + width.div_ceil(4), y + height.div_ceil(2));
            for reduction in [0, info.levels.min(2)] {
                let request = DecodeRequest { region: Some(region), reduction, ..DecodeRequest::default() };
                if cpu(bytes, &request).is_ok() {
                    parts.push((*name, &bytes[..], request));
                }
            }
        }
        compare(&mut runner, &parts);
        say(&format!("{}: {} streams and {} parts of them as on the CPU", runner.name(), whole.len(), parts.len()));
    }
}

#[test]
fn rows_are_written_where_the_caller_says() {
    let names = ["ds0_ht_01_b11.j2k", "ds0_ht_09_b11.j2k", "hifi_ht1_02.j2k"];
    let streams: Vec<_> =
        names.iter().filter_map(|name| Some((*name, files::read(&format!("htj2k-conformance/{name}"))?))).collect();
    let limits = Limits::default();
    let cpu = Decoder::new(Backend::Cpu).expect("the CPU is always there").threads(1);
    let images: Vec<_> = streams
        .iter()
        .flat_map(|(name, bytes)| [0, 1].map(|reduction| (*name, bytes, DecodeRequest { reduction, ..DecodeRequest::default() })))
        .map(|(name, bytes, request)| {
            let expected = cpu.decode_interleaved(bytes, &request, &limits).unwrap_or_else(|e| panic!("{name}: {e}"));
            (name, expected, planned(bytes, &request).expect("it was decoded before"))
        })
        .collect();
    for mut runner in runners() {
        let gap = 10;
        // Each behind the last, with a gap behind every row, and behind every pixel of every other image.
        let (mut places, mut bytes) = (Vec::new(), 0);
        for (n, (_, expected, _)) in images.iter().enumerate() {
            let size = expected.samples.kind().bytes();
            let own = usize::from(expected.components) * size;
            let pixel = own + n % 2 * size;
            let pitch = expected.width as usize * pixel + gap;
            places.push((bytes, own, pixel, pitch));
            bytes = (bytes + pitch * expected.height as usize).next_multiple_of(16);
        }
        let base = runner.foreign(bytes);
        let mut parts = Vec::new();
        for ((name, _, plan), &(start, _, pixel, pitch)) in images.iter().zip(&places) {
            let rows = DeviceRows { address: base + start as u64, pitch: pitch as u32, pixel: pixel as u32 };
            parts.push(
                Part::new(Cow::Borrowed(plan), Form::Device(rows), None, None)
                    .unwrap_or_else(|_| panic!("the kernels take {name}")),
            );
        }
        let series = Series::new(parts, 0, 4);
        assert_eq!(series.size.output, 0, "nothing is written elsewhere");
        let left = runner.run_into(&series, bytes);
        for ((name, expected, _), (start, own, pixel, pitch)) in images.iter().zip(places) {
            // Everything between the pixels is as it was.
            let mut whole = vec![0xA5; pitch * expected.height as usize];
            for (n, samples) in expected.samples.as_bytes().chunks(own).enumerate() {
                let (y, x) = (n / expected.width as usize, n % expected.width as usize);
                whole[y * pitch + x * pixel..][..own].copy_from_slice(samples);
            }
            let left = &left[start..start + whole.len()];
            let wrong = left.iter().zip(&whole).position(|(a, b)| a != b);
            assert_eq!(wrong, None, "{name} on {}: the first wrong byte of rows of {pitch}", runner.name());
        }
    }
}

#[test]
fn damage_has_the_verdict_of_the_cpu() {
    let Some(original) = files::read("htj2k-conformance/ds0_ht_02_b12.j2k") else { return };
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    let mut next = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % n
    };
    for mut runner in runners() {
        let rounds = if runner.is_device() { 2000 } else { 60 };
        let damaged: Vec<Vec<u8>> = (0..rounds)
            .map(|_| {
                let mut bytes = original.clone();
                // Behind the headers: those are read before there is a plan.
                let at = 400 + next(bytes.len() - 400);
                bytes[at] ^= 1 << next(8);
                bytes
            })
            .collect();
        let request = DecodeRequest::default();
        // Damaged packet headers fail before there is a plan.
        let plans: Vec<(DecodePlan, &Vec<u8>)> = damaged.iter().filter_map(|b| Some((planned(b, &request).ok()?, b))).collect();
        let (mut parts, mut taken, mut refused) = (Vec::new(), Vec::new(), 0);
        for (plan, bytes) in &plans {
            match Part::new(Cow::Borrowed(plan), Form::Planar, None, None) {
                Ok(part) => {
                    parts.push(part);
                    taken.push(*bytes);
                }
                Err(Refusal::Failed(_)) => {
                    assert!(cpu(bytes, &request).is_err(), "only the device refuses it");
                    refused += 1;
                }
                Err(Refusal::Declined(why)) => panic!("{why}"),
            }
        }
        let series = Series::new(parts, 0, 4);
        let left = runner.run(&series);
        for (part, (verdict, bytes)) in series.verdicts(&left.status).into_iter().zip(taken).enumerate() {
            match cpu(bytes, &request) {
                Ok(image) => {
                    assert_eq!(verdict, Ok(()), "the CPU decodes it");
                    assert_same(&series, part, &left, &image, "a damaged stream");
                }
                Err(error) => {
                    // The CPU, which decodes two blocks at a time, may meet another of several faults first.
                    let Err(Refusal::Failed(refusal)) = verdict else { panic!("{verdict:?} where the CPU says {error}") };
                    assert_eq!(std::mem::discriminant(&refusal), std::mem::discriminant(&error), "{refusal} and {error}");
                    refused += 1;
                }
            }
        }
        say(&format!("{}: {refused} of {rounds} damaged streams are refused as on the CPU", runner.name()));
        assert!(refused > 10 && refused < rounds, "both are met");
    }
}
