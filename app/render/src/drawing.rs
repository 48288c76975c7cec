//! One view of one picture, ready to be drawn.

use crate::guard::guarded;
use crate::picture::Picture;
use crate::pipelines::{Pipelines, Variant};
use crate::pixels::Reading;
use crate::renderer::Shared;
use crate::view::{PaneUniform, View, ViewUniform, affine_row, flag, unit_rgb};
use crate::{Error, Interpolation};
use lightbox_model::display::ColourModel;

/// What the pane shader needs on the graphics device. Empty until [`Drawing::prepare`]; buffers are used again by the next.
#[derive(Debug, Default)]
pub(crate) struct Drawing(Option<Prepared>);

#[derive(Debug)]
struct Prepared {
    picture: Picture,
    uniform: wgpu::Buffer,
    words: Words,
    bindings: wgpu::BindGroup,
    pipeline: wgpu::RenderPipeline,
    content: PaneUniform,
    size: [u32; 2],
}

/// The lookup tables on the device, and a copy to see whether they changed.
#[derive(Debug)]
struct Words {
    buffer: wgpu::Buffer,
    content: Vec<f32>,
}

impl Drawing {
    /// The picture it shows.
    pub fn picture(&self) -> Option<&Picture> {
        self.0.as_ref().map(|p| &p.picture)
    }

    /// Writes what `view` of `picture`, `size` (width, height) large, needs; what has not changed since the last call stays. Whether
    /// it would draw anything else than after the last call.
    pub fn prepare(
        &mut self,
        shared: &Shared,
        pipelines: &Pipelines,
        picture: &Picture,
        view: &View<'_>,
        size: [u32; 2],
    ) -> Result<bool, Error> {
        let uniform = uniform(picture, view)?;
        let variant = Variant::new(picture, &uniform.display, [uniform.view.column[3], uniform.view.row[3]]);
        let words = &view.tables.words;
        if self.0.as_ref().is_some_and(|old| old.is(picture, &uniform, words, size)) {
            return Ok(false);
        }
        let reused = self.0.take();
        let prepared = guarded(&shared.device, "a viewport", size_of_val(&words[..]) as u64, || {
            let pipeline = pipelines.get(&shared.device, &shared.program, variant);
            Prepared::update(reused, shared, picture, words, pipeline, uniform, size)
        })?;
        shared.queue.write_buffer(&prepared.uniform, 0, bytemuck::bytes_of(&uniform));
        self.0 = Some(prepared);
        Ok(true)
    }

    /// Draws at the top left corner of the target.
    pub fn draw(&self, pass: &mut wgpu::RenderPass<'_>) {
        let Some(prepared) = &self.0 else { return };
        let [width, height] = prepared.size;
        pass.set_viewport(0.0, 0.0, width as f32, height as f32, 0.0, 1.0);
        pass.set_pipeline(&prepared.pipeline);
        pass.set_bind_group(0, &prepared.bindings, &[]);
        pass.draw(0..3, 0..1);
    }
}

impl Prepared {
    /// Whether it draws the same.
    fn is(&self, picture: &Picture, uniform: &PaneUniform, words: &[f32], size: [u32; 2]) -> bool {
        self.size == size
            && self.picture.is(picture)
            && bytemuck::bytes_of(&self.content) == bytemuck::bytes_of(uniform)
            && self.words.content == words
    }

    fn update(
        reused: Option<Self>,
        shared: &Shared,
        picture: &Picture,
        words: &[f32],
        pipeline: wgpu::RenderPipeline,
        content: PaneUniform,
        size: [u32; 2],
    ) -> Self {
        let (uniform, words, bindings) = match reused {
            Some(old) => {
                let same_words = old.words.content == words;
                let words = if same_words { old.words } else { Words::new(shared, words, Some(old.words)) };
                let kept = (same_words && old.picture.is(picture)).then_some(old.bindings);
                (old.uniform, words, kept)
            }
            None => (shared.buffer(size_of::<PaneUniform>(), wgpu::BufferUsages::UNIFORM), Words::new(shared, words, None), None),
        };
        let bindings = bindings.unwrap_or_else(|| shared.bindings(&uniform, &words.buffer, picture));
        Self { picture: picture.clone(), uniform, words, bindings, pipeline, content, size }
    }
}

impl Words {
    /// Writes `words` over `old` where they fit, else into a new buffer.
    fn new(shared: &Shared, words: &[f32], old: Option<Self>) -> Self {
        let size = size_of_val(words);
        let buffer = match old {
            Some(old) if old.buffer.size() >= size as u64 => old.buffer,
            _ => shared.buffer(size, wgpu::BufferUsages::STORAGE),
        };
        shared.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(words));
        Self { buffer, content: words.to_vec() }
    }
}

/// The numbers the shaders need, after a check that picture and tables speak of the same kind of samples.
fn uniform(picture: &Picture, view: &View<'_>) -> Result<PaneUniform, Error> {
    let display = view.tables.uniform;
    let unsupported = |why: &str| Err(Error::Unsupported { why: why.into() });
    let single = display.colour == ColourModel::Grey as u32 || display.colour == ColourModel::Palette as u32;
    if single != (picture.samples_per_pixel() == 1) {
        return unsupported("its samples per pixel do not fit its photometric interpretation");
    }
    if display.colour == ColourModel::Palette as u32 && picture.reading() == Reading::Float {
        return unsupported("floating point samples cannot index a palette");
    }
    if view.tables.words.is_empty() || !view.image_from_view.iter().flatten().all(|x| x.is_finite()) {
        return unsupported("the viewport's zoom or lookup tables are not usable");
    }
    let grid = picture.grid();
    let mut flags = 0;
    if view.interpolation == Interpolation::Bilinear {
        flags |= flag::SMOOTH;
    }
    if view.overlay.is_some() {
        flags |= flag::OVERLAID;
    }
    let view = ViewUniform {
        column: affine_row(view.image_from_view[0]),
        row: affine_row(view.image_from_view[1]),
        background: unit_rgb(view.background),
        overlay: unit_rgb(view.overlay.unwrap_or_default()),
        size: [grid.columns as i32, grid.rows as i32],
        shift: grid.shift,
        across: grid.across() as i32,
        flags,
        above: if picture.reading() == Reading::Signed { picture.bits_above() } else { 0 },
        reserved: [0; 2],
    };
    Ok(PaneUniform { view, display })
}
