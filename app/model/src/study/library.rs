//! Everything that was opened.

use super::{Listed, ObjectHeader, ObjectKind, Patient, PatientKey, Query, Series, SeriesKey, Study, StudyKey};
use crate::frame::{FrameId, ObjectId};
use crate::image::ImageHeader;
use crate::presentation::{Applied, Presentation, PresentationChoice};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Where an object went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// A stack of this series has new frames.
    Image(SeriesKey),
    /// Listed in this series: no image, or one that cannot be shown.
    Listed(SeriesKey),
    /// This series already has an instance of the same SOP Instance UID; the first one stays.
    Duplicate(SeriesKey),
    /// Damaged: listed with its reason in [`Library::damaged`].
    Damaged,
}

/// Patients, studies and series, growing while a scan runs. Adding is cheap; a series is sorted when its stacks are asked for.
#[derive(Debug, Default)]
pub struct Library {
    patients: Vec<Patient>,
    studies: Vec<Study>,
    series: Vec<Series>,
    damaged: Vec<Listed>,
    objects: HashMap<ObjectId, (Arc<ObjectHeader>, SeriesKey)>,
    instances: HashMap<(SeriesKey, String), ObjectId>,
    /// Presentation states by the SOP Instance UID of the images that they are about.
    presentations: HashMap<String, Vec<ObjectId>>,
    patient_keys: HashMap<(String, String), PatientKey>,
    study_keys: HashMap<(PatientKey, String), StudyKey>,
    series_keys: HashMap<(StudyKey, String), SeriesKey>,
    revision: u64,
}

impl Library {
    /// Adds one object.
    pub fn insert(&mut self, object: impl Into<Arc<ObjectHeader>>) -> Inserted {
        let object = object.into();
        self.revision += 1;
        if let ObjectKind::Damaged(why) = &object.kind {
            self.damaged.push(listed(&object, why));
            return Inserted::Damaged;
        }
        let patient = self.patient_key(&object);
        let study = self.study_key(patient, &object);
        let key = self.series_key(study, &object);
        let series = &mut self.series[key.0 as usize];
        if !object.sop_instance.is_empty() {
            let first = *self.instances.entry((key, object.sop_instance.clone())).or_insert(object.id);
            if first != object.id {
                series.duplicates.push(listed(&object, "A further copy of an instance that is already open"));
                return Inserted::Duplicate(key);
            }
        }
        self.objects.insert(object.id, (object.clone(), key));
        for instance in object.presentation.iter().flat_map(|state| state.instances()) {
            let states = self.presentations.entry(instance.to_owned()).or_default();
            if states.last() != Some(&object.id) {
                states.push(object.id);
            }
        }
        let image = object.image.as_deref();
        match (&object.kind, image.map(|i| i.defect.as_deref())) {
            (ObjectKind::Image, Some(None)) => {
                series.images.push(object);
                series.sorted = OnceLock::new();
                return Inserted::Image(key);
            }
            (ObjectKind::Image, Some(Some(defect))) => series.unreadable.push(listed(&object, defect)),
            (ObjectKind::Image, None) => series.unreadable.push(listed(&object, "The image attributes are missing")),
            (ObjectKind::Other(what), _) | (ObjectKind::Damaged(what), _) => series.others.push(listed(&object, what)),
        }
        Inserted::Listed(key)
    }

    /// Lists something that could not even be opened, with the reason.
    pub fn insert_unread(&mut self, origin: String, what: String) {
        self.revision += 1;
        self.damaged.push(Listed { object: None, origin, what });
    }

    fn patient_key(&mut self, object: &ObjectHeader) -> PatientKey {
        let name = object.patient_name.trim_matches([' ', '^']).to_lowercase();
        let identity = (object.patient_id.trim().to_string(), name);
        let key = PatientKey(self.patients.len() as u32);
        let key = *self.patient_keys.entry(identity).or_insert(key);
        if key.0 as usize == self.patients.len() {
            self.patients.push(Patient {
                key,
                name: object.patient_name.clone(),
                id: object.patient_id.trim().to_string(),
                birth_date: String::new(),
                sex: String::new(),
                studies: Vec::new(),
            });
        }
        let patient = &mut self.patients[key.0 as usize];
        fill(&mut patient.birth_date, &object.birth_date);
        fill(&mut patient.sex, &object.sex);
        key
    }

    fn study_key(&mut self, patient: PatientKey, object: &ObjectHeader) -> StudyKey {
        let key = StudyKey(self.studies.len() as u32);
        let key = *self.study_keys.entry((patient, object.study_uid.clone())).or_insert(key);
        if key.0 as usize == self.studies.len() {
            self.studies.push(Study {
                key,
                patient,
                uid: object.study_uid.clone(),
                date: String::new(),
                time: String::new(),
                description: String::new(),
                accession: String::new(),
                series: Vec::new(),
            });
            self.patients[patient.0 as usize].studies.push(key);
        }
        let study = &mut self.studies[key.0 as usize];
        fill(&mut study.date, &object.study_date);
        fill(&mut study.time, &object.study_time);
        fill(&mut study.description, &object.study_description);
        fill(&mut study.accession, &object.accession);
        key
    }

