//! The viewer's window, driven as a person drives it: by what accessibility tools can read, by pointer and by keys. State is asserted,
//! never pixels: what a picture looks like is tested where it is drawn.

use egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, TouchPhase, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use lightbox::app::{ViewerApp, ViewerOptions};
use lightbox::services::{FrameState, ServiceOptions, Services};
use lightbox::ui::desk::Desk;
use lightbox_codec::{Backend, cuda};
use lightbox_model::command::{Chord, Command};
use lightbox_model::display::VoiOrigin;
use lightbox_model::layout::Grid;
use lightbox_model::presentation::PresentationChoice;
use lightbox_model::viewport::{VoiChoice, Zoom};
use lightbox_tests::{data, study};
use std::time::{Duration, Instant};

/// Nothing that a test waits for takes longer, also where the program is not optimised.
const PATIENCE: Duration = Duration::from_secs(300);

/// A viewer without a window on the screen.
struct Viewer {
    harness: Harness<'static, ViewerApp>,
    settings: tempfile::TempDir,
    study: Option<tempfile::TempDir>,
}

impl Viewer {
    /// `None`, after a loud skip, where there is no graphics device, also not a software one.
    fn start(options: ViewerOptions) -> Option<Self> {
        lightbox_tests::vulkan().then(|| Self::start_in(tempfile::tempdir().unwrap(), options))
    }

    fn start_in(settings: tempfile::TempDir, options: ViewerOptions) -> Self {
        let options = ViewerOptions { settings: Some(settings.path().join("settings.json")), ..options };
        let harness = Harness::builder()
            .with_size(vec2(1280.0, 800.0))
            .wgpu_setup(lightbox::gpu_setup::wgpu_configuration().wgpu_setup)
            .build_eframe(|cc| ViewerApp::new(cc, options).expect("the viewer starts"));
        Self { harness, settings, study: None }
    }

    /// On a small study of three series, when its first picture is there.
    fn on_study() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        study::write(folder.path());
        let open = vec![folder.path().to_owned()];
        let mut viewer = Self::start(ViewerOptions { open, ..Default::default() })?;
        viewer.study = Some(folder);
        viewer.wait("the study", |app| app.desk().scanning.is_none() && app.desk().library.all_series().len() == 3);
        viewer.wait_for_pictures();
        viewer.key(Key::Home);
        viewer.wait_for_pictures();
        Some(viewer)
    }

    fn desk(&self) -> &Desk {
        self.harness.state().desk()
    }

    fn step(&mut self) {
        self.harness.step();
    }

    /// Frame after frame until `done`.
    fn wait(&mut self, what: &str, done: impl Fn(&ViewerApp) -> bool) {
        let since = Instant::now();
        while !done(self.harness.state()) {
            assert!(since.elapsed() < PATIENCE, "waited too long for {what}");
            std::thread::sleep(Duration::from_millis(5));
            self.step();
        }
        self.step();
    }

    /// Until every visible viewport has its picture.
    fn wait_for_pictures(&mut self) {
        self.wait("the pictures", |app| {
            let drawn = app.desk().drawn();
            !drawn.is_empty() && drawn.iter().all(|&frame| matches!(app.services().frame(frame), FrameState::Ready(_)))
        });
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.step();
        self.step();
    }

    fn key(&mut self, key: Key) {
        self.press(Modifiers::NONE, key);
    }

    /// Clicks what has this name.
    fn click(&mut self, name: &str) {
        self.harness.get_by_label(name).click();
        self.step();
        self.step();
    }

    fn viewport_centre(&self, number: usize) -> Pos2 {
        self.harness.get_by_label_contains(&format!("Viewport {number}:")).rect().center()
    }

    fn pointer(&mut self, at: Pos2, button: PointerButton, pressed: bool) {
        self.harness.event(Event::PointerMoved(at));
        self.harness.event(Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE });
        self.step();
    }

    fn drag(&mut self, from: Pos2, by: Vec2, button: PointerButton) {
        self.pointer(from, button, true);
        for part in 1..=4 {
            self.harness.event(Event::PointerMoved(from + by * (part as f32 / 4.0)));
            self.step();
        }
        self.pointer(from + by, button, false);
        self.step();
    }

    fn wheel(&mut self, at: Pos2, notches: f32, modifiers: Modifiers) {
        self.harness.event(Event::PointerMoved(at));
        let (unit, delta, source) = (MouseWheelUnit::Line, vec2(0.0, notches), MouseWheelSource::Wheel);
        self.harness.event(Event::MouseWheel { unit, delta, source, phase: TouchPhase::Move, modifiers });
        self.step();
        self.step();
    }

    /// What the accessibility tree says of the first viewport.
    fn first_viewport(&self) -> String {
        let node = self.harness.get_by_label_contains("Viewport 1:");
        node.accesskit_node().label().unwrap_or_default()
    }
}

