//! Drawing into memory: thumbnails, the command line, tests.

use crate::Error;
use crate::drawing::Drawing;
use crate::guard::guarded;
use crate::picture::{Picture, texel_bytes};
use crate::pipelines::{Pipelines, flat};
use crate::renderer::Shared;
use crate::view::View;
use std::sync::mpsc;

/// What [`crate::Renderer::render_offscreen`] returns.
pub(crate) const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

impl Shared {
    /// Draws one view of `size` (width, height) into the format of `pipelines`.
    pub fn render(&self, pipelines: &Pipelines, picture: &Picture, view: &View<'_>, size: [u32; 2]) -> Result<Vec<u8>, Error> {
        let mut drawing = Drawing::default();
        drawing.prepare(self, pipelines, picture, view, size)?;
        self.draw(pipelines.format, size, |pass| drawing.draw(pass))
    }

    /// What `paint` draws on a black target of `size` (width, height), read back without gaps between rows.
    pub fn draw(
        &self,
        format: wgpu::TextureFormat,
        size: [u32; 2],
        paint: impl FnOnce(&mut wgpu::RenderPass<'_>),
    ) -> Result<Vec<u8>, Error> {
        let [width, height] = size;
        check_size(self, size)?;
        let limits = self.device.limits();
        let line = width * texel_bytes(format);
        let pitch = line.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let bytes = u64::from(pitch) * u64::from(height);
        if bytes > limits.max_buffer_size {
            return Err(Error::Limit { what: "an output of (bytes)", asked: bytes, allowed: limits.max_buffer_size });
        }
        let buffer = guarded(&self.device, "an off-screen picture", 2 * bytes, || {
            let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
            let target = flat(&self.device, "off-screen", format, size, usage);
            let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("off-screen"),
                size: bytes,
                usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
                mapped_at_creation: false,
            });
            let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("off-screen") });
            paint(&mut begin_pass(&mut encoder, &target.create_view(&wgpu::TextureViewDescriptor::default())));
            let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(pitch), rows_per_image: None };
            let copy = wgpu::TexelCopyBufferInfo { buffer: &buffer, layout };
            encoder.copy_texture_to_buffer(target.as_image_copy(), copy, target.size());
            self.queue.submit([encoder.finish()]);
            buffer
        })?;
        self.read(&buffer, line as usize, pitch as usize)
    }

    /// Waits for the device and copies the first `line` of every `pitch` bytes.
    pub(crate) fn read(&self, buffer: &wgpu::Buffer, line: usize, pitch: usize) -> Result<Vec<u8>, Error> {
        let lost = |detail: String| Error::LostDevice { detail };
        let (done, mapped) = mpsc::sync_channel(1);
        buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            // The receiver waits below; a send can only fail when it has already given up.
            let _ = done.send(result);
        });
        self.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|e| lost(e.to_string()))?;
        mapped.recv().map_err(|e| lost(e.to_string()))?.map_err(|e| lost(e.to_string()))?;
        let padded = buffer.get_mapped_range(..).map_err(|e| lost(e.to_string()))?;
        let mut lines = Vec::with_capacity(padded.len() / pitch * line);
        padded.chunks_exact(pitch).for_each(|row| lines.extend_from_slice(&row[..line]));
        Ok(lines)
    }
}

/// Whether a target of this size (width, height) can be had.
pub(crate) fn check_size(shared: &Shared, size: [u32; 2]) -> Result<(), Error> {
    let edge = shared.device.limits().max_texture_dimension_2d;
    match size.iter().find(|&&length| length == 0 || length > edge) {
        Some(&asked) => Err(Error::Limit { what: "an output width or height of", asked: asked.into(), allowed: edge.into() }),
        None => Ok(()),
    }
}

/// A pass over the whole target, black at first.
pub(crate) fn begin_pass(encoder: &mut wgpu::CommandEncoder, target: &wgpu::TextureView) -> wgpu::RenderPass<'static> {
    let attachment = wgpu::RenderPassColorAttachment {
        view: target,
        depth_slice: None,
        resolve_target: None,
        ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
    };
    let descriptor =
        wgpu::RenderPassDescriptor { label: Some("off-screen"), color_attachments: &[Some(attachment)], ..Default::default() };
    encoder.begin_render_pass(&descriptor).forget_lifetime()
}
