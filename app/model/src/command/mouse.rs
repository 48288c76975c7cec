//! What mouse buttons and the wheel do.

use super::Modifiers;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A mouse button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Button {
    Left,
    Middle,
    Right,
}

/// What dragging does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum DragAction {
    WindowLevel,
    Pan,
    Zoom,
    Scroll,
    Measure,
}

impl DragAction {
    /// All, in the order of the toolbar.
    pub const ALL: [Self; 5] = [Self::WindowLevel, Self::Pan, Self::Zoom, Self::Scroll, Self::Measure];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::WindowLevel => "Window/level",
            Self::Pan => "Pan",
            Self::Zoom => "Zoom",
            Self::Scroll => "Scroll",
            Self::Measure => "Measure",
        }
    }
}

/// What the wheel does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum WheelAction {
    Scroll,
    /// Ten images at a time.
    ScrollFast,
    /// At the pointer.
    Zoom,
}

impl WheelAction {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scroll => "Scroll",
            Self::ScrollFast => "Scroll ten images at a time",
            Self::Zoom => "Zoom at the pointer",
        }
    }
}

/// A button with modifiers. Written in settings as "Ctrl+Left".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[allow(missing_docs)]
pub struct Gesture {
    pub modifiers: Modifiers,
    pub button: Button,
}

impl Gesture {
    /// A button with modifiers.
    pub const fn new(modifiers: Modifiers, button: Button) -> Self {
        Self { modifiers, button }
    }
}

impl fmt::Display for Gesture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let button = match self.button {
            Button::Left => "Left",
            Button::Middle => "Middle",
            Button::Right => "Right",
        };
        write!(f, "{}{button}", self.modifiers)
    }
}

impl FromStr for Gesture {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let (modifiers, rest) = Modifiers::parse(name);
        let button = match rest {
            "Left" => Button::Left,
            "Middle" => Button::Middle,
            "Right" => Button::Right,
            _ => return Err(format!("\"{name}\" is not a mouse button; write it like \"Ctrl+Left\"")),
        };
        Ok(Self { modifiers, button })
    }
}

impl From<Gesture> for String {
    fn from(gesture: Gesture) -> Self {
        gesture.to_string()
    }
}

impl TryFrom<String> for Gesture {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

/// What each gesture does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MouseBindings {
    /// Dragging with a button held.
    pub drag: BTreeMap<Gesture, DragAction>,
    /// The wheel alone.
    pub wheel: WheelAction,
    /// The wheel with Ctrl held, and a pinch.
    pub ctrl_wheel: WheelAction,
    /// The wheel with Shift held.
    pub shift_wheel: WheelAction,
    /// Dragging up while windowing makes the picture brighter (lowers the centre); otherwise darker.
    pub up_is_brighter: bool,
}

impl Default for MouseBindings {
    /// Radiology: left window/level, middle pan, right zoom, wheel scroll, Ctrl+wheel zoom.
    fn default() -> Self {
        let drag = [
            (Gesture::new(Modifiers::NONE, Button::Left), DragAction::WindowLevel),
            (Gesture::new(Modifiers::NONE, Button::Middle), DragAction::Pan),
            (Gesture::new(Modifiers::NONE, Button::Right), DragAction::Zoom),
            (Gesture::new(Modifiers::CTRL, Button::Left), DragAction::Pan),
            (Gesture::new(Modifiers::SHIFT, Button::Left), DragAction::Measure),
        ];
        Self {
            drag: drag.into(),
            wheel: WheelAction::Scroll,
            ctrl_wheel: WheelAction::Zoom,
            shift_wheel: WheelAction::ScrollFast,
            up_is_brighter: true,
        }
    }
}

impl MouseBindings {
    /// Slides: left pan, wheel zoom at the pointer.
    pub fn slides() -> Self {
        let mut bindings = Self { wheel: WheelAction::Zoom, ctrl_wheel: WheelAction::Scroll, ..Self::default() };
        bindings.set_tool(DragAction::Pan);
        bindings
    }

    /// What dragging with `button` does while `modifiers` are held. With modifiers that mean nothing it does what it does without.
    pub fn drag_action(&self, button: Button, modifiers: Modifiers) -> Option<DragAction> {
        let action = |modifiers| self.drag.get(&Gesture { modifiers, button }).copied();
        action(modifiers).or_else(|| action(Modifiers::NONE))
    }

    /// What the wheel does while `modifiers` are held.
    pub fn wheel_action(&self, modifiers: Modifiers) -> WheelAction {
        match modifiers {
            Modifiers { ctrl: true, .. } => self.ctrl_wheel,
            Modifiers { shift: true, .. } => self.shift_wheel,
            _ => self.wheel,
        }
    }

    /// What plain left drag does: the chosen tool.
    pub fn tool(&self) -> Option<DragAction> {
        self.drag_action(Button::Left, Modifiers::NONE)
    }

    /// Chooses what plain left drag does.
    pub fn set_tool(&mut self, action: DragAction) {
        self.drag.insert(Gesture::new(Modifiers::NONE, Button::Left), action);
    }
}
