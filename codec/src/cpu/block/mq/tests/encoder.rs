//! An encoder of MQ code-blocks, written from the standard's flow charts, sample by sample.

use super::super::{Codeword, MqBlock};
use super::arithmetic::Encoder;

/// What is coded and how.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub orientation: u8,
    pub bypass: bool,
    pub reset: bool,
    pub terminate: bool,
    pub causal: bool,
    pub predictable: bool,
    pub segmentation: bool,
}

/// A coded block, and what a decoder is to make of it.
pub struct Coded {
    pub bytes: Vec<u8>,
    pub codewords: Vec<Codeword>,
    /// Twice the magnitudes with a middle bit below the last coded one, with signs.
    pub doubled: Vec<i64>,
    /// After each pass, how many bytes of its segment were written.
    pub written: Vec<usize>,
}

impl Coded {
    pub fn block(&self, style: Style, width: u32, height: u32, bitplanes: u8) -> MqBlock<'_> {
        let Style { orientation, bypass, reset, terminate, causal, predictable, segmentation } = style;
        let (bytes, codewords) = (&self.bytes[..], &self.codewords[..]);
        MqBlock {
            bytes,
            codewords,
            width,
            height,
            bitplanes,
            orientation,
            bypass,
            reset,
            terminate,
            causal,
            predictable,
            segmentation,
        }
    }
}

struct Block<'a> {
    samples: &'a [i64],
    width: usize,
    height: usize,
    style: Style,
    significant: Vec<bool>,
    visited: Vec<bool>,
    refined: Vec<bool>,
    doubled: Vec<i64>,
    coder: Encoder,
}

/// Codes the first `passes` passes of `samples`, whose magnitudes have `bitplanes` bits.
pub fn encode(samples: &[i64], width: usize, bitplanes: u8, passes: u32, style: Style) -> Coded {
    let size = samples.len();
    let mut block = Block {
        samples,
        width,
        height: size / width,
        style,
        significant: vec![false; size],
        visited: vec![false; size],
        refined: vec![false; size],
        doubled: vec![0; size],
        coder: Encoder::new(),
    };
    let (mut bytes, mut codewords, mut written) = (Vec::new(), Vec::new(), Vec::new());
    let mut in_segment = 0;
    for number in 0..passes {
        let plane = u32::from(bitplanes) - 1 - number.div_ceil(3);
        let raw = style.bypass && number >= 10 && number % 3 != 0;
        if in_segment == 0 {
            block.coder.begin(raw);
        }
        match number % 3 {
            0 => block.cleanup(plane),
            1 => block.propagation(plane, raw),
            _ => block.refinement(plane, raw),
        }
        in_segment += 1;
        written.push(block.coder.written());
        if style.reset {
            block.coder.reset();
        }
        // Table D.9: where arithmetic coding is bypassed, before and after each pair of raw passes.
        let ends = style.terminate || style.bypass && number >= 9 && number % 3 != 1;
        if ends || number + 1 == passes {
            let own = block.coder.end(style.predictable);
            codewords.push(Codeword { len: own.len(), passes: in_segment });
            bytes.extend(own);
            in_segment = 0;
        }
    }
    let doubled = block.doubled.iter().zip(samples).map(|(&d, &s)| if s < 0 { -d } else { d }).collect();
    Coded { bytes, codewords, doubled, written }
}

