//! Window, presets, palette and interpolation of the active viewport.

use super::Source;
use super::histogram::{self, Window};
use crate::ui::intent::{Intent, Intents};
use crate::ui::{theme, widgets};
use egui::{ComboBox, DragValue, RichText, Ui};
use lightbox_model::command::Command;
use lightbox_model::display::{Interpolation, PseudoColour, Voi, VoiFunction, VoiOrigin, WindowLimits};
use lightbox_model::viewport::VoiChoice;

/// Draws the section.
pub fn show(ui: &mut Ui, source: &Source<'_>, out: &mut Intents) {
    widgets::heading(ui, "Window");
    let (Some(target), Some(frame)) = (&source.target, &source.ready) else {
        widgets::secondary(ui, "Nothing is shown in the active viewport.");
        ui.add_space(theme::space::M);
        return;
    };
    if !frame.is_grey() {
        widgets::secondary(ui, "Colour pictures are shown as they are: they have no window.");
        ui.add_space(theme::space::M);
        return;
    }
    let modality = &target.object.modality;
    let state = target.presentation.as_ref();
    let (voi, origin) = source.viewport.voi(target.image, modality, target.id.frame, source.histogram.as_deref(), state);
    let (centre, width) = voi.centre_width();
    let (limits, step) = match &source.histogram {
        Some(counts) => (WindowLimits::for_range(counts.min(), counts.max(), counts.step()), counts.step()),
        // Until the values have been counted the window itself says what sizes are usual here.
        None => (WindowLimits::for_range(centre - 4.0 * width, centre + 4.0 * width, 1.0), 1.0),
    };
    let mut ask = |centre: f64, width: f64, undoable: bool| {
        let voi = VoiChoice::Fixed(voi.adjusted(centre, width, &limits));
        out.push(Intent::Window { slot: source.slot, voi, undoable, say: None });
    };
    match &source.histogram {
        Some(counts) => {
            if let Some(moved) = histogram::show(ui, counts, Some(Window { centre, width })) {
                ask(moved.window.centre, moved.window.width, moved.began);
            }
        }
        None => histogram::empty(ui),
    }
    ui.add_space(theme::space::XS);
    numbers(ui, &voi, step, &mut ask);
    widgets::secondary(ui, in_words(&voi, origin));
    ui.add_space(theme::space::S);
    presets(ui, source, &voi, out);
    header_windows(ui, source, out);
    ui.add_space(theme::space::S);
    palette(ui, source, out);
    interpolation(ui, source, out);
    ui.add_space(theme::space::M);
}

fn numbers(ui: &mut Ui, voi: &Voi, step: f64, ask: &mut impl FnMut(f64, f64, bool)) {
    let (mut centre, mut width) = voi.centre_width();
    let decimals = if step >= 1.0 { 0 } else { 2 };
    let speed = (width / 250.0).max(step.min(1.0) / 10.0);
    ui.horizontal(|ui| {
        widgets::secondary(ui, "Centre");
        let c = ui.add(DragValue::new(&mut centre).speed(speed).max_decimals(decimals)).accessible_name("Window centre");
        widgets::secondary(ui, "Width");
        let w = ui.add(DragValue::new(&mut width).speed(speed).max_decimals(decimals)).accessible_name("Window width");
        if c.changed() || w.changed() {
            ask(centre, width, c.drag_started() || w.drag_started() || !(c.dragged() || w.dragged()));
        }
    });
}

