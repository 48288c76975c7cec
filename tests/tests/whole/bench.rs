//! `lightbox bench` of batches, parts and GPUs, as far as figures can be checked that differ from run to run.

use crate::cli::{one_line, run, text};
use lightbox_codec::cuda;
use lightbox_tests::limited::Outcome;
use lightbox_tests::{data, say, skip};
use serde_json::Value;
use std::path::Path;

/// The lines of `bench FILE --json` and what follows; nothing else is said.
fn rows(file: &Path, more: &[&str]) -> Vec<Value> {
    let outcome = run(["bench", text(file), "--json"].into_iter().chain(more.iter().copied()));
    assert!(outcome.success() && outcome.stderr.is_empty(), "{more:?}: {outcome:?}");
    lines(&outcome)
}

fn lines(outcome: &Outcome) -> Vec<Value> {
    String::from_utf8_lossy(&outcome.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("no {key}: {row}"))
}

#[test]
fn a_batch_has_a_row_of_its_own() {
    let Some(folder) = data("") else { return };
    let file = folder.join("bench/CT1.j2c");
    let length = std::fs::metadata(&file).expect("the file").len();
    let rows = rows(&file, &["--threads", "1", "--batch", "1,3"]);
    assert_eq!(rows.iter().map(|row| row["batch"].as_u64()).collect::<Vec<_>>(), [Some(1), Some(3)]);
    for (row, images) in rows.iter().zip([1, 3]) {
        assert_eq!((&row["target"], &row["gpus"], &row["joules_per_image"]), (&"host".into(), &Value::Null, &Value::Null));
        assert_eq!((row["decoded_bytes"].as_u64(), row["encoded_bytes"].as_u64()), (Some(images * 524_288), Some(images * length)));
        let (median, each) = (number(row, "median_ms"), number(row, "ms_per_frame"));
        assert!((each * images as f64 - median).abs() < 1e-9 * median.max(1.0), "{row}");
        assert!((number(row, "images_per_s") * median - images as f64 * 1e3).abs() < 1e-3 * images as f64 * 1e3, "{row}");
        assert!((number(row, "gb_per_s") * median * 1e6 - (images * 524_288) as f64).abs() < 1.0, "{row}");
    }
}

#[test]
fn parts_are_timed_of_codestreams_and_of_frames() {
    let Some(folder) = data("") else { return };
    for (file, batch, frames) in
        [("bench/CT1.j2c", None, 1), ("bench/CT1.j2c", Some("2"), 1), ("dicom/htj2k-derived/ct_202_block32.dcm", None, 1)]
    {
        let batch: Vec<&str> = batch.map_or(Vec::new(), |n| vec!["--batch", n]);
        let row = rows(&folder.join(file), &[&["--region", "32,64,128,64", "--reduce", "1"], &batch[..]].concat()).remove(0);
        assert_eq!((&row["width"], &row["height"], &row["frames"]), (&64.into(), &32.into(), &frames.into()), "{file}");
        assert_eq!((&row["region"], &row["reduce"]), (&serde_json::json!([32, 64, 128, 64]), &1.into()));
    }
}

#[test]
fn what_cannot_be_timed_is_said() {
    let Some(folder) = data("") else { return };
    let file = |name: &str| folder.join(name);
    let refused = |name: &str, more: &[&str], why: &str| {
        let path = file(name);
        let line = one_line(&run(["bench", text(&path)].into_iter().chain(more.iter().copied())), name);
        assert!(line.contains(why), "{line}");
    };
    refused("wg04/dicom/CT1_RLE.dcm", &["--batch", "2", "--json"], "RLE");
    refused("bench/CT1.j2c", &["--region", "500,0,64,64", "--json"], "512x512");
    refused("bench/CT1.j2c", &["--target", "device"], "--backend cuda");
    refused("bench/CT1.j2c", &["--gpus", "1"], "--backend cuda");

    // A batch that would not fit is left out, and the others are timed.
    let mammogram = file("bench/MG1.j2c");
    let outcome = run(["bench", text(&mammogram), "--json", "--reduce", "3", "--batch", "4096,1"]);
    assert!(outcome.success() && outcome.stderr.lines().count() == 1 && outcome.stderr.contains("left out"), "{outcome:?}");
    let rows = lines(&outcome);
    assert_eq!((rows.len(), &rows[0]["batch"], &rows[1]["batch"]), (2, &4096.into(), &1.into()));
    assert!(rows[0]["left_out"].as_str().is_some_and(|why| why.contains("GiB")), "{rows:?}");
}

#[test]
fn a_gpu_is_timed_or_its_absence_explained() {
    let Some(folder) = data("bench") else { return };
    let file = folder.join("CT1.j2c");
    if let Err(why) = cuda::probe() {
        let line = one_line(&run(["bench", text(&file), "--backend", "cuda", "--target", "device"]), "without a GPU");
        assert!(line.contains(&why), "{line}");
        return skip("cuda", &why);
    }
    let more = cuda::uuids().expect("devices").len() + 1;
    let line = one_line(&run(["bench", text(&file), "--backend", "cuda", "--gpus", &more.to_string()]), "too many GPUs");
    assert!(!line.contains("report"), "{line}");
    for target in ["host", "device"] {
        let rows = rows(&file, &["--backend", "cuda", "--target", target, "--batch", "1,16"]);
        assert_eq!((rows.len(), &rows[0]["gpus"], &rows[0]["target"]), (2, &1.into(), &target.into()));
        assert!(rows.iter().all(|row| row["decoder"].as_str().is_some_and(|name| name.starts_with("CUDA "))), "{rows:?}");
        say(&format!("bench to the {target}: {}", rows[1]));
    }
}
