//! Frames that a GPU decodes straight into graphics memory: every sample is the CPU's, and where that way is closed the next one is taken
//! and named. Needs an NVIDIA GPU with its Vulkan driver; what happens without one is tested without one.

use lightbox::event::Event;
use lightbox::services::{FrameState, ReadyFrame, ServiceOptions, Services};
use lightbox_codec::cuda::{self, SharedBuffer};
use lightbox_codec::{Backend, DecodeRequest, Decoder, EncodeRequest, Encoder, Interleaved, Limits, Samples};
use lightbox_model::FrameId;
use lightbox_model::study::Library;
use lightbox_render::{Error, Marks, Picture, Placed, Raster, Renderer, Ring};
use lightbox_source::{Catalogue, ImageSource, Pixels, ScanEvent, Stop};
use lightbox_tests::{data, renderer, say, skip};
use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Nothing in these tests takes this long.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of a shared buffer: a square of bytes of this edge fills it.
const EDGE: u32 = 4096;

/// A decoder on a GPU, or a loud skip.
fn gpu() -> Option<Decoder> {
    Decoder::new(Backend::Cuda).map_err(|why| skip("cuda", &why.to_string())).ok()
}

/// Buffers that the GPU writes and the renderer reads, or a loud skip.
fn shared(renderer: &Renderer, gpu: &Decoder) -> Option<(Ring, Vec<SharedBuffer>)> {
    let bytes = u64::from(EDGE) * u64::from(EDGE);
    let (ring, memories) = match renderer.ring(3, bytes) {
        Ok(shared) => shared,
        Err(Error::NotShared { why }) => {
            skip("zero-copy", &why);
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    if let Err(why) = gpu.use_gpu(memories[0].device) {
        skip("zero-copy", &why.to_string());
        return None;
    }
    let mut buffers = Vec::new();
    for memory in memories {
        match gpu.import(memory.handle, memory.bytes, memory.device) {
            Ok(buffer) => buffers.push(buffer),
            Err(why) => {
                skip("zero-copy", &why.to_string());
                return None;
            }
        }
    }
    Some((ring, buffers))
}

/// Codestreams of one or three components of up to 16 bits with what the CPU makes of them.
fn streams(folder: &Path, into: &mut Vec<(String, Vec<u8>, Interleaved)>) {
    let cpu = Decoder::new(Backend::Cpu).expect("the CPU decodes");
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "j2k" || e == "j2c"));
    paths.sort();
    for path in paths {
        let bytes = std::fs::read(&path).expect("a file");
        let Ok(image) = cpu.decode_interleaved(&bytes, &DecodeRequest::default(), &Limits::default()) else { continue };
        let small = image.samples.as_bytes().len() < 3 << 20;
        if matches!(image.components, 1 | 3) && image.bits <= 16 && small {
            into.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), bytes, image));
        }
    }
}