#[test]
fn nothing_open_shows_the_start_page() {
    let Some(mut viewer) = Viewer::start(ViewerOptions::default()) else { return };
    viewer.step();
    for command in [Command::OpenFiles, Command::OpenFolder, Command::OpenDemo] {
        assert!(viewer.harness.query_all_by_label(command.name()).next().is_some(), "{command:?} is not offered");
    }
}

#[test]
fn the_demo_study_opens_from_the_start_page() {
    let Some(mut viewer) = Viewer::start(ViewerOptions::default()) else { return };
    viewer.step();
    viewer.click(Command::OpenDemo.name());
    viewer.wait_for_pictures();
    assert!(viewer.first_viewport().contains(" image "), "{}", viewer.first_viewport());
}

#[test]
fn a_study_is_scrolled_windowed_and_zoomed() {
    let Some(mut viewer) = Viewer::on_study() else { return };
    assert!(viewer.first_viewport().contains("image 1 of"), "{}", viewer.first_viewport());
    let at = viewer.viewport_centre(1);

    viewer.wheel(at, -3.0, Modifiers::NONE);
    assert!(viewer.first_viewport().contains("image 4 of"), "{}", viewer.first_viewport());
    viewer.key(Key::ArrowUp);
    assert_eq!(viewer.desk().layout.active().index, 2);
    viewer.key(Key::End);
    viewer.key(Key::ArrowDown);
    let last = viewer.desk().layout.active().index;
    viewer.key(Key::Home);
    assert_eq!((viewer.desk().layout.active().index, last > 10), (0, true));
    assert_eq!(last + 1, study::IMAGES[0] as usize);
    viewer.wait_for_pictures();

    assert!(!viewer.desk().settings.mouse_help_done);
    viewer.drag(at, vec2(80.0, -40.0), PointerButton::Primary);
    let VoiChoice::Fixed(voi) = viewer.desk().layout.active().look.voi.clone() else { panic!("a drag sets the window") };
    assert!(viewer.desk().settings.mouse_help_done, "the help has done its work");
    viewer.press(Modifiers::CTRL, Key::Z);
    assert_eq!(viewer.desk().layout.active().look.voi, VoiChoice::Initial);
    viewer.press(Modifiers::CTRL, Key::Y);
    assert_eq!(viewer.desk().layout.active().look.voi, VoiChoice::Fixed(voi));

    viewer.wheel(at, 2.0, Modifiers::CTRL);
    let Zoom::Scale(zoomed) = viewer.desk().layout.active().look.camera.zoom else { panic!("the wheel zooms with Ctrl") };
    viewer.drag(at, vec2(0.0, -60.0), PointerButton::Secondary);
    let Zoom::Scale(further) = viewer.desk().layout.active().look.camera.zoom else { panic!("the right button zooms") };
    assert!(further > zoomed, "{further} {zoomed}");
    let before = viewer.desk().layout.active().look.camera.pan;
    viewer.drag(at, vec2(30.0, 10.0), PointerButton::Middle);
    assert_ne!(viewer.desk().layout.active().look.camera.pan, before);

    for (key, check) in [
        (Key::I, (|d| d.layout.active().look.invert) as fn(&Desk) -> bool),
        (Key::R, |d| d.layout.active().look.camera.rotation == 1),
        (Key::Num0, |d| d.layout.active().look.camera.zoom == Zoom::Scale(1.0)),
        (Key::Equals, |d| d.layout.active().look.camera.zoom == Zoom::Fit),
    ] {
        viewer.key(key);
        assert!(check(viewer.desk()), "{key:?}");
    }
    viewer.key(Key::Space);
    let look = &viewer.desk().layout.active().look;
    assert_eq!((look.invert, look.camera.rotation, look.voi.clone()), (false, 0, VoiChoice::Initial));
}

