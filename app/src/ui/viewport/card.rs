//! What stands in a viewport that has no picture: the reason, where it happened, with what can be done about it.

use crate::ui::{icons, theme, widgets};
use egui::{Align, Frame, Layout, Margin, Rect, RichText, Stroke, Ui, UiBuilder, vec2};

/// What a person asks of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Try again.
    Retry,
    /// Put sentence and detail on the clipboard.
    Copy,
}

/// The reason why an image cannot be shown: the sentence, the detail folded.
pub fn failed(ui: &mut Ui, rect: Rect, sentence: &str, detail: &str) -> Option<Asked> {
    let mut asked = None;
    middle(ui, rect, |ui| {
        ui.horizontal(|ui| {
            ui.label(RichText::new(icons::IMAGE_BROKEN).font(theme::icon(theme::ICON)).color(theme::ERROR));
            ui.label(RichText::new("This image cannot be shown").font(theme::strong()));
        });
        ui.label(sentence);
        if !detail.is_empty() {
            egui::CollapsingHeader::new(RichText::new("Detail").font(theme::small()).color(theme::SECONDARY))
                .id_salt("detail")
                .show(ui, |ui| ui.label(RichText::new(detail).font(theme::small()).color(theme::SECONDARY)));
        }
        ui.add_space(theme::space::XS);
        ui.horizontal(|ui| {
            if widgets::icon_text_button(ui, icons::ARROW_CLOCKWISE, "Retry").clicked() {
                asked = Some(Asked::Retry);
            }
            if widgets::icon_text_button(ui, icons::COPY, "Copy").clicked() {
                asked = Some(Asked::Copy);
            }
        });
    });
    asked
}

/// One quiet line in the middle of an empty viewport.
pub fn quiet(ui: &Ui, rect: Rect, text: &str) {
    let galley = widgets::ellipsis(ui.painter(), text, theme::body(), theme::SECONDARY, rect.width() - 2.0 * theme::space::L);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, theme::SECONDARY);
}

fn middle(ui: &mut Ui, rect: Rect, contents: impl FnOnce(&mut Ui)) {
    let size = vec2((rect.width() - 2.0 * theme::space::L).clamp(120.0, 420.0), rect.height());
    let place = Rect::from_center_size(rect.center(), size);
    let builder = UiBuilder::new().max_rect(place).layout(Layout::top_down(Align::Min));
    ui.scope_builder(builder, |ui| {
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));
        ui.add_space((rect.height() / 2.0 - 70.0).max(theme::space::S));
        Frame::new()
            .fill(theme::RAISED)
            .stroke(Stroke::new(1.0, theme::HAIRLINE))
            .corner_radius(theme::RADIUS)
            .inner_margin(Margin::same(12))
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = theme::space::S;
                contents(ui);
            });
    });
}
