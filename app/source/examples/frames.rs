//! Decodes every frame of everything below the paths given and prints one line a frame: file, frame, size, SHA-256 of the
//! stored values (see `tests/pydicom/reference.py` for how they are written) or the error. For comparison with another reader.

use lightbox_codec::{Backend, Decoder, Samples};
use lightbox_model::FrameId;
use lightbox_model::study::ObjectKind;
use lightbox_source::{Catalogue, ImageSource, Pixels, ScanEvent, Stop};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Mutex;

fn main() -> Result<(), lightbox_codec::Error> {
    let inputs: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let catalogue = Catalogue::new();
    let decoder = Decoder::new(Backend::Auto)?;
    let headers = Mutex::new(Vec::new());
    catalogue.scan(&inputs, &Stop::default(), &|event| match event {
        ScanEvent::Object(header) => headers.lock().expect("no panic holds it").push(header),
        ScanEvent::Skipped { origin, reason } => println!("{origin}\t-\tSKIPPED {reason}"),
        ScanEvent::Progress { .. } => {}
    });
    for header in headers.into_inner().expect("no panic holds it") {
        let path = catalogue.path(header.id).unwrap_or_default();
        let path = path.display();
        let Some(image) = &header.image else {
            println!("{path}\t-\t{:?}", header.kind);
            continue;
        };
        if header.kind != ObjectKind::Image {
            println!("{path}\t-\t{:?}", header.kind);
        }
        if let Some(defect) = &image.defect {
            println!("{path}\t-\tDEFECT {defect}");
        }
        for frame in 0..image.frames {
            match catalogue.decode(FrameId { object: header.id, frame }, &decoder) {
                Ok(p) => println!(
                    "{path}\t{frame}\t{}x{}x{}\t{}\t{}\t{}\t{}",
                    p.rows,
                    p.columns,
                    p.samples_per_pixel,
                    digest(&p.pixels),
                    p.photometric.term(),
                    p.bits,
                    p.decoder
                ),
                Err(error) => println!("{path}\t{frame}\tERROR {error}"),
            }
        }
    }
    Ok(())
}

/// SHA-256 of the values in the narrowest type that holds them, little endian.
fn digest(pixels: &Pixels) -> String {
    let mut bytes = Vec::new();
    match pixels {
        Pixels::Integer(samples) => integers(samples, &mut bytes),
        Pixels::Float(v) => v.iter().for_each(|x| bytes.extend(x.to_le_bytes())),
        Pixels::Double(v) => v.iter().for_each(|x| bytes.extend(x.to_le_bytes())),
    }
    Sha256::digest(&bytes).iter().take(8).map(|b| format!("{b:02x}")).collect()
}

fn integers(samples: &Samples, out: &mut Vec<u8>) {
    let values: Vec<i64> = (0..samples.len()).filter_map(|i| samples.get(i)).collect();
    let (low, high) = (values.iter().min().copied().unwrap_or(0), values.iter().max().copied().unwrap_or(0));
    let width = match (low < 0, low, high) {
        (false, _, ..=0xFF) | (true, -0x80.., ..=0x7F) => 1,
        (false, _, ..=0xFFFF) | (true, -0x8000.., ..=0x7FFF) => 2,
        _ => 4,
    };
    values.iter().for_each(|v| out.extend(&v.to_le_bytes()[..width]));
}
