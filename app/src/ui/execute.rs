//! What every command and intent does. Keys, menus, toolbar, palette and tests all end here.

use super::desk::{Desk, Dialogue};
use super::dialogs::{Answer, Ask};
use super::intent::Intent;
use super::palette::Palette;
use super::preferences::Preferences;
use super::viewport::Target;
use crate::services::Services;
use egui::ViewportCommand;
use lightbox_model::command::Command;
use lightbox_model::display::{Interpolation, PseudoColour};
use lightbox_model::layout::Grid;
use lightbox_model::presentation::PresentationChoice;
use lightbox_model::study::SeriesKey;
use lightbox_model::viewport::{Cine, Viewport, VoiChoice};

/// Zoom of one key press.
const ZOOM_STEP: f64 = 1.25;
/// Change of the cine rate by one key press.
const CINE_STEP: f64 = 1.25;

impl Desk {
    /// Does what a panel asked for. `now` in seconds.
    pub fn execute(&mut self, ctx: &egui::Context, services: &Services, now: f64, intent: Intent) {
        match intent {
            Intent::Run(command) => self.run(ctx, services, now, command),
            Intent::Open(paths) => {
                paths.iter().for_each(|path| self.settings.remember(path));
                services.open(paths);
            }
            Intent::Show { series, stack, slot } => {
                let slot = slot.unwrap_or_else(|| self.layout.active_index());
                self.layout.activate(slot);
                self.show(series, stack, slot);
            }
            Intent::Select(series) => {
                self.browser.selected = Some(series);
                self.touched.insert(series);
            }
            Intent::Activate(slot) => {
                self.layout.activate(slot);
                self.browser.selected = self.layout.active().series.or(self.browser.selected);
                self.inspector.tags.pinned = None;
            }
            Intent::ToggleMaximised(slot) => {
                self.layout.activate(slot);
                self.layout.toggle_maximised();
            }
            Intent::Jump { slot, index } => {
                let len = self.stack_len(slot);
                self.memories[slot].look_freely();
                if let Some(viewport) = self.layout.viewport_mut(slot) {
                    viewport.jump(index, len);
                }
            }
            Intent::Window { slot, voi, undoable, say } => {
                let Some(viewport) = self.layout.viewport_mut(slot) else { return };
                if undoable {
                    viewport.checkpoint();
                }
                viewport.look.voi = voi;
                if let Some(text) = say {
                    self.memories[slot].say(text, now);
                }
            }
            Intent::Presentation { slot, choice } => {
                if let Some(viewport) = self.layout.viewport_mut(slot) {
                    viewport.present(choice);
                }
            }
            Intent::PseudoColour { slot, palette } => {
                if let Some(viewport) = self.layout.viewport_mut(slot) {
                    viewport.checkpoint();
                    viewport.look.pseudo_colour = palette;
                }
            }
            Intent::CineRate { slot, rate } => {
                if let Some(cine) = self.layout.viewport_mut(slot).and_then(|v| v.cine.as_mut()) {
                    cine.set_rate(rate);
                }
            }
            Intent::Retry(frame) => services.retry(frame),
            Intent::Tags(object) => {
                if self.active_target().is_none_or(|t| t.id.object != object) {
                    self.inspector.tags.pinned = Some(object);
                    self.inspector.tab = super::inspector::Tab::Tags;
                    self.settings.panels.inspector = true;
                }
                services.request_tags(object);
            }
            Intent::MouseHelpDone => self.settings.mouse_help_done = true,
            Intent::ClearLengths(frame) => drop(self.measurements.remove(&frame)),
        }
    }

