//! The line at the bottom: who decodes and why, how fast, and how much memory it takes.

use super::{icons, theme, widgets};
use crate::services::{Batched, Status};
use egui::{Align, Color32, Layout, RichText, Ui, vec2};
use std::time::Duration;

/// Frames of the stacks on the screen, and how many of them are ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnScreen {
    /// Could be shown at once.
    pub ready: usize,
    /// All.
    pub total: usize,
}

/// Draws the bar.
pub fn show(ui: &mut Ui, status: &Status, stacks: OnScreen) {
    ui.spacing_mut().item_spacing.x = theme::space::S;
    ui.horizontal_centered(|ui| {
        ui.add_space(theme::space::XS);
        let decoder = part(ui, &status.decoder, theme::TEXT);
        if !status.reason.is_empty() {
            decoder.on_hover_text(&status.reason);
            part(ui, &status.reason, theme::SECONDARY);
        }
        if let Some(batch) = &status.batch {
            dot(ui);
            part(ui, &in_words(batch), theme::SECONDARY).on_hover_text("The last images that the GPU decoded together");
        } else if let Some(time) = status.last_decode {
            dot(ui);
            part(ui, &format!("decode {}", milliseconds(time)), theme::SECONDARY).on_hover_text("The last frame that was decoded");
        }
        if stacks.total > 0 {
            dot(ui);
            part(ui, &format!("{}/{}", stacks.ready, stacks.total), theme::SECONDARY)
                .on_hover_text("Images of the stacks on the screen that are ready");
            if stacks.ready < stacks.total && status.queued > 0 {
                let (rect, _) = ui.allocate_exact_size(vec2(72.0, 2.0), egui::Sense::hover());
                widgets::thin_progress(ui.painter(), rect, stacks.ready as f32 / stacks.total as f32, theme::ACCENT);
            }
        }
        if let Some((done, total)) = status.scanning {
            dot(ui);
            part(ui, &format!("reading files {done}/{total}"), theme::ACCENT);
        }
        if status.failed > 0 {
            dot(ui);
            let text = if status.failed == 1 { "1 image failed".to_owned() } else { format!("{} images failed", status.failed) };
            ui.label(RichText::new(icons::WARNING).font(theme::icon(12.0)).color(theme::ERROR));
            part(ui, &text, theme::ERROR);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(theme::space::XS);
            let cache = format!("cache {} / {}", mb(status.picture_bytes), mb(status.picture_budget));
            part(ui, &cache, theme::SECONDARY)
                .on_hover_text("Decoded pictures in graphics and main memory, and how much they may take");
            dot(ui);
            let textures = format!("textures {}", mb(status.texture_bytes));
            part(ui, &textures, theme::SECONDARY).on_hover_text("Pictures in graphics memory");
        });
    });
}

/// "64 images in 3.1 ms, transfer 0.2 ms".
fn in_words(batch: &Batched) -> String {
    let images = if batch.images == 1 { "1 image".to_owned() } else { format!("{} images", batch.images) };
    let transfer = batch.transfer.map(|time| format!(", transfer {}", milliseconds(time))).unwrap_or_default();
    format!("{images} in {}{transfer}", milliseconds(batch.decode))
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn part(ui: &mut Ui, text: &str, colour: Color32) -> egui::Response {
    ui.add(egui::Label::new(RichText::new(text).font(theme::small()).color(colour)).extend())
}

fn dot(ui: &mut Ui) {
    ui.label(RichText::new("\u{b7}").font(theme::small()).color(theme::EDGE));
}

fn mb(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
