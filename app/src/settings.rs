//! What a person has chosen, kept between runs in one small file that only they can read (recent paths may name patients).

use crate::services::ServiceOptions;
use crate::ui::theme::Density;
use lightbox_model::command::{Bindings, MouseBindings};
use lightbox_model::display::{CT_PRESETS, Interpolation, Preset};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Longest settings file that is read, in bytes.
const MOST_BYTES: u64 = 1 << 20;
/// Entries of the recent list.
const RECENT: usize = 12;

/// Which panels are open, and how wide.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Panels {
    /// Patients, studies, series on the left.
    pub browser: bool,
    /// Window, facts and tags on the right.
    pub inspector: bool,
    /// Points.
    pub browser_width: f32,
    /// Points.
    pub inspector_width: f32,
}

impl Default for Panels {
    fn default() -> Self {
        Self { browser: true, inspector: true, browser_width: 264.0, inspector_width: 288.0 }
    }
}

/// All of it. Unknown fields are ignored and missing ones take their defaults, so that older and newer programs share a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Keys of commands.
    pub bindings: Bindings,
    /// What mouse buttons and the wheel do in a viewport.
    pub mouse: MouseBindings,
    /// Between pixels, in new viewports.
    pub interpolation: Interpolation,
    /// Air in lists.
    pub density: Density,
    /// Size of everything, times the screen's own scale.
    pub zoom: f32,
    /// Most memory for decoded pictures, MiB; `None` lets the program choose from what the machine has.
    pub pictures_mib: Option<u64>,
    /// Panels.
    pub panels: Panels,
    /// Windows by name for CT, under the keys 1 to 9.
    pub presets: Vec<Preset>,
    /// Text in the corners of viewports.
    pub overlay: bool,
    /// What was opened last, newest first.
    pub recent: Vec<PathBuf>,
    /// The line of mouse help was read: somebody dragged.
    pub mouse_help_done: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bindings: Bindings::default(),
            mouse: MouseBindings::default(),
            interpolation: Interpolation::default(),
            density: Density::default(),
            zoom: 1.0,
            pictures_mib: None,
            panels: Panels::default(),
            presets: CT_PRESETS.to_vec(),
            overlay: true,
            recent: Vec::new(),
            mouse_help_done: false,
        }
    }
}

impl Settings {
    /// The services' limits: what was chosen, or what the machine allows.
    pub fn service_options(&self) -> ServiceOptions {
        let mut options = ServiceOptions::default();
        if let Some(mib) = self.pictures_mib {
            options.picture_budget = mib.saturating_mul(1 << 20);
        }
        options
    }

    /// Puts a path at the head of the recent list.
    pub fn remember(&mut self, path: &Path) {
        self.recent.retain(|p| p != path);
        self.recent.insert(0, path.to_owned());
        self.recent.truncate(RECENT);
    }
}

/// Where settings live.
#[derive(Clone, Debug)]
pub struct Store {
    path: Option<PathBuf>,
}

impl Store {
    /// The file in the person's configuration folder, or `path` instead of it. Without a home folder nothing is kept.
    pub fn new(path: Option<PathBuf>) -> Self {
        let own = || directories::ProjectDirs::from("", "", "lightbox").map(|dirs| dirs.config_dir().join("settings.json"));
        Self { path: path.or_else(own) }
    }

    /// The limits that were chosen for the services, before there is a window that could say what is wrong with the file.
    pub fn service_options(&self) -> ServiceOptions {
        let kept = self.path.as_deref().and_then(|path| read(path).ok().flatten());
        kept.unwrap_or_default().service_options()
    }

    /// What was kept; a sentence beside the defaults when a file is there but cannot be used. It is then kept under another name.
    pub fn load(&self) -> (Settings, Option<String>) {
        let Some(path) = &self.path else { return (Settings::default(), None) };
        match read(path) {
            Ok(Some(settings)) => (settings, None),
            Ok(None) => (Settings::default(), None),
            Err(why) => {
                let aside = path.with_extension("unreadable.json");
                let kept = std::fs::rename(path, &aside).is_ok();
                let kept = if kept { " The old file was kept beside it." } else { "" };
                (Settings::default(), Some(format!("Your settings could not be read, so these are the defaults.{kept} ({why})")))
            }
        }
    }

    /// Keeps `settings`: written beside the old file, then put in its place, so that there is always a whole one.
    ///
    /// # Errors
    /// The sentence that says what could not be written and why.
    pub fn save(&self, settings: &Settings) -> Result<(), String> {
        let Some(path) = &self.path else { return Ok(()) };
        write(path, settings).map_err(|e| format!("Your settings could not be saved: {e}. They hold until the program ends."))
    }
}

fn read(path: &Path) -> Result<Option<Settings>, String> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e.to_string()),
    };
    let mut text = String::new();
    let read = file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(|e| e.to_string())?;
    if read as u64 > MOST_BYTES {
        return Err("the file is longer than settings can be".into());
    }
    let mut settings: Settings = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    if !(0.5..=3.0).contains(&settings.zoom) {
        settings.zoom = 1.0;
    }
    settings.recent.truncate(RECENT);
    Ok(Some(settings))
}

fn write(path: &Path, settings: &Settings) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let result = options.open(&beside).and_then(|mut file| {
        file.write_all(&serde_json::to_vec_pretty(settings)?)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    });
    if result.is_err() {
        // Whatever is left of it is of no use; that it may not be there at all is no second failure.
        let _ = std::fs::remove_file(&beside);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(Some(folder.path().join("deep/settings.json")));
        (folder, store)
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let (_folder, store) = store();
        let mut settings = Settings { density: Density::Compact, ..Settings::default() };
        settings.panels.browser = false;
        settings.mouse.up_is_brighter = false;
        settings.remember(Path::new("/one"));
        settings.remember(Path::new("/two"));
        settings.remember(Path::new("/one"));
        store.save(&settings).unwrap();
        assert_eq!(store.load(), (settings.clone(), None));
        assert_eq!(settings.recent, [PathBuf::from("/one"), PathBuf::from("/two")]);
    }

    #[test]
    #[cfg(unix)]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, store) = store();
        store.save(&Settings::default()).unwrap();
        let mode = std::fs::metadata(store.path.unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_gives_defaults_a_sentence_and_is_kept() {
        let (folder, store) = store();
        store.save(&Settings::default()).unwrap();
        std::fs::write(store.path.as_ref().unwrap(), "{ \"zoom\": ").unwrap();
        let (settings, notice) = store.load();
        assert_eq!(settings, Settings::default());
        assert!(notice.unwrap().contains("could not be read"));
        assert!(folder.path().join("deep/settings.unreadable.json").exists());
        assert_eq!(store.load().1, None);
    }

    #[test]
    fn an_older_file_takes_defaults_for_what_it_lacks() {
        let (_folder, store) = store();
        store.save(&Settings::default()).unwrap();
        std::fs::write(store.path.as_ref().unwrap(), r#"{"density":"Compact","of_the_future":1,"zoom":99.0}"#).unwrap();
        let (settings, notice) = store.load();
        assert_eq!((settings.density, settings.zoom, notice), (Density::Compact, 1.0, None));
    }
}
