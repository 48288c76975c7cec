//! Both kernels on eight bytes, in plain code: 5/3 on `i64` where sums may leave 32 bits, 9/7 on `f64` where an `f32` is too
//! coarse (ISO/IEC 15444-1, F.3.8).

use super::{Gain, Lift, Simd, assert_halves, cascade_scalar, horizontal_scalar};

/// The steps of [`super::reversible::step`] on `i64`.
fn step53(s: u32, x: i64, a: i64, b: i64) -> i64 {
    let sum = a.wrapping_add(b);
    if s == 1 { x.wrapping_sub(sum.wrapping_add(2) >> 2) } else { x.wrapping_add(sum >> 1) }
}

impl Lift for i64 {
    const STEPS: u32 = 2;

    fn horizontal(_: Simd, odd: bool, gain: Gain, low: &[i64], high: &[i64], _: &mut Vec<i64>, out: &mut [i64]) {
        assert_halves(odd, low, high, out);
        match *out {
            [] => {}
            [ref mut only] => *only = if odd { high[0] >> 1 } else { low[0] },
            _ => horizontal_scalar(odd, low, high, out, step53),
        }
        if gain == Gain::Half {
            out.iter_mut().for_each(|x| *x >>= 1);
        }
    }

    fn vertical(_: Simd, s: u32, row: &mut [i64], above: &[i64], below: &[i64]) {
        for ((x, &a), &b) in row.iter_mut().zip(above).zip(below) {
            *x = step53(s, *x, a, b);
        }
    }

    fn cascade(_: Simd, rows: &mut [&mut [i64]]) {
        cascade_scalar(rows);
    }
}

/// The lifting parameters of [`super::irreversible::STEPS`] and the scaling factor, to the digits of Table F.4.
const STEPS: [f64; 4] = [0.443_506_852_043_971, 0.882_911_075_530_934, -0.052_980_118_572_961, -1.586_134_342_059_924];
const K: f64 = 1.230_174_104_914_001;

fn step97(s: u32, x: f64, a: f64, b: f64) -> f64 {
    x - STEPS[s as usize - 1] * (a + b)
}

impl Lift for f64 {
    const STEPS: u32 = 4;

    fn horizontal(_: Simd, odd: bool, gain: Gain, low: &[f64], high: &[f64], spare: &mut Vec<f64>, out: &mut [f64]) {
        assert_halves(odd, low, high, out);
        let vertical = match gain {
            Gain::Low => K,
            Gain::High => 1.0 / K,
            Gain::Whole => 1.0,
            Gain::Half => 0.5,
        };
        if let [only] = out {
            *only = if odd { high[0] * (vertical * 0.5) } else { low[0] * vertical };
            return;
        }
        spare.clear();
        spare.extend(low.iter().map(|x| x * (vertical * K)));
        spare.extend(high.iter().map(|x| x * (vertical / K)));
        let (low, high) = spare.split_at(low.len());
        horizontal_scalar(odd, low, high, out, step97);
    }

    fn vertical(_: Simd, s: u32, row: &mut [f64], above: &[f64], below: &[f64]) {
        for ((x, &a), &b) in row.iter_mut().zip(above).zip(below) {
            *x = step97(s, *x, a, b);
        }
    }

    fn cascade(_: Simd, rows: &mut [&mut [f64]]) {
        cascade_scalar(rows);
    }
}
