//! From what a viewport names to what is known of it.

use lightbox_model::FrameId;
use lightbox_model::histogram::Histogram;
use lightbox_model::image::{FrameFacts, ImageHeader};
use lightbox_model::presentation::Applied;
use lightbox_model::study::{Library, ObjectHeader, Series, Stack};
use lightbox_model::viewport::{Camera, PixelGrid, Viewport};
use std::sync::Arc;

/// The image that a viewport looks at.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// Its series.
    pub series: &'a Series,
    /// Its stack.
    pub stack: &'a Stack,
    /// Place in the stack, from 0.
    pub index: usize,
    /// The frame.
    pub id: FrameId,
    /// The object of the frame.
    pub object: &'a ObjectHeader,
    /// The object as an image.
    pub image: &'a Arc<ImageHeader>,
    /// The presentation state in force.
    pub presentation: Option<Applied<'a>>,
}

impl<'a> Target<'a> {
    /// What `viewport` looks at; `None` while it is empty.
    pub fn of(library: &'a Library, viewport: &Viewport) -> Option<Self> {
        let series = library.series(viewport.series?)?;
        let stack = series.stacks().get(viewport.stack)?;
        let index = viewport.index.min(stack.frames.len().checked_sub(1)?);
        let id = stack.frames[index];
        let object = library.object(id.object)?.as_ref();
        let presentation = library.presentation(id, viewport.look.presentation);
        Some(Self { series, stack, index, id, object, image: object.image.as_ref()?, presentation })
    }

    /// What may differ from frame to frame.
    pub fn facts(&self) -> &'a FrameFacts {
        self.image.facts(self.id.frame)
    }

    /// Size and pixel shape.
    pub fn grid(&self) -> PixelGrid {
        PixelGrid::new(self.image.columns, self.image.rows, &self.facts().spacing)
    }

    /// Where it lies before anyone moves it.
    pub fn camera(&self) -> Camera {
        self.presentation.map_or_else(Camera::default, |state| state.camera(&self.grid()))
    }

    /// Its histogram in the units of the window: those of the presentation state in force.
    pub fn histogram(&self, own: Option<Arc<Histogram>>) -> Option<Arc<Histogram>> {
        let modality = &self.facts().modality;
        match self.presentation {
            Some(state) if state.modality() != modality => own?.retraced(modality, state.modality()).map(Arc::new),
            _ => own,
        }
    }

    /// "CT CHEST image 3 of 275", as it is read aloud.
    pub fn name(&self) -> String {
        let what = [&self.object.modality, &self.object.series_description];
        let what: Vec<&str> = what.into_iter().map(|t| t.trim()).filter(|t| !t.is_empty()).collect();
        format!("{} image {} of {}", what.join(" "), self.index + 1, self.stack.frames.len())
    }
}
