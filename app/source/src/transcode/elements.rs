//! Elements on their way from one file to another (PS3.5 section 7).

use super::{IMPLEMENTATION, Output};
use crate::Error;
use crate::dicom::dataset::{Element, Kept, Set};
use crate::dicom::file::File;
use crate::dicom::syntax;
use crate::storage::Storage;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use std::ops::Range;

/// Bytes copied at a time; a multiple of every width that is swapped.
const PIECE: u64 = 1 << 20;
/// Length of a sequence or item that ends with a delimiter.
pub(super) const UNDEFINED: u32 = u32::MAX;
const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

/// The elements of one file.
pub(super) struct Elements<'a> {
    pub file: &'a File,
    /// Whether pixels are signed, and with them the values that may be either.
    pub signed: bool,
}

impl Elements<'_> {
    /// Writes an element that lies in `range`, header included.
    pub fn write(&self, found: Element<'_>, range: Range<u64>, out: &mut dyn Output) -> Result<(), Error> {
        if std::ptr::eq(self.file.syntax, syntax::explicit()) {
            return copy(&self.file.storage, range, out);
        }
        self.anew(found, out)
    }

    /// Writes an element of another native encoding in explicit little endian.
    fn anew(&self, found: Element<'_>, out: &mut dyn Output) -> Result<(), Error> {
        let node = found.node;
        match node.kept {
            Kept::Fragments => {
                Err(Error::dicom(node.at, "encapsulated pixel data in a data set that is not explicit little endian"))
            }
            Kept::Children => {
                let mut bytes = header(node.tag, VR::SQ, UNDEFINED);
                for item in found.items() {
                    bytes.extend(item_header(ITEM, UNDEFINED));
                    out.write_all(&std::mem::take(&mut bytes)).map_err(Error::written)?;
                    for element in item.elements() {
                        self.anew(element, out)?;
                    }
                    bytes.extend(item_header(ITEM_END, 0));
                }
                bytes.extend(item_header(SEQUENCE_END, 0));
                out.write_all(&bytes).map_err(Error::written)
            }
            Kept::At(_) | Kept::Skipped => {
                let vr = self.vr(node.tag, node.vr, node.len);
                let len = u32::try_from(node.len).map_err(|_| Error::dicom(node.at, "a value of more than 4 GiB"))?;
                out.write_all(&header(node.tag, vr, len + len % 2)).map_err(Error::written)?;
                let width = if syntax::is_big_endian(self.file.syntax) { width(node.vr) } else { 1 };
                pieces(&self.file.storage, node.at..node.at + node.len, &mut |bytes| {
                    bytes.chunks_exact_mut(width).for_each(<[u8]>::reverse);
                    out.write_all(bytes).map_err(Error::written)
                })?;
                // Values are even; one that is not gets the padding of its VR.
                let padding = [if is_text(vr) { b' ' } else { 0 }];
                out.write_all(&padding[..(len % 2) as usize]).map_err(Error::written)
            }
        }
    }

    /// The VR to write: signed where the dictionary leaves the sign to the pixels, unknown where a length needs more than the
    /// sixteen bits that its own has (PS3.5 6.2.2).
    fn vr(&self, tag: Tag, vr: VR, len: u64) -> VR {
        let either = matches!(StandardDataDictionary.by_tag(tag).map(|entry| entry.vr()), Some(VirtualVr::Xs));
        let vr = if either && self.signed && vr == VR::US { VR::SS } else { vr };
        if len > 0xFFFE && !is_long(vr) { VR::UN } else { vr }
    }
}

/// Copies bytes as they are.
pub(super) fn copy(storage: &Storage, range: Range<u64>, out: &mut dyn Output) -> Result<(), Error> {
    pieces(storage, range, &mut |bytes| out.write_all(bytes).map_err(Error::written))
}

fn pieces(storage: &Storage, range: Range<u64>, take: &mut dyn FnMut(&mut [u8]) -> Result<(), Error>) -> Result<(), Error> {
    let mut at = range.start;
    while at < range.end {
        let len = (range.end - at).min(PIECE);
        take(&mut storage.read(at, len as usize)?)?;
        at += len;
    }
    Ok(())
}

