//! The display pipeline against pydicom, which we did not write: every 16-bit input through its modality, VOI, palette and colour code.
//! `LIGHTBOX_PYTHON` names a Python that has pydicom and numpy.

use lightbox_model::display::*;
use lightbox_model::image::Photometric;
use std::process::Command;
use std::sync::Arc;

/// Writes one float32 array of 65536 greys (or more, for colour) after the other to standard output.
const SCRIPT: &str = r#"
import sys, numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.pixels.processing import apply_windowing, apply_modality_lut, apply_voi, apply_color_lut, convert_color_space
out = sys.stdout.buffer
put = lambda a: out.write(np.ascontiguousarray(a, '<f4').tobytes())
stored = np.arange(65536, dtype=np.uint16).reshape(256, 256)
def dataset():
    ds = Dataset()
    ds.file_meta = FileMetaDataset(); ds.file_meta.TransferSyntaxUID = '1.2.840.10008.1.2.1'
    ds.PhotometricInterpretation = 'MONOCHROME2'; ds.SamplesPerPixel = 1; ds.PixelRepresentation = 0
    ds.BitsStored = 16; ds.BitsAllocated = 16
    return ds
def lut(first, bits, data):
    item = Dataset()
    item.add_new(0x00283002, 'US', [len(data) % 65536, first, bits])
    item.add_new(0x00283006, 'OW', np.asarray(data, '<u2').tobytes())
    return Sequence([item])
for function in ['LINEAR', 'LINEAR_EXACT', 'SIGMOID']:
    for centre, width in [(40, 400), (0, 1), (32768, 65536), (2047.5, 4096), (1000, 2)]:
        ds = dataset()
        ds.WindowCenter = centre; ds.WindowWidth = width; ds.VOILUTFunction = function
        put(apply_windowing(stored.astype('f8'), ds) / 65535)
ds = dataset()
ds.ModalityLUTSequence = lut(100, 16, np.arange(4096) ** 2 // 300)
put(apply_modality_lut(stored, ds))
ds = dataset()
ds.RescaleSlope = '0.25'; ds.RescaleIntercept = '-100.5'
put(apply_modality_lut(stored, ds))
ds = dataset()
ds.VOILUTSequence = lut(5000, 12, (np.arange(20000) * 37 % 4096))
put(apply_voi(stored, ds) / 4095)
ds = dataset()
ds.PhotometricInterpretation = 'PALETTE COLOR'
for i, factor in enumerate([7, 11, 13]):
    ds.add_new(0x00281101 + i, 'US', [1000, 200, 16])
    ds.add_new(0x00281201 + i, 'OW', (np.arange(1000) * factor * 5 % 65536).astype('<u2').tobytes())
put(apply_color_lut(stored, ds) / 65535)
grid = np.stack(np.meshgrid(np.arange(256), np.arange(0, 256, 5), np.arange(0, 256, 5), indexing='ij'), -1).astype('u1').reshape(256, -1, 3)
put(convert_color_space(grid, 'YBR_FULL', 'RGB'))
"#;

struct Arrays(std::vec::IntoIter<f32>);

impl Arrays {
    fn next(&mut self, count: usize) -> Vec<f32> {
        let array: Vec<f32> = self.0.by_ref().take(count).collect();
        assert_eq!(array.len(), count, "the script wrote less than it should");
        array
    }
}

fn reference() -> Option<Arrays> {
    let Some(python) = std::env::var_os("LIGHTBOX_PYTHON") else {
        let required = std::env::var("LIGHTBOX_REQUIRE").is_ok_and(|r| r.split(',').any(|r| r == "pydicom"));
        assert!(!required, "LIGHTBOX_REQUIRE names pydicom but LIGHTBOX_PYTHON is not set");
        eprintln!("SKIPPED: set LIGHTBOX_PYTHON to a Python with pydicom and numpy");
        return None;
    };
    let output = Command::new(python).args(["-c", SCRIPT]).output().expect("LIGHTBOX_PYTHON can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let values: Vec<f32> = output.stdout.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    Some(Arrays(values.into_iter()))
}

fn assert_greys(tables: &Tables, expected: &[f32], what: &str) {
    for (stored, &expected) in expected.iter().enumerate() {
        let got = tables.grey(stored as u32);
        assert!((got - expected).abs() < 2e-5, "{what}, stored {stored}: {got}, pydicom {expected}");
    }
}

#[test]
fn greys_and_colours_are_pydicoms() {
    let Some(mut arrays) = reference() else { return };
    for function in [VoiFunction::Linear, VoiFunction::LinearExact, VoiFunction::Sigmoid] {
        for (centre, width) in [(40.0, 400.0), (0.0, 1.0), (32768.0, 65536.0), (2047.5, 4096.0), (1000.0, 2.0)] {
            let tables = Display::new(Modality::Identity, Voi::window(centre, width, function)).tables();
            assert_greys(&tables, &arrays.next(65536), &format!("{function:?} {centre} {width}"));
        }
    }
    let lut = |first, bits, entries: Vec<u16>| Lut { first, bits, entries: entries.into(), explanation: None };
    let squares = lut(100, 16, (0..4096u32).map(|i| (i * i / 300) as u16).collect());
    for modality in [Modality::Lut(squares), Modality::Rescale { slope: 0.25, intercept: -100.5 }] {
        for (stored, expected) in arrays.next(65536).into_iter().enumerate() {
            assert_eq!(modality.apply(stored as u32), expected, "stored {stored}");
        }
    }
    let voi = Voi::Lut(lut(5000, 12, (0..20_000u32).map(|i| (i * 37 % 4096) as u16).collect()));
    assert_greys(&Display::new(Modality::Identity, voi).tables(), &arrays.next(65536), "VOI LUT");

    let entry = |i: u32| [7, 11, 13].map(|factor| (i * factor * 5 % 65536) as u16);
    let palette = Palette { first: 200, entries: (0..1000).map(entry).collect() };
    let tables = Display::colour(Photometric::PaletteColor, 16, Some(Arc::new(palette))).unwrap().tables();
    for (stored, expected) in arrays.next(3 * 65536).chunks_exact(3).enumerate() {
        let got = tables.rgb(&[stored as i64]);
        assert!(got.iter().zip(expected).all(|(g, e)| (g - e).abs() < 1e-6), "stored {stored}: {got:?}, pydicom {expected:?}");
    }
    let tables = Display::colour(Photometric::YbrFull, 8, None).unwrap().tables();
    let mut expected = arrays.0;
    for y in 0..256 {
        for cb in (0..256).step_by(5) {
            for cr in (0..256).step_by(5) {
                for got in tables.rgb8(&[y, cb, cr]) {
                    // pydicom rounds halves up where we round the nearest 16384th: one level at most, at exact halves.
                    let expected = expected.next().expect("the grid is complete");
                    assert!((f32::from(got) - expected).abs() <= 1.0, "{y} {cb} {cr}: {got}, pydicom {expected}");
                }
            }
        }
    }
    assert_eq!(expected.next(), None, "the script wrote more than was compared");
}
