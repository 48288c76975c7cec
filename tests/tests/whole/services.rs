//! The services behind the viewer, without a window: what is wanted becomes ready, best first, within the budget.

use lightbox::event::{Event, ScanSummary, Thumbnail};
use lightbox::services::{FrameState, ServiceOptions, Services};
use lightbox_model::FrameId;
use lightbox_model::study::{Library, SeriesKey};
use lightbox_tests::{data, renderer};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Nothing in these tests takes this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a viewer would have learnt from events.
#[derive(Default)]
struct Viewer {
    library: Library,
    scanned: Option<ScanSummary>,
    ready: Vec<FrameId>,
    failed: Vec<FrameId>,
    thumbnails: Vec<(SeriesKey, Arc<Thumbnail>)>,
    others: Vec<Event>,
}

impl Viewer {
    /// Takes events until `done`.
    fn until(&mut self, services: &Services, what: &str, done: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(start.elapsed() < PATIENCE, "waited in vain until {what}: {:?}", services.status());
            let events = services.events();
            if events.is_empty() {
                std::thread::sleep(Duration::from_millis(2));
            }
            events.into_iter().for_each(|event| self.take(event));
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Objects(objects) => objects.into_iter().for_each(|o| _ = self.library.insert(o)),
            Event::ScanFinished(summary) => self.scanned = Some(summary),
            Event::FrameDecoded(id) => self.ready.push(id),
            Event::FrameFailed(id) => self.failed.push(id),
            Event::Thumbnail(key, thumbnail) => self.thumbnails.push((key, thumbnail)),
            other => self.others.push(other),
        }
    }

    fn frames(&self) -> Vec<FrameId> {
        self.library.all_series().iter().flat_map(|s| s.stacks()).flat_map(|s| s.frames.iter().copied()).collect()
    }
}

fn open(folder: PathBuf, options: ServiceOptions) -> Option<(Services, Viewer)> {
    let services = Services::start(renderer()?, options, Arc::new(|| {})).expect("threads");
    let mut viewer = Viewer::default();
    services.open(vec![folder]);
    viewer.until(&services, "the scan ends", |v| v.scanned.is_some());
    Some((services, viewer))
}

#[test]
fn a_series_becomes_ready_best_first_with_its_thumbnail() {
    let Some(folder) = data("series/pet-wholebody-qin") else { return };
    let woken = Arc::new(AtomicUsize::new(0));
    let Some(renderer) = renderer() else { return };
    let (options, counted) = (ServiceOptions { threads: 1, ..Default::default() }, woken.clone());
    let services =
        Services::start(renderer, options, Arc::new(move || _ = counted.fetch_add(1, Ordering::Relaxed))).expect("threads");
    let mut viewer = Viewer::default();
    services.open(vec![folder]);
    // What is found first is decoded before anybody asks; from the first word on, only what is wanted is.
    viewer.until(&services, "something is decoded", |v| !v.ready.is_empty() && !v.frames().is_empty());
    services.set_wanted(viewer.frames()[..1].to_vec());
    viewer.until(&services, "the scan ends", |v| v.scanned.is_some());
    viewer.until(&services, "that is decoded", |_| services.status().queued == 0);
    assert_eq!(viewer.scanned.as_ref().map(|s| s.images), Some(299));

    let frames = viewer.frames();
    let series = viewer.library.all_series()[0].key;
    let before = viewer.ready.len();
    assert!(before < frames.len() / 2, "{before}");
    services.set_thumbnails(vec![(series, frames[150])]);
    services.set_drawn(&[frames[298]]);
    services.set_wanted(frames.iter().rev().copied().collect());
    viewer.until(&services, "everything is ready", |v| v.ready.len() == frames.len() && !v.thumbnails.is_empty());

    // One thread decodes in the order wanted.
    let order: Vec<FrameId> = viewer.ready[before..].to_vec();
    let wanted: Vec<FrameId> = frames.iter().rev().copied().filter(|id| !viewer.ready[..before].contains(id)).collect();
    assert_eq!(order, wanted);
    assert!(
        viewer.failed.is_empty() && viewer.others.iter().all(|e| matches!(e, Event::ScanProgress { .. })),
        "{:?}",
        viewer.others
    );
    let (key, thumbnail) = &viewer.thumbnails[0];
    assert_eq!((*key, thumbnail.rgba.len() as u32), (series, thumbnail.width * thumbnail.height * 4));
    assert!(thumbnail.rgba.chunks_exact(4).any(|p| p[0] > 60), "the thumbnail is all black");

    let FrameState::Ready(frame) = services.frame(frames[0]) else { panic!("it was announced as ready") };
    assert_eq!((frame.decoded.facts.rows, frame.decoded.facts.columns), (128, 128));
    let start = Instant::now();
    let histogram = loop {
        match services.histogram(&frame) {
            Some(histogram) => break histogram,
            None => std::thread::sleep(Duration::from_millis(1)),
        }
        assert!(start.elapsed() < PATIENCE);
    };
    assert_eq!(histogram.total(), 128 * 128);
    let status = services.status();
    assert_eq!((status.ready, status.queued, status.failed, status.scanning), (299, 0, 0, None));
    assert!(status.picture_bytes <= status.picture_budget && status.decoder.contains("CPU"), "{status:?}");
    // News was bundled: far fewer wakes than frames.
    assert!(woken.load(Ordering::Relaxed) < 150, "{}", woken.load(Ordering::Relaxed));
}

