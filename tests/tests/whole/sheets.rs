//! `lightbox snapshot --contact-sheet`: every cell is the snapshot of its image, with words below it.

use crate::cli::{run, text};
use lightbox_tests::{data, vulkan};
use std::fs;
use std::path::Path;

/// As documented in the program: edge of a picture, space around it, lines below it, lines at the top.
const EDGE: usize = 256;
const SPACE: usize = 16;
const LABEL: usize = 68;
const HEADING: usize = 52;

/// An RGB picture.
struct Png {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Png {
    fn read(path: &Path) -> Self {
        let file = std::io::BufReader::new(fs::File::open(path).expect("the picture"));
        let mut reader = png::Decoder::new(file).read_info().expect("a PNG file");
        let mut rgb = vec![0; reader.output_buffer_size().expect("a size that fits")];
        let info = reader.next_frame(&mut rgb).expect("a whole PNG file");
        assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
        Self { width: info.width as usize, height: info.height as usize, rgb }
    }

    /// The pixels of a part.
    fn part(&self, x: usize, y: usize, width: usize, height: usize) -> Vec<u8> {
        (y..y + height).flat_map(|row| self.rgb[3 * (row * self.width + x)..][..3 * width].to_vec()).collect()
    }

    /// Cells across and down.
    fn cells(&self) -> [usize; 2] {
        [(self.width - SPACE) / (EDGE + SPACE), (self.height - SPACE - HEADING) / (EDGE + LABEL + SPACE)]
    }

    /// The picture of a cell and whether there is any bright text below it.
    fn cell(&self, column: usize, row: usize) -> (Vec<u8>, bool) {
        let (x, y) = (SPACE + column * (EDGE + SPACE), SPACE + HEADING + row * (EDGE + LABEL + SPACE));
        let label = self.part(x, y + EDGE, EDGE, LABEL);
        (self.part(x, y, EDGE, EDGE), label.chunks_exact(3).filter(|pixel| pixel[0] > 150).count() > 20)
    }
}

fn snapshot(file: &Path, to: &Path) -> Vec<u8> {
    let outcome = run(["snapshot", text(file), "--output", text(to), "--size", "256x256"]);
    assert!(outcome.success(), "{outcome:?}");
    Png::read(to).rgb
}

#[test]
fn every_codestream_and_series_has_its_cell() {
    let Some(data) = data("wg04") else { return };
    if !vulkan() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (input, sheet, one) = (folder.path().join("in"), folder.path().join("sheet.png"), folder.path().join("one.png"));
    fs::create_dir(&input).expect("a folder");
    let files = ["htj2k/CT1.j2c", "htj2k/VL1.j2c", "dicom/XA1_J2KR.dcm"].map(|name| data.join(name));
    for file in &files {
        fs::copy(file, input.join(file.file_name().expect("a name"))).expect("a copy");
    }
    let outcome = run(["snapshot", text(&input), "--contact-sheet", text(&sheet)]);
    assert!(outcome.success() && outcome.stdout.is_empty() && outcome.stderr.is_empty(), "{outcome:?}");
    let sheet = Png::read(&sheet);
    assert_eq!(sheet.cells(), [2, 2]);
    let cells = [[0, 0], [1, 0], [0, 1]].map(|[column, row]| sheet.cell(column, row));
    for file in &files {
        let expected = snapshot(file, &one);
        let found = cells.iter().filter(|(picture, _)| *picture == expected).count();
        assert_eq!(found, 1, "{} is not on the sheet", file.display());
    }
    assert!(cells.iter().all(|(_, labelled)| *labelled));
    let (empty, labelled) = sheet.cell(1, 1);
    assert!(!labelled && empty.chunks_exact(3).all(|pixel| pixel == &empty[..3]), "there are three cells");
}

#[test]
fn a_series_alone_shows_each_of_its_images() {
    let Some(data) = data("series/mr-head-mprage-sag") else { return };
    if !vulkan() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (input, sheet, one) = (folder.path().join("in"), folder.path().join("sheet.png"), folder.path().join("one.png"));
    fs::create_dir(&input).expect("a folder");
    let mut files = lightbox_tests::files_below(&data);
    files.retain(|file| file.extension().is_some_and(|e| e == "dcm"));
    for file in &files[..5] {
        fs::copy(file, input.join(file.file_name().expect("a name"))).expect("a copy");
    }
    let words = ["snapshot", text(&input), "--contact-sheet", text(&sheet)];
    let outcome = run(words);
    assert!(outcome.success(), "{outcome:?}");
    let whole = Png::read(&sheet);
    assert_eq!(whole.cells(), [3, 2]);
    let outcome = run(["snapshot", text(&input), "--output", text(&one), "--size", "256x256", "--frame", "4"]);
    assert!(outcome.success() && whole.cell(1, 1).0 == Png::read(&one).rgb, "the fifth image is the fifth cell");

    // One that is damaged has its reason in its cell, and a line.
    let broken = input.join(files[2].file_name().expect("a name"));
    let mut bytes = fs::read(&broken).expect("a file");
    let length = bytes.len();
    bytes[length / 2..].fill(0xFF);
    fs::write(&broken, bytes).expect("a file");
    let outcome = run(words);
    assert_eq!(outcome.status.and_then(|s| s.code()), Some(1), "{outcome:?}");
    assert!(outcome.stderr.lines().count() == 2 && outcome.stderr.contains("1 of 5 images"), "{outcome:?}");
    let damaged = Png::read(&sheet);
    let changed: Vec<[usize; 2]> =
        [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1]].into_iter().filter(|&[c, r]| damaged.cell(c, r).0 != whole.cell(c, r).0).collect();
    let [[column, row]] = changed[..] else { panic!("{changed:?} have changed") };
    let red = damaged.cell(column, row).0.chunks_exact(3).filter(|p| p[0] > 150 && p[1] < 130).count();
    assert!(red > 50, "{red} pixels of the reason");
}
