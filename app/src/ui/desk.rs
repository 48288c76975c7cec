//! Everything that a person can change, in one place; commands and panels act on it.

use super::about;
use super::browser::Browser;
use super::dialogs::Dialogs;
use super::inspector::Inspector;
use super::palette::Palette;
use super::preferences::Preferences;
use super::viewport::{Measurements, Memory, Target};
use crate::event::{Event, Thumbnail};
use crate::services::Services;
use crate::settings::Settings;
use egui::{ColorImage, TextureHandle, TextureOptions};
use egui_notify::Toasts;
use lightbox_model::FrameId;
use lightbox_model::layout::{Grid, Layout};
use lightbox_model::study::{Inserted, Library, SeriesKey};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Seconds in which nobody has begun to read a picture yet.
const FIRST_GLANCE: f64 = 1.0;

/// What lies over the window.
#[derive(Default)]
pub enum Dialogue {
    /// Nothing.
    #[default]
    None,
    /// Ctrl+K.
    Palette(Palette),
    /// `?`.
    Shortcuts,
    /// Settings.
    Preferences(Preferences),
    /// About.
    About,
}

/// The desk.
pub struct Desk {
    /// What the person has chosen.
    pub settings: Settings,
    /// Everything that is open.
    pub library: Library,
    /// The viewports.
    pub layout: Layout,
    /// What the viewports remember, by number.
    pub memories: Vec<Memory>,
    /// Lengths on images.
    pub measurements: Measurements,
    /// Overlay planes are drawn.
    pub overlays: bool,
    /// Small pictures that have arrived.
    pub thumbnails: HashMap<SeriesKey, TextureHandle>,
    /// Left panel.
    pub browser: Browser,
    /// Right panel.
    pub inspector: Inspector,
    /// Over the window.
    pub dialogue: Dialogue,
    /// The system's file dialogues.
    pub dialogs: Dialogs,
    /// News that belongs to no place on the screen.
    pub toasts: Toasts,
    /// What is being looked through, and since when (seconds).
    pub scanning: Option<(String, f64)>,
    /// Series that were shown: their progress is worth counting.
    pub touched: HashSet<SeriesKey>,
}

impl Desk {
    /// An empty one.
    pub fn new(settings: Settings) -> Self {
        let memories = (0..Grid::ThreeByThree.count()).map(|_| Memory::default()).collect();
        let mut layout = Layout::default();
        layout.set_interpolation(settings.interpolation);
        Self {
            settings,
            library: Library::default(),
            layout,
            memories,
            measurements: Measurements::default(),
            overlays: true,
            thumbnails: HashMap::new(),
            browser: Browser::default(),
            inspector: Inspector::default(),
            dialogue: Dialogue::None,
            dialogs: Dialogs::default(),
            toasts: Toasts::default().with_anchor(egui_notify::Anchor::BottomRight).with_margin(egui::vec2(16.0, 40.0)),
            scanning: None,
            touched: HashSet::new(),
        }
    }

    /// Forgets everything that is open.
    pub fn clear(&mut self) {
        self.library = Library::default();
        self.layout.clear();
        self.layout.set_interpolation(self.settings.interpolation);
        self.memories.iter_mut().for_each(|m| *m = Memory::default());
        self.measurements.clear();
        self.thumbnails.clear();
        self.browser = Browser::default();
        self.inspector.tags.clear();
        self.scanning = None;
        self.touched.clear();
    }

