//! Lightbox's own decoder of JPEG 2000 and HTJ2K (ISO/IEC 15444-1 and 15444-15), bytes in, samples out, and its lossless
//! HTJ2K encoder.
//!
//! Bytes become typed markers ([`codestream`]), parameters become geometry (`structure`), packet headers say which bytes
//! belong to which code-block (`packet`), and all of it becomes a [`plan::DecodePlan`]: flat job lists whose offsets
//! are validated once. The CPU (`cpu`) and the GPU ([`cuda`]) run the same plan. There is no I/O here.
//!
//! # One frame
//!
//! ```
//! # use lightbox_codec::{EncodeRequest, Encoder, Interleaved, Samples};
//! use lightbox_codec::{Backend, DecodeRequest, Decoder, Limits};
//! # let samples = Samples::U8((0..256 * 200 * 3).map(|i| (i / 3 % 251) as u8).collect());
//! # let colour = Interleaved { width: 256, height: 200, components: 3, bits: 8, signed: false, samples, incomplete: None };
//! # let bytes = Encoder::new().encode_interleaved(&colour, &EncodeRequest::default(), &Limits::default())?;
//!
//! // The bytes of a .j2c, .jph, .jp2 file or of a DICOM fragment; a decoder is made once and used for many.
//! let decoder = Decoder::new(Backend::Auto)?;
//! let image = decoder.decode_interleaved(&bytes, &DecodeRequest::default(), &Limits::default())?;
//! assert_eq!((image.width, image.height, image.components, image.bits), (256, 200, 3, 8));
//! # assert_eq!(image, colour);
//! if let Some(incomplete) = image.incomplete {
//!     println!("{incomplete}"); // how far the picture reaches where its data are cut off
//! }
//! # Ok::<(), lightbox_codec::Error>(())
//! ```
//!
//! # A part of an image
//!
//! Only the code-blocks that the part needs are decoded, and the samples are those of the whole image. Behind a [`ByteSource`],
//! such as a file, only their bytes and headers are read.
//!
//! ```
//! # use lightbox_codec::{EncodeRequest, Encoder, Interleaved, Samples};
//! use lightbox_codec::{Backend, Components, DecodeRequest, Decoder, Limits, Rect};
//! # let samples = Samples::U8((0..256 * 200 * 3).map(|i| (i / 3 % 251) as u8).collect());
//! # let colour = Interleaved { width: 256, height: 200, components: 3, bits: 8, signed: false, samples, incomplete: None };
//! # let bytes = Encoder::new().encode_interleaved(&colour, &EncodeRequest::default(), &Limits::default())?;
//!
//! let request = DecodeRequest {
//!     region: Some(Rect::new(40, 64, 168, 128)), // at full resolution
//!     reduction: 1,                              // at half of it
//!     components: Components::Some(vec![1]),
//!     ..DecodeRequest::default()
//! };
//! let image = Decoder::new(Backend::Auto)?.decode(&bytes, &request, &Limits::default())?;
//! let green = &image.components[0];
//! assert_eq!((green.origin, green.width, green.height), ((20, 32), 64, 32));
//! # Ok::<(), lightbox_codec::Error>(())
//! ```
//!
//! # Many frames into one buffer
//!
//! Every sample is written once, where the caller says.
//!
//! ```
//! # use lightbox_codec::{EncodeRequest, Encoder, Interleaved, Samples};
//! use lightbox_codec::{Backend, DecodeRequest, Decoder, Limits, SamplesMut, Target};
//! # let frames: Vec<Vec<u8>> = (0..3).map(|n| {
//! #     let samples = Samples::U16((0..64 * 48).map(|i| n * 1000 + i % 1000).collect());
//! #     let frame = Interleaved { width: 64, height: 48, components: 1, bits: 12, signed: false, samples, incomplete: None };
//! #     Encoder::new().encode_interleaved(&frame, &EncodeRequest::default(), &Limits::default())
//! # }).collect::<Result<_, _>>()?;
//!
//! let (decoder, request, limits) = (Decoder::new(Backend::Auto)?, DecodeRequest::default(), Limits::default());
//! let layout = decoder.layout(&frames[0], &request, &limits)?;
//! let size = layout.row() * layout.height as usize;
//! let mut volume = vec![0u16; size * frames.len()];
//! for (frame, slice) in frames.iter().zip(volume.chunks_exact_mut(size)) {
//!     let target = Target::Host { samples: SamplesMut::U16(slice), pitch: layout.row() };
//!     decoder.decode_into(frame, &request, &limits, target)?;
//! }
//! assert_eq!((volume[5], volume[size + 5], volume[2 * size + 5]), (5, 1005, 2005));
//! # Ok::<(), lightbox_codec::Error>(())
//! ```
//!
//! # Encoding
//!
//! ```
//! use lightbox_codec::{Backend, DecodeRequest, Decoder, EncodeRequest, Encoder, Interleaved, Limits, Samples};
//!
//! let samples = Samples::I16((0..64 * 48).map(|i| i - 1024).collect());
//! let slice = Interleaved { width: 64, height: 48, components: 1, bits: 13, signed: true, samples, incomplete: None };
//! let bytes = Encoder::new().encode_interleaved(&slice, &EncodeRequest::default(), &Limits::default())?;
//! let again = Decoder::new(Backend::Auto)?.decode_interleaved(&bytes, &DecodeRequest::default(), &Limits::default())?;
//! assert_eq!(again, slice);
//! # Ok::<(), lightbox_codec::Error>(())
//! ```
//!
//! # What can be relied on
//!
//! - **Any bytes** end in samples that are right or in an [`Error`] that says what and where: no panic, no hang, no wrong
//!   picture. Samples have 1 to 31 bits; 5/3 is exact, and 9/7 rounds what is computed in `f32` up to 16 bits and in `f64`
//!   beyond. Above 26 bits, with 9/7 above 16, coefficients take eight bytes and plain code; 32 to 38 bits are refused by name.
//! - **Memory** is bounded by [`Limits`] before it is taken.
//! - **No global state**: working memory belongs to a [`Decoder`] or an [`Encoder`], which any number of threads may share.
//! - **No unsafe code** outside the files for vector instructions and for CUDA. Every vector routine has a twin in plain Rust
//!   that runs on any processor and gives the same samples.

#![deny(unsafe_code)]
// Elsewhere there is plain code only, and what chooses between it and vector code has nothing to choose.
#![cfg_attr(not(target_arch = "x86_64"), allow(unused_variables, unused_mut, dead_code))]

mod coded;
pub mod codestream;
pub mod cpu;
#[allow(unsafe_code)]
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

pub use coded::{ByteSource, Coded};
pub use codestream::{
    BlockCoding, Codestream, ComponentInfo, Container, Info, MarkerSummary, Progression, Wavelet, inspect, looks_like_codestream,
};
pub use decoder::{Backend, Decoder, GpuInfo, Image, Interleaved, Layout, NoGpu, Plane, Target};
pub use encode::{EncodeRequest, Encoder};
pub use error::Error;
pub use geometry::Rect;
pub use limits::Limits;
pub use plan::Incomplete;
pub use request::{Components, DecodeRequest};
pub use samples::{SampleType, Samples, SamplesMut};