impl Block<'_> {
    /// The samples of the scan: stripes of four rows, column by column.
    fn scan(&self) -> Vec<(usize, usize)> {
        let (width, height) = (self.width, self.height);
        let stripe = |top: usize| (0..width).flat_map(move |x| (top..height.min(top + 4)).map(move |y| (x, y)));
        (0..height).step_by(4).flat_map(stripe).collect()
    }

    /// -1, 0 or 1 for a neighbour that is negative, insignificant or positive as seen from row `y`.
    fn neighbour(&self, x: usize, y: usize, dx: isize, dy: isize) -> i32 {
        let (nx, ny) = (x as isize + dx, y as isize + dy);
        let inside = (0..self.width as isize).contains(&nx) && (0..self.height as isize).contains(&ny);
        // Causal contexts do not see the next stripe.
        if !inside || self.style.causal && ny as usize / 4 > y / 4 {
            return 0;
        }
        let at = ny as usize * self.width + nx as usize;
        i32::from(self.significant[at]) * if self.samples[at] < 0 { -1 } else { 1 }
    }

    /// How many neighbours are significant: horizontally, vertically and diagonally.
    fn counts(&self, x: usize, y: usize) -> (u32, u32, u32) {
        let count = |at: &[(isize, isize)]| at.iter().map(|&(dx, dy)| self.neighbour(x, y, dx, dy).unsigned_abs()).sum();
        (count(&[(-1, 0), (1, 0)]), count(&[(0, -1), (0, 1)]), count(&[(-1, -1), (1, -1), (-1, 1), (1, 1)]))
    }

    /// Table D.1.
    fn zero_label(&self, x: usize, y: usize) -> usize {
        let (mut h, mut v, d) = self.counts(x, y);
        if self.style.orientation == 3 {
            return match d {
                0 => (h + v).min(2) as usize,
                1 => 3 + (h + v).min(2) as usize,
                2 => 6 + (h + v).min(1) as usize,
                _ => 8,
            };
        }
        if self.style.orientation == 1 {
            (h, v) = (v, h);
        }
        match h {
            2 => 8,
            1 if v > 0 => 7,
            1 => 5 + d.min(1) as usize,
            _ if v > 0 => 2 + v as usize,
            _ => d.min(2) as usize,
        }
    }

    /// Codes the sign of a sample that became significant (Tables D.2 and D.3).
    fn sign(&mut self, x: usize, y: usize, plane: u32, raw: bool) {
        let at = y * self.width + x;
        let negative = u32::from(self.samples[at] < 0);
        if raw {
            self.coder.raw(negative);
        } else {
            let h = (self.neighbour(x, y, -1, 0) + self.neighbour(x, y, 1, 0)).clamp(-1, 1);
            let v = (self.neighbour(x, y, 0, -1) + self.neighbour(x, y, 0, 1)).clamp(-1, 1);
            let (label, flip) = match (h, v) {
                (1, 1) => (13, 0),
                (1, 0) => (12, 0),
                (1, -1) => (11, 0),
                (0, 1) => (10, 0),
                (0, 0) => (9, 0),
                (0, -1) => (10, 1),
                (-1, 1) => (11, 1),
                (-1, 0) => (12, 1),
                _ => (13, 1),
            };
            self.coder.encode(label, negative ^ flip);
        }
        self.significant[at] = true;
        self.doubled[at] = 3 << plane;
    }

    fn bit(&self, at: usize, plane: u32) -> u32 {
        (self.samples[at].unsigned_abs() >> plane & 1) as u32
    }

    fn propagation(&mut self, plane: u32, raw: bool) {
        for (x, y) in self.scan() {
            let at = y * self.width + x;
            if self.significant[at] || self.counts(x, y) == (0, 0, 0) {
                continue;
            }
            let bit = self.bit(at, plane);
            match raw {
                true => self.coder.raw(bit),
                false => self.coder.encode(self.zero_label(x, y), bit),
            }
            self.visited[at] = true;
            if bit == 1 {
                self.sign(x, y, plane, raw);
            }
        }
    }

    fn refinement(&mut self, plane: u32, raw: bool) {
        for (x, y) in self.scan() {
            let at = y * self.width + x;
            if !self.significant[at] || self.visited[at] {
                continue;
            }
            let bit = self.bit(at, plane);
            let label = match (self.refined[at], self.counts(x, y) == (0, 0, 0)) {
                (true, _) => 16,
                (false, true) => 14,
                (false, false) => 15,
            };
            match raw {
                true => self.coder.raw(bit),
                false => self.coder.encode(label, bit),
            }
            self.refined[at] = true;
            self.doubled[at] = self.doubled[at] >> (plane + 2) << (plane + 2) | i64::from(2 * bit + 1) << plane;
        }
    }

    fn cleanup(&mut self, plane: u32) {
        let mut skipped = 0;
        for (x, y) in self.scan() {
            if skipped > 0 {
                skipped -= 1;
                continue;
            }
            let at = y * self.width + x;
            let column: Vec<usize> = (0..4).map(|row| at + row * self.width).collect();
            let together = y % 4 == 0
                && y + 4 <= self.height
                && (0..4).all(|row| self.counts(x, y + row) == (0, 0, 0))
                && column.iter().all(|&at| !self.significant[at] && !self.visited[at]);
            if together {
                let first = column.iter().position(|&at| self.bit(at, plane) == 1);
                self.coder.encode(17, u32::from(first.is_some()));
                let Some(first) = first else {
                    skipped = 3;
                    continue;
                };
                self.coder.encode(18, first as u32 >> 1);
                self.coder.encode(18, first as u32 & 1);
                self.sign(x, y + first, plane, false);
                // What follows in the column is coded one by one.
                (first + 1..4).for_each(|row| self.alone(x, y + row, plane));
                skipped = 3;
                continue;
            }
            self.alone(x, y, plane);
        }
        self.visited.fill(false);
        if self.style.segmentation {
            [1, 0, 1, 0].iter().for_each(|&bit| self.coder.encode(18, bit));
        }
    }

    fn alone(&mut self, x: usize, y: usize, plane: u32) {
        let at = y * self.width + x;
        if self.significant[at] || self.visited[at] {
            return;
        }
        let bit = self.bit(at, plane);
        self.coder.encode(self.zero_label(x, y), bit);
        if bit == 1 {
            self.sign(x, y, plane, false);
        }
    }
}
