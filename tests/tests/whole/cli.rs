//! The command line's contract: formats that hold exact values, JSON that scripts can read, and failures of one line.

use crate::lightbox;
use lightbox_tests::limited::{self, Limits, Outcome};
use lightbox_tests::{data, files_below, is_fixture, python};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs the program with `words` within the project's limits for any one file.
pub(crate) fn run<'a>(words: impl IntoIterator<Item = &'a str>) -> Outcome {
    limited::run(lightbox().args(words), Limits::default()).expect("the program starts")
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("paths of these tests are text")
}

/// Status 1, nothing on stdout, and exactly one line on stderr that is no panic message: that line.
pub(crate) fn one_line(outcome: &Outcome, what: &str) -> String {
    assert_eq!(outcome.status.and_then(|s| s.code()), Some(1), "{what}: {outcome:?}");
    assert!(outcome.stdout.is_empty(), "{what}: {outcome:?}");
    let line = outcome.stderr.strip_suffix('\n').unwrap_or_else(|| panic!("{what}: {outcome:?}"));
    assert!(line.starts_with("lightbox: ") && !line.contains('\n') && !line.contains("panicked"), "{what}: {line}");
    line.to_owned()
}

/// Decodes `file` to `output` and expects success.
pub(crate) fn decode(file: &Path, output: &Path, more: &[&str]) -> Vec<u8> {
    let outcome = run(["decode", text(file), "--output", text(output)].into_iter().chain(more.iter().copied()));
    assert!(outcome.success() && outcome.stderr.is_empty() && outcome.stdout.is_empty(), "{}: {outcome:?}", file.display());
    std::fs::read(output).expect("the output")
}

pub(crate) fn json(words: &[&str]) -> Value {
    let outcome = run(words.iter().copied());
    assert!(outcome.success() && outcome.stderr.is_empty(), "{words:?}: {outcome:?}");
    serde_json::from_slice(&outcome.stdout).expect("JSON")
}

#[test]
fn every_format_holds_the_values_of_the_raw_file() {
    let Some(folder) = data("wg04") else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| out.path().join(name);
    let (file, raw) = (|name: &str| folder.join(format!("htj2k/{name}.j2c")), |name: &str| folder.join(format!("raw/{name}.RAW")));
    let values = |name: &str| std::fs::read(raw(name)).expect("the raw file");

    // 16 bits, signed.
    let npy = decode(&file("CT1"), &path("ct.npy"), &[]);
    assert!(npy.starts_with(b"\x93NUMPY\x01\x00") && npy.len().is_multiple_of(64) && npy.ends_with(&values("CT1")));
    let header = String::from_utf8_lossy(&npy[10..npy.len() - values("CT1").len()]).into_owned();
    assert!(header.contains("'descr': '<i2'") && header.contains("'shape': (512, 512)"), "{header}");

    // 16 bits, unsigned: PGM and PNG are big endian.
    let swapped: Vec<u8> = values("XA1").chunks_exact(2).flat_map(|b| [b[1], b[0]]).collect();
    let pgm = decode(&file("XA1"), &path("xa.pgm"), &[]);
    let prefix = pgm.len() - swapped.len();
    assert!(pgm.starts_with(b"P5\n1024 1024\n") && pgm[prefix..] == swapped[..], "{:?}", String::from_utf8_lossy(&pgm[..prefix]));
    decode(&file("XA1"), &path("xa.png"), &[]);
    assert_eq!(png(&path("xa.png")), (1024, 1024, png::ColorType::Grayscale, png::BitDepth::Sixteen, swapped));

    // 8 bits, RGB.
    let ppm = decode(&file("VL1"), &path("vl.ppm"), &[]);
    assert!(ppm.starts_with(b"P6\n756 486\n255\n") && ppm.ends_with(&values("VL1")));
    decode(&file("VL1"), &path("vl.png"), &[]);
    assert_eq!(png(&path("vl.png")), (756, 486, png::ColorType::Rgb, png::BitDepth::Eight, values("VL1")));
    let npy = decode(&file("VL1"), &path("vl.npy"), &[]);
    assert!(String::from_utf8_lossy(&npy[..128]).contains("'shape': (486, 756, 3)") && npy.ends_with(&values("VL1")));
    let green = decode(&file("VL1"), &path("green.raw"), &["--component", "1"]);
    assert!(green.iter().eq(values("VL1").iter().skip(1).step_by(3)));
}

