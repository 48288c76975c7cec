//! Marker segments (T.87 annex C).

use super::CODING;
use crate::Error;

/// Coding parameters that LSE may preset (C.2.4.1.1).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Preset {
    pub maxval: i32,
    pub t1: i32,
    pub t2: i32,
    pub t3: i32,
    pub reset: i32,
}

/// SOF55.
pub(super) struct Header {
    pub columns: u32,
    pub rows: u32,
    pub bits: u8,
    pub components: u8,
    ids: Vec<u8>,
}

/// Order of samples within a scan (C.2.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Interleave {
    None,
    Line,
    Sample,
}

/// One scan: its parameters and its entropy-coded bytes.
pub(super) struct Scan<'a> {
    /// Index of its first component.
    pub first: usize,
    /// Number of its components.
    pub count: usize,
    pub near: i32,
    pub interleave: Interleave,
    pub preset: Preset,
    pub data: &'a [u8],
}

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    preset: Preset,
}

fn bad(at: usize, why: &str) -> Error {
    Error::decode(CODING, format!("{why} (byte {at} of the frame)"))
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, preset: Preset::default() }
    }

    /// The next marker and its segment, without the length. Fill bytes are skipped.
    fn segment(&mut self) -> Result<(u8, &'a [u8]), Error> {
        let at = self.at;
        let mut rest = self.bytes.get(at..).unwrap_or(&[]);
        while let [0xFF, 0xFF, ..] = rest {
            rest = &rest[1..];
        }
        let &[0xFF, marker, ref tail @ ..] = rest else { return Err(bad(at, "a marker is missing")) };
        if matches!(marker, 0xD8 | 0xD9) {
            self.at = self.bytes.len() - tail.len();
            return Ok((marker, &[]));
        }
        let &[high, low, ..] = tail else { return Err(bad(at, "a marker segment is cut off")) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let body = tail.get(2..length).ok_or_else(|| bad(at, "a marker segment is cut off"))?;
        self.at = self.bytes.len() - tail.len() + length;
        Ok((marker, body))
    }

    /// Everything up to the frame header.
    pub(super) fn frame(&mut self) -> Result<Header, Error> {
        if self.segment()?.0 != 0xD8 {
            return Err(bad(0, "it does not begin with SOI"));
        }
        loop {
            let at = self.at;
            match self.segment()? {
                (0xF7, body) => return frame_header(at, body),
                (0xF8, body) => self.preset(at, body)?,
                (0xE8, body) if body.starts_with(b"mrfx") && body.get(4).is_some_and(|&t| t != 0) => {
                    return Err(Error::unsupported("JPEG-LS with a colour transform of its own, which DICOM does not allow"));
                }
                (0xC0..=0xCF, _) => return Err(bad(at, "it is JPEG and not JPEG-LS")),
                (0xDA | 0xD9, _) => return Err(bad(at, "the frame header is missing")),
                _ => {}
            }
        }
    }

    fn preset(&mut self, at: usize, body: &[u8]) -> Result<(), Error> {
        let word = |i: usize| body.get(i..i + 2).map(|b| i32::from(u16::from_be_bytes([b[0], b[1]])));
        match body.first() {
            Some(1) => {
                let all = (word(1), word(3), word(5), word(7), word(9));
                let (Some(maxval), Some(t1), Some(t2), Some(t3), Some(reset)) = all else {
                    return Err(bad(at, "the preset parameters are cut off"));
                };
                self.preset = Preset { maxval, t1, t2, t3, reset };
                Ok(())
            }
            _ => Err(Error::unsupported("JPEG-LS with mapping tables or an extended size")),
        }
    }

    /// The next scan, with all of its bytes.
    pub(super) fn scan(&mut self, frame: &Header) -> Result<Scan<'a>, Error> {
        loop {
            let at = self.at;
            match self.segment()? {
                (0xDA, body) => return self.scan_header(at, body, frame),
                (0xF8, body) => self.preset(at, body)?,
                (0xDD, body) if body.iter().any(|&b| b != 0) => {
                    return Err(Error::unsupported("JPEG-LS with restart markers"));
                }
                (0xD9, _) => return Err(bad(at, "it ends before its last component")),
                _ => {}
            }
        }
    }

    fn scan_header(&mut self, at: usize, body: &[u8], frame: &Header) -> Result<Scan<'a>, Error> {
        let cut = || bad(at, "the scan header is cut off");
        let count = usize::from(*body.first().ok_or_else(cut)?);
        let &[near, interleave, transform] = body.get(1 + 2 * count..4 + 2 * count).ok_or_else(cut)? else {
            return Err(cut());
        };
        let ids = || body[1..1 + 2 * count].chunks_exact(2).map(|selector| selector[0]);
        let id = ids().next().ok_or_else(cut)?;
        let first = frame.ids.iter().position(|&i| i == id).ok_or_else(|| bad(at, "the scan names an unknown component"))?;
        let interleave = match (interleave, count) {
            (0, 1) | (_, 1) => Interleave::None,
            (1, _) => Interleave::Line,
            (2, _) => Interleave::Sample,
            _ => return Err(bad(at, "the interleave mode does not fit the number of components")),
        };
        // Components of a scan are those of the frame in its order (C.2.3).
        if !ids().eq(frame.ids.iter().copied().skip(first).take(count)) || transform & 0x0F != 0 {
            return Err(bad(at, "the scan's components or point transform cannot be used"));
        }
        let data = &self.bytes[self.at..];
        // Within entropy-coded data a byte after FF has its top bit clear (A.1).
        let end = data.windows(2).position(|w| w[0] == 0xFF && w[1] >= 0x80).unwrap_or(data.len());
        self.at += end;
        let preset =
            self.preset.filled(frame.bits, near.into()).ok_or_else(|| bad(at, "the coding parameters are out of range"))?;
        Ok(Scan { first, count, near: near.into(), interleave, preset, data: &data[..end] })
    }
}

