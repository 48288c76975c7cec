//! Everything a person can ask for, once: menus, toolbar, shortcuts, palette, help sheet and tests all read this list.

mod bindings;
mod key;
mod mouse;

pub use bindings::{Bindings, Conflict};
pub use key::{Chord, Key, Modifiers, NoSuchKey};
pub use mouse::{Button, DragAction, Gesture, MouseBindings, WheelAction};

/// Where a command is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Category {
    File,
    Navigate,
    Picture,
    Window,
    Tool,
    Layout,
    Show,
    Help,
}

impl Category {
    /// All, in the order of menus and help.
    pub const ALL: [Self; 8] =
        [Self::File, Self::Navigate, Self::Picture, Self::Window, Self::Tool, Self::Layout, Self::Show, Self::Help];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Navigate => "Navigate",
            Self::Picture => "Picture",
            Self::Window => "Window",
            Self::Tool => "Left mouse button",
            Self::Layout => "Layout",
            Self::Show => "Show",
            Self::Help => "Help",
        }
    }
}

/// Default chords are written as (modifiers, key).
macro_rules! commands {
    ($($command:ident, $id:literal, $category:ident, $name:literal, $about:literal, [$(($modifiers:ident, $key:ident)),*];)*) => {
        /// One thing a person can ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Command { $(#[doc = $about] $command),* }

        impl Command {
            /// Every command, in the order of menus and help.
            pub const ALL: &[Self] = &[$(Self::$command),*];

            /// The name it has in settings; never changes.
            pub fn id(self) -> &'static str {
                match self { $(Self::$command => $id),* }
            }

            /// For menus, tooltips and the palette.
            pub fn name(self) -> &'static str {
                match self { $(Self::$command => $name),* }
            }

            /// One sentence on what it does.
            pub fn description(self) -> &'static str {
                match self { $(Self::$command => $about),* }
            }

            /// Where it is listed.
            pub fn category(self) -> Category {
                match self { $(Self::$command => Category::$category),* }
            }

            /// Keys it has unless they are changed.
            pub fn default_keys(self) -> &'static [Chord] {
                match self { $(Self::$command => const { &[$(Chord::new(Modifiers::$modifiers, Key::$key)),*] }),* }
            }
        }
    };
}

