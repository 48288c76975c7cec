//! Keys and chords, independent of any toolkit.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! keys {
    ($($key:ident $name:literal $symbol:literal),* $(,)?) => {
        /// A key, by what it types or does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs)]
        pub enum Key { $($key),* }

        impl Key {
            /// Every key.
            pub const ALL: &[Self] = &[$(Self::$key),*];

            /// The name it has in settings: never a "+", never a space.
            pub fn name(self) -> &'static str {
                match self { $(Self::$key => $name),* }
            }

            /// As it is shown to people.
            pub fn symbol(self) -> &'static str {
                match self { $(Self::$key => $symbol),* }
            }
        }
    };
}

keys! {
    A "A" "A", B "B" "B", C "C" "C", D "D" "D", E "E" "E", F "F" "F", G "G" "G", H "H" "H", I "I" "I", J "J" "J", K "K" "K",
    L "L" "L", M "M" "M", N "N" "N", O "O" "O", P "P" "P", Q "Q" "Q", R "R" "R", S "S" "S", T "T" "T", U "U" "U", V "V" "V",
    W "W" "W", X "X" "X", Y "Y" "Y", Z "Z" "Z",
    Digit0 "0" "0", Digit1 "1" "1", Digit2 "2" "2", Digit3 "3" "3", Digit4 "4" "4", Digit5 "5" "5", Digit6 "6" "6",
    Digit7 "7" "7", Digit8 "8" "8", Digit9 "9" "9",
    F1 "F1" "F1", F2 "F2" "F2", F3 "F3" "F3", F4 "F4" "F4", F5 "F5" "F5", F6 "F6" "F6", F7 "F7" "F7", F8 "F8" "F8",
    F9 "F9" "F9", F10 "F10" "F10", F11 "F11" "F11", F12 "F12" "F12",
    Up "Up" "↑", Down "Down" "↓", Left "Left" "←", Right "Right" "→",
    PageUp "PageUp" "PgUp", PageDown "PageDown" "PgDn", Home "Home" "Home", End "End" "End",
    Space "Space" "Space", Escape "Escape" "Esc", Enter "Enter" "Enter", Tab "Tab" "Tab", Backspace "Backspace" "Backspace",
    Delete "Delete" "Del", Insert "Insert" "Ins",
    Plus "Plus" "+", Minus "Minus" "-", Equals "Equals" "=", Question "Question" "?", Slash "Slash" "/", Comma "Comma" ",",
    Period "Period" ".", Semicolon "Semicolon" ";", Quote "Quote" "'", Backtick "Backtick" "`", Backslash "Backslash" "\\",
    OpenBracket "OpenBracket" "[", CloseBracket "CloseBracket" "]",
}

impl Key {
    /// Whether it is a sign whose place on the keyboard, and so whether it takes Shift to type, differs between layouts.
    pub fn is_sign(self) -> bool {
        self >= Self::Plus
    }
}

/// Keys held while another is pressed. `ctrl` is Command on a Mac.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct Modifiers {
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
}

impl Modifiers {
    /// None held.
    pub const NONE: Self = Self { ctrl: false, alt: false, shift: false };
    /// Ctrl.
    pub const CTRL: Self = Self { ctrl: true, ..Self::NONE };
    /// Alt.
    pub const ALT: Self = Self { alt: true, ..Self::NONE };
    /// Shift.
    pub const SHIFT: Self = Self { shift: true, ..Self::NONE };
    /// Ctrl and Shift.
    pub const CTRL_SHIFT: Self = Self { ctrl: true, alt: false, shift: true };

    fn prefix(self) -> impl Iterator<Item = &'static str> {
        [(self.ctrl, "Ctrl+"), (self.alt, "Alt+"), (self.shift, "Shift+")].into_iter().filter(|(on, _)| *on).map(|(_, s)| s)
    }

    /// Takes the leading modifiers off a name like "Ctrl+Shift+O".
    pub(super) fn parse(mut name: &str) -> (Self, &str) {
        let mut modifiers = Self::NONE;
        loop {
            let (held, rest) = match name {
                _ if name.starts_with("Ctrl+") => (&mut modifiers.ctrl, &name[5..]),
                _ if name.starts_with("Alt+") => (&mut modifiers.alt, &name[4..]),
                _ if name.starts_with("Shift+") => (&mut modifiers.shift, &name[6..]),
                _ => return (modifiers, name),
            };
            *held = true;
            name = rest;
        }
    }
}

impl fmt::Display for Modifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.prefix().try_for_each(|part| f.write_str(part))
    }
}

/// A key with modifiers. Written in settings as "Ctrl+Shift+O".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[allow(missing_docs)]
pub struct Chord {
    pub modifiers: Modifiers,
    pub key: Key,
}

impl Chord {
    /// A key with modifiers; Shift is left out of signs, see [`Key::is_sign`].
    pub const fn new(modifiers: Modifiers, key: Key) -> Self {
        let mut chord = Self { modifiers, key };
        // `Key::is_sign` is not const.
        if key as u8 >= Key::Plus as u8 {
            chord.modifiers.shift = false;
        }
        chord
    }

    /// As it is shown to people: "Ctrl+K", "↑".
    pub fn label(&self) -> String {
        format!("{}{}", self.modifiers, self.key.symbol())
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.modifiers, self.key.name())
    }
}

/// No key has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a key; write it like \"Ctrl+Shift+O\" or \"PageUp\"")]
pub struct NoSuchKey(pub String);

impl FromStr for Chord {
    type Err = NoSuchKey;

    fn from_str(name: &str) -> Result<Self, NoSuchKey> {
        let (modifiers, rest) = Modifiers::parse(name);
        let key = Key::ALL.iter().find(|k| k.name() == rest).ok_or_else(|| NoSuchKey(name.to_string()))?;
        Ok(Self::new(modifiers, *key))
    }
}

impl From<Chord> for String {
    fn from(chord: Chord) -> Self {
        chord.to_string()
    }
}

impl TryFrom<String> for Chord {
    type Error = NoSuchKey;

    fn try_from(name: String) -> Result<Self, NoSuchKey> {
        name.parse()
    }
}
