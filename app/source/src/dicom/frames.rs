//! Where the bytes of each frame are (PS3.5 A.4, PS3.3 C.7.6.3.1.8): native pixel data by size, encapsulated by the extended
//! or basic offset table or by walking the fragments.

use super::dataset::{Kept, Set};
use super::fragments::{self, Items};
use super::image::PixelKind;
use super::reader;
use super::syntax::{self, Syntax};
use crate::Error;
use crate::storage::Storage;
use dicom_core::VR;
use dicom_dictionary_std::tags;
use std::ops::Range;

/// Where the pixel data of an object are.
#[derive(Clone)]
pub(crate) struct PixelPlace {
    pub kind: PixelKind,
    /// Offset of the element.
    element: u64,
    /// Offset of the value, or of the offset table item where it is encapsulated.
    pub at: u64,
    /// Bytes of native data that are there; `None` where encapsulated.
    pub len: Option<u64>,
    /// Whether 8-bit data are swapped in pairs: OW in big endian.
    pub words: bool,
    syntax: Syntax,
    /// Extended Offset Table and its lengths.
    extended: Option<[Range<u64>; 2]>,
}

/// The pixel data element of a data set that was read up to it: `element` is its offset.
pub(crate) fn find_pixels(root: Set<'_>, element: u64, syntax: Syntax) -> Option<PixelPlace> {
    let node = root.elements().map(|e| e.node).find(|node| reader::is_pixels(node.tag))?;
    let kind = match node.tag {
        tags::FLOAT_PIXEL_DATA => PixelKind::Float,
        tags::DOUBLE_FLOAT_PIXEL_DATA => PixelKind::Double,
        _ => PixelKind::Integer,
    };
    let len = match node.kept {
        Kept::Fragments => None,
        Kept::Children => return None,
        Kept::Skipped | Kept::At(_) => Some(node.len),
    };
    let table = |tag| root.get(tag).map(|e| e.node.at..e.node.at + e.node.len);
    let extended = table(tags::EXTENDED_OFFSET_TABLE).zip(table(tags::EXTENDED_OFFSET_TABLE_LENGTHS)).map(<[_; 2]>::from);
    let words = syntax::is_big_endian(syntax) && node.vr == VR::OW;
    Some(PixelPlace { kind, element, at: node.at, len, words, syntax, extended })
}

/// The byte ranges of every frame of encapsulated pixel data; a frame may be in several fragments.
#[derive(Debug)]
pub(crate) struct FrameRanges {
    /// All fragments in order.
    fragments: Vec<Range<u64>>,
    /// For each frame the index of its first fragment; one more entry ends the last frame.
    starts: Vec<u32>,
    /// Length of each frame where the extended table gives it.
    lengths: Vec<u64>,
    /// Why the fragments end before the delimiter.
    cut: Option<String>,
    /// Whether the last fragment is cut off.
    part: bool,
    frames: u32,
}

impl FrameRanges {
    /// Finds the frames of an object that promises `frames` of them.
    pub(crate) fn find(storage: &Storage, place: &PixelPlace, frames: u32) -> Result<Self, Error> {
        let items = fragments::list(storage, place.element, place.syntax)?;
        let mut lengths = Vec::new();
        let count = items.fragments.len() as u32;
        let starts = if count == frames {
            (0..=count).collect()
        } else if frames == 1 {
            vec![0, count]
        } else if let Some((starts, by_table)) = extended(storage, place, &items, frames)? {
            lengths = by_table;
            starts
        } else if let Some(starts) = basic(storage, &items, frames)? {
            starts
        } else {
            by_codestream(storage, &items, frames)?
        };
        let cut = items.cut.as_ref().map(ToString::to_string);
        Ok(Self { fragments: items.fragments, starts, lengths, cut, part: items.part, frames })
    }

