//! What has been found on disk, and where the bytes of each object are.

use crate::archive::Archive;
use crate::dicom::file::File;
use crate::dicom::frames::{FrameRanges, PixelPlace};
use crate::dicom::{self, Want};
use crate::storage::Storage;
use crate::{EncodedFrame, Error, FrameBytes, ImageSource, TagTree, codestream, decode};
use lightbox_model::image::ImageHeader;
use lightbox_model::study::ObjectHeader;
use lightbox_model::{FrameId, ObjectId};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::SystemTime;

/// Where an object is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    File(PathBuf),
    /// Member `index` of a .zip file.
    Member(PathBuf, usize),
    /// Bytes in memory, under a name.
    Memory(String),
}

impl Place {
    fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Member(path, _) => path,
            Self::Memory(name) => Path::new(name),
        }
    }
}

/// Size and time of a file: offsets found in it hold while both stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(u64, Option<SystemTime>);

impl Stamp {
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
        let data = std::fs::metadata(path).map_err(|e| Error::io(path.display().to_string(), e))?;
        Ok(Self(data.len(), data.modified().ok()))
    }
}

/// One object.
struct Entry {
    place: Place,
    stamp: Stamp,
    header: Arc<ObjectHeader>,
    /// `None` for a bare codestream and for objects without pixels.
    pixels: Option<PixelPlace>,
    /// Found when the first frame of encapsulated pixel data is asked for.
    ranges: OnceLock<Arc<FrameRanges>>,
}

/// All objects that scans have found. Shared by reference; numbers stay valid as long as it lives.
#[derive(Default)]
pub struct Catalogue {
    entries: RwLock<Entries>,
    /// The data set that was inflated last, for multi-frame objects that are deflated or inside an archive.
    inflated: Mutex<Option<(ObjectId, Storage)>>,
}

#[derive(Default)]
struct Entries {
    list: Vec<Arc<Entry>>,
    by_place: HashMap<Place, ObjectId>,
    /// Bytes of [`Place::Memory`].
    memory: HashMap<String, Storage>,
}

impl Catalogue {
    /// An empty catalogue.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// How many objects it holds.
    pub fn len(&self) -> usize {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).list.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The object at a place, if it was entered before and the file has not changed since.
    pub(crate) fn known(&self, place: &Place, stamp: Stamp) -> Option<Arc<ObjectHeader>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.list.get(entries.by_place.get(place)?.0 as usize)?;
        (entry.stamp == stamp).then(|| entry.header.clone())
    }

    /// Enters an object and gives it its number.
    pub(crate) fn enter(&self, place: Place, stamp: Stamp, found: dicom::header::Found) -> Arc<ObjectHeader> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let id = ObjectId(entries.list.len() as u32);
        let header = Arc::new(ObjectHeader { id, ..found.header });
        let entry = Entry { place: place.clone(), stamp, header: header.clone(), pixels: found.pixels, ranges: OnceLock::new() };
        entries.list.push(Arc::new(entry));
        entries.by_place.insert(place, id);
        header
    }

    /// Enters an object whose file was made in memory; a second one of the same name replaces the first.
    ///
    /// # Errors
    /// The bytes are not a DICOM file.
    pub fn add_bytes(&self, name: String, bytes: Vec<u8>) -> Result<Arc<ObjectHeader>, Error> {
        let storage = Storage::memory(bytes);
        let file = File::open(storage.clone())?.ok_or_else(|| Error::dicom(0, "this is not a DICOM file"))?;
        let found = dicom::header::read(&file, name.clone()).ok_or_else(|| Error::dicom(0, "this data set is empty"))?;
        let stamp = Stamp(storage.len(), None);
        self.entries.write().unwrap_or_else(PoisonError::into_inner).memory.insert(name.clone(), storage);
        Ok(self.enter(Place::Memory(name), stamp, found))
    }

    /// The file an object lies in: the archive for a member of one. `None` for an unknown object and for one in memory.
    pub fn path(&self, id: ObjectId) -> Option<PathBuf> {
        let entry = self.entry(id).ok()?;
        (!matches!(entry.place, Place::Memory(_))).then(|| entry.place.path().to_path_buf())
    }

    /// The bytes of an object that is a bare codestream; `None` for one that is DICOM.
    ///
    /// # Errors
    /// The object is unknown, or cannot be read any more.
    pub fn codestream(&self, id: ObjectId) -> Result<Option<FrameBytes>, Error> {
        let storage = self.storage(&*self.entry(id)?)?.whole()?;
        if codestream::is_codestream(&storage) { FrameBytes::bare(storage, String::new()).map(Some) } else { Ok(None) }
    }

    /// The bytes of a frame where they are stored, to be read as far as they are needed; those of a native frame, which has no
    /// parts, in memory.
    ///
    /// # Errors
    /// There is no such frame, or the file is not what it was.
    pub fn frame_bytes(&self, id: FrameId) -> Result<FrameBytes, Error> {
        let (entry, image, storage) = self.frame(id)?;
        entry.frame_bytes(storage, &image, id.frame)
    }

    /// The object of a frame, its image, and the bytes in which its offsets count.
    fn frame(&self, id: FrameId) -> Result<(Arc<Entry>, Arc<ImageHeader>, Storage), Error> {
        let entry = self.entry(id.object)?;
        let image = entry.header.image.clone().ok_or_else(|| Error::unsupported("this object has no pixels"))?;
        if id.frame >= image.frames {
            let what = format!("Frame {} of an object with {} frames", u64::from(id.frame) + 1, image.frames);
            return Err(Error::NotFound { what });
        }
        let storage = self.data_set(&entry, &image.transfer_syntax)?;
        Ok((entry, image, storage))
    }

    fn entry(&self, id: ObjectId) -> Result<Arc<Entry>, Error> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.list.get(id.0 as usize).cloned().ok_or_else(|| Error::NotFound { what: "The object".to_owned() })
    }

    /// The bytes of an object's file or member, if the file is still the one that was scanned.
    fn storage(&self, entry: &Entry) -> Result<Storage, Error> {
        if let Place::Memory(name) = &entry.place {
            let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
            let storage = entries.memory.get(name).cloned();
            return storage.ok_or_else(|| Error::NotFound { what: name.clone() });
        }
        let path = entry.place.path();
        if Stamp::of(path)? != entry.stamp {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(Error::NotFound { what: format!("{name} has changed since it was opened; its former content") });
        }
        let storage = Storage::open(path)?;
        match entry.place {
            Place::File(_) | Place::Memory(_) => Ok(storage),
            Place::Member(_, index) => Archive::open(path, storage)?.member(index),
        }
    }

    /// The bytes in which the offsets of `entry` count: the file, or the data set inflated from it.
    fn data_set(&self, entry: &Entry, transfer_syntax: &str) -> Result<Storage, Error> {
        let deflated = dicom::syntax::is_deflated(transfer_syntax);
        if !deflated && !matches!(entry.place, Place::Member(..)) {
            return self.storage(entry);
        }
        let id = entry.header.id;
        let mut last = self.inflated.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, storage)) = &*last
            && *of == id
            && Stamp::of(entry.place.path())? == entry.stamp
        {
            return Ok(storage.clone());
        }
        *last = None;
        let mut storage = self.storage(entry)?.whole()?;
        if deflated {
            let file = File::open(storage)?.ok_or_else(|| Error::dicom(0, "this is no longer a DICOM file"))?;
            storage = file.storage.whole()?;
        }
        *last = Some((id, storage.clone()));
        Ok(storage)
    }
}

