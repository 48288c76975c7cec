//! The pipelines and what all panes share.

use crate::grid::Grid;
use crate::guard::guarded;
use crate::marks::Marks;
use crate::pane::Pane;
use crate::picture::{Picture, array_view};
use crate::pixels::PixelsRef;
use crate::view::{PaneUniform, PixelRect, View};
use crate::{Error, offscreen};
use std::sync::{Arc, OnceLock};

/// Draws pictures on one device. Cheap to clone; every clone may be used on any thread.
#[derive(Clone, Debug)]
pub struct Renderer(Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    shader: wgpu::ShaderModule,
    bindings: wgpu::BindGroupLayout,
    layout: wgpu::PipelineLayout,
    on_screen: wgpu::RenderPipeline,
    /// Built when it is first needed: a window should not wait for it.
    in_memory: OnceLock<wgpu::RenderPipeline>,
    #[cfg(test)]
    unrounded: OnceLock<wgpu::RenderPipeline>,
    /// Stands in where a picture has no marks.
    no_mask: wgpu::TextureView,
}

impl Renderer {
    /// Builds the pipelines for passes with one colour attachment of format `target`, one sample a pixel and no depth.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when `target` would encode colours as sRGB on its own: pictures are finished display values.
    /// [`Error::Refused`] or [`Error::OutOfMemory`] from the device.
    pub fn new(device: wgpu::Device, queue: wgpu::Queue, target: wgpu::TextureFormat) -> Result<Self, Error> {
        if target.is_srgb() {
            return Err(Error::Unsupported {
                why: format!("the target {target:?} would change grey values; choose {:?}", target.remove_srgb_suffix()),
            });
        }
        let shared = guarded(&device.clone(), "the drawing pipelines", 0, || Shared::new(device, queue, target))?;
        Ok(Self(Arc::new(shared)))
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
        Picture::upload(&self.0.device, &self.0.queue, grid, pixels, marks)
    }

    /// Readies `pane` to show `view` of `picture` at `place` on the target, in physical pixels. Call before the pass that paints.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when `view.tables` were made for another kind of samples than the picture has; the pane is then as before.
    pub fn prepare(&self, pane: &mut Pane, picture: &Picture, view: &View<'_>, place: PixelRect) -> Result<(), Error> {
        pane.prepare(&self.0, picture, view, place)
    }

    /// Draws a prepared pane within `clip`, which must lie on the target. Sets pipeline, bind group 0, viewport and scissor of `pass`;
    /// an empty pane draws nothing.
    pub fn paint(&self, pane: &Pane, pass: &mut wgpu::RenderPass<'_>, clip: PixelRect) {
        pane.paint(&self.0.on_screen, pass, clip);
    }

    /// The same picture in memory: `width * height` RGBA pixels, alpha 255, row by row. Blocks until they are there.
    ///
    /// # Errors
    /// As [`Renderer::prepare`]; [`Error::Limit`] for a size no target can have; [`Error::LostDevice`].
    pub fn render_offscreen(&self, picture: &Picture, view: &View<'_>, width: u32, height: u32) -> Result<Vec<u8>, Error> {
        let pipeline = self.0.in_memory.get_or_init(|| self.0.pipeline(offscreen::FORMAT));
        self.0.render(pipeline, offscreen::FORMAT, picture, view, [width, height])
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
        let format = wgpu::TextureFormat::Rgba32Float;
        let pipeline = self.0.unrounded.get_or_init(|| self.0.pipeline(format));
        let bytes = self.0.render(pipeline, format, picture, view, [width, height])?;
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    /// What `paint` draws in a pass of the format this renderer was made for.
    #[cfg(test)]
    pub(crate) fn draw(
        &self,
        target: wgpu::TextureFormat,
        size: [u32; 2],
        paint: impl FnOnce(&mut wgpu::RenderPass<'_>),
    ) -> Vec<u8> {
        self.0.draw(target, size, paint).expect("draw")
    }

    /// The device's limits, so that a window or snapshot can be kept within them.
    pub fn limits(&self) -> wgpu::Limits {
        self.0.device.limits()
    }
}

impl Shared {
    fn new(device: wgpu::Device, queue: wgpu::Queue, target: wgpu::TextureFormat) -> Self {
        let source = concat!(include_str!("shaders/pane.wgsl"), include_str!("shaders/display.wgsl"));
        let shader = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("pane"),
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let bindings = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("pane"),
            entries: &[
                entry(0, buffer(wgpu::BufferBindingType::Uniform, size_of::<PaneUniform>())),
                entry(1, buffer(wgpu::BufferBindingType::Storage { read_only: true }, size_of::<f32>())),
                entry(2, INTEGER_ARRAY),
                entry(3, INTEGER_ARRAY),
            ],
        });
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("pane"),
            bind_group_layouts: &[Some(&bindings)],
            immediate_size: 0,
        });
        let on_screen = pipeline(&device, &layout, &shader, target);
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
            shader,
            bindings,
            layout,
            on_screen,
            in_memory: OnceLock::new(),
            #[cfg(test)]
            unrounded: OnceLock::new(),
            no_mask,
        }
    }

    fn pipeline(&self, target: wgpu::TextureFormat) -> wgpu::RenderPipeline {
        pipeline(&self.device, &self.layout, &self.shader, target)
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
            layout: &self.bindings,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: uniform.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: words.as_entire_binding() },
                view(2, picture.texels()),
                view(3, picture.mask().unwrap_or(&self.no_mask)),
            ],
        })
    }
}

const INTEGER_ARRAY: wgpu::BindingType = wgpu::BindingType::Texture {
    sample_type: wgpu::TextureSampleType::Uint,
    view_dimension: wgpu::TextureViewDimension::D2Array,
    multisampled: false,
};

fn entry(binding: u32, ty: wgpu::BindingType) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::FRAGMENT, ty, count: None }
}

fn buffer(ty: wgpu::BufferBindingType, least: usize) -> wgpu::BindingType {
    wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: wgpu::BufferSize::new(least as u64) }
}

fn pipeline(
    device: &wgpu::Device,
    layout: &wgpu::PipelineLayout,
    shader: &wgpu::ShaderModule,
    target: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    let eight_bits = matches!(target, wgpu::TextureFormat::Rgba8Unorm | wgpu::TextureFormat::Bgra8Unorm);
    let constants = [("eight_bits", f64::from(u8::from(eight_bits)))];
    let compilation_options = wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() };
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("pane"),
        layout: Some(layout),
        vertex: wgpu::VertexState {
            module: shader,
            entry_point: Some("vertex"),
            buffers: &[],
            compilation_options: compilation_options.clone(),
        },
        fragment: Some(wgpu::FragmentState {
            module: shader,
            entry_point: Some("fragment"),
            targets: &[Some(target.into())],
            compilation_options,
        }),
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        multiview_mask: None,
        cache: None,
    })
}
