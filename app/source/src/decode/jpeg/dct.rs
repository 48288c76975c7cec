//! DCT scans (T.81 annexes F and G): sequential and progressive, into coefficients of the whole frame.

use super::bits::{Bits, Fault};
use super::huffman::Table;
use super::segments::{Frame, Process, Scan, Tables};
use super::{bad, idct, upsample};
use crate::Error;
use std::ops::RangeInclusive;

/// Blocks of one component, row by row, padded to whole MCUs.
struct Plane {
    /// Blocks that carry samples, across and down.
    used: (usize, usize),
    /// Blocks stored, across and down.
    stored: (usize, usize),
    values: Vec<i16>,
    seen: bool,
    /// The quantization table in force at its first scan.
    quantization: Option<[u16; 64]>,
}

/// Coefficients of a frame, in zigzag order.
pub(super) struct Coefficients(Vec<Plane>);

impl Coefficients {
    pub(super) fn new(frame: &Frame) -> Self {
        let (h_max, v_max) = (frame.h_max(), frame.v_max());
        let mcus = (frame.columns.div_ceil(8 * h_max), frame.rows.div_ceil(8 * v_max));
        let plane = |c: &super::segments::Component| {
            let used = (
                (frame.columns * c.h).div_ceil(h_max).div_ceil(8) as usize,
                (frame.rows * c.v).div_ceil(v_max).div_ceil(8) as usize,
            );
            let stored = ((mcus.0 * c.h) as usize, (mcus.1 * c.v) as usize);
            Plane { used, stored, values: vec![0; stored.0 * stored.1 * 64], seen: false, quantization: None }
        };
        Self(frame.components.iter().map(plane).collect())
    }

    pub(super) fn all_seen(&self) -> bool {
        self.0.iter().all(|p| p.seen)
    }

    /// Samples of all components at full size, side by side.
    pub(super) fn finish(self, frame: &Frame, tables: &Tables) -> Result<Vec<u16>, Error> {
        if !self.all_seen() {
            return Err(bad(0, "a component is missing"));
        }
        let components = frame.components.len();
        let mut out = vec![0u16; frame.columns as usize * frame.rows as usize * components];
        for (index, (plane, component)) in self.0.into_iter().zip(&frame.components).enumerate() {
            let table = plane.quantization.or(tables.quantization[component.tq]);
            let table = table.ok_or_else(|| bad(0, "a quantization table is missing"))?;
            let pitch = plane.stored.0 * 8;
            let mut samples = vec![0u16; pitch * plane.stored.1 * 8];
            for (b, block) in plane.values.chunks_exact(64).enumerate() {
                let (x, y) = (b % plane.stored.0, b / plane.stored.0);
                idct::block(block, &table, frame.bits, &mut samples[y * 8 * pitch + x * 8..], pitch);
            }
            let places = out.get_mut(index..).unwrap_or(&mut []);
            upsample::component(frame, component, &samples, pitch, places, components);
        }
        Ok(out)
    }
}

/// State of a scan that restart markers reset.
#[derive(Default)]
struct Predictions {
    dc: [i32; 4],
    /// Blocks that are still to be passed over in this band.
    eob_run: u32,
}

/// One scan; returns the bytes it took.
pub(super) fn scan(frame: &Frame, scan: &Scan<'_>, tables: &Tables, out: &mut Coefficients) -> Result<usize, Error> {
    let progressive = frame.process == Process::Progressive;
    let band = usize::from(scan.ss)..=usize::from(scan.se);
    let legal = if progressive {
        *band.end() < 64
            && band.start() <= band.end()
            && (scan.ss > 0 || scan.se == 0)
            && scan.al < 14
            && (scan.ss == 0 || scan.components.len() == 1)
    } else {
        true
    };
    if !legal {
        return Err(bad(scan.at, "the scan's spectral selection is not allowed"));
    }
    for &(index, ..) in &scan.components {
        out.0[index].seen = true;
        let table = tables.quantization[frame.components[index].tq];
        let plane = &mut out.0[index];
        plane.quantization = plane.quantization.or(table);
    }
    let mut bits = Bits::new(scan.data);
    let result = blocks(frame, scan, tables, &mut bits, out);
    let used = bits.finish();
    result.map_err(|why| bad(scan.at + used, why))?;
    Ok(used)
}

/// All blocks of a scan: row by row where it has one component, MCU by MCU where it has more (A.2).
fn blocks(frame: &Frame, scan: &Scan<'_>, tables: &Tables, bits: &mut Bits<'_>, out: &mut Coefficients) -> Result<(), Fault> {
    let progressive = frame.process == Process::Progressive;
    let mut state = Predictions::default();
    let mut done = 0u32;
    let mut next_mcu = |bits: &mut Bits<'_>, state: &mut Predictions| -> Result<(), Fault> {
        if tables.restart > 0 && done > 0 && done.is_multiple_of(tables.restart) {
            bits.restart(done / tables.restart - 1)?;
            *state = Predictions::default();
        }
        done += 1;
        Ok(())
    };
    if let &[(index, dc, ac)] = &scan.components[..] {
        let plane = &mut out.0[index];
        let ((columns, rows), pitch) = (plane.used, plane.stored.0);
        for at in (0..rows).flat_map(|y| (0..columns).map(move |x| y * pitch + x)) {
            next_mcu(bits, &mut state)?;
            let block = &mut plane.values[at * 64..at * 64 + 64];
            one_block(bits, scan, progressive, (&tables.dc[dc], &tables.ac[ac]), &mut state, index, block)?;
        }
        return Ok(());
    }
    let across = frame.columns.div_ceil(8 * frame.h_max()) as usize;
    let down = frame.rows.div_ceil(8 * frame.v_max()) as usize;
    for (my, mx) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
        next_mcu(bits, &mut state)?;
        for &(index, dc, ac) in &scan.components {
            let (h, v) = (frame.components[index].h as usize, frame.components[index].v as usize);
            let plane = &mut out.0[index];
            for (y, x) in (0..v).flat_map(|y| (0..h).map(move |x| (y, x))) {
                let at = ((my * v + y) * plane.stored.0 + mx * h + x) * 64;
                let block = &mut plane.values[at..at + 64];
                one_block(bits, scan, progressive, (&tables.dc[dc], &tables.ac[ac]), &mut state, index, block)?;
            }
        }
    }
    Ok(())
}

