//! DICOM objects: data sets, headers and where their frames are.

mod charset;
mod dataset;
pub(crate) mod dicomdir;
pub(crate) mod file;
mod fragments;
pub(crate) mod frames;
mod functional_groups;
pub(crate) mod header;
mod image;
mod lut;
mod overlay;
mod palette;
mod reader;
mod shutter;
mod sop_class;
mod spacing;
pub(crate) mod tags;
mod value;
mod vr;

/// Explicit VR Big Endian: retired from the standard, alive in archives.
pub(crate) const EXPLICIT_VR_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

use dataset::Set;
pub(crate) use reader::{Want, parse};
