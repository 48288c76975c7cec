//! Patients > studies > series > stacks, built up while a scan runs.

mod library;
mod search;
mod sort;
mod stack;
mod tree;

pub use library::{Inserted, Library};
pub use search::Query;
pub use stack::{Irregularity, Stack, StackOrder};
pub use tree::{Listed, Patient, PatientKey, Series, SeriesKey, Study, StudyKey};

use crate::frame::ObjectId;
use crate::image::ImageHeader;
use crate::presentation::Presentation;
use std::sync::Arc;

/// What an object is, from its SOP class and modality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// Has pixels that a viewport can show.
    Image,
    /// Anything else, by the name a person knows: "Structured report", "Segmentation", "Presentation state", "Waveform", "PDF document"...
    Other(String),
    /// Could not be read; the sentence says why.
    Damaged(String),
}

/// One object's header as the scan delivers it.
#[derive(Clone, Debug)]
pub struct ObjectHeader {
    /// Its name in this process.
    pub id: ObjectId,
    /// Where it came from, for people: a file name, an archive member, an image set.
    pub origin: String,
    /// What it is.
    pub kind: ObjectKind,
    /// Patient's Name (0010,0010) as a person writes it, character set decoded.
    pub patient_name: String,
    /// Patient ID (0010,0020).
    pub patient_id: String,
    /// Patient's Birth Date (0010,0030), DICOM form.
    pub birth_date: String,
    /// Patient's Sex (0010,0040).
    pub sex: String,
    /// Study Instance UID (0020,000D).
    pub study_uid: String,
    /// Study Date (0008,0020) and Time (0008,0030), DICOM form.
    pub study_date: String,
    /// Study Time (0008,0030), DICOM form.
    pub study_time: String,
    /// Study Description (0008,1030).
    pub study_description: String,
    /// Accession Number (0008,0050).
    pub accession: String,
    /// Series Instance UID (0020,000E).
    pub series_uid: String,
    /// Series Number (0020,0011).
    pub series_number: Option<i32>,
    /// Series Description (0008,103E).
    pub series_description: String,
    /// Modality (0008,0060).
    pub modality: String,
    /// Body Part Examined (0018,0015).
    pub body_part: String,
    /// Frame of Reference UID (0020,0052).
    pub frame_of_reference: String,
    /// SOP Class UID (0008,0016).
    pub sop_class: String,
    /// SOP Instance UID (0008,0018).
    pub sop_instance: String,
    /// Instance Number (0020,0013).
    pub instance_number: Option<i32>,
    /// Concatenation UID (0020,9161) and Concatenation Frame Offset Number (0020,9228).
    pub concatenation: Option<(String, u32)>,
    /// The image, when it is one.
    pub image: Option<Arc<ImageHeader>>,
    /// The softcopy presentation state, when it is one.
    pub presentation: Option<Arc<Presentation>>,
}
