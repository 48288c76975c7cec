//! The shader and the pipelines made of it.

use crate::view::PaneUniform;
use std::sync::OnceLock;

/// The compiled shader and the layout of what it reads.
#[derive(Debug)]
pub(crate) struct Program {
    shader: wgpu::ShaderModule,
    layout: wgpu::PipelineLayout,
    /// Bindings of one pane: uniform, tables, texels, mask.
    pub bindings: wgpu::BindGroupLayout,
}

impl Program {
    pub fn new(device: &wgpu::Device) -> Self {
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
        Self { shader, layout, bindings }
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

/// Which parts of the shader a pane needs. A software device goes through every part of a shader for every texel it reads, needed
/// or not; leaving parts out halves its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Variant {
    /// Grey integers, linear transforms, no tables.
    pub plain: bool,
    /// The picture has a mask.
    pub masked: bool,
}

/// The pipelines that draw into one format, each built when it is first needed.
#[derive(Debug)]
pub(crate) struct Pipelines {
    pub format: wgpu::TextureFormat,
    built: [OnceLock<wgpu::RenderPipeline>; 4],
}

impl Pipelines {
    pub fn new(format: wgpu::TextureFormat) -> Self {
        Self { format, built: Default::default() }
    }

    /// The pipeline for `variant`.
    pub fn get(&self, device: &wgpu::Device, program: &Program, variant: Variant) -> &wgpu::RenderPipeline {
        let slot = usize::from(variant.plain) + 2 * usize::from(variant.masked);
        self.built[slot].get_or_init(|| self.build(device, program, variant))
    }

    fn build(&self, device: &wgpu::Device, program: &Program, variant: Variant) -> wgpu::RenderPipeline {
        let eight_bits = matches!(self.format, wgpu::TextureFormat::Rgba8Unorm | wgpu::TextureFormat::Bgra8Unorm);
        let constants = [("eight_bits", eight_bits), ("plain", variant.plain), ("masked", variant.masked)]
            .map(|(name, on)| (name, f64::from(on)));
        let compilation_options = wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() };
        device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("pane"),
            layout: Some(&program.layout),
            vertex: wgpu::VertexState {
                module: &program.shader,
                entry_point: Some("vertex"),
                buffers: &[],
                compilation_options: compilation_options.clone(),
            },
            fragment: Some(wgpu::FragmentState {
                module: &program.shader,
                entry_point: Some("fragment"),
                targets: &[Some(self.format.into())],
                compilation_options,
            }),
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            multiview_mask: None,
            cache: None,
        })
    }
}
