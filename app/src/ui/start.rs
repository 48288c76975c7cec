//! What is seen when nothing is open.

use super::intent::{Intent, Intents};
use super::{icons, theme, widgets};
use egui::{Align, Color32, CornerRadius, CursorIcon, Layout, Rect, RichText, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2};
use lightbox_model::command::Command;
use std::path::PathBuf;

/// Width of the column of choices, in points.
const WIDTH: f32 = 420.0;

/// Draws the page at `rect`. `scanning` is what is being looked through, if anything.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    recent: &[PathBuf],
    scanning: Option<&str>,
    keys: impl Fn(Command) -> Option<String>,
    out: &mut Intents,
) {
    ui.painter().rect_filled(rect, CornerRadius::ZERO, theme::CANVAS);
    let column = Rect::from_center_size(rect.center(), vec2(WIDTH.min(rect.width() - 32.0), rect.height()));
    let builder = UiBuilder::new().max_rect(column).layout(Layout::top_down(Align::Min));
    ui.scope_builder(builder, |ui| {
        let rows = recent.len().min(6) as f32;
        ui.add_space(((rect.height() - 300.0 - rows * 28.0) / 2.0).max(theme::space::L));
        title(ui);
        ui.add_space(theme::space::L);
        for (icon, command, text) in [
            (icons::FOLDER_OPEN, Command::OpenFolder, "A folder of images, with everything in it"),
            (icons::FILE, Command::OpenFiles, "Images, a DICOMDIR, a .zip, a codestream"),
            (icons::FLASK, Command::OpenDemo, "A study made by this program, to look around"),
        ] {
            if choice(ui, icon, command.name(), text, keys(command).as_deref()) {
                out.push(Intent::Run(command));
            }
        }
        ui.add_space(theme::space::M);
        match scanning {
            Some(what) => {
                ui.horizontal(|ui| {
                    ui.label(RichText::new(icons::MAGNIFYING_GLASS).font(theme::icon(14.0)).color(theme::SECONDARY));
                    widgets::secondary(ui, format!("Looking through {what}"));
                });
            }
            None => drop(widgets::secondary(ui, "Or drop files and folders anywhere in this window.")),
        }
        if !recent.is_empty() {
            ui.add_space(theme::space::L);
            widgets::heading(ui, "Recent");
            for path in recent.iter().take(6) {
                if recent_row(ui, path) {
                    out.push(Intent::Open(vec![path.clone()]));
                }
            }
        }
    });
}

fn title(ui: &mut Ui) {
    ui.horizontal(|ui| {
        widgets::logo(ui, 30.0);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.label(RichText::new("Lightbox").font(theme::strong()));
            widgets::secondary(ui, "Radiology and pathology images");
        });
    });
}

/// A row that is a button: icon, name, what it does, key.
fn choice(ui: &mut Ui, icon: char, name: &str, text: &str, key: Option<&str>) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 48.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let lit = response.hovered() || response.has_focus();
    ui.painter().rect_filled(rect, CornerRadius::same(theme::RADIUS), if lit { theme::HOVER } else { theme::RAISED });
    widgets::focus_ring(ui, &response, rect);
    let painter = ui.painter_at(rect);
    let middle = rect.center().y;
    painter.text(egui::pos2(rect.left() + 28.0, middle), egui::Align2::CENTER_CENTER, icon, theme::icon(22.0), theme::ACCENT);
    let left = rect.left() + 56.0;
    painter.text(egui::pos2(left, middle - 1.0), egui::Align2::LEFT_BOTTOM, name, theme::body(), theme::TEXT);
    painter.text(egui::pos2(left, middle + 2.0), egui::Align2::LEFT_TOP, text, theme::small(), theme::SECONDARY);
    if let Some(key) = key {
        painter.text(egui::pos2(rect.right() - 12.0, middle), egui::Align2::RIGHT_CENTER, key, theme::small(), theme::SECONDARY);
    }
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}

fn recent_row(ui: &mut Ui, path: &std::path::Path) -> bool {
    let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Open {name} again")));
    let fill = if response.hovered() { theme::HOVER } else { Color32::TRANSPARENT };
    ui.painter().rect_filled(rect, CornerRadius::same(theme::RADIUS), fill);
    widgets::focus_ring(ui, &response, rect);
    let painter = ui.painter_at(rect);
    let at = |x: f32| egui::pos2(rect.left() + x, rect.center().y);
    painter.text(at(16.0), egui::Align2::CENTER_CENTER, icons::CLOCK_COUNTER_CLOCKWISE, theme::icon(14.0), theme::SECONDARY);
    let galley = widgets::ellipsis(&painter, &name, theme::body(), theme::TEXT, rect.width() * 0.45);
    let end = 32.0 + galley.size().x;
    painter.galley(at(32.0) - vec2(0.0, galley.size().y / 2.0), galley, theme::TEXT);
    let folder = path.parent().map(|p| p.display().to_string()).unwrap_or_default();
    let galley = widgets::ellipsis(&painter, &folder, theme::small(), theme::SECONDARY, rect.width() - end - 20.0);
    painter.galley(at(end + 10.0) - vec2(0.0, galley.size().y / 2.0), galley, theme::SECONDARY);
    response.on_hover_text(path.display().to_string()).clicked()
}
