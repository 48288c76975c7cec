//! What dicom-rs reads from: the bytes of an object as a stream that steps over what nobody wants, and the decoding of element
//! headers by a transfer syntax where parts of a data set may be written in another.

use super::reader::Want;
use super::syntax::{self, Syntax};
use crate::Error;
use crate::storage::Storage;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::header::{DataElementHeader, SequenceItemHeader};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::StandardDataDictionary;
use dicom_encoding::decode::basic::BasicDecoder;
use dicom_encoding::decode::{self, DecodeFrom};
use dicom_encoding::text::SpecificCharacterSet;
use dicom_encoding::transfer_syntax::DynDecoder;
use dicom_parser::StatefulDecoder;
use dicom_parser::dataset::lazy_read::LazyDataSetReader;
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// What is known between two tokens of the parser; shared by the parts of a reading.
#[derive(Default)]
pub(super) struct Progress {
    /// Offset of the next byte.
    pub at: Cell<u64>,
    /// Offset of the element header that was decoded last.
    pub header: Cell<u64>,
    /// The VR it was written with, where it was written.
    pub vr: Cell<Option<VR>>,
    /// Items around the next element.
    pub depth: Cell<u32>,
    /// Whether the next elements are in implicit VR, whatever the transfer syntax says.
    pub implicit: Cell<bool>,
    /// Bytes are counted and not fetched.
    pub skip: Cell<bool>,
}

/// The parser of dicom-rs over a [`Stream`].
pub(super) type Tokens = LazyDataSetReader<Decoder>;
pub(super) type Decoder = StatefulDecoder<Headers, Stream, BasicDecoder>;

/// Tokens from where `progress` is. `fetch` bytes are read at a time.
pub(super) fn tokens(
    storage: &Storage,
    progress: &Rc<Progress>,
    syntax: Syntax,
    want: Want,
    fetch: usize,
) -> Result<Tokens, Error> {
    let stream = Stream { storage: storage.clone(), progress: progress.clone(), window: Vec::new(), start: 0, fetch };
    let missing = || Error::unsupported(format!("data sets in {}", syntax.name()));
    let headers = Headers {
        declared: syntax.decoder_for().ok_or_else(missing)?,
        implicit: syntax::implicit().decoder_for().ok_or_else(missing)?,
        explicit: !std::ptr::eq(syntax, syntax::implicit()),
        want,
        progress: progress.clone(),
    };
    let (basic, text) = (syntax.basic_decoder(), SpecificCharacterSet::default());
    Ok(LazyDataSetReader::new(StatefulDecoder::new_with_position(stream, headers, basic, text, progress.at.get())))
}

/// Forward reading through a window of the storage.
pub(super) struct Stream {
    storage: Storage,
    progress: Rc<Progress>,
    window: Vec<u8>,
    /// Offset of the window.
    start: u64,
    fetch: usize,
}

impl Stream {
    /// Bytes that there are still, at most `most`.
    fn left(&self, most: usize) -> usize {
        self.storage.left(self.progress.at.get(), most as u64) as usize
    }

    /// The bytes from `at` that are in the window.
    fn ready(&self, at: u64) -> &[u8] {
        let from = at.checked_sub(self.start).and_then(|from| usize::try_from(from).ok());
        from.and_then(|from| self.window.get(from..)).unwrap_or(&[])
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let at = self.progress.at.get();
        let mut len = self.left(out.len());
        if !self.progress.skip.get() && len > 0 {
            if self.ready(at).is_empty() {
                let fetch = self.left(self.fetch.max(len));
                self.window.resize(fetch, 0);
                self.start = at;
                if let Err(why) = self.storage.fill(at, &mut self.window) {
                    self.window.clear();
                    return Err(io::Error::other(why));
                }
            }
            let ready = self.ready(at);
            len = len.min(ready.len());
            out[..len].copy_from_slice(&ready[..len]);
        }
        self.progress.at.set(at + len as u64);
        Ok(len)
    }
}

/// Element headers by the decoders of dicom-rs.
pub(super) struct Headers {
    declared: DynDecoder<Stream>,
    implicit: DynDecoder<Stream>,
    explicit: bool,
    want: Want,
    progress: Rc<Progress>,
}

impl Headers {
    fn decoder(&self) -> &DynDecoder<Stream> {
        if self.progress.implicit.get() { &self.implicit } else { &self.declared }
    }

    /// Whether reading ends before the next element: nothing but padding is left, or it is not wanted.
    fn ends(&self, source: &mut Stream) -> decode::Result<bool> {
        if source.left(8) < 8 {
            return Ok(true);
        }
        let at = self.progress.at.get();
        let tag = self.decoder().decode_tag(source)?;
        self.progress.at.set(at);
        Ok(self.progress.depth.get() == 0 && self.want.stops_before(tag))
    }
}

impl DecodeFrom<Stream> for Headers {
    fn decode_header(&self, source: &mut Stream) -> decode::Result<(DataElementHeader, usize)> {
        let start = self.progress.at.get();
        self.progress.header.set(start);
        if self.ends(source)? {
            // What the parser takes for the end of the data set.
            let source = io::ErrorKind::UnexpectedEof.into();
            return Err(decode::Error::ReadHeaderTag { backtrace: None, source });
        }
        let (mut header, read) = self.decoder().decode_header(source)?;
        self.progress.vr.set(self.explicit.then_some(header.vr));
        // A writer that did not know the attribute left its value as it came, in implicit VR (PS3.5 6.2.2).
        if header.vr == VR::UN && header.tag.group() != 0xFFFE {
            header.vr = StandardDataDictionary.by_tag(header.tag).map_or(VR::UN, |entry| entry.vr().relaxed());
        }
        Ok((header, read))
    }

    fn decode_item_header(&self, source: &mut Stream) -> decode::Result<SequenceItemHeader> {
        self.decoder().decode_item_header(source)
    }

    fn decode_tag(&self, source: &mut Stream) -> decode::Result<Tag> {
        self.decoder().decode_tag(source)
    }
}
