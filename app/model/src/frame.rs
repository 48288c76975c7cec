//! Names of things that can be shown.

/// One opened object (a DICOM file or an image set instance), numbered in order of discovery in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(pub u32);

/// One frame of an object; `frame` counts from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FrameId {
    /// The object that holds the frame.
    pub object: ObjectId,
    /// Frame number from 0.
    pub frame: u32,
}
