//! The area of viewports: where each one is, and series dropped into them.

use super::browser::DragSeries;
use super::desk::Desk;
use super::intent::{Intent, Intents};
use super::viewport::{self, Own, Place, Scene};
use super::{icons, theme};
use crate::services::Services;
use egui::{Align2, CornerRadius, DragAndDrop, Rect, Stroke, StrokeKind, Ui, pos2, vec2};
use lightbox_model::FrameId;
use lightbox_model::layout::Grid;
use lightbox_render::Renderer;

/// Draws every visible viewport at `rect`. Returns the frames that they look at.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    desk: &mut Desk,
    services: &Services,
    renderer: &Renderer,
    now: f64,
    out: &mut Intents,
) -> Vec<FrameId> {
    let visible: Vec<usize> = desk.layout.visible().map(|(i, _)| i).collect();
    let (grid, active) = (desk.layout.grid(), desk.layout.active_index());
    let alone = visible.len() == 1;
    let Desk { library, layout, memories, measurements, settings, overlays, .. } = desk;
    let scene = Scene { library, services, renderer, settings, overlays: *overlays, now };
    let mut drawn = Vec::new();
    for slot in visible {
        let Some(viewport) = layout.viewport_mut(slot) else { continue };
        let cell = if alone { rect } else { cell(rect, grid, slot, ui.pixels_per_point()) };
        let place = Place { slot, rect: cell, active: slot == active, one_of_many: !alone };
        let own = Own { viewport, memory: &mut memories[slot], measurements };
        drawn.extend(viewport::show(ui, place, own, &scene, out));
        drop_target(ui, place, out);
    }
    if layout.patients(library).len() > 1 {
        different_patients(ui, rect);
    }
    drawn
}

/// The place of a viewport: cells share the area evenly, edges on whole physical pixels.
fn cell(rect: Rect, grid: Grid, slot: usize, pixels_per_point: f32) -> Rect {
    let (row, column) = (slot / grid.columns(), slot % grid.columns());
    let edge = |start: f32, length: f32, i: usize, n: usize| {
        let at = start + length * i as f32 / n as f32;
        (at * pixels_per_point).round() / pixels_per_point
    };
    let x = |i| edge(rect.left(), rect.width(), i, grid.columns());
    let y = |i| edge(rect.top(), rect.height(), i, grid.rows());
    Rect::from_min_max(pos2(x(column), y(row)), pos2(x(column + 1), y(row + 1)))
}

fn drop_target(ui: &Ui, place: Place, out: &mut Intents) {
    if !ui.rect_contains_pointer(place.rect) || !DragAndDrop::has_payload_of_type::<DragSeries>(ui.ctx()) {
        return;
    }
    ui.painter().rect_filled(place.rect, CornerRadius::ZERO, theme::DROP);
    ui.painter().rect_stroke(place.rect, CornerRadius::ZERO, Stroke::new(2.0, theme::ACCENT), StrokeKind::Inside);
    if ui.input(|i| i.pointer.any_released())
        && let Some(carried) = DragAndDrop::take_payload::<DragSeries>(ui.ctx())
    {
        out.push(Intent::Show { series: carried.series, stack: carried.stack, slot: Some(place.slot) });
    }
}

fn different_patients(ui: &Ui, rect: Rect) {
    let painter = ui.painter_at(rect);
    let text = painter.layout_no_wrap("Different patients on the screen".into(), theme::body(), theme::WARNING);
    // Below the corner text of the upper viewports.
    let pill = Align2::CENTER_TOP.anchor_size(pos2(rect.center().x, rect.top() + 84.0), text.size() + vec2(46.0, 10.0));
    painter.rect(pill, CornerRadius::same(theme::RADIUS), theme::RAISED, Stroke::new(1.0, theme::WARNING), StrokeKind::Inside);
    painter.text(pill.left_center() + vec2(18.0, 0.0), Align2::CENTER_CENTER, icons::WARNING, theme::icon(16.0), theme::WARNING);
    painter.galley(pill.min + vec2(34.0, 5.0), text, theme::WARNING);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cover_the_area_without_gaps() {
        let area = Rect::from_min_max(pos2(264.0, 40.0), pos2(992.5, 776.0));
        for grid in Grid::ALL {
            let cells: Vec<Rect> = (0..grid.count()).map(|i| cell(area, grid, i, 1.5)).collect();
            let sum: f32 = cells.iter().map(|c| c.area()).sum();
            assert!((sum - area.area()).abs() / area.area() < 0.01, "{grid:?}");
            for (i, pair) in cells.windows(2).enumerate().filter(|(i, _)| (i + 1) % grid.columns() != 0) {
                assert_eq!(pair[0].right(), pair[1].left(), "{grid:?} {i}");
            }
        }
    }
}
