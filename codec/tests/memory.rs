//! How much memory a decode takes, counted by the allocator: in a program of its own, where nothing else runs meanwhile.

#[path = "whole/common.rs"]
#[allow(dead_code)]
mod common;

#[path = "whole/build.rs"]
mod build;

use std::path::Path;

use build::{cod, codestream, qcd, siz};
use common::{bytes, data, decoder, name, say};
use lightbox_codec::{DecodeRequest, EncodeRequest, Encoder, Error, Image, Interleaved, Limits, Rect, Samples, Target};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What is not counted against the limits, for each thread.
const UNCOUNTED: usize = 1 << 20;

/// The result of `work`, and the most bytes that were taken at a time meanwhile.
fn peak<R>(work: impl FnOnce() -> R) -> (R, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let result = work();
    (result, MEMORY.peak_usage().saturating_sub(before))
}

/// Pixels of 16 bits that do not compress to nothing, as a codestream.
fn coded(width: u32, height: u32, components: u16, tile: Option<(u32, u32)>) -> Vec<u8> {
    let count = width as usize * height as usize * usize::from(components);
    let samples = Samples::U16((0..count as u64).map(|i| (i * i % 4093 + i % 1000) as u16).collect());
    let image = Interleaved { width, height, components, bits: 16, signed: false, samples, incomplete: None };
    let request = EncodeRequest { tile_size: tile, levels: Some(5), ..EncodeRequest::default() };
    Encoder::new().encode_interleaved(&image, &request, &Limits::default()).unwrap()
}

/// What decoding into memory that is already there takes, with a new decoder.
fn beside_the_samples(coded: &[u8], threads: usize) -> usize {
    let (request, limits) = (DecodeRequest::default(), Limits::default());
    let decoder = decoder(threads);
    let layout = decoder.layout(coded, &request, &limits).unwrap();
    let mut samples = layout.samples();
    let target = Target::Host { samples: samples.as_mut(), pitch: layout.row() };
    let (result, peak) = peak(|| decoder.decode_into(coded, &request, &limits, target));
    result.unwrap();
    peak
}

fn rows_are_held_and_not_images() {
    let columns = 700;
    let low = beside_the_samples(&coded(columns, 500, 1, None), 1);
    let high = beside_the_samples(&coded(columns, 4000, 1, None), 1);
    assert!(high < 1000 * columns as usize + UNCOUNTED, "{high} bytes for {columns} columns");
    // Eight times as many rows add only their code-blocks' jobs, and what packets say of these.
    assert!(high < low + 250 * (columns as usize * 3500 / 4096 * 3 / 2), "{low} bytes for 500 rows, {high} for 4000");

    // Tiles: what one of them takes, for each thread.
    let tiled = coded(1024, 1024, 3, Some((128, 128)));
    for threads in [1, 2] {
        let taken = beside_the_samples(&tiled, threads);
        assert!(taken < threads * (3 * 1000 * 128 + UNCOUNTED), "{taken} bytes for tiles of 128 columns, {threads} threads");
    }
    // One tile on two threads: all coefficients.
    let taken = beside_the_samples(&coded(512, 512, 3, None), 2);
    assert!(taken < 4 * 512 * 512 * 3 + 2 * UNCOUNTED, "{taken} bytes for 512 x 512 x 3 on two threads");
}

fn a_decode_stays_within_its_limit_or_is_refused() {
    for (coded, most) in [(coded(600, 400, 3, None), 7 << 20), (coded(2000, 64, 1, None), 5 << 20)] {
        for threads in [1, 2] {
            let (mut refused, mut allowed) = (0, 1u64 << 14);
            loop {
                let limits = Limits { bytes: allowed, ..Limits::default() };
                let (result, peak) = peak(|| decoder(threads).decode(&coded, &DecodeRequest::default(), &limits));
                assert!(peak as u64 <= allowed + (threads * UNCOUNTED) as u64, "{peak} bytes where {allowed} are allowed");
                match result {
                    Ok(_) => break,
                    Err(Error::Limit { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
                refused += 1;
                allowed += allowed / 4;
            }
            assert!(refused > 0 && allowed < most, "{allowed} bytes are enough");
        }
    }
}

fn what_a_decoder_keeps_is_bounded() {
    let (columns, components, tile) = (1024, 3, 128);
    let coded = coded(columns, 1024, components, Some((tile, tile)));
    let decoder = decoder(1);
    let before = MEMORY.current_usage();
    // Requests that have nothing in common, so that each leaves its geometry.
    for n in 0..600 {
        let (x, y) = (n % 30 * 20, n / 30 * 20);
        let region = Some(Rect::new(x, y, x + 400, y + 400));
        decoder.decode(&coded, &DecodeRequest { region, ..DecodeRequest::default() }, &Limits::default()).unwrap();
    }
    let kept = MEMORY.current_usage().saturating_sub(before);
    // Geometry, a row of code-blocks of one tile, and lists of jobs for one plan at a time.
    let most = (8 << 20) + 3 * 1000 * tile as usize + UNCOUNTED;
    assert!(kept < most, "{kept} bytes are kept where {most} may be");
    // What one image alone needs is not kept, not even where it fails: a million code-blocks in one packet that is cut off.
    let before = MEMORY.current_usage();
    let size = 1 << 12;
    let coded = codestream(&[&siz(size, size, (size, size), 1), &cod(1, 0, 0xFF), &qcd(0)], &[0xFE, 0]);
    let (result, peak) = peak(|| decoder.decode(&coded, &DecodeRequest::default(), &Limits::default()).map(drop));
    assert!(matches!(result, Err(Error::Truncated { .. })), "{:?}", result.err());
    let more = MEMORY.current_usage().saturating_sub(before);
    assert!(more < 1 << 20 && peak > 1 << 24, "{more} of {peak} bytes are kept of an image that fails");
    say(&format!("memory: a decoder keeps {kept} bytes after 600 requests"));
}

fn any_file_stays_within_the_limits() {
    let limits = Limits { bytes: 1 << 25, blocks: 1 << 14, ..Limits::default() };
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")];
    folders.extend(["malformed", "htj2k-conformance"].into_iter().filter_map(data));
    let (mut files, mut greatest) = (0, 0);
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for path in entries.map(|entry| entry.expect("a readable entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if is_coded(&path) {
                let coded = bytes(&path);
                let ((), peak) =
                    peak(|| drop::<Result<Image, Error>>(decoder(1).decode(&coded, &DecodeRequest::default(), &limits)));
                let most = limits.bytes as usize + UNCOUNTED + 64 * coded.len();
                assert!(peak <= most, "{}: {peak} bytes", name(&path));
                (files, greatest) = (files + 1, greatest.max(peak));
            }
        }
    }
    say(&format!("memory: {files} files decode or fail within their limits, at most in {greatest} bytes"));
}

fn is_coded(path: &Path) -> bool {
    let known = ["j2c", "j2k", "jp2", "jph"];
    path.extension().is_some_and(|e| known.iter().any(|k| e == *k)) && std::fs::metadata(path).is_ok_and(|m| m.len() < 1 << 20)
}

/// One test, because what runs beside it would be counted too.
#[test]
fn memory_is_bounded() {
    rows_are_held_and_not_images();
    a_decode_stays_within_its_limit_or_is_refused();
    any_file_stays_within_the_limits();
    what_a_decoder_keeps_is_bounded();
}
