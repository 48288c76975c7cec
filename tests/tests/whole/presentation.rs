//! Grayscale Softcopy Presentation States: pictures as numpy computes them in f64 from the states' numbers, and the viewer's way with them.

use crate::lightbox;
use crate::snapshots::{Expected, compare};
use lightbox_tests::{data, limited, python, root, say, vulkan};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

#[derive(serde::Deserialize)]
struct Case {
    /// Holds `image.dcm` and `state.dcm`.
    folder: PathBuf,
    frame: u32,
    /// What of the state is not shown.
    not_shown: String,
    #[serde(flatten)]
    expected: Expected,
}

fn snapshot(input: &Path, output: &Path, more: &[&str]) -> limited::Outcome {
    let mut command = lightbox();
    command.arg("snapshot").arg(input).arg("--output").arg(output).args(more);
    limited::run(&mut command, limited::Limits { time: Duration::from_secs(60), ..Default::default() }).expect("the program starts")
}

#[test]
fn states_are_applied_as_the_standard_computes_them() {
    let (Some(data), Some(python)) = (data("dicom"), python()) else { return };
    if !vulkan() {
        return;
    }
    let out = tempfile::tempdir().expect("a temporary folder");
    let base = data.parent().expect("the data folder");
    let script = root().join("tests/pydicom/presentation.py");
    let made = Command::new(python).arg("-B").arg(script).args([base, out.path()]).output().expect("Python starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let lines = String::from_utf8(made.stdout).expect("JSON lines");
    let cases: Vec<Case> = lines.lines().map(|l| serde_json::from_str(l).expect("a line of the script")).collect();
    assert!(cases.len() >= 20, "only {} cases were made", cases.len());

    let mut failures = Vec::new();
    for case in &cases {
        if let Err(why) = check(case, out.path()) {
            failures.push(format!("{} ({}): {why}", case.expected.how, case.expected.file));
        }
    }
    say(&format!("presentation states within one grey level: {} of {}", cases.len() - failures.len(), cases.len()));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The state is found beside its image, does the same when it is named, and nothing when it is not wanted.
fn check(case: &Case, out: &Path) -> Result<(), String> {
    let (found, named, without) = (out.join("found.png"), out.join("named.png"), out.join("without.png"));
    let frame = case.frame.to_string();
    let (image, state) = (case.folder.join("image.dcm"), case.folder.join("state.dcm"));
    let state = state.to_str().expect("a plain path");
    for (input, output, more) in [
        (&case.folder, &found, &["--frame", &frame][..]),
        (&image, &named, &["--frame", &frame, "--presentation", state]),
        (&case.folder, &without, &["--frame", &frame, "--presentation", "none"]),
    ] {
        let outcome = snapshot(input, output, more);
        let note = if output == &without { "" } else { case.not_shown.as_str() };
        let noted = if note.is_empty() { outcome.stderr.is_empty() } else { outcome.stderr.contains(note) };
        if !outcome.success() || !noted {
            return Err(format!("{more:?}: {}", outcome.stderr.trim()));
        }
    }
    let read = |path: &Path| std::fs::read(path).map_err(|e| e.to_string());
    compare(&case.expected, &read(&found)?)?;
    if read(&named)? != read(&found)? {
        return Err("the state does something else when it is named".into());
    }
    if compare(&case.expected, &read(&without)?).is_ok() {
        return Err("the picture is the same without the state, so nothing was compared".into());
    }
    Ok(())
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    let (Some(series), Some(dicom)) = (data("series/ct-chest-lidc-0314"), data("dicom")) else { return };
    let state = dicom.join("presentation-state/gsps_for_ct-chest-lidc-0314_0138.dcm");
    let out = tempfile::tempdir().expect("a temporary folder");
    let picture = out.path().join("refused.png");
    for (state, why) in [(state, "is not about 0001.dcm"), (series.join("0002.dcm"), "is no presentation state")] {
        let outcome = snapshot(&series.join("0001.dcm"), &picture, &["--presentation", state.to_str().expect("a plain path")]);
        assert!(!outcome.success() && outcome.stderr.contains(why) && outcome.stderr.lines().count() == 1, "{}", outcome.stderr);
        assert!(!picture.exists());
    }
}
