//! The output stage against its definition in f64 and i64, and scalar equal to SIMD.

use super::*;
use crate::samples::{SampleType, Samples};

fn noise(seed: u64) -> impl FnMut() -> i32 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as i32
    }
}

/// The definition: component `c` of pixel `x`, shifted and clamped.
fn expected(colour: Colour, format: Format, rows: &[Vec<i32>], c: usize, x: usize) -> i64 {
    let v = |c: usize| i64::from(rows[c][x]);
    let value = match (colour, c) {
        (Colour::Reversible, 0..3) => {
            let green = v(0) - (v(1) + v(2)).div_euclid(4);
            [v(2) + green, green, v(1) + green][c]
        }
        (Colour::Irreversible, 0..3) => {
            let (y, cb, cr) = (v(0) as f64, v(1) as f64, v(2) as f64);
            [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb][c].round() as i64
        }
        _ => v(c),
    };
    let half = 1i64 << (format.bits - 1);
    if format.signed { value.clamp(-half, half - 1) } else { (value + half).clamp(0, 2 * half - 1) }
}

#[test]
fn every_type_width_and_transform() {
    for bits in [1, 7, 8, 9, 12, 15, 16, 17, 24, 30, 31, 32] {
        for signed in [false, true] {
            for components in [1, 2, 3, 4, 5] {
                for width in [1, 5, 31, 128, 300] {
                    check(Format { bits, signed }, components, width);
                }
            }
        }
    }
}

fn check(format: Format, components: usize, width: usize) {
    let mut random = noise(u64::from(format.bits) * 1000 + width as u64);
    // A little more than the declared range, so that some samples are clamped.
    let span = (1i64 << format.bits).min(1 << 26) as i32;
    let rows: Vec<Vec<i32>> = (0..components).map(|_| (0..width).map(|_| random() % span + random() % 3).collect()).collect();
    let reals: Vec<Vec<f32>> = rows.iter().map(|row| row.iter().map(|&v| v as f32).collect()).collect();
    for colour in [Colour::None, Colour::Reversible, Colour::Irreversible] {
        if colour != Colour::None && components < 3 {
            continue;
        }
        let inputs: Vec<Row<'_>> = match colour {
            Colour::Irreversible => reals.iter().map(|row| Row::Real(row)).collect(),
            _ => rows.iter().map(|row| Row::Int(row)).collect(),
        };
        let kind = SampleType::for_bits(format.bits, format.signed).expect("up to 32 bits");
        let run = |simd| {
            let mut out = Samples::zeros(kind, width * components);
            interleaved(simd, colour, format, &inputs, out.as_mut());
            out
        };
        let out = run(Simd::SCALAR);
        for simd in Simd::available() {
            assert_eq!(out, run(simd), "{}", simd.name());
        }
        // Beyond 2^22 an f32 no longer holds the fraction that decides the rounding.
        let tolerance = if colour == Colour::Irreversible { 1 + (i64::from(span) >> 22) } else { 0 };
        for x in 0..width {
            for c in 0..components {
                let got = out.get(x * components + c).expect("in range");
                let want = expected(colour, format, &rows, c, x);
                assert!((got - want).abs() <= tolerance, "{format:?} {colour:?} component {c}: {got} for {want}");
            }
        }
        let wide_ints: Vec<Vec<i64>> = rows.iter().map(|row| row.iter().map(|&v| i64::from(v)).collect()).collect();
        let wide_reals: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().map(|&v| f64::from(v)).collect()).collect();
        let wide: Vec<Row<'_>> = match colour {
            Colour::Irreversible => wide_reals.iter().map(|row| Row::WideReal(row)).collect(),
            _ => wide_ints.iter().map(|row| Row::WideInt(row)).collect(),
        };
        check_wide(colour, format, &rows, &inputs, &wide);
        for c in 0..components {
            let mut plane = Samples::zeros(kind, width);
            if colour == Colour::None {
                planar(Simd::detect(), format, inputs[c], plane.as_mut());
            } else if c < 3 {
                let mut others = [Samples::zeros(kind, width), Samples::zeros(kind, width)];
                let [a, b] = &mut others;
                let mut targets = [a.as_mut(), b.as_mut(), plane.as_mut()];
                targets.swap(c, 2);
                planar3(Simd::detect(), colour, [format; 3], [inputs[0], inputs[1], inputs[2]], targets);
            } else {
                continue;
            }
            for x in 0..width {
                assert_eq!(plane.get(x), out.get(x * components + c), "planar and interleaved agree");
            }
        }
    }
}

/// Rows of eight bytes, alone and beside rows of four, against the definition: pixels and planes.
fn check_wide(colour: Colour, format: Format, samples: &[Vec<i32>], narrow: &[Row<'_>], wide: &[Row<'_>]) {
    let (width, components) = (samples[0].len(), samples.len());
    let kind = SampleType::for_bits(format.bits, format.signed).expect("up to 32 bits");
    let mixed: Vec<Row<'_>> = (0..components).map(|c| if c % 2 == 0 { wide[c] } else { narrow[c] }).collect();
    // The definition's six digits of the ICT are too few for more than 16 bits.
    let tolerance = if colour == Colour::Irreversible { 1 + (1i64 << format.bits.min(26) >> 20) } else { 0 };
    for rows in [wide, &mixed] {
        let mut out = Samples::zeros(kind, width * components);
        interleaved(Simd::detect(), colour, format, rows, out.as_mut());
        for (x, c) in (0..width).flat_map(|x| (0..components).map(move |c| (x, c))) {
            let got = out.get(x * components + c).expect("in range");
            let want = expected(colour, format, samples, c, x);
            assert!((got - want).abs() <= tolerance, "{format:?} {colour:?} component {c}: {got} for {want}");
        }
        if let (3, [a, b, c]) = (components, rows) {
            let mut planes = [0; 3].map(|_| Samples::zeros(kind, width));
            planar3(Simd::detect(), colour, [format; 3], [*a, *b, *c], planes.each_mut().map(|p| p.as_mut()));
            for (i, c) in (0..out.len()).zip((0..3).cycle()) {
                assert_eq!(planes[c].get(i / 3), out.get(i), "planar and interleaved agree");
            }
        }
    }
}

#[test]
fn what_is_no_number_does_not_panic() {
    let row = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.4, 127.5, -127.5];
    for simd in Simd::available() {
        let mut out = [0u8; 6];
        planar(simd, Format { bits: 8, signed: false }, Row::Real(&row), SamplesMut::U8(&mut out));
        assert_eq!(out, [0, 255, 0, 128, 255, 0]);
    }
}
