//! Decoded samples to the screen, with wgpu and nothing else: no window, no toolkit, no files.
//!
//! [`Renderer::upload`] puts a frame's stored values into graphics memory bit for bit, on whichever thread decoded it.
//! [`Renderer::ring`] shares buffers with another interface to the same GPU, whose frames become pictures without crossing the host.
//! [`Renderer::prepare`] and [`Renderer::paint`] draw it into a rectangle of somebody's render pass, [`Renderer::render_offscreen`]
//! into memory. Window, inversion, palette, zoom and rotation are a [`View`]: changing them changes a few numbers, never a texture.
//!
//! The shaders compute what [`lightbox_model::display::Tables`] computes; the tests read results back and compares.

mod device;
mod drawing;
mod error;
mod export;
mod grid;
mod guard;
mod marks;
mod offscreen;
mod pane;
mod picture;
mod pipelines;
mod pixels;
mod raster;
mod readback;
mod renderer;
mod ring;
mod view;

#[cfg(test)]
mod tests;

pub use device::{Headless, device_descriptor, device_headless};
pub use error::Error;
pub use export::{Handle, SharedMemory};
pub use lightbox_model::display::Interpolation;
pub use marks::Marks;
pub use pane::Pane;
pub use picture::Picture;
pub use pixels::{PixelsRef, SamplesRef};
pub use raster::Raster;
pub use renderer::Renderer;
pub use ring::{Placed, Ring};
pub use view::{PixelRect, View};