commands! {
    OpenFiles, "open-files", File, "Open files…", "Opens files: images, archives, a DICOMDIR.", [(CTRL, O)];
    OpenFolder, "open-folder", File, "Open folder…", "Opens a folder with everything in it.", [(CTRL_SHIFT, O)];
    OpenDemo, "open-demo", File, "Demo study", "Opens the study that is built in.", [];
    CloseAll, "close-all", File, "Close all", "Closes every study.", [(CTRL, W)];
    Settings, "settings", File, "Settings…", "Opens settings: keys, mouse, memory.", [(CTRL, Comma)];
    Quit, "quit", File, "Quit", "Closes Lightbox.", [(CTRL, Q)];

    NextImage, "next-image", Navigate, "Next image", "Shows the next image of the stack.", [(NONE, Down), (NONE, Right)];
    PreviousImage, "previous-image", Navigate, "Previous image", "Shows the image before.", [(NONE, Up), (NONE, Left)];
    FirstImage, "first-image", Navigate, "First image", "Shows the first image of the stack.", [(NONE, Home)];
    LastImage, "last-image", Navigate, "Last image", "Shows the last image of the stack.", [(NONE, End)];
    NextSeries, "next-series", Navigate, "Next series", "Shows the next stack or series of the study.", [(NONE, PageDown)];
    PreviousSeries, "previous-series", Navigate, "Previous series", "Shows the stack or series before.", [(NONE, PageUp)];
    NextViewport, "next-viewport", Navigate, "Next viewport", "Makes the next viewport the active one.", [(CTRL, Tab)];
    PreviousViewport, "previous-viewport", Navigate, "Previous viewport", "Makes the viewport before the active one.", [(CTRL_SHIFT, Tab)];
    ToggleCine, "cine", Navigate, "Cine", "Plays the stack, or stops it.", [(NONE, C)];
    CineFaster, "cine-faster", Navigate, "Faster cine", "Plays more images a second.", [(NONE, CloseBracket)];
    CineSlower, "cine-slower", Navigate, "Slower cine", "Plays fewer images a second.", [(NONE, OpenBracket)];

    Reset, "reset", Picture, "Reset view", "Undoes window, zoom, pan, turns and flips.", [(NONE, Space), (NONE, Escape)];
    Fit, "fit", Picture, "Fit", "Shows the whole picture as large as it fits.", [(NONE, Equals)];
    OneToOne, "one-to-one", Picture, "Actual pixels", "Shows one pixel of the picture on one of the screen.", [(NONE, Digit0)];
    ZoomIn, "zoom-in", Picture, "Zoom in", "Shows the picture larger.", [(NONE, Plus)];
    ZoomOut, "zoom-out", Picture, "Zoom out", "Shows the picture smaller.", [(NONE, Minus)];
    RotateRight, "rotate-right", Picture, "Rotate right", "Turns the picture clockwise.", [(NONE, R)];
    RotateLeft, "rotate-left", Picture, "Rotate left", "Turns the picture counter-clockwise.", [(NONE, L)];
    FlipHorizontal, "flip-horizontal", Picture, "Flip left to right", "Mirrors the picture left to right.", [(NONE, H)];
    FlipVertical, "flip-vertical", Picture, "Flip top to bottom", "Mirrors the picture top to bottom.", [(NONE, V)];
    ToggleInterpolation, "interpolation", Picture, "Smooth pixels", "Switches between smooth and sharp pixels.", [(NONE, N)];
    Undo, "undo", Picture, "Undo", "Takes back the last change of the view.", [(CTRL, Z)];
    Redo, "redo", Picture, "Redo", "Makes an undone change again.", [(CTRL, Y), (CTRL_SHIFT, Z)];

    Invert, "invert", Window, "Invert", "Swaps black and white.", [(NONE, I)];
    InitialWindow, "initial-window", Window, "Initial window", "Goes back to the window the picture came with.", [(CTRL, Digit0)];
    NextWindow, "next-window", Window, "Next window of the image", "Takes the next window or LUT in the image's header.", [(SHIFT, W)];
    NextPresentation, "next-presentation", Window, "Next presentation state", "Shows the image by its next presentation state, at last by none.", [(NONE, G)];
    NextPalette, "next-palette", Window, "Next palette", "Shows grey pictures in the next colour palette, at last in grey again.", [(SHIFT, P)];
    Preset1, "preset-1", Window, "Preset 1", "Takes the first window preset of the modality.", [(NONE, Digit1)];
    Preset2, "preset-2", Window, "Preset 2", "Takes the second window preset of the modality.", [(NONE, Digit2)];
    Preset3, "preset-3", Window, "Preset 3", "Takes the third window preset of the modality.", [(NONE, Digit3)];
    Preset4, "preset-4", Window, "Preset 4", "Takes the fourth window preset of the modality.", [(NONE, Digit4)];
    Preset5, "preset-5", Window, "Preset 5", "Takes the fifth window preset of the modality.", [(NONE, Digit5)];
    Preset6, "preset-6", Window, "Preset 6", "Takes the sixth window preset of the modality.", [(NONE, Digit6)];
    Preset7, "preset-7", Window, "Preset 7", "Takes the seventh window preset of the modality.", [(NONE, Digit7)];
    Preset8, "preset-8", Window, "Preset 8", "Takes the eighth window preset of the modality.", [(NONE, Digit8)];
    Preset9, "preset-9", Window, "Preset 9", "Takes the ninth window preset of the modality.", [(NONE, Digit9)];

    ToolWindow, "tool-window", Tool, "Window/level", "Left drag changes the window: right is wider.", [(NONE, W)];
    ToolPan, "tool-pan", Tool, "Pan", "Left drag moves the picture.", [(NONE, P)];
    ToolZoom, "tool-zoom", Tool, "Zoom", "Left drag zooms.", [(NONE, Z)];
    ToolScroll, "tool-scroll", Tool, "Scroll", "Left drag goes through the stack.", [(NONE, S)];
    ToolMeasure, "tool-measure", Tool, "Measure", "Left drag measures a length.", [(NONE, M)];

    Layout1x1, "layout-1x1", Layout, "One viewport", "Shows one viewport.", [(CTRL, Digit1)];
    Layout1x2, "layout-1x2", Layout, "Two viewports", "Shows two viewports side by side.", [(CTRL, Digit2)];
    Layout2x2, "layout-2x2", Layout, "Four viewports", "Shows two rows of two viewports.", [(CTRL, Digit3)];
    Layout3x3, "layout-3x3", Layout, "Nine viewports", "Shows three rows of three viewports.", [(CTRL, Digit4)];
    ToggleMaximise, "maximise", Layout, "Maximise", "Shows the active viewport alone, or all again.", [(NONE, F)];
    ToggleFullScreen, "full-screen", Layout, "Full screen", "Uses the whole screen.", [(NONE, F11)];

    ToggleBrowser, "browser", Show, "Browser", "Shows or hides the list of studies.", [(NONE, B)];
    ToggleInspector, "inspector", Show, "Inspector", "Shows or hides window, facts and tags.", [(SHIFT, I)];
    ToggleText, "text", Show, "Text on the picture", "Shows or hides the text in the corners.", [(NONE, T)];
    ToggleOverlays, "overlays", Show, "Overlays", "Shows or hides overlay planes and annotations. A shutter always stays shut.", [(NONE, O)];
    FindSeries, "find-series", Show, "Find series", "Goes to the search box of the browser.", [(CTRL, F)];

    Palette, "palette", Help, "Command palette", "Finds and runs any command by name.", [(CTRL, K)];
    Shortcuts, "shortcuts", Help, "All shortcuts", "Shows every key and mouse gesture.", [(NONE, Question), (NONE, F1)];
    About, "about", Help, "About Lightbox", "Says what Lightbox is and what it must not be used for.", [];
}

