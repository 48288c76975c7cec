//! Context modelling, prediction, Golomb codes and runs (T.87 annex A). Names are the standard's.

use super::header::{Header, Interleave, Preset, Scan};

/// Orders of run lengths (A.2.1).
const J: [u32; 32] = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Bits, most significant first; a byte after FF carries seven (A.1).
struct Bits<'a> {
    rest: &'a [u8],
    cache: u64,
    count: u32,
    after_ff: bool,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.count <= 48 {
            let Some((&byte, rest)) = self.rest.split_first() else { return };
            self.rest = rest;
            let width = if self.after_ff { 7 } else { 8 };
            self.cache = self.cache << width | u64::from(byte & (0xFF >> (8 - width)));
            self.count += width;
            self.after_ff = byte == 0xFF;
        }
    }

    /// The next `n` bits, at most 32.
    fn read(&mut self, n: u32) -> Result<i32, String> {
        if self.count < n {
            self.fill();
        }
        self.count = self.count.checked_sub(n).ok_or_else(cut)?;
        Ok((self.cache >> self.count & ((1 << n) - 1)) as i32)
    }

    /// Zeros before the next one, which is taken too; at most `limit`.
    fn zeros(&mut self, limit: u32) -> Result<u32, String> {
        let mut zeros = 0;
        loop {
            if self.count == 0 {
                self.fill();
                if self.count == 0 {
                    return Err(cut());
                }
            }
            let window = self.cache << (64 - self.count);
            let here = window.leading_zeros().min(self.count);
            zeros += here;
            if zeros > limit {
                return Err("a code is longer than it may be".to_owned());
            }
            self.count -= here;
            if self.count > 0 {
                self.count -= 1;
                return Ok(zeros);
            }
        }
    }
}

fn cut() -> String {
    "the data end before the last sample".to_owned()
}

/// State of one of the 365 contexts and of the two of run interruption; `b` and `c` are not used by the latter.
#[derive(Clone, Copy)]
struct Context {
    a: i32,
    b: i32,
    c: i32,
    n: i32,
    /// Negative errors so far, of run interruption only.
    nn: i32,
}

struct Coder<'a> {
    bits: Bits<'a>,
    preset: Preset,
    near: i32,
    range: i32,
    qbpp: u32,
    limit: u32,
    contexts: [Context; 365],
    interruption: [Context; 2],
}

/// Decodes a scan into every `frame.components`-th sample.
pub(super) fn decode(scan: &Scan<'_>, frame: &Header, out: &mut [u16]) -> Result<(), String> {
    let width = frame.columns as usize;
    let stride = usize::from(frame.components);
    let mut coder = Coder::new(scan);
    // One line above and the current one for each component, with a neighbour at either side.
    let mut lines = vec![(vec![0i32; width + 2], vec![0i32; width + 2]); scan.count];
    let mut run_index = vec![0usize; scan.count];
    for row in out.chunks_exact_mut(width * stride) {
        for (previous, current) in &mut lines {
            std::mem::swap(previous, current);
            current[0] = previous[1];
            previous[width + 1] = previous[width];
        }
        if scan.interleave == Interleave::Sample {
            coder.line_of_pixels(&mut lines, &mut run_index[0], width)?;
        } else {
            for ((previous, current), index) in lines.iter_mut().zip(&mut run_index) {
                coder.line(previous, current, index, width)?;
            }
        }
        for (offset, (_, current)) in lines.iter().enumerate() {
            let places = row.iter_mut().skip(scan.first + offset).step_by(stride);
            places.zip(&current[1..=width]).for_each(|(place, &value)| *place = value as u16);
        }
    }
    Ok(())
}

