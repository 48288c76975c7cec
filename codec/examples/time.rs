//! Times whole decodes, or lossless encodes of what was decoded, memory to memory, and prints a line of JSON for each file.
//!
//! usage: `cargo run --release --example time -- [--encode | --plan | --batch N] [--threads N] [--seconds S]
//! [--simd scalar|avx2|avx-512] [--region X,Y,W,H] FILE...`
//!
//! With `--batch` N copies of an image are decoded at a time, and the times are those of all of them. With `--plan` headers are
//! read and jobs listed, and nothing is decoded. A region is decoded instead of the whole image, whose size is what the line tells.
//! An image whose components are alike is decoded into the same buffer every time. The times are milliseconds: of the
//! process's time on the processor with one thread, where the system tells it, otherwise of the wall clock. Pixels are those of
//! the whole image, all components counted once. Three components are encoded with the colour transform. Without `--simd` the best
//! instruction set of the processor is used.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use lightbox_codec::cpu::simd::Simd;
use lightbox_codec::plan::Planner;
use lightbox_codec::{Backend, Codestream, DecodeRequest, Decoder, EncodeRequest, Encoder, Error, Limits, Rect, Target, inspect};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (mut encode, mut plan, mut batch, mut files) = (false, false, 0, Vec::new());
    let (mut threads, mut seconds, mut simd) = (1, 1.0, Simd::detect());
    let mut request = DecodeRequest::default();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if arg == "--simd" {
            simd = instructions(&args.next().unwrap_or_default())?;
            continue;
        }
        if arg == "--region" {
            let parts: Option<Vec<u32>> = args.next().and_then(|r| r.split(',').map(|n| n.parse().ok()).collect());
            let Some(&[x, y, w, h]) = parts.as_deref() else { return Err("--region needs X,Y,W,H".into()) };
            request.region = Some(Rect::new(x, y, x.saturating_add(w), y.saturating_add(h)));
            continue;
        }
        let mut number = || args.next().and_then(|n| n.parse::<f64>().ok()).ok_or(format!("{arg} needs a number"));
        match arg.as_str() {
            "--encode" => encode = true,
            "--plan" => plan = true,
            "--batch" => batch = number()? as usize,
            "--threads" => threads = number()? as usize,
            "--seconds" => seconds = number()?,
            _ => files.push(arg),
        }
    }
    let decoder = Decoder::new(Backend::Cpu).map_err(|e| e.to_string())?.threads(threads).simd(simd);
    let encoder = Encoder::new().threads(threads).simd(simd);
    for path in files {
        let bytes = std::fs::read(&path).map_err(|e| format!("{path}: {e}"))?;
        let line = match (encode, plan, batch) {
            (true, ..) => encodes(&encoder, &decoder, &bytes, threads, seconds),
            (_, true, _) => plans(&bytes, &request, threads, seconds),
            (_, _, 1..) => batches(&decoder, &bytes, &request, batch, threads, seconds),
            _ => decodes(&decoder, &bytes, &request, threads, seconds),
        };
        let line = line.map_err(|e| format!("{path}: {e}"))?;
        let name = path.rsplit('/').next().unwrap_or(&path);
        println!("{{\"file\":\"{}\",\"simd\":\"{}\",\"threads\":{threads},{line}}}", name.escape_default(), simd.name());
    }
    Ok(())
}

/// The instruction set of a name, if this processor has it.
fn instructions(name: &str) -> Result<Simd, String> {
    let all = Simd::available();
    let known: Vec<String> = all.iter().map(|simd| simd.name().to_lowercase()).collect();
    let place = known.iter().position(|known| known == name);
    place.map(|n| all[n]).ok_or(format!("--simd needs one of {}, which this processor has", known.join(", ")))
}

/// Decodes again and again for `seconds` and gives the fields of the JSON line.
fn decodes(decoder: &Decoder, bytes: &[u8], request: &DecodeRequest, threads: usize, seconds: f64) -> Result<String, Error> {
    let limits = Limits::default();
    // Into one buffer again and again, as a program does that has many images; components that differ get their own.
    let mut samples = decoder.layout(bytes, request, &limits).map(|layout| (layout.row(), layout.samples())).ok();
    let decode = || match &mut samples {
        Some((pitch, samples)) => {
            let target = Target::Host { samples: samples.as_mut(), pitch: *pitch };
            decoder.decode_into(bytes, request, &limits, target).map(drop)
        }
        None => decoder.decode(bytes, request, &limits).map(drop),
    };
    let plan = Planner::new().plan(&Codestream::parse(bytes, &limits)?, request, &limits)?;
    let work = format!("\"blocks\":{},\"coded_bytes\":{}", plan.block_count(), plan.coded_bytes());
    Ok(format!("{},{work}", times(bytes, threads, seconds, decode)?))
}

/// The same for `count` copies of the image at a time.
fn batches(
    decoder: &Decoder,
    bytes: &[u8],
    request: &DecodeRequest,
    count: usize,
    threads: usize,
    seconds: f64,
) -> Result<String, Error> {
    let copies: Vec<Vec<u8>> = (0..count).map(|_| bytes.to_vec()).collect();
    let images: Vec<(&[u8], DecodeRequest)> = copies.iter().map(|copy| (&copy[..], request.clone())).collect();
    times(bytes, threads, seconds, || {
        decoder.decode_many(&images, &Limits::default()).into_iter().collect::<Result<Vec<_>, _>>().map(drop)
    })
}

/// The same for plans alone: headers, geometry and packet headers.
fn plans(bytes: &[u8], request: &DecodeRequest, threads: usize, seconds: f64) -> Result<String, Error> {
    let (planner, limits) = (Planner::new(), Limits::default());
    times(bytes, threads, seconds, || planner.plan(&Codestream::parse(bytes, &limits)?, request, &limits).map(drop))
}

/// The same for encodes of the decoded image.
fn encodes(encoder: &Encoder, decoder: &Decoder, bytes: &[u8], threads: usize, seconds: f64) -> Result<String, Error> {
    let limits = Limits::default();
    let image = decoder.decode_interleaved(bytes, &DecodeRequest::default(), &limits)?;
    let request = EncodeRequest { colour_transform: image.components == 3, ..EncodeRequest::default() };
    let encoded = encoder.encode_interleaved(&image, &request, &limits)?;
    times(&encoded, threads, seconds, || encoder.encode_interleaved(&image, &request, &limits).map(drop))
}

/// Runs `work`, which reads or writes the codestream `bytes`.
fn times(bytes: &[u8], threads: usize, seconds: f64, mut work: impl FnMut() -> Result<(), Error>) -> Result<String, Error> {
    let info = inspect(bytes, &Limits::default())?;
    work()?;
    let mut times = Vec::new();
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while times.len() < 5 || Instant::now() < end {
        let start = clock(threads);
        work()?;
        times.push((clock(threads) - start) * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let (median, least) = (times[times.len() / 2], times[0]);
    let pixels = f64::from(info.width) * f64::from(info.height);
    Ok(format!(
        "\"width\":{},\"height\":{},\"components\":{},\"levels\":{},\"bytes\":{},\"runs\":{},\"median_ms\":{median:.4},\"min_ms\":{least:.4},\"mpx_per_s\":{:.1}",
        info.width,
        info.height,
        info.components.len(),
        info.levels,
        bytes.len(),
        times.len(),
        pixels / median / 1e3
    ))
}

/// Seconds: of the process's time on the processors for one thread, where the system tells it, else of the wall clock.
fn clock(threads: usize) -> f64 {
    #[cfg(unix)]
    if threads == 1 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        return time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9;
    }
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let _ = threads;
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}