    /// What the active viewport looks at.
    pub fn active_target(&self) -> Option<Target<'_>> {
        Target::of(&self.library, self.layout.active())
    }

    /// Shows a stack of a series in a viewport.
    pub fn show(&mut self, series: SeriesKey, stack: usize, slot: usize) {
        let Some(viewport) = self.layout.viewport_mut(slot) else { return };
        viewport.show(series, stack, 0);
        self.memories[slot].look_freely();
        self.browser.selected = Some(series);
        self.inspector.tags.pinned = None;
        self.touched.insert(series);
    }

    /// Fills empty viewports with series that come after the ones that are shown, in the order of the browser.
    pub fn fill_empty(&mut self) {
        let shown: Vec<SeriesKey> = self.layout.visible().filter_map(|(_, v)| v.series).collect();
        let Some(study) = self.active_target().map(|t| t.series.study) else { return };
        let series = self.library.series_of(study).into_iter().filter(|s| !s.images.is_empty() && !shown.contains(&s.key));
        let next: Vec<SeriesKey> = series.map(|s| s.key).collect();
        let empty: Vec<usize> = self.layout.visible().filter(|(_, v)| v.series.is_none()).map(|(i, _)| i).collect();
        let selected = self.browser.selected;
        for (slot, series) in empty.into_iter().zip(next) {
            self.show(series, 0, slot);
        }
        self.browser.selected = selected;
    }

    /// Takes what the services have to tell.
    pub fn hear(&mut self, ctx: &egui::Context, services: &Services, now: f64) {
        let mut added = false;
        for event in services.events() {
            match event {
                Event::Objects(objects) => {
                    added = true;
                    for object in objects {
                        if let Inserted::Image(series) = self.library.insert(object) {
                            self.show_first(series, now);
                        }
                    }
                }
                Event::Unread(files) => files.into_iter().for_each(|(origin, why)| self.library.insert_unread(origin, why)),
                Event::ScanProgress { root, .. } => {
                    let since = self.scanning.take().map_or(now, |(_, since)| since);
                    self.scanning = Some((root, since));
                }
                Event::ScanFinished(_) => {
                    self.scanning = None;
                    self.begin_at_first(now);
                }
                Event::Thumbnail(series, thumbnail) => {
                    let texture = upload(ctx, series, &thumbnail);
                    self.thumbnails.insert(series, texture);
                }
                Event::Tags(object, tree) => self.inspector.tags.arrived(object, tree),
                Event::OpenFailed { what, sentence, detail } => {
                    log::trace!("opening failed: {detail}");
                    self.toasts.error(format!("{what}\n{sentence}")).duration(Some(Duration::from_secs(10))).closable(true);
                }
                Event::Notice(text) => self.say(text),
                // The services have woken the window: drawing it asks for the frame's state.
                Event::FrameDecoded(_) | Event::FrameFailed(_) => {}
            }
        }
        if added {
            self.hold_pictures();
        }
    }

    /// Something to know that belongs to no place on the screen.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toasts.info(text.into()).duration(Some(Duration::from_secs(6))).closable(true);
    }

    /// The very first image of all is shown at once.
    fn show_first(&mut self, series: SeriesKey, now: f64) {
        if self.layout.visible().all(|(_, v)| v.series.is_none()) && self.touched.is_empty() {
            let slot = self.layout.active_index();
            self.show(series, 0, slot);
            self.memories[slot].await_first(now);
        }
    }

    /// While a scan runs, images are sorted in before the one that is looked at: the picture stays, its number changes.
    fn hold_pictures(&mut self) {
        for slot in 0..self.layout.grid().count() {
            let Some(frame) = self.memories[slot].looked_at() else { continue };
            let Some((series, stack, index)) = self.library.locate(frame) else { continue };
            if let Some(viewport) = self.layout.viewport_mut(slot).filter(|v| v.series == Some(series)) {
                (viewport.stack, viewport.index) = (stack, index);
            }
        }
    }

    /// The image that happened to be found first has done its work once all are there: the stack begins with its first. After a
    /// longer scan somebody looks at the picture, and it stays.
    fn begin_at_first(&mut self, now: f64) {
        for slot in 0..self.layout.grid().count() {
            let fresh = self.memories[slot].awaits_first.take().is_some_and(|since| now - since < FIRST_GLANCE);
            if let Some(viewport) = self.layout.viewport_mut(slot).filter(|_| fresh) {
                (viewport.stack, viewport.index) = (0, 0);
            }
        }
    }

    /// Frames on the screen.
    pub fn drawn(&self) -> Vec<FrameId> {
        self.layout.visible().filter_map(|(_, v)| Target::of(&self.library, v)).map(|t| t.id).collect()
    }

    /// Draws what lies over the window.
    pub fn show_dialogue(&mut self, ctx: &egui::Context, out: &mut super::intent::Intents) {
        let stays = match &mut self.dialogue {
            Dialogue::None => return,
            Dialogue::Palette(palette) => palette.show(ctx, &self.settings, out),
            Dialogue::Shortcuts => super::sheet::show(ctx, &self.settings),
            Dialogue::Preferences(preferences) => preferences.show(ctx, &mut self.settings),
            Dialogue::About => about::show(ctx),
        };
        if !stays {
            self.dialogue = Dialogue::None;
            ctx.request_repaint();
        }
    }
}

fn upload(ctx: &egui::Context, series: SeriesKey, thumbnail: &Thumbnail) -> TextureHandle {
    let size = [thumbnail.width as usize, thumbnail.height as usize];
    let image = ColorImage::from_rgba_unmultiplied(size, &thumbnail.rgba);
    ctx.load_texture(format!("thumbnail {}", series.0), image, TextureOptions::LINEAR)
}
