//! The browser's tree while a scan runs.

use crate::make::{self, AXIAL, object, shuffled, slice};
use lightbox_model::ObjectId;
use lightbox_model::study::*;
use std::time::{Duration, Instant};

#[test]
fn a_shuffled_scan_ends_in_the_same_tree() {
    let mut objects = Vec::new();
    for patient in 0..3 {
        for study in 0..2 {
            for series in 0..2 {
                for n in 0..5 {
                    let number = ((patient * 2 + study) * 2 + series) * 5 + n + 1;
                    let mut o = slice(number, AXIAL, [0.0, 0.0, f64::from(n)]);
                    o.patient_id = format!("P{patient}");
                    o.study_uid = format!("1.{patient}.{study}");
                    o.study_date = format!("2024010{study}");
                    o.series_uid = format!("1.{patient}.{study}.{series}");
                    o.series_number = Some(9 - series);
                    objects.push(o);
                }
            }
        }
    }
    let describe = |library: &Library| -> Vec<String> {
        let series = library.all_series().into_iter();
        series.map(|s| format!("{} {:?} {:?}", s.uid, s.number, s.stacks()[0].frames)).collect()
    };
    let build = |objects: Vec<ObjectHeader>| {
        let mut library = Library::default();
        objects.into_iter().for_each(|o| assert!(matches!(library.insert(o), Inserted::Image(_))));
        library
    };
    let expected = describe(&build(objects.clone()));
    assert_eq!(expected.len(), 12);
    assert!(expected[0].starts_with("1.0.1.1 Some(8)"), "newest study first, then by series number: {}", expected[0]);
    for seed in 1..8 {
        assert_eq!(describe(&build(shuffled(objects.clone(), seed))), expected);
    }
}

#[test]
fn keys_stay_while_more_arrives() {
    let mut library = Library::default();
    let Inserted::Image(first) = library.insert(slice(1, AXIAL, [0.0; 3])) else { panic!() };
    for n in 2..50 {
        let mut other = slice(n, AXIAL, [0.0, 0.0, f64::from(n)]);
        if n % 3 == 0 {
            other.series_uid = format!("1.1.{n}");
        }
        let revision = library.revision();
        library.insert(other);
        assert_ne!(library.revision(), revision);
    }
    assert_eq!(library.series(first).unwrap().uid, "1.2.3.4");
    assert_eq!(library.series(first).unwrap().frame_count(), 33);
    let (patient, study, series) = library.context(first).unwrap();
    assert_eq!((patient.id.as_str(), study.uid.as_str(), series.number), ("123", "1.2.3", Some(4)));
}

#[test]
fn people_with_the_same_id_but_other_names_are_not_merged() {
    let mut library = Library::default();
    for (n, (id, name)) in [("1", "Doe^Jane"), ("1", "DOE^JANE^"), ("1", "Roe^Richard"), ("", "Doe^Jane")].into_iter().enumerate() {
        let mut o = object(n as i32 + 1, make::image());
        (o.patient_id, o.patient_name) = (id.into(), name.into());
        library.insert(o);
    }
    assert_eq!(library.patients().len(), 3);
}

#[test]
fn a_second_copy_of_an_instance_is_listed_not_shown() {
    let mut library = Library::default();
    let Inserted::Image(key) = library.insert(slice(1, AXIAL, [0.0; 3])) else { panic!() };
    let mut copy = slice(1, AXIAL, [0.0; 3]);
    copy.id = ObjectId(77);
    copy.origin = "copy.dcm".into();
    assert_eq!(library.insert(copy), Inserted::Duplicate(key));
    let series = library.series(key).unwrap();
    assert_eq!(series.stacks()[0].frames.len(), 1);
    assert_eq!(series.duplicates[0].origin, "copy.dcm");
    let mut elsewhere = slice(1, AXIAL, [0.0; 3]);
    (elsewhere.id, elsewhere.series_uid) = (ObjectId(78), "1.2.3.5".into());
    assert!(matches!(library.insert(elsewhere), Inserted::Image(_)), "another series contradicts: both are shown");
    let mut nameless = slice(2, AXIAL, [0.0, 0.0, 1.0]);
    nameless.sop_instance.clear();
    let mut nameless2 = slice(3, AXIAL, [0.0, 0.0, 2.0]);
    nameless2.sop_instance.clear();
    assert!(matches!(library.insert(nameless), Inserted::Image(_)));
    assert!(matches!(library.insert(nameless2), Inserted::Image(_)), "without UIDs nothing says that they are the same");
}

