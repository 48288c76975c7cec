//! Encapsulated pixel data (PS3.5 A.4): a basic offset table, then fragments.

use super::reader::{self, Want};
use super::stream::{self, Progress};
use super::syntax::Syntax;
use crate::Error;
use crate::storage::Storage;
use dicom_parser::StatefulDecode;
use dicom_parser::dataset::LazyDataToken;
use std::ops::Range;
use std::rc::Rc;

/// Fragments of one object: a day of cine at 30 a second is 2.6 million.
const MAX_FRAGMENTS: usize = 4_000_000;

/// The items of encapsulated pixel data.
pub(crate) struct Items {
    /// Value of the first item.
    pub offset_table: Range<u64>,
    /// Where the items behind the table begin: what offsets count from.
    pub first: u64,
    /// The values of all further items.
    pub fragments: Vec<Range<u64>>,
    /// Why the list ends before its delimiter.
    pub cut: Option<Error>,
    /// Whether the last fragment goes on behind the end of the data, where its range ends.
    pub part: bool,
}

/// All items of the Pixel Data element whose header is at `element`.
pub(crate) fn list(storage: &Storage, element: u64, syntax: Syntax) -> Result<Items, Error> {
    let (mut items, mut part) = (Vec::new(), false);
    let cut = walk(storage, element, syntax, &mut items, &mut part).err();
    if matches!(cut, Some(Error::Limit { .. })) || items.is_empty() {
        let empty = || Error::dicom(element, "the pixel data have no offset table item and no fragment");
        return Err(cut.unwrap_or_else(empty));
    }
    let offset_table = items.remove(0);
    Ok(Items { first: offset_table.end, offset_table, fragments: items, cut, part })
}

/// Collects the value of every item up to the delimiter; `part` tells that the last one is cut off.
fn walk(storage: &Storage, element: u64, syntax: Syntax, items: &mut Vec<Range<u64>>, part: &mut bool) -> Result<(), Error> {
    let progress = Rc::new(Progress::default());
    progress.at.set(element);
    // An item header is 8 bytes; what lies between them is not wanted.
    let mut tokens = stream::tokens(storage, &progress, syntax, Want::Everything, 16)?;
    while let Some(token) = tokens.advance() {
        let at = progress.at.get();
        match token.map_err(|e| reader::refused(at, &e))? {
            LazyDataToken::PixelSequenceStart | LazyDataToken::ItemEnd => {}
            LazyDataToken::ItemStart { len } => {
                if items.len() > MAX_FRAGMENTS {
                    let (asked, allowed) = (items.len() as u64, MAX_FRAGMENTS as u64);
                    return Err(Error::Limit { what: "the number of fragments", asked, allowed });
                }
                let len = len.get().ok_or_else(|| Error::dicom(at, "a fragment of the pixel data has no length"))?;
                let value = at..at + u64::from(len);
                if value.end > storage.len() {
                    let end = storage.len();
                    items.push(at..end);
                    *part = true;
                    return Err(Error::dicom(
                        at,
                        format!("a fragment of {len} bytes goes beyond the end of the data at byte {end}"),
                    ));
                }
                items.push(value);
            }
            LazyDataToken::LazyItemValue { len, decoder } => {
                progress.skip.set(true);
                decoder.skip_bytes(len).map_err(|e| reader::refused(at, &e))?;
                progress.skip.set(false);
            }
            LazyDataToken::SequenceEnd => return Ok(()),
            _ => break,
        }
    }
    Err(Error::dicom(progress.at.get(), "the pixel data end without a delimiter"))
}
