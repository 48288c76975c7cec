//! DICOM objects to HTJ2K without loss (PS3.5 A.4): pixels exactly, every other element as it was.
//!
//! Elements of a source in explicit little endian are copied byte for byte; those of the other native encodings are written anew
//! in it with unchanged values. Every codestream is decoded and compared with its source before it is written. Frames are
//! taken a few at a time, so that memory does not grow with their number.

mod elements;
mod frames;

use crate::Error;
use crate::catalogue::Catalogue;
use crate::dicom::file::File;
use crate::dicom::overlay::any_embedded;
use crate::dicom::{self, Want, dicomdir};
use crate::scan::{ScanEvent, Stop};
use crate::storage::Storage;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};
use elements::{Elements, element};
use frames::Frames;
use lightbox_codec::{Backend, Decoder, Encoder};
use lightbox_model::image::ImageHeader;
use lightbox_model::study::ObjectHeader;
use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use walkdir::WalkDir;

/// Names this writer (PS3.7 D.3.3.2); a UID of its own, derived from a UUID.
pub(crate) const IMPLEMENTATION: &str = "2.25.283918429640171950634725198465729145217";

/// Encapsulated Pixel Data Value Total Length: true of the former encoding alone.
const PIXEL_DATA_TOTAL_LENGTH: Tag = Tag(0x7FE0, 0x0003);

/// What objects become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// High-Throughput JPEG 2000 with RPCL options, lossless only (1.2.840.10008.1.2.4.202).
    #[default]
    LosslessRpcl,
    /// High-Throughput JPEG 2000, lossless only (1.2.840.10008.1.2.4.201).
    Lossless,
}

