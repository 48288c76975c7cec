//! What one viewport keeps on the graphics device from one frame of the window to the next.
//!
//! A window is drawn again for many reasons: the pointer moves, a number changes, a tool tip fades. What a viewport shows changes with few
//! of them, and is the dearest thing to draw: every screen pixel may be the mean of many image pixels. So a pane draws its view once
//! into a texture of its own, and the window's pass only copies that.

use crate::drawing::Drawing;
use crate::guard::guarded;
use crate::picture::{Picture, texel_bytes};
use crate::pipelines::flat;
use crate::renderer::Shared;
use crate::view::{PixelRect, View};
use crate::{Error, offscreen};

/// One viewport. Empty until [`crate::Renderer::prepare`]; keep it as long as the viewport is open.
#[derive(Debug, Default)]
pub struct Pane {
    drawing: Drawing,
    still: Option<Still>,
}

/// The view as it was drawn last.
#[derive(Debug)]
struct Still {
    texels: wgpu::TextureView,
    origin: wgpu::Buffer,
    bindings: wgpu::BindGroup,
    place: PixelRect,
}

impl Pane {
    /// Nothing to paint yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Paints nothing from now on and lets the picture go.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The picture it shows.
    pub fn picture(&self) -> Option<&Picture> {
        self.drawing.picture()
    }

    /// Draws `view` of `picture` as it is seen at `place`, unless that has been done.
    pub(crate) fn prepare(&mut self, shared: &Shared, picture: &Picture, view: &View<'_>, place: PixelRect) -> Result<(), Error> {
        let pipelines = &shared.on_screen;
        let size = [place.width, place.height];
        let changed = self.drawing.prepare(shared, pipelines, picture, view, size)?;
        let kept = self.still.take().filter(|still| [still.place.width, still.place.height] == size);
        if kept.is_none() {
            offscreen::check_size(shared, size)?;
        }
        let (fresh, bytes) =
            (kept.is_none(), u64::from(place.width) * u64::from(place.height) * u64::from(texel_bytes(pipelines.format)));
        let still = guarded(&shared.device, "a viewport", bytes, || {
            let still = kept.map_or_else(|| Still::new(shared, place), |still| still.moved(shared, place));
            if fresh || changed {
                let mut encoder = shared.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("pane") });
                self.drawing.draw(&mut offscreen::begin_pass(&mut encoder, &still.texels));
                shared.queue.submit([encoder.finish()]);
            }
            still
        })?;
        self.still = Some(still);
        Ok(())
    }

    /// Copies what was drawn to the part of its place that lies within `clip`.
    pub(crate) fn paint(&self, shared: &Shared, pass: &mut wgpu::RenderPass<'_>, clip: PixelRect) {
        let Some(still) = &self.still else { return };
        let Some(seen) = still.place.intersect(clip) else { return };
        let (x, y) = (seen.x.max(0) as u32, seen.y.max(0) as u32);
        pass.set_viewport(x as f32, y as f32, seen.width as f32, seen.height as f32, 0.0, 1.0);
        pass.set_scissor_rect(x, y, seen.width, seen.height);
        pass.set_pipeline(&shared.copy.pipeline);
        pass.set_bind_group(0, &still.bindings, &[]);
        pass.draw(0..3, 0..1);
    }
}

impl Still {
    fn new(shared: &Shared, place: PixelRect) -> Self {
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::TEXTURE_BINDING;
        let texture = flat(&shared.device, "pane", shared.on_screen.format, [place.width, place.height], usage);
        let texels = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let origin = shared.buffer(size_of::<[i32; 4]>(), wgpu::BufferUsages::UNIFORM);
        let bindings = shared.copy.bind(&shared.device, &origin, &texels);
        let still = Self { texels, origin, bindings, place };
        still.write_origin(shared);
        still
    }

    fn moved(mut self, shared: &Shared, place: PixelRect) -> Self {
        if self.place != place {
            self.place = place;
            self.write_origin(shared);
        }
        self
    }

    fn write_origin(&self, shared: &Shared) {
        shared.queue.write_buffer(&self.origin, 0, bytemuck::bytes_of(&[self.place.x, self.place.y, 0, 0]));
    }
}
