//! Invariants of the workspace itself: who may depend on whom, where `unsafe` may stand, what a file may hold.
//! ARCHITECTURE.md numbers them.

use lightbox_tests::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every package of the workspace with the packages of the workspace that it may depend on.
const MAY_DEPEND_ON: [(&str, &[&str]); 9] = [
    ("lightbox-kernels", &[]),
    ("lightbox-codec", &["lightbox-kernels"]),
    ("lightbox-model", &["lightbox-codec"]),
    ("lightbox-source", &["lightbox-codec", "lightbox-model"]),
    ("lightbox-render", &["lightbox-codec", "lightbox-model"]),
    ("lightbox-standin", &["lightbox-codec", "lightbox-model"]),
    ("lightbox", &["lightbox-codec", "lightbox-model", "lightbox-source", "lightbox-render", "lightbox-standin"]),
    ("lightbox-tests", &["lightbox", "lightbox-codec", "lightbox-model", "lightbox-source", "lightbox-render"]),
    ("xtask", &[]),
];

/// Crates that must not be reachable from a package, by any path.
const NEVER_REACHES: [(&str, &[&str]); 4] = [
    ("lightbox-codec", &["wgpu", "egui", "tokio", "dicom-object"]),
    ("lightbox-model", &["wgpu", "egui", "tokio", "dicom-object"]),
    ("lightbox-render", &["egui", "tokio", "dicom-object"]),
    ("lightbox-source", &["wgpu", "egui"]),
];

/// Crates that must not be named by a package itself, though the codec below it uses them.
const NEVER_NAMES: [(&str, &[&str]); 3] =
    [("lightbox-model", &["cudarc"]), ("lightbox-render", &["cudarc"]), ("lightbox-source", &["cudarc"])];

/// What the code of a package must not mention: I/O and clocks are parameters there.
const NEVER_MENTIONS: [(&str, &[&str]); 2] = [
    ("codec/src", &["std::fs", "std::net", "async fn"]),
    ("app/model/src", &["std::fs", "std::net", "std::time::Instant", "SystemTime", "async fn"]),
];

/// What cargo prints.
fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

/// The resolved packages of this platform: those of others need not have been downloaded.
fn metadata() -> Value {
    let version = cargo(&["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo names its host");
    let arguments = ["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host];
    serde_json::from_str(&cargo(&arguments)).expect("cargo metadata is JSON")
}

/// Package name to the names of what it depends on outside tests and build scripts; only edges of the resolved graph.
fn graph() -> (BTreeSet<String>, BTreeMap<String, BTreeSet<String>>) {
    let metadata = metadata();
    let text = |v: &Value| v.as_str().expect("a string").to_owned();
    let list = |v: &Value| v.as_array().expect("a list").clone();
    let names: BTreeMap<String, String> = list(&metadata["packages"]).iter().map(|p| (text(&p["id"]), text(&p["name"]))).collect();
    let members = list(&metadata["workspace_members"]).iter().map(|id| names[&text(id)].clone()).collect();
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let from = edges.entry(names[&text(&node["id"])].clone()).or_default();
        for dep in list(&node["deps"]) {
            if list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()) {
                from.insert(names[&text(&dep["pkg"])].clone());
            }
        }
    }
    (members, edges)
}

#[test]
fn dependencies_point_one_way() {
    let (members, edges) = graph();
    let known: BTreeSet<String> = MAY_DEPEND_ON.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(members, known, "a new package needs its place in the dependency order");
    for (package, allowed) in MAY_DEPEND_ON {
        for to in edges[package].iter().filter(|to| members.contains(*to)) {
            assert!(allowed.contains(&to.as_str()), "{package} must not depend on {to}");
        }
    }
    assert!(edges["xtask"].is_empty(), "xtask is plain std: {:?}", edges["xtask"]);
    for (package, named) in NEVER_NAMES {
        for name in named {
            assert!(!edges[package].contains(*name), "{package} must not name {name}");
        }
    }
    for (package, forbidden) in NEVER_REACHES {
        let reached = reachable(&edges, package);
        for name in forbidden {
            assert!(!reached.contains(*name), "{package} reaches {name}");
        }
    }
}

fn reachable(edges: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(package) = open.pop() {
        for next in edges.get(&package).into_iter().flatten() {
            if seen.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    seen
}

/// Tracked kinds of text file, relative to the root; build products and the version control's own folder are left out.
fn texts(extensions: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a folder entry").path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | ".git" | "__pycache__") {
                    folders.push(path);
                }
            } else if path.extension().and_then(|e| e.to_str()).is_some_and(|e| extensions.contains(&e)) {
                let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                found.push((path.strip_prefix(root()).expect("below the root").to_owned(), text));
            }
        }
    }
    assert!(!found.is_empty());
    found.sort();
    found
}

/// The code of a line: what stands before a line comment, without the contents of plain string literals.
fn code(line: &str) -> String {
    let mut out = String::new();
    let (mut quoted, mut previous) = (false, ' ');
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => {
                chars.next();
            }
            '"' if previous != '\'' => quoted = !quoted,
            '/' if !quoted && chars.peek() == Some(&'/') => break,
            _ if !quoted => out.push(c),
            _ => {}
        }
        previous = c;
    }
    out
}

fn has_word(code: &str, word: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == word)
}

#[test]
fn unsafe_stands_only_where_it_is_allowed() {
    let allowed = |path: &Path| {
        let path = path.to_string_lossy().replace('\\', "/");
        // sweep and unstuff are what avx2 and avx512 have in common.
        let simd = ["avx2", "avx512", "neon", "sweep", "unstuff"];
        let device = path.starts_with("codec/src/cuda/") || path == "app/render/src/export.rs";
        device || path.strip_prefix("codec/src/cpu/").is_some_and(|rest| simd.iter().any(|s| rest.contains(s)))
    };
    for (path, text) in texts(&["rs"]) {
        if allowed(&path) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = code(line);
            assert!(!has_word(&code, "unsafe"), "{}:{}: unsafe is not allowed here", path.display(), number + 1);
        }
    }
}

#[test]
fn pure_packages_touch_no_files_and_no_clock() {
    let texts = texts(&["rs"]);
    for (folder, forbidden) in NEVER_MENTIONS {
        for (path, text) in texts.iter().filter(|(path, _)| path.starts_with(folder)) {
            // Unit tests may read fixtures; the code they test may not.
            let tested = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (number, line) in tested.lines().enumerate() {
                let code = code(line);
                for word in forbidden {
                    assert!(!code.contains(word), "{}:{}: no {word} here", path.display(), number + 1);
                }
            }
        }
    }
}

#[test]
fn files_are_small_and_know_no_machine() {
    // Written in two halves so that this file does not name them itself.
    let machine =
        [("/ro", "ot/"), ("/ho", "me/"), ("/wo", "rk/"), ("/tm", "p/"), ("C:", "\\Users")].map(|(a, b)| format!("{a}{b}"));
    for (path, text) in texts(&["rs", "md", "toml", "py", "wgsl", "cu", "cuh"]) {
        if path.extension().is_some_and(|e| e == "rs") {
            let lines = text.lines().count();
            assert!(lines <= 600, "{} has {lines} lines; split it by idea", path.display());
        }
        for place in &machine {
            let line = text.lines().position(|line| line.contains(place.as_str()));
            assert!(line.is_none(), "{}:{}: names {place}", path.display(), line.unwrap_or(0) + 1);
        }
    }
}
