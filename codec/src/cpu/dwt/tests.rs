//! Perfect reconstruction for 5/3, bounds against an f64 transform for 9/7, and scalar equal to SIMD, over sizes and parities.

use super::*;
use crate::geometry::Rect;

const SIZES: [u32; 14] = [1, 2, 3, 4, 5, 7, 8, 15, 19, 20, 21, 33, 64, 131];

/// Deterministic pseudo-random integers (xorshift).
fn noise(seed: u64) -> impl FnMut() -> i32 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as i32 % 70_000 - 35_000
    }
}

/// Index of the sample that symmetric extension (F.3.7) puts at `i` of a row of `len` samples.
fn mirror(i: i64, len: i64) -> usize {
    let period = 2 * (len - 1);
    let i = i.rem_euclid(period);
    i.min(period - i) as usize
}

/// One-dimensional forward 5/3 (F.4.8) in place, written from the definition.
fn forward53(x: &mut [i64], start: u32) {
    let len = x.len() as i64;
    if len == 1 {
        if start % 2 == 1 {
            x[0] *= 2;
        }
        return;
    }
    for (parity, s) in [(1, 2), (0, 1)] {
        let before = x.to_vec();
        for i in (0..len).filter(|i| (i + i64::from(start)) % 2 == parity) {
            let sum = before[mirror(i - 1, len)] + before[mirror(i + 1, len)];
            x[i as usize] += if s == 2 { -(sum >> 1) } else { (sum + 2) >> 2 };
        }
    }
}

/// One-dimensional inverse 9/7 (F.3.8) in f64, written from the definition.
fn inverse97(x: &mut [f64], start: u32) {
    let len = x.len() as i64;
    if len == 1 {
        if start % 2 == 1 {
            x[0] /= 2.0;
        }
        return;
    }
    const K: f64 = 1.230_174_104_914_001;
    for (i, value) in x.iter_mut().enumerate() {
        *value *= if (i as u32 + start).is_multiple_of(2) { K } else { 1.0 / K };
    }
    let steps = [0.443_506_852_043_971, 0.882_911_075_530_934, -0.052_980_118_572_961, -1.586_134_342_059_924];
    for (s, factor) in steps.into_iter().enumerate() {
        let before = x.to_vec();
        for i in (0..len).filter(|i| (i + i64::from(start)) as usize % 2 == s % 2) {
            x[i as usize] -= factor * (before[mirror(i - 1, len)] + before[mirror(i + 1, len)]);
        }
    }
}

/// Applies `f` to every row, or to every column, of a plane.
fn each_line<T: Copy>(plane: &mut [T], width: usize, columns: bool, mut f: impl FnMut(&mut [T])) {
    let height = plane.len() / width;
    for line in 0..if columns { width } else { height } {
        let index = |i: usize| if columns { i * width + line } else { line * width + i };
        let mut values: Vec<T> = (0..if columns { height } else { width }).map(|i| plane[index(i)]).collect();
        f(&mut values);
        for (i, value) in values.into_iter().enumerate() {
            plane[index(i)] = value;
        }
    }
}

/// Runs a [`Synthesis`] over a plane of interleaved subband samples.
fn synthesise<T: Lift>(simd: Simd, plane: &[T], width: u32, height: u32, u0: u32, v0: u32) -> Vec<T> {
    let mut synthesis = Synthesis::new();
    // A used transform must start afresh.
    synthesis.reset(0, 3, 0, 3);
    synthesis.push(simd, &plane[..1].repeat(2), &plane[..1]);
    synthesis.reset(u0, u0 + width, v0, v0 + height);
    let mut out = Vec::new();
    let mut expected = v0;
    for row in plane.chunks(width as usize) {
        let half = |parity: u32| -> Vec<T> { (u0..).zip(row).filter(|(u, _)| u % 2 == parity).map(|(_, &value)| value).collect() };
        for v in synthesis.push(simd, &half(0), &half(1)) {
            assert_eq!(v, expected, "rows in order");
            expected += 1;
            out.extend_from_slice(synthesis.row(v));
        }
    }
    assert_eq!(expected, v0 + height, "every row once");
    out
}

fn all_sizes(mut check: impl FnMut(u32, u32, u32, u32)) {
    for width in SIZES {
        for height in SIZES {
            for (u0, v0) in [(0, 0), (1, 0), (0, 1), (7, 5)] {
                check(width, height, u0, v0);
            }
        }
    }
}

