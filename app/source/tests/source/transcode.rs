//! Transcoded objects have the pixels and the elements of their sources.

use crate::{data, scan};
use lightbox_codec::{Backend, Decoder, inspect};
use lightbox_model::FrameId;
use lightbox_source::transcode::{Target, Transcoded, Transcoder};
use lightbox_source::{Catalogue, ImageSource, TagNode};
use std::io::Cursor;
use std::path::Path;

/// What may differ: what says how pixels are encoded, and who wrote the file.
const ENCODING: [(u16, u16); 7] =
    [(0x0028, 0x0004), (0x0028, 0x0006), (0x0028, 0x0102), (0x0028, 0x2110), (0x7FE0, 0x0001), (0x7FE0, 0x0002), (0x7FE0, 0x0010)];

fn transcode(path: &Path) -> (Transcoded, Vec<u8>) {
    let mut out = Cursor::new(Vec::new());
    let transcoder = Transcoder::new(Target::default()).expect("the CPU encodes");
    let made = transcoder.transcode(path, &mut out, &|_| {}).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    (made, out.into_inner())
}

/// Elements of the data set as text, without those that may differ. A value of unknown VR in implicit VR stays unknown, and a
/// length that was defined may no longer be: neither is in it.
fn elements(nodes: &[TagNode]) -> Vec<(u16, u16, String, Vec<String>)> {
    let kept = |n: &&TagNode| n.tag.0 != 2 && n.tag.1 != 0 && !ENCODING.contains(&n.tag);
    let below = |n: &TagNode| elements(&n.children).iter().map(|e| format!("{e:?}")).collect();
    nodes.iter().filter(kept).map(|n| (n.tag.0, n.tag.1, n.value.clone(), below(n))).collect()
}

/// Compares every frame and element of a file with what it became.
fn compare(path: &Path) {
    let scanned = scan(&[path.to_owned()]);
    let before = &scanned.headers[0];
    let (made, bytes) = transcode(path);
    let catalogue = Catalogue::new();
    let after = catalogue.add_bytes("made".to_owned(), bytes).expect("a DICOM file");
    let name = path.display();
    let tree = |source: &Catalogue, id| elements(&source.tags(id).expect("a tree").elements);
    assert_eq!(tree(&scanned.catalogue, before.id), tree(&catalogue, after.id), "{name}");
    let (image, new) = (before.image.as_ref().expect("an image"), after.image.as_ref().expect("an image"));
    assert_eq!(made, Transcoded::Encoded(image.frames), "{name}");
    assert_eq!((new.frames, new.transfer_syntax.as_str()), (image.frames, Target::LosslessRpcl.uid()), "{name}");
    assert!(image.lossy.is_none() || new.lossy.is_some(), "{name} was lossy and does not say so");
    let decoder = Decoder::new(Backend::Cpu).expect("the CPU decodes");
    for frame in 0..image.frames {
        let was = scanned.catalogue.decode(FrameId { object: before.id, frame }, &decoder).expect("a frame");
        let is = catalogue.decode(FrameId { object: after.id, frame }, &decoder).expect("a frame");
        assert_eq!(was.photometric, is.photometric, "{name} frame {frame}");
        assert!(was.pixels == is.pixels, "{name} frame {frame}");
        let encoded = catalogue.encoded_frame(FrameId { object: after.id, frame }).expect("a frame");
        let info = inspect(&encoded.bytes, &Default::default()).expect("a codestream");
        assert_eq!(u16::from(info.components[0].bits), image.format.stored, "{name}: bits as the header says");
    }
}

#[test]
fn every_way_of_writing_a_data_set_is_kept() {
    let Some(folder) = data("dicom") else { return };
    for name in [
        // Explicit and implicit little endian, explicit big endian, deflated.
        "pydicom-core/CT_small.dcm",
        "pydicom-core/MR_small_implicit.dcm",
        "pydicom-core/MR_small_bigendian.dcm",
        "pydicom-core/SC_rgb_small_odd_big_endian.dcm",
        "pydicom-core/image_dfl.dcm",
        // RLE, JPEG, JPEG-LS, JPEG 2000; colours of all kinds and many frames.
        "pydicom-core/MR_small_RLE.dcm",
        "pydicom-core/MR_small_jpeg_ls_lossless.dcm",
        "pydicom-core/JPEG2000.dcm",
        "pydicom-core/SC_rgb_rle_16bit_2frame.dcm",
        "pydicom-core/SC_rgb_jpeg_dcmtk.dcm",
        "pydicom-core/SC_ybr_full_422_uncompressed.dcm",
        "pydicom-core/examples_palette.dcm",
        "pydicom-core/examples_ybr_color.dcm",
        "pydicom-core/examples_jpeg2k.dcm",
        "multiframe/CT0012.fragmented_no_bot_jpeg_ls.80.dcm",
        "multiframe/emri_small.dcm",
    ] {
        compare(&folder.join(name));
    }
}

#[test]
fn what_cannot_be_encoded_is_copied_byte_for_byte() {
    let Some(folder) = data("dicom") else { return };
    let mut copied = 0;
    for scanned in [folder.join("seg"), folder.join("presentation-state")].map(|f| scan(&[f])) {
        for header in &scanned.headers {
            let path = scanned.catalogue.path(header.id).expect("a file");
            if let (Transcoded::Copied(reason), bytes) = transcode(&path) {
                assert!(!reason.is_empty() && bytes == std::fs::read(&path).expect("a file"), "{}", path.display());
                copied += 1;
            }
        }
    }
    assert!(copied > 0, "there are objects without such pixels");
}