    /// Runs a command.
    pub fn run(&mut self, ctx: &egui::Context, services: &Services, now: f64, command: Command) {
        use Command as C;
        match command {
            C::OpenFiles => self.dialogs.ask(ctx, Ask::Files),
            C::OpenFolder => self.dialogs.ask(ctx, Ask::Folder),
            C::OpenDemo => services.open_demo(),
            C::CloseAll => {
                services.close();
                self.clear();
            }
            C::Settings => self.dialogue = Dialogue::Preferences(Preferences::default()),
            C::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),

            C::NextImage => self.scroll(1, now),
            C::PreviousImage => self.scroll(-1, now),
            C::FirstImage => self.jump(0, now),
            C::LastImage => self.jump(usize::MAX, now),
            C::NextSeries => self.step_series(1, now),
            C::PreviousSeries => self.step_series(-1, now),
            C::NextViewport => self.layout.activate_next(1),
            C::PreviousViewport => self.layout.activate_next(-1),
            C::ToggleCine => self.toggle_cine(now),
            C::CineFaster => self.cine_rate(CINE_STEP, now),
            C::CineSlower => self.cine_rate(1.0 / CINE_STEP, now),

            C::Undo => self.undo(now, Viewport::undo, "Nothing to undo"),
            C::Redo => self.undo(now, Viewport::redo, "Nothing to redo"),
            C::Reset => self.layout.active_mut().reset(),
            C::Fit => self.change(|v| v.look.camera.fit()),
            C::OneToOne => self.change(|v| v.look.camera.one_to_one()),
            C::ZoomIn => self.zoom(ZOOM_STEP),
            C::ZoomOut => self.zoom(1.0 / ZOOM_STEP),
            C::RotateRight => self.change(|v| v.look.camera.rotate(1)),
            C::RotateLeft => self.change(|v| v.look.camera.rotate(-1)),
            C::FlipHorizontal => self.change(|v| v.look.camera.flip_horizontal()),
            C::FlipVertical => self.change(|v| v.look.camera.flip_vertical()),
            C::ToggleInterpolation => self.change(|v| v.look.interpolation = other(v.look.interpolation)),

            C::Invert => self.change(|v| v.look.invert = !v.look.invert),
            C::InitialWindow => self.change(|v| v.look.voi = VoiChoice::Initial),
            C::NextWindow => self.next_window(now),
            C::NextPresentation => self.next_presentation(now),
            C::NextPalette => self.next_palette(now),

            C::Layout1x1 => self.arrange(Grid::OneByOne),
            C::Layout1x2 => self.arrange(Grid::OneByTwo),
            C::Layout2x2 => self.arrange(Grid::TwoByTwo),
            C::Layout3x3 => self.arrange(Grid::ThreeByThree),
            C::ToggleMaximise => self.layout.toggle_maximised(),
            C::ToggleFullScreen => {
                let full = ctx.input(|i| i.viewport().fullscreen.unwrap_or(false));
                ctx.send_viewport_cmd(ViewportCommand::Fullscreen(!full));
            }

            C::ToggleBrowser => self.settings.panels.browser = !self.settings.panels.browser,
            C::ToggleInspector => self.settings.panels.inspector = !self.settings.panels.inspector,
            C::ToggleText => self.settings.overlay = !self.settings.overlay,
            C::ToggleOverlays => self.overlays = !self.overlays,
            C::FindSeries => {
                self.settings.panels.browser = true;
                self.browser.focus_search = true;
            }
            C::Palette => self.dialogue = Dialogue::Palette(Palette::open()),
            C::Shortcuts => self.dialogue = Dialogue::Shortcuts,
            C::About => self.dialogue = Dialogue::About,

            C::ToolWindow | C::ToolPan | C::ToolZoom | C::ToolScroll | C::ToolMeasure => {
                command.tool().into_iter().for_each(|action| self.settings.mouse.set_tool(action));
            }
            C::Preset1 | C::Preset2 | C::Preset3 | C::Preset4 | C::Preset5 | C::Preset6 | C::Preset7 | C::Preset8 | C::Preset9 => {
                command.preset().into_iter().for_each(|n| self.preset(n, now));
            }
        }
    }

    /// Opens what was chosen in a file dialogue.
    pub fn take_answer(&mut self) -> Option<Intent> {
        match self.dialogs.answer()? {
            Answer::Chosen(paths) => Some(Intent::Open(paths)),
            Answer::Cancelled => None,
            Answer::Unavailable => {
                self.say("This desktop shows no file dialogue. Drop files on the window, or name them when starting Lightbox.");
                None
            }
        }
    }

    fn stack_len(&self, slot: usize) -> usize {
        let target = self.layout.viewport(slot).and_then(|v| Target::of(&self.library, v));
        target.map_or(0, |t| t.stack.frames.len())
    }

    /// A change of the active viewport's look that can be undone.
    fn change(&mut self, change: impl FnOnce(&mut Viewport)) {
        let viewport = self.layout.active_mut();
        viewport.checkpoint();
        change(viewport);
    }

    fn undo(&mut self, now: f64, step: impl FnOnce(&mut Viewport) -> bool, nothing: &str) {
        if !step(self.layout.active_mut()) {
            self.memories[self.layout.active_index()].say(nothing, now);
        }
    }

    fn scroll(&mut self, delta: i64, now: f64) {
        let slot = self.layout.active_index();
        let len = self.stack_len(slot);
        let scrolled = self.layout.active_mut().scroll(delta, len);
        self.memories[slot].look_freely();
        if len > 0 {
            self.memories[slot].say_end(scrolled, now);
        }
    }

    fn jump(&mut self, index: usize, now: f64) {
        let len = self.stack_len(self.layout.active_index());
        let from = self.layout.active().index.min(len.saturating_sub(1));
        self.scroll(index.min(len.saturating_sub(1)) as i64 - from as i64, now);
    }

    /// The stack or series of the study that lies `steps` away from the shown one.
    fn step_series(&mut self, steps: i64, now: f64) {
        let slot = self.layout.active_index();
        let Some(target) = self.active_target() else { return };
        let (key, stack) = (target.series.key, self.layout.active().stack);
        let series = self.library.series_of(target.series.study);
        let stacks: Vec<(SeriesKey, usize)> = series.iter().flat_map(|s| (0..s.stacks().len()).map(|i| (s.key, i))).collect();
        let at = stacks.iter().position(|&s| s == (key, stack)).unwrap_or(0) as i64 + steps;
        match usize::try_from(at).ok().and_then(|at| stacks.get(at)) {
            Some(&(series, stack)) => self.show(series, stack, slot),
            None => self.memories[slot].say(if steps > 0 { "Last series" } else { "First series" }, now),
        }
    }

    fn toggle_cine(&mut self, now: f64) {
        let frame_time = self.active_target().and_then(|t| t.image.frame_time_ms);
        if self.stack_len(self.layout.active_index()) > 1 {
            self.layout.active_mut().toggle_cine(now, frame_time);
        }
    }

    fn cine_rate(&mut self, factor: f64, now: f64) {
        let slot = self.layout.active_index();
        let Some(cine) = &mut self.layout.active_mut().cine else { return };
        cine.set_rate((cine.rate() * factor).clamp(Cine::RATES.0, Cine::RATES.1));
        let rate = cine.rate();
        self.memories[slot].say(format!("{rate:.1} images a second"), now);
    }

    fn zoom(&mut self, factor: f64) {
        let slot = self.layout.active_index();
        let Some((grid, view)) = self.memories[slot].extent() else { return };
        let middle = [view[0] / 2.0, view[1] / 2.0];
        self.change(|v| v.look.camera.zoom_at(factor, middle, &grid, view));
    }

    fn preset(&mut self, n: usize, now: f64) {
        let slot = self.layout.active_index();
        let (Some(preset), Some(target)) = (self.settings.presets.get(n), self.active_target()) else { return };
        if target.object.modality != "CT" {
            return self.memories[slot].say("Window presets are for CT", now);
        }
        let (voi, name) = (preset.voi(), preset.name.to_string());
        self.change(|v| v.look.voi = VoiChoice::Fixed(voi));
        self.memories[slot].say(name, now);
    }

    fn next_window(&mut self, now: f64) {
        let slot = self.layout.active_index();
        let Some(target) = self.active_target() else { return };
        let windows = &target.facts().voi;
        let before = match self.layout.active().look.voi {
            VoiChoice::Header(i) => i,
            VoiChoice::Initial => 0,
            VoiChoice::Fixed(_) => usize::MAX,
        };
        let next = if windows.is_empty() { None } else { Some(before.wrapping_add(1) % windows.len()) };
        let Some(next) = next else { return self.memories[slot].say("The image brings no window", now) };
        let label = windows[next].explanation().map_or_else(|| windows[next].label(), str::to_owned);
        self.change(|v| v.look.voi = VoiChoice::Header(next));
        self.memories[slot].say(label, now);
    }

    /// The state after the one in force, of those that can be applied to the image; at last none.
    fn next_presentation(&mut self, now: f64) {
        let slot = self.layout.active_index();
        let Some(target) = self.active_target() else { return };
        let mut states = self.library.presentations(target.id);
        states.retain(|(_, state)| state.refusal(target.image).is_none());
        if states.is_empty() {
            return self.memories[slot].say("No presentation state for this image", now);
        }
        let next = match target.presentation {
            None => states.first(),
            Some(applied) => states.iter().skip_while(|(object, _)| *object != applied.object).nth(1),
        };
        let (choice, said) = match next {
            Some((object, state)) => (PresentationChoice::State(*object), format!("Presentation {}", state.name())),
            None => (PresentationChoice::None, "No presentation state".to_owned()),
        };
        self.layout.active_mut().present(choice);
        self.memories[slot].say(said, now);
    }

    fn next_palette(&mut self, now: f64) {
        let slot = self.layout.active_index();
        let next = match self.layout.active().look.pseudo_colour {
            None => PseudoColour::ALL.first().copied(),
            Some(p) => PseudoColour::ALL.iter().position(|&q| q == p).and_then(|i| PseudoColour::ALL.get(i + 1)).copied(),
        };
        self.change(|v| v.look.pseudo_colour = next);
        self.memories[slot].say(next.map_or("Grey", PseudoColour::name), now);
    }

    fn arrange(&mut self, grid: Grid) {
        self.layout.set_grid(grid);
        self.fill_empty();
    }
}

fn other(interpolation: Interpolation) -> Interpolation {
    match interpolation {
        Interpolation::Bilinear => Interpolation::Nearest,
        Interpolation::Nearest => Interpolation::Bilinear,
    }
}
