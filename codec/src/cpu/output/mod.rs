//! The last stage: inverse colour transform, rounding, level shift, clamping and interleaving, a row at a time
//! (ISO/IEC 15444-1, Annex G). The caller's memory is written once.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2;
mod convert;
#[cfg(test)]
mod tests;
mod wide;

use super::simd::Simd;
use crate::samples::{SamplesMut, each};

/// One component's row as the inverse wavelet left it.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    /// From the reversible path.
    Int(&'a [i32]),
    /// From the irreversible path; rounded to the nearest integer, ties to even.
    Real(&'a [f32]),
    /// From the reversible path, in eight bytes.
    WideInt(&'a [i64]),
    /// From the irreversible path, in eight bytes.
    WideReal(&'a [f64]),
}

impl Row<'_> {
    fn len(self) -> usize {
        match self {
            Row::Int(row) => row.len(),
            Row::Real(row) => row.len(),
            Row::WideInt(row) => row.len(),
            Row::WideReal(row) => row.len(),
        }
    }
}

/// The multiple component transform of the first three components (Annex G.2 and G.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// None: every component stands for itself.
    None,
    /// The reversible transform, RCT. Its rows are [`Row::Int`] or [`Row::WideInt`].
    Reversible,
    /// The irreversible transform, ICT. Its rows are [`Row::Real`] or [`Row::WideReal`].
    Irreversible,
}

/// What the samples of a component are declared to be (SIZ, Table A.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Bit depth, 1 to 32.
    pub bits: u8,
    /// Whether the samples are signed; unsigned ones are level shifted (G.1).
    pub signed: bool,
}

/// Writes one component's row.
///
/// # Panics
/// When `out` is not as long as the row.
pub fn planar(simd: Simd, format: Format, row: Row<'_>, out: SamplesMut<'_>) {
    assert_eq!(out.len(), row.len(), "the output row does not fit");
    component(simd, Colour::None, format, &[row], 0, out);
}

/// Writes one row of pixels, the components interleaved within each.
///
/// # Panics
/// When the rows differ in length, `out` does not hold one sample per row of each pixel, or `colour` does not go with
/// the rows: the caller's plan has settled these.
pub fn interleaved(simd: Simd, colour: Colour, format: Format, rows: &[Row<'_>], out: SamplesMut<'_>) {
    let width = rows.first().map_or(0, |row| row.len());
    assert!(rows.iter().all(|row| row.len() == width), "rows of one pixel row differ in length");
    assert_eq!(out.len(), width * rows.len(), "the output row does not fit");
    check_colour(colour, rows);
    if !rows.iter().any(|row| row.is_wide()) {
        return each!(SamplesMut, out, out => convert::interleaved(simd, colour, format, rows, out));
    }
    each!(SamplesMut, out, out => for c in 0..rows.len().min(out.len()) {
        wide::component(colour, format, rows, c, rows.len(), &mut out[c..]);
    });
}

/// Writes one row of each of the three components that a colour transform ties together, into their own planes.
///
/// # Panics
/// As [`interleaved`].
pub fn planar3(simd: Simd, colour: Colour, formats: [Format; 3], rows: [Row<'_>; 3], out: [SamplesMut<'_>; 3]) {
    check_colour(colour, &rows);
    for (c, out) in out.into_iter().enumerate() {
        assert!(out.len() == rows[c].len() && rows[c].len() == rows[0].len(), "the output row does not fit");
        component(simd, colour, formats[c], &rows, c, out);
    }
}

/// Writes component `c` of `rows`, after the colour transform, to a plane's row.
fn component(simd: Simd, colour: Colour, format: Format, rows: &[Row<'_>], c: usize, out: SamplesMut<'_>) {
    if rows.iter().any(|row| row.is_wide()) {
        each!(SamplesMut, out, out => wide::component(colour, format, rows, c, 1, out));
    } else {
        each!(SamplesMut, out, out => convert::component(simd, colour, format, rows, c, out));
    }
}

fn check_colour(colour: Colour, rows: &[Row<'_>]) {
    let fits = match colour {
        Colour::None => true,
        Colour::Reversible => rows.len() >= 3 && rows[..3].iter().all(|row| matches!(row, Row::Int(_) | Row::WideInt(_))),
        Colour::Irreversible => rows.len() >= 3 && rows[..3].iter().all(|row| matches!(row, Row::Real(_) | Row::WideReal(_))),
    };
    assert!(fits, "the colour transform does not go with these components");
}
