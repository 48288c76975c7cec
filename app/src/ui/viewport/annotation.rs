//! Annotations of a presentation state on its image.

use super::ground::Ground;
use crate::ui::{theme, widgets};
use egui::{Align2, Color32, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};
use lightbox_model::presentation::{Drawn, Justification, Mark};
use lightbox_model::viewport::Camera;

/// Half the size of a single point, in points of the window.
const POINT: f32 = 4.0;
/// Between the lines that mark what a graphic encloses: the picture stays to be seen between them.
const HATCH: f32 = 6.0;
/// A box that is narrower does not break the lines of its text.
const NARROWEST: f32 = 60.0;

/// Draws what the state has put on the image.
pub fn draw(painter: &Painter, ground: &Ground, camera: &Camera, marks: &[Mark<'_>]) {
    let place = |at| ground.point(camera, at);
    for mark in marks {
        let colour = mark.colour.map_or(theme::OVERLAY, |[r, g, b]| Color32::from_rgb(r, g, b));
        match &mark.drawn {
            Drawn::Point(at) => point(painter, place(*at), colour),
            Drawn::Line { points, filled } => {
                line(painter, ground.rect, points.iter().map(|&at| place(at)).collect(), *filled, colour)
            }
            Drawn::Text { text, corners, justification, anchor, pointed } => {
                let frame = corners.map(|[a, b]| Rect::from_two_pos(place(a), place(b)));
                note(painter, text, frame.map(|frame| (frame, *justification)), (place(*anchor), *pointed), colour);
            }
        }
    }
}

fn point(painter: &Painter, at: Pos2, colour: Color32) {
    for along in [vec2(POINT, 0.0), vec2(0.0, POINT)] {
        widgets::line_on_picture(painter, at - along, at + along, colour);
    }
}

fn line(painter: &Painter, rect: Rect, points: Vec<Pos2>, filled: bool, colour: Color32) {
    let bounds = Rect::from_points(&points);
    if !rect.intersects(bounds) {
        return;
    }
    let seen = bounds.intersect(rect);
    if filled {
        let first = (seen.top() / HATCH).ceil() * HATCH;
        let rows = (0..).map(|row| first + HATCH * row as f32).take_while(|&y| y <= seen.bottom());
        for y in rows {
            for [from, to] in inside(&points, y) {
                painter.line_segment([pos2(from, y), pos2(to, y)], Stroke::new(1.0, colour));
            }
        }
    }
    painter.add(Shape::line(points.clone(), Stroke::new(3.0, theme::OUTLINE)));
    painter.add(Shape::line(points, Stroke::new(1.0, colour)));
}

/// From where to where a horizontal line is inside a closed one (even-odd rule).
fn inside(points: &[Pos2], y: f32) -> Vec<[f32; 2]> {
    let ends = points.iter().zip(points.iter().cycle().skip(1));
    let crossed = ends.filter(|(a, b)| (a.y <= y) != (b.y <= y)).map(|(a, b)| a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y));
    let mut crossed: Vec<f32> = crossed.collect();
    crossed.sort_by(f32::total_cmp);
    crossed.as_chunks::<2>().0.to_vec()
}

/// Text in its frame, or beside its anchor.
fn note(painter: &Painter, text: &str, frame: Option<(Rect, Justification)>, (anchor, pointed): (Pos2, bool), colour: Color32) {
    let width = frame.map(|(frame, _)| frame.width()).filter(|&width| width >= NARROWEST);
    let galley = painter.layout(text.to_owned(), theme::small(), colour, width.unwrap_or(f32::INFINITY));
    let (at, align) = match frame {
        Some((frame, Justification::Left)) => (frame.left_top(), Align2::LEFT_TOP),
        Some((frame, Justification::Centre)) => (frame.center_top(), Align2::CENTER_TOP),
        Some((frame, Justification::Right)) => (frame.right_top(), Align2::RIGHT_TOP),
        None => (anchor + vec2(2.0 * POINT, 0.0), Align2::LEFT_CENTER),
    };
    if pointed {
        let letters = align.anchor_size(at, galley.size());
        if frame.is_some() {
            widgets::line_on_picture(painter, anchor, letters.clamp(anchor), colour);
        }
        point(painter, anchor, colour);
    }
    widgets::galley_on_picture(painter, at, align, galley, colour);
}

#[cfg(test)]
mod tests {
    use super::inside;
    use egui::pos2;

    #[test]
    fn only_what_is_enclosed_is_marked() {
        // A U: two arms, joined below.
        let u = [(0.0, 0.0), (2.0, 0.0), (2.0, 4.0), (6.0, 4.0), (6.0, 0.0), (8.0, 0.0), (8.0, 8.0), (0.0, 8.0)];
        let u = u.map(|(x, y)| pos2(x, y));
        assert_eq!(inside(&u, 2.0), [[0.0, 2.0], [6.0, 8.0]]);
        assert_eq!(inside(&u, 6.0), [[0.0, 8.0]]);
        assert!(inside(&u, 9.0).is_empty() && inside(&u, -1.0).is_empty());
        let closed: Vec<_> = u.into_iter().chain([u[0]]).collect();
        assert_eq!(inside(&closed, 2.0), [[0.0, 2.0], [6.0, 8.0]], "a line that returns to its begin encloses the same");
    }
}
