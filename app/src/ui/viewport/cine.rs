//! The bar of a running cine: stop, slower, faster.

use super::Place;
use crate::ui::intent::{Intent, Intents};
use crate::ui::widgets::IconButton;
use crate::ui::{icons, theme};
use egui::{Align2, Frame, Layout, Margin, Rect, Slider, Stroke, Ui, UiBuilder, vec2};
use lightbox_model::command::Command;
use lightbox_model::viewport::Cine;

/// Size of the bar in points.
const SIZE: egui::Vec2 = egui::Vec2::new(250.0, 36.0);

/// Draws the bar at the bottom of the viewport.
pub fn show(ui: &mut Ui, place: Place, cine: &Cine, out: &mut Intents) {
    let size = SIZE.min(place.rect.size() - vec2(2.0 * theme::space::L, 0.0));
    let rect = Align2::CENTER_BOTTOM.anchor_size(place.rect.center_bottom() - vec2(0.0, 32.0), size);
    if !place.rect.contains_rect(rect) {
        return;
    }
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        let frame = Frame::new().fill(theme::RAISED).stroke(Stroke::new(1.0, theme::EDGE)).corner_radius(theme::RADIUS);
        frame.inner_margin(Margin::symmetric(6, 3)).show(ui, |ui| bar(ui, rect, place.slot, cine, out));
    });
}

fn bar(ui: &mut Ui, rect: Rect, slot: usize, cine: &Cine, out: &mut Intents) {
    ui.set_min_size(rect.size() - vec2(12.0, 6.0));
    ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
        if ui.add(IconButton::new(icons::PAUSE, "Stop cine")).clicked() {
            out.extend([Intent::Activate(slot), Intent::Run(Command::ToggleCine)]);
        }
        let mut rate = cine.rate();
        ui.spacing_mut().slider_width = (ui.available_width() - 64.0).max(40.0);
        let slider = Slider::new(&mut rate, Cine::RATES.0..=Cine::RATES.1).logarithmic(true).max_decimals(1).suffix("/s");
        if ui.add(slider).accessible_name("Images a second").changed() {
            out.push(Intent::CineRate { slot, rate });
        }
    });
}
