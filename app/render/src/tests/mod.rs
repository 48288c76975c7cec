//! What the device draws, read back and compared. Needs a Vulkan, Metal or Direct3D 12 adapter; a software one will do.

mod display;
mod filter;
mod marks;
mod panes;
mod ring;

use crate::{Error, Marks, Picture, PixelsRef, Renderer, SamplesRef, View, device_headless};
use lightbox_codec::Samples;
use lightbox_model::display::Tables;
use std::io::Write;
use std::sync::OnceLock;

/// What a window's surface usually is.
const TARGET: wgpu::TextureFormat = wgpu::TextureFormat::Bgra8Unorm;

/// The renderer that all tests share; `None`, loudly, where there is nothing to draw with. `LIGHTBOX_REQUIRE=vulkan` makes that a failure.
fn renderer() -> Option<&'static Renderer> {
    static SHARED: OnceLock<Option<Renderer>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| match device_headless() {
        Ok(found) => Some(Renderer::new(found.device, found.queue, TARGET).expect("pipelines")),
        Err(Error::NoAdapter { detail }) => {
            let required = std::env::var("LIGHTBOX_REQUIRE").is_ok_and(|list| list.split(',').any(|name| name.trim() == "vulkan"));
            assert!(!required, "LIGHTBOX_REQUIRE names vulkan, but there is no adapter: {detail}");
            None
        }
        Err(error) => panic!("{error}"),
    });
    if shared.is_none() {
        // Not `eprintln!`, which the test harness hides when a test passes.
        let name = std::thread::current().name().unwrap_or("test").to_owned();
        writeln!(std::io::stderr(), "SKIPPED {name}: no graphics adapter").expect("stderr");
    }
    shared.as_ref()
}

fn upload(renderer: &Renderer, columns: u32, samples_per_pixel: u16, samples: &Samples) -> Picture {
    let rows = (samples.len() / columns as usize / usize::from(samples_per_pixel)) as u32;
    let pixels = PixelsRef { rows, columns, samples_per_pixel, samples: SamplesRef::Integer(samples) };
    renderer.upload(&pixels, &Marks::default()).expect("upload")
}

/// One screen pixel for each image pixel.
fn one_to_one(tables: &Tables) -> View<'_> {
    View {
        tables,
        image_from_view: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        interpolation: Default::default(),
        background: [0; 3],
        overlay: None,
    }
}

/// RGB of a picture drawn at one to one.
fn drawn(renderer: &Renderer, picture: &Picture, tables: &Tables) -> Vec<[u8; 3]> {
    rgb8(renderer, picture, &one_to_one(tables), picture.columns(), picture.rows())
}

/// RGB of a view; alpha must be opaque.
fn rgb8(renderer: &Renderer, picture: &Picture, view: &View<'_>, width: u32, height: u32) -> Vec<[u8; 3]> {
    let rgba = renderer.render_offscreen(picture, view, width, height).expect("render");
    assert_eq!(rgba.len(), (width * height * 4) as usize);
    rgba.chunks_exact(4)
        .map(|p| {
            assert_eq!(p[3], 255);
            [p[0], p[1], p[2]]
        })
        .collect()
}

/// The red channel before rounding to 8 bits.
fn unrounded(renderer: &Renderer, picture: &Picture, view: &View<'_>, width: u32, height: u32) -> Vec<f32> {
    renderer.render_unrounded(picture, view, width, height).expect("render").iter().map(|p| p[0]).collect()
}

/// Small reproducible noise: a linear congruential generator's upper bits.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as u32
    }

    fn below(&mut self, n: u32) -> u32 {
        self.next() % n
    }
}
