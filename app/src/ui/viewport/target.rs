//! From what a viewport names to what is known of it.

use lightbox_model::FrameId;
use lightbox_model::image::{FrameFacts, ImageHeader};
use lightbox_model::study::{Library, ObjectHeader, Series, Stack};
use lightbox_model::viewport::{PixelGrid, Viewport};
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
}

impl<'a> Target<'a> {
    /// What `viewport` looks at; `None` while it is empty.
    pub fn of(library: &'a Library, viewport: &Viewport) -> Option<Self> {
        let series = library.series(viewport.series?)?;
        let stack = series.stacks().get(viewport.stack)?;
        let index = viewport.index.min(stack.frames.len().checked_sub(1)?);
        let id = stack.frames[index];
        let object = library.object(id.object)?.as_ref();
        Some(Self { series, stack, index, id, object, image: object.image.as_ref()? })
    }

    /// What may differ from frame to frame.
    pub fn facts(&self) -> &'a FrameFacts {
        self.image.facts(self.id.frame)
    }

    /// Size and pixel shape.
    pub fn grid(&self) -> PixelGrid {
        PixelGrid::new(self.image.columns, self.image.rows, &self.facts().spacing)
    }

    /// "CT CHEST image 3 of 275", as it is read aloud.
    pub fn name(&self) -> String {
        let what = [&self.object.modality, &self.object.series_description];
        let what: Vec<&str> = what.into_iter().map(|t| t.trim()).filter(|t| !t.is_empty()).collect();
        format!("{} image {} of {}", what.join(" "), self.index + 1, self.stack.frames.len())
    }
}
