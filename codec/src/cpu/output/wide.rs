//! The last stage for coefficients of eight bytes, in plain code: everything is computed in `i64` and `f64`.

use super::convert::Sample;
use super::{Colour, Format, Row};

/// The weights of green in the inverse ICT, from those of luminance (G.3.1), since six digits are too few for 17 bits and more.
const GREEN_CB: f64 = 1.772 * 0.114 / 0.587;
const GREEN_CR: f64 = 1.402 * 0.299 / 0.587;

impl Row<'_> {
    pub(super) fn is_wide(self) -> bool {
        matches!(self, Self::WideInt(_) | Self::WideReal(_))
    }

    fn real(self, x: usize) -> f64 {
        match self {
            Self::Int(row) => f64::from(row[x]),
            Self::Real(row) => f64::from(row[x]),
            Self::WideInt(row) => row[x] as f64,
            Self::WideReal(row) => row[x],
        }
    }

    fn integer(self, x: usize) -> i64 {
        match self {
            Self::Int(row) => i64::from(row[x]),
            Self::WideInt(row) => row[x],
            Self::Real(_) | Self::WideReal(_) => round(self.real(x)),
        }
    }
}

/// To the nearest integer, ties to even.
fn round(value: f64) -> i64 {
    value.round_ties_even() as i64
}

/// Writes component `c` of `rows`, after the colour transform, to every `stride`th sample.
pub(super) fn component<T: Sample>(colour: Colour, format: Format, rows: &[Row<'_>], c: usize, stride: usize, out: &mut [T]) {
    let out = out.iter_mut().step_by(stride).enumerate();
    match (colour, rows) {
        (Colour::Reversible, [y0, y1, y2, ..]) if c < 3 => {
            // Sums wrap: only damaged data reaches the ends of the range.
            out.for_each(|(x, out)| {
                let [y0, y1, y2] = [y0, y1, y2].map(|row| row.integer(x));
                let green = y0.wrapping_sub(y1.wrapping_add(y2) >> 2);
                *out = finish(format, [y2.wrapping_add(green), green, y1.wrapping_add(green)][c]);
            });
        }
        (Colour::Irreversible, [y0, y1, y2, ..]) if c < 3 => out.for_each(|(x, out)| {
            let [y0, y1, y2] = [y0, y1, y2].map(|row| row.real(x));
            *out = finish(format, round([y0 + 1.402 * y2, y0 - GREEN_CB * y1 - GREEN_CR * y2, y0 + 1.772 * y1][c]));
        }),
        _ => out.for_each(|(x, out)| *out = finish(format, rows[c].integer(x))),
    }
}

/// Level shift and clamp.
fn finish<T: Sample>(format: Format, value: i64) -> T {
    let half = 1i64 << (format.bits.clamp(1, 32) - 1);
    let (shift, low, high) = if format.signed { (0, -half, half - 1) } else { (half, 0, 2 * half - 1) };
    T::wide(value.saturating_add(shift).clamp(low, high))
}
