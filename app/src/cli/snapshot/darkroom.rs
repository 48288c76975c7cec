//! Pictures of single images.

use crate::cli::failure::Failure;
use crate::cli::{decode, input};
use crate::{colour, frames};
use lightbox_codec::{Backend, Decoder};
use lightbox_model::FrameId;
use lightbox_model::display::{ColourModel, Display, Voi};
use lightbox_model::presentation::Applied;
use lightbox_model::study::ObjectHeader;
use lightbox_model::viewport::{Camera, PixelGrid};
use lightbox_render::{Marks, Renderer, View};
use lightbox_source::{Catalogue, ImageSource};

/// Most pixels of a snapshot: its bytes stay below 1 GiB.
const MOST_PIXELS: u64 = 1 << 28;

/// What decodes and draws.
pub struct Darkroom {
    decoder: Decoder,
    renderer: Renderer,
}

/// How an image is looked at; by default as the viewer would first show it, without its presentation states.
#[derive(Clone, Debug, Default)]
pub struct Look<'a> {
    /// The presentation state in force.
    pub state: Option<Applied<'a>>,
    /// A window in place of the image's own.
    pub voi: Option<Voi>,
}

/// A picture.
pub struct Drawn {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height` pixels, a byte each of red, green and blue.
    pub rgb: Vec<u8>,
    /// What is to be said of it, in sentences.
    pub notes: Vec<String>,
}

impl Darkroom {
    /// Looks for a graphics device, in hardware or software.
    pub fn new() -> Result<Self, Failure> {
        let decoder = decode::decoder(Backend::Auto, None)?;
        let device = lightbox_render::device_headless().map_err(Failure::new)?;
        let renderer = Renderer::new(device.device, device.queue, wgpu::TextureFormat::Rgba8Unorm).map_err(Failure::new)?;
        Ok(Self { decoder, renderer })
    }

    /// Draws a frame: fitted into `size` and centred, or pixel by pixel.
    pub fn draw(
        &self,
        catalogue: &Catalogue,
        header: &ObjectHeader,
        id: FrameId,
        look: Look<'_>,
        size: Option<(u32, u32)>,
    ) -> Result<Drawn, Failure> {
        let image = input::image(header)?;
        let fail = |why: &dyn std::fmt::Display| Failure::new(format_args!("{}: frame {}: {why}", header.origin, id.frame));
        let picture = catalogue.decode(id, &self.decoder).map_err(|e| fail(&e))?;

        let histogram = frames::histogram(image, id.frame, &picture);
        let shown = colour::shown(image, &picture);
        let unmanaged = matches!(shown.management, colour::Management::Ignored(_)).then(|| fail(&shown.management));
        let delivered = shown.picture.delivered();
        let mut display =
            Display::initial(image, &header.modality, id.frame, delivered, histogram.as_ref()).map_err(|e| fail(&e))?;
        if let Some(state) = &look.state {
            display.voi = state.voi(image);
            state.present(&mut display);
        }
        if let Some(voi) = look.voi {
            if display.colour != ColourModel::Grey {
                return Err(fail(&"it is a colour image, which has no window; leave out --window and --preset"));
            }
            display.voi = voi;
        }
        let grid = PixelGrid::new(picture.columns, picture.rows, &image.facts(id.frame).spacing);
        let camera = look.state.map_or_else(Camera::default, |state| state.camera(&grid));
        let (width, height) = match size {
            Some(size) => size,
            None => natural_size(&camera, &grid).ok_or_else(|| fail(&"it is too large to draw pixel by pixel; give a --size"))?,
        };
        if u64::from(width) * u64::from(height) > MOST_PIXELS {
            return Err(fail(&format_args!(
                "{width}x{height} is more than the {MOST_PIXELS} pixels of a snapshot; give a smaller --size"
            )));
        }

        let marks = Marks { overlays: &image.overlays, shutters: &image.shutters };
        let uploaded = self.renderer.upload(&frames::pixels(&shown.picture), &marks).map_err(|e| fail(&e))?;
        let tables = display.tables();
        let mut view = View::fit(&tables, [picture.columns, picture.rows], grid.pixel[1] / grid.pixel[0], [width, height]);
        if camera != Camera::default() {
            let map = camera.image_from_view(&grid, [f64::from(width), f64::from(height)]);
            view.image_from_view = [[map.xx, map.xy, map.x0], [map.yx, map.yy, map.y0]];
        }
        let rgba = self.renderer.render_offscreen(&uploaded, &view, width, height).map_err(|e| fail(&e))?;
        let rgb = rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        let not_shown = look.state.map(|state| (state, state.not_shown(&grid, false))).filter(|(_, list)| !list.is_empty());
        let not_shown = not_shown.map(|(state, list)| {
            format!("of the presentation state {} this is not shown: {}", state.state.name(), list.join(", "))
        });
        let partial = picture.partial.as_ref().map(|partial| fail(partial));
        let warnings = partial.into_iter().chain(unmanaged).map(|why| format!("warning: {why}"));
        Ok(Drawn { width, height, rgb, notes: not_shown.into_iter().chain(warnings).collect() })
    }
}

/// One screen pixel for each image pixel, more along the longer side of pixels that are not square. `None` beyond 2^16 a side.
fn natural_size(camera: &Camera, grid: &PixelGrid) -> Option<(u32, u32)> {
    let edge = |edge: f64| (1.0..=65536.0).contains(&edge.round()).then_some(edge.round() as u32);
    let [width, height] = camera.natural_size(grid);
    Some((edge(width)?, edge(height)?))
}
