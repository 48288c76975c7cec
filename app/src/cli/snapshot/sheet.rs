//! `lightbox snapshot --contact-sheet`: many pictures, labelled, on one.

use super::cells::{self, Cell};
use super::darkroom::{Darkroom, Drawn, Look};
use super::lettering::{Canvas, Lettering, Setting};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::{fail_each, note, output, whole_file};
use crate::ui::theme;
use lightbox_model::display::Voi;
use lightbox_model::presentation::PresentationChoice;
use lightbox_model::study::Library;
use lightbox_source::Catalogue;
use std::path::Path;

/// Most cells of a sheet.
const MOST_CELLS: usize = 400;
/// Edge of the square that a picture is fitted into, space around it, height of the lines below it and of those at the top, in pixels.
const EDGE: usize = 256;
const SPACE: usize = 16;
const LABEL: usize = 68;
const HEADING: usize = 52;

/// Draws all cells and writes the sheet.
pub fn write(
    darkroom: &Darkroom,
    catalogue: &Catalogue,
    library: &Library,
    mut cells: Vec<Cell>,
    voi: Option<Voi>,
    output: &Path,
) -> Outcome {
    let heading = cells::heading(library, &cells);
    let all = cells.len();
    if all > MOST_CELLS {
        cells = (0..MOST_CELLS).map(|n| cells[n * all / MOST_CELLS].clone()).collect();
        note(format_args!("{MOST_CELLS} of {all} images are on the sheet, evenly spaced"));
    }
    let draw = |cell: &Cell| {
        let header = library.object(cell.frame.object).ok_or_else(|| Failure::new("the image has gone; try again"))?;
        let state = library.presentation(cell.frame, PresentationChoice::Newest);
        let size = Some((EDGE as u32, EDGE as u32));
        darkroom.draw(catalogue, header, cell.frame, Look { state, voi: voi.clone() }, size)
    };
    let drawn: Vec<Result<Drawn, Failure>> = cells.iter().map(draw).collect();
    let (width, height, rgb) = sheet(&heading, &cells, &drawn).into_parts();
    whole_file::write(output, |out| output::png_rgb8(out, width as u32, height as u32, &rgb))?;
    drawn.iter().flatten().flat_map(|drawn| &drawn.notes).for_each(note);
    fail_each(drawn.iter().filter_map(|drawn| drawn.as_ref().err()), |failed| {
        format!("{failed} of {} images could not be shown; the sheet has the reasons", cells.len())
    })
}

/// Cells side by side: about four to three, as screens and paper are.
fn columns(cells: usize) -> usize {
    let (width, height) = (EDGE + SPACE, EDGE + LABEL + SPACE);
    let columns = (cells as f64 * 4.0 * height as f64 / (3.0 * width as f64)).sqrt();
    (columns.round() as usize).clamp(1, cells.max(1))
}

/// The sheet, row by row from the top left.
fn sheet(heading: &[String; 2], cells: &[Cell], drawn: &[Result<Drawn, Failure>]) -> Canvas {
    let across = columns(cells.len());
    let width = SPACE + across * (EDGE + SPACE);
    let height = SPACE + HEADING + cells.len().div_ceil(across) * (EDGE + LABEL + SPACE);
    let mut canvas = Canvas::new(width, height, theme::PANEL);
    let black = vec![0; 3 * EDGE * EDGE];
    let mut lettering = Lettering::new();
    let mut texts: Vec<(usize, usize, Setting)> = Vec::new();
    let mut y = SPACE;
    for (line, (font, colour)) in heading.iter().zip([(theme::strong(), theme::TEXT), (theme::small(), theme::SECONDARY)]) {
        let set = lettering.set(line, font, colour, width - 2 * SPACE, 1);
        let below = y + set.size()[1];
        texts.push((SPACE, y, set));
        y = below;
    }
    for (n, (cell, drawn)) in cells.iter().zip(drawn).enumerate() {
        let x = SPACE + n % across * (EDGE + SPACE);
        let top = SPACE + HEADING + n / across * (EDGE + LABEL + SPACE);
        match drawn {
            Ok(drawn) => canvas.picture(x, top, EDGE, &drawn.rgb),
            Err(failure) => {
                canvas.picture(x, top, EDGE, &black);
                let set = lettering.set(&failure.to_string(), theme::small(), theme::ERROR, EDGE - 2 * SPACE, 10);
                texts.push((x + SPACE, top + SPACE, set));
            }
        }
        let mut y = top + EDGE + 4;
        let title = (&cell.title, theme::strong(), theme::TEXT);
        let lines = cell.lines.iter().map(|line| (line, theme::small(), theme::SECONDARY));
        for (line, font, colour) in std::iter::once(title).chain(lines) {
            let set = lettering.set(line, font, colour, EDGE, 1);
            let below = y + set.size()[1];
            texts.push((x, y, set));
            y = below;
        }
    }
    let letters = lettering.letters();
    texts.iter().for_each(|(x, y, set)| canvas.text(*x, *y, set, &letters));
    canvas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_are_about_four_to_three() {
        assert_eq!([0, 1, 2, 3, 12, 400].map(columns), [1, 1, 2, 2, 4, 26]);
        for cells in 1..=MOST_CELLS {
            let rows = cells.div_ceil(columns(cells));
            assert!(columns(cells) * rows >= cells && columns(cells) * (rows - 1) < cells);
        }
    }
}
