//! Names, dates and corner text.

use crate::make::{self, AXIAL, slice};
use lightbox_model::corners::{Corners, Shown};
use lightbox_model::display::{Voi, VoiFunction};
use lightbox_model::geometry::{Spacing, SpacingKind};
use lightbox_model::study::Library;
use lightbox_model::text::*;
use proptest::prelude::*;
use std::sync::Arc;

#[test]
fn names_are_read_as_people_write_them() {
    assert_eq!(person_name("Doe^Jane"), "Doe, Jane");
    assert_eq!(person_name("Doe^Jane^M^Dr.^MD"), "Doe, Dr. Jane M, MD");
    assert_eq!(person_name("DOE"), "DOE");
    assert_eq!(person_name("^Jane"), "Jane");
    assert_eq!(person_name("Doe^^"), "Doe");
    assert_eq!(person_name(""), "");
    assert_eq!(person_name("Yamada^Tarou=山田^太郎=やまだ^たろう"), "Yamada, Tarou (山田, 太郎)");
    assert_eq!(person_name("=山田^太郎"), "山田, 太郎");
    assert_eq!(person_name("==やまだ^たろう"), "やまだ, たろう");
    assert_eq!(person_name("Jane Doe"), "Jane Doe");
}

#[test]
fn dates_times_and_ages() {
    assert_eq!(date("20240312"), "12 Mar 2024");
    assert_eq!(date("2024.03.12"), "12 Mar 2024");
    assert_eq!(date("20241301"), "20241301", "no such month: as it stands");
    assert_eq!(date(" 2024 "), "2024");
    assert_eq!(time("140509.5"), "14:05");
    assert_eq!(time("14:05:09"), "14:05");
    assert_eq!(time("14"), "14");
    assert_eq!(time("2561"), "2561");
    assert_eq!(age("018M"), "18 months");
    assert_eq!(age("001Y"), "1 year");
    assert_eq!(age("x"), "x");
}

proptest! {
    #[test]
    fn any_text_is_survived(text in ".{0,24}") {
        person_name(&text);
        date(&text);
        time(&text);
        age(&text);
    }
}

#[test]
fn corners_say_who_what_where_and_how_far_to_believe_it() {
    let mut library = Library::default();
    for n in 1..=3 {
        let mut object = slice(n, AXIAL, [0.0, 0.0, 10.0 * f64::from(n)]);
        let mut image = (**object.image.as_ref().unwrap()).clone();
        image.shared.spacing = Spacing { mm: Some([0.78, 0.78]), kind: SpacingKind::Patient, ..Spacing::default() };
        image.lossy = Some("JPEG 10:1".into());
        image.shared.unknown_voi_function = Some("LOG".into());
        object.image = Some(Arc::new(image));
        library.insert(object);
    }
    let series = library.all_series()[0];
    let voi = Voi::window(40.0, 400.0, VoiFunction::Linear);
    let shown = Shown {
        object: &series.images[1],
        frame: 0,
        stack: &series.stacks()[0],
        index: 1,
        voi: Some(&voi),
        scale: 1.2134,
        partial: true,
        presentation: None,
    };
    let corners = Corners::new(&shown);
    assert_eq!(corners.top_left, ["Doe, Jane", "ID 123", "born 31 Jan 1970  F"]);
    assert_eq!(corners.top_right, ["12 Mar 2024  14:05", "CT chest", "Ser 4  CT  1.0 B60f"]);
    assert_eq!(corners.bottom_left, ["Im 2/3", "Pos 20.0 mm", "C 40 W 400", "1.21x"]);
    let doubt = "VOI LUT Function \"LOG\" is not known; shown as LINEAR";
    assert_eq!(corners.bottom_right, ["PARTIAL", "LOSSY JPEG 10:1", doubt, "0.78 mm"]);
    let colour = Corners::new(&Shown { voi: None, ..shown });
    assert_eq!(colour.bottom_right, ["PARTIAL", "LOSSY JPEG 10:1", "0.78 mm"]);
    let bare = make::object(1, make::image());
    let corners = Corners::new(&Shown { object: &bare, voi: None, partial: false, ..shown });
    assert_eq!(corners.bottom_right, ["px"]);
}
