//! Headers to test with.

use lightbox_model::ObjectId;
use lightbox_model::image::{ImageHeader, Photometric, PixelFormat, SplitKey};
use lightbox_model::study::{ObjectHeader, ObjectKind};
use std::sync::Arc;

pub const AXIAL: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
pub const CORONAL: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0];
pub const SAGITTAL: [f64; 6] = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0];

/// A 16-bit unsigned MONOCHROME2 image of one frame and nothing else.
pub fn image() -> ImageHeader {
    let format = PixelFormat {
        samples: 1,
        allocated: 16,
        stored: 16,
        high_bit: 15,
        signed: false,
        photometric: Photometric::Monochrome2,
        planar: false,
        float: false,
    };
    ImageHeader::new(4, 6, format, "1.2.840.10008.1.2.1")
}

/// Instance `number` of one series of Jane Doe.
pub fn object(number: i32, image: ImageHeader) -> ObjectHeader {
    ObjectHeader {
        id: ObjectId(number as u32),
        origin: format!("slice{number}.dcm"),
        kind: ObjectKind::Image,
        patient_name: "Doe^Jane".into(),
        patient_id: "123".into(),
        birth_date: "19700131".into(),
        sex: "F".into(),
        study_uid: "1.2.3".into(),
        study_date: "20240312".into(),
        study_time: "140509.5".into(),
        study_description: "CT chest".into(),
        accession: "A77".into(),
        series_uid: "1.2.3.4".into(),
        series_number: Some(4),
        series_description: "1.0 B60f".into(),
        modality: "CT".into(),
        body_part: "CHEST".into(),
        frame_of_reference: "1.2.3.9".into(),
        sop_class: "1.2.840.10008.5.1.4.1.1.2".into(),
        sop_instance: format!("1.2.3.4.{number}"),
        instance_number: Some(number),
        concatenation: None,
        presentation: None,
        image: Some(Arc::new(image)),
    }
}

/// A slice at `position` with the given cosines.
pub fn slice(number: i32, orientation: [f64; 6], position: [f64; 3]) -> ObjectHeader {
    split_slice(number, orientation, position, SplitKey::default())
}

/// The same with something that tells it from others at its place.
pub fn split_slice(number: i32, orientation: [f64; 6], position: [f64; 3], split: SplitKey) -> ObjectHeader {
    let mut header = image();
    header.shared.plane.orientation = Some(orientation);
    header.shared.plane.position = Some(position);
    header.shared.split = split;
    object(number, header)
}

/// A fixed shuffle: the same order in every run.
pub fn shuffled<T>(mut items: Vec<T>, mut seed: u64) -> Vec<T> {
    for i in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(i, (seed >> 33) as usize % (i + 1));
    }
    items
}
