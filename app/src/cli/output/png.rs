//! PNG of stored values: 8 or 16 bits, grey or RGB, values as they are (not stretched to the full range).

use super::Raster;
use std::io::{self, Write};

pub fn write(out: &mut dyn Write, raster: &Raster<'_>) -> io::Result<()> {
    let colour = if raster.components == 3 { png::ColorType::Rgb } else { png::ColorType::Grayscale };
    let depth = if raster.bits > 8 { png::BitDepth::Sixteen } else { png::BitDepth::Eight };
    encode(out, raster.columns, raster.rows, colour, depth, &raster.values.big_endian())
}

/// A PNG of `width` x `height` from samples in PNG's own order.
pub fn encode(
    out: &mut dyn Write,
    width: u32,
    height: u32,
    colour: png::ColorType,
    depth: png::BitDepth,
    bytes: &[u8],
) -> io::Result<()> {
    let mut encoder = png::Encoder::new(out, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    let mut writer = encoder.write_header().map_err(into_io)?;
    writer.write_image_data(bytes).map_err(into_io)?;
    writer.finish().map_err(into_io)
}

fn into_io(error: png::EncodingError) -> io::Error {
    match error {
        png::EncodingError::IoError(e) => e,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::raster;
    use super::*;
    use lightbox_codec::Samples;

    #[test]
    fn sixteen_bits_come_back_exactly() {
        let samples = Samples::U16((0..4096).collect());
        let mut file = Vec::new();
        write(&mut file, &raster(1, 12, false, &samples)).unwrap();
        let mut reader = png::Decoder::new(io::Cursor::new(file)).read_info().unwrap();
        let mut back = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut back).unwrap();
        assert_eq!((info.width, info.height, info.bit_depth), (4096, 1, png::BitDepth::Sixteen));
        let values: Vec<u16> = back.chunks_exact(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect();
        assert_eq!(Samples::U16(values), samples);
    }
}
