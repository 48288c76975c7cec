//! Lines of the browser: a series with its small picture, a stack, an object that is no image.

use crate::ui::intent::{Intent, Intents};
use crate::ui::theme::{self, Density};
use crate::ui::{icons, widgets};
use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Key, Painter, Rect, Response, Role, Sense, Stroke, StrokeKind, TextureHandle, Ui,
    WidgetInfo, pos2, vec2,
};
use lightbox_model::study::{Listed, Series, SeriesKey, Stack};

/// A series on its way into a viewport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DragSeries {
    /// Which series.
    pub series: SeriesKey,
    /// Which of its stacks.
    pub stack: usize,
}

/// What is known of a series beside its header.
pub struct State<'a> {
    /// Its small picture.
    pub thumbnail: Option<&'a TextureHandle>,
    /// Frames that could be shown at once.
    pub ready: usize,
    /// It is marked.
    pub selected: bool,
    /// A viewport shows it.
    pub shown: bool,
    /// How much air.
    pub density: Density,
}

/// Draws a series; a double click or Enter shows it, a drag carries it to a viewport.
pub fn series(ui: &mut Ui, series: &Series, state: &State<'_>, out: &mut Intents) {
    let frames = series.frame_count();
    let air = if state.density == Density::Compact { 4.0 } else { 8.0 };
    let size = vec2(ui.available_width(), theme::THUMBNAIL + air);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, state.selected, name(series, frames)));
    carry(ui, &response, series.key, 0);
    if response.clicked() {
        out.push(Intent::Select(series.key));
    }
    let entered = response.has_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    if response.double_clicked() || entered {
        out.push(Intent::Show { series: series.key, stack: 0, slot: None });
    }
    if !ui.is_rect_visible(rect) {
        return;
    }
    let radius = CornerRadius::same(theme::RADIUS);
    let fill = match (state.selected, response.hovered()) {
        (true, _) => theme::SELECTED,
        (false, true) => theme::HOVER,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, radius, fill);
    widgets::focus_ring(ui, &response, rect);
    let picture = Rect::from_min_size(rect.min + vec2(4.0, air / 2.0), egui::Vec2::splat(theme::THUMBNAIL));
    thumbnail(ui.painter(), picture, series, state, frames);
    facts(&ui.painter_at(rect), rect, picture, series, state, frames);
    response.on_hover_cursor(CursorIcon::Grab).on_hover_ui(|ui| hover(ui, series, frames));
}

fn name(series: &Series, frames: usize) -> String {
    format!("Series {} {} {}, {}", number(series), series.modality, title(series), images(frames))
}

fn number(series: &Series) -> String {
    series.number.map_or_else(String::new, |n| n.to_string())
}

fn title(series: &Series) -> &str {
    [&series.description, &series.body_part].into_iter().find(|t| !t.is_empty()).map_or("No description", |t| t)
}

fn images(frames: usize) -> String {
    if frames == 1 { "1 image".into() } else { format!("{frames} images") }
}

fn thumbnail(painter: &Painter, rect: Rect, series: &Series, state: &State<'_>, frames: usize) {
    let radius = CornerRadius::same(theme::RADIUS);
    painter.rect_filled(rect, radius, theme::CANVAS);
    match state.thumbnail {
        Some(texture) => {
            let [w, h] = texture.size().map(|v| v.max(1) as f32);
            let scale = (rect.width() / w).min(rect.height() / h);
            let place = Rect::from_center_size(rect.center(), vec2(w * scale, h * scale));
            painter.image(texture.id(), place, Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)), Color32::WHITE);
        }
        None => {
            painter.text(rect.center(), Align2::CENTER_CENTER, icons::STACK, theme::icon(24.0), theme::EDGE);
        }
    }
    let edge = if state.shown { theme::ACCENT } else { theme::HAIRLINE };
    painter.rect_stroke(rect, radius, Stroke::new(1.0, edge), StrokeKind::Inside);
    if !series.modality.is_empty() {
        widgets::chip(painter, rect.min + vec2(4.0, 4.0), Align2::LEFT_TOP, &series.modality, theme::SCRIM, theme::ON_PICTURE);
    }
    if state.ready > 0 && state.ready < frames {
        let bar = Rect::from_min_max(pos2(rect.left() + 1.0, rect.bottom() - 3.0), pos2(rect.right() - 1.0, rect.bottom() - 1.0));
        widgets::thin_progress(painter, bar, state.ready as f32 / frames as f32, theme::ACCENT);
    }
}

