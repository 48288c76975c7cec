//! Where pictures come from: files, folders, DICOMDIRs and archives on disk. Headers are read at scan time, pixels when asked for.
//!
//! ```no_run
//! use lightbox_codec::{Backend, Decoder};
//! use lightbox_model::FrameId;
//! use lightbox_source::{Catalogue, ImageSource, ScanEvent, Stop};
//!
//! let catalogue = Catalogue::new();
//! let decoder = Decoder::new(Backend::Auto)?;
//! catalogue.scan(&["study".into()], &Stop::default(), &|event| {
//!     if let ScanEvent::Object(header) = event {
//!         let picture = catalogue.decode(FrameId { object: header.id, frame: 0 }, &decoder);
//!         println!("{}: {}", header.origin, picture.map_or_else(|e| e.to_string(), |p| p.decoder));
//!     }
//! });
//! # Ok::<(), lightbox_codec::Error>(())
//! ```

mod archive;
mod catalogue;
mod codestream;
mod decode;
pub mod demo;
mod dicom;
mod error;
pub mod fake;
mod frame_bytes;
mod inflating;
mod picture;
mod scan;
mod source;
mod storage;
pub mod transcode;
mod transfer_syntax;

pub use catalogue::Catalogue;
pub use decode::{FrameRequest, Outline, frame as decode_frame, is_wavelet, many as decode_frames, outline, part as decode_part};
pub use dicom::tags::{TagNode, TagTree};
pub use error::Error;
pub use frame_bytes::FrameBytes;
pub use picture::{EncodedFrame, Picture, Pixels};
pub use scan::{ScanEvent, ScanSummary, Stop};
pub use source::ImageSource;
pub use transfer_syntax::transfer_syntax_name;
