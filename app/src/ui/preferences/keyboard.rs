//! Keys of commands: shown, added, taken away.

use crate::settings::Settings;
use crate::ui::{command_title, icons, keys, theme, widgets};
use egui::{RichText, Ui};
use lightbox_model::command::{Category, Chord, Command, Conflict, Key, Modifiers};

/// What the page remembers.
#[derive(Default)]
pub struct Keyboard {
    /// The command that waits for a key.
    listening: Option<Command>,
    /// The key that was pressed has another command.
    conflict: Option<(Command, Conflict)>,
}

impl Keyboard {
    /// A key is being chosen.
    pub fn listens(&self) -> bool {
        self.listening.is_some()
    }

    /// Draws the page.
    pub fn show(&mut self, ui: &mut Ui, settings: &mut Settings) {
        self.listen(ui, settings);
        self.conflict(ui, settings);
        for category in Category::ALL {
            ui.add_space(theme::space::S);
            ui.label(RichText::new(category.name()).font(theme::small()).color(theme::ACCENT));
            for &command in Command::ALL.iter().filter(|c| c.category() == category) {
                self.row(ui, command, settings);
            }
        }
    }

    fn listen(&mut self, ui: &Ui, settings: &mut Settings) {
        let Some(command) = self.listening else { return };
        let Some(chord) = keys::any_chord(ui.ctx()) else { return };
        self.listening = None;
        if chord == Chord::new(Modifiers::NONE, Key::Escape) {
            return;
        }
        self.conflict = settings.bindings.bind(command, chord).err().map(|conflict| (command, conflict));
    }

    /// Asks what to do about a key that is taken.
    fn conflict(&mut self, ui: &mut Ui, settings: &mut Settings) {
        let Some((command, conflict)) = self.conflict.clone() else { return };
        ui.horizontal(|ui| {
            ui.label(RichText::new(icons::WARNING).font(theme::icon(14.0)).color(theme::WARNING));
            ui.colored_label(theme::WARNING, format!("{conflict}."));
            if ui.button("Take it").clicked() {
                settings.bindings.take(command, conflict.chord);
                self.conflict = None;
            }
            if ui.button("Leave it").clicked() {
                self.conflict = None;
            }
        });
    }

    fn row(&mut self, ui: &mut Ui, command: Command, settings: &mut Settings) {
        super::line(ui, &command_title(command, settings), |ui| {
            ui.spacing_mut().item_spacing.x = theme::space::XS;
            let chords = settings.bindings.keys(command).to_vec();
            for &chord in &chords {
                widgets::key_cap(ui, &chord.label());
                let name = format!("Take {} from {}", chord.label(), command.name());
                if ui.add(widgets::IconButton::new(icons::X, &name).small()).clicked() {
                    settings.bindings.unbind(command, chord);
                }
            }
            if self.listening == Some(command) {
                ui.colored_label(theme::ACCENT, "Press a key, or Esc");
            } else if ui.add(widgets::IconButton::new(icons::PLUS, &format!("Add a key for {}", command.name())).small()).clicked()
            {
                (self.listening, self.conflict) = (Some(command), None);
            }
            if chords != command.default_keys() {
                let name = format!("Default keys of {}", command.name());
                if ui.add(widgets::IconButton::new(icons::ARROW_COUNTER_CLOCKWISE, &name).small()).clicked() {
                    settings.bindings.reset(command);
                }
            }
        });
    }
}
