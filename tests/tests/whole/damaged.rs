//! Damaged DICOM files: listed with a reason, and what is asked of them ends soon. (Damaged codestreams are the codec's own tests.)

use lightbox_codec::{Backend, Decoder};
use lightbox_model::FrameId;
use lightbox_model::study::ObjectKind;
use lightbox_source::{Catalogue, ImageSource, ScanEvent, Stop};
use lightbox_tests::{data, files_below, say};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What any file may take.
const TIME: Duration = Duration::from_secs(10);

#[test]
fn damaged_dicom_files_are_listed_with_a_reason() {
    let Some(folder) = data("malformed/dicom") else { return };
    let decoder = Decoder::new(Backend::Cpu).expect("the CPU can always decode");
    let (mut damaged, mut defects, mut failed, mut pictures) = (0, 0, 0, 0);
    for path in files_below(&folder) {
        let start = Instant::now();
        let (catalogue, found) = (Catalogue::new(), Mutex::new(Vec::new()));
        let summary = catalogue.scan(std::slice::from_ref(&path), &Stop::default(), &|event| match event {
            ScanEvent::Object(header) => found.lock().expect("no panic while it is held").push(header),
            ScanEvent::Skipped { reason, .. } => assert!(!reason.is_empty(), "{}", path.display()),
            ScanEvent::Progress { .. } => {}
        });
        assert!(summary.objects + summary.skipped > 0, "{} is passed over in silence", path.display());
        for header in found.into_inner().expect("no panic while it was held") {
            if let ObjectKind::Damaged(reason) = &header.kind {
                assert!(!reason.is_empty(), "{}", path.display());
                damaged += 1;
            }
            let Some(image) = &header.image else { continue };
            defects += usize::from(image.defect.is_some());
            for frame in 0..image.frames.min(4) {
                match catalogue.decode(FrameId { object: header.id, frame }, &decoder) {
                    Ok(picture) => {
                        let samples = picture.rows as usize * picture.columns as usize * usize::from(picture.samples_per_pixel);
                        assert_eq!(picture.pixels.len(), samples, "{}: a part is no picture", path.display());
                        pictures += 1;
                    }
                    Err(error) => {
                        assert!(!error.to_string().contains('\n') && !error.to_string().is_empty(), "{error:?}");
                        failed += 1;
                    }
                }
            }
        }
        assert!(start.elapsed() < TIME, "{}: {:?}", path.display(), start.elapsed());
    }
    say(&format!("damaged DICOM: {damaged} listed as damaged, {defects} defects, {failed} frames fail, {pictures} decode"));
    assert!(damaged + defects + failed > 0, "nothing of {} was found damaged", folder.display());
}