fn facts(painter: &Painter, rect: Rect, picture: Rect, series: &Series, state: &State<'_>, frames: usize) {
    let left = picture.right() + 10.0;
    let width = (rect.right() - left - 6.0).max(10.0);
    let mut job = egui::text::LayoutJob::simple(title(series).to_owned(), theme::body(), theme::TEXT, width);
    job.wrap.max_rows = 3;
    let galley = painter.layout_job(job);
    let below = picture.top() + 2.0 + galley.size().y + 4.0;
    painter.galley(pos2(left, picture.top() + 2.0), galley, theme::TEXT);
    let count =
        if state.ready > 0 && state.ready < frames { format!("{} of {}", state.ready, images(frames)) } else { images(frames) };
    let number = series.number.map(|n| format!("Series {n}"));
    for (i, line) in number.into_iter().chain([count]).enumerate() {
        let galley = widgets::ellipsis(painter, &line, theme::small(), theme::SECONDARY, width);
        painter.galley(pos2(left, below + 15.0 * i as f32), galley, theme::SECONDARY);
    }
}

fn hover(ui: &mut Ui, series: &Series, frames: usize) {
    ui.label(title(series));
    let facts = [
        (!series.modality.is_empty()).then(|| series.modality.clone()),
        series.number.map(|n| format!("series {n}")),
        (!series.body_part.is_empty()).then(|| series.body_part.to_lowercase()),
        Some(images(frames)),
        (series.stacks().len() > 1).then(|| format!("{} stacks", series.stacks().len())),
        (!series.duplicates.is_empty()).then(|| format!("{} further copies left out", series.duplicates.len())),
    ];
    widgets::secondary(ui, facts.into_iter().flatten().collect::<Vec<_>>().join(" \u{b7} "));
    widgets::secondary(ui, "Double click to show, or drag into a viewport");
}

/// Draws one of several stacks of a series; whether it is to be shown.
pub fn stack(ui: &mut Ui, key: SeriesKey, index: usize, stack: &Stack) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::click_and_drag());
    let label = if stack.label.is_empty() { format!("Stack {}", index + 1) } else { stack.label.clone() };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{label}, {}", images(stack.frames.len()))));
    carry(ui, &response, key, index);
    line(ui, rect, &response, icons::STACK, theme::SECONDARY, &label, &images(stack.frames.len()));
    response.double_clicked() || (response.has_focus() && ui.input(|i| i.key_pressed(Key::Enter)))
}

/// Draws something that is listed but not shown; whether its tags are asked for.
pub fn listed(ui: &mut Ui, icon: char, colour: Color32, listed: &Listed) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{}: {}", listed.origin, listed.what)));
    line(ui, rect, &response, icon, colour, &listed.what, &listed.origin);
    response.on_hover_text(format!("{}\n{}", listed.what, listed.origin)).clicked()
}

fn line(ui: &Ui, rect: Rect, response: &Response, icon: char, colour: Color32, text: &str, aside: &str) {
    if !ui.is_rect_visible(rect) {
        return;
    }
    let fill = if response.hovered() { theme::HOVER } else { Color32::TRANSPARENT };
    ui.painter().rect_filled(rect, CornerRadius::same(theme::RADIUS), fill);
    widgets::focus_ring(ui, response, rect);
    let painter = ui.painter_at(rect);
    let middle = rect.center().y;
    painter.text(pos2(rect.left() + 24.0, middle), Align2::CENTER_CENTER, icon, theme::icon(14.0), colour);
    let left = rect.left() + 38.0;
    let width = rect.right() - left - 4.0;
    let text = widgets::ellipsis(&painter, text, theme::small(), theme::TEXT, width);
    let rest = width - text.size().x - 10.0;
    let text_height = text.size().y;
    painter.galley(pos2(left, middle - text_height / 2.0), text, theme::TEXT);
    if rest > 30.0 {
        let aside = widgets::ellipsis(&painter, aside, theme::small(), theme::SECONDARY, rest);
        painter.galley(pos2(rect.right() - 4.0 - aside.size().x, middle - aside.size().y / 2.0), aside, theme::SECONDARY);
    }
}

fn carry(ui: &Ui, response: &Response, series: SeriesKey, stack: usize) {
    if response.drag_started() || response.dragged() {
        response.dnd_set_drag_payload(DragSeries { series, stack });
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
}

/// Beside the pointer while a series is carried: what it is.
pub fn drag_ghost(ctx: &egui::Context, label: &str) {
    let Some(at) = ctx.pointer_latest_pos() else { return };
    let painter = ctx.layer_painter(egui::LayerId::new(egui::Order::Tooltip, egui::Id::unique("carried series")));
    widgets::chip(&painter, at + vec2(14.0, 10.0), Align2::LEFT_TOP, label, theme::SELECTED, theme::TEXT);
}
