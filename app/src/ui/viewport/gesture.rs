//! Hands on a viewport: drags, wheel and clicks, as the mouse bindings say.

use super::ground::Ground;
use crate::ui::keys;
use egui::{CursorIcon, Event, MouseWheelUnit, PointerButton, Pos2, Response, Ui};
use lightbox_model::command::{DragAction, MouseBindings, WheelAction};
use lightbox_model::display::{Voi, WindowLimits};
use lightbox_model::viewport::{Scrolled, Viewport, VoiChoice};

/// Points of a smooth wheel (a trackpad) that count as one notch.
const POINTS_PER_NOTCH: f32 = 40.0;
/// Zoom of one notch.
const ZOOM_PER_NOTCH: f64 = 1.15;
/// Share of the window's width that one point of a drag changes it by.
const WINDOW_PER_POINT: f64 = 1.0 / 250.0;

/// A drag that goes on.
#[derive(Clone, Debug)]
pub struct Drag {
    /// What it does.
    pub action: DragAction,
    /// Where it began, and how far it has come.
    from: Pos2,
    last: Pos2,
    /// The window it began with.
    voi: Option<Voi>,
    /// Points that have not made a whole step yet.
    rest: f32,
    /// Where it began in the image, and where it is now.
    pub line: [[f64; 2]; 2],
}

/// What is windowed.
#[derive(Clone, Debug)]
pub struct Windowed {
    /// The window in force.
    pub voi: Voi,
    /// How far it may go.
    pub limits: WindowLimits,
    /// Smallest difference between two values.
    pub step: f64,
}

/// What came of the hands in this frame.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// A step through the stack.
    pub scrolled: Option<Scrolled>,
    /// A length was measured, in image coordinates.
    pub measured: Option<[[f64; 2]; 2]>,
    /// Something was dragged for the first time in this press.
    pub began: bool,
}

/// What a viewport remembers of hands from one frame to the next.
#[derive(Clone, Debug, Default)]
pub struct Hand {
    /// The drag that goes on.
    pub drag: Option<Drag>,
    /// Parts of a notch that the wheel has not made whole yet.
    notches: f32,
}

/// What hands act on.
pub struct Reach<'a> {
    /// The viewport's answer to the pointer.
    pub response: &'a Response,
    /// What buttons and wheel do.
    pub mouse: &'a MouseBindings,
    /// Images of the stack.
    pub len: usize,
    /// Where the image lies; missing while there is nothing to zoom or pan.
    pub ground: Option<Ground>,
    /// Missing for colour.
    pub windowed: Option<Windowed>,
}

