//! The histogram of the shown frame with the window drawn over it: its edges and its middle are handles.

use crate::ui::theme;
use egui::{Color32, CornerRadius, CursorIcon, Id, Mesh, Rangef, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use lightbox_model::histogram::Histogram;

/// Height of the drawing in points.
const HEIGHT: f32 = 88.0;
/// Half the width of a handle that a pointer can catch, in points.
const REACH: f32 = 6.0;
/// Share of the pixels at either end that does not stretch the drawing.
const TAIL: f64 = 0.0005;

/// Centre and width of a window in modality units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Window Center.
    pub centre: f64,
    /// Window Width, above zero.
    pub width: f64,
}

impl Window {
    fn low(self) -> f64 {
        self.centre - self.width / 2.0
    }

    fn high(self) -> f64 {
        self.centre + self.width / 2.0
    }

    fn between(low: f64, high: f64, least: f64) -> Self {
        let width = (high - low).max(least);
        Self { centre: (low + high) / 2.0, width }
    }
}

/// The values at the two ends of the drawing. Held still while a handle is dragged, else it would run away from the pointer.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Domain {
    low: f64,
    high: f64,
}

impl Domain {
    fn around(histogram: &Histogram, window: Option<Window>) -> Self {
        let (mut low, mut high) = (histogram.percentile(TAIL), histogram.percentile(1.0 - TAIL));
        if let Some(window) = window {
            low = low.min(window.low());
            high = high.max(window.high());
        }
        let air = ((high - low) * 0.03).max(histogram.step());
        Self { low: low - air, high: high + air }
    }

    fn x(self, value: f64, range: Rangef) -> f32 {
        let part = (value - self.low) / (self.high - self.low);
        range.min + (part.clamp(-1.0, 2.0) as f32) * range.span()
    }

    fn per_point(self, range: Rangef) -> f64 {
        (self.high - self.low) / f64::from(range.span().max(1.0))
    }
}

/// The place of a histogram that is still being counted.
pub fn empty(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(theme::RADIUS), theme::CANVAS);
}

/// What a drag asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// The new window.
    pub window: Window,
    /// It is the first step of the drag.
    pub began: bool,
}

/// Draws the histogram; the window where there is one. Returns what a drag of a handle asks for.
pub fn show(ui: &mut Ui, histogram: &Histogram, window: Option<Window>) -> Option<Asked> {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Histogram of the shown image"));
    let memory = response.id.with("domain");
    let domain = ui.data(|d| d.get_temp::<Domain>(memory)).unwrap_or_else(|| Domain::around(histogram, window));

    ui.painter().rect_filled(rect, CornerRadius::same(theme::RADIUS), theme::CANVAS);
    let plot = rect.shrink2(vec2(0.0, 4.0));
    if let Some(window) = window {
        let band =
            Rect::from_x_y_ranges(domain.x(window.low(), plot.x_range())..=domain.x(window.high(), plot.x_range()), rect.y_range());
        ui.painter_at(rect).rect_filled(band, CornerRadius::ZERO, theme::RAISED);
    }
    bars(ui, plot, histogram, domain);
    let window = window?;
    ramp(ui, plot, window, domain);

    let (low, high) = (window.low(), window.high());
    let step = histogram.step();
    let moved = [
        handle(ui, response.id.with("middle"), plot, domain.x(window.centre, plot.x_range()), "Window centre", window.centre, true),
        handle(ui, response.id.with("low"), plot, domain.x(low, plot.x_range()), "Window lower edge", low, false),
        handle(ui, response.id.with("high"), plot, domain.x(high, plot.x_range()), "Window upper edge", high, false),
    ];
    if moved.iter().any(|m| m.held) {
        ui.data_mut(|d| d.insert_temp(memory, domain));
    } else {
        ui.data_mut(|d| d.remove::<Domain>(memory));
    }
    let by = |i: usize| f64::from(moved[i].by) * domain.per_point(plot.x_range());
    let wanted = Window::between(low + by(0) + by(1), high + by(0) + by(2), step);
    let began = moved.iter().any(|m| m.began);
    (began || moved.iter().any(|m| m.by != 0.0)).then_some(Asked { window: wanted, began })
}

