//! Times the GPU: host bytes to pixels on the device, one image, one tile of it and many images at a time, medians.
//!
//! `cargo run --release --example gpu -- [--gpus N] [--batch N,N,...] FILE...`

use std::time::Instant;

use lightbox_codec::{Backend, DecodeRequest, Decoder, Limits, Rect, inspect};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut gpus, mut batches, mut files) = (1, vec![1, 16, 64, 256], Vec::new());
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--gpus" => gpus = value()?.parse()?,
            "--batch" => batches = value()?.split(',').map(str::parse).collect::<Result<_, _>>()?,
            _ => files.push(arg),
        }
    }
    let limits = Limits::default();
    let gpu = Decoder::new(Backend::Cuda)?.gpus(gpus)?;
    let cpu = Decoder::new(Backend::Cpu)?;
    println!("{}", gpu.description());
    for path in files {
        let bytes = std::fs::read(&path)?;
        let name = path.rsplit('/').next().unwrap_or(&path);
        let whole = DecodeRequest::default();
        for &count in &batches {
            time(&gpu, &cpu, name, &bytes, &whole, count)?;
        }
        let info = inspect(&bytes, &limits)?;
        if info.tiles != (1, 1) {
            let region = Rect::new(0, 0, info.tile_size.0, info.tile_size.1).intersect(&info.area());
            let request = DecodeRequest { region: Some(region), ..DecodeRequest::default() };
            time(&gpu, &cpu, &format!("{name} tile"), &bytes, &request, 1)?;
        }
    }
    Ok(())
}

fn time(
    gpu: &Decoder,
    cpu: &Decoder,
    name: &str,
    bytes: &[u8],
    request: &DecodeRequest,
    count: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let limits = Limits::default();
    let expected = cpu.decode_interleaved(bytes, request, &limits)?;
    if count * expected.samples.as_bytes().len() > 4 << 30 {
        return Ok(());
    }
    // Copies, so that no image is in a cache because of another.
    let copies: Vec<Vec<u8>> = (0..count).map(|_| bytes.to_vec()).collect();
    let images: Vec<(&[u8], DecodeRequest)> = copies.iter().map(|c| (&c[..], request.clone())).collect();
    let mut resident = gpu.decode_resident(&images, &limits)?;
    for n in [0, count / 2, count - 1] {
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
    println!("{name:16} n={count:4}  {median:9.3} ms ({least:.3} to {most:.3})  {each:8.4} ms each");
    Ok(())
}
