//! The whole data set as a tree of texts, for the inspector.

use super::dataset::{Element, Kept, Set};
use super::value::{is_single_text, is_text};
use crate::Error;
use dicom_core::VR;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_dictionary_std::StandardDataDictionary;

/// Characters of a value that are shown.
const MAX_TEXT: usize = 512;
/// Items of one sequence that are shown.
const MAX_ITEMS: usize = 2000;

/// A data set as a nested list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagTree {
    /// File Meta Information first, then the data set in file order.
    pub elements: Vec<TagNode>,
    /// Where and why reading stopped, if it did before the end.
    pub note: Option<String>,
}

/// One element, or one item of a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagNode {
    /// Group and element number; (FFFE,E000) for an item.
    pub tag: (u16, u16),
    /// Value representation, two letters; empty for an item.
    pub vr: String,
    /// Keyword of the data dictionary, "Private" or "Item 3".
    pub name: String,
    /// The value as text, cut off where it is long; for bulk data its size.
    pub value: String,
    /// Bytes of the value in the file.
    pub length: u64,
    /// Items of a sequence, elements of an item.
    pub children: Vec<TagNode>,
}

impl TagTree {
    pub(crate) fn new(meta: Set<'_>, data: Set<'_>, error: Option<&Error>) -> Self {
        let elements = meta.elements().chain(data.elements()).map(node).collect();
        Self { elements, note: error.map(ToString::to_string) }
    }

    /// A tree for an object that is not DICOM.
    pub(crate) fn of_pairs(pairs: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let node = |(name, value): (&str, String)| TagNode {
            tag: (0, 0),
            vr: String::new(),
            name: name.to_owned(),
            length: value.len() as u64,
            value,
            children: Vec::new(),
        };
        Self { elements: pairs.into_iter().map(node).collect(), note: None }
    }
}

fn node(element: Element<'_>) -> TagNode {
    let n = element.node;
    let private = n.tag.group() % 2 == 1;
    let name = match StandardDataDictionary.by_tag(n.tag) {
        Some(entry) => entry.alias().to_owned(),
        None if private => "Private".to_owned(),
        None => "Unknown".to_owned(),
    };
    let mut children: Vec<_> = Vec::new();
    let mut value = String::new();
    match n.kept {
        Kept::Children => {
            let count = element.items().count();
            children.extend(element.items().take(MAX_ITEMS).enumerate().map(item));
            value = match count {
                1 => "1 item".to_owned(),
                _ if count > MAX_ITEMS => format!("{count} items, the first {MAX_ITEMS} are listed"),
                _ => format!("{count} items"),
            };
        }
        Kept::Fragments => value = format!("encapsulated, {} bytes", n.len),
        Kept::Skipped => value = format!("{} bytes", n.len),
        Kept::At(_) => value.push_str(&text(element)),
    }
    TagNode { tag: (n.tag.group(), n.tag.element()), vr: n.vr.to_string().to_owned(), name, value, length: n.len, children }
}

fn item((index, set): (usize, Set<'_>)) -> TagNode {
    TagNode {
        tag: (0xFFFE, 0xE000),
        vr: String::new(),
        name: format!("Item {}", index + 1),
        value: String::new(),
        length: 0,
        children: set.elements().map(node).collect(),
    }
}

/// A value as a person reads it.
fn text(element: Element<'_>) -> String {
    let vr = element.node.vr;
    let full = if is_single_text(vr) {
        element.text()
    } else if is_text(vr) {
        element.texts().join("\\")
    } else if vr == VR::AT {
        let tags = element.words();
        tags.chunks_exact(2).map(|t| format!("({:04X},{:04X})", t[0], t[1])).collect::<Vec<_>>().join("\\")
    } else if matches!(vr, VR::OB | VR::UN) || (vr == VR::OW && element.bytes().len() > 64) {
        let hex: Vec<_> = element.bytes().iter().take(24).map(|b| format!("{b:02X}")).collect();
        let more = if element.bytes().len() > 24 { format!(" … {} bytes", element.bytes().len()) } else { String::new() };
        hex.join(" ") + &more
    } else {
        element.numbers().iter().map(ToString::to_string).collect::<Vec<_>>().join("\\")
    };
    match full.char_indices().nth(MAX_TEXT) {
        Some((cut, _)) => format!("{}…", &full[..cut]),
        None => full,
    }
}
