//! The JP2 and JPH file format: finding the codestream (ISO/IEC 15444-1 Annex I, 15444-15 Annex D).
//!
//! Boxes other than the codestream describe how to show the samples (palettes, colour spaces), not the samples.

use std::ops::Range;

use super::info::Container;
use super::reader::Reader;
use crate::coded::Coded;
use crate::error::Error;

/// Length, type and contents of the signature box (I.5.1).
const SIGNATURE: [u8; 12] = [0, 0, 0, 12, b'j', b'P', b' ', b' ', 0x0D, 0x0A, 0x87, 0x0A];
/// SOC, then SIZ.
const CODESTREAM: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];

/// Whether the bytes begin like a codestream or like a JP2 or JPH file.
pub fn looks_like_codestream(bytes: &[u8]) -> bool {
    bytes.starts_with(&CODESTREAM) || bytes.starts_with(&SIGNATURE)
}

/// The wrapper and where its (first) codestream lies.
pub(crate) fn locate(coded: Coded) -> Result<(Container, Range<usize>), Error> {
    let mut r = Reader::new(coded, 0);
    if *r.clone().take(SIGNATURE.len().min(coded.len()), "the signature")? != SIGNATURE[..] {
        return Ok((Container::Raw, 0..coded.len()));
    }
    let mut container = Container::Jp2;
    while r.remaining() > 0 {
        let at = r.position();
        let start = r.index();
        let short = r.u32("a box")?;
        let kind = r.u32("a box")?.to_be_bytes();
        let len = match short {
            0 => coded.len().saturating_sub(start) as u64,
            1 => r.u64("a box")?,
            short => u64::from(short),
        };
        let header = r.index().saturating_sub(start) as u64;
        let Some(body) = len.checked_sub(header).and_then(|n| usize::try_from(n).ok()) else {
            return Err(Error::malformed("box", at, format!("a length of {len} is below its header's {header}")));
        };
        if &kind == b"jp2c" {
            // A codestream that is cut off may still hold what is asked for: packets decide.
            let end = r.index().saturating_add(body).min(coded.len());
            return Ok((container, r.index()..end));
        }
        if &kind == b"ftyp" && *r.clone().take(body.min(4), "a box")? == b"jph "[..] {
            container = Container::Jph;
        }
        r.skip(body, "a box")?;
    }
    Err(Error::Truncated { at: r.position(), what: "the file, before any codestream box," })
}
