//! The bar at the top: every button runs a command of the one list.

use super::intent::{Intent, Intents};
use super::widgets::IconButton;
use super::{command_title, icons, theme, widgets};
use crate::settings::Settings;
use egui::{Align, Button, Layout, RichText, Ui};
use lightbox_model::command::{Category, Command, DragAction};

/// What the buttons show as on or off.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct State {
    /// What left drag does.
    pub tool: Option<DragAction>,
    /// The layout in force.
    pub layout: Option<Command>,
    /// The active viewport shows something.
    pub picture: bool,
    /// Its picture is inverted.
    pub inverted: bool,
    /// Its stack is playing.
    pub playing: bool,
    /// Panels.
    pub browser: bool,
    /// Panels.
    pub inspector: bool,
}

/// Draws the bar.
pub fn show(ui: &mut Ui, state: &State, settings: &Settings, out: &mut Intents) {
    ui.spacing_mut().item_spacing.x = 2.0;
    let mut bar = Bar { settings, out };
    ui.horizontal_centered(|ui| {
        ui.add_space(theme::space::XS);
        widgets::logo(ui, theme::ICON);
        ui.add_space(theme::space::XS);
        ui.label(RichText::new("Lightbox").font(theme::strong()));
        ui.add_space(theme::space::M);
        bar.button(ui, icons::FILE, Command::OpenFiles, None, true);
        bar.button(ui, icons::FOLDER_OPEN, Command::OpenFolder, None, true);
        gap(ui);
        for (icon, command) in [
            (icons::CIRCLE_HALF_TILT, Command::ToolWindow),
            (icons::HAND, Command::ToolPan),
            (icons::MAGNIFYING_GLASS, Command::ToolZoom),
            (icons::MOUSE_SCROLL, Command::ToolScroll),
            (icons::RULER, Command::ToolMeasure),
        ] {
            bar.button(ui, icon, command, Some(state.tool == command.tool()), true);
        }
        gap(ui);
        bar.layout_menu(ui, state);
        bar.preset_menu(ui, state);
        gap(ui);
        bar.button(ui, icons::SELECTION_INVERSE, Command::Invert, Some(state.inverted), state.picture);
        for (icon, command) in [
            (icons::ARROW_COUNTER_CLOCKWISE, Command::RotateLeft),
            (icons::ARROW_CLOCKWISE, Command::RotateRight),
            (icons::FLIP_HORIZONTAL, Command::FlipHorizontal),
            (icons::FLIP_VERTICAL, Command::FlipVertical),
            (icons::CORNERS_OUT, Command::Fit),
            (icons::NUMBER_SQUARE_ONE, Command::OneToOne),
            (icons::ARROWS_CLOCKWISE, Command::Reset),
        ] {
            bar.button(ui, icon, command, None, state.picture);
        }
        gap(ui);
        let play = if state.playing { icons::PAUSE } else { icons::PLAY };
        bar.button(ui, play, Command::ToggleCine, Some(state.playing), state.picture);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(theme::space::XS);
            bar.button(ui, icons::QUESTION, Command::Shortcuts, None, true);
            bar.button(ui, icons::COMMAND, Command::Palette, None, true);
            bar.button(ui, icons::GEAR_SIX, Command::Settings, None, true);
            gap(ui);
            bar.button(ui, icons::INFO, Command::ToggleInspector, Some(state.inspector), true);
            bar.button(ui, icons::SIDEBAR_SIMPLE, Command::ToggleBrowser, Some(state.browser), true);
            gap(ui);
            bar.button(ui, icons::ARROW_U_UP_RIGHT, Command::Redo, None, state.picture);
            bar.button(ui, icons::ARROW_U_UP_LEFT, Command::Undo, None, state.picture);
        });
    });
}

fn gap(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(13.0, 20.0), egui::Sense::hover());
    ui.painter().vline(rect.center().x, rect.y_range(), egui::Stroke::new(1.0, theme::HAIRLINE));
}

struct Bar<'a> {
    settings: &'a Settings,
    out: &'a mut Intents,
}

impl Bar<'_> {
    fn button(&mut self, ui: &mut Ui, icon: char, command: Command, on: Option<bool>, enabled: bool) {
        let key = self.settings.bindings.label(command);
        let mut button = IconButton::new(icon, command.name()).key(Some(&key));
        if let Some(on) = on {
            button = button.selected(on);
        }
        if ui.add_enabled(enabled, button).clicked() {
            self.out.push(Intent::Run(command));
        }
    }

    fn layout_menu(&mut self, ui: &mut Ui, state: &State) {
        let shown = layouts().into_iter().find(|(_, c)| Some(*c) == state.layout).map_or(icons::GRID_FOUR, |(icon, _)| icon);
        self.menu(ui, shown, "Layout", |bar, ui| {
            for (icon, command) in layouts() {
                bar.entry(ui, Some(icon), command, Some(command) == state.layout);
            }
            ui.separator();
            bar.entry(ui, Some(icons::ARROWS_OUT), Command::ToggleMaximise, false);
            bar.entry(ui, Some(icons::FRAME_CORNERS), Command::ToggleFullScreen, false);
        });
    }

    fn preset_menu(&mut self, ui: &mut Ui, state: &State) {
        ui.add_enabled_ui(state.picture, |ui| {
            self.menu(ui, icons::SLIDERS_HORIZONTAL, "Window presets", |bar, ui| {
                for &command in Command::ALL.iter().filter(|c| c.category() == Category::Window) {
                    if command.preset().is_none_or(|n| n < bar.settings.presets.len()) && command != Command::Invert {
                        bar.entry(ui, None, command, false);
                    }
                }
            });
        });
    }

    fn menu(&mut self, ui: &mut Ui, icon: char, name: &str, entries: impl FnOnce(&mut Self, &mut Ui)) {
        let caret = RichText::new(icons::CARET_DOWN).font(theme::icon(10.0)).color(theme::SECONDARY);
        let icon = RichText::new(icon).font(theme::icon(theme::ICON));
        let button = Button::new((icon, caret)).frame_when_inactive(false).min_size(egui::vec2(40.0, 28.0));
        let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
            ui.set_min_width(240.0);
            entries(self, ui);
        });
        response.accessible_name(name).on_hover_text(name);
    }

    /// A line of a menu: icon, name, key.
    fn entry(&mut self, ui: &mut Ui, icon: Option<char>, command: Command, on: bool) {
        let title = command_title(command, self.settings);
        let icon = RichText::new(icon.unwrap_or(' ')).font(theme::icon(16.0));
        let key = RichText::new(self.settings.bindings.label(command)).font(theme::small()).color(theme::SECONDARY);
        let button = Button::new((icon, title.as_str())).right_text(key).selected(on);
        let response = ui.add(button).accessible_name(widgets::tooltip(&title, None));
        if response.clicked() {
            self.out.push(Intent::Run(command));
            ui.close();
        }
    }
}

fn layouts() -> [(char, Command); 4] {
    [
        (icons::SQUARE, Command::Layout1x1),
        (icons::SQUARE_SPLIT_HORIZONTAL, Command::Layout1x2),
        (icons::GRID_FOUR, Command::Layout2x2),
        (icons::GRID_NINE, Command::Layout3x3),
    ]
}
