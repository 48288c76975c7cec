//! The reversible 5/3 kernel forwards (ISO/IEC 15444-1, F.4.8), written for the compiler to vectorise.

use crate::cpu::simd::Simd;

/// Calls a kernel compiled for the best instruction set.
macro_rules! dispatch {
    ($simd:expr, $kernel:ident($($argument:expr),*)) => {{
        #[cfg(target_arch = "x86_64")]
        if $simd.is_avx2() {
            return super::avx2::$kernel($simd, $($argument),*);
        }
        let _ = $simd;
        kernels::$kernel($($argument),*)
    }};
}

/// Step 1: an odd row less half of its even neighbours.
pub(super) fn high(simd: Simd, row: &mut [i32], above: &[i32], below: &[i32]) {
    dispatch!(simd, high(row, above, below))
}

/// Step 2: an even row and a quarter of its odd neighbours after step 1.
pub(super) fn low(simd: Simd, row: &mut [i32], above: &[i32], below: &[i32]) {
    dispatch!(simd, low(row, above, below))
}

/// Step 1 on `odd`, between `even` and `next`, then step 2 on `even`, between `before` and `odd`.
pub(super) fn cascade(simd: Simd, even: &mut [i32], odd: &mut [i32], next: &[i32], before: &[i32]) {
    dispatch!(simd, cascade(even, odd, next, before))
}

/// Both steps along a row of at least two samples, the first of which is at an odd position or not.
pub(super) fn split(simd: Simd, odd: bool, row: &[i32], low: &mut [i32], high: &mut [i32]) {
    dispatch!(simd, split(odd, row, low, high))
}

/// Plain code, inlined into a function for each instruction set.
pub(super) mod kernels {
    #[inline(always)]
    fn predict(x: i32, a: i32, b: i32) -> i32 {
        x - ((a + b) >> 1)
    }

    #[inline(always)]
    fn update(x: i32, a: i32, b: i32) -> i32 {
        x + ((a + b + 2) >> 2)
    }

    #[inline(always)]
    pub fn high(row: &mut [i32], above: &[i32], below: &[i32]) {
        for ((x, &a), &b) in row.iter_mut().zip(above).zip(below) {
            *x = predict(*x, a, b);
        }
    }

    #[inline(always)]
    pub fn low(row: &mut [i32], above: &[i32], below: &[i32]) {
        for ((x, &a), &b) in row.iter_mut().zip(above).zip(below) {
            *x = update(*x, a, b);
        }
    }

    #[inline(always)]
    pub fn cascade(even: &mut [i32], odd: &mut [i32], next: &[i32], before: &[i32]) {
        for (((e, o), &n), &b) in even.iter_mut().zip(odd).zip(next).zip(before) {
            *o = predict(*o, *e, n);
            *e = update(*e, b, *o);
        }
    }

    #[inline(always)]
    pub fn split(odd: bool, row: &[i32], low: &mut [i32], high: &mut [i32]) {
        // High samples before the first low one, and the samples from there on.
        let before = usize::from(odd);
        let evens = &row[before..];
        if odd {
            high[0] = predict(row[0], evens[0], evens[0]);
        }
        let highs = &mut high[before..];
        let between = (evens.len() - 1) / 2;
        let nexts = evens[1..].chunks_exact(2);
        for ((h, pair), next) in highs[..between].iter_mut().zip(evens.chunks_exact(2)).zip(nexts) {
            *h = predict(pair[1], pair[0], next[1]);
        }
        if let [.., even, odd] = *evens
            && evens.len().is_multiple_of(2)
        {
            highs[between] = predict(odd, even, even);
        }
        // Low samples from `first` to `last` lie between two high ones.
        let (first, last, end) = (1 - before, high.len() - before, low.len() - 1);
        if first == 1 {
            low[0] = update(evens[0], high[0], high[0]);
        }
        let neighbours = high.iter().zip(&high[1..]);
        for ((l, pair), (&a, &b)) in low[first..last].iter_mut().zip(evens[2 * first..].chunks(2)).zip(neighbours) {
            *l = update(pair[0], a, b);
        }
        if last == end {
            let only = high[high.len() - 1];
            low[end] = update(evens[2 * end], only, only);
        }
    }
}
