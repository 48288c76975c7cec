//! From what the toolkit calls a key to the model's chords, and from chords to commands.

use lightbox_model::command::{Bindings, Button, Category, Chord, Command, Key, Modifiers};

/// Commands that were pressed since the last frame, in order. `typing` says that a text field has the keyboard; `focused` that another
/// widget has, which keeps the keys that work it.
pub fn pressed(ctx: &egui::Context, bindings: &Bindings, typing: bool, focused: bool) -> Vec<Command> {
    let events = ctx.input(|i| i.events.clone());
    let keys = events.iter().filter_map(|event| match *event {
        egui::Event::Key { key, pressed: true, repeat, modifiers, .. } => Some((chord(key, modifiers)?, repeat)),
        _ => None,
    });
    let commands = keys.filter_map(|(chord, repeat)| {
        let command = bindings.command(chord)?;
        let kept = (typing && edits_text(chord)) || (focused && works_widgets(chord));
        (!kept && (!repeat || repeats(command))).then_some(command)
    });
    commands.collect()
}

/// The first chord pressed in this frame that is more than modifiers: what a person chooses as a new key.
pub fn any_chord(ctx: &egui::Context) -> Option<Chord> {
    ctx.input(|i| {
        i.events.iter().find_map(|event| match *event {
            egui::Event::Key { key, pressed: true, repeat: false, modifiers, .. } => chord(key, modifiers),
            _ => None,
        })
    })
}

/// A chord as the model names it; `None` for keys that no command can have.
pub fn chord(key: egui::Key, held: egui::Modifiers) -> Option<Chord> {
    Some(Chord::new(modifiers(held), model_key(key)?))
}

/// Held modifiers as the model names them.
pub fn modifiers(held: egui::Modifiers) -> Modifiers {
    Modifiers { ctrl: held.command || held.ctrl, alt: held.alt, shift: held.shift }
}

/// A mouse button as the model names it.
pub fn button(button: egui::PointerButton) -> Option<Button> {
    Some(match button {
        egui::PointerButton::Primary => Button::Left,
        egui::PointerButton::Middle => Button::Middle,
        egui::PointerButton::Secondary => Button::Right,
        _ => return None,
    })
}

/// Whether a text field needs the chord itself.
fn edits_text(chord: Chord) -> bool {
    let function_key = (Key::F1..=Key::F12).contains(&chord.key);
    let editing = matches!(chord.key, Key::A | Key::C | Key::V | Key::X | Key::Y | Key::Z);
    !(function_key || (chord.modifiers.ctrl && !editing))
}

/// Whether the chord moves between widgets or works the one that has the keyboard.
fn works_widgets(chord: Chord) -> bool {
    use Key::{Down, Enter, Escape, Left, Right, Space, Tab, Up};
    chord.modifiers == Modifiers::NONE && matches!(chord.key, Space | Enter | Escape | Tab | Up | Down | Left | Right)
}

/// Whether holding the key down repeats the command.
fn repeats(command: Command) -> bool {
    let zoom = matches!(command, Command::ZoomIn | Command::ZoomOut);
    zoom || (command.category() == Category::Navigate && command != Command::ToggleCine)
}

fn model_key(key: egui::Key) -> Option<Key> {
    // What both spell alike, letters, digits and function keys among them.
    if let Some(&same) = Key::ALL.iter().find(|k| k.name() == key.name()) {
        return Some(same);
    }
    use egui::Key as E;
    Some(match key {
        E::ArrowUp => Key::Up,
        E::ArrowDown => Key::Down,
        E::ArrowLeft => Key::Left,
        E::ArrowRight => Key::Right,
        E::Plus => Key::Plus,
        E::Minus => Key::Minus,
        E::Equals => Key::Equals,
        E::Questionmark => Key::Question,
        E::Slash => Key::Slash,
        E::Comma => Key::Comma,
        E::Period => Key::Period,
        E::Semicolon => Key::Semicolon,
        E::Quote => Key::Quote,
        E::Backtick => Key::Backtick,
        E::Backslash => Key::Backslash,
        E::OpenBracket => Key::OpenBracket,
        E::CloseBracket => Key::CloseBracket,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_model_can_be_pressed() {
        for &key in Key::ALL {
            assert!(egui::Key::ALL.iter().any(|&k| model_key(k) == Some(key)), "no key of the toolkit is {key:?}");
        }
    }

    #[test]
    fn a_question_mark_is_one_however_it_is_typed() {
        let shifted = chord(egui::Key::Questionmark, egui::Modifiers::SHIFT).unwrap();
        assert_eq!(Bindings::default().command(shifted), Some(Command::Shortcuts));
    }

    #[test]
    fn text_fields_keep_what_they_need_and_leave_the_rest() {
        let bindings = Bindings::default();
        for command in [Command::Palette, Command::OpenFiles] {
            assert!(bindings.keys(command).iter().all(|&c| !edits_text(c)), "{command:?} must work while typing");
        }
        for command in [Command::Undo, Command::Invert, Command::Reset] {
            assert!(bindings.keys(command).iter().all(|&c| edits_text(c)), "{command:?} must not work while typing");
        }
    }
}
