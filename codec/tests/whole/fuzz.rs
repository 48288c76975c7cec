//! What the fuzz targets once found, and every small codestream of the tests, through the same checks.

use std::path::Path;

use crate::common::{bytes, files, name};

#[path = "../../fuzz/src/lib.rs"]
mod targets;

#[test]
fn every_finding_stays_fixed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fuzz");
    let found = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for file in found.map(|entry| entry.expect("a readable entry").path()).filter(|path| path.extension().is_none_or(|e| e != "md"))
    {
        let name = name(&file);
        let (target, _) = name.split_once('-').expect("the target's name comes first");
        let check = targets::target(target).unwrap_or_else(|| panic!("{name}: there is no target {target}"));
        check(&bytes(&file));
    }
}

#[test]
fn sound_codestreams_pass_every_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wide");
    for file in files(&folder, |n| n.ends_with(".j2c")) {
        for target in ["parse", "decode", "differential", "round_trip"] {
            targets::target(target).expect("a target")(&bytes(&file));
        }
    }
}
