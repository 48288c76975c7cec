//! A stand-in for AWS HealthImaging on this machine: the two operations that a viewer reads pixels with, over a folder of HTJ2K
//! DICOM files. For tests and demonstrations without an account.
//!
//! It answers `GetImageSetMetadata` (gzip-compressed JSON) and `GetImageFrame` (one codestream) at the paths and in the forms of the
//! service's API model of 2023-07-19, errors included. An image set is one DICOM series. There is no search, no import and no
//! signature check: whoever reaches the loopback address may read.

mod corpus;
mod metadata;
mod server;

pub use corpus::{Corpus, Error, Frame, ImageSet};
pub use server::{DATASTORE, router, serve, serve_folder};
