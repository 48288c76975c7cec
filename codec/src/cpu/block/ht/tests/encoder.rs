//! An HT cleanup encoder for tests: plain and slow, straight from the decoder's definition turned around.

use super::reference::{Code, MEL_EXPONENT, SIGN, codes};

/// Encodes samples ([`SIGN`] and the magnitude below) of a block of `width` columns. Every magnitude must be within the
/// exponents that the caller's number of bit-planes allows.
pub fn encode(samples: &[u64], width: usize) -> Vec<u8> {
    let height = samples.len() / width;
    let quads = width.div_ceil(2);
    let at = |x: usize, y: usize| if x < width && y < height { samples[y * width + x] } else { 0 };
    let mut mel = MelWriter::default();
    let mut vlc: Vec<bool> = Vec::new();
    let mut magsgn: Vec<bool> = Vec::new();
    let mut above: Vec<[u32; 4]> = vec![[0; 4]; quads + 2];
    for y in 0..height.div_ceil(2) {
        let mut row: Vec<[u32; 4]> = vec![[0; 4]; quads + 2];
        for pair in (0..quads).step_by(2) {
            let mut us = Vec::new();
            for q in pair..quads.min(pair + 2) {
                let quad: [u64; 4] = std::array::from_fn(|n| at(2 * q + n / 2, 2 * y + n % 2));
                let magnitude = quad.map(|s| s & !SIGN);
                let exponent = magnitude.map(|m| if m == 0 { 0 } else { 64 - (2 * m - 1).leading_zeros() });
                row[q + 1] = exponent;
                let rho = (0..4).map(|n| u32::from(magnitude[n] > 0) << n).sum::<u32>();
                let context = super::reference::context(y, &row, &above, q);
                let kappa = super::reference::kappa(y, rho, &above, q);
                let most = exponent.into_iter().max().unwrap_or(0);
                if context == 0 {
                    mel.event(rho != 0);
                    if rho == 0 {
                        us.push(0);
                        continue;
                    }
                }
                let u = most.saturating_sub(kappa);
                let bound = kappa + u;
                let top = (0..4).map(|n| u32::from(exponent[n] == bound) << n).sum::<u32>();
                let code: &Code = codes()
                    .iter()
                    .filter(|c| c.initial == (y == 0) && c.context == context && c.rho == rho)
                    .filter(|c| c.u_off == u32::from(u > 0) && (u == 0 || c.e_1 == top & c.e_k))
                    .max_by_key(|c| c.e_k.count_ones())
                    .expect("a code for every quad");
                push(&mut vlc, u64::from(code.codeword), code.length);
                us.push(u);
                for n in (0..4).filter(|n| rho >> n & 1 == 1) {
                    let value = 2 * (magnitude[n] - 1) + (quad[n] >> 63);
                    push(&mut magsgn, value, bound - (code.e_k >> n & 1));
                }
            }
            let both = us.len() == 2 && us[0] > 0 && us[1] > 0;
            let mut parts = Vec::new();
            if y == 0 && both {
                let long = us[0] > 2 && us[1] > 2;
                mel.event(long);
                if long {
                    parts.extend([u_vlc(us[0] - 2), u_vlc(us[1] - 2)]);
                } else {
                    parts.push(u_vlc(us[0]));
                    parts.push(if us[0] > 2 { [(us[1] - 1, 1), (0, 0), (0, 0)] } else { u_vlc(us[1]) });
                }
            } else {
                parts.extend(us.iter().filter(|&&u| u > 0).map(|&u| u_vlc(u)));
            }
            for section in 0..3 {
                for part in &parts {
                    push(&mut vlc, u64::from(part[section].0), part[section].1);
                }
            }
        }
        above = row;
    }
    let mut out = pack_magsgn(&magsgn);
    let mut suffix = mel.finish();
    suffix.extend(pack_vlc(&vlc));
    let length = suffix.len();
    assert!(length <= 4079, "suffix too long for a segment");
    suffix[length - 1] = (length >> 4) as u8;
    suffix[length - 2] = suffix[length - 2] & 0xF0 | (length & 15) as u8;
    out.extend(suffix);
    out
}

fn push(bits: &mut Vec<bool>, value: u64, length: u32) {
    bits.extend((0..length).map(|i| value >> i & 1 == 1));
}

/// Prefix, suffix and extension of a U-VLC code, each as value and length.
fn u_vlc(u: u32) -> [(u32, u32); 3] {
    match u {
        1 => [(1, 1), (0, 0), (0, 0)],
        2 => [(2, 2), (0, 0), (0, 0)],
        3 | 4 => [(4, 3), (u - 3, 1), (0, 0)],
        5..33 => [(0, 3), (u - 5, 5), (0, 0)],
        _ => [(0, 3), (28 + (u - 33) % 4, 5), ((u - 33) / 4, 4)],
    }
}

#[derive(Default)]
struct MelWriter {
    bits: Vec<bool>,
    state: usize,
    zeros: u32,
}

impl MelWriter {
    fn event(&mut self, one: bool) {
        let exponent = MEL_EXPONENT[self.state];
        if one {
            self.bits.push(false);
            self.bits.extend((0..exponent).rev().map(|i| self.zeros >> i & 1 == 1));
            self.state = self.state.saturating_sub(1);
            self.zeros = 0;
        } else {
            self.zeros += 1;
            if self.zeros == 1 << exponent {
                self.bits.push(true);
                self.state = (self.state + 1).min(12);
                self.zeros = 0;
            }
        }
    }

    /// Bytes from the top bit down, seven bits after an 0xFF.
    fn finish(mut self) -> Vec<u8> {
        if self.zeros > 0 {
            self.bits.push(true);
        }
        let mut out: Vec<u8> = Vec::new();
        let mut bits = self.bits.into_iter().peekable();
        while bits.peek().is_some() {
            let count = if out.last() == Some(&0xFF) { 7 } else { 8 };
            out.push((0..count).rev().map(|i| u8::from(bits.next().unwrap_or(false)) << i).sum());
        }
        out
    }
}

/// Bytes from the lowest bit up, seven bits after an 0xFF, filled with ones; a last 0xFF is left out.
fn pack_magsgn(bits: &[bool]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    let mut bits = bits.iter().peekable();
    while bits.peek().is_some() {
        let count = if out.last() == Some(&0xFF) { 7 } else { 8 };
        out.push((0..count).map(|i| u8::from(*bits.next().unwrap_or(&true)) << i).sum());
    }
    if out.last() == Some(&0xFF) {
        out.pop();
    }
    out
}

/// Bytes from the end backwards; the last twelve bits are left for the length.
fn pack_vlc(bits: &[bool]) -> Vec<u8> {
    let mut rest = bits;
    let mut take = |count: usize| -> u8 {
        let now;
        (now, rest) = rest.split_at(count.min(rest.len()));
        now.iter().enumerate().map(|(i, &bit)| u8::from(bit) << i).sum()
    };
    let mut nibble = take(3);
    if nibble != 7 {
        nibble |= take(1) << 3;
    }
    let mut reversed = vec![0xFF, nibble << 4 | 0x0F];
    // Every byte takes at least seven bits; the rest of the last are zeros.
    for _ in 0..bits.len() / 7 + 1 {
        let mut byte = take(7);
        if !(byte == 0x7F && reversed[reversed.len() - 1] > 0x8F) {
            byte |= take(1) << 7;
        }
        reversed.push(byte);
    }
    reversed.reverse();
    reversed
}
