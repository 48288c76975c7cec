//! Ctrl+K: any command by name.

use super::intent::{Intent, Intents};
use super::{command_title, theme, widgets};
use crate::settings::Settings;
use egui::{Color32, CornerRadius, Frame, Key, Margin, Modifiers, Role, ScrollArea, Sense, Stroke, WidgetInfo, vec2};
use lightbox_model::command::Command;

const WIDTH: f32 = 520.0;
const ROW: f32 = 28.0;
const ROWS: f32 = 11.0;

/// The palette while it is open.
#[derive(Default)]
pub struct Palette {
    typed: String,
    chosen: usize,
    just_opened: bool,
}

impl Palette {
    /// Open, with nothing typed.
    pub fn open() -> Self {
        Self { just_opened: true, ..Self::default() }
    }

    /// Draws it; whether it stays open.
    pub fn show(&mut self, ctx: &egui::Context, settings: &Settings, out: &mut Intents) -> bool {
        let area = egui::Modal::default_area(egui::Id::unique("palette")).anchor(egui::Align2::CENTER_TOP, [0.0, 84.0]);
        let frame = Frame::new()
            .fill(theme::RAISED)
            .stroke(Stroke::new(1.0, theme::EDGE))
            .corner_radius(theme::RADIUS)
            .inner_margin(Margin::same(8));
        let modal = egui::Modal::new(egui::Id::unique("palette")).area(area).frame(frame).backdrop_color(theme::BACKDROP);
        let response = modal.show(ctx, |ui| {
            ui.set_width(WIDTH);
            self.contents(ui, settings)
        });
        if let Some(command) = response.inner {
            out.push(Intent::Run(command));
            return false;
        }
        !response.should_close()
    }

    fn contents(&mut self, ui: &mut egui::Ui, settings: &Settings) -> Option<Command> {
        let found = found(&self.typed, settings);
        let (down, up, enter) = ui.input_mut(|i| {
            let mut hit = |key| i.consume_key(Modifiers::NONE, key);
            (hit(Key::ArrowDown), hit(Key::ArrowUp), hit(Key::Enter))
        });
        let last = found.len().saturating_sub(1);
        self.chosen = self.chosen.min(last);
        if down {
            self.chosen = if self.chosen == last { 0 } else { self.chosen + 1 };
        }
        if up {
            self.chosen = if self.chosen == 0 { last } else { self.chosen - 1 };
        }
        let edit = egui::TextEdit::singleline(&mut self.typed)
            .hint_text("What do you want to do?")
            .desired_width(f32::INFINITY)
            .margin(Margin::symmetric(8, 6));
        let response = ui.add(edit).accessible_name("Find a command");
        if std::mem::take(&mut self.just_opened) {
            response.request_focus();
        }
        if response.changed() {
            self.chosen = 0;
        }
        ui.add_space(theme::space::XS);
        let mut run = enter.then(|| found.get(self.chosen).copied()).flatten();
        ScrollArea::vertical().max_height(ROW * ROWS).auto_shrink([false, true]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (i, &command) in found.iter().enumerate() {
                let row = row(ui, command, i == self.chosen, settings);
                if (down || up) && i == self.chosen {
                    row.scroll_to_me(None);
                }
                if row.clicked() {
                    run = Some(command);
                }
            }
            if found.is_empty() {
                ui.add_space(theme::space::S);
                widgets::secondary(ui, "No command has that name.");
            }
        });
        run
    }
}

/// As [`Command::find`], and presets by the names that they have.
fn found(typed: &str, settings: &Settings) -> Vec<Command> {
    let mut found = Command::find(typed);
    // A preset without a window behind it does nothing.
    found.retain(|c| c.preset().is_none_or(|n| n < settings.presets.len()));
    let typed = typed.trim().to_lowercase();
    let named =
        |c: &Command| c.preset().and_then(|n| settings.presets.get(n)).is_some_and(|p| p.name.to_lowercase().contains(&typed));
    let presets = Command::ALL.iter().copied().filter(named);
    let missing: Vec<_> = presets.filter(|c| !found.contains(c)).collect();
    found.splice(0..0, missing);
    found
}

fn row(ui: &mut egui::Ui, command: Command, chosen: bool, settings: &Settings) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let title = command_title(command, settings);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, &title));
    let fill = match (chosen, response.hovered()) {
        (true, _) => theme::SELECTED,
        (false, true) => theme::HOVER,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, CornerRadius::same(theme::RADIUS), fill);
    let painter = ui.painter_at(rect);
    let middle = rect.center().y;
    let name = painter.text(egui::pos2(rect.left() + 8.0, middle), egui::Align2::LEFT_CENTER, title, theme::body(), theme::TEXT);
    let key = settings.bindings.label(command);
    let key = painter.text(egui::pos2(rect.right() - 8.0, middle), egui::Align2::RIGHT_CENTER, key, theme::small(), theme::TEXT);
    let room = key.left() - name.right() - 2.0 * theme::space::M;
    if room > 60.0 {
        let galley = widgets::ellipsis(&painter, command.description(), theme::small(), theme::SECONDARY, room);
        painter.galley(egui::pos2(name.right() + theme::space::M, middle - galley.size().y / 2.0), galley, theme::SECONDARY);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_found_by_their_own_names() {
        let settings = Settings::default();
        let lung = settings.presets.iter().position(|p| p.name == "Lung").unwrap();
        assert_eq!(found("lung", &settings).first().and_then(|c| c.preset()), Some(lung));
    }

    #[test]
    fn presets_that_do_not_exist_are_not_offered() {
        let settings = Settings::default();
        let offered = found("", &settings).iter().filter(|c| c.preset().is_some()).count();
        assert_eq!(offered, settings.presets.len());
    }
}
