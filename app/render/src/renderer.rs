//! What all panes of a device share, and the way in.

use crate::grid::Grid;
use crate::guard::guarded;
use crate::marks::Marks;
use crate::offscreen;
use crate::pane::Pane;
use crate::picture::{Picture, array_view};
use crate::pipelines::{Copy, Pipelines, Program, Variant};
use crate::pixels::PixelsRef;
use crate::ring::Ring;
use crate::view::{PixelRect, View};
use crate::{Error, SharedMemory};
use lightbox_codec::Samples;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most bytes that wait in copies not handed over: more, and their memory is new each time instead of used again.
const STAGED: u64 = 8 << 20;

/// Draws pictures on one device. Cheap to clone; every clone may be used on any thread.
#[derive(Clone, Debug)]
pub struct Renderer(pub(crate) Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub program: Program,
    pub on_screen: Pipelines,
    pub copy: Copy,
    in_memory: Pipelines,
    #[cfg(test)]
    unrounded: Pipelines,
    /// Stands in where a picture has no marks.
    no_mask: wgpu::TextureView,
    /// Bytes uploaded since copies were last handed over for their number alone.
    staged: AtomicU64,
}

impl Renderer {
    /// Builds the pipelines for passes with one colour attachment of format `target`, one sample a pixel and no depth.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when `target` would encode colours as sRGB on its own: pictures are finished display values.
    /// [`Error::Refused`] or [`Error::OutOfMemory`] from the device.
    pub fn new(device: wgpu::Device, queue: wgpu::Queue, target: wgpu::TextureFormat) -> Result<Self, Error> {
        if target.is_srgb() {
            let instead = target.remove_srgb_suffix();
            return Err(Error::Unsupported { why: format!("the target {target:?} would change grey values; choose {instead:?}") });
        }
        let shared = guarded(&device.clone(), "the drawing pipelines", 0, || Shared::new(device, queue, target))?;
        Ok(Self(Arc::new(shared)))
    }

    /// The format of the passes that it paints in.
    pub fn target(&self) -> wgpu::TextureFormat {
        self.0.on_screen.format
    }

    /// Puts one frame into graphics memory. May be called from any thread, best the one that decoded it.
    ///
    /// # Errors
    /// [`Error::Size`] or [`Error::Unsupported`] for samples that do not fit their description, [`Error::Limit`] for a picture
    /// beyond what the device can address, [`Error::OutOfMemory`] when it does not fit.
    pub fn upload(&self, pixels: &PixelsRef<'_>, marks: &Marks<'_>) -> Result<Picture, Error> {
        let grid = Grid::new(pixels.columns, pixels.rows, &self.0.device.limits())?;
        self.upload_on(grid, pixels, marks)
    }

    /// [`Renderer::upload`] with a given tiling.
    pub(crate) fn upload_on(&self, grid: Grid, pixels: &PixelsRef<'_>, marks: &Marks<'_>) -> Result<Picture, Error> {
        let picture = Picture::upload(&self.0.device, &self.0.queue, grid, pixels, marks)?;
        // Copies go with whatever is submitted next, mostly the frame that shows them: a submission for each would cost more than
        // the copy, and a window cannot be resized while others submit. Where nothing is drawn for long they are handed over
        // here, before much memory waits with them.
        let staged = self.0.staged.fetch_add(picture.bytes(), Ordering::Relaxed) + picture.bytes();
        if staged >= STAGED {
            self.0.staged.store(0, Ordering::Relaxed);
            self.0.queue.submit([]);
        }
        Ok(picture)
    }

    /// `count` buffers of `bytes` each that another interface to the same GPU can write, and the memory of each.
    ///
    /// # Errors
    /// [`Error::NotShared`] with the reason why this device cannot, [`Error::OutOfMemory`], [`Error::Limit`].
    pub fn ring(&self, count: usize, bytes: u64) -> Result<(Ring, Vec<SharedMemory>), Error> {
        Ring::new(self.0.clone(), count, bytes)
    }

