//! The GPU against the CPU, on everything there is: samples bit for bit, and the same verdict on what is damaged.

use lightbox_codec::{Backend, DecodeRequest, Decoder, Limits, Rect, cuda, inspect};

use crate::common::{bytes, data, decoder, files, name, say};

/// A decoder that uses the GPU for all it can; `None` after a loud message where there is none.
fn gpu() -> Option<Decoder> {
    match Decoder::new(Backend::Cuda) {
        Ok(decoder) => Some(decoder),
        Err(error) => {
            let required = std::env::var("LIGHTBOX_REQUIRE").unwrap_or_default();
            assert!(!required.split(',').any(|r| r.trim() == "cuda"), "{error}");
            say(&format!("SKIPPED {}: {error}", std::thread::current().name().unwrap_or("test")));
            None
        }
    }
}

/// Decodes on both and compares samples or verdicts; tells whether there was a picture.
fn same(gpu: &Decoder, cpu: &Decoder, coded: &[u8], request: &DecodeRequest, what: &str) -> bool {
    let limits = Limits { pixels: 1 << 26, ..Limits::default() };
    match (gpu.decode(coded, request, &limits), cpu.decode(coded, request, &limits)) {
        (Ok(a), Ok(b)) => assert!(a == b, "{what}: other samples than the CPU's"),
        (Err(a), Err(b)) => {
            assert_eq!(std::mem::discriminant(&a), std::mem::discriminant(&b), "{what}: {a} and {b}");
            return false;
        }
        (a, b) => panic!("{what}: {:?} and {:?}", a.err(), b.err()),
    }
    true
}

#[test]
fn every_codestream_is_as_on_the_cpu() {
    let (Some(conformance), Some(bench)) = (data("htj2k-conformance"), data("bench")) else { return };
    let Some(gpu) = gpu() else { return };
    let cpu = decoder(0);
    let mut all = files(&conformance, |n| n.ends_with(".j2k") || n.ends_with(".j2c"));
    all.extend(files(&bench, |n| n.ends_with(".j2c") || n.ends_with(".j2k")));
    let (mut pictures, mut errors) = (0, 0);
    for file in all {
        if same(&gpu, &cpu, &bytes(&file), &DecodeRequest::default(), &name(&file)) { pictures += 1 } else { errors += 1 }
    }
    say(&format!("{}: {pictures} codestreams as on the CPU, {errors} refused by both", gpu.description()));
    assert!(pictures > 30);
}

#[test]
fn regions_and_reductions_are_as_on_the_cpu() {
    let (Some(conformance), Some(bench)) = (data("htj2k-conformance"), data("bench")) else { return };
    let Some(gpu) = gpu() else { return };
    let cpu = decoder(0);
    let small = |p: &std::path::PathBuf| std::fs::metadata(p).is_ok_and(|m| m.len() < 500_000);
    let mut all = files(&conformance, |n| n.ends_with(".j2k"));
    all.extend(files(&bench, |n| n.ends_with(".j2c")));
    all.retain(small);
    let mut state = 0x1234_5678_9ABCu64;
    let mut below = |n: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % u64::from(n.max(1))) as u32
    };
    let mut compared = 0;
    while compared < 2000 {
        for file in &all {
            let coded = bytes(file);
            let area = inspect(&coded, &Limits::default()).unwrap().area();
            let mut edge = |from: u32, to: u32| {
                let (a, b) = (from + below(to - from), from + below(to - from));
                (a.min(b), a.max(b) + 1)
            };
            let ((x0, x1), (y0, y1)) = (edge(area.x0, area.x1), edge(area.y0, area.y1));
            let request =
                DecodeRequest { region: Some(Rect::new(x0, y0, x1, y1)), reduction: below(4) as u8, ..DecodeRequest::default() };
            same(&gpu, &cpu, &coded, &request, &format!("{}, {request:?}", name(file)));
            compared += 1;
        }
    }
    say(&format!("{compared} regions and reductions as on the CPU"));
}

#[test]
fn damaged_files_have_the_verdict_of_the_cpu_and_leave_the_gpu_alive() {
    let (Some(malformed), Some(conformance)) = (data("malformed"), data("htj2k-conformance")) else { return };
    let Some(gpu) = gpu() else { return };
    let cpu = decoder(0);
    let mut all = files(&malformed.join("codestream"), |n| !n.ends_with(".pgx"));
    all.extend(files(&malformed.join("derived"), |n| n.ends_with(".j2c")));
    let mut errors = all.iter().filter(|f| !same(&gpu, &cpu, &bytes(f), &DecodeRequest::default(), &name(f))).count();
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut next = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    };
    let small = |p: &std::path::PathBuf| std::fs::metadata(p).is_ok_and(|m| m.len() < 40_000);
    for seed in files(&conformance, |n| n.ends_with(".j2k")).into_iter().filter(small) {
        let original = bytes(&seed);
        for round in 0..60 {
            let mut coded = original.clone();
            for _ in 0..=next(3) {
                let at = next(coded.len());
                coded[at] ^= 1 << next(8);
            }
            errors += usize::from(!same(&gpu, &cpu, &coded, &DecodeRequest::default(), &format!("{} round {round}", name(&seed))));
        }
    }
    let intact = bytes(malformed.join("derived/intact.j2c"));
    assert!(same(&gpu, &cpu, &intact, &DecodeRequest::default(), "after all the damage"));
    assert!(gpu.description().starts_with("CUDA "), "{}", gpu.description());
    say(&format!("{errors} damaged streams refused by both"));
}

#[test]
fn many_images_at_once_are_as_one_by_one() {
    let Some(bench) = data("bench") else { return };
    let Some(gpu) = gpu() else { return };
    let cpu = decoder(0);
    let coded: Vec<Vec<u8>> =
        files(&bench, |n| n != "MG1.j2c" && (n.ends_with(".j2c") || n.ends_with(".j2k"))).iter().map(bytes).collect();
    let mut damaged = coded[0].clone();
    damaged.truncate(20_000);
    let mut images: Vec<(&[u8], DecodeRequest)> = Vec::new();
    for round in 0..8u8 {
        images.extend(coded.iter().map(|c| (&c[..], DecodeRequest { reduction: round % 3, ..DecodeRequest::default() })));
        images.push((&damaged, DecodeRequest::default()));
    }
    let expected: Vec<_> =
        images.iter().map(|(coded, request)| cpu.decode_interleaved(*coded, request, &Limits::default())).collect();
    let mut gpu = gpu;
    for count in [1, 2] {
        gpu = match gpu.gpus(count) {
            Ok(gpu) => gpu,
            Err(why) => return say(&format!("SKIPPED many images on {count} GPUs: {why}")),
        };
        for (result, expected) in gpu.decode_many(&images, &Limits::default()).iter().zip(&expected) {
            assert!(result == expected, "on {count} GPUs: {:?} and {:?}", result.as_ref().err(), expected.as_ref().err());
        }
        say(&format!("{}: {} images side by side as one by one", gpu.description(), images.len()));
    }
}

#[test]
fn what_is_not_for_the_kernels_goes_to_the_cpu_and_it_is_said() {
    let Some(gpu) = gpu() else { return };
    let probe = cuda::probe().expect("there is a device");
    assert!(gpu.description().contains(&probe.0));
    // Samples of more than 16 bits are no work for the kernels.
    let coded = include_bytes!("../fixtures/wide/17-unsigned.j2c");
    assert!(same(&gpu, &decoder(0), coded, &DecodeRequest::default(), "samples of 17 bits"));
    assert!(gpu.description().contains("at times CPU") && gpu.description().contains("17 bits"), "{}", gpu.description());
}