impl<'a> Coder<'a> {
    fn new(scan: &Scan<'a>) -> Self {
        let (preset, near) = (scan.preset, scan.near);
        let range = (preset.maxval + 2 * near) / (2 * near + 1) + 1;
        let ceil_log2 = |v: i32| 32 - (v - 1).leading_zeros();
        let bpp = ceil_log2(preset.maxval + 1).max(2);
        let start = Context { a: ((range + 32) / 64).max(2), b: 0, c: 0, n: 1, nn: 0 };
        Self {
            bits: Bits { rest: scan.data, cache: 0, count: 0, after_ff: false },
            preset,
            near,
            range,
            qbpp: ceil_log2(range),
            limit: 2 * (bpp + bpp.max(8)),
            contexts: [start; 365],
            interruption: [start; 2],
        }
    }

    /// One line of one component.
    fn line(&mut self, above: &[i32], line: &mut [i32], run_index: &mut usize, width: usize) -> Result<(), String> {
        let mut x = 1;
        while x <= width {
            let (a, b, c, d) = (line[x - 1], above[x], above[x - 1], above[x + 1]);
            if self.is_flat(a, b, c, d) {
                let end = x + self.run(width + 1 - x, run_index)?;
                line[x..end].fill(a);
                x = end;
                if x > width {
                    break;
                }
                let b = above[x];
                let like = (a - b).abs() <= self.near;
                line[x] = self.interrupt(a, b, like, *run_index)?;
                *run_index = run_index.saturating_sub(1);
            } else {
                line[x] = self.regular(a, b, c, d)?;
            }
            x += 1;
        }
        Ok(())
    }

    /// One line of all components, pixel by pixel: a run holds for all of them at once.
    fn line_of_pixels(&mut self, lines: &mut [(Vec<i32>, Vec<i32>)], run_index: &mut usize, width: usize) -> Result<(), String> {
        let mut x = 1;
        while x <= width {
            let flat = lines.iter().all(|(p, l)| self.is_flat(l[x - 1], p[x], p[x - 1], p[x + 1]));
            if flat {
                let end = x + self.run(width + 1 - x, run_index)?;
                for (_, line) in lines.iter_mut() {
                    let a = line[x - 1];
                    line[x..end].fill(a);
                }
                x = end;
                if x > width {
                    break;
                }
                for (above, line) in lines.iter_mut() {
                    line[x] = self.interrupt(line[x - 1], above[x], false, *run_index)?;
                }
                *run_index = run_index.saturating_sub(1);
            } else {
                for (above, line) in lines.iter_mut() {
                    line[x] = self.regular(line[x - 1], above[x], above[x - 1], above[x + 1])?;
                }
            }
            x += 1;
        }
        Ok(())
    }

    fn is_flat(&self, a: i32, b: i32, c: i32, d: i32) -> bool {
        (d - b).abs() <= self.near && (b - c).abs() <= self.near && (c - a).abs() <= self.near
    }

    /// Gradient to one of nine regions (A.3.3).
    fn quantize(&self, gradient: i32) -> i32 {
        let Preset { t1, t2, t3, .. } = self.preset;
        let size = gradient.abs();
        let region = match size {
            _ if size <= self.near => 0,
            _ if size < t1 => 1,
            _ if size < t2 => 2,
            _ if size < t3 => 3,
            _ => 4,
        };
        region * gradient.signum()
    }

    /// A sample in regular mode (A.4 to A.6).
    fn regular(&mut self, a: i32, b: i32, c: i32, d: i32) -> Result<i32, String> {
        let q = 81 * self.quantize(d - b) + 9 * self.quantize(b - c) + self.quantize(c - a);
        let sign = if q < 0 { -1 } else { 1 };
        let index = q.unsigned_abs() as usize;
        let context = self.contexts[index];
        let edge = if c >= a.max(b) {
            a.min(b)
        } else if c <= a.min(b) {
            a.max(b)
        } else {
            a + b - c
        };
        let predicted = (edge + sign * context.c).clamp(0, self.preset.maxval);
        let k = golomb_order(context.n, context.a);
        let mapped = self.golomb(k, self.limit)?;
        let swapped = k == 0 && self.near == 0 && 2 * context.b <= -context.n;
        let error = match (swapped, mapped & 1) {
            (false, 0) => mapped >> 1,
            (false, _) => -((mapped + 1) >> 1),
            (true, 0) => -(mapped >> 1) - 1,
            (true, _) => mapped >> 1,
        };
        self.update(index, error);
        Ok(self.reconstruct(predicted, sign * error))
    }