impl Reach<'_> {
    /// Applies the pointer to `viewport`.
    pub fn apply(&self, ui: &Ui, viewport: &mut Viewport, hand: &mut Hand) -> Outcome {
        let mut outcome = Outcome::default();
        if let Some(begun) = self.begin(ui, viewport) {
            outcome.began = true;
            hand.drag = Some(begun);
        }
        if let (Some(drag), Some(at)) = (hand.drag.as_mut(), released_at(ui).or(self.response.interact_pointer_pos())) {
            outcome.scrolled = self.go_on(at, viewport, drag);
            ui.ctx().set_cursor_icon(cursor(drag.action));
        }
        if self.response.drag_stopped() {
            let ended = hand.drag.take().filter(|d| d.action == DragAction::Measure && d.line[0] != d.line[1]);
            outcome.measured = ended.map(|d| d.line);
        }
        if self.response.contains_pointer() {
            outcome.scrolled = self.wheel(ui, viewport, &mut hand.notches).or(outcome.scrolled);
        }
        outcome
    }

    fn begin(&self, ui: &Ui, viewport: &mut Viewport) -> Option<Drag> {
        let buttons = [PointerButton::Primary, PointerButton::Middle, PointerButton::Secondary];
        let pressed = buttons.into_iter().find(|&b| self.response.drag_started_by(b))?;
        let held = keys::modifiers(ui.input(|i| i.modifiers));
        let action = self.mouse.drag_action(keys::button(pressed)?, held)?;
        let from = ui.input(|i| i.pointer.press_origin()).or(self.response.interact_pointer_pos())?;
        let at = self.ground.map_or([0.0; 2], |g| g.image(&viewport.look.camera, from));
        if matches!(action, DragAction::WindowLevel | DragAction::Pan | DragAction::Zoom) {
            viewport.checkpoint();
        }
        let voi = self.windowed.as_ref().map(|w| w.voi.clone());
        Some(Drag { action, from, voi, last: from, rest: 0.0, line: [at, at] })
    }

    fn go_on(&self, at: Pos2, viewport: &mut Viewport, drag: &mut Drag) -> Option<Scrolled> {
        let moved = at - std::mem::replace(&mut drag.last, at);
        match (drag.action, self.ground) {
            (DragAction::WindowLevel, _) => {
                if let (Some(start), Some(windowed)) = (&drag.voi, &self.windowed) {
                    let total = at - drag.from;
                    let down = if self.mouse.up_is_brighter { total.y } else { -total.y };
                    viewport.look.voi = VoiChoice::Fixed(window_after(start, [total.x, down], windowed));
                }
            }
            (DragAction::Pan, Some(ground)) => viewport.look.camera.pan_by(ground.pixels(moved), &ground.grid, ground.view()),
            (DragAction::Zoom, Some(ground)) => {
                let factor = (f64::from(-moved.y) * 0.01).exp();
                viewport.look.camera.zoom_at(factor, ground.pixel(drag.from), &ground.grid, ground.view());
            }
            (DragAction::Measure, Some(ground)) => drag.line[1] = ground.image(&viewport.look.camera, at),
            (DragAction::Scroll, _) => {
                let per_image = (self.response.rect.height() / self.len.max(1) as f32).clamp(3.0, 24.0);
                drag.rest += moved.y;
                let steps = (drag.rest / per_image).trunc();
                drag.rest -= steps * per_image;
                return (steps != 0.0).then(|| viewport.scroll(steps as i64, self.len));
            }
            (DragAction::Pan | DragAction::Zoom | DragAction::Measure, None) => {}
        }
        None
    }

    fn wheel(&self, ui: &Ui, viewport: &mut Viewport, left: &mut f32) -> Option<Scrolled> {
        let (events, pointer) = ui.input(|i| (i.events.clone(), i.pointer.latest_pos()));
        let zoom = |viewport: &mut Viewport, factor: f64| {
            if let (Some(ground), Some(at)) = (self.ground, pointer) {
                viewport.look.camera.zoom_at(factor, ground.pixel(at), &ground.grid, ground.view());
            }
        };
        let mut scrolled = None;
        for event in events {
            let (notches, held) = match event {
                Event::MouseWheel { unit: MouseWheelUnit::Point, delta, modifiers, .. } => (delta.y / POINTS_PER_NOTCH, modifiers),
                Event::MouseWheel { delta, modifiers, .. } => (delta.y, modifiers),
                Event::Zoom(factor) => {
                    zoom(viewport, f64::from(factor));
                    continue;
                }
                _ => continue,
            };
            let action = self.mouse.wheel_action(keys::modifiers(held));
            if action == WheelAction::Zoom {
                zoom(viewport, ZOOM_PER_NOTCH.powf(f64::from(notches)));
                continue;
            }
            *left += notches;
            let whole = left.trunc();
            *left -= whole;
            let images = if action == WheelAction::ScrollFast { 10 } else { 1 };
            if whole != 0.0 {
                // Away from oneself is towards the first image.
                scrolled = Some(viewport.scroll(-(whole as i64) * images, self.len));
            }
        }
        scrolled
    }
}

/// Where a button was let go in this frame. The pointer may have gone on since, which is no part of the drag.
fn released_at(ui: &Ui) -> Option<Pos2> {
    ui.input(|i| {
        i.events.iter().find_map(|event| match event {
            Event::PointerButton { pos, pressed: false, .. } => Some(*pos),
            _ => None,
        })
    })
}

/// The window after a drag by `[right, down]` points from where it was `start`. The rate follows the width that one began with, so
/// that narrow windows are set as finely as wide ones.
fn window_after(start: &Voi, [right, down]: [f32; 2], windowed: &Windowed) -> Voi {
    let (centre, width) = start.centre_width();
    let rate = width.max(20.0 * windowed.step) * WINDOW_PER_POINT;
    let new = |old: f64, by: f32| {
        let value = old + f64::from(by) * rate;
        // Whole numbers where values are whole: nobody wants a centre of 40.37 HU.
        if windowed.step >= 1.0 { value.round() } else { value }
    };
    start.adjusted(new(centre, down), new(width, right), &windowed.limits)
}

fn cursor(action: DragAction) -> CursorIcon {
    match action {
        DragAction::WindowLevel => CursorIcon::AllScroll,
        DragAction::Pan => CursorIcon::Grabbing,
        DragAction::Zoom => CursorIcon::ZoomIn,
        DragAction::Scroll => CursorIcon::ResizeVertical,
        DragAction::Measure => CursorIcon::Crosshair,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lightbox_model::display::VoiFunction;

    fn windowed() -> Windowed {
        let voi = Voi::window(40.0, 400.0, VoiFunction::Linear);
        Windowed { voi, limits: WindowLimits::for_range(-1024.0, 3071.0, 1.0), step: 1.0 }
    }

    #[test]
    fn right_is_wider_and_down_is_higher() {
        let w = windowed();
        let (centre, width) = window_after(&w.voi, [100.0, 50.0], &w).centre_width();
        assert!(width > 400.0 && centre > 40.0, "{centre} {width}");
        assert_eq!((centre.fract(), width.fract()), (0.0, 0.0));
    }

    #[test]
    fn a_window_never_leaves_what_the_standard_allows() {
        let w = windowed();
        let voi = window_after(&w.voi, [-1e6, -1e6], &w);
        assert!(voi.is_valid(), "{voi:?}");
    }
}
