//! The icon set: code points of the Phosphor font in assets/icons (regular weight), under Phosphor's own names.
#![allow(missing_docs)] // each name is its picture

/// Plus.
pub const ARROWS_CLOCKWISE: char = '\u{E094}';
pub const ARROWS_OUT: char = '\u{E0A2}';
pub const ARROW_CLOCKWISE: char = '\u{E036}';
pub const ARROW_COUNTER_CLOCKWISE: char = '\u{E038}';
pub const ARROW_U_UP_LEFT: char = '\u{E08A}';
pub const ARROW_U_UP_RIGHT: char = '\u{E08C}';
pub const CARET_DOWN: char = '\u{E136}';
pub const CARET_RIGHT: char = '\u{E13A}';
pub const CIRCLE_HALF_TILT: char = '\u{E18E}';
pub const CLOCK_COUNTER_CLOCKWISE: char = '\u{E1A0}';
pub const COMMAND: char = '\u{E1C4}';
pub const COPY: char = '\u{E1CA}';
pub const CORNERS_OUT: char = '\u{E1D0}';
pub const FILE: char = '\u{E230}';
pub const FILE_TEXT: char = '\u{E23A}';
pub const FLASK: char = '\u{E79E}';
pub const FLIP_HORIZONTAL: char = '\u{ED6A}';
pub const FLIP_VERTICAL: char = '\u{ED6C}';
pub const FOLDER_OPEN: char = '\u{E256}';
pub const FRAME_CORNERS: char = '\u{E626}';
pub const GEAR_SIX: char = '\u{E272}';
pub const GRID_FOUR: char = '\u{E296}';
pub const GRID_NINE: char = '\u{EC8C}';
pub const HAND: char = '\u{E298}';
pub const IMAGE_BROKEN: char = '\u{E7A8}';
pub const INFO: char = '\u{E2CE}';
pub const MAGNIFYING_GLASS: char = '\u{E30C}';
pub const MOUSE_SCROLL: char = '\u{E332}';
pub const NUMBER_SQUARE_ONE: char = '\u{E36C}';
pub const PAUSE: char = '\u{E39E}';
pub const PLAY: char = '\u{E3D0}';
pub const PLUS: char = '\u{E3D4}';
pub const QUESTION: char = '\u{E3E8}';
pub const RULER: char = '\u{E6B8}';
pub const SELECTION_INVERSE: char = '\u{E744}';
pub const SIDEBAR_SIMPLE: char = '\u{EC24}';
pub const SLIDERS_HORIZONTAL: char = '\u{E434}';
pub const SQUARE: char = '\u{E45E}';
pub const SQUARE_SPLIT_HORIZONTAL: char = '\u{E870}';
pub const STACK: char = '\u{E466}';
pub const TRASH: char = '\u{E4A6}';
pub const WARNING: char = '\u{E4E0}';
pub const WARNING_CIRCLE: char = '\u{E4E2}';
pub const X: char = '\u{E4F6}';