    /// A.6.
    fn update(&mut self, index: usize, error: i32) {
        let (reset, step) = (self.preset.reset, 2 * self.near + 1);
        let q = &mut self.contexts[index];
        q.b += error * step;
        q.a += error.abs();
        if q.n == reset {
            q.a >>= 1;
            q.b >>= 1;
            q.n >>= 1;
        }
        q.n += 1;
        if q.b <= -q.n {
            q.b = (q.b + q.n).max(1 - q.n);
            q.c = (q.c - 1).max(-128);
        } else if q.b > 0 {
            q.b = (q.b - q.n).min(0);
            q.c = (q.c + 1).min(127);
        }
    }

    /// Length of a run of at most `left` samples (A.7.1).
    fn run(&mut self, left: usize, run_index: &mut usize) -> Result<usize, String> {
        let mut length = 0;
        while self.bits.read(1)? == 1 {
            let block = 1 << J[*run_index];
            if length + block <= left {
                *run_index = (*run_index + 1).min(31);
            }
            length = (length + block).min(left);
            if length == left {
                return Ok(length);
            }
        }
        length += self.bits.read(J[*run_index])? as usize;
        if length >= left {
            return Err("a run goes beyond its line".to_owned());
        }
        Ok(length)
    }

    /// The sample that ends a run (A.7.2). `like`: the neighbours are alike (RItype 1).
    fn interrupt(&mut self, a: i32, b: i32, like: bool, run_index: usize) -> Result<i32, String> {
        let context = self.interruption[usize::from(like)];
        let kind = i32::from(like);
        let weight = context.a + if like { context.n >> 1 } else { 0 };
        let k = golomb_order(context.n, weight);
        let mapped = self.golomb(k, self.limit - J[run_index] - 1)?;
        let odd = (mapped + kind) & 1 == 1;
        let size = (mapped + kind + i32::from(odd)) / 2;
        let mostly_negative = k != 0 || 2 * context.nn >= context.n;
        let error = if odd == mostly_negative { -size } else { size };
        let q = &mut self.interruption[usize::from(like)];
        q.nn += i32::from(error < 0);
        q.a += (mapped + 1 - kind) >> 1;
        if q.n == self.preset.reset {
            q.a >>= 1;
            q.n >>= 1;
            q.nn >>= 1;
        }
        q.n += 1;
        let (predicted, sign) = if like { (a, 1) } else { (b, if a > b { -1 } else { 1 }) };
        Ok(self.reconstruct(predicted, sign * error))
    }

    /// A limited-length Golomb code (A.5.3).
    fn golomb(&mut self, k: u32, limit: u32) -> Result<i32, String> {
        let longest = limit - self.qbpp - 1;
        let zeros = self.bits.zeros(longest)?;
        if zeros < longest { Ok((zeros << k) as i32 | self.bits.read(k)?) } else { Ok(self.bits.read(self.qbpp)? + 1) }
    }

    /// Prediction and error to a sample: modulo the range, then clamped (A.4.4, A.4.5).
    fn reconstruct(&self, predicted: i32, error: i32) -> i32 {
        let step = 2 * self.near + 1;
        let mut value = predicted + error * step;
        if value < -self.near {
            value += self.range * step;
        } else if value > self.preset.maxval + self.near {
            value -= self.range * step;
        }
        value.clamp(0, self.preset.maxval)
    }
}

/// Order of the Golomb code (A.5.1).
fn golomb_order(n: i32, a: i32) -> u32 {
    (0..24).find(|&k| n << k >= a).unwrap_or(24)
}
