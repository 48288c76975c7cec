//! The reversible 5/3 kernel on `i32` (ISO/IEC 15444-1, F.3.8). Sums wrap: only damaged data reaches the ends of the range.

use super::{Gain, Lift, Simd, assert_halves, cascade_scalar, horizontal_scalar};

/// Lifting step 1 takes a quarter of the neighbours off an even sample, step 2 adds half of them to an odd one.
pub(super) fn step(s: u32, x: i32, a: i32, b: i32) -> i32 {
    let sum = a.wrapping_add(b);
    if s == 1 { x.wrapping_sub(sum.wrapping_add(2) >> 2) } else { x.wrapping_add(sum >> 1) }
}

impl Lift for i32 {
    const STEPS: u32 = 2;

    fn horizontal(simd: Simd, odd: bool, gain: Gain, low: &[i32], high: &[i32], _: &mut Vec<i32>, out: &mut [i32]) {
        assert_halves(odd, low, high, out);
        match *out {
            [] => {}
            [ref mut only] => *only = if odd { high[0] >> 1 } else { low[0] },
            #[cfg(target_arch = "x86_64")]
            _ if simd.is_avx512() => super::avx512::horizontal53(simd, odd, low, high, out),
            #[cfg(target_arch = "x86_64")]
            _ if simd.is_avx2() => super::avx2::horizontal53(simd, odd, low, high, out),
            _ => horizontal_scalar(odd, low, high, out, step),
        }
        if gain == Gain::Half {
            out.iter_mut().for_each(|x| *x >>= 1);
        }
    }

    fn vertical(_: Simd, s: u32, row: &mut [i32], above: &[i32], below: &[i32]) {
        for ((x, &a), &b) in row.iter_mut().zip(above).zip(below) {
            *x = step(s, *x, a, b);
        }
    }

    fn cascade(simd: Simd, rows: &mut [&mut [i32]]) {
        #[cfg(target_arch = "x86_64")]
        if simd.is_avx2() {
            let [above, odd, even, below] = rows else { unreachable!("5/3 sweeps four rows") };
            return super::avx2::cascade53(simd, above, odd, even, below);
        }
        cascade_scalar(rows);
    }
}
