//! The stack as a thin rail at the right edge of a viewport: where one is, how much is ready, and a way to get elsewhere.

use crate::ui::theme;
use egui::{CornerRadius, Id, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// Width of what a pointer can catch, in points.
pub const WIDTH: f32 = 14.0;

/// Draws the rail of a stack of `len` images of which `index` is shown and `ready` (a bit each) could be shown at once. Returns the
/// image that a drag or click asks for.
pub fn show(ui: &Ui, id: Id, rect: Rect, index: usize, len: usize, ready: &[bool]) -> Option<usize> {
    if len < 2 || rect.height() < 40.0 {
        return None;
    }
    let response = ui.interact(rect, id, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::slider(true, index as f64 + 1.0, "Image in the stack"));
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(Role::Slider);
        node.set_min_numeric_value(1.0);
        node.set_max_numeric_value(len as f64);
    });
    let lit = response.hovered() || response.dragged();
    let rail = Rect::from_center_size(rect.center(), vec2(if lit { 4.0 } else { 2.0 }, rect.height()));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rail, CornerRadius::same(2), theme::HAIRLINE);
    for (from, to) in runs(ready) {
        let y = |i: usize| rail.top() + rail.height() * i as f32 / len as f32;
        let part = Rect::from_min_max(pos2(rail.left(), y(from)), pos2(rail.right(), y(to)));
        painter.rect_filled(part, CornerRadius::same(2), theme::EDGE);
    }
    let thumb_height = (rect.height() / len as f32).clamp(8.0, 48.0);
    let travel = rect.height() - thumb_height;
    let top = rect.top() + travel * index as f32 / (len - 1) as f32;
    let thumb = Rect::from_min_size(pos2(rail.center().x - 3.0, top), vec2(6.0, thumb_height));
    painter.rect_filled(thumb, CornerRadius::same(3), if lit { theme::ACCENT } else { theme::SECONDARY });
    if response.has_focus() {
        painter.rect_stroke(rect, CornerRadius::same(3), Stroke::new(1.0, theme::ACCENT), egui::StrokeKind::Inside);
    }
    let at = response.interact_pointer_pos().filter(|_| response.dragged() || response.clicked())?;
    let part = ((at.y - rect.top() - thumb_height / 2.0) / travel.max(1.0)).clamp(0.0, 1.0);
    Some((part * (len - 1) as f32).round() as usize)
}

/// Runs of `true` as half-open ranges.
fn runs(ready: &[bool]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for i in ready.iter().enumerate().filter(|&(_, &r)| r).map(|(i, _)| i) {
        match runs.last_mut() {
            Some((_, end)) if *end == i => *end = i + 1,
            _ => runs.push((i, i + 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::runs;

    #[test]
    fn neighbours_are_drawn_as_one() {
        assert_eq!(runs(&[true, true, false, true]), [(0, 2), (3, 4)]);
        assert_eq!(runs(&[false]), []);
        assert_eq!(runs(&[]), []);
    }
}
