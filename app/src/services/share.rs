//! What of the wanted frames is for a GPU, and where it puts them.

use super::gpu::BUFFER;
use super::prepare::Image;
use lightbox_model::display::{InitialVoi, VoiOrigin};
use lightbox_model::image::ImageHeader;
use lightbox_model::{FrameId, ObjectId};
use lightbox_render::Raster;
use std::collections::{HashMap, HashSet};

/// Nanoseconds that one CPU thread takes for a sample, and that a GPU takes before it has decoded anything: `README.md` and
/// `kernels/NOTES.md` have the measurements, which need only be right within a factor of two.
const CPU_SAMPLE: f64 = 1.7;
const GPU_RUN: f64 = 350_000.0;

/// The GPU's share of the work. Without a GPU it is empty.
#[derive(Debug, Default)]
pub struct Share {
    means: Option<Means>,
    /// A GPU was asked for, and it is not known yet what it can do: what is for it waits.
    awaited: bool,
    /// Frames that the GPU did not deliver: the CPU takes them.
    left: HashSet<FrameId>,
    /// Frames for which there was no room: nobody is to decode them again before something else is wanted.
    refused: HashSet<FrameId>,
    /// There is enough to do for the GPU to be the faster one.
    worth: bool,
    /// The best wanted frame.
    first: Option<FrameId>,
    /// So many of the best wanted frames go straight into graphics memory.
    reach: usize,
    /// Bytes that are left there.
    spare: u64,
}

/// What a GPU can do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Means {
    /// Most bytes of textures that it may fill without a way over main memory; `None` where it cannot.
    pub textures: Option<u64>,
    /// It was asked for: then it decodes whatever it can, whether or not the CPU would be faster.
    pub forced: bool,
    /// Threads of the CPU that it competes with.
    pub threads: usize,
}

impl Share {
    /// One without a GPU so far. With `awaited` frames wait until it is known what the GPU can do.
    pub fn new(awaited: bool) -> Self {
        Self { awaited, ..Self::default() }
    }

    /// A GPU is there, or is not any more.
    pub fn set_means(&mut self, means: Option<Means>) {
        (self.means, self.awaited) = (means, false);
        self.left.clear();
    }

    /// Forgets what is known of frames.
    pub fn clear(&mut self) {
        self.left.clear();
        self.divide(&[], &HashMap::new(), |_| false);
    }

    /// Takes a new list of `wanted` frames, best first: those of them that are still to be decoded are `missing`.
    pub fn divide(&mut self, wanted: &[FrameId], images: &HashMap<ObjectId, Image>, missing: impl Fn(FrameId) -> bool) {
        self.refused.clear();
        (self.worth, self.reach, self.spare, self.first) = (false, 0, 0, wanted.first().copied());
        let Some(means) = self.means else { return };
        let header = |id: &FrameId| images.get(&id.object).map(|image| &*image.header);
        let mut left = means.textures.unwrap_or(0);
        let fits = |id: &&FrameId| match left.checked_sub(header(id).and_then(raster).map_or(0, |raster| raster.bytes())) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        };
        if means.textures.is_some() {
            self.reach = wanted.iter().take_while(fits).count();
            self.spare = left;
        }
        let enough = if means.forced { 1.0 } else { GPU_RUN * means.threads as f64 / CPU_SAMPLE };
        let mut samples = 0.0;
        self.worth = wanted.iter().filter(|&&id| missing(id)).filter_map(header).filter(|header| suits(header)).any(|header| {
            samples += f64::from(header.rows) * f64::from(header.columns) * f64::from(header.format.samples);
            samples >= enough
        });
    }

    /// Whether a frame is left to the GPU. The very best one, on which somebody waits, is not where the CPU has it before a whole batch is
    /// through.
    pub fn takes(&self, id: FrameId, image: &ImageHeader) -> bool {
        let Some(means) = self.means.filter(|_| self.worth) else { return self.awaited && suits(image) };
        let quick = self.first == Some(id) && u64::from(image.rows) * u64::from(image.columns) < super::state::LARGE;
        suits(image) && (means.forced || !quick) && !self.left.contains(&id) && !self.refused.contains(&id)
    }

    /// How a frame of this rank lies in a shared buffer, if it goes straight into graphics memory. Frames whose first window or colours
    /// are computed from their samples go over main memory, as do those that are larger than a buffer.
    pub fn straight(&self, id: FrameId, rank: usize, image: &Image) -> Option<Raster> {
        let header = &image.header;
        let plain = header.icc.is_none() || header.format.photometric.is_grey();
        let raster = raster(header).filter(|raster| rank < self.reach && plain && raster.bytes() <= BUFFER);
        let known = || InitialVoi::choose(header, &image.modality, id.frame, None).origin != VoiOrigin::FullRange;
        raster.filter(|_| known())
    }

    /// Whether a frame of this rank stays in graphics memory where it is there.
    pub fn keeps(&self, rank: usize) -> bool {
        rank < self.reach
    }

    /// There was no room for a frame.
    pub fn refuse(&mut self, id: FrameId) {
        self.refused.insert(id);
    }

    /// Bytes of graphics memory that are left for frames that nobody wants any more.
    pub fn spare(&self) -> u64 {
        self.spare
    }

    /// The CPU is to take a frame.
    pub fn leave(&mut self, id: FrameId) {
        self.left.insert(id);
    }
}

/// Whether the kernels are made for frames with this header, as far as it tells.
fn suits(image: &ImageHeader) -> bool {
    let format = &image.format;
    let samples = matches!(format.samples, 1 | 3) && !format.float && format.allocated <= 16;
    samples && image.defect.is_none() && lightbox_source::is_wavelet(&image.transfer_syntax)
}

