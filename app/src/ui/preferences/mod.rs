//! Settings: keys, mouse, looks and memory.

mod keyboard;
mod mouse;

use super::{sheet, theme, widgets};
use crate::settings::Settings;
use egui::{DragValue, Frame, Margin, Role, ScrollArea, Slider, Stroke, Ui, WidgetInfo};
use keyboard::Keyboard;
use lightbox_model::display::Interpolation;
use theme::Density;

/// Parts of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Page {
    #[default]
    General,
    Keyboard,
    Mouse,
    Presets,
}

impl Page {
    const ALL: [(Self, &'static str); 4] =
        [(Self::General, "General"), (Self::Keyboard, "Keyboard"), (Self::Mouse, "Mouse"), (Self::Presets, "Window presets")];
}

/// The window while it is open.
#[derive(Default)]
pub struct Preferences {
    page: Page,
    keyboard: Keyboard,
}

impl Preferences {
    /// A key is being chosen: every key press belongs to that.
    pub fn listens(&self) -> bool {
        self.keyboard.listens()
    }

    /// Draws it and lets it change `settings`; whether it stays open.
    pub fn show(&mut self, ctx: &egui::Context, settings: &mut Settings) -> bool {
        let frame = Frame::new()
            .fill(theme::RAISED)
            .stroke(Stroke::new(1.0, theme::EDGE))
            .corner_radius(theme::RADIUS)
            .inner_margin(Margin::same(16));
        let listened = self.listens();
        let height = (ctx.content_rect().height() - 180.0).clamp(200.0, 460.0);
        let modal = egui::Modal::new(egui::Id::unique("settings")).frame(frame).backdrop_color(theme::BACKDROP);
        let mut close = false;
        let response = modal.show(ctx, |ui| {
            ui.set_width(620.0);
            close = sheet::title(ui, "Settings");
            ui.horizontal(|ui| {
                for (page, name) in Page::ALL {
                    let chosen = self.page == page;
                    let tab = ui.add(egui::Button::selectable(chosen, name));
                    tab.widget_info(|| WidgetInfo::selected(Role::Tab, true, chosen, name));
                    if tab.clicked() {
                        self.page = page;
                    }
                }
            });
            ui.separator();
            ScrollArea::vertical().min_scrolled_height(height).max_height(height).auto_shrink(false).show(ui, |ui| {
                match self.page {
                    Page::General => general(ui, settings),
                    Page::Keyboard => self.keyboard.show(ui, settings),
                    Page::Mouse => mouse::show(ui, &mut settings.mouse),
                    Page::Presets => presets(ui, settings),
                }
            });
        });
        // Escape while a key is being chosen gives that up, not the window.
        !(close || (response.should_close() && !listened))
    }
}

/// A line with its name at the left.
fn line(ui: &mut Ui, name: &str, contents: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.set_min_height(28.0);
        let (rect, _) = ui.allocate_exact_size(egui::vec2(200.0, 20.0), egui::Sense::hover());
        ui.painter().text(rect.left_center(), egui::Align2::LEFT_CENTER, name, theme::body(), theme::TEXT);
        contents(ui);
    });
}

fn general(ui: &mut Ui, settings: &mut Settings) {
    line(ui, "Density of lists", |ui| {
        for (density, name) in [(Density::Comfortable, "Comfortable"), (Density::Compact, "Compact")] {
            ui.radio_value(&mut settings.density, density, name);
        }
    });
    line(ui, "Size of everything", |ui| {
        let percent =
            Slider::new(&mut settings.zoom, 0.75..=2.0).step_by(0.05).custom_formatter(|v, _| format!("{:.0} %", v * 100.0));
        ui.add(percent.custom_parser(|t| t.trim_end_matches(['%', ' ']).parse::<f64>().ok().map(|v| v / 100.0)))
            .accessible_name("Size of everything");
    });
    line(ui, "Between pixels", |ui| {
        ui.radio_value(&mut settings.interpolation, Interpolation::Bilinear, "Smooth (bilinear)");
        ui.radio_value(&mut settings.interpolation, Interpolation::Nearest, "Sharp (nearest)");
    });
    line(ui, "Text on pictures", |ui| drop(ui.checkbox(&mut settings.overlay, "Show corner text, letters and scale bar")));
    line(ui, "Mouse help", |ui| {
        let mut shown = !settings.mouse_help_done;
        if ui.checkbox(&mut shown, "Show until the next drag").changed() {
            settings.mouse_help_done = !shown;
        }
    });
    ui.add_space(theme::space::M);
    widgets::heading(ui, "Memory");
    line(ui, "Decoded pictures", |ui| {
        let mut automatic = settings.pictures_mib.is_none();
        if ui.checkbox(&mut automatic, "A quarter of the memory").changed() {
            settings.pictures_mib = if automatic { None } else { Some(2048) };
        }
        if let Some(mib) = &mut settings.pictures_mib {
            ui.add(DragValue::new(mib).range(512..=65_536).speed(16).suffix(" MiB")).accessible_name("Memory for decoded pictures");
        }
    });
    widgets::secondary(ui, "Takes effect when Lightbox is started again.");
    ui.add_space(theme::space::M);
    if ui.button("All defaults").on_hover_text("Everything on all pages, except the recent list").clicked() {
        let recent = std::mem::take(&mut settings.recent);
        *settings = Settings { recent, ..Settings::default() };
    }
}

/// Size of a number, wide enough for any, so that they stand below each other.
const NUMBER: [f32; 2] = [60.0, 24.0];

fn presets(ui: &mut Ui, settings: &mut Settings) {
    widgets::secondary(ui, "In Hounsfield units, for CT. The first nine have the keys 1 to 9.");
    ui.add_space(theme::space::XS);
    let mut gone = None;
    for (i, preset) in settings.presets.iter_mut().enumerate() {
        ui.horizontal(|ui| {
            let key = if i < 9 { (i + 1).to_string() } else { String::new() };
            widgets::key_cap(ui, if key.is_empty() { "\u{2013}" } else { &key });
            let edit = egui::TextEdit::singleline(preset.name.to_mut()).desired_width(180.0).char_limit(40);
            ui.add(edit).accessible_name(format!("Name of preset {}", i + 1));
            widgets::secondary(ui, "Centre");
            ui.add_sized(NUMBER, DragValue::new(&mut preset.centre).range(-10_000.0..=10_000.0))
                .accessible_name(format!("Centre of preset {}", i + 1));
            widgets::secondary(ui, "Width");
            ui.add_sized(NUMBER, DragValue::new(&mut preset.width).range(1.0..=20_000.0))
                .accessible_name(format!("Width of preset {}", i + 1));
            if ui.add(widgets::IconButton::new(super::icons::TRASH, &format!("Remove preset {}", i + 1)).small()).clicked() {
                gone = Some(i);
            }
        });
    }
    if let Some(i) = gone {
        settings.presets.remove(i);
    }
    ui.add_space(theme::space::S);
    ui.horizontal(|ui| {
        if ui.button("Add a preset").clicked() {
            settings.presets.push(lightbox_model::display::Preset { name: "New preset".into(), width: 400.0, centre: 40.0 });
        }
        if ui.button("Default presets").clicked() {
            settings.presets = lightbox_model::display::CT_PRESETS.to_vec();
        }
    });
}
