//! `?`: every key and mouse gesture, as they are set.

use super::{command_title, theme, widgets};
use crate::settings::Settings;
use egui::{Frame, Layout, Margin, RichText, ScrollArea, Stroke, Ui};
use lightbox_model::command::{Category, Command, Modifiers};

/// Draws the sheet; whether it stays open.
pub fn show(ctx: &egui::Context, settings: &Settings) -> bool {
    let frame = Frame::new()
        .fill(theme::RAISED)
        .stroke(Stroke::new(1.0, theme::EDGE))
        .corner_radius(theme::RADIUS)
        .inner_margin(Margin::same(16));
    let screen = ctx.content_rect().size();
    let modal = egui::Modal::new(egui::Id::unique("shortcuts")).frame(frame).backdrop_color(theme::BACKDROP);
    let mut close = false;
    let response = modal.show(ctx, |ui| {
        let columns = if screen.x >= 1100.0 { 3 } else { 2 };
        ui.set_width((columns as f32 * 330.0).min(screen.x - 80.0));
        close = title(ui, "All shortcuts");
        let height = screen.y - 130.0;
        ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
            // Clear of the scroll bar.
            ui.set_max_width(ui.available_width() - theme::space::M);
            ui.spacing_mut().item_spacing = egui::vec2(theme::space::M, 0.0);
            ui.spacing_mut().interact_size.y = 20.0;
            let columns_of_parts = deal(parts(settings), columns);
            ui.columns(columns, |uis| {
                for (ui, parts) in uis.iter_mut().zip(columns_of_parts) {
                    for part in parts {
                        section(ui, &part);
                    }
                }
            });
        });
    });
    !(close || response.should_close())
}

/// A heading with a cross at the right; whether the cross was clicked.
pub fn title(ui: &mut Ui, text: &str) -> bool {
    let mut close = false;
    ui.horizontal(|ui| {
        widgets::heading(ui, text);
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            close = ui.add(widgets::IconButton::new(super::icons::X, "Close").key(Some("Esc")).small()).clicked();
        });
    });
    ui.add_space(theme::space::S);
    close
}

struct Part {
    name: &'static str,
    /// What, and the keys for it.
    lines: Vec<(String, Vec<String>)>,
}

fn parts(settings: &Settings) -> Vec<Part> {
    let mut parts: Vec<Part> = Category::ALL.iter().map(|&category| of_category(category, settings)).collect();
    parts.insert(0, mouse(settings));
    parts
}

fn of_category(category: Category, settings: &Settings) -> Part {
    let commands = Command::ALL.iter().filter(|c| c.category() == category);
    let used = commands.filter(|c| c.preset().is_none_or(|n| n < settings.presets.len()));
    let keys = |c: Command| settings.bindings.keys(c).iter().map(|k| k.label()).collect();
    Part { name: category.name(), lines: used.map(|&c| (command_title(c, settings), keys(c))).collect() }
}

fn mouse(settings: &Settings) -> Part {
    let mouse = &settings.mouse;
    let drags = mouse.drag.iter().map(|(gesture, action)| (action.name().to_owned(), vec![format!("{gesture} drag")]));
    let wheels = [("Wheel", Modifiers::NONE), ("Ctrl+Wheel", Modifiers::CTRL), ("Shift+Wheel", Modifiers::SHIFT)];
    let wheels = wheels.map(|(name, held)| (mouse.wheel_action(held).name().to_owned(), vec![name.to_owned()]));
    let more = [("Maximise a viewport".to_owned(), vec!["Double click".to_owned()])];
    Part { name: "Mouse", lines: drags.chain(wheels).chain(more).collect() }
}

/// Into columns of about equal height, keeping the order.
fn deal(parts: Vec<Part>, columns: usize) -> Vec<Vec<Part>> {
    let height = |p: &Part| p.lines.len() + 2;
    let all: usize = parts.iter().map(height).sum();
    let each = all.div_ceil(columns);
    let mut dealt: Vec<Vec<Part>> = (0..columns).map(|_| Vec::new()).collect();
    let mut before = 0;
    for part in parts {
        let column = ((before + height(&part) / 2) / each.max(1)).min(columns - 1);
        before += height(&part);
        dealt[column].push(part);
    }
    dealt
}

fn section(ui: &mut Ui, part: &Part) {
    ui.label(RichText::new(part.name).font(theme::small()).color(theme::ACCENT));
    for (what, keys) in &part.lines {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = theme::space::XS;
            ui.set_height(23.0);
            ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                for key in keys.iter().rev() {
                    widgets::key_cap(ui, key);
                }
                ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(egui::Label::new(what).truncate());
                });
            });
        });
    }
    ui.add_space(theme::space::M);
}
