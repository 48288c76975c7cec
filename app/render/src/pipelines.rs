//! The shader and the pipelines made of it.

use crate::picture::Picture;
use crate::pixels::Reading;
use crate::view::PaneUniform;
use lightbox_model::display::{
    ColourModel, DisplayUniform, FLAG_PALETTE, FLAG_PRESENTATION, FLAG_PSEUDO_COLOUR, MODALITY_LINEAR, VOI_RAMP,
};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

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

/// Which parts of the shader a pane needs: its `override`s. All of them in one pipeline would take a software device four times as long
/// to draw, and half a second to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Variant {
    /// A [`lightbox_model::display::ColourModel`].
    pub colour: u32,
    /// `MODALITY_*`
    pub modality: u32,
    /// `VOI_*`
    pub voi: u32,
    /// Those of `FLAG_*` that need a table.
    pub tables: u32,
    /// How texels are read.
    pub reading: Texel,
    /// The picture has a mask.
    pub masked: bool,
    /// No screen pixel covers more than one image pixel along either axis.
    pub magnified: bool,
}

/// How the shader reads the first channel of a texel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Texel {
    /// An integer of which an `i32` holds every value.
    Narrow,
    /// A `u32`.
    Wide,
    /// The bits of an `f32`.
    Float,
}

impl Variant {
    /// What most first pictures need.
    pub const FIRST: Self = Self {
        colour: ColourModel::Grey as u32,
        modality: MODALITY_LINEAR,
        voi: VOI_RAMP,
        tables: 0,
        reading: Texel::Narrow,
        masked: false,
        magnified: true,
    };

    /// For `picture` shown through `display`; screen pixels cover `covered` image pixels along each axis.
    pub fn new(picture: &Picture, display: &DisplayUniform, covered: [f32; 2]) -> Self {
        Self {
            colour: display.colour,
            modality: display.modality,
            voi: display.voi,
            tables: display.flags & (FLAG_PALETTE | FLAG_PSEUDO_COLOUR | FLAG_PRESENTATION),
            reading: match picture.reading() {
                Reading::Float => Texel::Float,
                Reading::Unsigned if picture.bits_above() == 0 => Texel::Wide,
                _ => Texel::Narrow,
            },
            masked: picture.mask().is_some(),
            magnified: covered.iter().all(|&pixels| pixels <= 1.0),
        }
    }

    fn constants(self) -> [(&'static str, f64); 9] {
        let table = |flag| f64::from(self.tables & flag != 0);
        [
            ("colour", f64::from(self.colour)),
            ("modality", f64::from(self.modality)),
            ("voi", f64::from(self.voi)),
            ("reading", f64::from(self.reading as u32)),
            ("palette_colours", table(FLAG_PALETTE)),
            ("pseudo_colour", table(FLAG_PSEUDO_COLOUR)),
            ("presentation", table(FLAG_PRESENTATION)),
            ("masked", f64::from(self.masked)),
            ("magnified", f64::from(self.magnified)),
        ]
    }
}

/// The pipelines that draw into one format, each built when it is first needed.
#[derive(Debug)]
pub(crate) struct Pipelines {
    pub format: wgpu::TextureFormat,
    built: Mutex<HashMap<Variant, wgpu::RenderPipeline>>,
}

impl Pipelines {
    pub fn new(format: wgpu::TextureFormat) -> Self {
        Self { format, built: Mutex::default() }
    }

    /// The pipeline for `variant`.
    pub fn get(&self, device: &wgpu::Device, program: &Program, variant: Variant) -> wgpu::RenderPipeline {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        built.entry(variant).or_insert_with(|| self.build(device, program, variant)).clone()
    }

    fn build(&self, device: &wgpu::Device, program: &Program, variant: Variant) -> wgpu::RenderPipeline {
        let eight_bits = matches!(self.format, wgpu::TextureFormat::Rgba8Unorm | wgpu::TextureFormat::Bgra8Unorm);
        let constants: Vec<_> = variant.constants().into_iter().chain([("eight_bits", f64::from(eight_bits))]).collect();
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
