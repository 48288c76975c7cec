//! The JPH file around a codestream (ISO/IEC 15444-15 Annex D with the boxes of 15444-1 Annex I).

use super::source::Source;
use crate::codestream::Container;
use crate::error::Error;

/// The codestream in its container.
pub(super) fn wrap(container: Container, source: &Source, codestream: Vec<u8>) -> Result<Vec<u8>, Error> {
    // EnumCS of Table I.10.
    const SRGB: u32 = 16;
    const GREYSCALE: u32 = 17;
    let space = match (container, source.channels.len()) {
        (Container::Raw, _) => return Ok(codestream),
        (Container::Jph, 1) => GREYSCALE,
        (Container::Jph, 3) => SRGB,
        (Container::Jph, count) => return Err(Error::request(format!("a JPH file of {count} components has no colour space"))),
        (Container::Jp2, _) => return Err(Error::request("a JP2 file cannot hold HTJ2K, a JPH file can")),
    };
    let depth = |bits: u8, signed: bool| (bits - 1) | u8::from(signed) << 7;
    let depths: Vec<u8> = source.channels.iter().map(|c| depth(c.bits, c.signed)).collect();
    let alike = depths.iter().all(|d| *d == depths[0]);
    let mut out = Vec::with_capacity(codestream.len() + 128);
    boxed(&mut out, b"jP  ", |out| out.extend([0x0D, 0x0A, 0x87, 0x0A]));
    boxed(&mut out, b"ftyp", |out| out.extend(b"jph \0\0\0\0jph "));
    boxed(&mut out, b"jp2h", |out| {
        boxed(out, b"ihdr", |out| {
            out.extend(source.area.height().to_be_bytes());
            out.extend(source.area.width().to_be_bytes());
            out.extend((depths.len() as u16).to_be_bytes());
            // Depth, 255 where components differ; compression type 7; the colour space is known; no property rights.
            out.extend([if alike { depths[0] } else { 255 }, 7, 0, 0]);
        });
        if !alike {
            boxed(out, b"bpcc", |out| out.extend(&depths));
        }
        boxed(out, b"colr", |out| {
            // METH 1: enumerated.
            out.extend([1, 0, 0]);
            out.extend(space.to_be_bytes());
        });
    });
    // A length of 0: the last box takes all that is left.
    out.extend([0; 4]);
    out.extend(b"jp2c");
    out.extend(codestream);
    Ok(out)
}

/// Appends a box whose contents `write` appends (I.4).
fn boxed(out: &mut Vec<u8>, kind: &[u8; 4], write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend([0; 4]);
    out.extend(kind);
    write(out);
    let len = (out.len() - at) as u32;
    out[at..at + 4].copy_from_slice(&len.to_be_bytes());
}
