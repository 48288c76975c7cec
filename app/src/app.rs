//! The viewer as eframe runs it: the window, what it wants from the services, and what it keeps between runs.

use crate::bench_viewer::BenchRecorder;
use crate::services::{Calm, ServiceOptions, Services};
use crate::settings::{Settings, Store};
use crate::ui::desk::Desk;
use crate::ui::{Window, theme};
use lightbox_model::FrameId;
use lightbox_model::study::SeriesKey;
use lightbox_model::wanted::{self, Looking};
use lightbox_render::Renderer;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Seconds between two writes of changed settings: a panel edge that is dragged changes them with every frame.
const SAVE_EVERY: f64 = 2.0;
/// Thumbnails wait for a scan to end, but not longer than this many seconds: until then the middle of a series is not known.
const THUMBNAIL_PATIENCE: f64 = 1.5;

/// Edge of the largest texture the window's own letters and thumbnails need. Left to itself, egui makes its sheet of letters as wide as
/// the device's largest texture, and copies megabytes of nothing before the first frame is drawn.
const INTERFACE_TEXTURE_EDGE: usize = 2048;

/// How the viewer starts.
#[derive(Default)]
pub struct ViewerOptions {
    /// What is opened, for the recent list; the services have been asked already where `services` is given.
    pub open: Vec<PathBuf>,
    /// The demo study is opened.
    pub demo: bool,
    /// Services that run already, so that work goes on while the window opens.
    pub services: Option<Services>,
    /// Pipelines of the window's graphics device, built while the window opened.
    pub renderer: Option<Renderer>,
    /// Measures the viewer itself.
    pub bench: Option<BenchRecorder>,
    /// Settings are kept here instead of in the person's configuration folder.
    pub settings: Option<PathBuf>,
}

/// The running viewer.
pub struct ViewerApp {
    window: Window,
    services: Services,
    store: Store,
    saved: Settings,
    saved_at: f64,
    wanted_for: Option<WantedFor>,
    bench: Option<BenchRecorder>,
}

/// Everything that what is wanted depends on.
#[derive(PartialEq)]
struct WantedFor {
    revision: u64,
    /// Series, stack, image and direction of each visible viewport, and whether it is the active one; then what is marked in the browser.
    viewports: Vec<(SeriesKey, usize, usize, i8, bool)>,
    thumbnails: usize,
    thumbnails_due: bool,
}

impl ViewerApp {
    /// Builds the viewer in a window that has a graphics device.
    ///
    /// # Errors
    /// A sentence: the window has no graphics device, the drawing pipelines could not be built, or no threads could be started.
    pub fn new(cc: &eframe::CreationContext<'_>, options: ViewerOptions) -> Result<Self, String> {
        let graphics = cc.wgpu_render_state.as_ref().ok_or("the window has no graphics device; install a Vulkan driver")?;
        let format = graphics.target_format;
        let renderer = match options.renderer.filter(|renderer| renderer.target() == format) {
            Some(renderer) => renderer,
            None => Renderer::new(graphics.device.clone(), graphics.queue.clone(), format)
                .map_err(|e| format!("the graphics device cannot draw images: {e}"))?,
        };
        outlive_errors(&graphics.device, &cc.egui_ctx);
        let store = Store::new(options.settings);
        let (mut settings, notice) = store.load();
        let saved = settings.clone();
        options.open.iter().rev().for_each(|path| settings.remember(&absolute(path)));

        let ctx = cc.egui_ctx.clone();
        // With any delay at all: egui answers a request without one with two repaints.
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || ctx.request_repaint_after(Duration::from_millis(1)));
        let software = graphics.adapter.get_info().device_type == wgpu::DeviceType::Cpu;
        let services = match options.services {
            Some(services) => services,
            None => started(&settings, &options.open, options.demo)?,
        };
        services.connect(renderer.clone(), wake, if software { Calm::Software } else { Calm::Device });

