//! What is known of the shown image, line by line.

use super::Source;
use crate::colour::Management;
use crate::ui::{theme, widgets};
use egui::{Color32, Grid, RichText, Ui};

/// Draws the section.
pub fn show(ui: &mut Ui, source: &Source<'_>) {
    let Some(target) = &source.target else { return };
    widgets::heading(ui, "Image");
    let (image, facts) = (target.image, target.facts());
    let format = &image.format;
    Grid::new("facts").num_columns(2).min_row_height(17.0).spacing([theme::space::M, 2.0]).show(ui, |ui| {
        let line = |ui: &mut Ui, name: &str, value: String, colour: Color32| {
            if !value.is_empty() {
                ui.label(RichText::new(name).font(theme::small()).color(theme::SECONDARY));
                ui.add(egui::Label::new(RichText::new(value).font(theme::small()).color(colour)).wrap().selectable(true));
                ui.end_row();
            }
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
        if let Some(frame) = &source.ready {
            let unused = matches!(frame.management, Management::Ignored(_));
            line(ui, "Colour", frame.management.to_string(), if unused { theme::WARNING } else { theme::TEXT });
            line(ui, "Decoder", frame.decoder.clone(), theme::TEXT);
            line(ui, "Decoded in", format!("{:.1} ms", frame.decode_time.as_secs_f64() * 1e3), theme::TEXT);
            let (stored, raw) = (frame.pixels.encoded_bytes as f64, frame.pixels.pixels.bytes() as f64);
            line(ui, "Stored as", format!("{} ({:.1} : 1)", kib(stored), raw / stored.max(1.0)), theme::TEXT);
            line(ui, "Partial", frame.partial.clone().unwrap_or_default(), theme::WARNING);
        }
        line(ui, "File", target.object.origin.clone(), theme::TEXT);
    });
    for irregularity in &target.stack.irregularities {
        ui.label(RichText::new(irregularity.to_string()).font(theme::small()).color(theme::WARNING));
    }
    ui.add_space(theme::space::M);
}

fn kib(bytes: f64) -> String {
    if bytes < 1024.0 * 1024.0 { format!("{:.0} KiB", bytes / 1024.0) } else { format!("{:.1} MiB", bytes / 1024.0 / 1024.0) }
}