#[test]
fn reversible_is_reconstructed_exactly() {
    all_sizes(|width, height, u0, v0| {
        let mut random = noise(u64::from(width * 1000 + height * 10 + u0));
        let image: Vec<i64> = (0..width * height).map(|_| i64::from(random())).collect();
        let bands = |image: &[i64]| {
            let mut bands = image.to_vec();
            each_line(&mut bands, width as usize, true, |line| forward53(line, v0));
            each_line(&mut bands, width as usize, false, |line| forward53(line, u0));
            bands
        };
        let narrow: Vec<i32> = bands(&image).into_iter().map(|v| v as i32).collect();
        for simd in Simd::available() {
            let out = synthesise(simd, &narrow, width, height, u0, v0);
            assert!(out.iter().zip(&image).all(|(&a, &b)| i64::from(a) == b), "{width}x{height} at ({u0}, {v0}), {}", simd.name());
        }
        // Far beyond what 32 bits hold.
        let image: Vec<i64> = image.iter().map(|v| v << 20 | v & 0xFFFFF).collect();
        let out = synthesise(Simd::detect(), &bands(&image), width, height, u0, v0);
        assert!(out == image, "{width}x{height} at ({u0}, {v0}), wide");
    });
}

#[test]
fn irreversible_is_close_to_f64_and_equal_between_instruction_sets() {
    all_sizes(|width, height, u0, v0| {
        let mut random = noise(u64::from(width * 1000 + height * 10 + v0));
        let bands: Vec<f32> = (0..width * height).map(|_| random() as f32).collect();
        let mut exact: Vec<f64> = bands.iter().map(|&x| f64::from(x)).collect();
        each_line(&mut exact, width as usize, false, |line| inverse97(line, u0));
        each_line(&mut exact, width as usize, true, |line| inverse97(line, v0));
        let scalar = synthesise(Simd::SCALAR, &bands, width, height, u0, v0);
        for (a, b) in scalar.iter().zip(&exact) {
            assert!((f64::from(*a) - b).abs() < 0.1, "{width}x{height} at ({u0}, {v0}): {a} for {b}");
        }
        let wide: Vec<f64> = bands.iter().map(|&x| f64::from(x)).collect();
        let wide = synthesise(Simd::detect(), &wide, width, height, u0, v0);
        assert!(wide.iter().zip(&exact).all(|(a, b)| (a - b).abs() < 1e-8), "{width}x{height} at ({u0}, {v0}), wide");
        for simd in Simd::available() {
            let other = synthesise(simd, &bands, width, height, u0, v0);
            let same = scalar.iter().zip(&other).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "{width}x{height} at ({u0}, {v0}), {}", simd.name());
        }
    });
}

#[test]
fn damaged_extremes_wrap_alike() {
    let mut random = noise(9);
    let bands: Vec<i32> = (0..64 * 64).map(|_| random().wrapping_mul(0x4321_0777)).collect();
    let scalar = synthesise(Simd::SCALAR, &bands, 64, 64, 0, 0);
    for simd in Simd::available() {
        assert!(synthesise(simd, &bands, 64, 64, 0, 0) == scalar, "{}", simd.name());
    }
}

/// Runs an [`Analysis`] over a plane, in parts of `part` rows, into interleaved subband samples.
fn analyse(simd: Simd, plane: &[i32], area: &Rect, part: u32) -> Vec<i32> {
    let width = area.width() as usize;
    let (odd, mut out) = (area.x0 % 2 == 1, Vec::new());
    let mut analysis = Analysis::default();
    let mut start = area.y0;
    while start < area.y1 {
        let end = ((start / part + 1) * part).min(area.y1);
        for y in analysis.reset(area, start..end) {
            analysis.input().copy_from_slice(&plane[(y - area.y0) as usize * width..][..width]);
            for row in analysis.push(simd) {
                assert_eq!(row, area.y0 + (out.len() / width) as u32, "rows in order");
                let (mut low, mut high) = (vec![0; (width + usize::from(!odd)) / 2], vec![0; (width + usize::from(odd)) / 2]);
                analysis.split(simd, row, &mut low, &mut high);
                let (mut low, mut high) = (low.into_iter(), high.into_iter());
                out.extend((area.x0..area.x1).filter_map(|x| if x % 2 == 0 { low.next() } else { high.next() }));
            }
        }
        start = end;
    }
    out
}

#[test]
fn forward_is_the_definition_in_whole_and_in_parts() {
    all_sizes(|width, height, u0, v0| {
        let mut random = noise(u64::from(width * 1000 + height * 10 + v0));
        let image: Vec<i32> = (0..width * height).map(|_| random()).collect();
        let mut bands: Vec<i64> = image.iter().map(|&x| i64::from(x)).collect();
        each_line(&mut bands, width as usize, true, |line| forward53(line, v0));
        each_line(&mut bands, width as usize, false, |line| forward53(line, u0));
        let area = Rect::new(u0, v0, u0 + width, v0 + height);
        for simd in [Simd::SCALAR, Simd::detect()] {
            for part in [2, 8, 512] {
                let out = analyse(simd, &image, &area, part);
                let same = out.iter().zip(&bands).all(|(&a, &b)| i64::from(a) == b);
                assert!(same, "{width}x{height} at ({u0}, {v0}) in parts of {part}, {}", simd.name());
            }
        }
    });
}