/// Preamble and File Meta Information: what it was, with the new transfer syntax and this writer's name.
pub(super) fn write_meta(file: &File, root: Set<'_>, transfer_syntax: &str, out: &mut dyn Output) -> Result<(), Error> {
    let or_root = |meta: Tag, tag: Tag| match file.meta().text(meta) {
        text if text.is_empty() => root.text(tag),
        text => text,
    };
    let uid = |tag, value: &str| element(tag, VR::UI, value.as_bytes());
    let mut body = element(tags::FILE_META_INFORMATION_VERSION, VR::OB, &[0, 1]);
    body.extend(uid(tags::MEDIA_STORAGE_SOP_CLASS_UID, &or_root(tags::MEDIA_STORAGE_SOP_CLASS_UID, tags::SOP_CLASS_UID)));
    body.extend(uid(tags::MEDIA_STORAGE_SOP_INSTANCE_UID, &or_root(tags::MEDIA_STORAGE_SOP_INSTANCE_UID, tags::SOP_INSTANCE_UID)));
    body.extend(uid(tags::TRANSFER_SYNTAX_UID, transfer_syntax));
    body.extend(uid(tags::IMPLEMENTATION_CLASS_UID, IMPLEMENTATION));
    // Who sent it, and private information, stand behind these; the version name was another writer's.
    let kept = |tag: Tag| tag.element() > tags::IMPLEMENTATION_VERSION_NAME.element();
    for found in file.meta().elements().filter(|e| kept(e.node.tag)) {
        body.extend(element(found.node.tag, found.node.vr, found.bytes()));
    }
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    bytes.extend(element(tags::FILE_META_INFORMATION_GROUP_LENGTH, VR::UL, &(body.len() as u32).to_le_bytes()));
    bytes.extend(body);
    out.write_all(&bytes).map_err(Error::written)
}

/// A whole element in explicit little endian, its value padded to an even length.
pub(super) fn element(tag: Tag, vr: VR, value: &[u8]) -> Vec<u8> {
    let padded = value.len().next_multiple_of(2);
    let mut bytes = header(tag, vr, padded as u32);
    bytes.extend_from_slice(value);
    if padded > value.len() {
        bytes.push(if is_text(vr) { b' ' } else { 0 });
    }
    bytes
}

/// An element header in explicit little endian (PS3.5 7.1.2).
pub(super) fn header(tag: Tag, vr: VR, len: u32) -> Vec<u8> {
    let mut bytes = item_header(tag, len).to_vec();
    let letters = vr.to_string().as_bytes();
    if is_long(vr) {
        bytes.splice(4..4, [letters[0], letters[1], 0, 0]);
    } else {
        bytes[4..6].copy_from_slice(letters);
        bytes[6..8].copy_from_slice(&(len as u16).to_le_bytes());
    }
    bytes
}

/// The header of an item or a delimiter (PS3.5 7.5): a tag and a length.
pub(super) fn item_header(tag: Tag, len: u32) -> [u8; 8] {
    let [(a, b), (c, d)] = [tag.group(), tag.element()].map(|v| (v as u8, (v >> 8) as u8));
    let [e, f, g, h] = len.to_le_bytes();
    [a, b, c, d, e, f, g, h]
}

/// Whether the length takes 32 bits.
fn is_long(vr: VR) -> bool {
    use VR::{OB, OD, OF, OL, OV, OW, SQ, SV, UC, UN, UR, UT, UV};
    matches!(vr, OB | OD | OF | OL | OV | OW | SQ | SV | UC | UN | UR | UT | UV)
}

/// Whether values are padded with a space; UI is text and padded with zero.
fn is_text(vr: VR) -> bool {
    use VR::{AE, AS, CS, DA, DS, DT, IS, LO, LT, PN, SH, ST, TM, UC, UR, UT};
    matches!(vr, AE | AS | CS | DA | DS | DT | IS | LO | LT | PN | SH | ST | TM | UC | UR | UT)
}

/// Bytes of one number, in which byte orders differ.
fn width(vr: VR) -> usize {
    match vr {
        VR::US | VR::SS | VR::OW | VR::AT => 2,
        VR::UL | VR::SL | VR::FL | VR::OF | VR::OL => 4,
        VR::FD | VR::OD | VR::UV | VR::SV | VR::OV => 8,
        _ => 1,
    }
}