    fn series_key(&mut self, study: StudyKey, object: &ObjectHeader) -> SeriesKey {
        // Without a UID nothing says that two objects belong together.
        let uid = if object.series_uid.is_empty() { format!("of {}", object.origin) } else { object.series_uid.clone() };
        let key = SeriesKey(self.series.len() as u32);
        let key = *self.series_keys.entry((study, uid)).or_insert(key);
        if key.0 as usize == self.series.len() {
            self.series.push(Series {
                key,
                study,
                uid: object.series_uid.clone(),
                number: None,
                description: String::new(),
                modality: String::new(),
                body_part: String::new(),
                images: Vec::new(),
                others: Vec::new(),
                unreadable: Vec::new(),
                duplicates: Vec::new(),
                sorted: OnceLock::new(),
            });
            self.studies[study.0 as usize].series.push(key);
        }
        let series = &mut self.series[key.0 as usize];
        series.number = series.number.or(object.series_number);
        fill(&mut series.description, &object.series_description);
        fill(&mut series.modality, &object.modality);
        fill(&mut series.body_part, &object.body_part);
        key
    }

    /// Changes whenever something was added.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether nothing was opened yet.
    pub fn is_empty(&self) -> bool {
        self.revision == 0
    }

    /// What could not be read, with the reason.
    pub fn damaged(&self) -> &[Listed] {
        &self.damaged
    }

    /// A patient by number.
    pub fn patient(&self, key: PatientKey) -> Option<&Patient> {
        self.patients.get(key.0 as usize)
    }

    /// A study by number.
    pub fn study(&self, key: StudyKey) -> Option<&Study> {
        self.studies.get(key.0 as usize)
    }

    /// A series by number.
    pub fn series(&self, key: SeriesKey) -> Option<&Series> {
        self.series.get(key.0 as usize)
    }

    /// The first series with this Series Instance UID.
    pub fn series_by_uid(&self, uid: &str) -> Option<&Series> {
        self.series.iter().find(|s| s.uid == uid)
    }

    /// Study and patient of a series.
    pub fn context(&self, key: SeriesKey) -> Option<(&Patient, &Study, &Series)> {
        let series = self.series(key)?;
        let study = self.study(series.study)?;
        Some((self.patient(study.patient)?, study, series))
    }

    /// All patients, by name and ID.
    pub fn patients(&self) -> Vec<&Patient> {
        let mut patients: Vec<_> = self.patients.iter().collect();
        patients.sort_by_cached_key(|p| (p.name.to_lowercase(), p.id.clone(), p.key));
        patients
    }

    /// Studies of a patient, newest first.
    pub fn studies_of(&self, patient: PatientKey) -> Vec<&Study> {
        let keys = self.patient(patient).map_or(&[][..], |p| &p.studies);
        let mut studies: Vec<_> = keys.iter().filter_map(|&k| self.study(k)).collect();
        studies.sort_by(|a, b| (&b.date, &b.time).cmp(&(&a.date, &a.time)).then(a.key.cmp(&b.key)));
        studies
    }

    /// Series of a study, by Series Number; those without one last.
    pub fn series_of(&self, study: StudyKey) -> Vec<&Series> {
        let keys = self.study(study).map_or(&[][..], |s| &s.series);
        let mut series: Vec<_> = keys.iter().filter_map(|&k| self.series(k)).collect();
        series.sort_by_key(|s| (s.number.is_none(), s.number, s.key));
        series
    }

    /// All series in the order of the browser.
    pub fn all_series(&self) -> Vec<&Series> {
        let studies = self.patients().into_iter().flat_map(|p| self.studies_of(p.key));
        studies.flat_map(|s| self.series_of(s.key)).collect()
    }

    /// Series that a search leaves, in the order of the browser.
    pub fn search(&self, query: &Query) -> Vec<SeriesKey> {
        let found = |s: &&Series| self.context(s.key).is_some_and(|(p, st, s)| query.matches(p, st, s));
        self.all_series().into_iter().filter(found).map(|s| s.key).collect()
    }

    /// An object that is an image or listed in a series.
    pub fn object(&self, id: ObjectId) -> Option<&Arc<ObjectHeader>> {
        self.objects.get(&id).map(|(object, _)| object)
    }

    /// The image header of an object.
    pub fn image(&self, id: ObjectId) -> Option<&Arc<ImageHeader>> {
        self.object(id)?.image.as_ref()
    }

    /// The series an object belongs to.
    pub fn series_with(&self, id: ObjectId) -> Option<SeriesKey> {
        self.objects.get(&id).map(|&(_, key)| key)
    }

    /// Presentation states that are about a frame, newest first; those that cannot be applied are among them.
    pub fn presentations(&self, frame: FrameId) -> Vec<(ObjectId, &Presentation)> {
        let Some(image) = self.object(frame.object) else { return Vec::new() };
        let ids = self.presentations.get(&image.sop_instance).map_or(&[][..], Vec::as_slice);
        let states = ids.iter().filter_map(|&id| Some((id, self.object(id)?.presentation.as_deref()?)));
        let mut states: Vec<_> = states.filter(|(_, state)| state.references(&image.sop_instance, frame.frame)).collect();
        states.sort_by_cached_key(|(id, state)| Reverse((state.date.clone(), state.time.clone(), *id)));
        states
    }

    /// The presentation state that `choice` puts in force for a frame.
    pub fn presentation(&self, frame: FrameId, choice: PresentationChoice) -> Option<Applied<'_>> {
        let object = self.object(frame.object)?;
        Applied::choose(self.presentations(frame), choice, object.image.as_deref()?, &object.sop_instance, frame.frame)
    }

    /// Series, stack and place in it of a frame.
    pub fn locate(&self, frame: FrameId) -> Option<(SeriesKey, usize, usize)> {
        let key = self.series_with(frame.object)?;
        let (stack, index) = self.series(key)?.locate(frame)?;
        Some((key, stack, index))
    }
}

fn listed(object: &ObjectHeader, what: &str) -> Listed {
    Listed { object: Some(object.id), origin: object.origin.clone(), what: what.to_string() }
}

/// The first object that knows wins.
fn fill(field: &mut String, value: &str) {
    if field.is_empty() {
        field.push_str(value.trim());
    }
}