/// How a frame probably lies in a shared buffer: its codestream has the last word.
fn raster(image: &ImageHeader) -> Option<Raster> {
    let bits = u8::try_from(image.format.stored).ok()?;
    let kind = lightbox_codec::SampleType::for_bits(bits, image.format.signed)?;
    Raster::new(image.rows, image.columns, image.format.samples, kind).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lightbox_model::display::{Voi, VoiFunction};
    use lightbox_model::image::{Photometric, PixelFormat};
    use std::sync::Arc;

    /// Bytes of a slice in a shared buffer.
    const SLICE: u64 = 512 * 512 * 2;

    /// A slice of a computed tomogram in HTJ2K with a window, changed by `change`.
    fn image(change: impl FnOnce(&mut ImageHeader)) -> Image {
        let format = PixelFormat {
            samples: 1,
            allocated: 16,
            stored: 12,
            high_bit: 11,
            signed: false,
            photometric: Photometric::Monochrome2,
            planar: false,
            float: false,
        };
        let mut header = ImageHeader::new(512, 512, format, "1.2.840.10008.1.2.4.201");
        header.shared.voi = [Voi::window(40.0, 400.0, VoiFunction::Linear)].into();
        change(&mut header);
        Image { header: Arc::new(header), modality: "CT".into() }
    }

    fn id(n: u32) -> FrameId {
        FrameId { object: ObjectId(n), frame: 0 }
    }

    /// A share of `count` slices of which `missing` are to be decoded.
    fn share(means: Means, count: u32, missing: u32) -> Share {
        let images: HashMap<ObjectId, Image> = (0..count).map(|n| (ObjectId(n), image(|_| ()))).collect();
        let mut share = Share::default();
        share.set_means(Some(means));
        share.divide(&(0..count).map(id).collect::<Vec<_>>(), &images, |id| id.object.0 < missing);
        share
    }

    const MEANS: Means = Means { textures: Some(10 * SLICE), forced: false, threads: 2 };

    #[test]
    fn few_small_frames_and_the_one_that_is_waited_for_are_the_cpus() {
        let slice = image(|_| ());
        assert!(!share(MEANS, 300, 1).takes(id(1), &slice.header), "one slice is sooner decoded than handed over");
        let many = share(MEANS, 300, 300);
        assert!(!many.takes(id(0), &slice.header) && many.takes(id(1), &slice.header));
        let large = image(|header| (header.rows, header.columns) = (4096, 4096));
        assert!(many.takes(id(0), &large.header), "a large one is sooner there with the others' help");
        assert!(share(Means { forced: true, ..MEANS }, 1, 1).takes(id(0), &slice.header));
        let crowd = Means { threads: 1000, ..MEANS };
        assert!(!share(crowd, 300, 300).takes(id(1), &slice.header), "so many threads are faster");
        assert!(!Share::default().takes(id(1), &slice.header), "there is no GPU");
        let mut awaited = Share::new(true);
        assert!(awaited.takes(id(1), &slice.header), "a GPU was asked for, nobody else is to decode");
        awaited.set_means(None);
        assert!(!awaited.takes(id(1), &slice.header), "it is lost: the CPU goes on");
    }

    #[test]
    fn what_the_kernels_do_not_do_is_the_cpus() {
        let many = share(MEANS, 300, 300);
        let others: [fn(&mut ImageHeader); 5] = [
            |header| header.transfer_syntax = "1.2.840.10008.1.2.4.70".into(),
            |header| header.format.allocated = 32,
            |header| header.format.samples = 2,
            |header| header.format.float = true,
            |header| header.defect = Some("it has no size".into()),
        ];
        for (n, other) in others.into_iter().enumerate() {
            assert!(!many.takes(id(1), &image(other).header), "{n}");
        }
    }

    #[test]
    fn what_was_not_delivered_is_the_cpus_and_what_had_no_room_is_nobodys_for_now() {
        let (mut many, slice) = (share(MEANS, 300, 300), image(|_| ()));
        many.leave(id(5));
        many.refuse(id(6));
        assert!(!many.takes(id(5), &slice.header) && !many.takes(id(6), &slice.header) && many.takes(id(7), &slice.header));
        let images = (0..300).map(|n| (ObjectId(n), slice.clone())).collect();
        many.divide(&(0..300).map(id).collect::<Vec<_>>(), &images, |_| true);
        assert!(!many.takes(id(5), &slice.header), "the GPU would fail again");
        assert!(many.takes(id(6), &slice.header), "there may be room now");
    }

    #[test]
    fn what_graphics_memory_holds_goes_there_straight() {
        let (many, slice) = (share(MEANS, 300, 300), image(|_| ()));
        assert_eq!(many.straight(id(3), 9, &slice).map(|raster| raster.bytes()), Some(SLICE));
        assert_eq!(many.straight(id(3), 10, &slice), None, "there is room for ten");
        assert!(many.keeps(9) && !many.keeps(10));
        assert_eq!((many.spare(), share(MEANS, 4, 4).spare()), (0, 6 * SLICE));
        let windowless = Image { modality: "MR".into(), ..image(|header| header.shared.voi = [].into()) };
        assert_eq!(many.straight(id(3), 1, &windowless), None, "its first window is found from its samples");
        let managed = image(|header| {
            header.icc = Some(Arc::from([0u8; 4]));
            (header.format.samples, header.format.photometric) = (3, Photometric::Rgb);
        });
        assert_eq!(many.straight(id(3), 1, &managed), None, "its colours are computed from its samples");
        let over_memory = share(Means { textures: None, ..MEANS }, 300, 300);
        assert_eq!(over_memory.straight(id(3), 0, &slice), None);
        assert!(over_memory.takes(id(3), &slice.header) && !over_memory.keeps(0));
    }
}