fn frame_header(at: usize, body: &[u8]) -> Result<Header, Error> {
    let &[bits, r1, r0, c1, c0, components, ref rest @ ..] = body else { return Err(bad(at, "the frame header is cut off")) };
    let ids: Vec<u8> = rest.chunks_exact(3).map(|c| c[0]).collect();
    let whole = rest.chunks_exact(3).all(|c| c[1] == 0x11);
    let header =
        Header { columns: u16::from_be_bytes([c1, c0]).into(), rows: u16::from_be_bytes([r1, r0]).into(), bits, components, ids };
    if !(2..=16).contains(&bits) || header.ids.len() != usize::from(components) || !whole || components == 0 {
        return Err(bad(at, "the frame header has a depth or components that cannot be used"));
    }
    Ok(header)
}

impl Preset {
    /// Defaults where nothing is preset (C.2.4.1.1.1); `None` where the values contradict each other.
    fn filled(self, bits: u8, near: i32) -> Option<Self> {
        let maxval = if self.maxval == 0 { (1 << bits) - 1 } else { self.maxval };
        if maxval >= 1 << bits || near > (maxval / 2).min(255) {
            return None;
        }
        let clamp = |value: i32, low: i32| if value > maxval || value < low { low } else { value };
        let (b1, b2, b3) = if maxval >= 128 {
            let factor = (maxval.min(4095) + 128) / 256;
            (factor + 2 + 3 * near, factor * 4 + 3 + 5 * near, factor * 17 + 4 + 7 * near)
        } else {
            let factor = 256 / (maxval + 1);
            ((3 / factor + 3 * near).max(2), (7 / factor + 5 * near).max(3), (21 / factor + 7 * near).max(4))
        };
        let t1 = if self.t1 == 0 { clamp(b1, near + 1) } else { self.t1 };
        let t2 = if self.t2 == 0 { clamp(b2, t1) } else { self.t2 };
        let t3 = if self.t3 == 0 { clamp(b3, t2) } else { self.t3 };
        let reset = if self.reset == 0 { 64 } else { self.reset };
        let ordered = near < t1 && t1 <= t2 && t2 <= t3 && t3 <= maxval && (3..=maxval.max(255)).contains(&reset);
        ordered.then_some(Self { maxval, t1, t2, t3, reset })
    }
}
