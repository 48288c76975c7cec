//! From bytes to a [`DataSet`]: the tokens of dicom-rs's lazy reader, of which only wanted values are read; the rest is stepped
//! over by its length.

use super::dataset::{DataSet, Kept, Node};
use super::stream::{self, Decoder, Progress, Tokens};
use super::syntax::{self, Syntax};
use crate::Error;
use crate::storage::Storage;
use dicom_core::header::Length;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use dicom_parser::StatefulDecode;
use dicom_parser::dataset::LazyDataToken;
use std::rc::Rc;

const ITEM: Tag = Tag(0xFFFE, 0xE000);

/// Sequences within sequences; real objects stay below 12.
const MAX_DEPTH: u32 = 40;
/// Elements of one object: 300,000 functional groups of 25 elements.
const MAX_NODES: usize = 8_000_000;
/// Bytes of values kept of one object.
const MAX_VALUES: usize = 256 << 20;
/// Damaged sequences of one object that are passed over.
const MAX_DAMAGED: u32 = 100;
/// Bytes fetched at a time; most headers fit.
const WINDOW: usize = 32 << 10;

/// What to read and where to stop.
#[derive(Clone, Copy, PartialEq, Eq)]
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
    fn keep(self, tag: Tag) -> u32 {
        match (self, tag.group()) {
            (_, 0x7FE0) => 0,
            (Self::Everything, _) => 4096,
            (Self::Header, 0x5400 | 0x0042) => 0,
            (Self::Header, group) if group % 2 == 1 => 0,
            _ => 64 << 20,
        }
    }

    /// Group 0000 belongs to messages: in a file it is padding.
    pub(super) fn stops_before(self, tag: Tag) -> bool {
        match self {
            Self::Meta => tag.group() != 2,
            Self::Header => tag.group() == 0 || (tag.group() > 0x7FE0 && tag.group() != ITEM.group()),
            Self::Everything => tag.group() == 0,
        }
    }
}

/// Whether the element holds the pixels of an image.
pub(crate) fn is_pixels(tag: Tag) -> bool {
    matches!(tag, tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA)
}

/// What a reading found: everything up to `error`, if there is one.
pub(crate) struct Parsed {
    pub data: DataSet,
    /// Offset of the element at which reading stopped: the pixels for [`Want::Header`], the data set for [`Want::Meta`].
    pub end: u64,
    pub error: Option<Error>,
}

/// Reads elements from `start` to the end of `storage`, or to where `want` stops.
pub(crate) fn parse(storage: &Storage, start: u64, syntax: Syntax, want: Want) -> Parsed {
    let progress = Rc::new(Progress::default());
    progress.at.set(start);
    let data = DataSet { big_endian: syntax::is_big_endian(syntax), ..DataSet::default() };
    let mut filling = Filling { data, open: Vec::new(), want, storage: storage.clone(), damaged: 0, progress };
    let error = loop {
        let tokens = stream::tokens(storage, &filling.progress, syntax, want, WINDOW);
        match tokens.and_then(|mut tokens| filling.take(&mut tokens)) {
            Ok(()) => break None,
            Err(error) if filling.pass_over(&error) => {}
            Err(error) => break Some(error),
        }
    };
    filling.close_to(0);
    Parsed { end: filling.progress.at.get(), data: filling.data, error }
}

/// A node whose children are being read.
struct Open {
    node: usize,
    what: What,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Sequence {
        /// Where its length says it ends.
        end: Option<u64>,
        /// Whether the elements around it are in implicit VR by exception.
        outer_implicit: bool,
    },
    Item,
    Fragments,
}

struct Filling {
    data: DataSet,
    open: Vec<Open>,
    want: Want,
    storage: Storage,
    /// Sequences passed over.
    damaged: u32,
    progress: Rc<Progress>,
}

