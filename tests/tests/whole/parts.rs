//! Parts of images and data that are cut off, through the command line.

use crate::cli::{decode, json, one_line, run, text};
use lightbox_tests::limited::Outcome;
use lightbox_tests::{data, vulkan};
use serde_json::Value;
use std::path::Path;

/// Two bytes a sample, `columns` to a row: the samples of a region.
fn crop(whole: &[u8], columns: usize, [x, y, w, h]: [usize; 4]) -> Vec<u8> {
    (y..y + h).flat_map(|row| whole[2 * (row * columns + x)..][..2 * w].to_vec()).collect()
}

#[test]
fn a_part_is_the_crop_of_the_whole() {
    let Some(folder) = data("") else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let raw = out.path().join("a.raw");
    // A bare codestream, and frames of DICOM objects in one tile, in nine and in three fragments.
    for (file, tile) in [
        ("wg04/htj2k/CT1.j2c", None),
        ("dicom/htj2k-derived/ct_202_tiled_200x200.dcm", Some((4, [200, 200, 200, 200]))),
        ("dicom/htj2k-derived/ct_202_three_fragments_no_bot.dcm", None),
    ] {
        let file = folder.join(file);
        let whole = decode(&file, &raw, &[]);
        assert_eq!(whole.len(), 2 * 512 * 512);
        let part = decode(&file, &raw, &["--region", "100,37,201,64"]);
        assert!(part == crop(&whole, 512, [100, 37, 201, 64]), "{}", file.display());
        if let Some((number, place)) = tile {
            let part = decode(&file, &raw, &["--tile", &number.to_string()]);
            assert!(part == crop(&whole, 512, place), "{}", file.display());
        }
        let half = decode(&file, &raw, &["--reduce", "1"]);
        assert_eq!(half.len(), 2 * 256 * 256);
        let part = decode(&file, &raw, &["--reduce", "1", "--region", "101,36,63,65"]);
        // Columns 101 to 163 at full size hold columns 51 to 81 of the half, rows 36 to 100 rows 18 to 50.
        assert!(part == crop(&half, 256, [51, 18, 31, 33]), "{}", file.display());
    }
}

#[test]
fn what_a_part_takes_is_told() {
    let Some(folder) = data("") else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let raw = out.path().join("a.raw");
    for file in ["wg04/htj2k/CT1.j2c", "dicom/htj2k-derived/ct_202_block32.dcm"] {
        let summary = |more: &[&str]| {
            let file = folder.join(file);
            let words = ["decode", text(&file), "--output", text(&raw), "--json"];
            json(&[&words[..], more].concat())
        };
        let number = |summary: &Value, key: &str, of: &str| summary[key][of].as_u64().unwrap_or_else(|| panic!("{summary}"));
        let whole = summary(&[]);
        assert_eq!((&whole["width"], &whole["complete"], &whole["warning"]), (&512.into(), &true.into(), &Value::Null));
        assert_eq!(number(&whole, "blocks", "decoded"), number(&whole, "blocks", "total"));
        let part = summary(&["--region", "64,64,64,64"]);
        assert_eq!((&part["width"], &part["height"]), (&64.into(), &64.into()));
        assert!(number(&part, "blocks", "decoded") * 2 < number(&part, "blocks", "total"), "{part}");
        assert!(number(&part, "bytes", "needed") * 2 < number(&part, "bytes", "total"), "{part}");
        let (read, all) = (number(&part, "bytes", "read"), number(&part, "bytes", "total"));
        assert!(read >= number(&part, "bytes", "needed") && read * 3 < all * 2, "{part}");
    }
}

