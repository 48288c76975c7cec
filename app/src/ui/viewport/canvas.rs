//! The image that a viewport looks at, with all that is needed to draw and measure it.

use super::gesture::{Reach, Windowed};
use super::ground::Ground;
use super::pane::Shown;
use super::target::Target;
use super::{Memory, Place, Scene, annotation, card, overlay};
use crate::services::{FrameState, ReadyFrame};
use egui::{Pos2, Response, Ui};
use lightbox_model::command::DragAction;
use lightbox_model::corners::{Corners, Shown as CornerFacts};
use lightbox_model::display::{Display, WindowLimits};
use lightbox_model::geometry::EdgeLetters;
use lightbox_model::measure::{Frame, Probe, Stored};
use lightbox_model::viewport::Viewport;
use lightbox_source::Pixels;
use std::sync::Arc;

/// One image in one viewport in one frame of the window.
pub struct Canvas<'a> {
    /// Where the viewport is.
    pub place: Place,
    /// What it is shown from.
    pub scene: &'a Scene<'a>,
    /// Which image.
    pub target: Target<'a>,
    /// Whether it is there.
    pub state: FrameState,
    /// How it lies on the screen.
    pub ground: Ground,
}

impl<'a> Canvas<'a> {
    /// What `viewport` looks at, lying as its presentation state wants; `None` while it is empty.
    pub fn of(ui: &Ui, place: Place, viewport: &mut Viewport, scene: &'a Scene<'a>) -> Option<Self> {
        let target = Target::of(scene.library, viewport)?;
        viewport.settle(target.camera());
        let ground = Ground { grid: target.grid(), rect: place.rect, pixels_per_point: ui.pixels_per_point() };
        let state = scene.services.frame(target.id);
        Some(Self { place, scene, target, state, ground })
    }

    fn ready(&self) -> Option<&Arc<ReadyFrame>> {
        match &self.state {
            FrameState::Ready(frame) => Some(frame),
            _ => None,
        }
    }

