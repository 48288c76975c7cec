//! What Lightbox knows, as pure state: studies, frames, how a stored value becomes a grey, where a pixel lies in the patient, what each
//! viewport shows and what should be decoded next. No GPU, no I/O, no async, no clock: time is a parameter.

pub mod cache;
pub mod command;
pub mod corners;
pub mod display;
pub mod frame;
pub mod geometry;
pub mod histogram;
pub mod image;
pub mod layout;
pub mod measure;
pub mod presentation;
pub mod scheduler;
pub mod study;
pub mod text;
pub mod viewport;
pub mod wanted;

pub use frame::{FrameId, ObjectId};
