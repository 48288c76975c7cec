//! Samples of a picture back in main memory, for whoever measures what never was there.

use crate::Error;
use crate::guard::guarded;
use crate::picture::{Picture, texel_bytes, tile_extent, tile_layout, tile_place};
use crate::pixels::Reading;
use crate::renderer::Shared;
use lightbox_codec::Samples;

impl Shared {
    /// See [`crate::Renderer::samples`].
    pub fn samples(&self, picture: &Picture) -> Result<Samples, Error> {
        let format = picture.format();
        let line = picture.columns() * texel_bytes(format);
        let pitch = line.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let bytes = u64::from(pitch) * u64::from(picture.rows());
        let allowed = self.device.limits().max_buffer_size;
        if bytes > allowed {
            return Err(Error::Limit { what: "a picture to be read back of (bytes)", asked: bytes, allowed });
        }
        let buffer = guarded(&self.device, "a picture on its way back", bytes, || {
            let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("samples"),
                size: bytes,
                usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
                mapped_at_creation: false,
            });
            let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("samples") });
            for tile in picture.grid().tiles() {
                let target = wgpu::TexelCopyBufferInfo { buffer: &buffer, layout: tile_layout(&tile, 0, pitch, format) };
                encoder.copy_texture_to_buffer(tile_place(picture.texels().texture(), &tile), target, tile_extent(&tile));
            }
            self.queue.submit([encoder.finish()]);
            buffer
        })?;
        let texels = self.read(&buffer, line as usize, pitch as usize)?;
        let size = texel_bytes(format) as usize / format.components() as usize;
        let bytes = if format.components() == 1 { texels } else { narrow(&texels, size) };
        match (picture.reading(), size) {
            (Reading::Unsigned, 1) => Ok(Samples::U8(bytes)),
            (Reading::Signed, 1) => Ok(Samples::I8(bytemuck::pod_collect_to_vec(&bytes))),
            (Reading::Unsigned, 2) => Ok(Samples::U16(bytemuck::pod_collect_to_vec(&bytes))),
            (Reading::Signed, 2) => Ok(Samples::I16(bytemuck::pod_collect_to_vec(&bytes))),
            (Reading::Unsigned, _) => Ok(Samples::U32(bytemuck::pod_collect_to_vec(&bytes))),
            (Reading::Signed, _) => Ok(Samples::I32(bytemuck::pod_collect_to_vec(&bytes))),
            (Reading::Float, _) => Err(Error::Unsupported { why: "its samples are floating point and no integers".into() }),
        }
    }
}

/// Quadruples of `size`-byte samples to triples, without the fourth.
fn narrow(texels: &[u8], size: usize) -> Vec<u8> {
    texels.chunks_exact(4 * size).flat_map(|texel| &texel[..3 * size]).copied().collect()
}
