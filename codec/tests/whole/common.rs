//! Where the test data is, and what the tests share.

use std::io::Write;
use std::path::{Path, PathBuf};

use lightbox_codec::{Backend, DecodeRequest, Decoder, Error, Image, Limits, Rect};

/// A folder of the test data: in `LIGHTBOX_DATA`, else beside the project. `None` after a loud message without it.
///
/// # Panics
/// When the folder is missing and `LIGHTBOX_REQUIRE` names `data`.
pub fn data(folder: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let path = std::env::var_os("LIGHTBOX_DATA").map_or_else(beside, PathBuf::from).join(folder);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var("LIGHTBOX_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|r| r.trim() == "data"), "the test data have no folder {folder}");
    say(&format!("SKIPPED {}: no {folder} in the test data; set LIGHTBOX_DATA", std::thread::current().name().unwrap_or("test")));
    None
}

/// A line on the real stderr, past the capture of the test harness.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

pub fn bytes(path: impl AsRef<Path>) -> Vec<u8> {
    let path = path.as_ref();
    std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// How many cases a test tries: `default` of them, or as many as the variable says.
pub fn count(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().map_or(default, |v| v.parse().unwrap_or_else(|e| panic!("{variable}={v}: {e}")))
}

/// A small generator, so that failures repeat.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(n.max(1))) as u32
    }

    /// A part of an area, not empty.
    pub fn part(&mut self, area: Rect) -> Rect {
        let mut edges = |from: u32, to: u32| {
            let (a, b) = (from + self.below(to - from), from + self.below(to - from));
            (a.min(b), a.max(b) + 1)
        };
        let ((x0, x1), (y0, y1)) = (edges(area.x0, area.x1), edges(area.y0, area.y1));
        Rect::new(x0, y0, x1, y1)
    }
}

/// The codestreams of the test data, small ones first; `None` after a loud message without the data.
pub fn codestreams() -> Option<Vec<PathBuf>> {
    let mut all = Vec::new();
    for folder in ["htj2k-conformance", "bench", "wg04/htj2k"] {
        all.extend(files(&data(folder)?, |n| n.ends_with(".j2k") || n.ends_with(".j2c")));
    }
    all.push(data("malformed")?.join("derived/intact.j2c"));
    all.sort_by_cached_key(|path| std::fs::metadata(path).map_or(0, |m| m.len()));
    Some(all)
}

/// The files of a folder whose names a test picks, in order.
pub fn files(folder: &Path, pick: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut found: Vec<PathBuf> = entries.map(|e| e.expect("a readable entry").path()).collect();
    found.retain(|p| pick(&name(p)));
    found.sort();
    assert!(!found.is_empty(), "{} holds none of the files to test", folder.display());
    found
}

pub fn name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

pub fn decoder(threads: usize) -> Decoder {
    Decoder::new(Backend::Cpu).expect("the CPU is always there").threads(threads)
}

/// Decodes all components with the default limits.
pub fn decode(threads: usize, bytes: &[u8], request: &DecodeRequest) -> Result<Image, Error> {
    decoder(threads).decode(bytes, request, &Limits::default())
}
