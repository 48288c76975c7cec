//! What panels ask of the application. Panels only look and ask; [`super::execute`] is the one place that acts.

use lightbox_model::command::Command;
use lightbox_model::display::PseudoColour;
use lightbox_model::presentation::PresentationChoice;
use lightbox_model::study::SeriesKey;
use lightbox_model::viewport::VoiChoice;
use lightbox_model::{FrameId, ObjectId};
use std::path::PathBuf;

/// What one frame of the user interface asks for, in order.
pub type Intents = Vec<Intent>;

/// One wish.
#[derive(Clone, Debug)]
pub enum Intent {
    /// What a key, menu or palette entry does.
    Run(Command),
    /// Open these files and folders beside what is open.
    Open(Vec<PathBuf>),
    /// Show a stack of a series, in a viewport or in the active one.
    Show {
        /// Which series.
        series: SeriesKey,
        /// Which of its stacks.
        stack: usize,
        /// Where; the active viewport if `None`.
        slot: Option<usize>,
    },
    /// Mark a series in the browser: it is decoded before others that nobody looks at.
    Select(SeriesKey),
    /// Make a viewport the active one.
    Activate(usize),
    /// Let a viewport fill the area, or give the others their place again.
    ToggleMaximised(usize),
    /// Show image `index` of the stack in a viewport.
    Jump {
        /// The viewport.
        slot: usize,
        /// From 0.
        index: usize,
    },
    /// Use another window in a viewport; `undoable` on the first step of a drag.
    Window {
        /// The viewport.
        slot: usize,
        /// Which window.
        voi: VoiChoice,
        /// Keep what was before.
        undoable: bool,
        /// Shown for a moment in the viewport: the name of a preset.
        say: Option<String>,
    },
    /// Look afresh, by a presentation state or by none.
    Presentation {
        /// The viewport.
        slot: usize,
        /// Which state.
        choice: PresentationChoice,
    },
    /// Colours for a grey picture.
    PseudoColour {
        /// The viewport.
        slot: usize,
        /// The palette, or grey.
        palette: Option<PseudoColour>,
    },
    /// Images a second of a running cine.
    CineRate {
        /// The viewport.
        slot: usize,
        /// Images a second.
        rate: f64,
    },
    /// Decode a frame that failed once more.
    Retry(FrameId),
    /// Read the data set of an object for the inspector.
    Tags(ObjectId),
    /// Somebody dragged in a viewport: the line of mouse help has done its work.
    MouseHelpDone,
    /// Take the lengths off an image.
    ClearLengths(FrameId),
}