#[test]
fn a_thousand_frames_reach_their_textures_sample_for_sample() {
    let (Some(conformance), Some(bench)) = (data("htj2k-conformance"), data("bench")) else { return };
    let (Some(renderer), Some(gpu)) = (renderer(), gpu()) else { return };
    let Some((mut ring, buffers)) = shared(&renderer, &gpu) else { return };
    let mut all = Vec::new();
    streams(&conformance, &mut all);
    streams(&bench, &mut all);
    // Noise over the whole buffer, so that what is not written afterwards shows.
    let mut state = 1u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let samples = Samples::U8(noise.take((EDGE * EDGE) as usize).collect());
    let poison = Interleaved { width: EDGE, height: EDGE, components: 1, bits: 8, signed: false, samples, incomplete: None };
    let poison = Encoder::new().encode_interleaved(&poison, &EncodeRequest::default(), &Limits::default()).expect("it is encoded");

    let limits = Limits::default();
    let mut next = (0..).map(|n: usize| n * 7 % all.len());
    let (mut held, mut compared, mut declined, mut batches) = (VecDeque::<Vec<(usize, Picture)>>::new(), 0, 0, 0);
    let mut times = (Duration::ZERO, Duration::ZERO);
    while compared < 1000 {
        let buffer = &buffers[ring.turn().expect("a buffer")];
        let cover = (&poison[..], DecodeRequest::default(), buffer.rows(0, EDGE, 1).expect("it fits"));
        assert!(gpu.decode_many_to_device(&[cover], &limits)[0].is_ok());
        let (mut chosen, mut images, mut offset) = (Vec::new(), Vec::new(), 256 * (batches % 5));
        loop {
            let n = next.next().expect("it goes round");
            let (_, bytes, image) = &all[n];
            let raster = Raster::new(image.height, image.width, image.components, image.samples.kind()).expect("a raster");
            if offset + raster.bytes() > buffer.bytes().min(u64::from(EDGE) * u64::from(EDGE)) || chosen.len() == 48 {
                break;
            }
            let rows = buffer.rows(offset, raster.pitch(), raster.pixel()).expect("it fits");
            images.push((&bytes[..], DecodeRequest::default(), rows));
            chosen.push((n, Placed { offset, raster, marks: Marks::default() }));
            offset += raster.bytes();
        }
        let start = Instant::now();
        let results = gpu.decode_many_to_device(&images, &limits);
        let decoded = Instant::now();
        // The kernels need not take everything; what they refuse must say so.
        for (result, (n, _)) in results.iter().zip(&chosen) {
            if let Err(why) = result {
                assert!(matches!(why, lightbox_codec::Error::Device { .. }), "{}: {why}", all[*n].0);
                declined += 1;
            }
        }
        let done: Vec<_> = chosen.iter().zip(&results).filter(|(_, result)| result.is_ok()).map(|(chosen, _)| chosen).collect();
        let placed: Vec<Placed<'_>> = done.iter().map(|(_, placed)| *placed).collect();
        let pictures = ring.pictures(&placed);
        times = (times.0 + (decoded - start), times.1 + decoded.elapsed());
        held.push_back(done.iter().zip(pictures).map(|((n, _), picture)| (*n, picture.expect("a picture"))).collect());
        batches += 1;
        // Looked at only after the buffer they came from has been written again.
        if held.len() > 4 {
            for (n, picture) in held.pop_front().expect("it is not empty") {
                let (name, _, expected) = &all[n];
                assert!(renderer.samples(&picture).expect("samples") == expected.samples, "{name} in batch {batches}");
                compared += 1;
            }
        }
    }
    let name = gpu.gpu().expect("it is there").name;
    let (decode, copy) = (times.0.as_secs_f64() * 1e3, times.1.as_secs_f64() * 1e3);
    say(&format!(
        "{name}: {compared} frames of {} codestreams in {batches} batches as on the CPU, {declined} declined; \
         a batch is decoded in {:.2} ms and handed to its textures in {:.2} ms",
        all.len(),
        decode / f64::from(batches as u32),
        copy / f64::from(batches as u32),
    ));
    assert!(declined < compared / 4, "{declined} of {compared}");
}

#[test]
fn memory_of_another_device_is_refused_and_the_decoder_goes_on() {
    let Some(bench) = data("bench") else { return };
    let (Some(renderer), Some(gpu)) = (renderer(), gpu()) else { return };
    let Ok((_, memories)) = renderer.ring(2, 1 << 20) else { return };
    let stranger = [0x5A; 16];
    for memory in memories {
        let refused = gpu.import(memory.handle, memory.bytes, stranger).map(drop);
        assert!(matches!(&refused, Err(lightbox_codec::Error::Device { why }) if why.contains("another device")), "{refused:?}");
    }
    let refused = gpu.use_gpu(stranger);
    assert!(matches!(&refused, Err(lightbox_codec::Error::Device { why }) if why.contains("another device")), "{refused:?}");
    let bytes = std::fs::read(bench.join("CT1.j2c")).expect("a file");
    let decode = |decoder: &Decoder| decoder.decode_interleaved(&bytes, &DecodeRequest::default(), &Limits::default());
    assert_eq!(decode(&gpu), decode(&Decoder::new(Backend::Cpu).expect("the CPU decodes")));
    assert!(gpu.description().starts_with("CUDA"), "{}", gpu.description());
}

/// Services on a folder, its frames in the library's order, and what the CPU decodes of each.
struct Opened {
    services: Services,
    frames: Vec<FrameId>,
    expected: HashMap<FrameId, Pixels>,
}

