//! The window and the graphics device under it.

use eframe::egui_wgpu::{self, WgpuSetup, WgpuSetupCreateNew, WgpuSetupExisting};
use lightbox_render::Renderer;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::mpsc;
use winit::event_loop::EventLoop;
use winit::platform::run_on_demand::EventLoopExtRunOnDemand;

/// Identifier of the program for the desktop: the Wayland app id and X11 class.
pub const APP_ID: &str = "lightbox";

/// How the viewer's window is opened: its title, icon and sizes, and wgpu with what [`lightbox_render::device_descriptor`] asks for.
pub fn native_options() -> eframe::NativeOptions {
    eframe::NativeOptions {
        renderer: eframe::Renderer::Wgpu,
        viewport: egui::ViewportBuilder::default()
            .with_title("Lightbox")
            .with_app_id(APP_ID)
            .with_icon(icon())
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([800.0, 500.0])
            .with_drag_and_drop(true),
        wgpu_options: wgpu_configuration(),
        // Grey levels are what is looked at: nothing may be mixed into them.
        dithering: false,
        persist_window: false,
        ..Default::default()
    }
}

/// wgpu as the viewer and its tests set it up.
pub fn wgpu_configuration() -> egui_wgpu::WgpuConfiguration {
    let setup = WgpuSetupCreateNew {
        power_preference: wgpu::PowerPreference::HighPerformance,
        device_descriptor: Arc::new(lightbox_render::device_descriptor),
        ..WgpuSetupCreateNew::without_display_handle()
    };
    egui_wgpu::WgpuConfiguration {
        // A window drag should be on the screen with the next frame, not the one after.
        surface: egui_wgpu::SurfaceConfig::LOW_LATENCY,
        wgpu_setup: WgpuSetup::CreateNew(setup),
        on_surface_status: Arc::new(after_no_frame),
    }
}

/// Opens the viewer's window and runs what `create` makes until it is closed.
///
/// Graphics drivers take longer to load than the window library to start, and eframe would begin with them only afterwards: so both begin
/// at once. `create` gets the renderer that was built meanwhile, if it was.
///
/// # Errors
/// A sentence: there is no desktop, no graphics device, or `create` failed.
pub fn run<A: eframe::App + 'static>(
    create: impl FnOnce(&eframe::CreationContext<'_>, Option<Renderer>) -> Result<A, String>,
) -> Result<(), String> {
    let (found, drivers) = mpsc::channel();
    let renderer = std::thread::Builder::new().name("lightbox-driver".into()).spawn(move || prepare(&found));
    let mut windows = EventLoop::with_user_event().build().map_err(|error| no_window(&error))?;
    // Kept until the window has closed: dropped earlier, drivers would be unloaded again.
    let drivers: Option<Drivers> = drivers.recv().ok();
    let mut options = native_options();
    if let Some(device) = drivers.as_ref().and_then(|drivers| drivers.only.clone()) {
        options.wgpu_options.wgpu_setup = WgpuSetup::Existing(device);
    }
    // eframe keeps the reason to itself when it ends without having created anything.
    let outcome = RefCell::new(Err(no_device("LIGHTBOX_LOG=error in the environment says why")));
    let creator: eframe::AppCreator<'_> = Box::new(|cc| {
        let renderer = renderer.ok().and_then(|thread| thread.join().ok()).flatten();
        let created = create(cc, renderer);
        *outcome.borrow_mut() = created.as_ref().map(drop).map_err(String::clone);
        Ok(Box::new(created?))
    });
    let closed = windows.run_app_on_demand(&mut eframe::create_native("Lightbox", options, creator, &windows));
    closed.map_err(|error| no_window(&error))?;
    outcome.into_inner()
}

/// The graphics drivers, as long as they are to stay loaded.
struct Drivers {
    _instance: wgpu::Instance,
    _adapters: Vec<wgpu::Adapter>,
    /// A device on the only adapter, if that is a processor: whatever it draws any window can show. Which of several adapters fits, and
    /// whether a GPU does, is something that eframe finds out when it has the window.
    only: Option<WgpuSetupExisting>,
}

/// Loads the drivers, tells what was found, and builds the renderer if the window's device is known.
fn prepare(found: &mpsc::Sender<Drivers>) -> Option<Renderer> {
    let (instance, adapters) = load_drivers();
    let only = only_device(&instance, &adapters);
    // Nobody listens where no window could be opened.
    found.send(Drivers { _instance: instance, _adapters: adapters, only: only.clone() }).ok()?;
    // The format that windows usually have; for another the viewer builds one itself, and says why if it cannot.
    only.and_then(|only| Renderer::new(only.device, only.queue, wgpu::TextureFormat::Bgra8Unorm).ok())
}