        let mut desk = Desk::new(settings);
        if let Some(notice) = notice {
            desk.say(notice);
        }
        let window = Window::new(&cc.egui_ctx, desk, renderer);
        Ok(Self { window, services, store, saved, saved_at: 0.0, wanted_for: None, bench: options.bench })
    }

    /// What a person can change: for tests.
    pub fn desk(&self) -> &Desk {
        &self.window.desk
    }

    /// The services: for tests.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// Tells the services what should be decoded, when that has changed.
    fn want(&mut self, now: f64) {
        let desk = &self.window.desk;
        let active = desk.layout.active_index();
        let visible = desk.layout.visible().filter_map(|(i, v)| Some((v.series?, v.stack, v.index, v.direction, i == active)));
        let mut viewports: Vec<_> = visible.collect();
        // A series that was marked in the browser will be shown next.
        let marked = desk.browser.selected.filter(|key| viewports.iter().all(|v| v.0 != *key));
        viewports.extend(marked.map(|key| (key, 0, 0, 1, false)));
        let wanted_for = WantedFor {
            revision: desk.library.revision(),
            viewports,
            thumbnails: desk.thumbnails.len(),
            thumbnails_due: desk.scanning.as_ref().is_none_or(|(_, since)| now - since > THUMBNAIL_PATIENCE),
        };
        if self.wanted_for.as_ref() == Some(&wanted_for) {
            return;
        }
        let thumbnails = if wanted_for.thumbnails_due { missing_thumbnails(desk) } else { Vec::new() };
        let looking: Vec<Looking<'_>> = wanted_for
            .viewports
            .iter()
            .filter_map(|&(series, stack, shown, direction, active)| {
                let frames = desk.library.series(series)?.stacks().get(stack)?.frames.as_slice();
                Some(Looking { frames, shown, direction, active })
            })
            .collect();
        let frames: Vec<FrameId> = thumbnails.iter().map(|&(_, frame)| frame).collect();
        self.services.set_thumbnails(thumbnails);
        self.services.set_wanted(wanted::wanted(&looking, &frames));
        self.wanted_for = Some(wanted_for);
    }

    fn save(&mut self, now: f64) {
        let settings = &self.window.desk.settings;
        if *settings == self.saved {
            return;
        }
        self.saved = settings.clone();
        self.saved_at = now;
        if let Err(sentence) = self.store.save(&self.saved) {
            self.window.desk.say(sentence);
        }
    }
}

impl Drop for ViewerApp {
    fn drop(&mut self) {
        self.save(self.saved_at);
    }
}

impl eframe::App for ViewerApp {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        if let Some(bench) = &self.bench {
            bench.begin_frame(ui.ctx(), &self.services);
        }
        if ui.ctx().cumulative_pass_nr() == 0 {
            // egui styles a widget by what it was in the pass before, and asks for two more frames where there was none. Laid out again
            // at once, the first frame is drawn as it is to be, and one of the two need not follow.
            ui.ctx().request_discard("no widget has been laid out before");
        }
        let now = ui.input(|i| i.time);
        let drawn = self.window.show(ui, &self.services);
        self.services.set_drawn(&drawn);
        self.want(now);
        let changed = self.window.desk.settings != self.saved;
        if changed && now - self.saved_at >= SAVE_EVERY {
            self.save(now);
        } else if changed {
            ui.ctx().request_repaint_after_secs(SAVE_EVERY as f32);
        }
    }

    fn raw_input_hook(&mut self, _: &egui::Context, input: &mut egui::RawInput) {
        input.max_texture_side = Some(INTERFACE_TEXTURE_EDGE);
    }

    /// What no viewport covers is left like this: filling it again would double what drawing the window costs.
    fn clear_color(&self, _: &egui::Visuals) -> [f32; 4] {
        theme::PANEL.to_normalized_gamma_f32()
    }
}

/// Lets the viewer outlive errors of the graphics device that nobody waits for. The usual one is harmless: while another thread uploads
/// a picture, a window that is being resized cannot take its new size (wgpu wants the queue empty for that); the next frame tries again.
/// Wgpu's own answer to such errors is to end the program.
fn outlive_errors(device: &wgpu::Device, ctx: &egui::Context) {
    let ctx = ctx.clone();
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
        log::warn!("the graphics device refused something: {error}");
        ctx.request_repaint();
    }));
}

/// Series without a thumbnail, with the frame that stands for each.
fn missing_thumbnails(desk: &Desk) -> Vec<(SeriesKey, FrameId)> {
    let series = desk.library.all_series().into_iter().filter(|s| !desk.thumbnails.contains_key(&s.key));
    series.filter_map(|s| Some((s.key, s.representative()?))).collect()
}

fn started(settings: &Settings, open: &[PathBuf], demo: bool) -> Result<Services, String> {
    let options: ServiceOptions = settings.service_options();
    let services = Services::new(options)?;
    if !open.is_empty() {
        services.open(open.to_vec());
    }
    if demo {
        services.open_demo();
    }
    Ok(services)
}

/// Recent paths must mean the same when the program is started elsewhere.
fn absolute(path: &std::path::Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
