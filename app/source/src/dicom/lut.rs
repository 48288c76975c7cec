//! Lookup tables of Modality LUT and VOI LUT sequences (PS3.3 C.11.1.1, C.11.2.1.1).

use super::dataset::{Element, Set};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use lightbox_model::display::Lut;

/// Number of entries, first value mapped and bits of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Descriptor {
    pub entries: usize,
    pub first: i32,
    pub bits: u16,
}

impl Descriptor {
    /// The three values; the second is signed iff the table's input is.
    pub(crate) fn read(set: Set<'_>, tag: Tag, signed: bool) -> Option<Self> {
        let element = set.get(tag)?;
        let words = element.words();
        let &[entries, first, bits] = words.get(..3)? else { return None };
        // 65536 does not fit 16 bits and is written as 0.
        let entries = if entries == 0 { 65536 } else { usize::from(entries) };
        let signed = signed || element.node.vr == VR::SS;
        let first = if signed { i32::from(first as i16) } else { i32::from(first) };
        Some(Self { entries, first, bits })
    }
}

/// The entries of a table: 16-bit words, or 8-bit entries packed two to a word.
pub(crate) fn entries(element: Element<'_>, descriptor: Descriptor) -> Result<Vec<u16>, String> {
    let bytes = element.bytes().len();
    let wanted = descriptor.entries;
    if bytes / 2 >= wanted {
        let mut words = element.words();
        words.truncate(wanted);
        return Ok(words);
    }
    if bytes >= wanted && descriptor.bits <= 8 {
        return Ok(packed_bytes(element).into_iter().take(wanted).map(u16::from).collect());
    }
    Err(format!("its descriptor promises {wanted} entries of {} bits, but there are only {bytes} bytes", descriptor.bits))
}

/// Bytes in order, undoing the byte order of 16-bit words.
pub(crate) fn packed_bytes(element: Element<'_>) -> Vec<u8> {
    if element.node.vr == VR::OB || !element.is_big_endian() {
        return element.bytes().to_vec();
    }
    element.words().into_iter().flat_map(u16::to_le_bytes).collect()
}

/// The table of one item of a LUT sequence.
pub(crate) fn read(item: Set<'_>, signed: bool) -> Result<Lut, String> {
    let descriptor = Descriptor::read(item, tags::LUT_DESCRIPTOR, signed).ok_or_else(|| "it has no LUT Descriptor".to_owned())?;
    let data = item.get(tags::LUT_DATA).ok_or_else(|| "it has no LUT Data".to_owned())?;
    let entries = entries(data, descriptor)?;
    let needed = entries.iter().max().map_or(0, |&max| 16 - max.leading_zeros() as u16);
    // Entries beyond the declared bits would be cut off: the declaration is then what is wrong.
    let bits = descriptor.bits.clamp(8, 16).max(needed) as u8;
    Ok(Lut { first: descriptor.first, bits, entries: entries.into(), explanation: item.short_text(tags::LUT_EXPLANATION) })
}
