//! The loops of the output stage. They are plain loops over fixed-size chunks, compiled once for the baseline and once
//! with AVX2 enabled: the compiler vectorises them fully, and both forms give the same samples.

use super::{Colour, Format, Row};
use crate::cpu::simd::Simd;

/// Pixels worked on at a time: few enough to stay in the first-level cache.
pub(super) const CHUNK: usize = 128;

/// The greatest bit depth whose shifted and clamped samples are computed in 32 bits.
const NARROW_BITS: u8 = 30;

/// The greatest bit depth for which [`round`] is exact; beyond it [`round_wide`] is used.
const SHORT_BITS: u8 = 22;

/// A sample type of the output. The value given has been clamped to the declared depth, which the type holds.
pub(super) trait Sample: Copy {
    fn narrow(value: i32) -> Self;
    fn wide(value: i64) -> Self;

    /// The samples as bytes, where they are unsigned ones.
    fn bytes(samples: &mut [Self]) -> Option<&mut [u8]>;
}

macro_rules! sample {
    ($($t:ty, $samples:ident => $bytes:expr;)*) => { $(impl Sample for $t {
        #[inline(always)]
        fn narrow(value: i32) -> Self { value as $t }
        #[inline(always)]
        fn wide(value: i64) -> Self { value as $t }
        #[inline(always)]
        fn bytes($samples: &mut [Self]) -> Option<&mut [u8]> { $bytes }
    })* };
}
sample! {
    u8, samples => Some(samples);
    i8, _samples => None;
    u16, _samples => None;
    i16, _samples => None;
    u32, _samples => None;
    i32, _samples => None;
}

