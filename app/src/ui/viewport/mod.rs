//! One viewport: the picture, what stands on it, and the hands that move it.

mod annotation;
mod canvas;
mod card;
mod cine;
mod gesture;
mod ground;
mod overlay;
pub mod pane;
mod slider;
mod target;

pub use target::Target;

use super::intent::{Intent, Intents};
use super::{theme, widgets};
use crate::services::{FrameState, Services};
use crate::settings::Settings;
use canvas::Canvas;
use egui::{Align2, CornerRadius, Id, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use gesture::{Hand, Outcome};
use lightbox_model::FrameId;
use lightbox_model::command::{Button, DragAction, Modifiers, MouseBindings};
use lightbox_model::display::Display;
use lightbox_model::study::Library;
use lightbox_model::viewport::{PixelGrid, Scrolled, Viewport};
use lightbox_render::Renderer;
use pane::Surface;
use std::collections::HashMap;

/// How long a notice stays, in seconds.
const NOTICE: f64 = 1.2;

/// Lengths measured on images, in continuous image coordinates.
pub type Measurements = HashMap<FrameId, Vec<[[f64; 2]; 2]>>;

/// What a viewport remembers beside the model's state.
#[derive(Default)]
pub struct Memory {
    surface: Surface,
    hand: Hand,
    notice: Option<(String, f64)>,
    /// The frame that was looked at last.
    looked_at: Option<FrameId>,
    /// Its size and the viewport's, in physical pixels.
    extent: Option<(PixelGrid, [f64; 2])>,
    /// It shows what a scan happened to find first, since then (seconds), and nobody has chosen another image yet.
    pub awaits_first: Option<f64>,
}

impl Memory {
    /// Shows `text` for a moment.
    pub fn say(&mut self, text: impl Into<String>, now: f64) {
        self.notice = Some((text.into(), now + NOTICE));
    }

    /// The frame that was looked at last.
    pub fn looked_at(&self) -> Option<FrameId> {
        self.looked_at
    }

    /// Size of the image that was looked at last, and of the viewport in physical pixels.
    pub fn extent(&self) -> Option<(PixelGrid, [f64; 2])> {
        self.extent
    }

    /// Somebody has chosen what to look at.
    pub fn look_freely(&mut self) {
        (self.awaits_first, self.looked_at) = (None, None);
    }

    /// What is looked at is only the first that was found.
    pub fn await_first(&mut self, now: f64) {
        self.awaits_first = Some(now);
    }

    /// Says where a step through the stack ended, if it was an end.
    pub fn say_end(&mut self, scrolled: Scrolled, now: f64) {
        match scrolled {
            Scrolled::AtFirst => self.say("First image", now),
            Scrolled::AtLast => self.say("Last image", now),
            Scrolled::Moved => {}
        }
    }
}

/// What all viewports are shown from.
pub struct Scene<'a> {
    /// Everything that is open.
    pub library: &'a Library,
    /// Who has the pictures.
    pub services: &'a Services,
    /// Who draws them.
    pub renderer: &'a Renderer,
    /// What the person has chosen.
    pub settings: &'a Settings,
    /// Overlay planes are drawn.
    pub overlays: bool,
    /// Seconds.
    pub now: f64,
}

/// Where a viewport is and what it is to the others.
#[derive(Clone, Copy)]
pub struct Place {
    /// Its number in the layout.
    pub slot: usize,
    /// Points of the window.
    pub rect: Rect,
    /// Keys go here.
    pub active: bool,
    /// There are others beside it.
    pub one_of_many: bool,
}

/// What a viewport may change.
pub struct Own<'a> {
    /// What it shows and how.
    pub viewport: &'a mut Viewport,
    /// What it remembers.
    pub memory: &'a mut Memory,
    /// Lengths on all images.
    pub measurements: &'a mut Measurements,
}

