//! What is served: the series of a folder, read once.

use crate::metadata;
use dicom_core::value::PixelFragmentSequence;
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, OpenFileOptions};
use lightbox_codec::{Backend, DecodeRequest, Decoder, Limits};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// Why a folder cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No file of the folder is HTJ2K DICOM.
    #[error("{} holds no DICOM file in HTJ2K; name a folder that does", .0.display())]
    Empty(PathBuf),
    /// A file is DICOM in HTJ2K but its frames cannot be told apart or decoded.
    #[error("{}: {why}; leave the file out or repair it", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The port cannot be listened on.
    #[error("port {port} of this machine cannot be used: {why}; choose another")]
    Port {
        /// The port asked for.
        port: u16,
        /// What the system says.
        why: std::io::Error,
    },
}

/// All image sets.
#[derive(Debug, Default)]
pub struct Corpus {
    sets: BTreeMap<String, ImageSet>,
}

/// One image set: a series.
#[derive(Debug, Default)]
pub struct ImageSet {
    /// What `GetImageSetMetadata` answers, before compression.
    pub metadata: Vec<u8>,
    /// Image frame ID to frame.
    frames: BTreeMap<String, Frame>,
}

/// One encoded frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// A raw codestream.
    pub bytes: Vec<u8>,
    /// CRC-32 of the decoded samples, little endian; for a lossy frame, which the service keeps as it came, of the codestream.
    pub checksum: u32,
    /// Columns and rows.
    pub size: (u32, u32),
    /// Smallest and largest sample; the service states none for a lossy frame.
    pub range: Option<(i64, i64)>,
    /// Whether the object may be lossy (HTJ2K, .203).
    pub lossy: bool,
}

/// One file while the corpus is built.
pub(crate) struct Instance {
    pub object: DefaultDicomObject,
    pub frames: Vec<(String, Frame)>,
}

impl Corpus {
    /// Reads every HTJ2K DICOM file below `folder`; others are left out.
    ///
    /// # Errors
    /// [`Error::Empty`] without one, [`Error::File`] for one whose frames cannot be decoded.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let mut series: BTreeMap<String, Vec<Instance>> = BTreeMap::new();
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten() {
            // Whatever is no DICOM file is none of ours.
            let Ok(object) = OpenFileOptions::new().open_file(entry.path()) else { continue };
            if !is_htj2k(object.meta().transfer_syntax()) {
                continue;
            }
            let failed = |why: String| Error::File { file: entry.path().to_owned(), why };
            let uid = text(&object, tags::SERIES_INSTANCE_UID).ok_or_else(|| failed("it names no series".into()))?;
            let frames = frames(&object).map_err(failed)?;
            series.entry(uid).or_default().push(Instance { object, frames });
        }
        if series.is_empty() {
            return Err(Error::Empty(folder.to_owned()));
        }
        let sets = series.into_iter().map(|(uid, instances)| {
            let id = id_of(&uid);
            let metadata = metadata::document(&id, &instances).to_string().into_bytes();
            let frames = instances.into_iter().flat_map(|instance| instance.frames).collect();
            (id, ImageSet { metadata, frames })
        });
        Ok(Self { sets: sets.collect() })
    }

    /// IDs of all image sets.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.sets.keys().map(String::as_str)
    }

    /// The image set of an ID.
    pub fn image_set(&self, id: &str) -> Option<&ImageSet> {
        self.sets.get(id)
    }
}

impl ImageSet {
    /// The frame of an image frame ID.
    pub fn frame(&self, id: &str) -> Option<&Frame> {
        self.frames.get(id)
    }
}

fn is_htj2k(transfer_syntax: &str) -> bool {
    let uid = transfer_syntax.trim_end_matches('\0');
    [uids::HTJ2K_LOSSLESS, uids::HTJ2K_LOSSLESS_RPCL, uids::HTJ2K].contains(&uid)
}

/// An ID as the service makes them, 32 lower-case hexadecimal digits, always the same for the same name.
pub(crate) fn id_of(name: &str) -> String {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, name).hash(&mut hasher);
        hasher.finish()
    };
    format!("{:016x}{:016x}", half(0), half(1))
}

/// Text of a top-level element without its padding.
pub(crate) fn text(object: &DefaultDicomObject, tag: dicom_core::Tag) -> Option<String> {
    let value = object.element(tag).ok()?.to_str().ok()?;
    Some(value.trim_end_matches([' ', '\0']).to_owned())
}

/// The frames of an object: one fragment each, or all fragments of a single frame joined (PS3.5 A.4).
fn frames(object: &DefaultDicomObject) -> Result<Vec<(String, Frame)>, String> {
    let element = object.element(tags::PIXEL_DATA).map_err(|_| "it has no pixel data")?;
    let sequence = element.value().fragments().map(|f| PixelFragmentSequence::new_fragments(f.to_vec()));
    let fragments: Vec<Vec<u8>> = sequence.ok_or("its pixel data is not encapsulated")?.fragments().to_vec();
    let count = text(object, tags::NUMBER_OF_FRAMES)
        .map_or(Ok(1), |n| n.parse::<usize>().map_err(|_| "its number of frames is not a number"))?;
    let encoded = if count == 1 {
        vec![fragments.concat()]
    } else if fragments.len() == count {
        fragments
    } else {
        return Err(format!("{} fragments for {count} frames", fragments.len()));
    };
    let uid = text(object, tags::SOP_INSTANCE_UID).ok_or("it has no SOP Instance UID")?;
    let decoder = Decoder::new(Backend::Auto).map_err(|e| e.to_string())?;
    let lossy = object.meta().transfer_syntax().trim_end_matches('\0') == uids::HTJ2K;
    let one = |(number, bytes): (usize, Vec<u8>)| Ok((id_of(&format!("{uid}/{number}")), frame(&decoder, bytes, lossy)?));
    encoded.into_iter().enumerate().map(one).collect()
}

fn frame(decoder: &Decoder, bytes: Vec<u8>, lossy: bool) -> Result<Frame, String> {
    let image = decoder
        .decode_interleaved(&bytes, &DecodeRequest { strict: true, ..DecodeRequest::default() }, &Limits::default())
        .map_err(|e| e.to_string())?;
    let size = (image.width, image.height);
    let mut crc = flate2::Crc::new();
    if lossy {
        crc.update(&bytes);
        return Ok(Frame { bytes, checksum: crc.sum(), size, range: None, lossy });
    }
    let values = || (0..image.samples.len()).filter_map(|i| image.samples.get(i));
    let width = image.samples.kind().bytes();
    for value in values() {
        crc.update(&value.to_le_bytes()[..width]);
    }
    let range = values().min().zip(values().max());
    Ok(Frame { bytes, checksum: crc.sum(), size, range, lossy })
}
