//! The one way a command fails: a single line for a person.

use std::fmt;

/// Why a command did not produce its whole output: what happened, where, and what to do, as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(String);

/// What every command returns.
pub type Outcome = Result<(), Failure>;

impl Failure {
    /// A failure that says `sentence`. Line breaks and other control characters in it, which a hostile file can put into names,
    /// become spaces, so that one failure stays one line and cannot steer a terminal.
    pub fn new(sentence: impl fmt::Display) -> Self {
        let raw = sentence.to_string();
        let words: Vec<&str> = raw.split(|c: char| c.is_control() || c.is_whitespace()).filter(|w| !w.is_empty()).collect();
        Self(words.join(" "))
    }

    /// A failure that concerns one file: its name comes first.
    pub fn at(file: &std::path::Path, sentence: impl fmt::Display) -> Self {
        Self::new(format_args!("{}: {sentence}", file.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_one_line_whatever_a_file_says() {
        let f = Failure::at(std::path::Path::new("a\nb.dcm"), "bad\r\n  name \u{1b}[2J\tthere");
        assert_eq!(f.to_string(), "a b.dcm: bad name [2J there");
    }
}
