//! Marker segments (T.81 annex B), and the scans in their order.

use super::dct::{self, Coefficients};
use super::huffman::Table;
use super::{bad, lossless};
use crate::Error;

/// Samples of one frame; coefficients take two bytes each.
const MAX_SAMPLES: u64 = 1 << 28;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Process {
    Sequential,
    Progressive,
    Lossless,
}

/// One component of the frame header.
#[derive(Clone, Copy)]
pub(super) struct Component {
    pub id: u8,
    /// Sampling factors.
    pub h: u32,
    pub v: u32,
    /// Quantization table.
    pub tq: usize,
}

/// SOFn.
pub(super) struct Frame {
    pub process: Process,
    pub bits: u8,
    pub columns: u32,
    pub rows: u32,
    pub components: Vec<Component>,
}

impl Frame {
    pub(super) fn h_max(&self) -> u32 {
        self.components.iter().map(|c| c.h).max().unwrap_or(1)
    }

    pub(super) fn v_max(&self) -> u32 {
        self.components.iter().map(|c| c.v).max().unwrap_or(1)
    }
}

/// What application segments say of colour.
#[derive(Default)]
pub(super) struct Marks {
    pub jfif: bool,
    /// APP14 "Adobe": 0 is none, 1 YCbCr.
    pub adobe_transform: Option<u8>,
}

/// Tables and intervals in force.
pub(super) struct Tables {
    pub quantization: [Option<[u16; 64]>; 4],
    pub dc: [Option<Table>; 4],
    pub ac: [Option<Table>; 4],
    /// MCUs between restart markers, 0 for none.
    pub restart: u32,
}

/// SOS: components by index with their DC and AC tables, then the process's parameters.
pub(super) struct Scan<'a> {
    pub components: Vec<(usize, usize, usize)>,
    /// Start of spectral selection; the predictor in lossless scans.
    pub ss: u8,
    pub se: u8,
    pub ah: u8,
    pub al: u8,
    /// All bytes from the first entropy-coded one.
    pub data: &'a [u8],
    /// Offset of `data` in the frame.
    pub at: usize,
}

pub(super) struct Decoded {
    pub frame: Frame,
    pub marks: Marks,
    /// Components side by side.
    pub samples: Vec<u16>,
}

/// Decodes a whole codestream. `expected`: columns, rows and components of the header, checked before anything is allocated.
pub(super) fn decode(bytes: &[u8], expected: (u32, u32, usize)) -> Result<Decoded, Error> {
    let mut tables = Tables { quantization: [None; 4], dc: Default::default(), ac: Default::default(), restart: 0 };
    let mut marks = Marks::default();
    let mut state: Option<(Frame, Work)> = None;
    let mut at = 0;
    let mut scans = 0u32;
    loop {
        let (marker, body, next) = segment(bytes, at)?;
        match marker {
            0xC4 => huffman_tables(body, at, &mut tables)?,
            0xC0..=0xC3 => {
                if state.is_some() {
                    return Err(bad(at, "a second frame header"));
                }
                let frame = frame_header(marker, body, at)?;
                check(&frame, expected)?;
                let work = Work::new(&frame);
                state = Some((frame, work));
            }
            0xC5..=0xCF => return Err(Error::unsupported("JPEG with hierarchical or arithmetic coding")),
            0xDB => quantization_tables(body, at, &mut tables)?,
            0xDD => tables.restart = u32::from(word(body, 0).ok_or_else(|| bad(at, "DRI is cut off"))?),
            0xDC => return Err(Error::unsupported("JPEG that tells its number of lines at the end (DNL)")),
            0xE0 if body.starts_with(b"JFIF\0") => marks.jfif = true,
            0xEE if body.starts_with(b"Adobe") => marks.adobe_transform = body.get(11).copied(),
            0xDA => {
                let Some((frame, work)) = &mut state else { return Err(bad(at, "a scan without a frame header")) };
                scans += 1;
                // Ten scans are usual; hundreds are an attack on time.
                if scans > 100 {
                    return Err(bad(at, "more than 100 scans"));
                }
                let scan = scan_header(body, frame, at, bytes, next)?;
                at = next + work.scan(frame, &scan, &tables)?;
                if work.is_done(frame) {
                    break;
                }
                continue;
            }
            0xD9 => break,
            _ => {}
        }
        at = next;
    }
    let (frame, work) = state.ok_or_else(|| bad(at, "there is no frame header"))?;
    if scans == 0 {
        return Err(bad(at, "there is no scan"));
    }
    let samples = work.finish(&frame, &tables)?;
    Ok(Decoded { frame, marks, samples })
}

