//! Overlays and shutters, drawn.

use super::*;
use lightbox_model::display::{Display, Modality, Voi, VoiFunction};
use lightbox_model::image::{Overlay, Shutter};
use std::sync::Arc;

const YELLOW: [u8; 3] = [255, 200, 0];

fn marked(renderer: &Renderer, samples: &[u8], columns: u32, marks: &Marks<'_>) -> Picture {
    let samples = Samples::U8(samples.to_vec());
    let rows = samples.len() as u32 / columns;
    let pixels = PixelsRef { rows, columns, samples_per_pixel: 1, samples: SamplesRef::Integer(&samples) };
    renderer.upload(&pixels, marks).expect("upload")
}

fn tables() -> Tables {
    Display::new(Modality::Identity, Voi::window(128.0, 256.0, VoiFunction::Linear)).tables()
}

#[test]
fn an_overlay_is_drawn_in_its_colour_and_can_be_left_out() {
    let Some(renderer) = renderer() else { return };
    let overlays = [Arc::new(Overlay { row: 1, column: 1, rows: 1, columns: 2, bits: vec![1, 0], label: None })];
    let picture = marked(renderer, &[10; 9], 3, &Marks { overlays: &overlays, shutters: &[] });
    let tables = tables();
    let with = View { overlay: Some(YELLOW), ..one_to_one(&tables) };
    let mut want = [[10; 3]; 9];
    assert_eq!(drawn(renderer, &picture, &tables), want);
    want[4] = YELLOW;
    assert_eq!(rgb8(renderer, &picture, &with, 3, 3), want);
    // Reduced to one pixel it covers a ninth.
    let one = rgb8(renderer, &picture, &View { image_from_view: [[3.0, 0.0, 0.0], [0.0, 3.0, 0.0]], ..with }, 1, 1);
    assert_eq!(one, [[37, 31, 9]]);
}

#[test]
fn a_shutter_is_black_in_both_polarities_and_hides_what_is_under_it_from_its_neighbours() {
    let Some(renderer) = renderer() else { return };
    let overlays = [Arc::new(Overlay { row: 0, column: 0, rows: 1, columns: 4, bits: vec![1, 0, 0, 0], label: None })];
    let shutters = [Shutter::Rectangle([1, 2, 0, 0])];
    let picture = marked(renderer, &[255, 100, 100, 255], 4, &Marks { overlays: &overlays, shutters: &shutters });
    let mut display = Display::new(Modality::Identity, Voi::window(128.0, 256.0, VoiFunction::Linear));
    for (invert, shown) in [(false, 100), (true, 155)] {
        display.invert = invert;
        let tables = display.tables();
        for pixels in [1.0, 0.25] {
            let width = (4.0 / pixels) as u32;
            let view = View { image_from_view: [[pixels, 0.0, 0.0], [0.0, 1.0, 0.0]], overlay: None, ..one_to_one(&tables) };
            let got = rgb8(renderer, &picture, &view, width, 1);
            for (x, rgb) in got.into_iter().enumerate() {
                let open = (1.0..3.0).contains(&((x as f64 + 0.5) * pixels));
                assert_eq!(rgb, if open { [shown; 3] } else { [0; 3] }, "{invert} {pixels} {x}");
            }
        }
        let overlaid = View { overlay: Some(YELLOW), ..one_to_one(&tables) };
        assert_eq!(rgb8(renderer, &picture, &overlaid, 4, 1)[0], [0; 3], "an overlay does not show through a shutter");
    }
}
