//! Makes a large image of a small one, which it repeats and mirrors, and encodes it without loss: for timing what depends on size.
//!
//! usage: `cargo run --release --example enlarge -- FILE WIDTH HEIGHT OUT [--tile SIDE]`

use std::error::Error;

use lightbox_codec::{Backend, DecodeRequest, Decoder, EncodeRequest, Encoder, Interleaved, Limits, Samples};

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "enlarge FILE WIDTH HEIGHT OUT [--tile SIDE]";
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (file, width, height, out, side) = match &args[..] {
        [file, width, height, out] => (file, width, height, out, None),
        [file, width, height, out, option, side] if option == "--tile" => (file, width, height, out, Some(side)),
        _ => return Err(usage.into()),
    };
    let (width, height): (u32, u32) = (width.parse()?, height.parse()?);
    let bytes = std::fs::read(file)?;
    let small = Decoder::new(Backend::Cpu)?.decode_interleaved(&bytes, &DecodeRequest::default(), &Limits::default())?;
    let samples = match &small.samples {
        Samples::U8(samples) => Samples::U8(enlarged(&small, samples, width, height)),
        Samples::I8(samples) => Samples::I8(enlarged(&small, samples, width, height)),
        Samples::U16(samples) => Samples::U16(enlarged(&small, samples, width, height)),
        Samples::I16(samples) => Samples::I16(enlarged(&small, samples, width, height)),
        _ => return Err("samples of more than 16 bits are not encoded".into()),
    };
    let large = Interleaved { width, height, samples, incomplete: None, ..small };
    let tile_size = side.map(|side| side.parse()).transpose()?.map(|side| (side, side));
    let request = EncodeRequest { tile_size, colour_transform: large.components == 3, ..EncodeRequest::default() };
    let limits = Limits { pixels: large.samples.len() as u64, bytes: 16 << 30, ..Limits::default() };
    std::fs::write(out, Encoder::new().encode_interleaved(&large, &request, &limits)?)?;
    Ok(())
}

/// The samples of an image, next to their mirror image, and so on.
fn enlarged<T: Copy>(small: &Interleaved, samples: &[T], width: u32, height: u32) -> Vec<T> {
    let mirrored = |at: u32, side: u32| if (at / side).is_multiple_of(2) { at % side } else { side - 1 - at % side };
    let components = small.components as usize;
    let mut large = Vec::with_capacity(width as usize * height as usize * components);
    for y in 0..height {
        let row = mirrored(y, small.height) as usize * small.width as usize;
        for x in 0..width {
            let pixel = (row + mirrored(x, small.width) as usize) * components;
            large.extend_from_slice(&samples[pixel..pixel + components]);
        }
    }
    large
}
