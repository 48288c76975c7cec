//! `lightbox decode --output-dir`: many files to many files.

use crate::cli::{assert_whole_array, decode, run, text};
use lightbox_tests::limited::Limits;
use lightbox_tests::{data, files_below};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Files below a folder, by their paths in it.
fn names(folder: &Path) -> BTreeSet<String> {
    let name = |path: &PathBuf| text(path.strip_prefix(folder).expect("below the folder")).to_owned();
    files_below(folder).iter().map(name).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    fs::copy(from, to).expect("a copy");
}

/// A tree with two files of one name, a multi-frame object, a document, something else and a damaged file.
fn tree(data: &Path, folder: &Path) {
    copy(&data.join("wg04/htj2k/CT1.j2c"), &folder.join("a/image.j2c"));
    copy(&data.join("bench/VL1.j2c"), &folder.join("b/image.j2c"));
    copy(&data.join("wg04/dicom/CT1_RLE.dcm"), &folder.join("b/rle.dcm"));
    copy(&multi_frame(data), &folder.join("cine.dcm"));
    copy(&data.join("README.md"), &folder.join("readme.txt"));
}

/// A DICOM file of several frames.
fn multi_frame(data: &Path) -> PathBuf {
    let several = |path: &PathBuf| {
        let outcome = run(["info", text(path), "--json"]);
        let info: Value = serde_json::from_slice(&outcome.stdout).unwrap_or_default();
        info["frames"].as_u64().is_some_and(|frames| (2..20).contains(&frames)) && info["bits_stored"] == 8
    };
    let files = files_below(&data.join("dicom"));
    files.into_iter().find(|path| path.extension().is_some_and(|e| e == "dcm") && several(path)).expect("a multi-frame file")
}

#[test]
fn a_tree_becomes_a_tree_of_the_same_values() {
    let Some(data) = data("") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (input, output, one) = (folder.path().join("in"), folder.path().join("out"), folder.path().join("one.npy"));
    tree(&data, &input);
    let outcome = run(["decode", text(&input), "--output-dir", text(&output), "--json"]);
    assert!(outcome.success() && outcome.stderr.is_empty(), "{outcome:?}");
    let rows: Vec<Value> =
        String::from_utf8_lossy(&outcome.stdout).lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let told: BTreeSet<String> = rows.iter().filter_map(|row| row["output"].as_str()).map(str::to_owned).collect();
    let written: BTreeSet<String> = files_below(&output).iter().map(|path| text(path).to_owned()).collect();
    assert_eq!(told, written);

    let frames = names(&output.join("cine.dcm")).len();
    assert!(frames > 1 && names(&output).len() == 3 + frames, "{written:?}");
    for (file, array, more) in [
        ("a/image.j2c", "a/image.j2c.npy".to_owned(), Vec::new()),
        ("b/image.j2c", "b/image.j2c.npy".to_owned(), Vec::new()),
        ("b/rle.dcm", "b/rle.dcm.npy".to_owned(), Vec::new()),
        ("cine.dcm", "cine.dcm/frame-1.npy".to_owned(), vec!["--frame", "1"]),
    ] {
        let array = if frames > 10 { array.replace("frame-1", "frame-01") } else { array };
        assert!(decode(&input.join(file), &one, &more) == fs::read(output.join(&array)).expect(&array), "{array}");
    }
}

#[test]
fn nothing_is_overwritten_unless_asked_for() {
    let Some(data) = data("wg04/htj2k") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    for name in ["XA1.j2c", "VL1.j2c"] {
        copy(&data.join(name), &input.join(name));
    }
    let there = output.join("XA1.j2c.png");
    fs::create_dir_all(&output).expect("a folder");
    fs::write(&there, "mine").expect("a file");
    let words = ["decode", text(&input), "--output-dir", text(&output), "--format", "png"];
    let outcome = run(words);
    assert_eq!(outcome.status.and_then(|s| s.code()), Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("--overwrite") && outcome.stderr.lines().count() == 2, "{outcome:?}");
    assert_eq!(fs::read(&there).expect("the file"), b"mine");
    assert_eq!(names(&output).len(), 2, "the other file is written all the same");

    fs::remove_file(output.join("VL1.j2c.png")).expect("the other output");
    let outcome = run(words.into_iter().chain(["--overwrite"]));
    assert!(outcome.success() && outcome.stderr.is_empty(), "{outcome:?}");
    assert!(fs::read(&there).expect("the file").starts_with(b"\x89PNG") && names(&output).len() == 2);
}

