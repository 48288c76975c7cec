//! How a DICOM file begins (PS3.10 section 7): preamble, file meta information, and what the data set is written in, also
//! for files that have neither.

use super::EXPLICIT_VR_BIG_ENDIAN;
use super::dataset::{DataSet, Set};
use super::reader::{self, Encoding, Want};
use super::vr::Vr;
use crate::Error;
use crate::storage::Storage;
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use std::io::Read;
use std::sync::Arc;

/// Largest data set that is inflated: a whole-body series in one deflated object is below it.
const MAX_INFLATED: u64 = 1 << 30;

/// A file whose data set can be read.
pub(crate) struct File {
    /// The data set's bytes: the file, or what was inflated from it.
    pub storage: Storage,
    /// Where the data set begins in `storage`.
    pub start: u64,
    pub encoding: Encoding,
    /// Transfer Syntax UID; guessed for files without.
    pub transfer_syntax: String,
    /// Group 0002; empty where there is none.
    pub meta: DataSet,
}

impl File {
    /// Whether the bytes begin as DICOM does, and how. `None`: this is not DICOM.
    pub(crate) fn open(storage: Storage) -> Result<Option<Self>, Error> {
        let head = storage.read(0, storage.len().min(132) as usize)?;
        let start = if head.get(128..132) == Some(b"DICM") {
            132
        } else if head.get(..4) == Some(b"DICM") {
            4
        } else {
            0
        };
        let first: [u8; 8] = match storage.read(start, 8).ok().and_then(|b| b.try_into().ok()) {
            Some(first) => first,
            None if start > 0 => return Err(Error::dicom(start, "the file ends after its preamble")),
            None => return Ok(None),
        };
        // Group Length should come first, and does not always.
        let has_meta = first[..2] == [2, 0] && first[3] <= 1;
        if !has_meta {
            let Some(encoding) = guess(&storage, start) else {
                if start > 0 {
                    return Err(Error::dicom(start, "neither file meta information nor a data set follows the preamble"));
                }
                return Ok(None);
            };
            let transfer_syntax = syntax_of(encoding).to_owned();
            return Ok(Some(Self { storage, start, encoding, transfer_syntax, meta: DataSet::default() }));
        }
        let implicit_meta = !Vr([first[4], first[5]]).is_plausible();
        let written = if implicit_meta { Encoding::IMPLICIT_LE } else { Encoding::EXPLICIT_LE };
        let parsed = reader::parse(&storage, start, written, Want::Meta);
        if let Some(error) = parsed.error {
            return Err(error);
        }
        let declared = parsed.data.root().text(tags::TRANSFER_SYNTAX_UID);
        Self::behind_meta(storage, parsed.end, declared, parsed.data).map(Some)
    }

    fn behind_meta(storage: Storage, start: u64, declared: String, meta: DataSet) -> Result<Self, Error> {
        if is_deflated(&declared) {
            let storage = Storage::Memory(inflate(&storage, start)?);
            return Ok(Self { storage, start: 0, encoding: Encoding::EXPLICIT_LE, transfer_syntax: declared, meta });
        }
        let said = match declared.as_str() {
            uids::IMPLICIT_VR_LITTLE_ENDIAN => Encoding::IMPLICIT_LE,
            EXPLICIT_VR_BIG_ENDIAN => Encoding::EXPLICIT_BE,
            _ => Encoding::EXPLICIT_LE,
        };
        // What the first element looks like wins over what the meta information says about it.
        let found = guess(&storage, start).unwrap_or(said);
        let encoding = if said.big_endian && found == Encoding::IMPLICIT_LE { said } else { found };
        let transfer_syntax = if declared.is_empty() || (encoding != said && is_native(&declared)) {
            syntax_of(encoding).to_owned()
        } else {
            declared
        };
        Ok(Self { storage, start, encoding, transfer_syntax, meta })
    }

    /// A UID of the meta information, for objects that lack it in their data set.
    pub(crate) fn meta(&self) -> Set<'_> {
        self.meta.root()
    }
}