/// What it is called and where it comes from.
fn in_words(voi: &Voi, origin: Option<VoiOrigin>) -> String {
    let from = match origin {
        Some(VoiOrigin::Presentation) => "from the presentation state",
        Some(VoiOrigin::Header(_)) => "from the image",
        Some(VoiOrigin::Preset) => "preset of the modality",
        Some(VoiOrigin::Percentile) => "found from the picture",
        Some(VoiOrigin::FullRange) => "all stored values",
        None => "chosen here",
    };
    let function = match voi {
        Voi::Lut(_) => "LUT".to_owned(),
        Voi::Window { function: VoiFunction::Linear, .. } => "Linear".to_owned(),
        Voi::Window { function: VoiFunction::LinearExact, .. } => "Linear exact".to_owned(),
        Voi::Window { function: VoiFunction::Sigmoid, .. } => "Sigmoid".to_owned(),
    };
    match voi.explanation() {
        Some(name) => format!("{name} \u{b7} {function} \u{b7} {from}"),
        None => format!("{function} \u{b7} {from}"),
    }
}

fn presets(ui: &mut Ui, source: &Source<'_>, voi: &Voi, out: &mut Intents) {
    // Presets are in Hounsfield units: on anything else they would be a window by accident.
    if source.target.as_ref().is_none_or(|t| t.object.modality != "CT") {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(theme::space::XS, theme::space::XS);
        let commands = Command::ALL.iter().filter_map(|c| Some((*c, source.settings.presets.get(c.preset()?)?)));
        for (command, preset) in commands {
            let chosen = voi.centre_width() == (preset.centre, preset.width);
            let name = RichText::new(preset.name.as_ref()).font(theme::small());
            let tip = format!("C {} W {} ({})", preset.centre, preset.width, source.settings.bindings.label(command));
            if ui.add(egui::Button::new(name).selected(chosen)).on_hover_text(tip).clicked() {
                out.push(Intent::Run(command));
            }
        }
    });
}

/// Every window and LUT that the image brings, where there is more than one.
fn header_windows(ui: &mut Ui, source: &Source<'_>, out: &mut Intents) {
    let Some(target) = &source.target else { return };
    let windows = &target.facts().voi;
    // Some scanners write the same window twice.
    let differs = |&(i, voi): &(usize, &Voi)| voi.is_valid() && !windows[..i].contains(voi);
    let different: Vec<(usize, &Voi)> = windows.iter().enumerate().filter(differs).collect();
    if different.len() < 2 {
        return;
    }
    ui.add_space(theme::space::S);
    widgets::secondary(ui, "Windows of the image");
    for (i, voi) in different {
        let name = match (voi, voi.explanation()) {
            (Voi::Window { .. }, Some(name)) => format!("{name}  {}", voi.label()),
            _ => voi.label(),
        };
        let chosen = source.viewport.look.voi == VoiChoice::Header(i);
        if ui.selectable_label(chosen, name).clicked() {
            out.push(Intent::Window { slot: source.slot, voi: VoiChoice::Header(i), undoable: true, say: Some(voi.label()) });
        }
    }
}

fn palette(ui: &mut Ui, source: &Source<'_>, out: &mut Intents) {
    let now = source.viewport.look.pseudo_colour;
    ui.horizontal(|ui| {
        widgets::secondary(ui, "Colours");
        let name = now.map_or("Grey", PseudoColour::name);
        let combo = ComboBox::from_id_salt("colours").selected_text(name).width(140.0);
        let response = combo.show_ui(ui, |ui| {
            for choice in std::iter::once(None).chain(PseudoColour::ALL.into_iter().map(Some)) {
                let name = choice.map_or("Grey", PseudoColour::name);
                if ui.selectable_label(choice == now, name).clicked() {
                    out.push(Intent::PseudoColour { slot: source.slot, palette: choice });
                }
            }
        });
        response.response.accessible_name("Colours");
    });
}

fn interpolation(ui: &mut Ui, source: &Source<'_>, out: &mut Intents) {
    let mut smooth = source.viewport.look.interpolation == Interpolation::Bilinear;
    let tip = "Between pixels: bilinear, or each pixel as a square";
    if ui.checkbox(&mut smooth, "Smooth pixels").on_hover_text(tip).changed() {
        out.push(Intent::Run(Command::ToggleInterpolation));
    }
}
