//! Presentation states of the shown image: which one is in force, and what of it is not shown.

use super::Source;
use crate::ui::intent::{Intent, Intents};
use crate::ui::{theme, widgets};
use egui::{RadioButton, RichText, Ui};
use lightbox_model::presentation::PresentationChoice;

/// Draws the section, where the image has any.
pub fn show(ui: &mut Ui, source: &Source<'_>, out: &mut Intents) {
    let Some(target) = &source.target else { return };
    let states = source.library.presentations(target.id);
    if states.is_empty() {
        return;
    }
    widgets::heading(ui, "Presentation");
    let mut choose = |choice| out.push(Intent::Presentation { slot: source.slot, choice });
    let applied = target.presentation;
    if ui.radio(applied.is_none(), "None").on_hover_text("As the image itself says").clicked() {
        choose(PresentationChoice::None);
    }
    for (object, state) in states {
        let chosen = applied.is_some_and(|applied| applied.object == object);
        let refusal = state.refusal(target.image);
        let radio = ui.add_enabled(refusal.is_none(), RadioButton::new(chosen, state.name())).on_hover_text(state.kind);
        if radio.clicked() {
            choose(PresentationChoice::State(object));
        }
        let origin = state.origin();
        if !origin.is_empty() {
            widgets::secondary(ui, origin);
        }
        if let Some(why) = refusal {
            widgets::secondary(ui, format!("Not applied. {why}"));
        }
    }
    if let Some(applied) = applied {
        let mut note = |text: String| _ = ui.label(RichText::new(text).font(theme::small()).color(theme::WARNING));
        let not_shown = applied.not_shown(&target.grid(), true);
        if !not_shown.is_empty() {
            note(format!("Not shown of it: {}", not_shown.join(", ")));
        }
        if applied.modality() != &target.facts().modality {
            note("It gives grey values of its own to the window; the value under the pointer is the image's.".to_owned());
        }
    }
    ui.add_space(theme::space::M);
}