fn syntax_of(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::EXPLICIT_BE => EXPLICIT_VR_BIG_ENDIAN,
        Encoding { explicit: true, .. } => uids::EXPLICIT_VR_LITTLE_ENDIAN,
        _ => uids::IMPLICIT_VR_LITTLE_ENDIAN,
    }
}

/// The three syntaxes that differ in how elements are written and in nothing else.
pub(crate) fn is_native(transfer_syntax: &str) -> bool {
    matches!(transfer_syntax, uids::IMPLICIT_VR_LITTLE_ENDIAN | uids::EXPLICIT_VR_LITTLE_ENDIAN | EXPLICIT_VR_BIG_ENDIAN)
}

pub(crate) fn is_deflated(transfer_syntax: &str) -> bool {
    matches!(transfer_syntax, uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN | uids::JPIP_REFERENCED_DEFLATE)
}

/// How the element at `start` is written: its tag must be one that a data set may begin with, and its VR or length must
/// make sense. An empty data set counts as explicit.
fn guess(storage: &Storage, start: u64) -> Option<Encoding> {
    let left = storage.len().saturating_sub(start);
    if left == 0 && start > 0 {
        return Some(Encoding::EXPLICIT_LE);
    }
    let head: [u8; 8] = storage.read(start, 8).ok()?.try_into().ok()?;
    let vr = Vr([head[4], head[5]]);
    for encoding in [Encoding::EXPLICIT_LE, Encoding::EXPLICIT_BE] {
        let tag = encoding.tag([head[0], head[1], head[2], head[3]]);
        if vr.is_plausible() && known_vr(vr) && may_begin(tag) {
            return Some(encoding);
        }
    }
    let implicit = Encoding::IMPLICIT_LE;
    let tag = implicit.tag([head[0], head[1], head[2], head[3]]);
    let len = implicit.u32([head[4], head[5], head[6], head[7]]);
    let fits = len == reader::UNDEFINED || u64::from(len) <= left - 8;
    (may_begin(tag) && fits && (super::vr::of_tag(tag).is_some() || start > 0)).then_some(implicit)
}

fn known_vr(vr: Vr) -> bool {
    vr.is_text() || !vr.is_long() || matches!(&vr.0, b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UN" | b"UV")
}

/// Data sets begin with a low group; text and pictures of other formats do not.
fn may_begin(tag: Tag) -> bool {
    (0x0004..=0x0028).contains(&tag.group())
}

/// The data set behind the meta information, inflated (PS3.5 A.5). Damaged streams are an error that says how far they went.
fn inflate(storage: &Storage, start: u64) -> Result<Arc<[u8]>, Error> {
    let len = storage.len() - start;
    if len > MAX_INFLATED {
        return Err(Error::Limit { what: "the size of the deflated data set", asked: len, allowed: MAX_INFLATED });
    }
    let packed = storage.read(start, len as usize)?;
    let mut out = Vec::new();
    let raw = flate2::read::DeflateDecoder::new(&packed[..]).take(MAX_INFLATED + 1).read_to_end(&mut out);
    if let Err(error) = raw {
        // Some writers wrap the stream in a zlib header, which the standard does not.
        let so_far = out.len();
        out.clear();
        let wrapped = flate2::read::ZlibDecoder::new(&packed[..]).take(MAX_INFLATED + 1).read_to_end(&mut out);
        if wrapped.is_err() {
            return Err(Error::dicom(start, format!("the deflated data set breaks off after {so_far} bytes: {error}")));
        }
    }
    if out.len() as u64 > MAX_INFLATED {
        return Err(Error::Limit { what: "the size of the inflated data set", asked: out.len() as u64, allowed: MAX_INFLATED });
    }
    Ok(out.into())
}

/// Whether bytes from the begin of a file could be DICOM.
pub(crate) fn may_be_dicom(head: &[u8]) -> bool {
    let storage = Storage::Memory(head.into());
    let marked = head.get(128..132) == Some(b"DICM") || head.starts_with(b"DICM") || head.starts_with(&[2, 0, 0, 0]);
    marked || guess(&storage, 0).is_some()
}