fn load_drivers() -> (wgpu::Instance, Vec<wgpu::Adapter>) {
    let mut wanted = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    wanted.backends &= wgpu::Backends::PRIMARY;
    let instance = wgpu::Instance::new(wanted);
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    (instance, adapters)
}

fn only_device(instance: &wgpu::Instance, adapters: &[wgpu::Adapter]) -> Option<WgpuSetupExisting> {
    let [adapter] = adapters else { return None };
    if adapter.get_info().device_type != wgpu::DeviceType::Cpu {
        return None;
    }
    // Should this fail, eframe tries again and says why.
    let (device, queue) = pollster::block_on(adapter.request_device(&lightbox_render::device_descriptor(adapter))).ok()?;
    Some(WgpuSetupExisting { instance: instance.clone(), adapter: adapter.clone(), device, queue })
}

/// What to do when the window gave no frame to draw into.
fn after_no_frame(status: &wgpu::CurrentSurfaceTexture) -> egui_wgpu::SurfaceErrorAction {
    use egui_wgpu::SurfaceErrorAction as Action;
    use wgpu::CurrentSurfaceTexture as Status;
    match status {
        Status::Lost => Action::RecreateSurface,
        // A surface cannot be configured in the moment that another thread submits; then it has to be tried again.
        Status::Outdated | Status::Validation => Action::Reconfigure,
        _ => Action::SkipFrame,
    }
}

/// What to say when the window could not be opened: what is missing and how to get it.
pub fn sentence(error: &eframe::Error) -> String {
    match error {
        eframe::Error::Wgpu(why) => no_device(why),
        eframe::Error::Winit(why) => no_window(why),
        eframe::Error::WinitEventLoop(why) => no_window(why),
        eframe::Error::AppCreation(why) => why.to_string(),
    }
}

fn no_device(why: impl std::fmt::Display) -> String {
    format!(
        "no graphics device could be opened; install a Vulkan driver (on Debian or Ubuntu: mesa-vulkan-drivers and libvulkan1) \
         or use `lightbox snapshot` to make pictures without a window ({why})"
    )
}

fn no_window(why: &impl std::fmt::Display) -> String {
    // What the window library says names its own source files.
    log::info!("no window: {why}");
    "no window could be opened; run it on a desktop, set DISPLAY or WAYLAND_DISPLAY, or use `lightbox snapshot` \
     to make pictures without a window"
        .into()
}

/// The window's icon, drawn here: a bright round pupil of light in a dark rounded square, left half of it inverted.
fn icon() -> egui::IconData {
    const EDGE: u32 = 128;
    let mut rgba = Vec::with_capacity((EDGE * EDGE * 4) as usize);
    for y in 0..EDGE {
        for x in 0..EDGE {
            rgba.extend_from_slice(&icon_pixel(
                x as f32 + 0.5 - EDGE as f32 / 2.0,
                y as f32 + 0.5 - EDGE as f32 / 2.0,
                EDGE as f32,
            ));
        }
    }
    egui::IconData { rgba, width: EDGE, height: EDGE }
}

/// Colour at (x, y) from the centre of a square of `edge` pixels.
fn icon_pixel(x: f32, y: f32, edge: f32) -> [u8; 4] {
    const DARK: [f32; 3] = [17.0, 20.0, 24.0];
    const LIGHT: [f32; 3] = [215.0, 220.0, 226.0];
    // Share of the pixel inside a shape whose border lies at `distance` 0, smoothed over one pixel.
    let inside = |distance: f32| (0.5 - distance).clamp(0.0, 1.0);
    let corner = edge * 0.2;
    let box_edge = edge / 2.0 - corner;
    let (dx, dy) = ((x.abs() - box_edge).max(0.0), (y.abs() - box_edge).max(0.0));
    let square = inside(dx.hypot(dy) - corner);
    let disc = inside(x.hypot(y) - edge * 0.31);
    let ring = disc - inside(x.hypot(y) - edge * 0.25);
    let light = ring.max(disc * inside(-x));
    let mixed = [0, 1, 2].map(|i| DARK[i] + (LIGHT[i] - DARK[i]) * light);
    [mixed[0] as u8, mixed[1] as u8, mixed[2] as u8, (square * 255.0) as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icon_is_dark_at_the_edge_and_half_bright_inside() {
        let icon = icon();
        let at = |x: u32, y: u32| &icon.rgba[((y * icon.width + x) * 4) as usize..][..4];
        assert_eq!(icon.rgba.len(), (icon.width * icon.height * 4) as usize);
        assert_eq!(at(0, 0)[3], 0);
        assert!(at(80, 64)[0] > 200 && at(48, 64)[0] < 30 && at(2, 64)[3] == 255);
    }
}