/// What scans fill.
enum Work {
    Dct(Coefficients),
    Lossless { samples: Vec<u16>, seen: Vec<bool> },
}

impl Work {
    fn new(frame: &Frame) -> Self {
        match frame.process {
            Process::Lossless => {
                let len = frame.columns as usize * frame.rows as usize * frame.components.len();
                Self::Lossless { samples: vec![0; len], seen: vec![false; frame.components.len()] }
            }
            _ => Self::Dct(Coefficients::new(frame)),
        }
    }

    /// Decodes a scan; returns the bytes it took.
    fn scan(&mut self, frame: &Frame, scan: &Scan<'_>, tables: &Tables) -> Result<usize, Error> {
        match self {
            Self::Dct(coefficients) => dct::scan(frame, scan, tables, coefficients),
            Self::Lossless { samples, seen } => {
                scan.components.iter().for_each(|c| seen[c.0] = true);
                lossless::scan(frame, scan, tables, samples)
            }
        }
    }

    /// Sequential and lossless frames are whole once every component was coded; what follows does not matter.
    fn is_done(&self, frame: &Frame) -> bool {
        match self {
            Self::Dct(coefficients) => frame.process == Process::Sequential && coefficients.all_seen(),
            Self::Lossless { seen, .. } => seen.iter().all(|&s| s),
        }
    }

