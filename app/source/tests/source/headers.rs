//! What headers say, on files whose content is known from another reader.

use crate::{data, header};
use lightbox_model::display::{Modality, Padding, Voi, VoiFunction};
use lightbox_model::geometry::SpacingKind;
use lightbox_model::image::{ImageHeader, Photometric};
use lightbox_model::presentation::{Annotations, Graphic, Note, Outline, Place, SizeMode, Units};
use lightbox_model::study::ObjectKind;
use std::sync::Arc;

fn image(name: &str) -> Option<Arc<ImageHeader>> {
    let header = header(&data(name)?);
    Some(header.image.clone().unwrap_or_else(|| panic!("{name} is no image: {:?}", header.kind)))
}

#[test]
fn rescale_padding_and_spacing_of_a_ct() {
    let Some(ct) = image("dicom/pydicom-core/CT_small.dcm") else { return };
    let facts = ct.facts(0);
    assert_eq!(facts.modality, Modality::Rescale { slope: 1.0, intercept: -1024.0 });
    assert_eq!(facts.units.as_deref(), Some("HU"));
    assert_eq!(ct.padding, Some(Padding { low: -2000, high: -2000 }));
    assert_eq!((facts.spacing.mm, facts.spacing.kind.clone()), (Some([0.661468, 0.661468]), SpacingKind::Patient));
    assert_eq!(facts.plane.position, Some([-158.135803, -179.035797, -75.699997]));
    assert_eq!(ct.defect, None);
}

#[test]
fn a_modality_lut_with_a_signed_first_value() {
    let Some(ot) = image("dicom/luts-palettes-overlays/mlut_18.dcm") else { return };
    let Modality::Lut(lut) = &ot.facts(0).modality else { panic!("{:?}", ot.facts(0).modality) };
    assert_eq!((lut.first, lut.bits, lut.entries.len()), (-2048, 16, 4096));
}

#[test]
fn a_voi_lut() {
    let Some(ot) = image("dicom/luts-palettes-overlays/vlut_04.dcm") else { return };
    let [Voi::Lut(lut)] = &ot.facts(0).voi[..] else { panic!("{:?}", ot.facts(0).voi) };
    assert_eq!((lut.first, lut.bits, lut.entries.len()), (0, 16, 256));
}

#[test]
fn every_window_with_its_explanation_and_an_overlay() {
    let Some(mr) = image("dicom/luts-palettes-overlays/MR-SIEMENS-DICOM-WithOverlays.dcm") else { return };
    let window = |centre, width, name: &str| Voi::Window {
        centre,
        width,
        function: VoiFunction::Linear,
        explanation: Some(name.to_owned()),
    };
    assert_eq!(mr.facts(0).voi[..], [window(450.0, 790.0, "WINDOW1"), window(200.0, 443.0, "WINDOW2")]);
    let overlay = &mr.overlays[0];
    assert_eq!((overlay.row, overlay.column, overlay.rows, overlay.columns), (0, 0, 484, 484));
    assert_eq!(overlay.bits.iter().map(|&b| u32::from(b)).sum::<u32>(), 323);
}

#[test]
fn palettes_of_eight_and_sixteen_bits_and_supplemental() {
    for (name, first, entries) in [
        ("dicom/luts-palettes-overlays/OT-PAL-8-face.dcm", 0, 200),
        ("dicom/luts-palettes-overlays/gdcm-US-ALOKA-16.dcm", 0, 65536),
        ("dicom/transfer-syntax/TestPattern_Palette_16.dcm", 0, 256),
        ("dicom/multiframe/eCT_Supplemental.dcm", 1024, 100),
    ] {
        let Some(image) = image(name) else { return };
        let palette = image.palette.as_ref().unwrap_or_else(|| panic!("{name}: {:?}", image.defect));
        assert_eq!((palette.first, palette.entries.len()), (first, entries), "{name}");
        assert_eq!(image.facts(0).supplemental_palette, name.contains("Supplemental"), "{name}");
    }
}

#[test]
fn ultrasound_regions_with_lengths_only() {
    let Some(us) = image("dicom/luts-palettes-overlays/gdcm-US-ALOKA-16.dcm") else { return };
    let spacing = &us.facts(0).spacing;
    assert_eq!(spacing.kind, SpacingKind::Region);
    let rectangles: Vec<_> = spacing.regions.iter().map(|r| r.0).collect();
    assert_eq!(rectangles, [[32, 24, 335, 415], [336, 24, 639, 415]]);
    assert!((spacing.regions[0].1[0] - 0.382_653_065_025_806).abs() < 1e-12);
}

#[test]
fn detector_spacing_of_a_radiograph_is_not_taken_for_the_patients() {
    let Some(cr) = image("wg04/dicom/RG2_J2KR.dcm") else { return };
    assert_eq!(cr.facts(0).spacing.kind, SpacingKind::Detector);
}