/// Writes component `c` of `rows`, after the colour transform, to a plane's row.
pub(super) fn component<T: Sample>(simd: Simd, colour: Colour, format: Format, rows: &[Row<'_>], c: usize, out: &mut [T]) {
    #[cfg(target_arch = "x86_64")]
    if simd.is_avx2() {
        return super::avx2::component(simd, colour, format, rows, c, out);
    }
    component_body(colour, format, rows, c, out);
}

/// [`component`] for any instruction set: inlined where that is known.
#[inline(always)]
pub(super) fn component_body<T: Sample>(colour: Colour, format: Format, rows: &[Row<'_>], c: usize, out: &mut [T]) {
    if let (Colour::None, Row::Int(row)) = (colour, rows[c]) {
        return store(format, row, 1, out);
    }
    let mut values = [[0; CHUNK]; 3];
    for (n, out) in out.chunks_mut(CHUNK).enumerate() {
        let (x, width) = (n * CHUNK, out.len());
        if c < 3 && transform(colour, format, rows, x, width, &mut values) {
            store(format, &values[c][..width], 1, out);
        } else {
            let values = &mut values[0][..width];
            round_row(format, rows[c], x, values);
            store(format, values, 1, out);
        }
    }
}

/// Writes all of `rows`, after the colour transform, as interleaved pixels.
pub(super) fn interleaved<T: Sample>(simd: Simd, colour: Colour, format: Format, rows: &[Row<'_>], out: &mut [T]) {
    #[cfg(target_arch = "x86_64")]
    if simd.is_avx2() {
        return super::avx2::interleaved(simd, colour, format, rows, out);
    }
    interleaved_body(colour, format, rows, out, |_, _| 0);
}

/// [`interleaved`] for any instruction set. `pixels` may store some of a chunk's three-component pixels itself; it returns
/// how many.
#[inline(always)]
pub(super) fn interleaved_body<T: Sample>(
    colour: Colour,
    format: Format,
    rows: &[Row<'_>],
    out: &mut [T],
    pixels: impl Fn(&[[i32; CHUNK]; 3], &mut [T]) -> usize,
) {
    let stride = rows.len();
    if stride == 0 {
        return;
    }
    let mut values = [[0; CHUNK]; 3];
    for (n, out) in out.chunks_mut(CHUNK * stride).enumerate() {
        let (x, width) = (n * CHUNK, out.len() / stride);
        let transformed = transform(colour, format, rows, x, width, &mut values);
        if stride == 3 && format.bits <= NARROW_BITS {
            if !transformed {
                for (values, &row) in values.iter_mut().zip(rows) {
                    round_row(format, row, x, &mut values[..width]);
                }
            }
            let done = pixels(&values, out);
            store3(format, &values, done, out);
            continue;
        }
        for (c, &row) in rows.iter().enumerate() {
            if c < 3 && transformed {
                store(format, &values[c][..width], stride, &mut out[c..]);
            } else {
                let mut values = [0; CHUNK];
                round_row(format, row, x, &mut values[..width]);
                store(format, &values[..width], stride, &mut out[c..]);
            }
        }
    }
}

/// Takes one component's samples from column `x` on as integers.
#[inline(always)]
fn round_row(format: Format, row: Row<'_>, x: usize, out: &mut [i32]) {
    match row {
        Row::Int(row) => out.copy_from_slice(&row[x..x + out.len()]),
        Row::Real(row) if format.bits > SHORT_BITS => out.iter_mut().zip(&row[x..]).for_each(|(out, &v)| *out = round_wide(v)),
        Row::Real(row) => out.iter_mut().zip(&row[x..]).for_each(|(out, &v)| *out = round(v)),
        Row::WideInt(_) | Row::WideReal(_) => unreachable!("wide rows take the other path"),
    }
}

/// Does the colour transform, if there is one, on `width` pixels from column `x` on: the first three components as integers
/// before the level shift.
#[inline(always)]
fn transform(colour: Colour, format: Format, rows: &[Row<'_>], x: usize, width: usize, out: &mut [[i32; CHUNK]; 3]) -> bool {
    match (colour, rows) {
        (Colour::Reversible, [Row::Int(y0), Row::Int(y1), Row::Int(y2), ..]) => {
            reversible([y0, y1, y2].map(|row| &row[x..x + width]), out);
        }
        (Colour::Irreversible, [Row::Real(y0), Row::Real(y1), Row::Real(y2), ..]) => {
            let rows = [y0, y1, y2].map(|row| &row[x..x + width]);
            if format.bits > SHORT_BITS { irreversible(rows, out, round_wide) } else { irreversible(rows, out, round) }
        }
        _ => return false,
    }
    true
}

/// Inverse RCT (G-6 to G-8). Sums wrap: only damaged data reaches the ends of the range.
#[inline(always)]
fn reversible([y0, y1, y2]: [&[i32]; 3], [red, green, blue]: &mut [[i32; CHUNK]; 3]) {
    for i in 0..y0.len().min(y1.len()).min(y2.len()).min(CHUNK) {
        let value = y0[i].wrapping_sub(y1[i].wrapping_add(y2[i]) >> 2);
        red[i] = y2[i].wrapping_add(value);
        green[i] = value;
        blue[i] = y1[i].wrapping_add(value);
    }
}

/// Inverse ICT (G-12 to G-14), rounded.
#[inline(always)]
fn irreversible([y0, y1, y2]: [&[f32]; 3], [red, green, blue]: &mut [[i32; CHUNK]; 3], round: impl Fn(f32) -> i32) {
    for i in 0..y0.len().min(y1.len()).min(y2.len()).min(CHUNK) {
        red[i] = round(y0[i] + 1.402 * y2[i]);
        green[i] = round(y0[i] - 0.344_136 * y1[i] - 0.714_136 * y2[i]);
        blue[i] = round(y0[i] + 1.772 * y1[i]);
    }
}

/// To the nearest integer, ties to even. Beyond 22 bits and a sign the value is cut there; what is not a number comes to
/// the lower end. Adding 1.5 * 2^23 leaves the integer in the lowest bits of the sum.
#[inline(always)]
fn round(value: f32) -> i32 {
    const LIMIT: f32 = 4_194_304.0;
    const SHIFT: f32 = 12_582_912.0;
    // Written so that each is one instruction, which a comparison with NaN leaves at the limit.
    let value = if value > -LIMIT { value } else { -LIMIT };
    let value = if value < LIMIT { value } else { LIMIT };
    ((value + SHIFT).to_bits() as i32).wrapping_sub(SHIFT.to_bits() as i32)
}

/// The same for any depth.
#[inline(always)]
fn round_wide(value: f32) -> i32 {
    value.round_ties_even() as i32
}

/// Level shift, clamp and store of every `stride`th sample.
#[inline(always)]
fn store<T: Sample>(format: Format, values: &[i32], stride: usize, out: &mut [T]) {
    if format.bits > NARROW_BITS {
        let half = 1i64 << (format.bits.min(32) - 1);
        let (shift, low, high) = if format.signed { (0, -half, half - 1) } else { (half, 0, 2 * half - 1) };
        for (out, &value) in out.iter_mut().step_by(stride).zip(values) {
            *out = T::wide((i64::from(value) + shift).clamp(low, high));
        }
        return;
    }
    let range = Range::of(format);
    if stride == 1 {
        for (out, &value) in out.iter_mut().zip(values) {
            *out = T::narrow(range.apply(value));
        }
    } else {
        for (out, &value) in out.iter_mut().step_by(stride).zip(values) {
            *out = T::narrow(range.apply(value));
        }
    }
}

/// Level shift, clamp and store of three-component pixels, from pixel `from` on.
#[inline(always)]
fn store3<T: Sample>(format: Format, values: &[[i32; CHUNK]; 3], from: usize, out: &mut [T]) {
    let range = Range::of(format);
    let [first, second, third] = values;
    let values = first.iter().zip(second).zip(third).skip(from);
    for (out, ((&a, &b), &c)) in out.chunks_exact_mut(3).skip(from).zip(values) {
        out[0] = T::narrow(range.apply(a));
        out[1] = T::narrow(range.apply(b));
        out[2] = T::narrow(range.apply(c));
    }
}

/// The level shift and the declared range of at most [`NARROW_BITS`] bits.
#[derive(Clone, Copy)]
struct Range {
    shift: i32,
    low: i32,
    high: i32,
}

impl Range {
    #[inline(always)]
    fn of(format: Format) -> Self {
        let half = 1i32 << (format.bits.clamp(1, NARROW_BITS) - 1);
        if format.signed { Self { shift: 0, low: -half, high: half - 1 } } else { Self { shift: half, low: 0, high: 2 * half - 1 } }
    }

    /// Saturating, so that a damaged sample stays at its end of the range: clamped first, then shifted.
    #[inline(always)]
    fn apply(self, value: i32) -> i32 {
        value.clamp(self.low - self.shift, self.high - self.shift) + self.shift
    }
}