#[test]
fn what_is_no_picture_is_listed_by_kind_and_damage_with_its_reason() {
    let mut library = Library::default();
    let mut report = object(1, make::image());
    (report.kind, report.image) = (ObjectKind::Other("Structured report".into()), None);
    let Inserted::Listed(key) = library.insert(report) else { panic!() };
    assert_eq!(library.series(key).unwrap().others[0].what, "Structured report");
    assert!(library.series(key).unwrap().stacks().is_empty());
    let mut broken = object(2, make::image());
    broken.kind = ObjectKind::Damaged("The file ends in the middle of an element".into());
    assert_eq!(library.insert(broken), Inserted::Damaged);
    assert_eq!(library.damaged()[0].what, "The file ends in the middle of an element");
    let mut image = make::image();
    image.defect = Some("Rows (0028,0010) is missing".into());
    assert_eq!(library.insert(object(3, image)), Inserted::Listed(key));
    assert_eq!(library.series(key).unwrap().unreadable[0].what, "Rows (0028,0010) is missing");
}

#[test]
fn objects_without_a_series_uid_stay_apart() {
    let mut library = Library::default();
    for n in 1..=3 {
        let mut o = object(n, make::image());
        o.series_uid.clear();
        library.insert(o);
    }
    assert_eq!(library.all_series().len(), 3);
}

#[test]
fn search_finds_all_words_in_any_field() {
    let mut library = Library::default();
    library.insert(object(1, make::image()));
    let mut other = object(2, make::image());
    (other.patient_name, other.patient_id, other.modality, other.series_uid) =
        ("Müller^Max".into(), "9".into(), "MR".into(), "2.2".into());
    (other.study_description, other.body_part) = ("MR head".into(), "HEAD".into());
    library.insert(other);
    let hits = |typed: &str| library.search(&Query::new(typed)).len();
    assert_eq!(hits(""), 2);
    assert_eq!(hits("doe chest"), 1);
    assert_eq!(hits("jane, mr"), 0);
    assert_eq!(hits("Doe, Jane"), 1, "as it is shown");
    assert_eq!(hits("MÜLLER"), 1);
    assert_eq!(hits("12 mar 2024"), 2);
    assert_eq!(hits("20240312 b60f ct"), 1);
}

#[test]
fn frames_are_found_and_the_middle_one_stands_for_the_series() {
    let mut library = Library::default();
    (1..=9).for_each(|n| {
        library.insert(slice(n, AXIAL, [0.0, 0.0, f64::from(n)]));
    });
    let series = library.all_series()[0];
    let middle = series.representative().unwrap();
    assert_eq!(middle.object, ObjectId(5));
    assert_eq!(library.locate(middle), Some((series.key, 0, 4)));
    assert!(library.image(ObjectId(5)).is_some() && library.image(ObjectId(55)).is_none());
}

/// Ten thousand slices, the stacks asked for a hundred times on the way: sorting on every insertion would take minutes.
#[test]
fn insertion_is_cheap() {
    let start = Instant::now();
    let mut library = Library::default();
    for n in 1..=10_000 {
        library.insert(slice(n, AXIAL, [0.0, 0.0, f64::from(n * 7919 % 10_007)]));
        if n % 100 == 0 {
            assert_eq!(library.all_series()[0].stacks()[0].frames.len(), n as usize);
        }
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
