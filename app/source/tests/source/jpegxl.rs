//! JPEG XL objects made with libjxl (`cjxl -d 0`) from patterns that are computed here again.

use crate::scan;
use lightbox_codec::Samples;
use lightbox_source::Pixels;
use std::path::Path;

const ROWS: usize = 61;
const COLUMNS: usize = 83;

fn fixture(name: &str) -> Pixels {
    let scanned = scan(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)]);
    scanned.decode(0, 0).unwrap_or_else(|error| panic!("{name}: {error}")).pixels
}

/// Value of every pixel, row by row.
fn pattern<T>(value: impl Fn(usize, usize) -> T) -> Vec<T> {
    (0..ROWS * COLUMNS).map(|i| value(i % COLUMNS, i / COLUMNS)).collect()
}

fn grey(x: usize, y: usize) -> u8 {
    ((3 * x + 2 * y) % 256) as u8
}

#[test]
fn lossless_jpeg_xl_is_exact() {
    assert_eq!(fixture("jpegxl_8.dcm"), Pixels::Integer(Samples::U8(pattern(grey))));
    let twelve = pattern(|x, y| ((97 * x + 131 * y) * 5 % 4096) as u16);
    assert_eq!(fixture("jpegxl_12.dcm"), Pixels::Integer(Samples::U16(twelve)));
    let colour = pattern(|x, y| [grey(x, y), grey(x, ROWS - 1 - y), grey(COLUMNS - 1 - x, y)]);
    assert_eq!(fixture("jpegxl_rgb.dcm"), Pixels::Integer(Samples::U8(colour.concat())));
}