struct Moved {
    held: bool,
    began: bool,
    by: f32,
}

fn handle(ui: &Ui, id: Id, plot: Rect, x: f32, name: &str, value: f64, middle: bool) -> Moved {
    let grip = Rect::from_center_size(pos2(x.clamp(plot.left(), plot.right()), plot.center().y), vec2(2.0 * REACH, plot.height()));
    let response = ui.interact(grip, id, Sense::drag()).on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal);
    response.widget_info(|| WidgetInfo::slider(true, value, name));
    let lit = response.hovered() || response.dragged() || response.has_focus();
    let colour = if lit { theme::ACCENT } else { theme::TEXT };
    let painter = ui.painter_at(plot.expand(4.0));
    if middle {
        painter.circle_filled(pos2(x, plot.bottom() - 3.0), 3.0, colour);
    } else {
        painter.vline(x, plot.y_range(), Stroke::new(1.0, colour));
        painter.rect_filled(Rect::from_center_size(pos2(x, plot.top() + 5.0), vec2(5.0, 10.0)), CornerRadius::same(2), colour);
    }
    Moved { held: response.dragged(), began: response.drag_started(), by: response.drag_delta().x }
}

/// Bars by the square root of their count, so that small structures show beside large ones.
fn bars(ui: &Ui, plot: Rect, histogram: &Histogram, domain: Domain) {
    let painter = ui.painter_at(plot);
    // Bins over the whole range; those that fall on one screen column share it by taking the largest.
    let (first, step, counts) = histogram.bins(8192);
    let columns = plot.width().max(1.0) as usize;
    let mut heights = vec![0u32; columns];
    let scale = columns as f64 / (domain.high - domain.low);
    for (i, &count) in counts.iter().enumerate() {
        let value = first + i as f64 * step;
        let from = ((value - step / 2.0 - domain.low) * scale).floor().max(0.0) as usize;
        let to = ((value + step / 2.0 - domain.low) * scale).ceil().max(0.0) as usize;
        for height in heights.iter_mut().take(to).skip(from) {
            *height = (*height).max(count);
        }
    }
    // The background of an image is most of its pixels; the tallest bar alone must not flatten all others.
    let mut sorted: Vec<u32> = heights.iter().copied().filter(|&h| h > 0).collect();
    sorted.sort_unstable();
    let Some(&typical) = sorted.get(sorted.len().saturating_sub(1) * 97 / 100) else { return };
    let full = f64::from(typical.max(1)).sqrt();
    let mut mesh = Mesh::default();
    for (i, &height) in heights.iter().enumerate().filter(|&(_, &h)| h > 0) {
        let part = (f64::from(height).sqrt() / full).min(1.0) as f32;
        let x = plot.left() + i as f32;
        let top = plot.bottom() - (part * plot.height()).max(1.0);
        mesh.add_colored_rect(Rect::from_min_max(pos2(x, top), pos2(x + 1.0, plot.bottom())), theme::HISTOGRAM);
    }
    painter.add(mesh);
}

/// What the window does: dark left of it, bright right of it.
fn ramp(ui: &Ui, plot: Rect, window: Window, domain: Domain) {
    let (low, high) = (domain.x(window.low(), plot.x_range()), domain.x(window.high(), plot.x_range()));
    let colour: Color32 = theme::ACCENT;
    let points = vec![
        pos2(plot.left(), plot.bottom()),
        pos2(low, plot.bottom()),
        pos2(high, plot.top()),
        pos2(plot.right().max(high), plot.top()),
    ];
    ui.painter_at(plot).add(Shape::line(points, Stroke::new(1.0, colour)));
}
