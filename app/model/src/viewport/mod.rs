//! What one viewport shows and how.

mod camera;
mod cine;
mod window;

pub use camera::{Affine, Camera, PixelGrid, Zoom};
pub use cine::Cine;
pub use window::drag_window;

use crate::display::{Display, Error, InitialVoi, Interpolation, PseudoColour, Voi, VoiOrigin};
use crate::histogram::Histogram;
use crate::image::{Delivered, ImageHeader};
use crate::presentation::{Applied, PresentationChoice};
use crate::study::SeriesKey;

/// Steps that can be undone.
const UNDO_DEPTH: usize = 100;

/// Which window is in force.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum VoiChoice {
    /// As the presentation state in force says, else as [`InitialVoi::choose`] does.
    #[default]
    Initial,
    /// The header's n-th window or LUT, of each image its own.
    Header(usize),
    /// One for all images: a preset or one set by hand.
    Fixed(Voi),
}

/// How a picture is looked at: what undo restores and reset clears.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// Which presentation state is in force.
    pub presentation: PresentationChoice,
    /// Where the picture lies.
    pub camera: Camera,
    /// Where it lay before anyone moved it: see [`Viewport::settle`].
    base: Camera,
    /// Window.
    pub voi: VoiChoice,
    /// The user's invert.
    pub invert: bool,
    /// Pseudo-colour of grey pictures.
    pub pseudo_colour: Option<PseudoColour>,
    /// Between pixels.
    pub interpolation: Interpolation,
}

/// What a step through a stack met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrolled {
    /// Another image is shown.
    Moved,
    /// The first image was already shown.
    AtFirst,
    /// The last image was already shown.
    AtLast,
}

/// One viewport.
#[derive(Clone, Debug, Default)]
pub struct Viewport {
    /// The series shown.
    pub series: Option<SeriesKey>,
    /// Which of its stacks.
    pub stack: usize,
    /// Which image of the stack, from 0.
    pub index: usize,
    /// 1 or -1: where the last step went, for prefetching.
    pub direction: i8,
    /// How it is looked at.
    pub look: Look,
    /// Running cine.
    pub cine: Option<Cine>,
    /// A window found from the picture is kept for the whole stack, so that grey does not change from image to image.
    found: Option<Voi>,
    undo: Vec<Look>,
    redo: Vec<Look>,
}

impl Viewport {
    /// Shows a series from image `index` of `stack`, looked at afresh.
    pub fn show(&mut self, series: SeriesKey, stack: usize, index: usize) {
        let interpolation = self.look.interpolation;
        *self = Self { series: Some(series), stack, index, direction: 1, ..Self::default() };
        self.look.interpolation = interpolation;
    }

    /// Steps by `delta` images through a stack of `len`. At the ends it stays and says so.
    pub fn scroll(&mut self, delta: i64, len: usize) -> Scrolled {
        let last = len.saturating_sub(1);
        let target = self.index.min(last) as i64 + delta;
        let index = target.clamp(0, last as i64) as usize;
        if delta != 0 {
            self.direction = if delta > 0 { 1 } else { -1 };
        }
        let moved = index != self.index;
        self.index = index;
        match (moved, delta) {
            (true, _) | (_, 0) => Scrolled::Moved,
            (false, d) if d < 0 => Scrolled::AtFirst,
            _ => Scrolled::AtLast,
        }
    }

    /// Jumps to image `index` of a stack of `len`.
    pub fn jump(&mut self, index: usize, len: usize) -> Scrolled {
        self.scroll(index as i64 - self.index as i64, len)
    }

    /// Lets a running cine go on at `now` seconds, round a stack of `len`. Whether another image is shown.
    pub fn play(&mut self, now: f64, len: usize) -> bool {
        let Some(cine) = &mut self.cine else { return false };
        let steps = cine.advance(now);
        if len < 2 || steps == 0 {
            return false;
        }
        let before = self.index;
        self.index = (self.index + steps) % len;
        self.direction = 1;
        self.index != before
    }

