//! A state in force for one frame.

use super::annotation::Ruler;
use super::{Annotations, Mark, Presentation, PresentationChoice, PresentationLut, Transforms};
use crate::display::{Display, Modality, Voi};
use crate::frame::ObjectId;
use crate::image::ImageHeader;
use crate::viewport::{Affine, Camera, PixelGrid, Zoom};

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

    fn annotations(&self) -> impl Iterator<Item = &'a Annotations> {
        let (instance, frame) = (self.instance, self.frame);
        self.transforms.annotations.iter().filter(move |part| part.holds(instance, frame)).map(|part| &part.value)
    }

    /// The annotations of the frame, what is drawn first first.
    pub fn marks(&self, grid: &PixelGrid) -> Vec<Mark<'a>> {
        let mut layers: Vec<_> = self.annotations().collect();
        layers.sort_by_key(|layer| layer.order);
        let ruler = Ruler { grid, image_from_area: self.image_from_area(grid) };
        let drawn = |layer: &'a Annotations| {
            let graphics = layer.graphics.iter().filter_map(move |graphic| ruler.graphic(graphic));
            let notes = layer.notes.iter().filter_map(move |note| ruler.note(note));
            graphics.chain(notes).map(|drawn| Mark { colour: layer.colour, drawn })
        };
        layers.into_iter().flat_map(drawn).collect()
    }

    /// From parts of the displayed area as the state wants it to be seen, turned and flipped.
    fn image_from_area(&self, grid: &PixelGrid) -> Affine {
        let mut camera = self.camera(grid);
        camera.zoom = self.area().map_or(Zoom::Fit, |area| Zoom::Area(std::array::from_fn(|i| area.to[i] - area.from[i])));
        let size = camera.natural_size(grid);
        let map = camera.image_from_view(grid, size);
        let ([right, down], Affine { xx, xy, yx, yy, .. }) = (size, map);
        Affine { xx: xx * right, xy: xy * down, yx: yx * right, yy: yy * down, ..map }
    }

    /// Everything of the state that is not to be seen where its annotations are drawn, or are not, in words: "2 annotations". Empty
    /// when the picture is all that the state asks for.
    pub fn not_shown(&self, grid: &PixelGrid, annotated: bool) -> Vec<String> {
        let missing = self.annotations().map(|part| if annotated { part.missing } else { part.len() });
        let annotations = match missing.fold(0, usize::saturating_add) {
            0 => None,
            1 => Some("1 annotation".to_owned()),
            n => Some(format!("{n} annotations")),
        };
        let followed = self.area().map(|area| area.not_followed(grid)).unwrap_or_default();
        annotations.into_iter().chain(followed).chain(self.transforms.not_shown.iter().cloned()).collect()
    }
}