#[test]
fn a_length_is_measured_on_the_image_and_stays_on_it() {
    let Some(mut viewer) = Viewer::on_study() else { return };
    let at = viewer.viewport_centre(1);
    viewer.click("Measure");
    viewer.drag(at, vec2(90.0, 20.0), PointerButton::Primary);
    let frame = viewer.desk().drawn()[0];
    let lines = &viewer.desk().measurements[&frame];
    assert_eq!(lines.len(), 1);
    assert!(lines[0][1][0] > lines[0][0][0], "{lines:?}");
}

#[test]
fn series_are_laid_out_shown_dragged_and_maximised() {
    let Some(mut viewer) = Viewer::on_study() else { return };
    viewer.press(Modifiers::CTRL, Key::Num3);
    assert_eq!(viewer.desk().layout.grid(), Grid::TwoByTwo);
    viewer.wait_for_pictures();
    let shown: Vec<_> = (0..4).map(|i| viewer.desk().layout.viewport(i).unwrap().series).collect();
    assert!(shown[..3].iter().all(Option::is_some) && shown[3].is_none(), "{shown:?}");

    viewer.wait("thumbnails", |app| app.desk().thumbnails.len() == 3);
    let series = viewer.harness.query_all_by_label_contains("Series ").map(|n| n.rect()).find(|r| r.height() > 90.0);
    let carried = series.expect("the browser lists series").center();
    let target = viewer.viewport_centre(4);
    viewer.pointer(carried, PointerButton::Primary, true);
    for part in 1..=5 {
        viewer.harness.event(Event::PointerMoved(carried + (target - carried) * (part as f32 / 5.0)));
        viewer.step();
    }
    viewer.pointer(target, PointerButton::Primary, false);
    viewer.step();
    let first = viewer.desk().library.all_series()[0].key;
    assert_eq!(viewer.desk().layout.viewport(3).unwrap().series, Some(first), "the dragged series is shown");
    assert_eq!(viewer.desk().layout.active_index(), 3);

    let second = viewer.viewport_centre(2);
    viewer.pointer(second, PointerButton::Primary, true);
    viewer.pointer(second, PointerButton::Primary, false);
    assert_eq!(viewer.desk().layout.active_index(), 1);
    viewer.key(Key::F);
    assert!(viewer.desk().layout.is_maximised());
    viewer.key(Key::F);
    assert!(!viewer.desk().layout.is_maximised());
    viewer.press(Modifiers::CTRL, Key::Num1);
    assert_eq!(viewer.desk().layout.grid(), Grid::OneByOne);
}

/// Frame after frame until the text is read somewhere.
fn wait_for_label(viewer: &mut Viewer, text: &str) {
    let since = Instant::now();
    while viewer.harness.query_all_by_label_contains(text).next().is_none() {
        assert!(since.elapsed() < PATIENCE, "{text} does not appear");
        std::thread::sleep(Duration::from_millis(5));
        viewer.step();
    }
}

#[test]
fn the_palette_finds_and_runs_commands() {
    let Some(mut viewer) = Viewer::on_study() else { return };
    viewer.press(Modifiers::CTRL, Key::K);
    viewer.harness.get_by_label("Find a command").type_text("invert");
    viewer.step();
    viewer.key(Key::Enter);
    assert!(viewer.desk().layout.active().look.invert);
    assert!(viewer.harness.query_by_label("Find a command").is_none(), "the palette is closed");
}

#[test]
fn the_help_sheet_lists_every_command() {
    let Some(mut viewer) = Viewer::start(ViewerOptions::default()) else { return };
    viewer.press(Modifiers::SHIFT, Key::Questionmark);
    viewer.step();
    for &command in Command::ALL.iter().filter(|c| c.preset().is_none()) {
        assert!(viewer.harness.query_all_by_label(command.name()).next().is_some(), "{command:?} is not on the sheet");
    }
    let mouse = "Maximise a viewport";
    assert!(viewer.harness.query_by_label(mouse).is_some());
    viewer.key(Key::Escape);
    assert!(viewer.harness.query_by_label(mouse).is_none(), "Escape closes the sheet");
}

