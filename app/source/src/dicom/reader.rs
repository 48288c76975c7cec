//! From bytes to a [`DataSet`] (PS3.5 section 7): explicit and implicit VR, both byte orders, nested sequences of defined and
//! undefined length. Only what is wanted is read; the rest is stepped over by its length.

use super::dataset::{DataSet, Kept, Node};
use super::vr::{self, Vr};
use crate::Error;
use crate::storage::Storage;
use dicom_core::Tag;

/// Length that says: until the delimiter.
pub(crate) const UNDEFINED: u32 = u32::MAX;

const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

/// Sequences within sequences; real objects stay below 12.
const MAX_DEPTH: u32 = 40;
/// Elements of one object: 300,000 functional groups of 25 elements.
const MAX_NODES: usize = 8_000_000;
/// Bytes of values kept of one object.
const MAX_VALUES: usize = 256 << 20;
/// Bytes fetched at a time; most headers fit.
const WINDOW: usize = 32 << 10;

/// How elements are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Encoding {
    pub explicit: bool,
    pub big_endian: bool,
}

impl Encoding {
    pub(crate) const EXPLICIT_LE: Self = Self { explicit: true, big_endian: false };
    pub(crate) const EXPLICIT_BE: Self = Self { explicit: true, big_endian: true };
    pub(crate) const IMPLICIT_LE: Self = Self { explicit: false, big_endian: false };

    pub(crate) fn u16(self, b: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) }
    }

    pub(crate) fn u32(self, b: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
    }

    pub(crate) fn tag(self, b: [u8; 4]) -> Tag {
        Tag(self.u16([b[0], b[1]]), self.u16([b[2], b[3]]))
    }
}

/// What to read and where to stop.
#[derive(Clone, Copy)]
pub(crate) enum Want {
    /// The header of an image: up to Pixel Data, without large private values, waveforms and documents.
    Header,
    /// Every element, values cut off by length: what the inspector shows.
    Everything,
    /// File Meta Information: group 0002.
    Meta,
}

impl Want {
    /// Longest value kept of this element.
    fn keep(self, tag: Tag) -> u64 {
        match (self, tag.group()) {
            (_, 0x7FE0) => 0,
            (Self::Everything, _) => 4096,
            (Self::Header, 0x5400 | 0x0042) => 0,
            (Self::Header, group) if group % 2 == 1 => 0,
            _ => 64 << 20,
        }
    }

    fn stops_before(self, tag: Tag) -> bool {
        match self {
            Self::Meta => tag.group() != 2,
            Self::Header => tag.group() >= 0x7FE0,
            Self::Everything => false,
        }
    }
}

/// What a reading found: everything up to `error`, if there is one.
pub(crate) struct Parsed {
    pub data: DataSet,
    /// Offset of the first element not read: Pixel Data for [`Want::Header`], the data set for [`Want::Meta`].
    pub end: u64,
    pub error: Option<Error>,
}

/// Reads elements from `start` to the end of `storage`, or to where `want` stops.
pub(crate) fn parse(storage: &Storage, start: u64, encoding: Encoding, want: Want) -> Parsed {
    let mut reader = Reader {
        cursor: Cursor::new(storage, start),
        want,
        data: DataSet { big_endian: encoding.big_endian, ..DataSet::default() },
    };
    let end = storage.len();
    let error = reader.elements(encoding, end, false, 0).err();
    Parsed { end: reader.cursor.at, data: reader.data, error }
}

/// Forward reading through a window of the storage.
pub(crate) struct Cursor<'a> {
    storage: &'a Storage,
    pub at: u64,
    window: Vec<u8>,
    window_start: u64,
    /// Bytes fetched at a time.
    pub fetch: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(storage: &'a Storage, at: u64) -> Self {
        Self { storage, at, window: Vec::new(), window_start: at, fetch: WINDOW }
    }

    fn left(&self) -> u64 {
        self.end().saturating_sub(self.at)
    }

    /// Offset behind the last byte there is.
    pub(crate) fn end(&self) -> u64 {
        self.storage.len()
    }

    /// The next `N` bytes, without going past them.
    pub(crate) fn peek<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let have = |s: &Self| {
            let from = usize::try_from(s.at.checked_sub(s.window_start)?).ok()?;
            s.window.get(from..from.checked_add(N)?)?.try_into().ok()
        };
        if let Some(bytes) = have(self) {
            return Ok(bytes);
        }
        let len = (self.fetch as u64).min(self.left()).max(N as u64) as usize;
        self.window.clear();
        self.window_start = self.at;
        self.storage.append(self.at, len, &mut self.window)?;
        have(self).ok_or_else(|| Error::dicom(self.at, "the data end here"))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let bytes = self.peek()?;
        self.at += N as u64;
        Ok(bytes)
    }

    /// Appends the next `len` bytes to `out`.
    fn append(&mut self, len: u64, out: &mut Vec<u8>) -> Result<(), Error> {
        let from = self.at.wrapping_sub(self.window_start) as usize;
        match self.window.get(from..from.saturating_add(len as usize)) {
            Some(bytes) => out.extend_from_slice(bytes),
            None => self.storage.append(self.at, len as usize, out)?,
        }
        self.at += len;
        Ok(())
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    want: Want,
    data: DataSet,
}