/// Size, colour type, depth and bytes of a PNG file.
fn png(path: &Path) -> (u32, u32, png::ColorType, png::BitDepth, Vec<u8>) {
    let file = std::io::BufReader::new(std::fs::File::open(path).expect("the output"));
    let mut reader = png::Decoder::new(file).read_info().expect("a PNG file");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a size that fits")];
    let info = reader.next_frame(&mut bytes).expect("a whole PNG file");
    bytes.truncate(info.buffer_size());
    (info.width, info.height, info.color_type, info.bit_depth, bytes)
}

#[test]
fn numpy_reads_what_is_written() {
    let (Some(folder), Some(python)) = (data("wg04"), python()) else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    for (name, kind, shape) in [("CT1", "<i2", "512,512"), ("XA1", "<u2", "1024,1024"), ("US1", "|u1", "480,640,3")] {
        let array = out.path().join(format!("{name}.npy"));
        decode(&folder.join(format!("htj2k/{name}.j2c")), &array, &[]);
        let script = "import sys, numpy\n\
                      a = numpy.load(sys.argv[1], allow_pickle=False)\n\
                      b = numpy.fromfile(sys.argv[2], a.dtype)\n\
                      assert a.dtype.str == sys.argv[3] and ','.join(map(str, a.shape)) == sys.argv[4], (a.dtype.str, a.shape)\n\
                      assert (a.ravel() == b).all()\n";
        let raw = folder.join(format!("raw/{name}.RAW"));
        let ended =
            Command::new(&python).arg("-c").arg(script).args([&array, &raw]).args([kind, shape]).output().expect("Python starts");
        assert!(ended.status.success(), "{name}: {}", String::from_utf8_lossy(&ended.stderr));
    }
}

#[test]
fn what_a_format_cannot_hold_is_refused_and_leaves_no_file() {
    let Some(folder) = data("wg04/htj2k") else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let refused = |file: &str, output: &str, more: &[&str], reason: &str| {
        let output = out.path().join(output);
        let words = ["decode", text(&folder.join(file)), "--output", text(&output)].map(str::to_owned);
        let outcome = run(words.iter().map(String::as_str).chain(more.iter().copied()));
        let line = one_line(&outcome, file);
        assert!(line.contains(reason), "{line}");
        assert_eq!(std::fs::read_dir(out.path()).expect("the folder").count(), 0, "{file}: a file was left");
    };
    refused("CT1.j2c", "a.png", &[], "signed");
    refused("CT1.j2c", "a.pgm", &[], ".npy");
    refused("VL1.j2c", "a.pgm", &[], ".ppm");
    refused("XA1.j2c", "a.ppm", &[], ".pgm");
    refused("XA1.j2c", "a.tiff", &[], ".npy");
    refused("XA1.j2c", "a.npy", &["--frame", "1"], "no frame 1");
    refused("XA1.j2c", "a.npy", &["--component", "1"], "no component 1");
    refused("missing.j2c", "a.npy", &[], "no such file");
    refused("XA1.j2c", "nowhere/a.npy", &[], "could not be written");
}

