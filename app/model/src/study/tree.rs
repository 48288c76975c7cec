//! The levels of the browser.

use super::{ObjectHeader, Stack, sort};
use crate::frame::{FrameId, ObjectId};
use std::sync::{Arc, OnceLock};

/// A patient, numbered in order of discovery; the number stays while the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PatientKey(pub u32);

/// A study, numbered in order of discovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StudyKey(pub u32);

/// A series, numbered in order of discovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesKey(pub u32);

/// One person (or animal) as told apart by Patient ID and Patient's Name together: an ID alone is unique only within the place that
/// issued it.
#[derive(Clone, Debug)]
pub struct Patient {
    /// Its number.
    pub key: PatientKey,
    /// Patient's Name as read, see [`crate::text::person_name`].
    pub name: String,
    /// Patient ID.
    pub id: String,
    /// Patient's Birth Date, DICOM form.
    pub birth_date: String,
    /// Patient's Sex.
    pub sex: String,
    /// In order of discovery; see [`super::Library::studies_of`] for the order to show.
    pub studies: Vec<StudyKey>,
}

/// One study of a patient.
#[derive(Clone, Debug)]
pub struct Study {
    /// Its number.
    pub key: StudyKey,
    /// Whose.
    pub patient: PatientKey,
    /// Study Instance UID.
    pub uid: String,
    /// Study Date, DICOM form.
    pub date: String,
    /// Study Time, DICOM form.
    pub time: String,
    /// Study Description.
    pub description: String,
    /// Accession Number.
    pub accession: String,
    /// In order of discovery; see [`super::Library::series_of`] for the order to show.
    pub series: Vec<SeriesKey>,
}

/// Something that is in a series but in none of its stacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The object; `None` for what could not be opened.
    pub object: Option<ObjectId>,
    /// Where it came from.
    pub origin: String,
    /// What it is ("Structured report"), or the sentence that says why it is not shown.
    pub what: String,
}

/// One series.
#[derive(Debug)]
pub struct Series {
    /// Its number.
    pub key: SeriesKey,
    /// Of which study.
    pub study: StudyKey,
    /// Series Instance UID.
    pub uid: String,
    /// Series Number.
    pub number: Option<i32>,
    /// Series Description.
    pub description: String,
    /// Modality.
    pub modality: String,
    /// Body Part Examined.
    pub body_part: String,
    /// Objects with pixels that can be shown, in order of discovery.
    pub images: Vec<Arc<ObjectHeader>>,
    /// Objects that are no images, by what they are.
    pub others: Vec<Listed>,
    /// Images that cannot be shown, with the reason.
    pub unreadable: Vec<Listed>,
    /// Further copies of an instance that is already there.
    pub duplicates: Vec<Listed>,
    /// Sorted when asked for, forgotten when an image is added: adding a thousand images sorts once.
    pub(super) sorted: OnceLock<Vec<Stack>>,
}

impl Series {
    /// The stacks to scroll through, sorted.
    pub fn stacks(&self) -> &[Stack] {
        self.sorted.get_or_init(|| sort::stacks(&self.images))
    }

    /// Frames of all stacks.
    pub fn frame_count(&self) -> usize {
        self.images.iter().filter_map(|o| o.image.as_ref()).map(|i| i.frames as usize).sum()
    }

    /// The frame that stands for the series in a thumbnail: the middle of its largest stack.
    pub fn representative(&self) -> Option<FrameId> {
        // The first of equals: max_by_key would take the last.
        let largest = self.stacks().iter().reduce(|a, b| if b.frames.len() > a.frames.len() { b } else { a })?;
        largest.frames.get(largest.frames.len() / 2).copied()
    }

    /// Stack and place in it of a frame.
    pub fn locate(&self, frame: FrameId) -> Option<(usize, usize)> {
        let find = |stack: &Stack| stack.frames.iter().position(|&f| f == frame);
        self.stacks().iter().enumerate().find_map(|(s, stack)| Some((s, find(stack)?)))
    }
}