#[test]
fn tags_are_searched() {
    let Some(mut viewer) = Viewer::on_study() else { return };
    viewer.click("DICOM tags");
    wait_for_label(&mut viewer, "PatientName");
    viewer.harness.get_by_label("Search tags").focus();
    viewer.step();
    viewer.harness.get_by_label("Search tags").type_text("windowwidth");
    viewer.step();
    viewer.step();
    assert!(viewer.harness.query_by_label_contains("WindowWidth").is_some());
    assert!(viewer.harness.query_by_label_contains("PatientName").is_none());
}

#[test]
fn the_browser_search_narrows_the_list() {
    let Some(mut viewer) = Viewer::on_study() else { return };
    let listed =
        |viewer: &Viewer| viewer.harness.query_all_by_label_contains("Series ").filter(|n| n.rect().height() > 90.0).count();
    assert_eq!(listed(&viewer), 3);
    viewer.press(Modifiers::CTRL, Key::F);
    viewer.harness.get_by_label("Search patients, studies and series").type_text("MR");
    viewer.step();
    viewer.step();
    assert_eq!(listed(&viewer), 1);
}

#[test]
fn keys_and_panels_are_kept_between_runs() {
    let Some(mut viewer) = Viewer::start(ViewerOptions::default()) else { return };
    viewer.key(Key::B);
    assert!(!viewer.desk().settings.panels.browser);
    viewer.press(Modifiers::CTRL, Key::Comma);
    viewer.click("Keyboard");
    viewer.click("Add a key for Open files\u{2026}");
    viewer.key(Key::F5);
    let key: Chord = "F5".parse().unwrap();
    assert!(viewer.desk().settings.bindings.keys(Command::OpenFiles).contains(&key));
    let Viewer { harness, settings, .. } = viewer;
    // Dropping the harness ends the viewer as closing its window does.
    drop(harness);
    let kept = settings.path().join("settings.json");
    let text = std::fs::read_to_string(&kept).expect("settings were kept");
    assert!(text.contains("open-files"), "{text}");
    let again = Viewer::start_in(settings, ViewerOptions::default());
    assert!(!again.desk().settings.panels.browser);
    assert!(again.desk().settings.bindings.keys(Command::OpenFiles).contains(&key));
}

#[test]
fn what_cannot_be_opened_says_so_where_it_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    study::write(folder.path());
    let whole = std::fs::read(folder.path().join("CT00.dcm")).unwrap();
    let path = folder.path().join("damaged.dcm");
    std::fs::write(&path, &whole[..whole.len() / 40]).unwrap();
    let Some(mut viewer) = Viewer::start(ViewerOptions { open: vec![path], ..Default::default() }) else { return };
    viewer.wait("the damaged file", |app| {
        let library = &app.desk().library;
        !library.damaged().is_empty() || library.all_series().iter().any(|s| !s.unreadable.is_empty())
    });
    assert!(viewer.harness.query_all_by_label_contains("damaged.dcm").next().is_some());
}