/// Draws a viewport and lets hands change it. Returns the frame it looks at.
pub fn show(ui: &mut Ui, place: Place, own: Own<'_>, scene: &Scene<'_>, out: &mut Intents) -> Option<FrameId> {
    let Own { viewport, memory, measurements } = own;
    let rect = place.rect;
    // Filled at the end unless a picture covers it all.
    let ground = ui.painter().add(Shape::Noop);
    let fill = |ui: &Ui| ui.painter().set(ground, Shape::rect_filled(rect, CornerRadius::ZERO, theme::CANVAS));
    let response = ui.interact(rect, Id::unique(("viewport", place.slot)), Sense::click_and_drag());
    focus(ui, &response, place, out);

    // Hands first: what they change is seen in this frame already.
    let outcome = match Canvas::of(ui, place, viewport, scene) {
        Some(canvas) => canvas.reach(&response, viewport).apply(ui, viewport, &mut memory.hand),
        None => Outcome::default(),
    };
    if let Some(scrolled) = outcome.scrolled {
        memory.awaits_first = None;
        memory.say_end(scrolled, scene.now);
    }
    let Some(canvas) = Canvas::of(ui, place, viewport, scene) else {
        fill(ui);
        memory.surface.clear();
        label(ui, &response, place, "empty");
        card::quiet(ui, rect, if scene.library.is_empty() { "" } else { "Drag a series here" });
        edge(ui, &response, place);
        return None;
    };
    let target = canvas.target;
    (memory.looked_at, memory.extent) = (Some(target.id), Some((canvas.ground.grid, canvas.ground.view())));
    if let Some(line) = outcome.measured {
        measurements.entry(target.id).or_default().push(line);
    }
    label(ui, &response, place, &target.name());
    let display = match &canvas.state {
        FrameState::Ready(frame) => canvas.picture(ui, frame, viewport, memory),
        FrameState::Pending => {
            memory.surface.clear();
            card::quiet(ui, rect, "Loading\u{2026}");
            None
        }
        FrameState::Failed(failure) => {
            memory.surface.clear();
            match card::failed(ui, rect, &failure.sentence, &failure.detail) {
                Some(card::Asked::Retry) => out.push(Intent::Retry(target.id)),
                Some(card::Asked::Copy) => ui.ctx().copy_text(format!("{}\n{}", failure.sentence, failure.detail)),
                None => {}
            }
            None
        }
    };
    if display.is_none() {
        fill(ui);
    }
    if display.is_some() && scene.overlays {
        canvas.annotations(ui, viewport);
    }
    if scene.settings.overlay {
        canvas.marks(ui, viewport, display.as_ref(), response.hover_pos());
    }
    if display.is_some() {
        let lines = measurements.get(&target.id).map_or(&[][..], Vec::as_slice);
        canvas.lengths(ui, viewport, memory, lines);
    }
    if let Some(index) = stack_slider(ui, &canvas) {
        out.push(Intent::Jump { slot: place.slot, index });
    }
    if let Some(running) = &viewport.cine {
        cine::show(ui, place, running, out);
    }
    if outcome.began {
        out.push(Intent::MouseHelpDone);
    }
    // The bar of a running cine stands where the help would.
    let help = place.active && viewport.cine.is_none();
    notices(ui, place, memory, scene, display.as_ref(), help);
    edge(ui, &response, place);
    Some(target.id)
}

/// A press makes the viewport the active one, a double click the only one; so does the keyboard.
fn focus(ui: &Ui, response: &Response, place: Place, out: &mut Intents) {
    if (response.is_pointer_button_down_on() || response.gained_focus()) && !place.active {
        out.push(Intent::Activate(place.slot));
    }
    if response.has_focus() {
        // Arrows go through the stack; Tab alone leaves the viewport.
        let filter = egui::EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape: true };
        ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
    }
    if response.double_clicked() {
        out.push(Intent::ToggleMaximised(place.slot));
    }
}

fn label(ui: &Ui, response: &Response, place: Place, what: &str) {
    let name = format!("Viewport {}: {what}", place.slot + 1);
    response.widget_info(|| WidgetInfo::selected(Role::Image, ui.is_enabled(), place.active, &name));
}

/// The rail at the right edge; the image that it asks for.
fn stack_slider(ui: &Ui, canvas: &Canvas<'_>) -> Option<usize> {
    let rect = canvas.ground.rect;
    let width = vec2(slider::WIDTH, 0.0);
    let rail = Rect::from_min_max(rect.right_top() - width + vec2(0.0, 4.0), rect.right_bottom() - vec2(0.0, 4.0));
    let ready = canvas.scene.services.decoded(&canvas.target.stack.frames);
    slider::show(ui, Id::unique(("stack", canvas.place.slot)), rail, canvas.target.index, ready.len(), &ready)
}

/// What is said for a moment, the window while it is dragged, and the line of help before the first drag.
fn notices(ui: &Ui, place: Place, memory: &mut Memory, scene: &Scene<'_>, display: Option<&Display>, help: bool) {
    let painter = ui.painter_at(place.rect);
    let middle = place.rect.center();
    if let Some((text, until)) = &memory.notice {
        let left = until - scene.now;
        if left > 0.0 {
            overlay::notice(&painter, pos2(middle.x, place.rect.top() + 56.0), Align2::CENTER_CENTER, text);
            ui.ctx().request_repaint_after_secs(left as f32);
        } else {
            memory.notice = None;
        }
    }
    let windowing = memory.hand.drag.as_ref().is_some_and(|d| d.action == DragAction::WindowLevel);
    if let (true, Some(display), Some(at)) = (windowing, display, ui.ctx().pointer_latest_pos()) {
        overlay::notice(&painter, at + vec2(18.0, -18.0), Align2::LEFT_BOTTOM, &display.voi.label());
    }
    if help && display.is_some() && !scene.settings.mouse_help_done {
        overlay::help(&painter, place.rect, &mouse_help(&scene.settings.mouse));
    }
}

/// "Left: window/level \u{b7} Middle: pan \u{b7} Wheel: scroll", as the mouse is set.
fn mouse_help(mouse: &MouseBindings) -> String {
    let buttons = [(Button::Left, "Left drag"), (Button::Middle, "middle"), (Button::Right, "right")];
    let drags = buttons.into_iter().filter_map(|(button, name)| {
        let action = mouse.drag_action(button, Modifiers::NONE)?;
        Some(format!("{name}: {}", action.name().to_lowercase()))
    });
    let wheel = format!("wheel: {}", mouse.wheel_action(Modifiers::NONE).name().to_lowercase());
    drags.chain([wheel, "double click: maximise".into()]).collect::<Vec<_>>().join("   ")
}

/// One accent pixel around the active one of several, and around what has the keyboard.
fn edge(ui: &Ui, response: &Response, place: Place) {
    widgets::focus_ring(ui, response, place.rect);
    if place.one_of_many {
        let colour = if place.active { theme::ACCENT } else { theme::HAIRLINE };
        ui.painter().rect_stroke(place.rect, CornerRadius::ZERO, Stroke::new(1.0, colour), StrokeKind::Inside);
    }
}
