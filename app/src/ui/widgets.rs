//! Small pieces that several panels share. Each says its name to accessibility tools.

use super::theme;
use egui::{
    Align2, Color32, CornerRadius, FontId, Galley, Painter, Pos2, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui,
    Vec2, Widget, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

/// A square button with an icon of the icon font, a tooltip "Name (key)" and that name for accessibility tools.
pub struct IconButton<'a> {
    icon: char,
    name: &'a str,
    key: Option<&'a str>,
    selected: Option<bool>,
    size: f32,
}

impl<'a> IconButton<'a> {
    /// A plain button.
    pub fn new(icon: char, name: &'a str) -> Self {
        Self { icon, name, key: None, selected: None, size: 28.0 }
    }

    /// The key that does the same.
    pub fn key(mut self, key: Option<&'a str>) -> Self {
        self.key = key;
        self
    }

    /// Makes it a toggle that is on or off.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = Some(selected);
        self
    }

    /// For use within a line of text.
    pub fn small(mut self) -> Self {
        self.size = 22.0;
        self
    }
}

impl Widget for IconButton<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(self.size), Sense::click());
        let on = self.selected == Some(true);
        response.widget_info(|| match self.selected {
            Some(selected) => WidgetInfo::selected(Role::Button, ui.is_enabled(), selected, self.name),
            None => WidgetInfo::labeled(Role::Button, ui.is_enabled(), self.name),
        });
        let fill = if on || response.is_pointer_button_down_on() {
            theme::SELECTED
        } else if response.hovered() {
            theme::HOVER
        } else {
            Color32::TRANSPARENT
        };
        let radius = CornerRadius::same(theme::RADIUS);
        ui.painter().rect_filled(rect, radius, fill);
        focus_ring(ui, &response, rect);
        let colour = if on { theme::ACCENT } else { theme::TEXT };
        let glyph = if self.size < 28.0 { 14.0 } else { theme::ICON };
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, self.icon, theme::icon(glyph), colour);
        response.on_hover_text(tooltip(self.name, self.key))
    }
}

/// "Name (key)".
pub fn tooltip(name: &str, key: Option<&str>) -> String {
    match key {
        Some(key) if !key.is_empty() => format!("{name} ({key})"),
        _ => name.to_owned(),
    }
}

/// One accent pixel around what has the keyboard.
pub fn focus_ring(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        ui.painter().rect_stroke(rect, CornerRadius::same(theme::RADIUS), Stroke::new(1.0, theme::ACCENT), StrokeKind::Inside);
    }
}

/// A button with an icon before its text.
pub fn icon_text_button(ui: &mut Ui, icon: char, text: &str) -> Response {
    let button = egui::Button::new((RichText::new(icon).font(theme::icon(16.0)), text));
    ui.add(button).accessible_name(text)
}

/// The program's sign: a ring whose left half is bright.
pub fn logo(ui: &mut Ui, size: f32) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(size), Sense::hover());
    let (middle, radius) = (rect.center(), size * 0.42);
    ui.painter().circle_stroke(middle, radius, Stroke::new(size * 0.085, theme::ACCENT));
    let left = Rect::from_min_max(rect.min, pos2(middle.x, rect.bottom()));
    ui.painter_at(left).circle_filled(middle, radius, theme::ACCENT);
}

/// Text of second rank, cut with an ellipsis at the end of the line; the whole of it on hover.
pub fn secondary(ui: &mut Ui, text: impl Into<String>) -> Response {
    let text = RichText::new(text).font(theme::small()).color(theme::SECONDARY);
    ui.add(egui::Label::new(text).truncate())
}

/// A heading within a panel.
pub fn heading(ui: &mut Ui, text: &str) -> Response {
    ui.label(RichText::new(text).font(theme::strong()))
}

/// A short word in a box: the modality of a series, a count.
pub fn chip(painter: &Painter, at: Pos2, align: Align2, text: &str, fill: Color32, colour: Color32) -> Rect {
    let galley = painter.layout_no_wrap(text.to_owned(), theme::small(), colour);
    let rect = align.anchor_size(at, galley.size() + vec2(8.0, 2.0));
    painter.rect_filled(rect, CornerRadius::same(theme::RADIUS), fill);
    painter.galley(rect.min + vec2(4.0, 1.0), galley, colour);
    rect
}

/// Text on a picture: light, with a one pixel dark outline. Returns where it is.
pub fn on_picture(painter: &Painter, at: Pos2, align: Align2, text: &str, font: FontId, colour: Color32) -> Rect {
    let galley = painter.layout_no_wrap(text.to_owned(), font, colour);
    galley_on_picture(painter, at, align, galley, colour)
}

/// As [`on_picture`], with the text laid out already.
pub fn galley_on_picture(painter: &Painter, at: Pos2, align: Align2, galley: Arc<Galley>, colour: Color32) -> Rect {
    let rect = align.anchor_size(at, galley.size());
    let reach = (1.0 / painter.pixels_per_point()).max(0.75);
    // The four corners cover the four sides too, at half the cost.
    for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        painter.galley_with_override_text_color(rect.min + vec2(x, y) * reach, galley.clone(), theme::OUTLINE);
    }
    painter.galley(rect.min, galley, colour);
    rect
}

/// A line on a picture, with the same outline as its text.
pub fn line_on_picture(painter: &Painter, from: Pos2, to: Pos2, colour: Color32) {
    painter.line_segment([from, to], Stroke::new(3.0, theme::OUTLINE));
    painter.line_segment([from, to], Stroke::new(1.0, colour));
}

/// A bar two points thin, filled to `part` (0..=1).
pub fn thin_progress(painter: &Painter, rect: Rect, part: f32, colour: Color32) {
    painter.rect_filled(rect, CornerRadius::ZERO, theme::HAIRLINE);
    let filled = Rect::from_min_max(rect.min, pos2(rect.left() + rect.width() * part.clamp(0.0, 1.0), rect.bottom()));
    painter.rect_filled(filled, CornerRadius::ZERO, colour);
}

/// A key as it is printed on the keyboard.
pub fn key_cap(ui: &mut Ui, key: &str) -> Response {
    let galley = ui.painter().layout_no_wrap(key.to_owned(), theme::small(), theme::TEXT);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(12.0, 4.0), Sense::hover());
    let radius = CornerRadius::same(theme::RADIUS);
    ui.painter().rect(rect, radius, theme::PANEL, Stroke::new(1.0, theme::EDGE), StrokeKind::Inside);
    ui.painter().galley(rect.min + vec2(6.0, 2.0), galley, theme::TEXT);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, key));
    response
}

/// Makes text fit a width by cutting its end with an ellipsis.
pub fn ellipsis(painter: &Painter, text: &str, font: FontId, colour: Color32, width: f32) -> Arc<Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    painter.layout_job(job)
}
