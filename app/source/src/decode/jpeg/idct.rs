//! Inverse DCT in integers: the algorithm of Loeffler, Ligtenberg and Moschytz (1989) with 13-bit constants and the rounding
//! of the Independent JPEG Group's accurate method, which most encoders of medical images assume.

const BITS: u32 = 13;

/// Place of the k-th coefficient of the zigzag (T.81 figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42,
    49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// A constant of the algorithm, scaled.
const fn fix(value: f64) -> i64 {
    (value * (1 << BITS) as f64 + 0.5) as i64
}

/// One dimension: eight inputs to eight outputs scaled by `2^BITS`.
#[inline]
fn transform(v: [i64; 8]) -> [i64; 8] {
    let z1 = (v[2] + v[6]) * const { fix(0.541196100) };
    let t2 = z1 - v[6] * const { fix(1.847759065) };
    let t3 = z1 + v[2] * const { fix(0.765366865) };
    let t0 = (v[0] + v[4]) << BITS;
    let t1 = (v[0] - v[4]) << BITS;
    let even = [t0 + t3, t1 + t2, t1 - t2, t0 - t3];

    let z5 = (v[7] + v[3] + v[5] + v[1]) * const { fix(1.175875602) };
    let z1 = -(v[7] + v[1]) * const { fix(0.899976223) };
    let z2 = -(v[5] + v[3]) * const { fix(2.562915447) };
    let z3 = z5 - (v[7] + v[3]) * const { fix(1.961570560) };
    let z4 = z5 - (v[5] + v[1]) * const { fix(0.390180644) };
    let odd = [
        v[1] * const { fix(1.501321110) } + z1 + z4,
        v[3] * const { fix(3.072711026) } + z2 + z3,
        v[5] * const { fix(2.053119869) } + z2 + z4,
        v[7] * const { fix(0.298631336) } + z1 + z3,
    ];
    std::array::from_fn(|i| if i < 4 { even[i] + odd[i] } else { even[7 - i] - odd[7 - i] })
}

/// Dequantizes a block and writes its 8 x 8 samples, level shifted and clamped to `depth` bits (8 or 12).
pub(super) fn block(coefficients: &[i16], quantization: &[u16; 64], depth: u8, out: &mut [u16], pitch: usize) {
    // Intermediate values keep two extra bits at 8 bits a sample and one at 12.
    let extra = if depth == 8 { 2 } else { 1 };
    let mut work = [0i64; 64];
    for (k, &place) in ZIGZAG.iter().enumerate() {
        work[usize::from(place)] = i64::from(coefficients[k]) * i64::from(quantization[k]);
    }
    let descale = |v: i64, by: u32| (v + (1 << (by - 1))) >> by;
    for x in 0..8 {
        let column = transform(std::array::from_fn(|y| work[8 * y + x]));
        column.iter().enumerate().for_each(|(y, &v)| work[8 * y + x] = descale(v, BITS - extra));
    }
    let (half, top) = (1i64 << (depth - 1), (1i64 << depth) - 1);
    for y in 0..8 {
        let row = transform(std::array::from_fn(|x| work[8 * y + x]));
        for (place, v) in out[y * pitch..y * pitch + 8].iter_mut().zip(row) {
            *place = (descale(v, BITS + extra + 3) + half).clamp(0, top) as u16;
        }
    }
}
