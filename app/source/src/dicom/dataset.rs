//! A parsed data set: a flat list of elements in file order, with the values that were worth keeping side by side in one
//! buffer. A sequence is followed by its items and an item by its elements; every node knows where its subtree ends, so
//! 180,000 functional groups cost a few bytes an element and no allocation of their own.

use super::charset::Charset;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

/// Where the value of a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// At this offset of [`DataSet::values`].
    At(u32),
    /// Left in the file.
    Skipped,
    /// A sequence or an item: its children follow.
    Children,
    /// Encapsulated pixel data: an item list of fragments that was not read.
    Fragments,
}

/// One element or one item.
#[derive(Clone, Copy)]
pub(crate) struct Node {
    pub tag: Tag,
    /// UN for an item, which has none.
    pub vr: VR,
    pub kept: Kept,
    /// Index of the node after this one and everything below it.
    pub end: u32,
    /// Offset of the value in the data the set was read from.
    pub at: u64,
    /// Bytes of the value; for undefined length, as long as it turned out to be.
    pub len: u64,
}

/// The elements of one object.
#[derive(Default)]
pub(crate) struct DataSet {
    pub nodes: Vec<Node>,
    pub values: Vec<u8>,
    pub big_endian: bool,
}

impl DataSet {
    /// The elements at the top.
    pub(crate) fn root(&self) -> Set<'_> {
        Set::new(self, 0, self.nodes.len() as u32, Charset::default())
    }
}

/// The elements of a data set or of one item, not those of items below it.
#[derive(Clone, Copy)]
pub(crate) struct Set<'a> {
    data: &'a DataSet,
    from: u32,
    to: u32,
    charset: Charset,
}

impl<'a> Set<'a> {
    /// The elements from one node up to another. Their character set is their own, else that of what is `around` them (PS3.3
    /// C.12.1.1.2); it is looked for once, because there may be as many texts as elements.
    fn new(data: &'a DataSet, from: u32, to: u32, around: Charset) -> Self {
        let set = Self { data, from, to, charset: around };
        let own = set.get(tags::SPECIFIC_CHARACTER_SET);
        Self { charset: own.map_or(around, |e| Charset::new(&String::from_utf8_lossy(e.bytes()))), ..set }
    }

    pub(crate) fn elements(self) -> impl Iterator<Item = Element<'a>> {
        let mut next = self.from;
        std::iter::from_fn(move || {
            if next >= self.to {
                return None;
            }
            let node = &self.data.nodes[next as usize];
            let element = Element { set: self, index: next, node };
            next = node.end.max(next + 1);
            Some(element)
        })
    }

    pub(crate) fn get(self, tag: Tag) -> Option<Element<'a>> {
        self.elements().find(|e| e.node.tag == tag)
    }

    /// The items of a sequence; none where it is absent.
    pub(crate) fn items(self, tag: Tag) -> impl Iterator<Item = Set<'a>> {
        self.get(tag).into_iter().flat_map(Element::items)
    }

    /// The first item of a sequence.
    pub(crate) fn item(self, tag: Tag) -> Option<Set<'a>> {
        self.items(tag).next()
    }

    /// The character set in force.
    pub(crate) fn charset(self) -> Charset {
        self.charset
    }
}

/// One element.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub set: Set<'a>,
    index: u32,
    pub node: &'a Node,
}

impl<'a> Element<'a> {
    /// The value; empty where it was not kept.
    pub(crate) fn bytes(self) -> &'a [u8] {
        match self.node.kept {
            Kept::At(at) => {
                let at = at as usize;
                self.set.data.values.get(at..at + self.node.len as usize).unwrap_or(&[])
            }
            _ => &[],
        }
    }

    pub(crate) fn items(self) -> impl Iterator<Item = Set<'a>> {
        let data = self.set.data;
        let list = Set { from: self.index + 1, to: self.node.end, ..self.set };
        list.elements().map(move |e| Set::new(data, e.index + 1, e.node.end, list.charset))
    }

    pub(crate) fn is_big_endian(self) -> bool {
        self.set.data.big_endian
    }
}
