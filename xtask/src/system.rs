//! What the machine must have beside Rust: found by looking for the files themselves, installed with apt where that is allowed.

use crate::{paths, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Something that a task needs of the machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Vulkan, on a graphics card or in software.
    Vulkan,
    /// A display to open windows on, or a virtual one.
    Display,
    /// Python with its venv module.
    Python,
    /// A C++ compiler.
    Cpp,
}

/// One thing looked for: its name for people, whether it is there, and the Debian package that brings it.
struct Item {
    what: &'static str,
    present: bool,
    package: &'static str,
}

/// Checks that the machine has what the task needs; installs what is missing where it may, else says what to install.
///
/// # Errors
/// The packages that are missing, when they cannot be installed from here.
pub fn require(needs: &[Need]) -> Result<(), String> {
    let missing: Vec<Item> = needs.iter().flat_map(|need| items(*need)).filter(|item| !item.present).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|item| item.package).collect();
    let what: Vec<&str> = missing.iter().map(|item| item.what).collect();
    if !may_install() {
        return Err(format!(
            "this machine lacks {}.\nInstall it, on Debian or Ubuntu with:\n    sudo apt-get install {}",
            what.join(", "),
            packages.join(" ")
        ));
    }
    eprintln!("installing what is missing: {}", what.join(", "));
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    run::run(apt().args(["update", "-q"]))?;
    run::run(apt().args(["install", "-y", "-q", "--no-install-recommends"]).args(&packages))
}

/// Sets what windows, software Vulkan and temporary files need in a child's environment.
///
/// # Errors
/// When the folders below the build folder cannot be made.
pub fn environment(command: &mut Command) -> Result<(), String> {
    command.env("LIGHTBOX_DATA", paths::data());
    command.env("TMPDIR", paths::made("tmp")?);
    if cfg!(target_os = "linux") {
        if std::env::var_os("XDG_RUNTIME_DIR").is_none_or(|folder| !Path::new(&folder).is_dir()) {
            command.env("XDG_RUNTIME_DIR", private(paths::made("xdg-runtime")?)?);
        }
        if let (false, None, Some(driver)) = (has_gpu(), std::env::var_os("VK_DRIVER_FILES"), software_driver()) {
            command.env("VK_DRIVER_FILES", driver);
        }
    }
    Ok(())
}

/// Whether windows can be opened: always on macOS and Windows, with an X11 or Wayland session elsewhere.
pub fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

fn items(need: Need) -> Vec<Item> {
    let linux = cfg!(target_os = "linux");
    let item = |what, present, package| Item { what, present, package };
    match need {
        Need::Vulkan if linux => vec![
            item("the Vulkan loader", has_library("libvulkan.so.1"), "libvulkan1"),
            item("a Vulkan driver", has_gpu() || software_driver().is_some(), "mesa-vulkan-drivers"),
        ],
        Need::Display if linux && !has_display() => vec![
            item("a virtual display", run::on_path("Xvfb"), "xvfb"),
            item("keyboard maps for X11", has_library("libxkbcommon-x11.so.0"), "libxkbcommon-x11-0"),
            item("the pointer library of X11", has_library("libXcursor.so.1"), "libxcursor1"),
            item("the input library of X11", has_library("libXi.so.6"), "libxi6"),
        ],
        Need::Python => vec![
            item("Python 3", run::succeeds("python3", &["--version"]), "python3"),
            item("Python's venv", run::succeeds("python3", &["-c", "import venv, ensurepip"]), "python3-venv"),
        ],
        Need::Cpp => vec![item("a C++ compiler", ["c++", "g++", "clang++"].iter().any(|name| run::on_path(name)), "g++")],
        _ => Vec::new(),
    }
}

/// Packages may be installed by root with apt, and only on a machine without a desktop session.
fn may_install() -> bool {
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0");
    root && run::on_path("apt-get") && !(has_display() && std::env::var_os("CI").is_none())
}

/// A graphics card that a Vulkan driver could drive.
fn has_gpu() -> bool {
    Path::new("/dev/nvidiactl").exists()
        || std::fs::read_dir("/dev/dri")
            .is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("renderD")))
}

/// The manifest of Mesa's software driver.
fn software_driver() -> Option<PathBuf> {
    let folders = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
    let mut entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    entries.find(|entry| entry.file_name().to_string_lossy().starts_with("lvp_icd")).map(|entry| entry.path())
}

/// Whether the dynamic loader would find a library.
fn has_library(name: &str) -> bool {
    let ldconfig = ["/sbin/ldconfig", "/usr/sbin/ldconfig", "ldconfig"].iter();
    let listed = ldconfig.filter_map(|program| Command::new(program).arg("-p").output().ok()).next();
    listed.is_some_and(|out| String::from_utf8_lossy(&out.stdout).contains(name))
}

/// Makes a folder its owner's alone, as XDG_RUNTIME_DIR must be.
fn private(folder: PathBuf) -> Result<PathBuf, String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))
            .map_err(|e| format!("{} cannot be made private: {e}", folder.display()))?;
    }
    Ok(folder)
}
