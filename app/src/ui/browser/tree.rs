//! The lines of the browser, made again only when something was added or the search changed.

use lightbox_model::study::{Library, PatientKey, Query, SeriesKey, StudyKey};

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Branch {
    /// A patient.
    Patient(PatientKey),
    /// One of the patient's studies.
    Study(StudyKey),
    /// One of the study's series.
    Series(SeriesKey),
    /// One of several stacks of the series before.
    Stack(SeriesKey, usize),
    /// An object of the series that is no image.
    Other(SeriesKey, usize),
    /// An image that cannot be shown.
    Unreadable(SeriesKey, usize),
    /// Above what could not be read at all.
    DamagedHeading,
    /// A file that could not be read.
    Damaged(usize),
}

impl Branch {
    /// Depth in the tree.
    pub fn depth(self) -> u8 {
        match self {
            Self::Patient(_) | Self::DamagedHeading => 0,
            Self::Study(_) | Self::Damaged(_) => 1,
            Self::Series(_) => 2,
            Self::Stack(..) | Self::Other(..) | Self::Unreadable(..) => 3,
        }
    }
}

/// All lines, and what they were made from.
#[derive(Default)]
pub struct Tree {
    /// From top to bottom.
    pub branches: Vec<Branch>,
    made_from: Option<(u64, String)>,
}

impl Tree {
    /// Makes the lines again if needed.
    pub fn update(&mut self, library: &Library, query: &str) {
        let from = (library.revision(), query.to_owned());
        if self.made_from.as_ref() == Some(&from) {
            return;
        }
        self.branches = branches(library, &Query::new(query));
        self.made_from = Some(from);
    }
}

fn branches(library: &Library, query: &Query) -> Vec<Branch> {
    let mut lines = Vec::new();
    for patient in library.patients() {
        let before_patient = lines.len();
        lines.push(Branch::Patient(patient.key));
        for study in library.studies_of(patient.key) {
            let before_study = lines.len();
            lines.push(Branch::Study(study.key));
            for series in library.series_of(study.key).into_iter().filter(|s| query.matches(patient, study, s)) {
                if !series.images.is_empty() {
                    lines.push(Branch::Series(series.key));
                }
                let stacks = series.stacks().len();
                lines.extend((0..stacks).filter(|_| stacks > 1).map(|i| Branch::Stack(series.key, i)));
                lines.extend((0..series.others.len()).map(|i| Branch::Other(series.key, i)));
                lines.extend((0..series.unreadable.len()).map(|i| Branch::Unreadable(series.key, i)));
            }
            if lines.len() == before_study + 1 {
                lines.truncate(before_study);
            }
        }
        if lines.len() == before_patient + 1 {
            lines.truncate(before_patient);
        }
    }
    if query.is_empty() && !library.damaged().is_empty() {
        lines.push(Branch::DamagedHeading);
        lines.extend((0..library.damaged().len()).map(Branch::Damaged));
    }
    lines
}
