//! A second decoder for tests: one bit at a time, written from the standard's procedures without any of the tables, windows
//! or layouts of the decoder under test.

use super::super::HtBlock;
use std::sync::OnceLock;

/// The sign of a sample; below it is the magnitude.
pub const SIGN: u64 = 1 << 63;

pub const MEL_EXPONENT: [u32; 13] = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5];

/// A row of Annex C.
pub struct Code {
    pub initial: bool,
    pub context: u32,
    pub rho: u32,
    pub u_off: u32,
    pub e_k: u32,
    pub e_1: u32,
    pub codeword: u32,
    pub length: u32,
}

pub fn codes() -> &'static [Code] {
    static CODES: OnceLock<Vec<Code>> = OnceLock::new();
    CODES.get_or_init(|| {
        let parse = |line: &str| {
            let (row, rest) = line.split_once(',').expect("fields");
            let n: Vec<u32> = rest.split(',').map(|field| field.trim().parse().expect("a number")).collect();
            Code {
                initial: row == "initial",
                context: n[0],
                rho: n[1],
                u_off: n[2],
                e_k: n[3],
                e_1: n[4],
                codeword: n[5],
                length: n[6],
            }
        };
        include_str!("../cxtvlc.csv").lines().skip(1).map(parse).collect()
    })
}

/// Context c_q of quad `q`; rows hold the exponents of quad q at index q + 1.
pub fn context(y: usize, row: &[[u32; 4]], above: &[[u32; 4]], q: usize) -> u32 {
    let left = row[q].map(|e| u32::from(e > 0));
    if y == 0 {
        return (left[0] | left[1]) + 2 * left[2] + 4 * left[3];
    }
    let [northwest, north, northeast] = [above[q], above[q + 1], above[q + 2]].map(|quad| quad.map(|e| u32::from(e > 0)));
    (northwest[3] | north[1]) + 2 * (left[2] | left[3]) + 4 * (north[3] | northeast[1])
}

/// Exponent predictor kappa_q.
pub fn kappa(y: usize, rho: u32, above: &[[u32; 4]], q: usize) -> u32 {
    if y == 0 || rho.count_ones() < 2 {
        return 1;
    }
    let most = above[q][3].max(above[q + 1][1]).max(above[q + 1][3]).max(above[q + 2][1]);
    most.saturating_sub(1).max(1)
}

struct Reader<'a> {
    bytes: &'a [u8],
    start: usize,
    mel: (usize, u32, u32),
    mel_state: (usize, u32, bool),
    vlc: (i64, u32, u32, u32),
    vlc_over: bool,
    magsgn: (usize, u32, u32),
}

impl Reader<'_> {
    fn byte(&self, at: usize) -> u32 {
        let byte = u32::from(self.bytes[at]);
        match self.bytes.len() - at {
            1 => 0xFF,
            2 => byte | 0x0F,
            _ => byte,
        }
    }

    fn mel_bit(&mut self) -> u32 {
        let (position, byte, bits) = &mut self.mel;
        if *bits == 0 {
            *bits = if *byte == 0xFF { 7 } else { 8 };
            let at = *position;
            *position += 1;
            let next = if at < self.bytes.len() { self.byte(at) } else { 0xFF };
            self.mel.1 = next;
        }
        self.mel.2 -= 1;
        self.mel.1 >> self.mel.2 & 1
    }

    fn mel_symbol(&mut self) -> bool {
        if self.mel_state.1 == 0 && !self.mel_state.2 {
            let state = self.mel_state.0;
            if self.mel_bit() == 1 {
                self.mel_state = ((state + 1).min(12), 1 << MEL_EXPONENT[state], false);
            } else {
                let mut run = 0;
                for _ in 0..MEL_EXPONENT[state] {
                    run = 2 * run + self.mel_bit();
                }
                self.mel_state = (state.saturating_sub(1), run, true);
            }
        }
        if self.mel_state.1 > 0 {
            self.mel_state.1 -= 1;
            return false;
        }
        self.mel_state.2 = false;
        true
    }

    fn vlc_bit(&mut self) -> u32 {
        let (position, _, bits, last) = self.vlc;
        if bits == 0 {
            let inside = position >= self.start as i64;
            self.vlc_over |= !inside;
            let next = if inside { self.byte(position as usize) } else { 0 };
            let count = if last > 0x8F && next & 0x7F == 0x7F { 7 } else { 8 };
            self.vlc = (position - 1, next, count, next);
        }
        let bit = self.vlc.1 & 1;
        self.vlc.1 >>= 1;
        self.vlc.2 -= 1;
        bit
    }

    fn vlc_bits(&mut self, count: u32) -> u32 {
        (0..count).map(|i| self.vlc_bit() << i).sum()
    }

    fn magsgn_bit(&mut self) -> u32 {
        let (position, _, bits) = self.magsgn;
        if bits == 0 {
            let before = if position == 0 { 0 } else { self.magsgn_byte(position - 1) };
            self.magsgn = (position + 1, self.magsgn_byte(position), if before == 0xFF { 7 } else { 8 });
        }
        let bit = self.magsgn.1 & 1;
        self.magsgn.1 >>= 1;
        self.magsgn.2 -= 1;
        bit
    }

    fn magsgn_byte(&self, at: usize) -> u32 {
        if at < self.start { u32::from(self.bytes[at]) } else { 0xFF }
    }

    fn u_prefix(&mut self) -> u32 {
        if self.vlc_bit() == 1 {
            1
        } else if self.vlc_bit() == 1 {
            2
        } else if self.vlc_bit() == 1 {
            3
        } else {
            5
        }
    }

    fn u_suffix(&mut self, prefix: u32) -> u32 {
        match prefix {
            3 => self.vlc_bits(1),
            5 => self.vlc_bits(5),
            _ => 0,
        }
    }

    fn u_extension(&mut self, suffix: u32) -> u32 {
        if suffix >= 28 { 4 * self.vlc_bits(4) } else { 0 }
    }
}