fn open(folder: &Path, options: ServiceOptions) -> Option<Opened> {
    let services = Services::start(renderer()?, options, Arc::new(|| {})).expect("threads");
    let cpu = Decoder::new(Backend::Cpu).expect("the CPU decodes");
    let catalogue = Catalogue::new();
    let found = Mutex::new(Vec::new());
    catalogue.scan(&[folder.to_owned()], &Stop::default(), &|event| {
        if let ScanEvent::Object(header) = event {
            found.lock().expect("no panic").push(header);
        }
    });
    let pixels: HashMap<String, Pixels> = found
        .into_inner()
        .expect("no panic")
        .iter()
        .map(|header| {
            (header.sop_instance.clone(), catalogue.decode(FrameId { object: header.id, frame: 0 }, &cpu).expect("sound").pixels)
        })
        .collect();
    services.open(vec![folder.to_owned()]);
    let (mut library, mut expected, mut scanned) = (Library::default(), HashMap::new(), false);
    let start = Instant::now();
    while !scanned {
        assert!(start.elapsed() < PATIENCE);
        for event in services.events() {
            match event {
                Event::Objects(objects) => {
                    // From the first word on nothing is decoded that is not wanted.
                    services.set_wanted(vec![FrameId { object: objects[0].id, frame: 0 }]);
                    for object in objects {
                        expected.insert(FrameId { object: object.id, frame: 0 }, pixels[&object.sop_instance].clone());
                        library.insert(object);
                    }
                }
                Event::ScanFinished(_) => scanned = true,
                _ => {}
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let frames = library.all_series().iter().flat_map(|s| s.stacks()).flat_map(|s| s.frames.iter().copied()).collect();
    Some(Opened { services, frames, expected })
}

impl Opened {
    fn until(&self, what: &str, done: impl Fn(&Services) -> bool) {
        let start = Instant::now();
        while !done(&self.services) {
            assert!(start.elapsed() < PATIENCE, "waited in vain until {what}: {:?}", self.services.status());
            self.services.events();
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn ready(&self, id: FrameId) -> Arc<ReadyFrame> {
        self.until("it can be drawn", |services| !matches!(services.frame(id), FrameState::Pending));
        let FrameState::Ready(ready) = self.services.frame(id) else { panic!("a sound frame failed") };
        ready
    }
}

#[test]
fn a_series_is_decoded_in_batches_straight_into_textures_or_over_main_memory() {
    let Some(folder) = data("series/mr-head-mprage-sag") else { return };
    let (Some(gpu), Some(renderer)) = (gpu(), renderer()) else { return };
    let can = shared(&renderer, &gpu).is_some();
    for zero_copy in [true, false] {
        let options = ServiceOptions { backend: Backend::Cuda, zero_copy, ..Default::default() };
        let Some(opened) = open(&folder, options) else { return };
        opened.until("it is known who decodes", |services| services.status().decoder.starts_with("CUDA"));
        let start = Instant::now();
        opened.services.set_drawn(&opened.frames[100..101]);
        opened.services.set_wanted(opened.frames.clone());
        opened.until("all is decoded", |services| services.status().queued == 0);
        let took = start.elapsed();
        let status = opened.services.status();
        let way = match (zero_copy, can) {
            (true, true) => "straight into the texture",
            (false, _) => "over main memory: zero copy is switched off",
            (true, false) => "over main memory",
        };
        assert!(status.reason.starts_with(way) && status.failed == 0, "{status:?}");
        // What was looked at before stays where there is room.
        opened.services.set_wanted(opened.frames[..5].to_vec());
        opened.services.set_wanted(opened.frames.clone());
        assert!(opened.services.decoded(&opened.frames).iter().all(|decoded| *decoded));
        let mut only_there = 0;
        for &id in &opened.frames {
            let ready = opened.ready(id);
            only_there += usize::from(ready.decoded.samples().is_none());
            opened.until("its samples are there", |services| services.samples(&ready).is_some());
            assert!(ready.decoded.samples().expect("samples").pixels == opened.expected[&id], "{id:?}");
        }
        say(&format!(
            "{}, {}: {} images in {took:?}, {only_there} of them in graphics memory alone, last batch {:?}",
            status.decoder,
            status.reason,
            opened.frames.len(),
            status.batch
        ));
        assert_eq!(only_there > opened.frames.len() / 2, zero_copy && can);
        let batch = status.batch.expect("a batch");
        assert!(batch.images > 1 && batch.transfer.is_some() == (zero_copy && can), "{batch:?}");
    }
}

#[test]
fn without_a_gpu_the_cpu_decodes_and_the_reason_is_said() {
    let Err(why) = cuda::probe() else { return };
    let Some(folder) = data("series/mr-head-mprage-sag") else { return };
    let Some(opened) = open(&folder, ServiceOptions { threads: 1, ..Default::default() }) else { return };
    opened.until("it is known who decodes", |services| !services.status().reason.is_empty());
    let status = opened.services.status();
    assert!(status.decoder.starts_with("CPU"), "{status:?}");
    assert_eq!(status.reason, format!("not CUDA: {why}"));
    opened.services.set_wanted(opened.frames[..8].to_vec());
    opened.until("the CPU has decoded", |services| services.status().queued == 0);
    let ready = opened.ready(opened.frames[3]);
    assert!(ready.decoded.samples().expect("they never left main memory").pixels == opened.expected[&opened.frames[3]]);

    let forced = Services::new(ServiceOptions { backend: Backend::Cuda, ..Default::default() });
    assert_eq!(forced.err(), Some(why), "who asks for a GPU is told that there is none");
}
