//! What stands on a picture: corner text, orientation letters, scale bar, the value under the pointer, lengths.

use super::ground::Ground;
use crate::ui::{theme, widgets};
use egui::{Align2, Color32, Painter, Pos2, Rect, pos2, vec2};
use lightbox_model::corners::Corners;
use lightbox_model::geometry::{EdgeLetters, ScaleBar, Spacing};
use lightbox_model::measure::Length;
use lightbox_model::viewport::Camera;

/// Between the text and the viewport's edge, in points.
const MARGIN: f32 = 8.0;
/// From line to line, in points.
const LINE: f32 = 15.0;
/// Narrower viewports keep only the outermost lines.
const NARROW: f32 = 340.0;
/// Longest scale bar, as a share of the viewport's width.
const BAR: f32 = 0.25;

/// Room that the text has: the viewport without its stack slider.
pub fn frame(rect: Rect) -> Rect {
    Rect::from_min_max(rect.min + vec2(MARGIN, MARGIN), rect.max - vec2(MARGIN + super::slider::WIDTH, MARGIN))
}

/// Draws the lines of all corners. `extra` stands above the bottom left ones: its place is always kept, so that nothing jumps.
pub fn corners(painter: &Painter, rect: Rect, corners: &Corners, extra: &str) {
    let frame = frame(rect);
    let most = if rect.width() < NARROW || rect.height() < NARROW * 0.7 { 2 } else { 6 };
    let width = frame.width() * 0.48;
    let draw = |lines: &[String], align: Align2, corner: Pos2, step: f32| {
        for (i, line) in lines.iter().take(most).enumerate() {
            text(painter, corner + vec2(0.0, step * i as f32), align, line, width, colour_of(line));
        }
    };
    draw(&corners.top_left, Align2::LEFT_TOP, frame.left_top(), LINE);
    draw(&corners.top_right, Align2::RIGHT_TOP, frame.right_top(), LINE);
    draw(&corners.bottom_left, Align2::LEFT_BOTTOM, frame.left_bottom(), -LINE);
    draw(&corners.bottom_right, Align2::RIGHT_BOTTOM, frame.right_bottom(), -LINE);
    let above = corners.bottom_left.len().min(most) as f32;
    text(
        painter,
        frame.left_bottom() - vec2(0.0, LINE * above),
        Align2::LEFT_BOTTOM,
        extra,
        frame.width() * 0.6,
        theme::ON_PICTURE,
    );
}

/// What limits belief in the picture stands out.
fn colour_of(line: &str) -> Color32 {
    let warns = ["LOSSY", "PARTIAL", "Text is part", "Not shown:"].iter().any(|w| line.starts_with(w));
    if warns { theme::WARNING } else { theme::ON_PICTURE }
}

fn text(painter: &Painter, at: Pos2, align: Align2, line: &str, width: f32, colour: Color32) {
    if line.is_empty() {
        return;
    }
    // Cut where two corners would run into each other.
    let galley = widgets::ellipsis(painter, line, theme::small(), colour, width);
    widgets::galley_on_picture(painter, at, align, galley, colour);
}

/// Draws the letters at the edges.
pub fn letters(painter: &Painter, rect: Rect, letters: &EdgeLetters) {
    let frame = frame(rect);
    let middle = rect.center();
    for (at, align, letter) in [
        (pos2(frame.left(), middle.y), Align2::LEFT_CENTER, &letters.left),
        (pos2(frame.right(), middle.y), Align2::RIGHT_CENTER, &letters.right),
        (pos2(middle.x, frame.top()), Align2::CENTER_TOP, &letters.top),
        (pos2(middle.x, frame.bottom()), Align2::CENTER_BOTTOM, &letters.bottom),
    ] {
        if !letter.is_empty() {
            widgets::on_picture(painter, at, align, letter, theme::strong(), theme::ON_PICTURE);
        }
    }
}

/// Draws a bar of a round length above the bottom left text, which is `lines` lines high.
pub fn scale_bar(painter: &Painter, ground: &Ground, camera: &Camera, spacing: &Spacing, lines: usize) {
    let rect = ground.rect;
    if rect.width() < 160.0 || rect.height() < 160.0 {
        return;
    }
    let most = f64::from(rect.width() * BAR * ground.pixels_per_point);
    let middle = ground.image(camera, rect.center());
    let Some(bar) = ScaleBar::choose(spacing, middle, ground.scale(camera), most) else { return };
    let frame = frame(rect);
    let lines = if rect.width() < NARROW || rect.height() < NARROW * 0.7 { lines.min(2) } else { lines };
    let y = frame.bottom() - LINE * (lines as f32 + 1.0) - 8.0;
    let length = (bar.pixels as f32) / ground.pixels_per_point;
    let (from, to) = (pos2(frame.left() + 1.0, y), pos2(frame.left() + 1.0 + length, y));
    widgets::line_on_picture(painter, from, to, theme::ON_PICTURE);
    for end in [from, to] {
        widgets::line_on_picture(painter, end - vec2(0.0, 4.0), end + vec2(0.0, 4.0), theme::ON_PICTURE);
    }
    widgets::on_picture(painter, from - vec2(0.0, 5.0), Align2::LEFT_BOTTOM, &bar.label, theme::small(), theme::ON_PICTURE);
}

/// Draws a measured length: its line, ends and millimetres.
pub fn length(painter: &Painter, ground: &Ground, camera: &Camera, spacing: &Spacing, [a, b]: [[f64; 2]; 2]) {
    let (from, to) = (ground.point(camera, a), ground.point(camera, b));
    widgets::line_on_picture(painter, from, to, theme::WARNING);
    let along = (to - from).normalized();
    let across = vec2(-along.y, along.x) * 5.0;
    for end in [from, to] {
        widgets::line_on_picture(painter, end - across, end + across, theme::WARNING);
    }
    let label = Length::between(spacing, a, b).label();
    let right = if from.x > to.x { from } else { to };
    widgets::on_picture(painter, right + vec2(8.0, 0.0), Align2::LEFT_CENTER, &label, theme::small(), theme::WARNING);
}

/// A notice in a dark field that is gone soon: a preset's name, the end of the stack.
pub fn notice(painter: &Painter, at: Pos2, align: Align2, text: &str) {
    field(painter, at, align, painter.layout_no_wrap(text.to_owned(), theme::body(), theme::ON_PICTURE));
}

/// A line of help at the bottom of the viewport; in a narrow one above the corner text, on several lines.
pub fn help(painter: &Painter, rect: Rect, text: &str) {
    let galley = painter.layout(text.to_owned(), theme::small(), theme::ON_PICTURE, rect.width() - 48.0);
    let beside_text = rect.width() - 2.0 * 110.0 > galley.size().x + 20.0;
    let up = if beside_text { 34.0 } else { 150.0 };
    field(painter, pos2(rect.center().x, rect.bottom() - up), Align2::CENTER_BOTTOM, galley);
}

fn field(painter: &Painter, at: Pos2, align: Align2, galley: std::sync::Arc<egui::Galley>) {
    let rect = align.anchor_size(at, galley.size() + vec2(20.0, 10.0));
    painter.rect_filled(rect, egui::CornerRadius::same(theme::RADIUS), theme::SCRIM);
    painter.galley(rect.min + vec2(10.0, 5.0), galley, theme::ON_PICTURE);
}
