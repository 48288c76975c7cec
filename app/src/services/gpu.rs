//! The thread that has a GPU decode: many frames in one launch series, straight into graphics memory where the graphics device shares
//! it, otherwise over main memory. It owns the GPU's decoder; whatever it cannot deliver the CPU's threads take.

use super::ready::{DecodedFrame, Facts, ReadyFrame};
use super::share::Means;
use super::shared::{Shared, yield_to_viewer};
use super::state::Batch;
use super::{Batched, prepare};
use crate::event::Event;
use lightbox_codec::cuda::SharedBuffer;
use lightbox_codec::{Backend, DecodeRequest, Decoder, GpuInfo, Limits};
use lightbox_model::FrameId;
use lightbox_render::{Placed, Raster, Renderer, Ring};
use lightbox_source::{EncodedFrame, FrameRequest, ImageSource, Outline};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Instant;

/// Buffers that are shared: one is written, one is copied from, one waits.
const BUFFERS: usize = 3;
/// Bytes of each: enough for a hundred slices of a computed tomogram, or two mammograms.
pub const BUFFER: u64 = 64 << 20;

/// The GPU, and the way from it to the graphics device.
struct Gpu {
    decoder: Decoder,
    info: GpuInfo,
    /// Reads bytes of frames.
    pool: rayon::ThreadPool,
    way: Result<Straight, String>,
}

/// Graphics memory that the GPU writes.
struct Straight {
    ring: Ring,
    buffers: Vec<SharedBuffer>,
}

/// A frame whose bytes are here.
struct Fetched {
    place: usize,
    encoded: EncodedFrame,
}

/// The thread.
pub fn run(shared: &Arc<Shared>) {
    yield_to_viewer();
    let mut gpu = match open(shared) {
        Ok(gpu) => gpu,
        Err(why) => return give_up(shared, why),
    };
    let Some(renderer) = shared.wait_work(|state| state.renderer.clone()) else { return };
    gpu.way = if shared.zero_copy { straight(&gpu.decoder, &renderer) } else { Err("zero copy is switched off".into()) };
    match gpu.decoder.gpu() {
        // It may be another one now: the one that draws.
        Ok(info) => gpu.info = info,
        Err(why) => return give_up(shared, why),
    }
    serve(shared, gpu);
}

/// Decodes batch after batch until the services stop or the GPU is lost.
fn serve(shared: &Arc<Shared>, mut gpu: Gpu) {
    gpu.announce(shared);
    while let Some(batch) = shared.wait_work(|state| state.next_batch()) {
        let ids: Vec<FrameId> = batch.frames.iter().map(|frame| frame.id).collect();
        let generation = batch.generation;
        let ran = shared.guarded("decoding on the GPU", || gpu.run(shared, batch));
        // Whatever came of it, nothing stays in work: what was delivered is not there any more to be given up.
        shared.state().leave(generation, &ids);
        let lost = gpu.decoder.gpu().err().or(ran.err());
        if let Some(why) = lost {
            log::warn!("the GPU is not used any more: {why}");
            return give_up(shared, why);
        }
        shared.notify_work();
    }
}

/// The CPU has it all from now on.
fn give_up(shared: &Shared, why: String) {
    shared.state().set_gpu(None, Err(why));
    shared.waker.soon();
    shared.notify_work();
}

fn open(shared: &Shared) -> Result<Gpu, String> {
    // Everything that it is given it is to decode: whether that pays has been decided by then.
    let decoder = Decoder::new(Backend::Cuda).map_err(why)?.threads(shared.threads);
    let info = decoder.gpu()?;
    Ok(Gpu { decoder, info, pool: shared.pool("lightbox-fetch")?, way: Err("it is being prepared".into()) })
}

/// What is wrong with a device, without more words around it.
fn why(error: lightbox_codec::Error) -> String {
    match error {
        lightbox_codec::Error::Device { why } => why,
        other => other.to_string(),
    }
}

