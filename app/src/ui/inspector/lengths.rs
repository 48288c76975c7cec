//! What was measured on the shown image.

use super::Source;
use crate::ui::intent::{Intent, Intents};
use crate::ui::{theme, widgets};
use egui::Ui;
use lightbox_model::measure::Length;

/// Draws the section, where anything was measured.
pub fn show(ui: &mut Ui, source: &Source<'_>, out: &mut Intents) {
    let Some(target) = source.target.as_ref().filter(|_| !source.lengths.is_empty()) else { return };
    widgets::heading(ui, "Lengths");
    for &[a, b] in source.lengths {
        let label = Length::between(&target.facts().spacing, a, b).label();
        ui.add(egui::Label::new(label).selectable(true));
    }
    if ui.button("Clear").on_hover_text("Takes the lengths off this image").clicked() {
        out.push(Intent::ClearLengths(target.id));
    }
    ui.add_space(theme::space::M);
}