#[test]
fn memory_stays_within_the_budget_and_what_is_drawn_stays() {
    let Some(folder) = data("series/mr-head-mprage-sag") else { return };
    // 256 x 256 pixels of two bytes: three quarters for samples, which is fifteen images, the rest for the five best as textures.
    let budget = 10 * 256 * 256 * 4;
    let options = ServiceOptions { picture_budget: budget, threads: 2, ..Default::default() };
    let Some((services, mut viewer)) = open(folder, options) else { return };
    let frames = viewer.frames();
    let drawn = frames[100];
    services.set_drawn(&[drawn]);
    for start in [100usize, 0, 60, 150] {
        let mut wanted = vec![drawn];
        wanted.extend(&frames[start..]);
        services.set_wanted(wanted);
        viewer.until(&services, "nothing affordable is missing", |_| services.status().queued == 0);
        let status = services.status();
        assert!(status.picture_bytes <= budget, "{status:?}");
        // What is not wanted any more stays where there is room.
        assert!((13..=20).contains(&status.ready), "{status:?}");
        assert!(status.texture_bytes <= budget / 4, "{status:?}");
        // While a worker is putting a frame into graphics memory it is pending for a moment.
        let ready = |id| matches!(services.frame(id), FrameState::Ready(_));
        viewer.until(&services, "what is drawn and the best wanted are there", |_| ready(drawn) && ready(frames[start]));
    }
}

#[test]
fn a_damaged_frame_fails_alone_and_can_be_retried() {
    let Some(folder) = data("malformed/dicom") else { return };
    let Some((services, mut viewer)) = open(folder.join("MR_truncated.dcm"), ServiceOptions::default()) else { return };
    let frames = viewer.frames();
    if frames.is_empty() {
        assert!(!viewer.library.damaged().is_empty(), "neither an image nor listed as damaged");
        return;
    }
    services.set_wanted(frames.clone());
    viewer.until(&services, "it has failed", |v| !v.failed.is_empty());
    let FrameState::Failed(failure) = services.frame(frames[0]) else { panic!("it was announced as failed") };
    assert!(!failure.sentence.is_empty() && !failure.detail.is_empty(), "{failure:?}");
    services.retry(frames[0]);
    viewer.until(&services, "it has failed again", |v| v.failed.len() == 2);
}

#[test]
fn a_frame_that_is_cut_off_is_shown_as_far_as_it_reaches_and_says_so() {
    let Some(folder) = data("dicom/htj2k-derived") else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let (whole, cut) = (folder.join("ct_202_block32.dcm"), out.path().join("cut.dcm"));
    let bytes = std::fs::read(&whole).expect("the test file");
    std::fs::write(&cut, &bytes[..bytes.len() * 6 / 10]).expect("a temporary file");
    for (file, partial) in [(whole, false), (cut, true)] {
        let Some((services, mut viewer)) = open(file, ServiceOptions::default()) else { return };
        let frames = viewer.frames();
        services.set_drawn(&frames);
        services.set_wanted(frames.clone());
        viewer.until(&services, "it can be drawn", |_| matches!(services.frame(frames[0]), FrameState::Ready(_)));
        let FrameState::Ready(frame) = services.frame(frames[0]) else { panic!("it was ready") };
        let facts = &frame.decoded.facts;
        assert_eq!((facts.columns, facts.rows), (512, 512));
        assert_eq!(facts.partial.as_ref().is_some_and(|says| says.contains("1/2 of its size")), partial, "{:?}", facts.partial);
    }
}

