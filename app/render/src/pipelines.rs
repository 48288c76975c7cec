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

/// A target that was drawn before.
const FLAT: wgpu::BindingType = wgpu::BindingType::Texture {
    sample_type: wgpu::TextureSampleType::Float { filterable: false },
    view_dimension: wgpu::TextureViewDimension::D2,
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
        pipeline(device, "pane", &program.layout, &program.shader, self.format, &constants)
    }
}

/// The pipeline that copies a texture to its place in a target.
#[derive(Debug)]
pub(crate) struct Copy {
    pub pipeline: wgpu::RenderPipeline,
    bindings: wgpu::BindGroupLayout,
}

impl Copy {
    /// Into targets of `format`.
    pub fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("copy"),
            source: wgpu::ShaderSource::Wgsl(include_str!("shaders/copy.wgsl").into()),
        });
        let bindings = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("copy"),
            entries: &[entry(0, buffer(wgpu::BufferBindingType::Uniform, size_of::<[i32; 4]>())), entry(1, FLAT)],
        });
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("copy"),
            bind_group_layouts: &[Some(&bindings)],
            immediate_size: 0,
        });
        let pipeline = pipeline(device, "copy", &layout, &module, format, &[]);
        Self { pipeline, bindings }
    }

    /// What one copy reads.
    pub fn bind(&self, device: &wgpu::Device, origin: &wgpu::Buffer, texels: &wgpu::TextureView) -> wgpu::BindGroup {
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("copy"),
            layout: &self.bindings,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: origin.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::TextureView(texels) },
            ],
        })
    }
}

/// A pipeline that covers the viewport with one triangle.
fn pipeline(
    device: &wgpu::Device,
    label: &str,
    layout: &wgpu::PipelineLayout,
    module: &wgpu::ShaderModule,
    format: wgpu::TextureFormat,
    constants: &[(&str, f64)],
) -> wgpu::RenderPipeline {
    let compilation_options = wgpu::PipelineCompilationOptions { constants, ..Default::default() };
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(label),
        layout: Some(layout),
        vertex: wgpu::VertexState {
            module,
            entry_point: Some("vertex"),
            buffers: &[],
            compilation_options: compilation_options.clone(),
        },
        fragment: Some(wgpu::FragmentState {
            module,
            entry_point: Some("fragment"),
            targets: &[Some(format.into())],
            compilation_options,
        }),
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        multiview_mask: None,
        cache: None,
    })
}

/// A two-dimensional texture of one level.
pub(crate) fn flat(
    device: &wgpu::Device,
    label: &str,
    format: wgpu::TextureFormat,
    [width, height]: [u32; 2],
    usage: wgpu::TextureUsages,
) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage,
        view_formats: &[],
    })
}
