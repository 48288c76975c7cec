//! DICOM objects: data sets, headers and where their frames are.

mod annotation;
mod charset;
pub(crate) mod dataset;
pub(crate) mod dicomdir;
pub(crate) mod file;
mod fragments;
pub(crate) mod frames;
mod functional_groups;
pub(crate) mod header;
mod image;
mod lut;
pub(crate) mod overlay;
mod palette;
mod presentation;
mod reader;
mod shutter;
mod sop_class;
mod spacing;
mod stream;
pub(crate) mod syntax;
pub(crate) mod tags;
mod value;

use dataset::Set;
pub(crate) use reader::{Want, parse};