#[test]
fn what_fails_is_named_and_leaves_nothing() {
    let Some(data) = data("") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    copy(&data.join("wg04/htj2k/CT1.j2c"), &input.join("good.j2c"));
    let coded = fs::read(data.join("wg04/htj2k/CT1.j2c")).expect("the file");
    fs::write(input.join("short.j2c"), &coded[..60]).expect("a file");
    fs::write(input.join("cut.j2c"), &coded[..coded.len() / 2]).expect("a file");
    copy(&data.join("wg04/dicom/CT1_RLE.dcm"), &input.join("whole.dcm"));

    // Signed values do not go into PNG files, so that of these four inputs none is written.
    let words = |format: &'static str| ["decode", text(&input), "--output-dir", text(&output), "--format", format];
    let outcome = run(words("png").into_iter().chain(["--strict"]));
    assert_eq!(outcome.status.and_then(|s| s.code()), Some(1), "{outcome:?}");
    assert!(files_below(folder.path()).iter().all(|path| path.starts_with(&input)), "{outcome:?}");

    let outcome = run(words("npy"));
    assert_eq!(outcome.status.and_then(|s| s.code()), Some(1), "{outcome:?}");
    let said: Vec<&str> = outcome.stderr.lines().collect();
    assert!(said.len() == 3 && said.iter().all(|line| line.starts_with("lightbox: ")), "{said:?}");
    assert!(said[0].contains("warning") && said[0].contains("cut.j2c") && said[1].contains("short.j2c"), "{said:?}");
    let expected = ["cut.j2c.npy", "good.j2c.npy", "whole.dcm.npy"].map(str::to_owned);
    assert_eq!(names(&output), BTreeSet::from(expected));

    // A region is of codestreams alone: whole values are not written in its place.
    fs::remove_dir_all(&output).expect("the outputs");
    let outcome = run(words("npy").into_iter().chain(["--region", "0,0,8,8"]));
    assert!(outcome.stderr.contains("whole.dcm") && outcome.stderr.contains("only JPEG 2000"), "{outcome:?}");
    assert_eq!(names(&output).len(), 2, "{outcome:?}");
}

#[test]
fn inputs_of_one_name_and_inputs_named_twice() {
    let Some(data) = data("wg04/htj2k") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (a, b) = (folder.path().join("a/x.j2c"), folder.path().join("b/x.j2c"));
    copy(&data.join("CT1.j2c"), &a);
    copy(&data.join("VL1.j2c"), &b);
    let output = folder.path().join("out");
    let again = folder.path().join("b/../a/x.j2c");
    let outcome = run(["decode", text(&a), text(&b), text(&again), "--output-dir", text(&output)]);
    assert!(outcome.success() && outcome.stderr.is_empty(), "{outcome:?}");
    assert_eq!(names(&output), BTreeSet::from(["a/x.j2c.npy", "b/x.j2c.npy"].map(str::to_owned)));
}

#[test]
fn members_of_an_archive_stay_below_the_output() {
    let Some(data) = data("wg04/htj2k") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (archive, output) = (folder.path().join("a.zip"), folder.path().join("deep/out"));
    let mut zip = zip::ZipWriter::new(fs::File::create(&archive).expect("an archive"));
    for (name, file) in
        [("scans/CT1.j2c", "CT1.j2c"), ("../../../CT1.j2c", "CT1.j2c"), ("CT1.j2c", "CT1.j2c"), ("notes", "../README.md")]
    {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("a member");
        zip.write_all(&fs::read(data.join(file)).expect("the file")).expect("its bytes");
    }
    zip.finish().expect("the archive");
    let outcome = run(["decode", text(&archive), "--output-dir", text(&output)]);
    // Two members would have the same output, and none of them is lost in silence.
    assert_eq!(outcome.status.and_then(|s| s.code()), Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("the same output") && outcome.stderr.lines().count() == 2, "{outcome:?}");
    assert_eq!(names(&output), BTreeSet::from(["a.zip/CT1.j2c.npy", "a.zip/scans/CT1.j2c.npy"].map(str::to_owned)));
    assert_eq!(files_below(folder.path()).len(), 3);
}

#[test]
fn files_that_a_directory_lists_are_decoded_where_they_lie() {
    let Some(folder) = data("dicom/dicomdir") else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let directory = folder.join("DICOMDIR");
    let [listed, whole] = ["listed", "whole"].map(|name| out.path().join(name));
    let outcome = run(["decode", text(&directory), "--output-dir", text(&listed)]);
    let listed_names = names(&listed);
    assert!(listed_names.len() > 3, "{outcome:?}");
    let outcome = run(["decode", text(&folder), "--output-dir", text(&whole)]);
    let whole_names = names(&whole);
    assert!(listed_names.is_subset(&whole_names), "{listed_names:?} {whole_names:?} {outcome:?}");
}

#[test]
fn damaged_files_of_every_kind_end_in_whole_arrays_or_in_lines() {
    let Some(folder) = data("malformed") else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let outcome = run(["decode", text(&folder), "--output-dir", text(out.path())]);
    assert_eq!(outcome.status.and_then(|s| s.code()), Some(1), "{outcome:?}");
    let files = files_below(&folder).len();
    let said: Vec<&str> = outcome.stderr.lines().collect();
    assert!(said.iter().all(|line| line.starts_with("lightbox: ") && !line.contains("panicked")), "{said:?}");
    let failures = said.iter().filter(|line| !line.contains("warning: ")).count();
    assert!((20..=files + 1).contains(&failures), "{failures} lines for {files} files: {said:?}");
    let arrays = files_below(out.path());
    assert!(
        !arrays.is_empty() && outcome.time < Limits::default().time && outcome.memory < Limits::default().memory,
        "{outcome:?}"
    );
    arrays.iter().for_each(|array| assert_whole_array(array));
}
