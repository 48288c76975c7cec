//! The window and the graphics device under it.

use eframe::egui_wgpu::{self, WgpuSetup, WgpuSetupCreateNew};
use std::sync::Arc;

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

/// Loads the graphics drivers on a thread of its own while the window library starts; they take longer than that, and eframe would begin
/// with them only afterwards. Keep what is returned until the window has closed: dropped earlier, it would unload them again. Should
/// loading fail here, opening the window says why.
pub fn load_driver() -> impl Sized {
    let load = || {
        let instance = pollster::block_on(wgpu_configuration().wgpu_setup.new_instance());
        let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
        (instance, adapters)
    };
    std::thread::Builder::new().name("lightbox-driver".into()).spawn(load)
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
        eframe::Error::Wgpu(why) => format!(
            "no graphics device could be opened; install a Vulkan driver (on Debian or Ubuntu: mesa-vulkan-drivers and libvulkan1) \
             or use `lightbox snapshot` to make pictures without a window ({why})"
        ),
        eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => {
            // What the window library says names its own source files.
            log::info!("no window: {error}");
            "no window could be opened; run it on a desktop, set DISPLAY or WAYLAND_DISPLAY, or use `lightbox snapshot` \
             to make pictures without a window"
                .into()
        }
        eframe::Error::AppCreation(why) => why.to_string(),
    }
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
