//! What the services tell the viewer. One closed enum: whoever adds a kind of news finds every place that must hear of it.

use lightbox_model::study::{ObjectHeader, SeriesKey};
use lightbox_model::{FrameId, ObjectId};
use lightbox_source::TagTree;
use std::sync::Arc;
use std::time::Duration;

/// News from a service thread.
#[derive(Debug)]
pub enum Event {
    /// Objects that a scan has found, in the order found; sent in small batches while it runs.
    Objects(Vec<Arc<ObjectHeader>>),
    /// Files and folders that could not be read, among others that could: the name of each, and the sentence that says why.
    Unread(Vec<(String, String)>),
    /// How far the scan that is running has come.
    ScanProgress {
        /// Files seen so far.
        files: u64,
        /// Files read so far.
        done: u64,
        /// What is being scanned, for people.
        root: String,
    },
    /// A scan has ended, with what it found.
    ScanFinished(ScanSummary),
    /// A frame is decoded: [`Services::frame`](crate::services::Services::frame) answers `Ready` when it is drawn, if not before.
    FrameDecoded(FrameId),
    /// [`Services::frame`](crate::services::Services::frame) answers `Failed` from now on.
    FrameFailed(FrameId),
    /// The small picture of a series.
    Thumbnail(SeriesKey, Arc<Thumbnail>),
    /// The data set that [`Services::request_tags`](crate::services::Services::request_tags) asked for, or the sentence that says why not.
    Tags(ObjectId, Result<Arc<TagTree>, String>),
    /// Something that was to be opened could not be.
    OpenFailed {
        /// Its name, for people.
        what: String,
        /// What happened and what to do.
        sentence: String,
        /// The technical reason.
        detail: String,
    },
    /// Worth saying once, and belongs to no place on the screen.
    Notice(String),
}

/// What a scan found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanSummary {
    /// Objects with pixels that can be shown.
    pub images: u64,
    /// Other DICOM objects.
    pub others: u64,
    /// Files that claim to be images but cannot be read.
    pub damaged: u64,
    /// Files that are no images at all.
    pub skipped: u64,
    /// How long it took.
    pub took: Duration,
}

/// A small picture, at most [`Thumbnail::EDGE`] pixels on its longer edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height` pixels, red, green, blue, alpha.
    pub rgba: Vec<u8>,
}

impl Thumbnail {
    /// Longest edge in pixels, twice the 96 points at which it is drawn so that it is sharp on dense screens.
    pub const EDGE: u32 = 192;
}