/// Decodes a block to doubled magnitudes with their middle bit, and [`SIGN`]; `None` when it is damaged.
pub fn decode(block: &HtBlock<'_>) -> Option<Vec<u64>> {
    let plane = u32::from(block.bitplanes - 1 - block.missing);
    let (mut samples, mut significant) = cleanup(block, plane)?;
    if block.passes > 1 {
        let before = significant.clone();
        sig_prop(block, plane, &mut samples, &mut significant);
        if block.passes > 2 {
            mag_ref(block, plane, &mut samples, &before);
        }
    }
    Some(samples)
}

fn cleanup(block: &HtBlock<'_>, plane: u32) -> Option<(Vec<u64>, Vec<bool>)> {
    let bytes = block.cleanup;
    let (width, height) = (block.width as usize, block.height as usize);
    let length = bytes.len();
    if length < 2 {
        return None;
    }
    let suffix = 16 * usize::from(bytes[length - 1]) + usize::from(bytes[length - 2] & 15);
    if suffix < 2 || suffix > length || suffix > 4079 {
        return None;
    }
    let start = length - suffix;
    let nibble = u32::from(bytes[length - 2] | 0x0F) >> 4;
    let mut reader = Reader {
        bytes,
        start,
        mel: (start, 0, 0),
        mel_state: (0, 0, false),
        vlc: (length as i64 - 3, nibble, if nibble & 7 < 7 { 4 } else { 3 }, nibble << 4 | 0x0F),
        vlc_over: false,
        magsgn: (0, 0, 0),
    };
    let quads = width.div_ceil(2);
    let mut samples = vec![0; width * height];
    let mut significant = vec![false; width * height];
    let mut above = vec![[0u32; 4]; quads + 2];
    for y in 0..height.div_ceil(2) {
        let mut row = vec![[0u32; 4]; quads + 2];
        // Within a pair the codes of both quads come first, then their u, then (in another stream) their magnitudes.
        // Contexts need only significance, which is noted as exponent 1 until the exponent is known.
        for pair in (0..quads).step_by(2) {
            let both = quads.min(pair + 2) - pair == 2;
            let mut found = [(0, 0, 0, 0); 2];
            for (i, found) in found.iter_mut().enumerate().take(if both { 2 } else { 1 }) {
                let q = pair + i;
                let context = context(y, &row, &above, q);
                if context == 0 && !reader.mel_symbol() {
                    continue;
                }
                let (mut word, mut length) = (0, 0);
                let code = loop {
                    word |= reader.vlc_bit() << length;
                    length += 1;
                    if let Some(code) = codes()
                        .iter()
                        .find(|c| c.initial == (y == 0) && c.context == context && c.length == length && c.codeword == word)
                    {
                        break code;
                    }
                };
                *found = (code.rho, code.u_off, code.e_k, code.e_1);
                row[q + 1] = std::array::from_fn(|n| code.rho >> n & 1);
            }
            let mut u = [0; 2];
            let offs = [found[0].1, found[1].1];
            let (mut less, mut short) = (0, false);
            if y == 0 && offs == [1, 1] {
                if reader.mel_symbol() {
                    less = 2;
                } else {
                    short = true;
                }
            }
            let mut prefixes = [0; 2];
            let mut bit = None;
            for i in 0..2 {
                if offs[i] == 1 {
                    if i == 1 && short && prefixes[0] > 2 {
                        bit = Some(reader.vlc_bit() + 1);
                    } else {
                        prefixes[i] = reader.u_prefix();
                    }
                }
            }
            let suffixes: Vec<u32> = prefixes.iter().map(|&p| reader.u_suffix(p)).collect();
            for i in 0..2 {
                u[i] = prefixes[i] + suffixes[i] + reader.u_extension(suffixes[i]) + less * offs[i];
            }
            if let Some(bit) = bit {
                u[1] = bit;
            }
            for i in 0..if both { 2 } else { 1 } {
                let q = pair + i;
                let (rho, _, e_k, e_1) = found[i];
                let bound = kappa(y, rho, &above, q) + u[i];
                if bound > u32::from(block.missing) + 2 {
                    return None;
                }
                for n in (0..4).filter(|n| rho >> n & 1 == 1) {
                    let count = bound - (e_k >> n & 1);
                    let value =
                        (0..count).map(|b| u64::from(reader.magsgn_bit()) << b).sum::<u64>() | u64::from(e_1 >> n & 1) << count;
                    let (x, line) = (2 * q + n / 2, 2 * y + n % 2);
                    if x >= width || line >= height {
                        return None;
                    }
                    let magnitude = (value >> 1) + 1;
                    row[q + 1][n] = 64 - (2 * magnitude - 1).leading_zeros();
                    samples[line * width + x] = (value & 1) << 63 | (2 * magnitude + 1) << plane;
                    significant[line * width + x] = true;
                }
            }
        }
        above = row;
    }
    if reader.vlc_over { None } else { Some((samples, significant)) }
}

