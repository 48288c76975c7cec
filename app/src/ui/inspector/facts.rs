//! What is known of the shown image, line by line.

use super::Source;
use crate::colour::Management;
use crate::ui::{theme, widgets};
use egui::{Align, Color32, Layout, RichText, Ui, vec2};

/// Width of the names, in points. Fixed: columns that follow their content move from image to image, and each move draws the window
/// twice more.
const NAMES: f32 = 84.0;

/// Draws the section.
pub fn show(ui: &mut Ui, source: &Source<'_>) {
    let Some(target) = &source.target else { return };
    widgets::heading(ui, "Image");
    let (image, facts) = (target.image, target.facts());
    let format = &image.format;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = vec2(theme::space::M, 2.0);
        let line = |ui: &mut Ui, name: &str, value: String, colour: Color32| {
            if value.is_empty() {
                return;
            }
            ui.horizontal_top(|ui| {
                ui.allocate_ui_with_layout(vec2(NAMES, 17.0), Layout::left_to_right(Align::Min), |ui| {
                    ui.set_min_width(NAMES);
                    ui.label(RichText::new(name).font(theme::small()).color(theme::SECONDARY));
                });
                ui.add(egui::Label::new(RichText::new(value).font(theme::small()).color(colour)).wrap().selectable(true));
            });
        };
        let sign = if format.signed { "signed" } else { "unsigned" };
        let kind = if format.float {
            "floating point".to_owned()
        } else {
            format!("{} of {} bits, {sign}", format.stored, format.allocated)
        };
        line(ui, "Size", format!("{} \u{d7} {} pixels", image.columns, image.rows), theme::TEXT);
        line(ui, "Values", kind, theme::TEXT);
        line(ui, "Photometric", format.photometric.term().to_owned(), theme::TEXT);
        line(ui, "Units", facts.units.clone().unwrap_or_default(), theme::TEXT);
        line(ui, "Pixel size", facts.spacing.label(), theme::TEXT);
        let thickness = facts.plane.thickness.map(|t| format!("{} mm", (t * 100.0).round() / 100.0)).unwrap_or_default();
        line(ui, "Thickness", thickness, theme::TEXT);
        let spacing = target.stack.spacing.map(|s| format!("{s:.3} mm")).unwrap_or_default();
        line(ui, "Slice distance", spacing, theme::TEXT);
        let method = image.lossy.as_deref().map(|l| l.trim_start_matches("Lossy").trim());
        let lossy = method.map_or_else(String::new, |m| format!("lossy {m}"));
        line(ui, "Compression", lossy, theme::WARNING);
        line(ui, "Window", facts.voi_doubt(), theme::WARNING);
        if let Some(frame) = &source.ready {
            let unused = matches!(frame.management, Management::Ignored(_));
            line(ui, "Colour", frame.management.to_string(), if unused { theme::WARNING } else { theme::TEXT });
            let decoded = &frame.decoded.facts;
            line(ui, "Decoder", decoded.decoder.clone(), theme::TEXT);
            line(ui, "Decoded in", in_milliseconds(frame.decoded.decode_time), theme::TEXT);
            let (stored, raw) = (decoded.encoded_bytes as f64, decoded.sample_bytes as f64);
            line(ui, "Stored as", format!("{} ({:.1} : 1)", kib(stored), raw / stored.max(1.0)), theme::TEXT);
            line(ui, "Partial", decoded.partial.clone().unwrap_or_default(), theme::WARNING);
        }
        line(ui, "File", target.object.origin.clone(), theme::TEXT);
    });
    for irregularity in &target.stack.irregularities {
        ui.label(RichText::new(irregularity.to_string()).font(theme::small()).color(theme::WARNING));
    }
    ui.add_space(theme::space::M);
}

/// One digit behind the point, and more where that would be nothing.
fn in_milliseconds(time: std::time::Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 0.1 { format!("{ms:.3} ms") } else { format!("{ms:.1} ms") }
}

fn kib(bytes: f64) -> String {
    if bytes < 1024.0 * 1024.0 { format!("{:.0} KiB", bytes / 1024.0) } else { format!("{:.1} MiB", bytes / 1024.0 / 1024.0) }
}