impl Target {
    /// Transfer Syntax UID.
    pub fn uid(self) -> &'static str {
        match self {
            Self::LosslessRpcl => uids::HTJ2K_LOSSLESS_RPCL,
            Self::Lossless => uids::HTJ2K_LOSSLESS,
        }
    }
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transcoded {
    /// Its frames, this many, are HTJ2K now.
    Encoded(u32),
    /// A DICOM object that was copied byte for byte, with the reason.
    Copied(String),
    /// No object to transcode, with the reason; nothing was written.
    LeftOut(&'static str),
}

/// Where an object is written: offsets become known only behind them.
pub trait Output: Write + Seek {}
impl<T: Write + Seek> Output for T {}

/// Decodes, encodes and compares. May be used by several threads at a time.
pub struct Transcoder {
    target: Target,
    decoder: Decoder,
    encoder: Encoder,
}

impl Transcoder {
    /// Frames run in parallel on the caller's rayon threads.
    ///
    /// # Errors
    /// None that a processor gives cause for.
    pub fn new(target: Target) -> Result<Self, Error> {
        Ok(Self { target, decoder: Decoder::new(Backend::Cpu)?.threads(1), encoder: Encoder::new().threads(1) })
    }

    /// Transcodes the DICOM file at `path` into `out`, which is empty; `on_frames` is told of frames that are done.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or has a frame that does not decode, and an output that cannot be written. What
    /// `out` holds then is worthless.
    pub fn transcode(&self, path: &Path, out: &mut dyn Output, on_frames: &(dyn Fn(u64) + Sync)) -> Result<Transcoded, Error> {
        let storage = Storage::open(path)?;
        let Some(mut file) = File::open(storage.clone())? else { return Ok(Transcoded::LeftOut("it is no DICOM file")) };
        file.storage = file.storage.whole()?;
        if dicomdir::is_directory(&file) {
            return Ok(Transcoded::LeftOut("a DICOMDIR names the encoding of each of its files and has to be made anew"));
        }
        let parsed = dicom::parse(&file.storage, file.start, file.syntax, Want::Everything);
        if let Some(error) = parsed.error {
            return Err(error);
        }
        let root = parsed.data.root();
        let catalogue = Catalogue::new();
        let Some(header) = enter(&catalogue, path)? else { return Ok(Transcoded::LeftOut("its data set is empty")) };
        let image = match &header.image {
            None => Err("it has no pixels".to_owned()),
            Some(_) if root.get(tags::PIXEL_DATA).is_none() => Err("it has no integer pixels".to_owned()),
            Some(_) if any_embedded(root) => Err("an overlay lies in unused bits of its pixels".to_owned()),
            Some(image) => self.suits(image).map(|()| image),
        };
        let image = match image {
            Ok(image) => image,
            Err(reason) => {
                elements::copy(&storage, 0..storage.len(), out)?;
                return Ok(Transcoded::Copied(reason));
            }
        };
        let source = frames::Source { catalogue: &catalogue, object: header.id, image };
        let mut frames = Frames::new(source, &self.decoder, &self.encoder, on_frames)?;
        elements::write_meta(&file, root, self.target.uid(), out)?;
        let elements = Elements { file: &file, signed: image.format.signed };
        let mut edits = edits(image, frames.photometric());
        let mut at = file.start;
        for found in root.elements() {
            let (tag, end) = (found.node.tag, found.node.at + found.node.len);
            while let Some(first) = edits.first_entry().filter(|first| *first.key() < tag) {
                out.write_all(&first.remove()).map_err(Error::written)?;
            }
            match edits.remove(&tag) {
                Some(edit) => out.write_all(&edit).map_err(Error::written)?,
                None if tag == tags::PIXEL_DATA => frames.write(out)?,
                None => elements.write(found, at..end, out)?,
            }
            at = end;
        }
        Ok(Transcoded::Encoded(image.frames))
    }

    /// Whether HTJ2K in DICOM can hold the image (PS3.5 8.2.14), and does not already.
    fn suits(&self, image: &ImageHeader) -> Result<(), String> {
        // MPEG-2, MPEG-4, HEVC: 1.2.840.10008.1.2.4.100 to .108.
        let video = image.transfer_syntax.strip_prefix("1.2.840.10008.1.2.4.10").is_some_and(|rest| !rest.is_empty());
        let format = &image.format;
        if image.transfer_syntax == self.target.uid() {
            return Err("it is in this transfer syntax already".to_owned());
        }
        if video {
            return Err("its frames are video".to_owned());
        }
        if format.float || !matches!(format.allocated, 8 | 16) || !(1..=16).contains(&format.stored) {
            return Err(format!("samples of {} bits allocated and {} stored are not encoded", format.allocated, format.stored));
        }
        if !matches!(format.samples, 1 | 3) {
            return Err(format!("{} samples to a pixel are not encoded", format.samples));
        }
        Ok(())
    }
}

/// All files in `folder` and below, in the order of their names, and in their place the folders and links that cannot be read: the others
/// are not kept from being found.
pub fn files_below(folder: &Path) -> Vec<Result<PathBuf, Error>> {
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    let files = walk.filter(|entry| !entry.as_ref().is_ok_and(|entry| entry.file_type().is_dir()));
    let named = |error: walkdir::Error| Error::io(error.path().unwrap_or(folder).display().to_string(), error.into());
    files.map(|entry| entry.map(walkdir::DirEntry::into_path).map_err(named)).collect()
}

/// The header of the one object in a file; `None` where nothing says what it is.
fn enter(catalogue: &Catalogue, path: &Path) -> Result<Option<Arc<ObjectHeader>>, Error> {
    let found = Mutex::new(None);
    catalogue.scan(&[path.to_owned()], &Stop::default(), &|event| {
        if let ScanEvent::Object(header) = event {
            *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(header);
        }
    });
    Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Elements that are replaced, and those that are left out: where nothing stands for them.
fn edits(image: &ImageHeader, photometric: &'static str) -> BTreeMap<Tag, Vec<u8>> {
    let short = |tag, value: u16| (tag, element(tag, VR::US, &value.to_le_bytes()));
    let text = |tag, value: &str| (tag, element(tag, VR::CS, value.as_bytes()));
    let mut edits = BTreeMap::from([
        text(tags::PHOTOMETRIC_INTERPRETATION, photometric),
        // A codestream has no unused bits below its samples.
        short(tags::HIGH_BIT, image.format.stored - 1),
        (tags::EXTENDED_OFFSET_TABLE, Vec::new()),
        (tags::EXTENDED_OFFSET_TABLE_LENGTHS, Vec::new()),
        (PIXEL_DATA_TOTAL_LENGTH, Vec::new()),
        // Group lengths are retired, and these would be wrong.
        (Tag(0x0028, 0), Vec::new()),
        (Tag(0x7FE0, 0), Vec::new()),
    ]);
    if image.format.samples > 1 {
        edits.extend([short(tags::PLANAR_CONFIGURATION, 0)]);
    }
    if image.lossy.is_some() {
        // What was lost stays lost, also where only the transfer syntax told so (PS3.3 C.7.6.1.1.5).
        edits.extend([text(tags::LOSSY_IMAGE_COMPRESSION, "01")]);
    }
    edits
}