/// Every sample in the order of both refinement passes: stripes of four rows, column by column.
fn stripe_order(width: usize, height: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..height.div_ceil(4))
        .flat_map(move |stripe| (0..width).flat_map(move |x| (stripe * 4..height.min(stripe * 4 + 4)).map(move |y| (x, y))))
}

fn sig_prop(block: &HtBlock<'_>, plane: u32, samples: &mut [u64], significant: &mut [bool]) {
    let (width, height) = (block.width as usize, block.height as usize);
    let mut bits = {
        let (mut at, mut byte, mut count, mut total) = (0, 0u8, 0, 0);
        move || {
            if count == 0 {
                count = if byte == 0xFF { 7 } else { 8 };
                byte = block.refinement.get(at).copied().unwrap_or(0);
                at += 1;
                total = count;
            }
            count -= 1;
            // The byte is kept whole, to know whether it was 0xFF.
            byte >> (total - 1 - count) & 1 == 1
        }
    };
    let order: Vec<(usize, usize)> = stripe_order(width, height).collect();
    let group = |&(x, y): &(usize, usize)| (y / 4, x / 4);
    for group in order.chunk_by(|a, b| group(a) == group(b)) {
        let mut new = Vec::new();
        for &(x, y) in group {
            let neighbour = (-1i64..=1).flat_map(|dy| (-1i64..=1).map(move |dx| (dx, dy))).any(|(dx, dy)| {
                let (nx, ny) = (x as i64 + dx, y as i64 + dy);
                let inside = (0..width as i64).contains(&nx) && (0..height as i64).contains(&ny) && (dx, dy) != (0, 0);
                let seen = !block.causal || ny / 4 <= y as i64 / 4;
                inside && seen && significant[ny as usize * width + nx as usize]
            });
            if !significant[y * width + x] && neighbour && bits() {
                significant[y * width + x] = true;
                new.push((x, y));
            }
        }
        for (x, y) in new {
            samples[y * width + x] = u64::from(bits()) << 63 | 3 << (plane - 1);
        }
    }
}

fn mag_ref(block: &HtBlock<'_>, plane: u32, samples: &mut [u64], significant: &[bool]) {
    let width = block.width as usize;
    let mut stream = Vec::new();
    let mut last = 0xFFu8;
    for &byte in block.refinement.iter().rev() {
        let count = if last > 0x8F && byte & 0x7F == 0x7F { 7 } else { 8 };
        stream.extend((0..count).map(|i| byte >> i & 1));
        last = byte;
    }
    let mut bits = stream.into_iter();
    for (x, y) in stripe_order(width, block.height as usize) {
        if significant[y * width + x] {
            let sample = &mut samples[y * width + x];
            let bit = u64::from(bits.next().unwrap_or(0));
            *sample = (*sample & !(1 << plane)) | bit << plane | 1 << (plane - 1);
        }
    }
}
