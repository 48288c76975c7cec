//! The text in the corners of a viewport.

use crate::display::Voi;
use crate::geometry::Spacing;
use crate::presentation::Applied;
use crate::study::{ObjectHeader, Stack};
use crate::text;
use crate::viewport::PixelGrid;

/// Lines for each corner, the outermost first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corners {
    /// Who: name, ID, birth date and sex.
    pub top_left: Vec<String>,
    /// What: series, study, date.
    pub top_right: Vec<String>,
    /// Where and how: image number, place, window, zoom.
    pub bottom_left: Vec<String>,
    /// How far to believe it: lossy, partial, spacing.
    pub bottom_right: Vec<String>,
}

/// What is shown in a viewport.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The object of the frame.
    pub object: &'a ObjectHeader,
    /// Frame of the object, from 0.
    pub frame: u32,
    /// Its stack.
    pub stack: &'a Stack,
    /// Place in the stack, from 0.
    pub index: usize,
    /// The window in force; none for colour.
    pub voi: Option<&'a Voi>,
    /// Screen pixels for one square unit of the image.
    pub scale: f64,
    /// Only part of the picture has arrived.
    pub partial: bool,
    /// The presentation state in force.
    pub presentation: Option<Applied<'a>>,
}

impl Corners {
    /// Everything a reader must see beside the picture. Lines without content are left out.
    pub fn new(shown: &Shown) -> Self {
        let o = shown.object;
        let mut corners = Self::default();
        push(&mut corners.top_left, text::person_name(&o.patient_name));
        push(&mut corners.top_left, labelled("ID", &o.patient_id));
        push(&mut corners.top_left, joined(&[&labelled("born", &text::date(&o.birth_date)), &o.sex]));
        push(&mut corners.top_right, joined(&[&text::date(&o.study_date), &text::time(&o.study_time)]));
        push(&mut corners.top_right, o.study_description.trim().to_string());
        let number = o.series_number.map(|n| format!("Ser {n}")).unwrap_or_default();
        push(&mut corners.top_right, joined(&[&number, &o.modality, &o.series_description]));
        push(&mut corners.top_right, shown.stack.label.clone());

        push(&mut corners.bottom_left, format!("Im {}/{}", shown.index + 1, shown.stack.frames.len()));
        let place = shown.stack.locations.get(shown.index).map(|mm| format!("Pos {mm:.1} mm"));
        let thickness = shown.object.image.as_ref().and_then(|i| i.facts(shown.frame).plane.thickness);
        let thickness = thickness.filter(|t| *t > 0.0).map(|t| format!("thickness {} mm", (t * 100.0).round() / 100.0));
        push(&mut corners.bottom_left, joined(&[&place.unwrap_or_default(), &thickness.unwrap_or_default()]));
        push(&mut corners.bottom_left, shown.voi.map(Voi::label).unwrap_or_default());
        push(&mut corners.bottom_left, format!("{:.2}x", shown.scale));

        let Some(image) = &o.image else { return corners };
        if shown.partial {
            push(&mut corners.bottom_right, "PARTIAL".into());
        }
        let method = image.lossy.as_deref().map(|l| l.trim_start_matches("Lossy").trim());
        push(&mut corners.bottom_right, method.map(|m| format!("LOSSY {m}").trim_end().to_owned()).unwrap_or_default());
        if image.burned_in {
            push(&mut corners.bottom_right, "Text is part of the picture".into());
        }
        if shown.voi.is_some() {
            push(&mut corners.bottom_right, image.facts(shown.frame).voi_doubt());
        }
        let spacing: &Spacing = &image.facts(shown.frame).spacing;
        if let Some(applied) = &shown.presentation {
            push(&mut corners.bottom_right, format!("Presentation {}", applied.state.name()));
            let not_shown = applied.not_shown(&PixelGrid::new(image.columns, image.rows, spacing), true).join(", ");
            push(&mut corners.bottom_right, labelled("Not shown:", &not_shown));
        }
        push(&mut corners.bottom_right, spacing.label());
        corners
    }
}

fn push(lines: &mut Vec<String>, line: String) {
    if !line.is_empty() {
        lines.push(line);
    }
}

fn labelled(label: &str, value: &str) -> String {
    match value.trim() {
        "" => String::new(),
        value => format!("{label} {value}"),
    }
}

fn joined(parts: &[&str]) -> String {
    parts.iter().map(|p| p.trim()).filter(|p| !p.is_empty()).collect::<Vec<_>>().join("  ")
}