    /// The stored values of a picture, back from graphics memory. Blocks until they are there.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for floating point samples; [`Error::Limit`], [`Error::OutOfMemory`], [`Error::LostDevice`].
    pub fn samples(&self, picture: &Picture) -> Result<Samples, Error> {
        self.0.samples(picture)
    }

    /// Draws `view` of `picture` into memory of `pane`, unless it is there, to be painted at `place` on the target, in physical pixels.
    /// Call before the pass that paints.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when `view.tables` were made for another kind of samples than the picture has, or its zoom is no
    /// number: the pane is then as before. An error of the device leaves it empty.
    pub fn prepare(&self, pane: &mut Pane, picture: &Picture, view: &View<'_>, place: PixelRect) -> Result<(), Error> {
        pane.prepare(&self.0, picture, view, place)
    }

    /// Draws a prepared pane within `clip`, which must lie on the target. Sets pipeline, bind group 0, viewport and scissor of `pass`;
    /// an empty pane draws nothing.
    pub fn paint(&self, pane: &Pane, pass: &mut wgpu::RenderPass<'_>, clip: PixelRect) {
        pane.paint(&self.0, pass, clip);
    }

    /// The same picture in memory: `width * height` RGBA pixels, alpha 255, row by row. Blocks until they are there.
    ///
    /// # Errors
    /// As [`Renderer::prepare`]; [`Error::Limit`] for a size no target can have; [`Error::LostDevice`].
    pub fn render_offscreen(&self, picture: &Picture, view: &View<'_>, width: u32, height: u32) -> Result<Vec<u8>, Error> {
        self.0.render(&self.0.in_memory, picture, view, [width, height])
    }

    /// What would be shown before it is rounded to 8 bits: r, g, b, a as f32, for comparison with the reference.
    #[cfg(test)]
    pub(crate) fn render_unrounded(
        &self,
        picture: &Picture,
        view: &View<'_>,
        width: u32,
        height: u32,
    ) -> Result<Vec<[f32; 4]>, Error> {
        let bytes = self.0.render(&self.0.unrounded, picture, view, [width, height])?;
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    /// What `paint` draws in a pass of the format this renderer was made for.
    #[cfg(test)]
    pub(crate) fn draw(&self, size: [u32; 2], paint: impl FnOnce(&mut wgpu::RenderPass<'_>)) -> Vec<u8> {
        self.0.draw(self.0.on_screen.format, size, paint).expect("draw")
    }

    /// The device's limits, so that a window or snapshot can be kept within them.
    pub fn limits(&self) -> wgpu::Limits {
        self.0.device.limits()
    }
}

impl Shared {
    fn new(device: wgpu::Device, queue: wgpu::Queue, target: wgpu::TextureFormat) -> Self {
        let program = Program::new(&device);
        let on_screen = Pipelines::new(target);
        // What the first picture will most likely need; and if the device cannot build it, that is known now.
        on_screen.get(&device, &program, Variant::FIRST);
        let copy = Copy::new(&device, target);
        let no_mask = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("no mask"),
            size: wgpu::Extent3d::default(),
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::R8Uint,
            usage: wgpu::TextureUsages::TEXTURE_BINDING,
            view_formats: &[],
        });
        let no_mask = no_mask.create_view(&array_view());
        Self {
            device,
            queue,
            program,
            on_screen,
            copy,
            in_memory: Pipelines::new(offscreen::FORMAT),
            #[cfg(test)]
            unrounded: Pipelines::new(wgpu::TextureFormat::Rgba32Float),
            no_mask,
            staged: AtomicU64::new(0),
        }
    }

    /// An empty buffer that can be written.
    pub fn buffer(&self, size: usize, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("pane"),
            size: size as u64,
            usage: usage | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }

    /// Ties a pane's buffers and a picture to the shaders.
    pub fn bindings(&self, uniform: &wgpu::Buffer, words: &wgpu::Buffer, picture: &Picture) -> wgpu::BindGroup {
        let view = |binding, view| wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::TextureView(view) };
        self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("pane"),
            layout: &self.program.bindings,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: uniform.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: words.as_entire_binding() },
                view(2, picture.texels()),
                view(3, picture.mask().unwrap_or(&self.no_mask)),
            ],
        })
    }
}
