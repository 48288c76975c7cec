//! `lightbox snapshot`: what a viewport shows, drawn off-screen by the same shader.

use super::args;
use super::failure::{Failure, Outcome};
use super::{decode, input, note, output, whole_file};
use crate::{colour, frames};
use lightbox_codec::Backend;
use lightbox_model::FrameId;
use lightbox_model::display::{CT_PRESETS, ColourModel, Display, Preset, Voi, VoiFunction};
use lightbox_model::presentation::{Applied, PresentationChoice};
use lightbox_model::study::{Library, ObjectHeader};
use lightbox_model::viewport::{Camera, PixelGrid};
use lightbox_render::{Marks, Renderer, View};
use lightbox_source::{Catalogue, ImageSource, ScanEvent, Stop};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Most pixels of a snapshot: its bytes stay below 1 GiB.
const MOST_PIXELS: u64 = 1 << 28;

/// `lightbox snapshot`
pub fn run(args: &args::Snapshot) -> Outcome {
    let (catalogue, objects) = input::scan(std::slice::from_ref(&args.input))?;
    let library = library(&objects);
    let id = choose(&library, &objects, args)?;
    let header =
        objects.iter().find(|o| o.id == id.object).ok_or_else(|| Failure::at(&args.input, "the image has gone; try again"))?;
    let voi = match (&args.window, &args.preset) {
        (Some((centre, width)), _) => Some(Voi::window(*centre, *width, VoiFunction::Linear)),
        (None, Some(name)) => Some(preset(name)?.voi()),
        (None, None) => None,
    };
    match args.presentation.as_deref() {
        None => draw(&catalogue, header, id, library.presentation(id, PresentationChoice::Newest), voi, args.size, &args.output),
        Some(none) if none == Path::new("none") => draw(&catalogue, header, id, None, voi, args.size, &args.output),
        Some(file) => {
            let state = state(file)?;
            let applied = applied(&state, file, header, id.frame)?;
            draw(&catalogue, header, id, Some(applied), voi, args.size, &args.output)
        }
    }
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
    draw(&catalogue, &header, FrameId { object: header.id, frame: 0 }, None, None, None, output)
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
        Some(uid) => library.series_by_uid(uid).filter(|s| s.frame_count() > 0).ok_or_else(|| {
            let known: Vec<&str> =
                library.all_series().into_iter().filter(|s| s.frame_count() > 0).map(|s| s.uid.as_str()).take(5).collect();
            Failure::at(path, format_args!("there is no series {uid} with pictures; it holds {}", known.join(", ")))
        })?,
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

fn draw(
    catalogue: &Catalogue,
    header: &ObjectHeader,
    id: FrameId,
    state: Option<Applied<'_>>,
    voi: Option<Voi>,
    size: Option<(u32, u32)>,
    output: &Path,
) -> Outcome {
    let image = input::image(header)?;
    let fail = |why: &dyn std::fmt::Display| Failure::new(format_args!("{}: frame {}: {why}", header.origin, id.frame));
    let picture = catalogue.decode(id, &decode::decoder(Backend::Auto, None)?).map_err(|e| fail(&e))?;

    let histogram = frames::histogram(image, id.frame, &picture);
    let shown = colour::shown(image, &picture);
    if let colour::Management::Ignored(_) = &shown.management {
        log::warn!("{}: {}", header.origin, shown.management);
    }
    let delivered = shown.picture.delivered();
    let mut display = Display::initial(image, &header.modality, id.frame, delivered, histogram.as_ref()).map_err(|e| fail(&e))?;
    if let Some(state) = &state {
        display.voi = state.voi(image);
        state.present(&mut display);
    }
    if let Some(voi) = voi {
        if display.colour != ColourModel::Grey {
            return Err(fail(&"it is a colour image, which has no window; leave out --window and --preset"));
        }
        display.voi = voi;
    }
    let grid = PixelGrid::new(picture.columns, picture.rows, &image.facts(id.frame).spacing);
    let camera = state.map_or_else(Camera::default, |state| state.camera(&grid));
    let (width, height) = match size {
        Some(size) => size,
        None => natural_size(&camera, &grid).ok_or_else(|| fail(&"it is too large to draw pixel by pixel; give a --size"))?,
    };
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(fail(&format_args!(
            "{width}x{height} is more than the {MOST_PIXELS} pixels of a snapshot; give a smaller --size"
        )));
    }

    let device = lightbox_render::device_headless().map_err(|e| fail(&e))?;
    let renderer = Renderer::new(device.device, device.queue, wgpu::TextureFormat::Rgba8Unorm).map_err(|e| fail(&e))?;
    let marks = Marks { overlays: &image.overlays, shutter: image.shutter.as_ref() };
    let uploaded = renderer.upload(&frames::pixels(&shown.picture), &marks).map_err(|e| fail(&e))?;
    let tables = display.tables();
    let mut view = View::fit(&tables, [picture.columns, picture.rows], grid.pixel[1] / grid.pixel[0], [width, height]);
    if camera != Camera::default() {
        let map = camera.image_from_view(&grid, [f64::from(width), f64::from(height)]);
        view.image_from_view = [[map.xx, map.xy, map.x0], [map.yx, map.yy, map.y0]];
    }
    let rgba = renderer.render_offscreen(&uploaded, &view, width, height).map_err(|e| fail(&e))?;
    let rgb: Vec<u8> = rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    whole_file::write(output, |out| output::png_rgb8(out, width, height, &rgb))?;
    let not_shown = state.map(|state| state.not_shown(&grid)).unwrap_or_default();
    if let (Some(state), false) = (state, not_shown.is_empty()) {
        note(format_args!("of the presentation state {} this is not shown: {}", state.state.name(), not_shown.join(", ")));
    }
    if let Some(partial) = &picture.partial {
        note(format_args!("warning: {}", fail(partial)));
    }
    Ok(())
}

/// One screen pixel for each image pixel, more along the longer side of pixels that are not square. `None` beyond 2^16 a side.
fn natural_size(camera: &Camera, grid: &PixelGrid) -> Option<(u32, u32)> {
    let edge = |edge: f64| (1.0..=65536.0).contains(&edge.round()).then_some(edge.round() as u32);
    let [width, height] = camera.natural_size(grid);
    Some((edge(width)?, edge(height)?))
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
