//! The whole window, once a frame: news, keys, panels, viewports, then what they asked for.

use super::browser::{self, DragSeries};
use super::desk::{Desk, Dialogue};
use super::intent::{Intent, Intents};
use super::progress::Progress;
use super::viewport::Target;
use super::{browser::Source as BrowserSource, inspector::Source as InspectorSource};
use super::{grid, keys, start, status, theme, toolbar};
use crate::services::{FrameState, Services};
use egui::{Align2, CentralPanel, Color32, CornerRadius, DragAndDrop, Frame, Margin, Panel, Stroke, StrokeKind, Ui};
use lightbox_model::FrameId;
use lightbox_model::command::Command;
use lightbox_model::layout::Grid;
use lightbox_model::study::SeriesKey;
use lightbox_render::Renderer;

/// What the window keeps from frame to frame beside the desk.
pub struct Window {
    /// What a person can change.
    pub desk: Desk,
    renderer: Renderer,
    progress: Progress,
    density: theme::Density,
    zoom: f32,
}

impl Window {
    /// Draws with `renderer`.
    pub fn new(ctx: &egui::Context, desk: Desk, renderer: Renderer) -> Self {
        let (density, zoom) = (desk.settings.density, desk.settings.zoom);
        theme::install(ctx, density);
        // Ctrl with plus, minus and zero belong to the commands; the size of everything is a setting.
        ctx.options_mut(|o| o.zoom_with_keyboard = false);
        ctx.set_zoom_factor(zoom);
        Self { desk, renderer, progress: Progress::default(), density, zoom }
    }

    /// One frame. Returns the frames that are looked at.
    pub fn show(&mut self, ui: &mut Ui, services: &Services) -> Vec<FrameId> {
        let ctx = ui.ctx().clone();
        let now = ctx.input(|i| i.time);
        self.desk.hear(&ctx, services, now);
        self.take_looks(&ctx);
        self.keys(&ctx, services, now);
        self.files(&ctx, services, now);
        self.play(&ctx, services, now);
        self.progress.update(&self.desk, services, now);

        let mut out = Intents::new();
        self.bars(ui, services, &mut out);
        self.panels(ui, services, &mut out);
        let drawn = self.middle(ui, services, now, &mut out);
        if let Some(carried) = DragAndDrop::payload::<DragSeries>(&ctx) {
            browser::drag_ghost(&ctx, &self.carried_name(carried.series));
        }
        self.desk.show_dialogue(&ctx, &mut out);
        self.desk.toasts.show(&ctx);

        out.extend(self.desk.take_answer());
        if !out.is_empty() {
            // What was asked for is seen in the next frame.
            ctx.request_repaint();
        }
        for intent in out {
            self.desk.execute(&ctx, services, now, intent);
        }
        drawn
    }

    /// Puts changed looks in force.
    fn take_looks(&mut self, ctx: &egui::Context) {
        let settings = &self.desk.settings;
        if settings.density != self.density {
            self.density = settings.density;
            theme::set_density(ctx, self.density);
        }
        // While the slider is held the window must not change under it.
        if settings.zoom != self.zoom && !ctx.input(|i| i.pointer.any_down()) {
            self.zoom = settings.zoom;
            ctx.set_zoom_factor(self.zoom);
        }
    }

    fn keys(&mut self, ctx: &egui::Context, services: &Services, now: f64) {
        if !matches!(self.desk.dialogue, Dialogue::None) {
            return;
        }
        let viewports: Vec<egui::Id> = (0..Grid::ThreeByThree.count()).map(|i| egui::Id::unique(("viewport", i))).collect();
        let focused = ctx.memory(|m| m.focused()).is_some_and(|id| !viewports.contains(&id));
        for command in keys::pressed(ctx, &self.desk.settings.bindings, ctx.text_edit_focused(), focused) {
            self.desk.run(ctx, services, now, command);
        }
    }

    /// Files dropped on the window.
    fn files(&mut self, ctx: &egui::Context, services: &Services, now: f64) {
        let dropped: Vec<_> = ctx.input(|i| i.raw.dropped_files.iter().map(|f| f.path().to_owned()).collect());
        if !dropped.is_empty() {
            self.desk.execute(ctx, services, now, Intent::Open(dropped));
        }
    }

    /// Lets running cines go on, but never past an image that is not there yet.
    fn play(&mut self, ctx: &egui::Context, services: &Services, now: f64) {
        let playing: Vec<usize> = self.desk.layout.visible().filter(|(_, v)| v.cine.is_some()).map(|(i, _)| i).collect();
        for slot in playing {
            let Desk { layout, library, .. } = &mut self.desk;
            let Some(viewport) = layout.viewport_mut(slot) else { continue };
            let Some(target) = Target::of(library, viewport) else { continue };
            if matches!(services.frame(target.id), FrameState::Pending) {
                continue;
            }
            viewport.play(now, target.stack.frames.len());
            if let Some(cine) = &viewport.cine {
                ctx.request_repaint_after_secs(cine.due_in(now) as f32);
            }
        }
    }