#[test]
fn parts_that_are_not_there_are_refused() {
    let Some(folder) = data("") else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let raw = out.path().join("a.raw");
    for (file, more, reason) in [
        ("wg04/htj2k/CT1.j2c", &["--region", "500,0,13,1"][..], "512x512"),
        ("wg04/htj2k/CT1.j2c", &["--tile", "1"], "no tile 1"),
        ("wg04/htj2k/CT1.j2c", &["--reduce", "7"], "levels"),
        ("wg04/htj2k/CT1.j2c", &["--reduce", "5", "--region", "1,1,1,1"], "no sample"),
        ("wg04/dicom/CT1_RLE.dcm", &["--reduce", "1"], "RLE"),
        ("wg04/dicom/CT1_RLE.dcm", &["--region", "0,0,9,9"], "HTJ2K"),
    ] {
        let file = folder.join(file);
        let words = ["decode", text(&file), "--output", text(&raw)];
        let line = one_line(&run(words.into_iter().chain(more.iter().copied())), text(&file));
        assert!(line.contains(reason), "{line}");
        assert!(!raw.exists(), "{line}");
    }
}

/// The warning of a command that has succeeded all the same.
fn warning(outcome: &Outcome) -> String {
    assert!(outcome.success() && outcome.stdout.is_empty(), "{outcome:?}");
    let line = outcome.stderr.strip_suffix('\n').unwrap_or_else(|| panic!("{outcome:?}"));
    assert!(line.starts_with("lightbox: warning: ") && !line.contains('\n') && line.contains("cut off"), "{line}");
    line.to_owned()
}

#[test]
fn data_that_are_cut_off_give_the_finest_complete_picture_and_a_warning() {
    let Some(folder) = data("") else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let raw = out.path().join("a.raw");
    for name in ["wg04/htj2k/CT1.j2c", "dicom/htj2k-derived/ct_202_block32.dcm"] {
        let file = folder.join(name);
        let bytes = std::fs::read(&file).expect("the test file");
        let cut = out.path().join(Path::new(name).file_name().expect("a name"));
        std::fs::write(&cut, &bytes[..bytes.len() * 6 / 10]).expect("a temporary file");

        let words = ["decode", text(&cut), "--output", text(&raw)];
        assert!(warning(&run(words)).contains("1/2 of its size"));
        assert_eq!(std::fs::read(&raw).expect("the output").len(), 2 * 512 * 512, "{name}: the size is that of the whole");
        std::fs::remove_file(&raw).expect("it can be removed");
        let strict = run(words.into_iter().chain(["--strict"]));
        assert!(one_line(&strict, name).contains("cut off") && !raw.exists());
        decode(&file, &raw, &["--strict"]);

        // What is said to be complete is what the whole file has there, without a warning.
        assert!(decode(&cut, &raw, &["--reduce", "1"]) == decode(&file, &raw, &["--reduce", "1"]), "{name}");
        let facts = |file: &Path| json(&["info", text(file), "--json"])["codestream"].clone();
        assert_eq!((&facts(&file)["complete"], &facts(&file)["reach"]), (&true.into(), &Value::Null));
        let cut_facts = facts(&cut);
        assert_eq!((&cut_facts["complete"], &cut_facts["reach"]["exact_reduction"]), (&false.into(), &1.into()), "{cut_facts}");
        assert_eq!((&cut_facts["reach"]["layers"], &cut_facts["reach"]["tiles"]), (&0.into(), &1.into()), "{cut_facts}");

        if vulkan() {
            let png = out.path().join("a.png");
            warning(&run(["snapshot", text(&cut), "--output", text(&png)]));
            assert!(png.exists());
        }
    }
}

#[test]
fn nothing_but_a_header_is_no_picture() {
    let Some(folder) = data("wg04/htj2k") else { return };
    let out = tempfile::tempdir().expect("a temporary folder");
    let (cut, raw) = (out.path().join("cut.j2c"), out.path().join("a.raw"));
    let bytes = std::fs::read(folder.join("CT1.j2c")).expect("the test file");
    std::fs::write(&cut, &bytes[..200]).expect("a temporary file");
    let line = one_line(&run(["decode", text(&cut), "--output", text(&raw)]), "a header");
    assert!(line.contains("cut off") && !raw.exists(), "{line}");
    let facts = json(&["info", text(&cut), "--json"]);
    assert_eq!((&facts["codestream"]["complete"], &facts["codestream"]["reach"]), (&false.into(), &Value::Null), "{facts}");
}