/// Buffers of the graphics device, for the GPU to write.
fn straight(decoder: &Decoder, renderer: &Renderer) -> Result<Straight, String> {
    let (ring, memories) = renderer.ring(BUFFERS, BUFFER.min(renderer.limits().max_buffer_size)).map_err(|e| e.to_string())?;
    if let Some(memory) = memories.first() {
        decoder.use_gpu(memory.device).map_err(why)?;
    }
    let import = |memory: lightbox_render::SharedMemory| decoder.import(memory.handle, memory.bytes, memory.device);
    let buffers = memories.into_iter().map(import).collect::<Result<_, _>>().map_err(why)?;
    Ok(Straight { ring, buffers })
}

impl Gpu {
    fn announce(&self, shared: &Shared) {
        let way = self.way.as_ref().map(|_| ()).map_err(Clone::clone);
        let mut state = shared.state();
        // The rest of the GPU's memory is for decoding, and for other programs.
        let textures = way.is_ok().then(|| (self.info.memory / 4).min(state.picture_budget() / 4 * 3));
        let means = Means { textures, forced: shared.backend == Backend::Cuda, threads: shared.threads };
        state.set_gpu(Some(means), Ok((self.info.name.clone(), way)));
        drop(state);
        shared.waker.soon();
        shared.notify_work();
    }

    fn run(&mut self, shared: &Shared, batch: Batch) {
        let catalogue = &batch.catalogue;
        let fetch = |(place, frame): (usize, &super::state::Wanted)| {
            let encoded = catalogue.encoded_frame(frame.id).ok()?;
            Some(Fetched { place, encoded })
        };
        let fetched: Vec<Fetched> = self.pool.install(|| batch.frames.par_iter().enumerate().filter_map(fetch).collect());
        match (&mut self.way, batch.straight) {
            (Ok(straight), true) => run_straight(&self.decoder, straight, shared, &batch, &fetched),
            _ => self.run_over_memory(shared, &batch, &fetched),
        }
    }

    /// Decodes into main memory, from where frames go on as if the CPU had decoded them.
    fn run_over_memory(&self, shared: &Shared, batch: &Batch, fetched: &[Fetched]) {
        let request = DecodeRequest::default();
        let start = Instant::now();
        let frames: Vec<FrameRequest<'_>> = fetched
            .iter()
            .map(|f| FrameRequest { image: &batch.frames[f.place].image.header, encoded: &f.encoded, request: &request })
            .collect();
        let pictures = lightbox_source::decode_frames(&frames, &self.decoder);
        let took = start.elapsed();
        let each = took / pictures.len().max(1) as u32;
        shared.state().batched(Batched { images: pictures.len(), decode: took, transfer: None });
        let mut news = Told::new(batch);
        for (fetched, picture) in fetched.iter().zip(pictures) {
            let frame = &batch.frames[fetched.place];
            // An error is the CPU's to confirm and to put into words.
            let Ok(picture) = picture else { continue };
            let decoded = prepare::finish(frame.id, frame.image.clone(), picture, each);
            let failed = decoded.is_err();
            news.hear(shared, frame.id, failed, shared.state().decoded(batch.generation, frame.id, decoded, Instant::now()));
        }
        news.tell(shared);
    }
}

