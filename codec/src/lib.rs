//! Lightbox's own decoder of JPEG 2000 and HTJ2K (ISO/IEC 15444-1 and 15444-15), bytes in, samples out, and its lossless
//! HTJ2K encoder.
//!
//! Bytes become typed markers ([`codestream`]), parameters become geometry (`structure`), packet headers say which bytes
//! belong to which code-block (`packet`), and all of it becomes a [`plan::DecodePlan`]: flat job lists whose offsets
//! are validated once. The CPU (`cpu`) and the GPU ([`cuda`]) run the same plan. There is no I/O here.
//!
//! ```no_run
//! use lightbox_codec::{Backend, DecodeRequest, Decoder, Limits};
//!
//! let bytes = std::fs::read("slice.j2c")?;
//! let image = Decoder::new(Backend::Auto)?.decode_interleaved(&bytes, &DecodeRequest::default(), &Limits::default())?;
//! println!("{} x {}", image.width, image.height);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod codestream;
pub mod cpu;
pub mod cuda;
mod decoder;
mod encode;
mod error;
mod geometry;
mod limits;
mod packet;
pub mod plan;
mod request;
mod samples;
mod structure;
mod threads;

pub use codestream::{
    BlockCoding, Codestream, ComponentInfo, Container, Info, MarkerSummary, Progression, Wavelet, inspect, looks_like_codestream,
};
pub use decoder::{Backend, Decoder, Image, Interleaved, Layout, Plane, Target};
pub use encode::{EncodeRequest, Encoder};
pub use error::Error;
pub use geometry::Rect;
pub use limits::Limits;
pub use plan::Incomplete;
pub use request::{Components, DecodeRequest};
pub use samples::{SampleType, Samples, SamplesMut};
