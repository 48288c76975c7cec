//! From a file to what the browser lists and the viewer needs: one reading, up to the pixels.

use super::file::File;
use super::frames::{self, PixelPlace};
use super::image::{self, PixelKind};
use super::overlay::{self, Cells};
use super::reader::{self, Parsed, Want};
use super::syntax;
use super::{Set, presentation, sop_class};
use crate::Error;
use crate::storage::Storage;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use lightbox_model::ObjectId;
use lightbox_model::image::ImageHeader;
use lightbox_model::study::{ObjectHeader, ObjectKind};
use std::sync::Arc;

/// Native pixels read at scan time to find overlays in their unused bits.
const MAX_EMBEDDED: u64 = 256 << 20;

/// An object as the scan found it.
pub(crate) struct Found {
    /// Its id is set when it is entered into the catalogue.
    pub header: ObjectHeader,
    /// Where its pixels are, if it has any.
    pub pixels: Option<PixelPlace>,
}

/// A header that says nothing but where it came from and what is wrong with it.
pub(crate) fn damaged(origin: String, why: String) -> Found {
    let mut header = empty(origin);
    header.kind = ObjectKind::Damaged(why);
    Found { header, pixels: None }
}

pub(crate) fn empty(origin: String) -> ObjectHeader {
    ObjectHeader {
        id: ObjectId(u32::MAX),
        origin,
        kind: ObjectKind::Other(String::new()),
        patient_name: String::new(),
        patient_id: String::new(),
        birth_date: String::new(),
        sex: String::new(),
        study_uid: String::new(),
        study_date: String::new(),
        study_time: String::new(),
        study_description: String::new(),
        accession: String::new(),
        series_uid: String::new(),
        series_number: None,
        series_description: String::new(),
        modality: String::new(),
        body_part: String::new(),
        frame_of_reference: String::new(),
        sop_class: String::new(),
        sop_instance: String::new(),
        instance_number: None,
        concatenation: None,
        image: None,
        presentation: None,
    }
}

/// Reads the header of an opened file. `None`: a data set without any element that says what it is.
pub(crate) fn read(file: &File, origin: String) -> Option<Found> {
    let Parsed { data, end, error } = reader::parse(&file.storage, file.start, file.syntax, Want::Header);
    let root = data.root();
    if file.meta.nodes.is_empty() && !looks_like_object(root) {
        return None;
    }
    let mut header = empty(origin);
    identify(root, file, &mut header);
    let pixels = if error.is_none() { frames::find_pixels(root, end, file.syntax) } else { None };
    let other = sop_class::name_of_other(&header.sop_class);
    let kind = pixels.as_ref().map_or(PixelKind::None, |place| place.kind);
    if pixels.is_some() || (other.is_none() && root.get(tags::ROWS).is_some()) {
        let mut image = image::read(root, &file.transfer_syntax, kind);
        if let Some(why) = pixels.as_ref().and_then(|place| too_many_frames(&image, place, &file.storage)) {
            image.defect.get_or_insert(why);
        }
        image.overlays = overlays(root, file, &image, pixels.as_ref()).into_iter().map(Arc::new).collect();
        header.image = Some(Arc::new(image));
    }
    if error.is_none() {
        header.presentation = presentation::read(root, &header.sop_class).map(Arc::new);
    }
    header.kind = match (error, other) {
        (Some(error), _) => ObjectKind::Damaged(error.to_string()),
        (None, Some(name)) => ObjectKind::Other(name.to_owned()),
        (None, None) if header.image.is_some() => ObjectKind::Image,
        (None, None) => ObjectKind::Other(fallback_name(&header)),
    };
    Some(Found { header, pixels })
}

/// Why so many frames cannot be in the pixel data, however much of them is cut off: a frame is a byte at least, and an encapsulated one
/// an item. What follows takes memory for each frame, and a number costs nothing to write.
fn too_many_frames(image: &ImageHeader, place: &PixelPlace, storage: &Storage) -> Option<String> {
    const ITEM_HEADER: u64 = 8;
    let frames = u64::from(image.frames);
    let most = match place.len {
        Some(len) => storage.left(place.at, len.min(frames)),
        None => storage.left(place.at, frames * ITEM_HEADER) / ITEM_HEADER,
    };
    (frames > most.max(1)).then(|| format!("Number of Frames (0028,0008) is {frames}, but the pixel data can hold {most} at most."))
}

