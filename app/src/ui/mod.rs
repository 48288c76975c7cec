//! The user interface: panels that look and ask ([`intent`]), one place that acts ([`execute`]), one theme.

mod about;
mod browser;
pub mod desk;
mod dialogs;
mod execute;
mod grid;
mod icons;
mod inspector;
mod intent;
mod keys;
mod palette;
mod preferences;
mod progress;
mod sheet;
mod start;
mod status;
pub mod theme;
mod toolbar;
mod viewport;
mod widgets;
mod window;

pub use intent::{Intent, Intents};
pub use window::Window;

use crate::settings::Settings;
use lightbox_model::command::Command;

/// A command's name for people: presets by the name that they have.
fn command_title(command: Command, settings: &Settings) -> String {
    match command.preset().and_then(|n| settings.presets.get(n)) {
        Some(preset) => format!("Window: {}", preset.name),
        None => command.name().to_owned(),
    }
}