    fn finish(self, frame: &Frame, tables: &Tables) -> Result<Vec<u16>, Error> {
        match self {
            Self::Dct(coefficients) => coefficients.finish(frame, tables),
            Self::Lossless { samples, seen } if seen.iter().all(|&s| s) => Ok(samples),
            Self::Lossless { .. } => Err(bad(0, "a component is missing")),
        }
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// Marker code, segment without its length, offset behind it. Bytes that are no marker are skipped as far as a marker.
fn segment(bytes: &[u8], at: usize) -> Result<(u8, &[u8], usize), Error> {
    let mut i = at;
    loop {
        let pair = bytes.get(i..i + 2).ok_or_else(|| bad(at, "it ends before the image does"))?;
        if pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF) {
            break;
        }
        i += 1;
    }
    let marker = bytes[i + 1];
    if matches!(marker, 0x01 | 0xD0..=0xD9) {
        return Ok((marker, &[], i + 2));
    }
    let length = usize::from(word(bytes, i + 2).ok_or_else(|| bad(i, "a marker segment is cut off"))?);
    let body = bytes.get(i + 4..i + 2 + length).ok_or_else(|| bad(i, "a marker segment is cut off"))?;
    Ok((marker, body, i + 2 + length))
}

fn frame_header(marker: u8, body: &[u8], at: usize) -> Result<Frame, Error> {
    let &[bits, r1, r0, c1, c0, count, ref rest @ ..] = body else { return Err(bad(at, "the frame header is cut off")) };
    let components: Vec<_> = rest
        .chunks_exact(3)
        .map(|c| Component { id: c[0], h: (c[1] >> 4).into(), v: (c[1] & 15).into(), tq: usize::from(c[2] & 3) })
        .collect();
    let process = match marker {
        0xC3 => Process::Lossless,
        0xC2 => Process::Progressive,
        _ => Process::Sequential,
    };
    let depth = match process {
        Process::Lossless => (2..=16).contains(&bits),
        _ => matches!(bits, 8 | 12),
    };
    if !depth {
        return Err(Error::unsupported(format!("JPEG with {bits} bits a sample in this process")));
    }
    let factors = components.iter().all(|c| (1..=4).contains(&c.h) && (1..=4).contains(&c.v));
    if components.len() != usize::from(count) || components.is_empty() || components.len() > 4 || !factors {
        return Err(bad(at, "the frame header has components that cannot be used"));
    }
    Ok(Frame { process, bits, columns: u16::from_be_bytes([c1, c0]).into(), rows: u16::from_be_bytes([r1, r0]).into(), components })
}

fn check(frame: &Frame, (columns, rows, components): (u32, u32, usize)) -> Result<(), Error> {
    if (frame.columns, frame.rows, frame.components.len()) != (columns, rows, components) {
        return Err(Error::unsupported(format!(
            "the codestream is {} x {} with {} components, the header says {columns} x {rows} with {components}",
            frame.columns,
            frame.rows,
            frame.components.len()
        )));
    }
    let asked = u64::from(columns) * u64::from(rows) * components as u64;
    if asked > MAX_SAMPLES {
        return Err(Error::Limit { what: "the number of samples of a JPEG frame", asked, allowed: MAX_SAMPLES });
    }
    Ok(())
}

fn huffman_tables(mut body: &[u8], at: usize, tables: &mut Tables) -> Result<(), Error> {
    while let [class, rest @ ..] = body {
        let counts: &[u8; 16] = rest.first_chunk().ok_or_else(|| bad(at, "a Huffman table is cut off"))?;
        let total: usize = counts.iter().map(|&c| usize::from(c)).sum();
        let symbols = rest.get(16..16 + total).ok_or_else(|| bad(at, "a Huffman table is cut off"))?;
        let table = Table::new(counts, symbols).ok_or_else(|| bad(at, "a Huffman table contradicts itself"))?;
        let set = if class >> 4 == 0 { &mut tables.dc } else { &mut tables.ac };
        set[usize::from(class & 3)] = Some(table);
        body = &rest[16 + total..];
    }
    Ok(())
}

fn quantization_tables(mut body: &[u8], at: usize, tables: &mut Tables) -> Result<(), Error> {
    while let [kind, rest @ ..] = body {
        let wide = kind >> 4 != 0;
        let size = if wide { 128 } else { 64 };
        let bytes = rest.get(..size).ok_or_else(|| bad(at, "a quantization table is cut off"))?;
        let mut table = [0u16; 64];
        for (k, value) in table.iter_mut().enumerate() {
            *value = if wide { u16::from_be_bytes([bytes[2 * k], bytes[2 * k + 1]]) } else { bytes[k].into() };
        }
        tables.quantization[usize::from(kind & 3)] = Some(table);
        body = &rest[size..];
    }
    Ok(())
}

fn scan_header<'a>(body: &[u8], frame: &Frame, at: usize, bytes: &'a [u8], next: usize) -> Result<Scan<'a>, Error> {
    let cut = || bad(at, "the scan header is cut off");
    let count = usize::from(*body.first().ok_or_else(cut)?);
    let selectors = body.get(1..1 + 2 * count).ok_or_else(cut)?;
    let &[ss, se, approximation] = body.get(1 + 2 * count..4 + 2 * count).ok_or_else(cut)? else { return Err(cut()) };
    let mut components: Vec<(usize, usize, usize)> = Vec::with_capacity(count);
    for pair in selectors.chunks_exact(2) {
        let index = frame.components.iter().position(|c| c.id == pair[0]);
        let index = index.ok_or_else(|| bad(at, "the scan names an unknown component"))?;
        if components.iter().any(|&(other, ..)| other == index) {
            return Err(bad(at, "the scan names a component twice"));
        }
        components.push((index, usize::from(pair[1] >> 4 & 3), usize::from(pair[1] & 3)));
    }
    if components.is_empty() {
        return Err(bad(at, "the scan has no component"));
    }
    Ok(Scan { components, ss, se, ah: approximation >> 4, al: approximation & 15, data: &bytes[next..], at: next })
}