impl Filling {
    /// Takes tokens to the end or to where reading stops.
    fn take(&mut self, tokens: &mut Tokens) -> Result<(), Error> {
        while let Some(token) = tokens.advance() {
            let token = token.map_err(|e| self.refused(&e))?;
            if !self.token(token)? {
                return Ok(());
            }
        }
        match self.open.last() {
            None => Ok(()),
            Some(_) => Err(self.cut_off()),
        }
    }

    fn cut_off(&self) -> Error {
        let within = self.open.last().map_or("an element", |open| match open.what {
            What::Fragments => "the pixel data, which have no delimiter",
            What::Sequence { .. } | What::Item => "a sequence",
        });
        Error::dicom(self.progress.at.get(), format!("the data end within {within}"))
    }

    fn refused(&self, error: &dyn std::error::Error) -> Error {
        let at = self.progress.at.get();
        if self.storage.left(at, 8) < 8 { self.cut_off() } else { refused(at, error) }
    }

    /// Enters one token; false to stop.
    fn token(&mut self, token: LazyDataToken<&mut Decoder>) -> Result<bool, Error> {
        let at = self.progress.at.get();
        let within = self.open.last().map(|open| open.what);
        let fragments = within == Some(What::Fragments);
        match token {
            LazyDataToken::LazyValue { header, decoder } => return self.value(header.tag, header.vr, header.len.0, decoder),
            LazyDataToken::LazyItemValue { len, decoder } => {
                if self.storage.left(at, len.into()) < u64::from(len) {
                    return Err(Error::dicom(at, format!("a fragment of {len} bytes goes beyond the end of the data")));
                }
                self.skip(len, decoder)?;
            }
            LazyDataToken::SequenceStart { tag, len } => self.sequence(tag, len)?,
            LazyDataToken::PixelSequenceStart => {
                let vr = self.progress.vr.get().unwrap_or(VR::OW);
                self.start(Node { tag: tags::PIXEL_DATA, vr, kept: Kept::Fragments, end: 0, at, len: 0 }, What::Fragments)?;
                if self.want == Want::Header && self.open.len() == 1 {
                    self.stop();
                    return Ok(false);
                }
            }
            LazyDataToken::ItemStart { .. } | LazyDataToken::ItemEnd if fragments => {}
            LazyDataToken::ItemStart { .. } => {
                self.start(Node { tag: ITEM, vr: VR::UN, kept: Kept::Children, end: 0, at, len: 0 }, What::Item)?;
            }
            LazyDataToken::ItemEnd if within == Some(What::Item) => self.close_to(self.open.len() - 1),
            LazyDataToken::SequenceEnd if matches!(within, Some(What::Sequence { .. } | What::Fragments)) => {
                self.close_to(self.open.len() - 1);
            }
            LazyDataToken::ItemEnd | LazyDataToken::SequenceEnd => {
                return Err(Error::dicom(at, "a delimiter stands where nothing is to be ended"));
            }
            // Element headers: their values follow.
            _ => {}
        }
        Ok(true)
    }

    /// An element that is no sequence.
    fn value(&mut self, tag: Tag, vr: VR, len: u32, decoder: &mut Decoder) -> Result<bool, Error> {
        let at = self.progress.at.get();
        let start = self.progress.header.get();
        if tag.group() == 0xFFFE {
            return Err(Error::dicom(start, format!("{tag} stands where an element should begin")));
        }
        let left = self.limit().saturating_sub(at);
        let pixels = self.open.is_empty() && is_pixels(tag);
        if u64::from(len) > left && !pixels {
            let why = format!("the value of {tag} is {len} bytes long, but only {left} are left");
            return Err(Error::dicom(start, why));
        }
        let kept = if len <= self.want.keep(tag) { Kept::At(self.data.values.len() as u32) } else { Kept::Skipped };
        // Of truncated pixel data the frames before the cut are still good, see `frames`.
        let node = Node { tag, vr, kept, end: 0, at, len: left.min(len.into()) };
        let index = self.push(node)?;
        self.data.nodes[index].end = index as u32 + 1;
        if pixels && (self.want == Want::Header || u64::from(len) > left) {
            self.stop();
            return Ok(false);
        }
        if !matches!(kept, Kept::At(_)) {
            self.skip(len, decoder)?;
            return Ok(true);
        }
        let asked = self.data.values.len() + len as usize;
        if asked > MAX_VALUES {
            return Err(Error::Limit { what: "the header's size", asked: asked as u64, allowed: MAX_VALUES as u64 });
        }
        decoder.read_to_vec(len, &mut self.data.values).map_err(|e| refused(at, &e))?;
        Ok(true)
    }