#[test]
fn tags_come_as_asked_and_closing_forgets() {
    let Some(folder) = data("series/mr-head-mprage-sag") else { return };
    let Some((services, mut viewer)) = open(folder.clone(), ServiceOptions::default()) else { return };
    let frame = viewer.frames()[0];
    services.request_tags(frame.object);
    viewer.until(&services, "the tags are there", |v| {
        v.others.iter().any(|e| matches!(e, Event::Tags(id, Ok(_)) if *id == frame.object))
    });

    services.set_wanted(viewer.frames());
    services.close();
    assert_eq!((services.status().ready, services.status().queued), (0, 0));
    assert!(matches!(services.frame(frame), FrameState::Pending));
    let mut again = Viewer::default();
    services.open(vec![folder]);
    again.until(&services, "the second scan ends", |v| v.scanned.is_some());
    assert_eq!(again.frames().len(), 192);
}

/// What is closed is given up its numbers, and the next study gets them: late news would show one patient's pictures under another's name.
#[test]
fn nothing_is_heard_of_what_was_closed() {
    let (Some(first), Some(second)) = (data("series/pet-wholebody-qin"), data("series/mr-head-mprage-sag")) else { return };
    let Some(renderer) = renderer() else { return };
    let services = Services::start(renderer, ServiceOptions::default(), Arc::new(|| {})).expect("threads");
    let patiently = |what: &str, done: &dyn Fn() -> bool| {
        let start = Instant::now();
        while !done() {
            assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    services.open(vec![first]);
    // Nobody listens: the news of hundreds of decoded frames stands before that of the second study.
    patiently("the first is decoded", &|| services.status().ready == 299);
    services.open(vec![second]);
    patiently("the second is decoded", &|| services.status().ready >= 400 && services.status().scanning.is_none());
    services.close();
    for _ in 0..10 {
        let late = services.events();
        assert!(late.is_empty(), "{late:?}");
    }
}

#[test]
fn what_cannot_be_read_is_listed_beside_what_can() {
    let Some(renderer) = renderer() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    lightbox_tests::study::write(folder.path());
    std::fs::write(folder.path().join("half.zip"), b"PK\x03\x04 and no more").expect("a file");
    std::fs::write(folder.path().join("letter.txt"), "Dear colleague").expect("a file");
    let services = Services::start(renderer, ServiceOptions::default(), Arc::new(|| {})).expect("threads");
    services.open(vec![folder.path().to_owned()]);
    let mut viewer = Viewer::default();
    viewer.until(&services, "the scan ends", |v| v.scanned.is_some());
    let unread = |e: &Event| match e {
        Event::Unread(files) => files.iter().map(|(origin, _)| origin.clone()).collect(),
        _ => Vec::new(),
    };
    assert_eq!(viewer.others.iter().flat_map(unread).collect::<Vec<_>>(), ["half.zip"]);

    // Alone it is the reason why nothing is seen.
    services.open(vec![folder.path().join("half.zip")]);
    viewer.scanned = None;
    viewer.until(&services, "the second scan ends", |v| v.scanned.is_some());
    assert!(viewer.others.iter().any(|e| matches!(e, Event::OpenFailed { sentence, .. } if sentence.contains("ZIP"))));
}

#[test]
fn nothing_to_see_is_said() {
    let Some(renderer) = renderer() else { return };
    let services = Services::start(renderer, ServiceOptions::default(), Arc::new(|| {})).expect("threads");
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("letter.txt"), "Dear colleague").expect("a file");
    services.open(vec![folder.path().to_owned()]);
    let mut viewer = Viewer::default();
    viewer.until(&services, "the scan ends", |v| v.scanned.is_some());
    assert!(
        viewer.others.iter().any(|e| matches!(e, Event::OpenFailed { sentence, .. } if sentence.contains("No medical images")))
    );
}

/// Dropping must not hang, whatever is going on.
#[test]
fn services_end_at_once_in_the_middle_of_loading() {
    let Some(folder) = data("series/ct-chest-lidc-0314") else { return };
    let Some(renderer) = renderer() else { return };
    for delay in [0, 20, 100, 300] {
        let services = Services::start(renderer.clone(), ServiceOptions::default(), Arc::new(|| {})).expect("threads");
        services.open(vec![folder.clone()]);
        services.open_demo();
        std::thread::sleep(Duration::from_millis(delay));
        let start = Instant::now();
        drop(services);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}
