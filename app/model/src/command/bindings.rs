//! Which keys do what: defaults, changes by the user, conflicts.

use super::{Chord, Command};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A chord that already does something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is already the key for \"{}\"", chord.label(), command.name())]
pub struct Conflict {
    /// The chord in question.
    pub chord: Chord,
    /// What it does.
    pub command: Command,
}

/// Keys of every command. Saved as what differs from the defaults, so that commands of later versions bring theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Saved", from = "Saved")]
pub struct Bindings {
    changed: BTreeMap<Command, Vec<Chord>>,
}

/// Command id to chords by name.
type Saved = BTreeMap<String, Vec<String>>;

impl Bindings {
    /// Keys of a command.
    pub fn keys(&self, command: Command) -> &[Chord] {
        self.changed.get(&command).map_or(command.default_keys(), Vec::as_slice)
    }

    /// What a chord does. Of several commands with the same chord the first in [`Command::ALL`].
    pub fn command(&self, chord: Chord) -> Option<Command> {
        Command::ALL.iter().copied().find(|&c| self.keys(c).contains(&chord))
    }

    /// The first key of a command for tooltips: "Ctrl+K". Empty without one.
    pub fn label(&self, command: Command) -> String {
        self.keys(command).first().map(Chord::label).unwrap_or_default()
    }

    /// Adds a key to a command.
    ///
    /// # Errors
    /// [`Conflict`] if the chord does something else; see [`Bindings::take`].
    pub fn bind(&mut self, command: Command, chord: Chord) -> Result<(), Conflict> {
        match self.command(chord) {
            Some(other) if other != command => Err(Conflict { chord, command: other }),
            Some(_) => Ok(()),
            None => {
                let mut keys = self.keys(command).to_vec();
                keys.push(chord);
                self.set(command, keys);
                Ok(())
            }
        }
    }

    /// Adds a key to a command and takes it from whatever had it.
    pub fn take(&mut self, command: Command, chord: Chord) {
        for &other in Command::ALL {
            if other != command {
                self.unbind(other, chord);
            }
        }
        if !self.keys(command).contains(&chord) {
            let mut keys = self.keys(command).to_vec();
            keys.push(chord);
            self.set(command, keys);
        }
    }

    /// Removes a key from a command.
    pub fn unbind(&mut self, command: Command, chord: Chord) {
        if self.keys(command).contains(&chord) {
            let keys = self.keys(command).iter().copied().filter(|&k| k != chord).collect();
            self.set(command, keys);
        }
    }

    /// Gives a command its default keys, taking them from whatever has them.
    pub fn reset(&mut self, command: Command) {
        self.changed.remove(&command);
        for &chord in command.default_keys() {
            self.take(command, chord);
        }
    }

    fn set(&mut self, command: Command, keys: Vec<Chord>) {
        if keys == command.default_keys() {
            self.changed.remove(&command);
        } else {
            self.changed.insert(command, keys);
        }
    }

    /// Every chord that more than one command has, with those commands: settings edited by hand may hold some.
    pub fn conflicts(&self) -> Vec<(Chord, Vec<Command>)> {
        let mut users: BTreeMap<Chord, Vec<Command>> = BTreeMap::new();
        for &command in Command::ALL {
            for &chord in self.keys(command) {
                let commands = users.entry(chord).or_default();
                if !commands.contains(&command) {
                    commands.push(command);
                }
            }
        }
        users.into_iter().filter(|(_, commands)| commands.len() > 1).collect()
    }
}

impl From<Bindings> for Saved {
    fn from(bindings: Bindings) -> Self {
        let names = |keys: Vec<Chord>| keys.into_iter().map(String::from).collect();
        bindings.changed.into_iter().map(|(command, keys)| (command.id().to_string(), names(keys))).collect()
    }
}

impl From<Saved> for Bindings {
    /// Commands and keys that are unknown here (of another version, or misspelt) are left out; the rest holds.
    fn from(saved: Saved) -> Self {
        let mut bindings = Self::default();
        for (id, names) in saved {
            if let Some(command) = Command::from_id(&id) {
                bindings.set(command, names.iter().filter_map(|n| n.parse().ok()).collect());
            }
        }
        bindings
    }
}