    fn bars(&mut self, ui: &mut Ui, services: &Services, out: &mut Intents) {
        let active = self.desk.layout.active();
        let settings = &self.desk.settings;
        let state = toolbar::State {
            tool: settings.mouse.tool(),
            layout: Some(layout_command(self.desk.layout.grid())),
            picture: active.series.is_some(),
            inverted: active.look.invert,
            playing: active.cine.is_some(),
            browser: settings.panels.browser,
            inspector: settings.panels.inspector,
        };
        // Bars and panels have the colour that the window is cleared to.
        let bar = |margin| Frame::new().inner_margin(margin);
        Panel::top("toolbar").exact_size(theme::TOOLBAR).resizable(false).frame(bar(Margin::symmetric(4, 0))).show(ui, |ui| {
            toolbar::show(ui, &state, settings, out);
        });
        Panel::bottom("status").exact_size(theme::STATUS).resizable(false).frame(bar(Margin::symmetric(4, 0))).show(ui, |ui| {
            status::show(ui, &services.status(), self.progress.on_screen);
        });
    }

    fn panels(&mut self, ui: &mut Ui, services: &Services, out: &mut Intents) {
        let frame = Frame::new().inner_margin(Margin::same(8));
        let shown: Vec<SeriesKey> = self.desk.layout.visible().filter_map(|(_, v)| v.series).collect();
        let Desk { settings, library, browser, thumbnails, inspector, layout, measurements, .. } = &mut self.desk;
        if settings.panels.browser {
            let source =
                BrowserSource { library, thumbnails, ready: &self.progress.series, shown: &shown, density: settings.density };
            let panel = Panel::left("browser").default_size(settings.panels.browser_width).size_range(200.0..=480.0).frame(frame);
            let response = panel.show(ui, |ui| browser.show(ui, &source, out));
            settings.panels.browser_width = response.response.rect.width();
        }
        if settings.panels.inspector {
            let target = Target::of(library, layout.active());
            let ready = target.as_ref().and_then(|t| match services.frame(t.id) {
                FrameState::Ready(frame) => Some(frame),
                _ => None,
            });
            let histogram = ready.as_ref().and_then(|frame| target.as_ref()?.histogram(services.histogram(frame)));
            let (viewport, slot) = (layout.active(), layout.active_index());
            let lengths = target.as_ref().and_then(|t| measurements.get(&t.id)).map_or(&[][..], Vec::as_slice);
            let source = InspectorSource { library, settings, viewport, slot, target, ready, lengths, histogram };
            let panel =
                Panel::right("inspector").default_size(settings.panels.inspector_width).size_range(220.0..=560.0).frame(frame);
            let response = panel.show(ui, |ui| inspector.show(ui, &source, out));
            settings.panels.inspector_width = response.response.rect.width();
        }
    }

    fn middle(&mut self, ui: &mut Ui, services: &Services, now: f64, out: &mut Intents) -> Vec<FrameId> {
        CentralPanel::no_frame()
            .show(ui, |ui| {
                let rect = ui.max_rect();
                let drawn = if self.desk.library.is_empty() {
                    let scanning = self.desk.scanning.as_ref().map(|(what, _)| what.as_str());
                    let settings = &self.desk.settings;
                    start::show(ui, rect, &settings.recent, scanning, |c| Some(settings.bindings.label(c)), out);
                    Vec::new()
                } else {
                    grid::show(ui, rect, &mut self.desk, services, &self.renderer, now, out)
                };
                if ui.input(|i| !i.raw.hovered_files.is_empty()) {
                    ui.painter().rect_filled(rect, CornerRadius::ZERO, theme::DROP);
                    ui.painter().rect_stroke(rect, CornerRadius::ZERO, Stroke::new(2.0, theme::ACCENT), StrokeKind::Inside);
                    let text = "Drop to open";
                    ui.painter().text(rect.center(), Align2::CENTER_CENTER, text, theme::strong(), Color32::WHITE);
                }
                drawn
            })
            .inner
    }

    fn carried_name(&self, series: SeriesKey) -> String {
        let Some(series) = self.desk.library.series(series) else { return String::new() };
        format!("{} {}", series.modality, series.description)
    }
}

fn layout_command(grid: Grid) -> Command {
    match grid {
        Grid::OneByOne => Command::Layout1x1,
        Grid::OneByTwo => Command::Layout1x2,
        Grid::TwoByTwo => Command::Layout2x2,
        Grid::ThreeByThree => Command::Layout3x3,
    }
}