#[test]
fn a_presentation_state_is_how_its_image_begins() {
    let (Some(series), Some(dicom)) = (lightbox_tests::data("series/ct-chest-lidc-0314"), lightbox_tests::data("dicom")) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for image in ["0137.dcm", "0138.dcm", "0139.dcm"] {
        std::fs::copy(series.join(image), folder.path().join(image)).unwrap();
    }
    let state = dicom.join("presentation-state/gsps_for_ct-chest-lidc-0314_0138.dcm");
    std::fs::copy(state, folder.path().join("state.dcm")).unwrap();
    let open = vec![folder.path().to_owned()];
    let Some(mut viewer) = Viewer::start(ViewerOptions { open, ..Default::default() }) else { return };
    viewer.wait("the study", |app| app.desk().scanning.is_none() && app.desk().library.all_series().len() == 2);
    viewer.wait_for_pictures();
    viewer.key(Key::Home);
    let named = |viewer: &Viewer| viewer.desk().active_target().unwrap().presentation.map(|p| p.state.name().to_owned());
    assert_eq!(named(&viewer), None, "the first image has no state");
    viewer.key(Key::ArrowDown);
    viewer.wait_for_pictures();
    assert_eq!(named(&viewer).as_deref(), Some("LUNG"));
    let origin = |viewer: &Viewer| {
        let (target, viewport) = (viewer.desk().active_target().unwrap(), viewer.desk().layout.active());
        viewport.voi(target.image, "CT", 0, None, target.presentation.as_ref()).1
    };
    assert_eq!(origin(&viewer), Some(VoiOrigin::Presentation));
    let said = |viewer: &Viewer, text: &str| viewer.harness.query_all_by_label_contains(text).next().is_some();
    assert!(said(&viewer, "from the presentation state") && !said(&viewer, "annotation"), "all that it asks for is there");

    viewer.key(Key::G);
    assert_eq!(viewer.desk().layout.active().look.presentation, PresentationChoice::None);
    assert_eq!((named(&viewer), origin(&viewer)), (None, Some(VoiOrigin::Header(0))));
    viewer.click("LUNG");
    assert_eq!(named(&viewer).as_deref(), Some("LUNG"));
    viewer.key(Key::G);
    viewer.key(Key::Space);
    assert_eq!(viewer.desk().layout.active().look.presentation, PresentationChoice::Newest);
    assert_eq!(named(&viewer).as_deref(), Some("LUNG"), "reset returns to the state");
    viewer.key(Key::ArrowDown);
    assert_eq!(named(&viewer), None, "the last image has no state");
}

/// A GPU where there is one, and then for everything.
#[test]
fn a_series_comes_from_the_fastest_decoder_there_is_and_the_status_bar_says_which() {
    let Some(folder) = data("series/mr-head-mprage-sag") else { return };
    let gpu = cuda::probe();
    let backend = if gpu.is_ok() { Backend::Cuda } else { Backend::Auto };
    let services = Services::new(ServiceOptions { backend, ..Default::default() }).expect("the services start");
    services.open(vec![folder]);
    let Some(mut viewer) = Viewer::start(ViewerOptions { services: Some(services), ..Default::default() }) else { return };
    viewer.wait("the whole series", |app| {
        let status = app.services().status();
        let there = status.scanning.is_none() && status.queued == 0 && status.ready == 192;
        there && !status.reason.is_empty()
    });
    let status = viewer.harness.state().services().status();
    for said in [&status.decoder, &status.reason] {
        assert!(viewer.harness.query_all_by_label(said).next().is_some(), "{said} is not in the status bar");
    }
    match gpu {
        Err(why) => assert_eq!((&*status.reason, status.batch), (&*format!("not CUDA: {why}"), None)),
        Ok(device) => {
            assert_eq!(status.decoder, format!("CUDA {}", device.0));
            let batch = status.batch.expect("a batch");
            assert!(viewer.harness.query_all_by_label_contains(&format!("{} image", batch.images)).next().is_some(), "{batch:?}");
            lightbox_tests::say(&format!("the viewer: {}, {}, last batch {batch:?}", status.decoder, status.reason));
        }
    }
    // Wherever somebody jumps to, the picture comes, and then the value under the pointer.
    for key in [Key::End, Key::Home] {
        viewer.key(key);
        viewer.wait_for_pictures();
        let frame = viewer.desk().drawn()[0];
        viewer.harness.event(Event::PointerMoved(viewer.viewport_centre(1)));
        viewer.wait("its samples", |app| match app.services().frame(frame) {
            FrameState::Ready(ready) => ready.decoded.samples().is_some() && ready.decoded.histogram().is_some(),
            _ => false,
        });
    }
}

#[test]
fn at_rest_nothing_is_repainted() {
    let Some(mut viewer) = Viewer::on_study() else { return };
    viewer.wait("everything", |app| app.desk().thumbnails.len() == 3 && app.services().status().queued == 0);
    // Notices and news take a moment to pass.
    let since = Instant::now();
    loop {
        std::thread::sleep(Duration::from_millis(50));
        viewer.step();
        let delay = viewer.harness.output().viewport_output.values().map(|v| v.repaint_delay).min();
        if delay.is_some_and(|d| d > Duration::from_secs(1)) {
            break;
        }
        assert!(since.elapsed() < PATIENCE, "the window still repaints: {delay:?}");
    }
}
