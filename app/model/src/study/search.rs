//! The search box of the browser.

use super::{Patient, Series, Study};
use crate::text;

/// Words that must all be found, in any order and case, in what is known of a series, its study and its patient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    words: Vec<String>,
}

impl Query {
    /// From what was typed.
    pub fn new(typed: &str) -> Self {
        Self { words: typed.split_whitespace().map(str::to_lowercase).collect() }
    }

    /// Whether everything matches.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a series is to be listed.
    pub fn matches(&self, patient: &Patient, study: &Study, series: &Series) -> bool {
        if self.is_empty() {
            return true;
        }
        let fields = [
            &patient.name,
            &text::person_name(&patient.name),
            &patient.id,
            &study.description,
            &study.accession,
            &study.date,
            &text::date(&study.date),
            &series.description,
            &series.modality,
            &series.body_part,
        ];
        let kinds = series.others.iter().map(|o| o.what.as_str());
        let mut hay = fields.map(String::as_str).join("\n");
        kinds.for_each(|kind| {
            hay.push('\n');
            hay.push_str(kind);
        });
        let hay = hay.to_lowercase();
        self.words.iter().all(|word| hay.contains(word))
    }
}
