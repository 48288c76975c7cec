//! Encapsulated pixel data (PS3.5 A.4): a basic offset table, then fragments.

use super::reader::{Cursor, Encoding, UNDEFINED};
use crate::Error;
use dicom_core::Tag;
use std::ops::Range;

const ITEM: Tag = Tag(0xFFFE, 0xE000);
const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

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
    /// Why the list ends before its delimiter; fragments in it are whole all the same.
    pub cut: Option<Error>,
}

/// One item's value, or `None` at the end of the list.
fn next(cursor: &mut Cursor<'_>, end: u64, encoding: Encoding) -> Result<Option<Range<u64>>, Error> {
    if cursor.at >= end {
        return Err(Error::dicom(cursor.at, "the pixel data end without a delimiter"));
    }
    let at = cursor.at;
    let head: [u8; 8] = cursor.peek()?;
    let tag = encoding.tag([head[0], head[1], head[2], head[3]]);
    let len = encoding.u32([head[4], head[5], head[6], head[7]]);
    if tag == SEQUENCE_END {
        cursor.at += 8;
        return Ok(None);
    }
    if tag != ITEM || len == UNDEFINED {
        return Err(Error::dicom(at, format!("{tag} stands where a fragment of the pixel data should begin")));
    }
    let value = at + 8..at + 8 + u64::from(len);
    if value.end > end {
        let why = format!("a fragment of {len} bytes goes beyond the end of the data at byte {end}");
        return Err(Error::dicom(at, why));
    }
    cursor.at = value.end;
    Ok(Some(value))
}

/// Moves the cursor behind the pixel data that begin at it.
pub(crate) fn skip(cursor: &mut Cursor<'_>, encoding: Encoding) -> Result<(), Error> {
    let end = cursor.end();
    while next(cursor, end, encoding)?.is_some() {}
    Ok(())
}

/// All items of the pixel data that begin at the cursor.
pub(crate) fn list(cursor: &mut Cursor<'_>, encoding: Encoding) -> Result<Items, Error> {
    let end = cursor.end();
    let offset_table = next(cursor, end, encoding)?
        .ok_or_else(|| Error::dicom(cursor.at, "the pixel data have no offset table item and no fragment"))?;
    let mut items = Items { offset_table, first: cursor.at, fragments: Vec::new(), cut: None };
    loop {
        match next(cursor, end, encoding) {
            Ok(Some(fragment)) if items.fragments.len() < MAX_FRAGMENTS => items.fragments.push(fragment),
            Ok(Some(_)) => {
                let asked = MAX_FRAGMENTS as u64 + 1;
                return Err(Error::Limit { what: "the number of fragments", asked, allowed: MAX_FRAGMENTS as u64 });
            }
            Ok(None) => return Ok(items),
            Err(error) => {
                items.cut = Some(error);
                return Ok(items);
            }
        }
    }
}
