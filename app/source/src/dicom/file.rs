//! How a DICOM file begins (PS3.10 section 7): preamble, file meta information, and what the data set is written in, also
//! for files that have neither.

use super::dataset::{DataSet, Set};
use super::reader::{self, Want};
use super::syntax::{self, Syntax};
use crate::Error;
use crate::inflating::Inflating;
use crate::storage::Storage;
use dicom_core::VR;
use dicom_core::dictionary::DataDictionary;
use dicom_core::header::DataElementHeader;
use dicom_dictionary_std::{StandardDataDictionary, tags};
use std::io::Read;
use std::sync::Arc;

/// A file whose data set can be read.
pub(crate) struct File {
    /// The data set's bytes: the file, or what is inflated of it.
    pub storage: Storage,
    /// Where the data set begins in `storage`.
    pub start: u64,
    /// How its elements are written.
    pub syntax: Syntax,
    /// Transfer Syntax UID; guessed for files without.
    pub transfer_syntax: String,
    /// Group 0002; empty where there is none.
    pub meta: DataSet,
}

impl File {
    /// Whether the bytes begin as DICOM does, and how. `None`: this is not DICOM.
    ///
    /// File Meta Information is read as the data set it is. The `FileMetaTable` of dicom-rs reserves whatever length an
    /// element claims, goes by the group length even where it is wrong, and leaves out what the inspector shows.
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
            let Some(syntax) = guess(&storage, start) else {
                if start > 0 {
                    return Err(Error::dicom(start, "neither file meta information nor a data set follows the preamble"));
                }
                return Ok(None);
            };
            let transfer_syntax = syntax.uid().to_owned();
            return Ok(Some(Self { storage, start, syntax, transfer_syntax, meta: DataSet::default() }));
        }
        let parsed = reader::parse(&storage, start, syntax::explicit(), Want::Meta);
        if let Some(error) = parsed.error {
            return Err(error);
        }
        let declared = parsed.data.root().text(tags::TRANSFER_SYNTAX_UID);
        Self::behind_meta(storage, parsed.end, declared, parsed.data).map(Some)
    }

    fn behind_meta(storage: Storage, start: u64, declared: String, meta: DataSet) -> Result<Self, Error> {
        if syntax::is_deflated(&declared) {
            let packed = storage.part(start, storage.len() - start)?;
            let storage = Storage::Inflating(Arc::new(Inflating::new(packed, None)));
            return Ok(Self { storage, start: 0, syntax: syntax::explicit(), transfer_syntax: declared, meta });
        }
        // All that are not native write elements as Explicit VR Little Endian does.
        let said = syntax::get(&declared).filter(|_| syntax::is_native(&declared)).unwrap_or_else(syntax::explicit);
        // What the first element looks like wins over what the meta information says about it.
        let found = guess(&storage, start).unwrap_or(said);
        let syntax = if syntax::is_big_endian(said) && found.uid() == syntax::implicit().uid() { said } else { found };
        let agreed = syntax.uid() == said.uid() || !syntax::is_native(&declared);
        let transfer_syntax = if declared.is_empty() || !agreed { syntax.uid().to_owned() } else { declared };
        Ok(Self { storage, start, syntax, transfer_syntax, meta })
    }

    /// The elements of the meta information.
    pub(crate) fn meta(&self) -> Set<'_> {
        self.meta.root()
    }
}

/// How the element at `start` is written: its tag must be one that a data set may begin with, and its VR or length must
/// make sense. An empty data set counts as explicit.
fn guess(storage: &Storage, start: u64) -> Option<Syntax> {
    let left = storage.len().saturating_sub(start);
    if left == 0 && start > 0 {
        return Some(syntax::explicit());
    }
    let head = storage.read(start, left.min(12) as usize).ok()?;
    let letters: [u8; 2] = head.get(4..6)?.try_into().ok()?;
    if VR::from_binary(letters).is_some() {
        let fits = |syntax: &Syntax| first_element(syntax, &head).is_some_and(|first| may_begin(&first));
        return [syntax::explicit(), syntax::big_endian()].into_iter().find(fits);
    }
    let first = first_element(syntax::implicit(), &head)?;
    let fits = first.len.get().is_none_or(|len| u64::from(len) <= left - 8);
    let known = start > 0 || StandardDataDictionary.by_tag(first.tag).is_some();
    (may_begin(&first) && fits && known).then(syntax::implicit)
}

fn first_element(syntax: Syntax, head: &[u8]) -> Option<DataElementHeader> {
    // A short element at the end of the data has fewer bytes than the longest header.
    let mut bytes = head.chain(&[0; 4][..]);
    Some(syntax.decoder()?.decode_header(&mut bytes).ok()?.0)
}

/// Data sets begin with a low group; text and pictures of other formats do not.
fn may_begin(first: &DataElementHeader) -> bool {
    (0x0004..=0x0028).contains(&first.tag.group())
}