/// Decodes into shared buffers, as many frames at a time as one holds, and copies them from there into textures.
fn run_straight(decoder: &Decoder, straight: &mut Straight, shared: &Shared, batch: &Batch, fetched: &[Fetched]) {
    let outlined = |fetched: &Fetched| {
        let header = &*batch.frames[fetched.place].image.header;
        let outline = lightbox_source::outline(header, &fetched.encoded, decoder).ok()??;
        let layout = &outline.layout;
        let raster = Raster::new(layout.height, layout.width, layout.components, layout.kind).ok()?.read_as(outline.signed);
        Some((outline, raster))
    };
    let outlines: Vec<_> = fetched.iter().map(outlined).collect();
    let mut rest: Vec<(&Fetched, &Outline, Raster)> =
        fetched.iter().zip(&outlines).filter_map(|(f, o)| o.as_ref().map(|(outline, raster)| (f, outline, *raster))).collect();
    let size = straight.buffers.iter().map(SharedBuffer::bytes).min().unwrap_or(0).min(BUFFER);
    rest.retain(|(_, _, raster)| raster.bytes() <= size);
    let mut batched = Batched::default();
    let mut news = Told::new(batch);
    while !rest.is_empty() {
        let mut end = 0;
        let fits = |(_, _, raster): &&(&Fetched, &Outline, Raster)| {
            end += raster.bytes();
            end <= size
        };
        let later = rest.split_off(rest.iter().take_while(fits).count());
        let series = Series { decoder, batch, frames: &rest };
        if let Err(why) = series.run(straight, shared, &mut batched, &mut news) {
            log::warn!("frames were not put straight into graphics memory: {why}");
            break;
        }
        rest = later;
    }
    if batched.images > 0 {
        shared.state().batched(batched);
    }
    news.tell(shared);
}

/// Frames that fit into a buffer together.
struct Series<'a> {
    decoder: &'a Decoder,
    batch: &'a Batch,
    frames: &'a [(&'a Fetched, &'a Outline, Raster)],
}

impl Series<'_> {
    fn run(&self, straight: &mut Straight, shared: &Shared, batched: &mut Batched, news: &mut Told) -> Result<(), String> {
        let start = Instant::now();
        let turn = straight.ring.turn().map_err(|e| e.to_string())?;
        let buffer = &straight.buffers[turn];
        let (mut images, mut placed, mut offset) = (Vec::new(), Vec::new(), 0);
        for (fetched, _, raster) in self.frames {
            let header = &*self.batch.frames[fetched.place].image.header;
            let rows = buffer.rows(offset, raster.pitch(), raster.pixel()).map_err(|e| e.to_string())?;
            images.push((&fetched.encoded.bytes[..], DecodeRequest::default(), rows));
            placed.push(Placed { offset, raster: *raster, marks: prepare::marks(header) });
            offset += raster.bytes();
        }
        let results = self.decoder.decode_many_to_device(&images, &Limits::default());
        let decoded = Instant::now();
        let mut whole = Vec::with_capacity(results.len());
        let mut places = Vec::with_capacity(results.len());
        for (n, result) in results.into_iter().enumerate() {
            match result {
                Ok((_, incomplete)) => {
                    whole.push((n, incomplete.map(|incomplete| incomplete.to_string())));
                    places.push(placed[n]);
                }
                // The CPU's to confirm and to put into words.
                Err(error) => log::debug!("a frame is left to the CPU: {error}"),
            }
        }
        let pictures = straight.ring.pictures(&places);
        batched.images += whole.len();
        batched.decode += decoded - start;
        *batched.transfer.get_or_insert_default() += decoded.elapsed();
        let each = (decoded - start) / self.frames.len() as u32;
        for ((n, partial), picture) in whole.into_iter().zip(pictures) {
            let (fetched, outline, _) = self.frames[n];
            let picture = picture.map_err(|e| e.to_string())?;
            let frame = &self.batch.frames[fetched.place];
            let facts = Facts::of_outline(outline, fetched.encoded.bytes.len(), partial);
            let Ok(initial) = prepare::initial(frame.id, &frame.image, facts.delivered, None) else { continue };
            let decoded = DecodedFrame {
                id: frame.id,
                image: frame.image.header.clone(),
                decode_time: each,
                initial,
                samples: OnceLock::new(),
                histogram: OnceLock::new(),
                facts,
            };
            let drawn = decoded.facts.delivered;
            let ready = ReadyFrame { decoded: Arc::new(decoded), picture, drawn, management: Default::default() };
            let waited_for = shared.state().delivered(self.batch.generation, Arc::new(ready), Instant::now());
            news.hear(shared, frame.id, false, waited_for);
        }
        Ok(())
    }
}

/// What the viewer is to be told of a batch.
struct Told {
    /// Of the batch.
    generation: u64,
    any: bool,
    urgent: bool,
}

