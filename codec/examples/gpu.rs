//! Times the GPU: host bytes to pixels on the device, one image and many at a time, medians.
//!
//! `cargo run --release --example gpu -- FILE...`

use std::time::Instant;

use lightbox_codec::{Backend, DecodeRequest, Decoder, Limits};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let limits = Limits::default();
    let gpu = Decoder::new(Backend::Cuda)?;
    let cpu = Decoder::new(Backend::Cpu)?;
    println!("{}", gpu.description());
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        let name = path.rsplit('/').next().unwrap_or(&path);
        let request = DecodeRequest::default();
        let expected = cpu.decode_interleaved(&bytes, &request, &limits)?;
        for count in [1usize, 16, 64, 256] {
            if count * expected.samples.as_bytes().len() > 2 << 30 {
                continue;
            }
            // Copies, so that no image is in a cache because of another.
            let copies: Vec<Vec<u8>> = (0..count).map(|_| bytes.clone()).collect();
            let images: Vec<(&[u8], DecodeRequest)> = copies.iter().map(|c| (&c[..], request.clone())).collect();
            let mut resident = gpu.decode_resident(&images, &limits)?;
            for n in [0, count - 1] {
                assert!(resident.read(n)? == expected, "{name}: image {n} of {count} differs from the CPU's");
            }
            drop(resident);
            let repeats = if count == 1 { 101 } else { 15 };
            let mut times: Vec<f64> = (0..repeats)
                .map(|_| {
                    let start = Instant::now();
                    let resident = gpu.decode_resident(&images, &limits).expect("it was decoded before");
                    assert!(resident.layouts().all(|l| l.is_ok()));
                    start.elapsed().as_secs_f64() * 1e3
                })
                .collect();
            times.sort_by(f64::total_cmp);
            let (median, least, most) = (times[repeats / 2], times[0], times[repeats - 1]);
            let each = median / count as f64;
            println!("{name:14} n={count:3}  {median:9.3} ms ({least:.3} to {most:.3})  {each:8.4} ms each");
        }
    }
    Ok(())
}