impl Entry {
    /// The bytes of a frame, which are somewhere in `storage`.
    fn frame_bytes(&self, storage: Storage, image: &ImageHeader, frame: u32) -> Result<FrameBytes, Error> {
        let transfer_syntax = image.transfer_syntax.clone();
        let Some(place) = &self.pixels else {
            if codestream::is_codestream(&storage) {
                return FrameBytes::bare(storage, transfer_syntax);
            }
            let why = image.defect.clone().unwrap_or_else(|| "this object has no pixel data".to_owned());
            return Err(Error::unsupported(why));
        };
        if place.len.is_some() {
            let bytes = decode::native::frame_bytes(&storage, place, image, frame)?;
            return FrameBytes::bare(Storage::memory(bytes), transfer_syntax);
        }
        let ranges = match self.ranges.get() {
            Some(ranges) => ranges.clone(),
            None => {
                let found = Arc::new(FrameRanges::find(&storage, place, image.frames)?);
                self.ranges.get_or_init(|| found).clone()
            }
        };
        let fragments = ranges.locate(&storage, frame)?;
        FrameBytes::new(storage, fragments, transfer_syntax)
    }
}

impl ImageSource for Catalogue {
    fn header(&self, id: ObjectId) -> Option<Arc<ObjectHeader>> {
        Some(self.entry(id).ok()?.header.clone())
    }

    fn encoded_frame(&self, id: FrameId) -> Result<EncodedFrame, Error> {
        self.frame_bytes(id)?.whole()
    }

    fn tags(&self, id: ObjectId) -> Result<TagTree, Error> {
        let storage = self.storage(&*self.entry(id)?)?.whole()?;
        if codestream::is_codestream(&storage) {
            return codestream::tags(&storage);
        }
        let file = File::open(storage)?.ok_or_else(|| Error::dicom(0, "this is not a DICOM file"))?;
        let parsed = dicom::parse(&file.storage, file.start, file.syntax, Want::Everything);
        Ok(TagTree::new(file.meta(), parsed.data.root(), parsed.error.as_ref()))
    }
}
