//! `lightbox transcode`: pixels and elements stay, inputs stay, and what is there already is not made again.

use crate::lightbox;
use lightbox_tests::{data, files_below, python, root, say};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

/// Objects of the test data that pydicom reads and finds equal; fewer means that something was not compared.
const AT_LEAST: usize = 150;

fn transcode(from: &Path, to: &Path, more: &[&str]) -> Output {
    lightbox().arg("transcode").args([from, to]).args(more).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every file below a folder with its bytes and time.
fn state(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let state = |path: &PathBuf| {
        let time = std::fs::metadata(path).and_then(|m| m.modified()).expect("a time");
        (path.strip_prefix(folder).expect("below it").to_owned(), (std::fs::read(path).expect("a file"), time))
    };
    files_below(folder).iter().map(state).collect()
}

#[test]
fn objects_stay_what_they_are_for_pydicom() {
    let (Some(folder), Some(python)) = (data("dicom"), python()) else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let to = out.path().join("out");
    let made = transcode(&folder, &to, &[]);
    say(text(&made.stdout).trim_end());
    // Some files of the data are damaged on purpose; each is named.
    let script = root().join("tests/pydicom/transcoded.py");
    let compared = Command::new(python).arg(script).args([&folder, &to]).output().expect("Python starts");
    assert!(compared.status.success(), "{}", text(&compared.stderr));
    let said = text(&compared.stdout);
    let last = said.lines().last().unwrap_or_default();
    say(&format!("objects after transcoding: {last}"));
    assert!(last.contains(", 0 different,"), "{said}{}", text(&made.stderr));
    let equal: usize = last.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    assert!(equal >= AT_LEAST, "{said}{}", text(&made.stderr));
}

#[test]
fn inputs_stay_and_outputs_are_made_once() {
    let Some(folder) = data("dicom/multiframe") else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let (from, to) = (out.path().join("in"), out.path().join("out/deep"));
    for file in files_below(&folder).iter().filter(|f| f.extension().is_some_and(|e| e == "dcm")) {
        let copy = from.join(file.strip_prefix(&folder).expect("below it"));
        std::fs::create_dir_all(copy.parent().expect("a folder")).expect("a writable folder");
        std::fs::copy(file, copy).expect("a copy");
    }
    std::fs::write(from.join("notes.txt"), "no image").expect("a writable folder");
    let before = state(&from);
    let first = transcode(&from, &to, &["--jobs", "2"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert!(text(&first.stdout).contains("1 left out"), "{}", text(&first.stdout));
    assert!(state(&from) == before, "inputs changed");
    let made = state(&to);
    assert_eq!(made.len(), before.len() - 1, "one output for each object");
    // Again: everything is there; then one is taken away, and only it is made.
    let second = transcode(&from, &to, &[]);
    assert!(text(&second.stdout).starts_with("0 encoded"), "{}", text(&second.stdout));
    let gone = made.keys().next().expect("an output").clone();
    std::fs::remove_file(to.join(&gone)).expect("it was there");
    let third = transcode(&from, &to, &[]);
    assert!(text(&third.stdout).contains(&format!("{} already there", made.len() - 1)), "{}", text(&third.stdout));
    let again = state(&to);
    assert!(made.iter().all(|(name, (bytes, _))| again[name].0 == *bytes), "the same bytes each time");
}

#[test]
fn originals_are_out_of_reach_and_failures_are_named() {
    let Some(file) = data("dicom/pydicom-core").and_then(|f| Some(f.join("CT_small.dcm")).filter(|f| f.exists())) else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let from = out.path().join("in");
    std::fs::create_dir(&from).expect("a writable folder");
    let bytes = std::fs::read(&file).expect("a file");
    std::fs::write(from.join("good.dcm"), &bytes).expect("a writable folder");
    for to in [from.clone(), from.join("below"), out.path().to_owned()] {
        let refused = transcode(&from, &to, &[]);
        assert!(!refused.status.success() && text(&refused.stderr).contains("originals"), "{}", text(&refused.stderr));
    }
    let itself = transcode(&from.join("good.dcm"), &from, &[]);
    assert!(!itself.status.success() && text(&itself.stderr).contains("never written"), "{}", text(&itself.stderr));
    assert_eq!(files_below(&from).len(), 1);
    // A file that ends within its pixels fails, is named, and leaves nothing; the other is made.
    std::fs::write(from.join("cut.dcm"), &bytes[..bytes.len() / 2]).expect("a writable folder");
    let to = out.path().join("out");
    let made = transcode(&from, &to, &["--syntax", "201"]);
    assert!(!made.status.success(), "a failure ends with 1");
    let said = text(&made.stderr);
    assert!(said.contains("cut.dcm") && said.ends_with("1 of 2 files were not transcoded; they are named above\n"), "{said}");
    let names: Vec<_> = files_below(&to).iter().map(|f| f.file_name().expect("a name").to_owned()).collect();
    assert_eq!(names, ["good.dcm"]);
}

#[test]
#[cfg(unix)]
fn what_cannot_be_read_is_named_and_keeps_nothing_else_back() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let from = out.path().join("in");
    std::fs::create_dir_all(from.join("first")).expect("a writable folder");
    // A folder that holds itself and a link to nothing, before and after a file.
    std::os::unix::fs::symlink(&from, from.join("first/around")).expect("a link");
    std::os::unix::fs::symlink(out.path().join("gone"), from.join("zero")).expect("a link");
    std::fs::write(from.join("notes.txt"), "no image").expect("a writable folder");
    let made = transcode(&from, &out.path().join("out"), &[]);
    assert_eq!(made.status.code(), Some(1));
    assert!(text(&made.stdout).contains("1 left out"), "{}", text(&made.stdout));
    let said = text(&made.stderr);
    assert!(said.contains("around") && said.contains("zero"), "{said}");
    assert!(said.ends_with("0 of 1 files were not transcoded and 2 folders or links not read; they are named above\n"), "{said}");
}
