//! A state in force for one frame.

use super::{Presentation, PresentationChoice, PresentationLut, Transforms};
use crate::display::{Display, Modality, Voi};
use crate::frame::ObjectId;
use crate::image::ImageHeader;
use crate::viewport::{Camera, PixelGrid};

/// A state together with the frame that it is applied to.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    /// The state.
    pub state: &'a Presentation,
    /// Its object.
    pub object: ObjectId,
    transforms: &'a Transforms,
    instance: &'a str,
    frame: u32,
}

impl<'a> Applied<'a> {
    /// The one of `states` (newest first) that `choice` puts in force for frame `frame` (from 0) of the image `instance`; `None` for none.
    pub fn choose(
        states: impl IntoIterator<Item = (ObjectId, &'a Presentation)>,
        choice: PresentationChoice,
        image: &ImageHeader,
        instance: &'a str,
        frame: u32,
    ) -> Option<Self> {
        if choice == PresentationChoice::None {
            return None;
        }
        let applied = states.into_iter().filter_map(|(object, state)| {
            let transforms = state.transforms.as_ref().ok()?;
            let applies = state.references(instance, frame) && state.refusal(image).is_none();
            applies.then_some(Self { state, object, transforms, instance, frame })
        });
        let mut newest = None;
        for applied in applied {
            if choice == PresentationChoice::State(applied.object) {
                return Some(applied);
            }
            newest.get_or_insert(applied);
        }
        newest
    }

    /// The transform from stored to modality values.
    pub fn modality(&self) -> &'a Modality {
        &self.transforms.modality
    }

    /// The first usable window or LUT for the frame; without one the stage is the identity: the whole range of modality values.
    pub fn voi(&self, image: &ImageHeader) -> Voi {
        let items = self.transforms.voi.iter().filter(|item| item.holds(self.instance, self.frame));
        let usable = items.flat_map(|item| &item.value).find(|voi| voi.is_valid());
        usable.cloned().unwrap_or_else(|| Voi::identity(image, self.modality()))
    }

    /// Where the picture lies before anyone moves it.
    pub fn camera(&self, grid: &PixelGrid) -> Camera {
        let mut camera = Camera { rotation: self.transforms.quarter_turns % 4, ..Camera::default() };
        if self.transforms.flip {
            camera.flip_horizontal();
        }
        if let Some(area) = self.area() {
            (camera.zoom, camera.pan) = area.zoom(grid);
        }
        camera
    }

    fn area(&self) -> Option<&'a super::DisplayedArea> {
        self.transforms.areas.iter().find(|area| area.holds(self.instance, self.frame)).map(|area| &area.value)
    }

    /// Puts the grey scale in force: the state decides polarity, whatever the Photometric Interpretation of the image (PS3.4 N.2.1.4).
    pub fn present(&self, display: &mut Display) {
        display.modality = self.modality().clone();
        display.inverse = self.transforms.lut == PresentationLut::Inverse;
        display.presentation = match &self.transforms.lut {
            PresentationLut::Table(lut) => Some(lut.clone()),
            PresentationLut::Identity | PresentationLut::Inverse => None,
        };
    }

    /// Whether overlay planes of the image are drawn: a state says which, and those it does not name are off (C.11.7).
    pub fn draws_overlays(&self) -> bool {
        self.transforms.overlays
    }

    /// Everything of the state that is not to be seen, in words: "2 annotations". Empty when the picture is all that the state asks for.
    pub fn not_shown(&self, grid: &PixelGrid) -> Vec<String> {
        let of_frame = self.transforms.annotations.iter().filter(|a| a.holds(self.instance, self.frame));
        let annotations = match of_frame.fold(0usize, |sum, a| sum.saturating_add(a.value)) {
            0 => None,
            1 => Some("1 annotation".to_owned()),
            n => Some(format!("{n} annotations")),
        };
        let followed = self.area().map(|area| area.not_followed(grid)).unwrap_or_default();
        annotations.into_iter().chain(followed).chain(self.transforms.not_shown.iter().cloned()).collect()
    }
}