#[test]
fn components_of_different_sizes_are_written_one_by_one() {
    let Some(folder) = data("htj2k-conformance") else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let array = out.path().join("a.npy");
    let mut seen = 0;
    for file in files_below(&folder).iter().filter(|f| f.extension().is_some_and(|e| e == "j2k" || e == "jph")) {
        let outcome = run(["info", text(file), "--json"]);
        if !outcome.success() {
            continue;
        }
        let info: Value = serde_json::from_slice(&outcome.stdout).expect("JSON");
        let components = info["codestream"]["components"].as_array().expect("components");
        if components.iter().all(|c| c["width"] == components[0]["width"] && c["height"] == components[0]["height"]) {
            continue;
        }
        let whole = run(["decode", text(file), "--output", text(&array)]);
        assert!(one_line(&whole, text(file)).contains("--component"), "{whole:?}");
        for (number, component) in components.iter().enumerate() {
            let one = run(["decode", text(file), "--output", text(&array), "--component", &number.to_string()]);
            if !one.success() {
                // A block coding that is not supported yet says so; see the conformance test for which.
                assert!(one_line(&one, text(file)).contains("support"), "{one:?}");
                continue;
            }
            let shape = format!("({}, {})", component["height"], component["width"]);
            let bytes = std::fs::read(&array).expect("the output");
            assert!(String::from_utf8_lossy(&bytes[..128]).contains(&shape), "{}: not {shape}", file.display());
            seen += 1;
        }
    }
    assert!(seen >= 3, "only {seen} subsampled components were seen");
}

#[test]
fn info_names_everything_by_stable_keys() {
    let Some(folder) = data("wg04") else { return };
    let info = json(&["info", text(&folder.join("htj2k/CT1.j2c")), "--json"]);
    assert_eq!(info["kind"], "codestream");
    let codestream = &info["codestream"];
    for key in CODESTREAM_KEYS {
        assert!(!codestream[key].is_null(), "{key} is missing: {codestream}");
    }
    assert_eq!((codestream["width"].as_u64(), codestream["height"].as_u64()), (Some(512), Some(512)));
    assert_eq!((&codestream["ht"], &codestream["wavelet"]), (&Value::Bool(true), &Value::from("5/3")));
    assert_eq!(codestream["components"][0]["bits"], 16);
    assert_eq!(codestream["components"][0]["signed"], true);
    let markers: Vec<&str> = codestream["markers"].as_array().expect("markers").iter().filter_map(|m| m["name"].as_str()).collect();
    for name in ["SIZ", "CAP", "COD", "QCD"] {
        assert!(markers.contains(&name), "{name} is not in {markers:?}");
    }

    let info = json(&["info", text(&folder.join("dicom/CT1_J2KR.dcm")), "--json"]);
    assert_eq!((&info["kind"], &info["photometric"]), (&Value::from("dicom"), &Value::from("MONOCHROME2")));
    assert_eq!((&info["transfer_syntax"], &info["frames"]), (&Value::from("1.2.840.10008.1.2.4.90"), &Value::from(1)));
    assert_eq!((&info["rows"], &info["bits_stored"], &info["signed"]), (&Value::from(512), &Value::from(16), &Value::from(true)));
    assert_eq!(info["codestream"]["block_coding"], "MQ");
}

const CODESTREAM_KEYS: [&str; 25] = [
    "container",
    "width",
    "height",
    "origin",
    "tile_size",
    "tile_origin",
    "tiles",
    "tile_parts",
    "components",
    "levels",
    "progression",
    "layers",
    "code_block",
    "wavelet",
    "block_coding",
    "ht",
    "colour_transform",
    "precincts",
    "guard_bits",
    "sop",
    "eph",
    "offset",
    "length",
    "markers",
    "complete",
];

#[test]
fn bench_gives_figures_for_files_and_series() {
    let Some(folder) = data("") else { return };
    let file = folder.join("bench/CT1.j2c");
    let series = folder.join("wg04/dicom/CT1_RLE.dcm");
    let outcome = run(["bench", text(&file), text(&series), "--threads", "1", "--json"]);
    assert!(outcome.success() && outcome.stderr.is_empty(), "{outcome:?}");
    let lines: Vec<Value> =
        String::from_utf8_lossy(&outcome.stdout).lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(lines.len(), 2);
    for report in &lines {
        assert_eq!(
            (&report["threads"], &report["frames"], &report["width"]),
            (&Value::from(1), &Value::from(1), &Value::from(512))
        );
        let [median, p10, p90, speed] = ["median_ms", "p10_ms", "p90_ms", "mpx_per_s"].map(|key| report[key].as_f64().expect(key));
        assert!(p10 <= median && median <= p90 && p10 > 0.0, "{report}");
        assert!((speed - 0.262144 / median * 1e3).abs() < 0.01 * speed, "{report}");
        assert!(report["runs"].as_u64() >= Some(5) && report["machine"]["cores"].as_u64() >= Some(1), "{report}");
    }
}

