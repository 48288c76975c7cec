//! What drawing one viewport costs: milliseconds of a full redraw by what is shown and zoom.
//!
//! `cargo run --release --package lightbox-render --example draw [WIDTHxHEIGHT]`: medians of 25 redraws after a first one, on the adapter
//! that the viewer would take.

use lightbox_codec::Samples;
use lightbox_model::display::{Display, Lut, Modality, PseudoColour, Voi, VoiFunction};
use lightbox_model::image::Photometric;
use lightbox_render::{Marks, Pane, PixelRect, PixelsRef, Renderer, SamplesRef, View, device_headless};
use std::time::Instant;

const EDGE: u32 = 512;
const ROUNDS: usize = 25;

/// A way to show a picture.
struct Case {
    name: &'static str,
    samples_per_pixel: u16,
    display: Display,
}

fn main() {
    let [width, height] = std::env::args().nth(1).and_then(|size| parse(&size)).unwrap_or([832, 644]);
    let found = device_headless().expect("a graphics adapter");
    println!("{}, {width}x{height}, a picture of {EDGE}x{EDGE}", found.adapter.name);
    println!("| what | zoom | first ms | then ms |\n| --- | --- | --- | --- |");
    let renderer = Renderer::new(found.device.clone(), found.queue, wgpu::TextureFormat::Bgra8Unorm).expect("pipelines");
    for case in cases() {
        let scattered = (0..EDGE * EDGE * u32::from(case.samples_per_pixel)).map(|i| i.wrapping_mul(2_654_435_761) >> 20);
        let samples = match case.samples_per_pixel {
            1 => Samples::U16(scattered.map(|x| x as u16).collect()),
            _ => Samples::U8(scattered.map(|x| x as u8).collect()),
        };
        let pixels = PixelsRef {
            rows: EDGE,
            columns: EDGE,
            samples_per_pixel: case.samples_per_pixel,
            samples: SamplesRef::Integer(&samples),
        };
        let picture = renderer.upload(&pixels, &Marks::default()).expect("upload");
        let tables = case.display.tables();
        for zoom in [0.25, 0.6, 1.25, 4.0] {
            let mut pane = Pane::new();
            let mut draw = |round: usize| {
                // Elsewhere each time, or nothing would be drawn.
                let (step, shift) = (1.0 / zoom, round as f64 * 0.01);
                let view = View {
                    image_from_view: [[step, 0.0, shift], [0.0, step, shift]],
                    ..View::fit(&tables, [EDGE; 2], 1.0, [width, height])
                };
                let start = Instant::now();
                renderer.prepare(&mut pane, &picture, &view, PixelRect { x: 0, y: 0, width, height }).expect("prepare");
                found.device.poll(wgpu::PollType::wait_indefinitely()).expect("poll");
                start.elapsed().as_secs_f64() * 1e3
            };
            let first = draw(0);
            let mut times: Vec<f64> = (1..=ROUNDS).map(&mut draw).collect();
            times.sort_unstable_by(f64::total_cmp);
            println!("| {} | {zoom} | {first:.1} | {:.2} |", case.name, times[ROUNDS / 2]);
        }
    }
}

fn cases() -> Vec<Case> {
    let window = || Voi::window(1000.0, 2000.0, VoiFunction::Linear);
    let grey = |name, modality, voi| Case { name, samples_per_pixel: 1, display: Display::new(modality, voi) };
    let hounsfield = || Modality::Rescale { slope: 1.0, intercept: -1024.0 };
    let table = || Lut { first: 0, bits: 16, entries: (0..4096).map(|i| i * 16).collect(), explanation: None };
    let mut pseudo = grey("pseudo-colour", hounsfield(), window());
    pseudo.display.pseudo_colour = Some(PseudoColour::ALL[0].entries());
    let colour = |name, photometric| Case {
        name,
        samples_per_pixel: 3,
        display: Display::colour(photometric, 8, None).expect("a colour model"),
    };
    vec![
        grey("window", hounsfield(), window()),
        grey("sigmoid", hounsfield(), Voi::window(1000.0, 2000.0, VoiFunction::Sigmoid)),
        grey("VOI LUT", hounsfield(), Voi::Lut(table())),
        grey("modality LUT", Modality::Lut(table()), window()),
        pseudo,
        colour("RGB", Photometric::Rgb),
        colour("YBR_FULL", Photometric::YbrFull),
    ]
}

fn parse(size: &str) -> Option<[u32; 2]> {
    let (width, height) = size.split_once('x')?;
    Some([width.parse().ok()?, height.parse().ok()?])
}