impl Command {
    /// The command of this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.id() == id)
    }

    /// Which preset (from 0) the command takes, if it is one of [`Command::Preset1`] to [`Command::Preset9`].
    pub fn preset(self) -> Option<usize> {
        let n = (self as usize).checked_sub(Self::Preset1 as usize)?;
        (n < 9).then_some(n)
    }

    /// What left drag does after the command, if it chooses a tool.
    pub fn tool(self) -> Option<DragAction> {
        Some(match self {
            Self::ToolWindow => DragAction::WindowLevel,
            Self::ToolPan => DragAction::Pan,
            Self::ToolZoom => DragAction::Zoom,
            Self::ToolScroll => DragAction::Scroll,
            Self::ToolMeasure => DragAction::Measure,
            _ => return None,
        })
    }

    /// Commands that a typed text finds by name, best first: names that start with it, then names with a word that does, then those
    /// that hold it anywhere, then those whose description does. All of them for an empty text.
    pub fn find(typed: &str) -> Vec<Self> {
        let typed = typed.trim().to_lowercase();
        let rank = |command: &Self| {
            let name = command.name().to_lowercase();
            if name.starts_with(&typed) {
                Some(0)
            } else if name.split([' ', '/']).any(|word| word.starts_with(&typed)) {
                Some(1)
            } else if name.contains(&typed) {
                Some(2)
            } else {
                command.description().to_lowercase().contains(&typed).then_some(3)
            }
        };
        let mut found: Vec<_> = Self::ALL.iter().filter_map(|c| Some((rank(c)?, *c))).collect();
        found.sort();
        found.into_iter().map(|(_, c)| c).collect()
    }
}