#[test]
fn functional_groups_of_enhanced_objects() {
    let Some(mr) = image("dicom/multiframe/6_1.dcm") else { return };
    assert_eq!((mr.frames, mr.per_frame.len()), (6, 6));
    let positions: Vec<_> = (0..6).filter_map(|f| mr.facts(f).plane.position).collect();
    assert_eq!(positions.len(), 6);
    assert!((0..6).all(|f| mr.facts(f).split.stack.is_some() && mr.facts(f).order.is_some()));
    assert!(mr.facts(0).spacing.mm.is_some() && mr.facts(0).plane.orientation.is_some());
    assert!(!mr.facts(5).voi.is_empty());
}

#[test]
fn dose_planes_lie_at_their_offsets() {
    let Some(dose) = image("dicom/pydicom-core/rtdose.dcm") else { return };
    let z: Vec<_> = (0..15).filter_map(|f| dose.facts(f).plane.position).map(|p| p[2]).collect();
    assert_eq!(z.len(), 15);
    assert!(z.windows(2).all(|p| ((p[1] - p[0]).abs() - 5.0).abs() < 1e-9), "{z:?}");
}

#[test]
fn cine_lossy_and_photometric() {
    let Some(xa) = image("dicom/multiframe/XA_cine_96frames_rubo.dcm") else { return };
    assert_eq!((xa.frames, xa.frame_time_ms), (96, Some(33.0)));
    assert!(xa.lossy.is_some(), "baseline JPEG is lossy even where the header is silent");
    let Some(us) = image("dicom/transfer-syntax/US-YBR_FULL_422-EVRLE.dcm") else { return };
    assert_eq!(us.format.photometric, Photometric::YbrFull422);
    assert!(us.lossy.as_ref().is_some_and(|l| l.starts_with("Lossy")));
}

#[test]
fn objects_that_are_no_pictures_have_names() {
    for (file, name) in [
        ("dicom/pydicom-core/test-SR.dcm", "Structured report"),
        ("dicom/presentation-state/gsps_for_ct-chest-lidc-0314_0138.dcm", "Presentation state"),
        ("dicom/pydicom-core/waveform_ecg.dcm", "Waveform"),
        ("dicom/pydicom-core/rtplan.dcm", "RT plan"),
        ("dicom/seg/liver.dcm", "Segmentation"),
        ("dicom/luts-palettes-overlays/spring.dcm", "Color palette"),
    ] {
        let Some(path) = data(file) else { return };
        assert_eq!(header(&path).kind, ObjectKind::Other(name.to_owned()), "{file}");
    }
}

#[test]
fn defects_are_told_in_sentences() {
    let Some(bad) = image("malformed/dicom/badVR.dcm") else { return };
    assert!(bad.defect.as_ref().is_some_and(|d| d.contains("Number of Frames") && d.contains("1A")), "{:?}", bad.defect);
    let Some(none) = image("dicom/charset/chrKoreanMulti.dcm") else { return };
    assert!(none.defect.as_ref().is_some_and(|d| d.contains("no Pixel Data")), "{:?}", none.defect);
}

#[test]
fn a_presentation_state_is_read_whole() {
    let Some(path) = data("dicom/presentation-state/gsps_for_ct-chest-lidc-0314_0138.dcm") else { return };
    let header = header(&path);
    let state = header.presentation.as_ref().expect("a presentation state");
    assert_eq!((state.kind, state.name()), ("Grayscale presentation state", "LUNG"));
    assert_eq!(state.origin(), "22 Nov 2026 08:51 \u{b7} lung window, box and text");
    let image = "1.3.6.1.4.1.14519.5.2.1.6279.6001.755331635884883690947437471547";
    assert!(state.references(image, 0) && !state.references("1.2", 0));
    let transforms = state.transforms.as_ref().expect("it can be applied");
    assert_eq!(transforms.modality, Modality::Rescale { slope: 1.0, intercept: -1000.0 });
    assert_eq!(transforms.voi[0].value, [Voi::window(-500.0, 1500.0, VoiFunction::Linear)]);
    let area = transforms.areas[0].value;
    assert_eq!((area.from, area.to, area.size, area.aspect), ([0.0; 2], [512.0; 2], SizeMode::ScaleToFit, Some(1.0)));
    let annotations = &transforms.annotations[0];
    assert_eq!((annotations.value.len(), annotations.holds(image, 0), annotations.holds("1.2", 0)), (2, true, false));
    let Annotations { order: 1, colour: None, graphics, notes, missing: 0 } = &annotations.value else { panic!("{annotations:?}") };
    let frame = [[100.0, 100.0], [400.0, 100.0], [400.0, 300.0], [100.0, 300.0], [100.0, 100.0]];
    let [Graphic { outline: Outline::Polyline, units: Units::Pixels, points, filled: false }] = &graphics[..] else {
        panic!("{graphics:?}")
    };
    assert_eq!(points[..], frame);
    let [Note { text, corners: None, anchor: Some(anchor), pointed: true, .. }] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!((text.as_str(), *anchor), ("lightbox test", Place { units: Units::Pixels, at: [120.0, 90.0] }));
}
