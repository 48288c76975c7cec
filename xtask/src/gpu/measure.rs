//! What the assembled folder does on a machine with a GPU.

use super::rows::Row;
use super::table::Table;
use super::workload::Day;
use crate::run;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Images at once.
const BATCHES: &str = "1,16,64,256";
/// An image in tiles, and its first tile.
const TILED: (&str, &str) = ("SLIDE2K.j2c", "0,0,512,512");

/// Compares with the CPU, then times both sides file by file, then writes the table. `folder` was assembled before.
///
/// # Errors
/// When anything differs from the CPU, a side cannot be run, or the peer cannot be compiled.
pub fn measure(folder: &Path) -> Result<(), String> {
    let bin = |name: &str| folder.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    for tests in ["test-blocks", "test-images"] {
        let mut tests = Command::new(bin(tests));
        tests.arg("cuda::").env("LIGHTBOX_REQUIRE", "cuda,data").env("LIGHTBOX_DATA", folder.join("data"));
        run::run(&mut tests)?;
    }
    let results = folder.join("results");
    fs::create_dir_all(&results).map_err(|e| format!("{} cannot be made: {e}", results.display()))?;
    let peer = compiled(&folder.join("peer"));
    let (mut ours, mut theirs, mut problems) = (String::new(), String::new(), Vec::new());
    let mut add = |to: &mut String, command: &mut Command| match run::output(command) {
        Ok(lines) => *to += &lines,
        Err(why) => problems.push(why),
    };
    for file in files(&folder.join("data/bench"))? {
        let lightbox = || {
            let mut bench = Command::new(bin("lightbox"));
            bench.args(["bench", "--backend", "cuda", "--target", "device", "--json"]).arg(&file);
            bench
        };
        add(&mut ours, lightbox().args(["--batch", BATCHES]));
        if file.ends_with(TILED.0) {
            add(&mut ours, lightbox().args(["--batch", "1", "--region", TILED.1]));
        }
        if let Ok(peer) = &peer {
            add(&mut theirs, Command::new(peer).arg(BATCHES).arg(&file));
        }
    }
    let write = |name: &str, text: &str| {
        let path = results.join(name);
        fs::write(&path, text).map_err(|e| format!("{} cannot be written: {e}", path.display()))
    };
    write("lightbox.jsonl", &ours)?;
    write("nvjpeg2000.jsonl", &theirs)?;
    let table = Table { device: device(), ours: Row::best(&ours), peer: Row::best(&theirs) };
    let days = [Day::of(&table.ours), Day::of(&table.peer)];
    let text = table.text() + &Day::text(days[0].as_ref(), days[1].as_ref());
    write("table.txt", &text)?;
    write("table.json", &table.json(&Day::json(days[0].as_ref(), days[1].as_ref())))?;
    println!("\n{text}");
    problems.extend(peer.err());
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// Codestreams of a folder, by name.
fn files(folder: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("{} cannot be read: {e}", folder.display()))?;
    let coded = |path: &Path| path.extension().is_some_and(|e| e == "j2c" || e == "j2k");
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| coded(path)).collect();
    files.sort();
    Ok(files)
}

/// Compiles the peer.
fn compiled(folder: &Path) -> Result<std::path::PathBuf, String> {
    let nvcc = ["nvcc", "/usr/local/cuda/bin/nvcc"].into_iter().find(|nvcc| run::succeeds(nvcc, &["--version"]));
    let nvcc = nvcc.ok_or("there is no nvcc, so that nvJPEG2000 was not measured; install the CUDA toolkit")?;
    let (library, program) = (folder.join("nvidia/nvjpeg2k"), folder.join("nvjpeg2000"));
    let mut compile = Command::new(nvcc);
    compile.args(["-O3", "-std=c++17", "-o"]).arg(&program).arg(folder.join("nvjpeg2000.cpp"));
    compile.arg("-I").arg(library.join("include")).arg("-L").arg(library.join("lib")).arg("-l:libnvjpeg2k.so.0");
    compile.arg("-Xlinker").arg(format!("-rpath={}", library.join("lib").display()));
    run::run(&mut compile)?;
    Ok(program)
}

/// The card and its driver, as the driver's own tool names them.
fn device() -> String {
    let mut query = Command::new("nvidia-smi");
    query.args(["--query-gpu=name,driver_version", "--format=csv,noheader"]);
    let told = run::output(&mut query).unwrap_or_default();
    match told.lines().next().and_then(|line| line.split_once(", ")) {
        Some((name, driver)) => format!("{name}, driver {driver}"),
        None => "an NVIDIA GPU".to_owned(),
    }
}
