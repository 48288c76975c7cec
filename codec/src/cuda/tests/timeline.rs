//! What the host and the device do when, for one image and for many. Asserts nothing; run it by name.

use std::collections::BTreeMap;
use std::time::Instant;

use super::{files, say};
use crate::cuda::spans::{self, On, Span};
use crate::{Backend, DecodeRequest, Decoder, Limits, Rect, inspect};

fn us(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64() * 1e6
}

/// Prints the spans of each thread and stream in the order in which they began.
fn print(start: Instant, spans: &[Span]) {
    let mut places = Vec::new();
    for span in spans {
        if !places.contains(&span.on) {
            places.push(span.on);
        }
    }
    for (n, on) in places.iter().enumerate() {
        let mut own: Vec<&Span> = spans.iter().filter(|s| s.on == *on).collect();
        own.sort_by_key(|s| s.from);
        let line: Vec<String> = own.iter().map(|s| format!("{} {:.0}-{:.0}", s.what, us(start, s.from), us(start, s.to))).collect();
        let kind = if matches!(on, On::Thread(_)) { "thread" } else { "stream" };
        say(&format!("    {kind} {n}: {}", line.join(", ")));
    }
}

#[test]
#[ignore = "prints times; for a quiet machine with a GPU"]
fn timeline() {
    let limits = Limits::default();
    let gpu = match Decoder::new(Backend::Cuda) {
        Ok(gpu) => gpu,
        Err(why) => return say(&format!("SKIPPED {why}")),
    };
    let whole = DecodeRequest::default();
    for (name, counts) in [
        ("CT1", &[1, 256][..]),
        ("TILE", &[1, 256]),
        ("MG1", &[1, 64]),
        ("SLIDE2K", &[1, 64]),
        ("SLIDE2K tile", &[1]),
        ("RG2", &[1, 256]),
        ("XA1", &[1, 256]),
        ("VL1", &[1, 256]),
    ] {
        let Some(bytes) = files::read(&format!("bench/{}.j2c", name.trim_end_matches(" tile"))) else { return };
        let mut request = whole.clone();
        if name.ends_with(" tile") {
            let info = inspect(&bytes, &limits).expect("a sound stream");
            request.region = Some(Rect::new(0, 0, info.tile_size.0, info.tile_size.1).intersect(&info.area()));
        }
        for &count in counts {
            let copies: Vec<Vec<u8>> = (0..count).map(|_| bytes.clone()).collect();
            let images: Vec<(&[u8], DecodeRequest)> = copies.iter().map(|c| (&c[..], request.clone())).collect();
            let decode = || {
                let start = Instant::now();
                let resident = gpu.decode_resident(&images, &limits).expect("the GPU decodes");
                let end = Instant::now();
                assert!(resident.layouts().all(|l| l.is_ok()));
                (start, end)
            };
            let time = || {
                let (start, end) = decode();
                us(start, end)
            };
            let mut times: Vec<f64> = (0..if count == 1 { 101 } else { 21 }).map(|_| time()).collect();
            times.sort_by(f64::total_cmp);
            let median = times[times.len() / 2];
            say(&format!(
                "{name} x {count}: {median:.1} us ({:.1} to {:.1}), {:.2} each",
                times[0],
                times[times.len() - 1],
                median / count as f64
            ));
            // The run nearest to the median among some.
            let mut runs: Vec<(f64, Instant, Vec<Span>)> = (0..9)
                .map(|_| {
                    let mut ends = None;
                    let spans = spans::collect(|| ends = Some(decode()));
                    let (start, end) = ends.expect("it has run");
                    (us(start, end), start, spans)
                })
                .collect();
            runs.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (total, start, spans) = &runs[4];
            let mut sums: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
            for s in spans.iter().filter(|s| matches!(s.on, On::Thread(_))) {
                let sum = sums.entry(s.what).or_default();
                *sum = (sum.0 + us(s.from, s.to), sum.1 + 1);
            }
            let sums: Vec<String> = sums.iter().map(|(what, (us, n))| format!("{what} {us:.0} in {n}")).collect();
            say(&format!("  with spans {total:.1} us; {}", sums.join(", ")));
            print(*start, spans);
        }
    }
}
