//! What Lightbox is, and what it must not be used for.

use super::{sheet, theme, widgets};
use egui::{Frame, Margin, RichText, Stroke};

/// Draws the dialogue; whether it stays open.
pub fn show(ctx: &egui::Context) -> bool {
    let frame = Frame::new()
        .fill(theme::RAISED)
        .stroke(Stroke::new(1.0, theme::EDGE))
        .corner_radius(theme::RADIUS)
        .inner_margin(Margin::same(16));
    let modal = egui::Modal::new(egui::Id::unique("about")).frame(frame).backdrop_color(theme::BACKDROP);
    let mut close = false;
    let response = modal.show(ctx, |ui| {
        ui.set_width(420.0);
        close = sheet::title(ui, "About Lightbox");
        ui.horizontal(|ui| {
            widgets::logo(ui, 34.0);
            ui.vertical(|ui| {
                ui.label(RichText::new(concat!("Lightbox ", env!("CARGO_PKG_VERSION"))).font(theme::strong()));
                ui.label(RichText::new("A viewer for radiology and pathology images").color(theme::SECONDARY));
            });
        });
        ui.add_space(theme::space::M);
        ui.label(RichText::new("Not for diagnostic use.").color(theme::WARNING));
        ui.label("It has not been certified as a medical device, and this screen may not be a calibrated one.");
        ui.add_space(theme::space::M);
        let small = |text: &str| RichText::new(text).font(theme::small()).color(theme::SECONDARY);
        ui.label(small("Free software under the MIT or the Apache 2.0 licence, at your choice."));
        ui.label(small("Icons: Phosphor (MIT). Type: IBM Plex Sans (SIL Open Font License 1.1)."));
    });
    !(close || response.should_close())
}