#[test]
fn help_is_given_and_mistakes_are_one_line() {
    for words in [&["--help"][..], &["--version"], &["decode", "--help"], &["info", "--help"], &["snapshot", "--help"]] {
        let outcome = run(words.iter().copied());
        assert!(outcome.success() && outcome.stderr.is_empty() && !outcome.stdout.is_empty(), "{words:?}: {outcome:?}");
    }
    for words in [
        &["decode"][..],
        &["decode", "x"],
        &["info"],
        &["info", "x", "--nonsense"],
        &["bench"],
        &["bench", "x", "--threads", "0"],
        &["snapshot", "x", "--output", "y.png", "--window", "40"],
        &["snapshot", "x", "--output", "y.png", "--window", "40,400", "--preset", "lung"],
        &["./no such file"],
    ] {
        one_line(&run(words.iter().copied()), &words.join(" "));
    }
}

#[test]
fn a_closed_pipe_is_a_failure_and_no_panic() {
    let Some(folder) = data("wg04/htj2k") else { return };
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let ended = lightbox().args(["info", text(&folder.join("CT1.j2c"))]).stdout(writer).output().expect("the program starts");
    let line = String::from_utf8_lossy(&ended.stderr);
    assert_eq!((ended.status.code(), line.lines().count()), (Some(1), 1), "{line}");
    assert!(line.contains("could not be written"), "{line}");
}

/// Every damaged file through every command that reads one: a whole output, with one line where its data are cut off, or one
/// line and no output.
#[test]
fn damaged_files_fail_in_one_line_or_give_a_whole_output() {
    let Some(folder) = data("malformed") else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let (mut whole, mut failed) = (0, 0);
    for file in files_below(&folder).iter().filter(|f| is_fixture(f)) {
        let name = text(file);
        let array = out.path().join("a.npy");
        for words in [["info", name, "--json"].as_slice(), &["decode", name, "--output", text(&array)]] {
            let outcome = run(words.iter().copied());
            assert!(outcome.time < Limits::default().time && outcome.memory < Limits::default().memory, "{name}: {outcome:?}");
            if outcome.success() {
                let said = &outcome.stderr;
                let warning = said.starts_with("lightbox: warning: ") && said.lines().count() == 1;
                assert!(said.is_empty() || warning && words[0] == "decode", "{name}: {outcome:?}");
                whole += 1;
                if words[0] == "decode" {
                    assert_whole_array(&array);
                }
            } else {
                one_line(&outcome, name);
                failed += 1;
            }
            // Neither an unfinished file nor the output of a failure.
            let left: Vec<PathBuf> = files_below(out.path());
            let expected = usize::from(words[0] == "decode" && outcome.success());
            assert_eq!(left.len(), expected, "{name}: {left:?}");
            left.iter().for_each(|path| std::fs::remove_file(path).expect("it can be removed"));
        }
    }
    assert!(whole > 0 && failed > 20, "{whole} whole, {failed} failed");
}

/// The array's header says as many bytes as follow it.
pub(crate) fn assert_whole_array(path: &Path) {
    let bytes = std::fs::read(path).expect("the output");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = String::from_utf8_lossy(&bytes[10..10 + length]).into_owned();
    let between =
        |from: &str, to: &str| header.split(from).nth(1).and_then(|s| s.split(to).next()).expect("a NumPy header").to_owned();
    let size: usize = between("'descr': '", "'")[2..].parse().expect("a size");
    let shape = between("'shape': (", ")");
    let count: usize =
        shape.split(',').filter(|s| !s.trim().is_empty()).map(|s| s.trim().parse::<usize>().expect("a number")).product();
    assert_eq!(bytes.len(), 10 + length + size * count, "{}: {header}", path.display());
}