impl Told {
    fn new(batch: &Batch) -> Self {
        Self { generation: batch.generation, any: false, urgent: false }
    }

    /// Takes note of a frame; `waited_for` as [`super::state::State::decoded`] answers.
    fn hear(&mut self, shared: &Shared, id: FrameId, failed: bool, waited_for: Option<bool>) {
        let Some(waited_for) = waited_for else { return };
        shared.post_of(self.generation, if failed { Event::FrameFailed(id) } else { Event::FrameDecoded(id) });
        self.any = true;
        self.urgent |= waited_for;
    }

    /// Wakes the viewer.
    fn tell(self, shared: &Shared) {
        match self {
            Self { urgent: true, .. } => shared.waker.now(),
            Self { any: true, .. } => shared.waker.soon(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::{FrameState, ServiceOptions, Services};
    use std::time::Duration;

    /// Nothing takes this long.
    const PATIENCE: Duration = Duration::from_secs(120);

    fn until(what: &str, mut done: impl FnMut() -> bool) {
        let start = Instant::now();
        while !done() {
            assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A decoder without a GPU stands in for one that delivers a batch over main memory and is lost then.
    #[test]
    fn a_batch_comes_over_main_memory_and_the_cpu_goes_on_when_the_gpu_is_lost() {
        let Ok(device) = lightbox_render::device_headless() else {
            eprintln!("SKIPPED a_batch_comes_over_main_memory: no graphics adapter");
            return;
        };
        let renderer = Renderer::new(device.device, device.queue, wgpu::TextureFormat::Rgba8Unorm).unwrap();
        let options = ServiceOptions { threads: 1, backend: Backend::Cpu, ..Default::default() };
        let services = Services::start(renderer, options, Arc::new(|| {})).unwrap();
        assert_eq!(services.status().reason, "not CUDA: the CPU was asked for");
        services.open_demo();
        let mut frames: Vec<FrameId> = Vec::new();
        until("some of the demo study is made", || {
            for event in services.events() {
                if let Event::Objects(objects) = event {
                    frames.extend(objects.iter().map(|object| FrameId { object: object.id, frame: 0 }));
                    // From the first word on nothing is decoded that is not wanted.
                    services.set_wanted(frames[..1].to_vec());
                }
            }
            frames.len() > 40
        });

        let shared = services.shared.clone();
        let decoder = Decoder::new(Backend::Cpu).unwrap().threads(1);
        let gpu = Gpu {
            decoder,
            info: GpuInfo { name: "Stand-in".into(), memory: 1 << 30 },
            pool: shared.pool("test").unwrap(),
            way: Err("zero copy is switched off".into()),
        };
        let server = {
            let shared = shared.clone();
            std::thread::spawn(move || serve(&shared, gpu))
        };
        until("the GPU is announced", || services.status().decoder == "CUDA Stand-in");
        assert_eq!(services.status().reason, "over main memory: zero copy is switched off");
        services.set_wanted(frames.clone());
        server.join().unwrap();
        let batch = services.status().batch.expect("a batch was decoded");
        assert!(batch.images > 1 && batch.transfer.is_none(), "{batch:?}");
        let reason = services.status().reason;
        assert_eq!(reason, "not CUDA: the CPU was asked for", "why the stand-in is of no more use");

        until("the CPU has decoded the rest", || services.status().queued == 0);
        assert!(services.decoded(&frames).iter().all(|decoded| *decoded) && services.status().failed == 0);
        let cpu = Decoder::new(Backend::Cpu).unwrap();
        for &id in frames.iter().step_by(7) {
            // A worker may just be putting it into graphics memory.
            until("it can be drawn", || !matches!(services.frame(id), FrameState::Pending));
            let FrameState::Ready(ready) = services.frame(id) else { panic!("it is sound") };
            let catalogue = shared.state().catalogue.clone();
            assert_eq!(ready.decoded.samples().unwrap().pixels, catalogue.decode(id, &cpu).unwrap().pixels);
        }
    }
}