/// Files without meta information count as DICOM when they have one of the attributes that every object has.
fn looks_like_object(root: Set<'_>) -> bool {
    let telling = [
        tags::SOP_CLASS_UID,
        tags::SOP_INSTANCE_UID,
        tags::STUDY_INSTANCE_UID,
        tags::MODALITY,
        tags::IMAGE_TYPE,
        tags::PATIENT_NAME,
        tags::PATIENT_ID,
        tags::ROWS,
        tags::SPECIFIC_CHARACTER_SET,
    ];
    root.elements().any(|e| telling.contains(&e.node.tag))
}

fn fallback_name(header: &ObjectHeader) -> String {
    match header.modality.as_str() {
        "" => "DICOM object without pixels".to_owned(),
        modality => format!("{modality} object without pixels"),
    }
}

fn identify(root: Set<'_>, file: &File, header: &mut ObjectHeader) {
    let or_meta = |tag: Tag, meta_tag: Tag| match root.text(tag) {
        text if text.is_empty() => file.meta().text(meta_tag),
        text => text,
    };
    // Empty groups at the end of a name may be left out, and so they are.
    header.patient_name = root.text(tags::PATIENT_NAME).trim_end_matches('=').to_owned();
    header.patient_id = root.text(tags::PATIENT_ID);
    header.birth_date = root.text(tags::PATIENT_BIRTH_DATE);
    header.sex = root.text(tags::PATIENT_SEX);
    header.study_uid = root.text(tags::STUDY_INSTANCE_UID);
    header.study_date = root.text(tags::STUDY_DATE);
    header.study_time = root.text(tags::STUDY_TIME);
    header.study_description = root.text(tags::STUDY_DESCRIPTION);
    header.accession = root.text(tags::ACCESSION_NUMBER);
    header.series_uid = root.text(tags::SERIES_INSTANCE_UID);
    header.series_number = root.integer(tags::SERIES_NUMBER).and_then(|n| i32::try_from(n).ok());
    header.series_description = root.text(tags::SERIES_DESCRIPTION);
    header.modality = root.text(tags::MODALITY);
    header.body_part = root.text(tags::BODY_PART_EXAMINED);
    header.frame_of_reference = root.text(tags::FRAME_OF_REFERENCE_UID);
    header.sop_class = or_meta(tags::SOP_CLASS_UID, tags::MEDIA_STORAGE_SOP_CLASS_UID);
    header.sop_instance = or_meta(tags::SOP_INSTANCE_UID, tags::MEDIA_STORAGE_SOP_INSTANCE_UID);
    header.instance_number = root.integer(tags::INSTANCE_NUMBER).and_then(|n| i32::try_from(n).ok());
    let offset = root.integer(tags::CONCATENATION_FRAME_OFFSET_NUMBER).and_then(|n| u32::try_from(n).ok());
    header.concatenation = root.some_text(tags::CONCATENATION_UID).map(|uid| (uid, offset.unwrap_or(0)));
}

/// Overlay planes; pixels are read only where a plane is said to hide in them.
fn overlays(root: Set<'_>, file: &File, image: &ImageHeader, pixels: Option<&PixelPlace>) -> Vec<lightbox_model::image::Overlay> {
    let cells = pixels.filter(|place| {
        overlay::any_embedded(root)
            && image.frames == 1
            && image.format.samples == 1
            && matches!(image.format.allocated, 8 | 16)
            && (syntax::is_native(&file.transfer_syntax) || syntax::is_deflated(&file.transfer_syntax))
            && place.len.is_some_and(|len| len <= MAX_EMBEDDED)
    });
    let bytes = cells.and_then(|place| file.storage.read(place.at, place.len? as usize).ok());
    let bytes = bytes.map(|mut bytes| {
        if syntax::is_big_endian(file.syntax) && image.format.allocated == 16 {
            bytes.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
        }
        bytes
    });
    let cells =
        bytes.as_ref().map(|bytes| Cells { bytes, allocated: image.format.allocated, rows: image.rows, columns: image.columns });
    overlay::read(root, cells.as_ref())
}

/// A failure to open, as an object that is listed with its reason.
pub(crate) fn unreadable(origin: String, error: &Error) -> Found {
    damaged(origin, error.to_string())
}
