//! Lightbox, a desktop viewer for medical images: the window, the command line, and the services between them.

pub mod app;
pub mod bench_viewer;
pub mod cli;
pub mod colour;
pub mod event;
mod frames;
pub mod gpu_setup;
pub mod services;
pub mod settings;
pub mod ui;
