//! Bare JPEG 2000 and HTJ2K codestreams and files (.j2c .j2k .jph .jp2) as objects of one image.

use crate::dicom::header::{self, Found};
use crate::storage::Storage;
use crate::{Error, FrameBytes, TagTree};
use dicom_dictionary_std::uids;
use lightbox_codec::{BlockCoding, ByteSource, Info, Limits, inspect, looks_like_codestream};
use lightbox_model::image::{ImageHeader, Photometric, PixelFormat};
use lightbox_model::study::ObjectKind;
use std::sync::Arc;

/// Whether the bytes begin as a codestream does.
pub(crate) fn is_codestream(storage: &Storage) -> bool {
    let len = storage.len().min(64) as usize;
    storage.read(0, len).is_ok_and(|head| looks_like_codestream(&head))
}

/// What its headers say; nothing else is read.
fn facts(storage: &Storage) -> Result<Info, Error> {
    let bytes = FrameBytes::bare(storage.clone(), String::new())?;
    Ok(inspect(&bytes as &dyn ByteSource, &Limits::default())?)
}

/// The header of the object. `name` stands for the series that it has not.
pub(crate) fn read(storage: &Storage, origin: String) -> Found {
    let info = match facts(storage) {
        Ok(info) => info,
        Err(error) => return header::damaged(origin, error.to_string()),
    };
    let mut header = header::empty(origin.clone());
    header.kind = ObjectKind::Image;
    header.series_uid = origin.clone();
    header.series_description = origin;
    header.image = Some(Arc::new(image(&info)));
    Found { header, pixels: None }
}

fn image(info: &Info) -> ImageHeader {
    let components = &info.components;
    let first = components.first();
    let bits = first.map_or(0, |c| u16::from(c.bits));
    let alike = components
        .iter()
        .all(|c| first.is_some_and(|f| (c.bits, c.signed, c.width, c.height) == (f.bits, f.signed, f.width, f.height)));
    let defect = if !alike {
        Some("The components differ in size or depth and cannot be shown as one picture.".to_owned())
    } else if !matches!(components.len(), 1 | 3) {
        Some(format!("The codestream has {} components; one or three can be shown.", components.len()))
    } else {
        None
    };
    let format = PixelFormat {
        samples: components.len() as u16,
        allocated: bits.div_ceil(8) * 8,
        stored: bits,
        high_bit: bits.saturating_sub(1),
        signed: first.is_some_and(|c| c.signed),
        photometric: if components.len() == 3 { Photometric::Rgb } else { Photometric::Monochrome2 },
        planar: false,
        float: false,
    };
    let transfer_syntax = match info.ht {
        BlockCoding::Mq => uids::JPEG2000,
        BlockCoding::Ht | BlockCoding::Mixed => uids::HTJ2K,
    };
    let (rows, columns) = first.map_or((0, 0), |c| (c.height, c.width));
    ImageHeader { defect, ..ImageHeader::new(rows, columns, format, transfer_syntax) }
}

/// What the codestream says of itself, for the inspector.
pub(crate) fn tags(storage: &Storage) -> Result<TagTree, Error> {
    let info = facts(storage)?;
    let components = info.components.iter().map(|c| {
        let sign = if c.signed { "signed" } else { "unsigned" };
        format!("{}x{} {} bits {sign}", c.width, c.height, c.bits)
    });
    Ok(TagTree::of_pairs([
        ("Image", format!("{} x {}", info.width, info.height)),
        ("Components", components.collect::<Vec<_>>().join(", ")),
        ("Tiles", format!("{} x {} of {} x {}", info.tiles.0, info.tiles.1, info.tile_size.0, info.tile_size.1)),
        ("Levels", info.levels.to_string()),
        ("Layers", info.layers.to_string()),
        ("Progression", info.progression.name().to_owned()),
        ("Code-block", format!("{} x {}", info.code_block.0, info.code_block.1)),
        ("Wavelet", format!("{:?}", info.wavelet)),
        ("Block coding", format!("{:?}", info.ht)),
        ("Markers", info.markers.iter().map(|m| m.name).collect::<Vec<_>>().join(" ")),
    ]))
}