    /// Starts or stops the cine.
    pub fn toggle_cine(&mut self, now: f64, frame_time_ms: Option<f32>) {
        self.cine = match self.cine {
            Some(_) => None,
            None => Some(Cine::start(now, frame_time_ms)),
        };
    }

    /// Remembers the look before a change, so that it can be undone: call it once when a drag starts, not while it goes on.
    pub fn checkpoint(&mut self) {
        if self.undo.last() == Some(&self.look) {
            return;
        }
        if self.undo.len() == UNDO_DEPTH {
            self.undo.remove(0);
        }
        self.undo.push(self.look.clone());
        self.redo.clear();
    }

    /// Goes back to the look before the last change. Whether there was one.
    pub fn undo(&mut self) -> bool {
        while let Some(look) = self.undo.pop() {
            // A drag that changed nothing left a checkpoint equal to what is shown.
            if look != self.look {
                self.redo.push(std::mem::replace(&mut self.look, look));
                return true;
            }
        }
        false
    }

    /// Takes an undo back. Whether there was one.
    pub fn redo(&mut self) -> bool {
        let Some(look) = self.redo.pop() else { return false };
        self.undo.push(std::mem::replace(&mut self.look, look));
        true
    }

    /// First look again; it can be undone.
    pub fn reset(&mut self) {
        self.checkpoint();
        self.look = Look { interpolation: self.look.interpolation, ..Look::default() };
    }

    /// Looks afresh, by this state.
    pub fn present(&mut self, choice: PresentationChoice) {
        self.reset();
        self.look.presentation = choice;
    }

    /// Lets the shown image lie as its presentation state wants, `base`; changes by hand are kept upon it.
    pub fn settle(&mut self, base: Camera) {
        if base != self.look.base {
            self.look.camera = self.look.camera.rebased(&self.look.base, &base);
            self.look.base = base;
        }
    }

    /// The window in force for a frame and, unless it was chosen by hand, where it came from.
    pub fn voi(
        &self,
        image: &ImageHeader,
        modality: &str,
        frame: u32,
        histogram: Option<&Histogram>,
        state: Option<&Applied>,
    ) -> (Voi, Option<VoiOrigin>) {
        match &self.look.voi {
            VoiChoice::Fixed(voi) => return (voi.clone(), None),
            VoiChoice::Header(i) => {
                if let Some(voi) = image.facts(frame).voi.get(*i).filter(|voi| voi.is_valid()) {
                    return (voi.clone(), Some(VoiOrigin::Header(*i)));
                }
            }
            VoiChoice::Initial => {
                if let Some(state) = state {
                    return (state.voi(image), Some(VoiOrigin::Presentation));
                }
            }
        }
        let initial = InitialVoi::choose(image, modality, frame, histogram);
        match (&self.found, initial.origin) {
            (Some(found), VoiOrigin::Percentile | VoiOrigin::FullRange) => (found.clone(), Some(VoiOrigin::Percentile)),
            _ => (initial.voi, Some(initial.origin)),
        }
    }

    /// How frame `frame` of `image` is shown here, by `state` if one is in force. A window found from the first picture's histogram is
    /// kept for the others of the stack.
    ///
    /// # Errors
    /// As [`Display::initial`].
    pub fn display(
        &mut self,
        image: &ImageHeader,
        modality: &str,
        frame: u32,
        delivered: Delivered,
        histogram: Option<&Histogram>,
        state: Option<&Applied>,
    ) -> Result<Display, Error> {
        let (voi, origin) = self.voi(image, modality, frame, histogram, state);
        if origin == Some(VoiOrigin::Percentile) && self.found.is_none() {
            self.found = Some(voi.clone());
        }
        let mut display = Display::with_voi(image, frame, delivered, voi)?;
        if let Some(state) = state {
            state.present(&mut display);
        }
        display.invert = self.look.invert;
        display.pseudo_colour = self.look.pseudo_colour.map(PseudoColour::entries);
        Ok(display)
    }
}
