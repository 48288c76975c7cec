//! Softcopy presentation states (PS3.3 A.33): how somebody wanted images to be seen, kept beside them.
//!
//! A [`Presentation`] is what a state object says; [`Applied`] is one of them in force for one frame.

mod annotation;
mod applied;
mod area;

pub use annotation::{Annotations, Drawn, Graphic, Justification, Mark, Note, Outline, Place, Units};
pub use applied::Applied;
pub use area::{DisplayedArea, SizeMode};

use crate::display::{Lut, Modality, Voi};
use crate::frame::ObjectId;
use crate::image::ImageHeader;
use crate::text;

/// One state object.
#[derive(Clone, Debug, PartialEq)]
pub struct Presentation {
    /// What it is, by the name a person knows: "Grayscale presentation state".
    pub kind: &'static str,
    /// Content Label (0070,0080).
    pub label: String,
    /// Content Description (0070,0081).
    pub description: String,
    /// Presentation Creation Date (0070,0082), DICOM form.
    pub date: String,
    /// Presentation Creation Time (0070,0083), DICOM form.
    pub time: String,
    /// Content Creator's Name (0070,0084), DICOM form.
    pub creator: String,
    /// Referenced Series Sequence (0008,1115): the images that it is about.
    pub images: Vec<ImageReference>,
    /// What it does to them, or the sentence that says why it cannot be applied.
    pub transforms: Result<Transforms, String>,
}

/// An image, or frames of it (PS3.3 table 10-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReference {
    /// Referenced SOP Instance UID (0008,1155).
    pub instance: String,
    /// Referenced Frame Number (0008,1160), here from 0; empty for all frames.
    pub frames: Vec<u32>,
}

/// What holds for some images of a state.
#[derive(Clone, Debug, PartialEq)]
pub struct ForImages<T> {
    /// Empty: for all that the state references.
    pub images: Vec<ImageReference>,
    /// What holds.
    pub value: T,
}

/// What a Grayscale Softcopy Presentation State does to its images (PS3.4 N.2.1), in this order. It replaces what the images say.
#[derive(Clone, Debug, PartialEq)]
pub struct Transforms {
    /// Modality LUT (C.11.1); without one in the state there is none, whatever the image brings (PS3.4 N.2.1.2).
    pub modality: Modality,
    /// Softcopy VOI LUT (C.11.8): windows and LUTs, the first usable counts. Where none is for an image, the stage is the identity.
    pub voi: Vec<ForImages<Vec<Voi>>>,
    /// Softcopy Presentation LUT (C.11.6).
    pub lut: PresentationLut,
    /// Image Rotation (0070,0042): quarter turns clockwise, before the flip.
    pub quarter_turns: u8,
    /// Image Horizontal Flip (0070,0041), after the turn.
    pub flip: bool,
    /// Displayed Area (C.10.4).
    pub areas: Vec<ForImages<DisplayedArea>>,
    /// Graphic annotation (C.10.5).
    pub annotations: Vec<ForImages<Annotations>>,
    /// Some overlay plane of the images is switched on (C.11.7); planes that no state names stay off.
    pub overlays: bool,
    /// What else is not shown, in words: "the display shutter".
    pub not_shown: Vec<String>,
}

/// Output of the VOI transform to P-Values (PS3.3 C.11.6).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum PresentationLut {
    /// Presentation LUT Shape IDENTITY.
    #[default]
    Identity,
    /// Presentation LUT Shape INVERSE.
    Inverse,
    /// Presentation LUT Sequence. Its first input is 0; the whole range of the VOI transform maps onto its entries.
    Table(Lut),
}

/// Which state is in force in a viewport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PresentationChoice {
    /// The newest one for each image.
    #[default]
    Newest,
    /// None: as the images themselves say.
    None,
    /// This one; for images that it is not about, the newest one.
    State(ObjectId),
}

impl ImageReference {
    /// Whether it names a frame (from 0) of an instance.
    pub fn names(&self, instance: &str, frame: u32) -> bool {
        self.instance == instance && (self.frames.is_empty() || self.frames.contains(&frame))
    }
}

impl<T> ForImages<T> {
    /// Whether it holds for a frame of an instance that the state references.
    pub fn holds(&self, instance: &str, frame: u32) -> bool {
        self.images.is_empty() || self.images.iter().any(|image| image.names(instance, frame))
    }
}

impl Presentation {
    /// Whether it is about a frame (from 0) of an instance.
    pub fn references(&self, instance: &str, frame: u32) -> bool {
        self.images.iter().any(|image| image.names(instance, frame))
    }

    /// SOP Instance UIDs of the images that it is about, once for each reference.
    pub fn instances(&self) -> impl Iterator<Item = &str> {
        self.images.iter().map(|image| image.instance.as_str())
    }

    /// Why it cannot be applied to an image, as a sentence; `None` if it can.
    pub fn refusal(&self, image: &ImageHeader) -> Option<String> {
        match &self.transforms {
            Err(why) => Some(why.clone()),
            Ok(_) if !image.format.photometric.is_grey() || image.format.float => {
                Some("It is for grey pictures of whole numbers, and this is none.".into())
            }
            Ok(_) => None,
        }
    }

    /// Content Label, or what it is.
    pub fn name(&self) -> &str {
        if self.label.is_empty() { self.kind } else { &self.label }
    }

    /// When and by whom it was made and what it is for, as one line.
    pub fn origin(&self) -> String {
        let when = [text::date(&self.date), text::time(&self.time)];
        let when = when.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ");
        let parts = [when, text::person_name(&self.creator), self.description.trim().to_owned()];
        parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" \u{b7} ")
    }
}
