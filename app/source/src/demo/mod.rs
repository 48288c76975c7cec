//! The built-in demo study: a person made of formulas, seen by three scanners.
//!
//! Nothing is read from disk: shapes are painted slice by slice into stored values and handed out as whole DICOM files, in the order in
//! which a viewer wants them. Everything follows from fixed seeds, so the study is the same on every machine.

mod anatomy;
mod dataset;
mod noise;
mod scanner;
mod series;
mod shape;
mod tissue;
mod tree;

use crate::{Catalogue, ScanEvent, Stop};
use lightbox_codec::Encoder;
use scanner::Scanner;
use series::STUDY;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Makes the study and enters it into the catalogue, as a scan would. Blocks until it is made or stopped; works on all cores and calls
/// `on` from several threads, first with the middle image of each series, then outward.
pub fn open(catalogue: &Catalogue, stop: &Stop, on: &(dyn Fn(ScanEvent) + Sync)) {
    generate(&|| stop.is_stopped(), &|done, name, bytes| {
        let origin = format!("Demo study: {name}");
        on(match catalogue.add_bytes(origin.clone(), bytes) {
            Ok(header) => ScanEvent::Object(header),
            Err(error) => ScanEvent::Skipped { origin, reason: error.to_string() },
        });
        on(ScanEvent::Progress { files: images() as u64, done: done as u64 });
    });
}

/// Number of images in the study.
pub fn images() -> usize {
    STUDY.iter().map(|series| series.images).sum()
}

/// Makes every file of the study: how many are done with it, its name, its bytes.
fn generate(stopped: &(dyn Fn() -> bool + Sync), on: &(dyn Fn(usize, String, Vec<u8>) + Sync)) {
    let order = order();
    let (next, done) = (AtomicUsize::new(1), AtomicUsize::new(0));
    let scanners: [OnceLock<Scanner>; 3] = Default::default();
    // The threads here are enough.
    let encoder = Encoder::new().threads(1);
    let make = |(at, index): (usize, usize)| {
        let series = STUDY[at];
        let scanner = scanners[at].get_or_init(|| Scanner::new(series.kind));
        let bytes = series.file(index, scanner, &encoder);
        on(done.fetch_add(1, Ordering::Relaxed) + 1, series.file_name(index), bytes);
    };
    let work = || {
        while !stopped() {
            let Some(&image) = order.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            make(image);
        }
    };
    // The first picture is what the person looks at first: the others wait for it.
    if let Some(&first) = order.first() {
        make(first);
    }
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    std::thread::scope(|scope| {
        for i in 1..threads {
            // Without another thread the caller's own does all.
            let spawned = std::thread::Builder::new().name(format!("demo-{i}")).spawn_scoped(scope, work);
            if let Err(error) = spawned {
                log::warn!("the demo study is made on fewer threads: {error}");
                break;
            }
        }
        work();
    });
}

/// Which image of which series comes when: the middle ones, then series by series from the middle outward.
fn order() -> Vec<(usize, usize)> {
    let from_middle = |at: usize, index: usize| (STUDY[at].images / 2).abs_diff(index);
    let mut order: Vec<_> = (0..STUDY.len()).flat_map(|at| (0..STUDY[at].images).map(move |i| (at, i))).collect();
    order.sort_by_key(|&(at, index)| match from_middle(at, index) {
        0 => (0, at, 0),
        distance => (1, at, distance),
    });
    order
}

#[cfg(test)]
mod tests {
    use super::scanner::Kind;
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn every_image_comes_once_and_the_middles_first() {
        let order = order();
        assert_eq!(order.len(), images());
        assert_eq!(&order[..3], [(0, 100), (1, 60), (2, 50)]);
        let unique: std::collections::HashSet<_> = order.iter().collect();
        assert_eq!(unique.len(), order.len());
    }

    /// What a scanner sees at a place in the patient: the median over 6 mm, as small vessels run everywhere.
    fn seen_at(kind: Kind, place: [f32; 3]) -> f32 {
        let at = STUDY.iter().position(|s| s.kind == kind).expect("a series of this kind");
        let scanner = Scanner::new(kind);
        let series = STUDY[at];
        let normal = match kind {
            Kind::Ct => 2,
            Kind::Mr => 0,
            Kind::Pt => 1,
        };
        let away = |i: &usize| ((series.plane(*i).origin[normal] - place[normal]).abs() * 100.0) as i64;
        let index = (0..series.images).min_by_key(away).expect("images");
        let plane = series.plane(index);
        let values = scanner.scan(&plane, index);
        let along = |step: [f32; 3]| {
            let axis = step.iter().position(|v| *v != 0.0).expect("a direction");
            ((place[axis] - plane.origin[axis]) / step[axis]).round() as usize
        };
        let (column, row) = (along(plane.column), along(plane.row));
        let reach = (3.0 / plane.column.iter().chain(&plane.row).fold(0.0f32, |m, v| m.max(v.abs()))).round() as usize;
        let block = (row - reach..=row + reach).flat_map(|r| (column - reach..=column + reach).map(move |c| (r, c)));
        let mut block: Vec<f32> = block.map(|(r, c)| values[r * plane.size[0] + c]).collect();
        block.sort_by(f32::total_cmp);
        block[block.len() / 2]
    }

    #[test]
    fn scanners_agree_on_where_the_anatomy_is() {
        let (lung, liver, nodule, outside) =
            ([80.0, 0.0, 120.0], [-80.0, -20.0, -60.0], [-72.0, -14.0, 137.0], [-190.0, -60.0, 0.0]);
        assert!((-960.0..-780.0).contains(&seen_at(Kind::Ct, lung)));
        assert!((85.0..150.0).contains(&seen_at(Kind::Ct, liver)));
        assert!((-20.0..90.0).contains(&seen_at(Kind::Ct, nodule)));
        assert!(seen_at(Kind::Ct, outside) < -980.0);
        assert!(seen_at(Kind::Pt, nodule) > 2.0 * seen_at(Kind::Pt, liver));
        assert!(seen_at(Kind::Pt, liver) > 2.0 * seen_at(Kind::Pt, lung));
        assert!(seen_at(Kind::Mr, liver) > 3.0 * seen_at(Kind::Mr, lung));
    }

    #[test]
    fn a_stopped_study_ends_early_and_what_is_made_reads_back() {
        let (catalogue, stop, found) = (Catalogue::new(), Stop::default(), Mutex::new(Vec::new()));
        open(&catalogue, &stop, &|event| match event {
            ScanEvent::Object(header) => {
                let mut found = found.lock().expect("no panic while it is held");
                found.push(header);
                if found.len() >= 3 {
                    stop.stop();
                }
            }
            ScanEvent::Skipped { origin, reason } => panic!("{origin}: {reason}"),
            ScanEvent::Progress { .. } => {}
        });
        let found = found.into_inner().expect("no panic while it was held");
        assert!((3..images() / 4).contains(&found.len()), "{}", found.len());
        for header in found {
            let image = header.image.as_ref().expect("an image");
            assert_eq!((header.patient_name.as_str(), image.defect.as_deref()), ("Demo^Phantom", None));
            assert!(image.shared.plane.position.is_some() && image.shared.spacing.mm.is_some(), "{image:?}");
        }
    }
}