/// Tag, VR, length and encoding of the value of an element.
struct Head {
    tag: Tag,
    vr: Vr,
    len: u32,
}

impl Reader<'_> {
    /// Elements until `end`, or until an item delimiter where `delimited`.
    fn elements(&mut self, encoding: Encoding, end: u64, delimited: bool, depth: u32) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(Error::Limit { what: "the depth of nested sequences", asked: depth.into(), allowed: MAX_DEPTH.into() });
        }
        while self.cursor.at < end {
            if depth == 0 && end - self.cursor.at < 8 && self.is_padding(end)? {
                break;
            }
            let tag = encoding.tag(self.cursor.peek::<4>()?);
            if tag == ITEM_END {
                self.cursor.at += 8;
                if delimited {
                    return Ok(());
                }
                continue;
            }
            if tag == SEQUENCE_END && delimited {
                // The item's own delimiter is missing; the sequence ends here as well.
                return Ok(());
            }
            if depth == 0 && self.want.stops_before(tag) {
                return Ok(());
            }
            if depth == 0 && tag == Tag(0, 0) && !matches!(self.want, Want::Meta) && self.is_padding(end)? {
                break;
            }
            self.element(encoding, end, depth)?;
        }
        if delimited && self.cursor.at >= end {
            return Err(Error::dicom(self.cursor.at, "an item of undefined length has no end"));
        }
        Ok(())
    }

    /// Whether nothing but zero bytes is left, as some writers pad files.
    fn is_padding(&mut self, end: u64) -> Result<bool, Error> {
        let len = (end - self.cursor.at).min(64) as usize;
        Ok(self.cursor.storage.read(self.cursor.at, len)?.iter().all(|&b| b == 0))
    }

    fn head(&mut self, encoding: Encoding) -> Result<Head, Error> {
        let tag = encoding.tag(self.cursor.take::<4>()?);
        let vr = Vr(self.cursor.peek::<2>()?);
        // Some writers slip implicit elements into explicit data sets: the two bytes are then part of a length.
        if !encoding.explicit || !vr.is_plausible() || tag.group() == 0xFFFE {
            let vr = vr::of_tag(tag).unwrap_or(Vr::UN);
            return Ok(Head { tag, vr, len: encoding.u32(self.cursor.take()?) });
        }
        self.cursor.at += 2;
        let len = if vr.is_long() {
            self.cursor.at += 2;
            encoding.u32(self.cursor.take()?)
        } else {
            encoding.u16(self.cursor.take()?).into()
        };
        Ok(Head { tag, vr, len })
    }

    fn element(&mut self, encoding: Encoding, end: u64, depth: u32) -> Result<(), Error> {
        let start = self.cursor.at;
        let Head { tag, vr, len } = self.head(encoding)?;
        let at = self.cursor.at;
        if len == UNDEFINED {
            if tag.group() == 0x7FE0 {
                let index = self.push(Node { tag, vr, kept: Kept::Fragments, end: 0, at, len: 0 })?;
                self.cursor.fetch = 16;
                let skipped = super::fragments::skip(&mut self.cursor, encoding);
                self.cursor.fetch = WINDOW;
                self.close(index)?;
                return skipped;
            }
            // Unknown VR of undefined length is a sequence in implicit VR (PS3.5 6.2.2 note 2).
            let inner = if vr == Vr::UN { Encoding::IMPLICIT_LE } else { encoding };
            return self.sequence(tag, inner, None, end, depth);
        }
        let value_end = at + u64::from(len);
        if value_end > end {
            if tag.group() == 0x7FE0 {
                // Truncated pixel data: frames before the cut are still good, see `frames`.
                let index = self.push(Node { tag, vr, kept: Kept::Skipped, end: 0, at, len: end - at })?;
                self.cursor.at = end;
                return self.close(index);
            }
            let why = format!("the value of {tag} is {len} bytes long, but only {} are left", end.saturating_sub(at));
            return Err(Error::dicom(start, why));
        }
        let known = || vr::of_tag(tag) == Some(Vr::SQ);
        if vr == Vr::SQ || (vr == Vr::UN && len >= 8 && known()) {
            let inner = if vr == Vr::UN { Encoding::IMPLICIT_LE } else { encoding };
            return self.sequence(tag, inner, Some(value_end), end, depth);
        }
        // A writer that did not know the attribute left its value as it came, in implicit VR.
        let vr = if vr == Vr::UN { vr::of_tag(tag).filter(|vr| *vr != Vr::SQ).unwrap_or(Vr::UN) } else { vr };
        let kept = if u64::from(len) <= self.want.keep(tag) { Kept::At(self.data.values.len() as u32) } else { Kept::Skipped };
        let index = self.push(Node { tag, vr, kept, end: 0, at, len: len.into() })?;
        if matches!(kept, Kept::At(_)) {
            let asked = self.data.values.len() + len as usize;
            if asked > MAX_VALUES {
                return Err(Error::Limit { what: "the header's size", asked: asked as u64, allowed: MAX_VALUES as u64 });
            }
            self.cursor.append(len.into(), &mut self.data.values)?;
        }
        self.cursor.at = value_end;
        self.close(index)
    }

    /// Items until `value_end`, or until the sequence delimiter where there is none.
    fn sequence(&mut self, tag: Tag, encoding: Encoding, value_end: Option<u64>, outer_end: u64, depth: u32) -> Result<(), Error> {
        let at = self.cursor.at;
        let sequence = self.push(Node { tag, vr: Vr::SQ, kept: Kept::Children, end: 0, at, len: 0 })?;
        let end = value_end.unwrap_or(outer_end);
        let result = self.items(encoding, end, value_end.is_none(), depth);
        self.close(sequence)?;
        if result.is_err() && self.recover(value_end) {
            log::debug!("the sequence {tag} is damaged and was left out in part");
            return Ok(());
        }
        result
    }

    /// After damage within a sequence of known length, reading goes on behind it.
    fn recover(&mut self, value_end: Option<u64>) -> bool {
        let Some(end) = value_end else { return false };
        if self.data.nodes.len() >= MAX_NODES {
            return false;
        }
        self.cursor.at = end;
        true
    }

    fn items(&mut self, encoding: Encoding, end: u64, delimited: bool, depth: u32) -> Result<(), Error> {
        while self.cursor.at < end {
            let at = self.cursor.at;
            let head: [u8; 8] = self.cursor.take()?;
            let tag = encoding.tag([head[0], head[1], head[2], head[3]]);
            let len = encoding.u32([head[4], head[5], head[6], head[7]]);
            if tag == SEQUENCE_END {
                return Ok(());
            }
            if tag != ITEM {
                return Err(Error::dicom(at, format!("{tag} stands where an item of a sequence should begin")));
            }
            let start = self.cursor.at;
            let item = self.push(Node { tag, vr: Vr::NONE, kept: Kept::Children, end: 0, at: start, len: 0 })?;
            let result = if len == UNDEFINED {
                self.elements(encoding, end, true, depth + 1)
            } else {
                let item_end = start + u64::from(len);
                // What an item that is too long holds before the cut is kept.
                let read = self.elements(encoding, item_end.min(end), false, depth + 1);
                let too_long = || Error::dicom(at, "an item is longer than the sequence around it");
                if item_end > end { Err(too_long()) } else { read }
            };
            self.close(item)?;
            result?;
        }
        if delimited {
            return Err(Error::dicom(self.cursor.at, "a sequence of undefined length has no end"));
        }
        Ok(())
    }

    fn push(&mut self, node: Node) -> Result<usize, Error> {
        let index = self.data.nodes.len();
        if index >= MAX_NODES {
            return Err(Error::Limit { what: "the number of elements", asked: index as u64 + 1, allowed: MAX_NODES as u64 });
        }
        self.data.nodes.push(node);
        Ok(index)
    }

    /// Everything since `index` is below it.
    fn close(&mut self, index: usize) -> Result<(), Error> {
        let end = self.data.nodes.len() as u32;
        if let Some(node) = self.data.nodes.get_mut(index) {
            node.end = end;
            if matches!(node.kept, Kept::Children | Kept::Fragments) {
                node.len = self.cursor.at.saturating_sub(node.at);
            }
        }
        Ok(())
    }
}
