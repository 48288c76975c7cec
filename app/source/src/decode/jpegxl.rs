//! JPEG XL (ISO/IEC 18181), by jxl-oxide.

use super::stored::{self, Delivered};
use crate::{Error, Picture};
use jxl_oxide::{AllocTracker, JxlImage};
use lightbox_codec::Samples;
use lightbox_model::image::{ImageHeader, Photometric};

const CODING: &str = "JPEG XL";

/// Memory that one frame may take.
const MAX_MEMORY: usize = 1 << 30;

/// Stored values of a JPEG XL frame.
pub(super) fn decode(image: &ImageHeader, bytes: &[u8]) -> Result<Picture, Error> {
    let fault = |e: Box<dyn std::error::Error + Send + Sync>| Error::decode(CODING, e);
    let builder = JxlImage::builder().alloc_tracker(AllocTracker::with_limit(MAX_MEMORY));
    let jxl = builder.read(bytes).map_err(fault)?;
    let expected = (image.columns, image.rows);
    if (jxl.width(), jxl.height()) != expected {
        let (columns, rows) = (jxl.width(), jxl.height());
        let why = format!("the codestream is {columns} x {rows}, the header says {} x {}", expected.0, expected.1);
        return Err(Error::unsupported(why));
    }
    let metadata = &jxl.image_header().metadata;
    let bits = metadata.bit_depth.bits_per_sample();
    let float = matches!(metadata.bit_depth, jxl_oxide::image::BitDepth::FloatSample { .. });
    // Samples pass through f32, which holds 24 bits exactly.
    if float || !(1..=16).contains(&bits) {
        return Err(Error::unsupported(format!(
            "JPEG XL with {bits} bits a sample{}",
            if float { " in floating point" } else { "" }
        )));
    }
    let render = jxl.render_frame(0).map_err(fault)?;
    let mut stream = render.stream_no_alpha();
    let components = stream.channels();
    let mut values = vec![0f32; expected.0 as usize * expected.1 as usize * components as usize];
    if stream.write_to_buffer(&mut values) != values.len() {
        return Err(Error::decode(CODING, "it ends before the image does"));
    }
    let top = ((1u32 << bits) - 1) as f32;
    let integer = |v: f32| (v * top).round().clamp(0.0, top);
    let samples = if bits <= 8 {
        Samples::U8(values.into_iter().map(|v| integer(v) as u8).collect())
    } else {
        Samples::U16(values.into_iter().map(|v| integer(v) as u16).collect())
    };
    let delivered = Delivered {
        columns: expected.0,
        rows: expected.1,
        components: components as u16,
        bits: bits as u16,
        signed: false,
        samples,
    };
    // The decoder undoes XYB and the YCbCr of recompressed JPEG.
    let photometric = if components == 3 { Photometric::Rgb } else { image.format.photometric };
    stored::picture(image, delivered, photometric, "JPEG XL, jxl-oxide".to_owned(), bytes.len())
}