    /// Where the bytes of a frame are, fragment by fragment.
    pub(crate) fn locate(&self, storage: &Storage, frame: u32) -> Result<Vec<Range<u64>>, Error> {
        let i = frame as usize;
        let ends = self.starts.get(i).zip(self.starts.get(i + 1));
        let ranges = ends.and_then(|(&from, &to)| self.fragments.get(from as usize..to as usize)).unwrap_or(&[]);
        let Some(first) = ranges.first() else {
            let have = self.starts.len().saturating_sub(1);
            let why = self.cut.clone().unwrap_or_else(|| {
                format!("the pixel data hold {have} of {} frames; frame {} is not among them", self.frames, i + 1)
            });
            return Err(Error::dicom(self.fragments.last().map_or(0, |f| f.end), why));
        };
        // A codestream may be decoded as far as it reaches; other codings may not be able to tell that they lack something.
        let part = self.part && ranges.last() == self.fragments.last();
        if part && !lightbox_codec::looks_like_codestream(&storage.read(first.start, (first.end - first.start).min(64) as usize)?) {
            let why = self.cut.clone().unwrap_or_else(|| "the frame is cut off".to_owned());
            return Err(Error::dicom(ranges.last().map_or(0, |r| r.end), why));
        }
        // The extended table tells of padding behind the last byte.
        let mut left = self.lengths.get(i).copied().unwrap_or(u64::MAX);
        let within = |range: &Range<u64>| {
            let len = left.min(range.end - range.start);
            left -= len;
            range.start..range.start + len
        };
        Ok(ranges.iter().map(within).collect())
    }
}

fn u64s(bytes: &[u8]) -> Vec<u64> {
    bytes.chunks_exact(8).filter_map(|c| c.try_into().ok()).map(u64::from_le_bytes).collect()
}

/// Indices of the fragments that begin at `offsets`; `None` unless every offset is the begin of a fragment, in order.
fn starts_at(items: &Items, offsets: impl Iterator<Item = u64>) -> Option<Vec<u32>> {
    let mut starts = Vec::new();
    for offset in offsets {
        let value = items.first.checked_add(offset)?.checked_add(8)?;
        let index = items.fragments.binary_search_by_key(&value, |f| f.start).ok()? as u32;
        if starts.last().is_some_and(|&last| last >= index) {
            return None;
        }
        starts.push(index);
    }
    starts.push(items.fragments.len() as u32);
    Some(starts)
}

type Extended = Option<(Vec<u32>, Vec<u64>)>;

/// By the Extended Offset Table (7FE0,0001) and its lengths (7FE0,0002).
fn extended(storage: &Storage, place: &PixelPlace, items: &Items, frames: u32) -> Result<Extended, Error> {
    let Some([offsets, lengths]) = &place.extended else { return Ok(None) };
    let size = u64::from(frames) * 8;
    if offsets.end - offsets.start < size || lengths.end - lengths.start < size {
        return Ok(None);
    }
    let offsets = u64s(&storage.read(offsets.start, size as usize)?);
    let lengths = u64s(&storage.read(lengths.start, size as usize)?);
    Ok(starts_at(items, offsets.into_iter()).map(|starts| (starts, lengths)))
}

/// By the basic offset table; one that is empty or wrong is passed over.
fn basic(storage: &Storage, items: &Items, frames: u32) -> Result<Option<Vec<u32>>, Error> {
    let table = &items.offset_table;
    let size = u64::from(frames) * 4;
    if table.end - table.start != size {
        return Ok(None);
    }
    let bytes = storage.read(table.start, size as usize)?;
    let offsets = bytes.chunks_exact(4).filter_map(|c| c.try_into().ok()).map(|c| u32::from_le_bytes(c).into());
    Ok(starts_at(items, offsets))
}

/// Without a usable table: a frame begins where a codestream does. Frames that are missing at the end are told when they
/// are asked for.
fn by_codestream(storage: &Storage, items: &Items, frames: u32) -> Result<Vec<u32>, Error> {
    let mut starts = Vec::new();
    for (index, fragment) in items.fragments.iter().enumerate() {
        let len = (fragment.end - fragment.start).min(12);
        if begins_codestream(&storage.read(fragment.start, len as usize)?) {
            starts.push(index as u32);
        }
    }
    let count = items.fragments.len() as u32;
    if starts.len() == frames as usize {
        starts.push(count);
        return Ok(starts);
    }
    if count < frames && (starts.is_empty() || starts.len() == count as usize) {
        return Ok((0..=count).collect());
    }
    let found = starts.len();
    let why = format!("{count} fragments cannot be matched to {frames} frames: no usable offset table, {found} codestreams begin");
    Err(Error::dicom(items.first, why))
}

/// SOI of JPEG and JPEG-LS, SOC and SIZ of JPEG 2000, or the signature of a JP2 or JPEG XL container or codestream.
fn begins_codestream(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8, 0xFF])
        || bytes.starts_with(&[0xFF, 0x4F, 0xFF, 0x51])
        || bytes.starts_with(&[0xFF, 0x0A])
        || bytes.starts_with(&[0, 0, 0, 12, b'j', b'P', b' ', b' '])
        || bytes.starts_with(&[0, 0, 0, 12, b'J', b'X', b'L', b' '])
}
