//! Lossless scans (T.81 annex H): prediction from three neighbours, differences modulo 2^16.

use super::bad;
use super::bits::{Bits, Fault};
use super::segments::{Frame, Scan, Tables};
use crate::Error;

/// One scan into every sample of its components; returns the bytes it took.
pub(super) fn scan(frame: &Frame, scan: &Scan<'_>, tables: &Tables, out: &mut [u16]) -> Result<usize, Error> {
    if !(1..=7).contains(&scan.ss) || scan.al >= frame.bits {
        return Err(bad(scan.at, "the predictor or point transform is not allowed"));
    }
    if frame.components.iter().any(|c| (c.h, c.v) != (frame.components[0].h, frame.components[0].v)) {
        return Err(Error::unsupported("lossless JPEG with subsampled components"));
    }
    let mut bits = Bits::new(scan.data);
    let result = lines(frame, scan, tables, out, &mut bits);
    let used = bits.finish();
    result.map_err(|why| bad(scan.at + used, why))?;
    Ok(used)
}

fn lines(frame: &Frame, scan: &Scan<'_>, tables: &Tables, out: &mut [u16], bits: &mut Bits<'_>) -> Result<(), Fault> {
    let stride = frame.components.len();
    let columns = frame.columns as usize;
    let start = 1u16 << (frame.bits - scan.al - 1);
    let parts: Vec<_> = scan
        .components
        .iter()
        .map(|&(index, table, _)| tables.dc[table].as_ref().map(|t| (index, t)))
        .collect::<Option<_>>()
        .ok_or("a Huffman table is missing")?;
    // Point-transformed samples of the line above and of this one, for each component.
    let mut above = vec![vec![0u16; columns]; parts.len()];
    let mut line = above.clone();
    let mut done = 0u32;
    let mut fresh = true;
    for row in out.chunks_exact_mut(columns * stride) {
        for x in 0..columns {
            if tables.restart > 0 && done > 0 && done.is_multiple_of(tables.restart) {
                bits.restart(done / tables.restart - 1)?;
                fresh = true;
            }
            done = done.wrapping_add(1);
            for (part, &(index, table)) in parts.iter().enumerate() {
                let (up, now) = (&above[part], &mut line[part]);
                // The first line after a start or restart predicts from the left, the first column from above (H.1.2.1).
                let prediction = match (fresh, x) {
                    (true, 0) => start,
                    (true, _) => now[x - 1],
                    (false, 0) => up[0],
                    (false, _) => predict(scan.ss, now[x - 1], up[x], up[x - 1]),
                };
                let difference = match table.decode(bits)? {
                    size @ 0..=15 => bits.extended(size.into())?,
                    16 => 32768,
                    _ => return Err("an impossible difference"),
                };
                let value = prediction.wrapping_add(difference as u16);
                now[x] = value;
                row[x * stride + index] = value << scan.al;
            }
            if fresh && x + 1 == columns {
                fresh = false;
            }
        }
        std::mem::swap(&mut above, &mut line);
    }
    Ok(())
}

/// Table H.1: `a` to the left, `b` above, `c` above to the left.
fn predict(selection: u8, a: u16, b: u16, c: u16) -> u16 {
    let (a, b, c) = (i32::from(a), i32::from(b), i32::from(c));
    let value = match selection {
        1 => a,
        2 => b,
        3 => c,
        4 => a + b - c,
        5 => a + ((b - c) >> 1),
        6 => b + ((a - c) >> 1),
        _ => (a + b) >> 1,
    };
    value as u16
}
