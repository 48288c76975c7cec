//! `lightbox snapshot`: what a viewport shows, drawn off-screen by the same shader. Of one image here, of many in [`sheet`].

mod cells;
mod darkroom;
mod lettering;
mod sheet;

use super::args;
use super::failure::{Failure, Outcome};
use super::{input, note, output, whole_file};
use darkroom::{Darkroom, Drawn, Look};
use lightbox_model::FrameId;
use lightbox_model::display::{CT_PRESETS, Preset, Voi, VoiFunction};
use lightbox_model::presentation::{Applied, PresentationChoice};
use lightbox_model::study::{Library, ObjectHeader, Series};
use lightbox_source::{Catalogue, ScanEvent, Stop};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// `lightbox snapshot`
pub fn run(args: &args::Snapshot) -> Outcome {
    let (catalogue, objects) = input::scan(std::slice::from_ref(&args.input))?;
    let library = library(&objects);
    let voi = match (&args.window, &args.preset) {
        (Some((centre, width)), _) => Some(Voi::window(*centre, *width, VoiFunction::Linear)),
        (None, Some(name)) => Some(preset(name)?.voi()),
        (None, None) => None,
    };
    let output = match (&args.contact_sheet, &args.output) {
        (Some(output), _) => {
            let only = args.series.as_ref().map(|uid| series(&library, &args.input, uid)).transpose()?;
            let cells = cells::of(&library, only);
            if cells.is_empty() {
                return Err(why_nothing(&args.input, &objects));
            }
            return sheet::write(&Darkroom::new()?, &catalogue, &library, cells, voi, output);
        }
        (None, Some(output)) => output,
        (None, None) => return Err(Failure::new("say where the picture is to be written, with --output or --contact-sheet")),
    };
    let id = choose(&library, &objects, args)?;
    let header =
        objects.iter().find(|o| o.id == id.object).ok_or_else(|| Failure::at(&args.input, "the image has gone; try again"))?;
    let chosen;
    let state = match args.presentation.as_deref() {
        None => library.presentation(id, PresentationChoice::Newest),
        Some(none) if none == Path::new("none") => None,
        Some(file) => {
            chosen = state(file)?;
            Some(applied(&chosen, file, header, id.frame)?)
        }
    };
    save(Darkroom::new()?.draw(&catalogue, header, id, Look { state, voi }, args.size)?, output)
}

/// Writes a picture, and says what there is to say of it.
fn save(drawn: Drawn, output: &Path) -> Outcome {
    whole_file::write(output, |out| output::png_rgb8(out, drawn.width, drawn.height, &drawn.rgb))?;
    drawn.notes.iter().for_each(note);
    Ok(())
}

/// The one presentation state in a file.
fn state(file: &Path) -> Result<Arc<ObjectHeader>, Failure> {
    let (_, mut objects) = input::scan(&[file.to_owned()])?;
    objects.retain(|object| object.presentation.is_some());
    match objects.len() {
        1 => Ok(objects.remove(0)),
        0 => Err(Failure::at(file, "it is no presentation state")),
        n => Err(Failure::at(file, format_args!("it holds {n} presentation states; name one of them"))),
    }
}

/// The state that was asked for on the image, or why it cannot be applied to it.
fn applied<'a>(state: &'a ObjectHeader, file: &Path, image: &'a ObjectHeader, frame: u32) -> Result<Applied<'a>, Failure> {
    let header = input::image(image)?;
    let presentation = state.presentation.as_deref();
    if let Some(why) = presentation.and_then(|p| p.refusal(header)) {
        return Err(Failure::at(file, format_args!("this presentation state cannot be applied: {why}")));
    }
    let states = presentation.map(|p| (state.id, p));
    Applied::choose(states, PresentationChoice::Newest, header, &image.sop_instance, frame)
        .ok_or_else(|| Failure::at(file, format_args!("this presentation state is not about {} frame {frame}", image.origin)))
}

/// `lightbox demo --snapshot`: the first image made, which is the middle one of the first series.
pub fn demo(output: &Path) -> Outcome {
    let catalogue = Catalogue::new();
    let (stop, first) = (Stop::default(), Mutex::new(None));
    lightbox_source::demo::open(&catalogue, &stop, &|event| {
        if let ScanEvent::Object(header) = event {
            stop.stop();
            let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
            // Several are made at once; the lowest number is the one that was to come first.
            if first.as_ref().is_none_or(|known: &Arc<ObjectHeader>| header.series_number < known.series_number) {
                *first = Some(header);
            }
        }
    });
    let first = first.into_inner().unwrap_or_else(PoisonError::into_inner);
    let header = first.ok_or_else(|| Failure::new("the demo study could not be made; please report it"))?;
    let id = FrameId { object: header.id, frame: 0 };
    save(Darkroom::new()?.draw(&catalogue, &header, id, Look::default(), None)?, output)
}

fn library(objects: &[Arc<ObjectHeader>]) -> Library {
    let mut library = Library::default();
    for object in objects {
        library.insert(object.clone());
    }
    library
}

/// The frame asked for: of the series named, or of the first that has pictures.
fn choose(library: &Library, objects: &[Arc<ObjectHeader>], args: &args::Snapshot) -> Result<FrameId, Failure> {
    let path = &args.input;
    let series = match &args.series {
        Some(uid) => series(library, path, uid)?,
        None => match library.all_series().into_iter().find(|s| s.frame_count() > 0) {
            Some(series) => series,
            None => return Err(why_nothing(path, objects)),
        },
    };
    let frames: Vec<FrameId> = series.stacks().iter().flat_map(|stack| stack.frames.iter().copied()).collect();
    frames.get(args.frame as usize).copied().ok_or_else(|| {
        Failure::at(path, format_args!("there is no frame {}; the series has {}, counted from 0", args.frame, frames.len()))
    })
}

/// The series that was named.
fn series<'a>(library: &'a Library, path: &Path, uid: &str) -> Result<&'a Series, Failure> {
    library.series_by_uid(uid).filter(|s| s.frame_count() > 0).ok_or_else(|| {
        let known: Vec<&str> =
            library.all_series().into_iter().filter(|s| s.frame_count() > 0).map(|s| s.uid.as_str()).take(5).collect();
        Failure::at(path, format_args!("there is no series {uid} with pictures; it holds {}", known.join(", ")))
    })
}

/// Why nothing of what was found can be shown: the first object's own reason.
fn why_nothing(path: &Path, objects: &[Arc<ObjectHeader>]) -> Failure {
    objects
        .iter()
        .find_map(|header| input::image(header).err())
        .unwrap_or_else(|| Failure::at(path, "it holds no image that can be shown"))
}

/// A window preset by name, whatever the case and the spaces or hyphens in it.
fn preset(name: &str) -> Result<Preset, Failure> {
    let plain = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let presets = CT_PRESETS;
    presets.iter().find(|p| plain(&p.name) == plain(name)).cloned().ok_or_else(|| {
        let known: Vec<&str> = presets.iter().map(|p| p.name.as_ref()).collect();
        Failure::new(format_args!("there is no preset {name}; choose one of: {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_found_as_people_write_them() {
        assert_eq!(preset("LUNG").unwrap().width, 1500.0);
        assert_eq!(preset("soft-tissue").unwrap().centre, 40.0);
        assert!(preset("long").unwrap_err().to_string().contains("Lung"));
    }
}