    /// What hands can do here.
    pub fn reach<'r>(&self, response: &'r Response, viewport: &Viewport) -> Reach<'r>
    where
        'a: 'r,
    {
        let ready = self.ready();
        let windowed = ready.filter(|f| f.is_grey()).map(|f| self.windowed(viewport, f));
        let mouse = &self.scene.settings.mouse;
        Reach { response, mouse, len: self.target.stack.frames.len(), ground: ready.map(|_| self.ground), windowed }
    }

    fn windowed(&self, viewport: &Viewport, frame: &Arc<ReadyFrame>) -> Windowed {
        let target = &self.target;
        let histogram = target.histogram(self.scene.services.histogram(frame));
        let state = target.presentation.as_ref();
        let (voi, _) = viewport.voi(target.image, &target.object.modality, target.id.frame, histogram.as_deref(), state);
        let (centre, width) = voi.centre_width();
        let (limits, step) = match &histogram {
            Some(h) => (WindowLimits::for_range(h.min(), h.max(), h.step()), h.step()),
            // Until the values have been counted the window itself says what sizes are usual here.
            None => (WindowLimits::for_range(centre - 4.0 * width, centre + 4.0 * width, 1.0), 1.0),
        };
        Windowed { voi, limits, step }
    }

    /// Draws the picture. How it is shown, unless it cannot be: then a card says why.
    pub fn picture(&self, ui: &mut Ui, frame: &Arc<ReadyFrame>, viewport: &mut Viewport, memory: &Memory) -> Option<Display> {
        let (target, rect) = (&self.target, self.place.rect);
        let histogram = frame.decoded.histogram().flatten();
        let modality = &target.object.modality;
        let state = target.presentation.as_ref();
        let display = viewport.display(target.image, modality, target.id.frame, frame.drawn, histogram.as_deref(), state);
        let display = match display {
            Ok(display) => display,
            Err(e) => {
                card::failed(ui, rect, &e.to_string(), "");
                return None;
            }
        };
        let shown = Shown {
            picture: &frame.picture,
            tables: &display.tables(),
            image_from_view: self.ground.image_from_view(&viewport.look.camera),
            interpolation: viewport.look.interpolation,
            overlays: self.scene.overlays && state.is_none_or(|state| state.draws_overlays()),
        };
        match memory.surface.paint(&ui.painter_at(rect), self.scene.renderer, rect, &shown) {
            Ok(()) => Some(display),
            Err(e) => {
                card::failed(ui, rect, "The graphics device could not draw this image.", &e.to_string());
                None
            }
        }
    }

    /// Draws corner text, letters and scale bar; without a `display` only what the header knows.
    pub fn marks(&self, ui: &Ui, viewport: &Viewport, display: Option<&Display>, pointer: Option<Pos2>) {
        let (target, camera) = (&self.target, &viewport.look.camera);
        let painter = ui.painter_at(self.place.rect);
        let grey = self.ready().is_some_and(|f| f.is_grey());
        let corners = Corners::new(&CornerFacts {
            object: target.object,
            frame: target.id.frame,
            stack: target.stack,
            index: target.index,
            voi: display.filter(|_| grey).map(|d| &d.voi),
            scale: self.ground.scale(camera),
            partial: self.ready().is_some_and(|f| f.decoded.facts.partial.is_some()),
            presentation: target.presentation,
        });
        let value = match (display, pointer) {
            (Some(_), Some(at)) => self.value(self.ground.image(camera, at)),
            _ => String::new(),
        };
        overlay::corners(&painter, self.place.rect, &corners, &value);
        if display.is_some() {
            overlay::letters(&painter, self.place.rect, &EdgeLetters::new(target.image, target.id.frame, camera));
            overlay::scale_bar(&painter, &self.ground, camera, &target.facts().spacing, corners.bottom_left.len());
        }
    }

    /// The value at a place of the image, for people; nothing outside it.
    fn value(&self, at: [f64; 2]) -> String {
        let Some(ready) = self.ready() else { return String::new() };
        // What was decoded straight into graphics memory is read back now, and drawn again with its value.
        let Some(picture) = self.scene.services.samples(ready) else { return String::new() };
        let stored = match &picture.pixels {
            Pixels::Integer(samples) => Stored::Integer(samples),
            Pixels::Float(values) => Stored::Float(values),
            Pixels::Double(values) => Stored::Double(values),
        };
        let facts = self.target.facts();
        let frame = Frame {
            columns: picture.columns,
            rows: picture.rows,
            samples_per_pixel: picture.samples_per_pixel,
            stored,
            modality: self.target.image.measures(self.target.id.frame),
            padding: self.target.image.padding,
            partial: picture.partial.is_some(),
        };
        frame.probe(at).map_or(String::new(), |probe| in_words(&probe, facts.units.as_deref()))
    }

    /// Draws what the presentation state has put on the image.
    pub fn annotations(&self, ui: &Ui, viewport: &Viewport) {
        let marks = self.target.presentation.map(|state| state.marks(&self.ground.grid)).unwrap_or_default();
        annotation::draw(&ui.painter_at(self.place.rect), &self.ground, &viewport.look.camera, &marks);
    }

    /// Draws the lengths on the image, and the one that is being drawn.
    pub fn lengths(&self, ui: &Ui, viewport: &Viewport, memory: &Memory, lines: &[[[f64; 2]; 2]]) {
        let painter = ui.painter_at(self.place.rect);
        let drawing = memory.hand.drag.as_ref().filter(|d| d.action == DragAction::Measure).map(|d| d.line);
        for &line in lines.iter().chain(&drawing) {
            overlay::length(&painter, &self.ground, &viewport.look.camera, &self.target.facts().spacing, line);
        }
    }
}

/// "120, 88: -56 HU", "120, 88: 10 20 30" for a colour, "120, 88: palette index 7".
fn in_words(probe: &Probe, units: Option<&str>) -> String {
    let [column, row] = probe.at;
    let value = match (probe.modality, probe.padding) {
        (Some(value), _) => {
            let value = if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") };
            [value.as_str(), units.unwrap_or_default().trim()].join(" ").trim_end().to_owned()
        }
        (None, true) => "padding".to_owned(),
        (None, false) => match probe.stored[..] {
            [index] => format!("palette index {index}"),
            _ => probe.stored.iter().map(f64::to_string).collect::<Vec<_>>().join(" "),
        },
    };
    let caution = probe.caution.map(|c| format!(" ({c})")).unwrap_or_default();
    format!("{column}, {row}: {value}{caution}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_from_colours_and_indices() {
        let said = |stored: &[f64], modality, padding| {
            in_words(&Probe { at: [120, 88], stored: stored.to_vec(), modality, padding, caution: None }, Some("HU"))
        };
        assert_eq!(said(&[968.0], Some(-56.0), false), "120, 88: -56 HU");
        assert_eq!(said(&[968.0], None, true), "120, 88: padding");
        assert_eq!(said(&[10.0, 20.0, 30.0], None, false), "120, 88: 10 20 30");
        assert_eq!(said(&[7.0], None, false), "120, 88: palette index 7");
    }
}