type Pair<'t> = (&'t Option<Table>, &'t Option<Table>);

const NO_TABLE: Fault = "a Huffman table is missing";

fn one_block(
    bits: &mut Bits<'_>,
    scan: &Scan<'_>,
    progressive: bool,
    tables: Pair<'_>,
    predictions: &mut Predictions,
    component: usize,
    block: &mut [i16],
) -> Result<(), Fault> {
    let dc = || tables.0.as_ref().ok_or(NO_TABLE);
    let ac = || tables.1.as_ref().ok_or(NO_TABLE);
    if !progressive {
        block[0] = dc_difference(bits, dc()?, &mut predictions.dc[component])? as i16;
        return sequential_ac(bits, ac()?, block);
    }
    match (scan.ss, scan.ah) {
        (0, 0) => block[0] = (dc_difference(bits, dc()?, &mut predictions.dc[component])? << scan.al) as i16,
        (0, _) => block[0] |= (bits.read(1)? << scan.al) as i16,
        (_, 0) => first_ac(bits, ac()?, scan, predictions, block)?,
        _ => refine_ac(bits, ac()?, scan, predictions, block)?,
    }
    Ok(())
}

fn dc_difference(bits: &mut Bits<'_>, table: &Table, prediction: &mut i32) -> Result<i32, Fault> {
    let size = table.decode(bits)?;
    if size > 16 {
        return Err("an impossible DC difference");
    }
    *prediction = prediction.wrapping_add(bits.extended(size.into())?);
    Ok(*prediction)
}

fn sequential_ac(bits: &mut Bits<'_>, table: &Table, block: &mut [i16]) -> Result<(), Fault> {
    new_ac(bits, table, 1..=63, 0, block).map(drop)
}

/// G.1.2.2.
fn first_ac(bits: &mut Bits<'_>, table: &Table, scan: &Scan<'_>, state: &mut Predictions, block: &mut [i16]) -> Result<(), Fault> {
    if state.eob_run > 0 {
        state.eob_run -= 1;
    } else if let Some(run) = new_ac(bits, table, scan.ss.into()..=scan.se.into(), scan.al.into(), block)? {
        state.eob_run = (1 << run) - 1 + bits.read(run)?;
    }
    Ok(())
}

/// Coefficients that were zero (F.2.2.2), `shift` bits of them to come later. The run of a symbol that ended the block before its last.
fn new_ac(
    bits: &mut Bits<'_>,
    table: &Table,
    band: RangeInclusive<usize>,
    shift: u32,
    block: &mut [i16],
) -> Result<Option<u32>, Fault> {
    let mut k = *band.start();
    while k <= *band.end() {
        let symbol = table.decode(bits)?;
        let (run, size) = (symbol >> 4, u32::from(symbol & 15));
        if size == 0 {
            if run < 15 {
                return Ok(Some(run.into()));
            }
            k += 16;
            continue;
        }
        k += usize::from(run);
        let value = bits.extended(size)?;
        *block.get_mut(k).ok_or("a coefficient beyond its block")? = (value << shift) as i16;
        k += 1;
    }
    Ok(None)
}

/// G.1.2.3: one more bit of coefficients that are not zero, and new ones.
fn refine_ac(bits: &mut Bits<'_>, table: &Table, scan: &Scan<'_>, state: &mut Predictions, block: &mut [i16]) -> Result<(), Fault> {
    let step = 1i16 << scan.al;
    let refine = |bits: &mut Bits<'_>, value: &mut i16| -> Result<(), Fault> {
        if bits.read(1)? == 1 && *value & step == 0 {
            *value = value.wrapping_add(if *value < 0 { -step } else { step });
        }
        Ok(())
    };
    let mut k = usize::from(scan.ss);
    let end = usize::from(scan.se);
    if state.eob_run == 0 {
        while k <= end {
            let symbol = table.decode(bits)?;
            let (mut run, size) = (usize::from(symbol >> 4), symbol & 15);
            let mut new = 0;
            if size == 0 {
                if run < 15 {
                    state.eob_run = (1 << run) + bits.read(run as u32)?;
                    break;
                }
            } else {
                new = if bits.read(1)? == 1 { step } else { -step };
            }
            while k <= end {
                let value = &mut block[k];
                if *value != 0 {
                    refine(bits, value)?;
                } else if run == 0 {
                    *value = new;
                    k += 1;
                    break;
                } else {
                    run -= 1;
                }
                k += 1;
            }
        }
    }
    if state.eob_run > 0 {
        for value in block.get_mut(k..=end).unwrap_or(&mut []) {
            if *value != 0 {
                refine(bits, value)?;
            }
        }
        state.eob_run -= 1;
    }
    Ok(())
}
