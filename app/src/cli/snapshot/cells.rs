//! What a contact sheet shows, and what is written below it.

use lightbox_model::FrameId;
use lightbox_model::study::{Library, ObjectHeader, Series, Stack};
use lightbox_model::text;

/// One picture of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The frame that is drawn.
    pub frame: FrameId,
    /// Its first line.
    pub title: String,
    /// Lines of second rank.
    pub lines: Vec<String>,
}

/// Who and how much, for the top of a sheet.
pub fn heading(library: &Library, cells: &[Cell]) -> [String; 2] {
    let series: Vec<&Series> = library.all_series().into_iter().filter(|s| s.frame_count() > 0).collect();
    let shown = |key| cells.iter().any(|cell| library.series_with(cell.frame.object) == Some(key));
    let studies: Vec<_> = series.iter().filter(|s| shown(s.key)).filter_map(|s| library.context(s.key)).collect();
    let who = match &studies[..] {
        [(first, ..), rest @ ..] if rest.iter().all(|(patient, ..)| patient.key == first.key) => {
            joined([text::person_name(&first.name), first.id.clone()])
        }
        _ => "Several patients".to_owned(),
    };
    let frames: usize = studies.iter().map(|(_, _, series)| series.frame_count()).sum();
    let counts = joined([count(studies.len(), "series", "series"), count(frames, "image", "images")]);
    [if who.is_empty() { "No patient is named".to_owned() } else { who }, counts]
}

/// A cell for each series, or for each image of the only one; `only` may name that. Bare codestreams are no series, whatever
/// they are called, and have a cell each.
pub fn of(library: &Library, only: Option<&Series>) -> Vec<Cell> {
    let all: Vec<&Series> = match only {
        Some(series) => vec![series],
        None => library.all_series().into_iter().filter(|s| s.frame_count() > 0).collect(),
    };
    let alone = all.len() == 1;
    let patients: Vec<_> = all.iter().filter_map(|s| Some(library.context(s.key)?.0.key)).collect();
    let several_patients = patients.windows(2).any(|pair| pair[0] != pair[1]);
    let cells = |series: &&Series| match alone || series.images.iter().all(|image| is_bare(image)) {
        true => images(library, series),
        false => of_series(library, series, several_patients).into_iter().collect(),
    };
    all.iter().flat_map(cells).collect()
}

/// A codestream without any header around it.
fn is_bare(object: &ObjectHeader) -> bool {
    object.sop_class.is_empty() && object.sop_instance.is_empty() && object.study_uid.is_empty()
}

fn of_series(library: &Library, series: &Series, several_patients: bool) -> Option<Cell> {
    let (patient, study, _) = library.context(series.key)?;
    // An only image without a word about it is best known by its file.
    let alone = series.images.first().filter(|_| series.images.len() == 1).map(|image| &image.origin);
    let described = [&series.description, &series.body_part, &study.description];
    let title = described.into_iter().chain(alone).find(|t| !t.is_empty());
    let number = series.number.map(|n| format!("series {n}")).unwrap_or_default();
    let facts = joined([series.modality.clone(), number, count(series.frame_count(), "image", "images")]);
    let name = if several_patients { text::person_name(&patient.name) } else { String::new() };
    let context = joined([text::date(&study.date), name]);
    Some(Cell {
        frame: series.representative()?,
        title: title.map_or("No description", String::as_str).to_owned(),
        lines: vec![facts, context],
    })
}

fn images(library: &Library, series: &Series) -> Vec<Cell> {
    let cell = |stack: &Stack, index: usize| {
        let frame = stack.frames[index];
        let object = library.object(frame.object)?;
        let image = object.image.as_ref()?;
        let size = format!("{} \u{d7} {}, {} bits", image.columns, image.rows, image.format.stored);
        if is_bare(object) {
            return Some(Cell { frame, title: object.origin.clone(), lines: vec![size, String::new()] });
        }
        let place = stack.locations.get(index).map(|mm| format!("{mm:.1} mm")).unwrap_or_default();
        let number = if image.frames > 1 { format!("frame {}", frame.frame + 1) } else { String::new() };
        let title = format!("{} / {}", index + 1, stack.frames.len());
        Some(Cell { frame, title, lines: vec![joined([stack.label.clone(), place, number]), object.origin.clone()] })
    };
    series.stacks().iter().flat_map(|stack| (0..stack.frames.len()).filter_map(move |index| cell(stack, index))).collect()
}

fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// What there is of the parts, with points between.
fn joined<const N: usize>(parts: [String; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" \u{b7} ")
}