    fn skip(&self, len: u32, decoder: &mut Decoder) -> Result<(), Error> {
        self.progress.skip.set(true);
        let skipped = decoder.skip_bytes(len);
        self.progress.skip.set(false);
        skipped.map_err(|e| refused(self.progress.at.get(), &e))
    }

    fn sequence(&mut self, tag: Tag, len: Length) -> Result<(), Error> {
        let at = self.progress.at.get();
        let end = len.get().map(|len| at + u64::from(len));
        if tag.group() == 0xFFFE || end.is_some_and(|end| end > self.limit()) {
            return Err(Error::dicom(self.progress.header.get(), format!("{tag} is no sequence that could begin here")));
        }
        let outer_implicit = self.progress.implicit.get();
        self.start(Node { tag, vr: VR::SQ, kept: Kept::Children, end: 0, at, len: 0 }, What::Sequence { end, outer_implicit })?;
        // Items of a sequence written as UN are in implicit VR (PS3.5 6.2.2); the parser of dicom-rs reads on in the
        // data set's syntax, which loses UN_sequence.dcm.
        self.progress.implicit.set(outer_implicit || self.progress.vr.get() == Some(VR::UN));
        Ok(())
    }

    /// Where the innermost sequence ends at the latest.
    fn limit(&self) -> u64 {
        let mut ends = self.open.iter().rev().filter_map(|open| match open.what {
            What::Sequence { end, .. } => end,
            _ => None,
        });
        ends.next().unwrap_or_else(|| self.storage.len())
    }

    fn start(&mut self, node: Node, what: What) -> Result<(), Error> {
        let depth = self.progress.depth.get() + u32::from(what == What::Item);
        if depth > MAX_DEPTH {
            return Err(Error::Limit { what: "the depth of nested sequences", asked: depth.into(), allowed: MAX_DEPTH.into() });
        }
        let node = self.push(node)?;
        self.progress.depth.set(depth);
        self.open.push(Open { node, what });
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

    /// Reading ends before the element whose header was decoded last.
    fn stop(&self) {
        self.progress.at.set(self.progress.header.get());
    }

    /// Ends what is open beyond `count`: everything since belongs below it.
    fn close_to(&mut self, count: usize) {
        let (at, end) = (self.progress.at.get(), self.data.nodes.len() as u32);
        for Open { node, what } in self.open.drain(count..).rev() {
            match what {
                What::Sequence { outer_implicit, .. } => self.progress.implicit.set(outer_implicit),
                What::Item => self.progress.depth.set(self.progress.depth.get() - 1),
                What::Fragments => {}
            }
            let node = &mut self.data.nodes[node];
            (node.end, node.len) = (end, at.saturating_sub(node.at));
        }
    }

    /// After damage within a sequence of known length, reading goes on behind it.
    fn pass_over(&mut self, error: &Error) -> bool {
        let Some(Open { what: What::Sequence { end: Some(end), .. }, .. }) = self.open.first() else { return false };
        if matches!(error, Error::Limit { .. }) || self.damaged == MAX_DAMAGED {
            return false;
        }
        self.damaged += 1;
        log::debug!("a sequence is damaged and was left out in part");
        self.progress.at.set(*end);
        self.close_to(0);
        true
    }
}

/// What dicom-rs says is wrong, with its causes.
pub(super) fn refused(at: u64, error: &dyn std::error::Error) -> Error {
    let causes = std::iter::successors(Some(error), |e| e.source()).map(ToString::to_string);
    Error::dicom(at, causes.collect::<Vec<_>>().join(": "))
}
