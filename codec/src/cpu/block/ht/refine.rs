//! The SigProp and MagRef passes (ISO/IEC 15444-15, 7.4 and 7.5), one bit-plane below the cleanup pass.

use super::magsgn::{Cleanup, Doubled};
use super::{BlockError, HtBlock, Store, magsgn};
use crate::cpu::simd::Simd;

/// Rows of a stripe, the unit of both passes.
const STRIPE: usize = 4;
/// Columns whose signs follow their significance bits together.
const GROUP: usize = 4;

/// Memory for blocks with refinement passes.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// Sign in the top bit, twice the magnitude with its middle bit below; `width` samples per row.
    samples: Vec<u32>,
    /// Significance after the cleanup pass and, with SigProp's own, so far: four bits per column of a stripe, first row
    /// lowest. A row of them per stripe, with a zero column on both sides and a zero stripe above and below.
    cleanup: Vec<u8>,
    current: Vec<u8>,
}

impl Buffers {
    /// Runs all passes of a block into the buffers.
    pub fn decode(
        &mut self,
        simd: Simd,
        cleanup: &Cleanup<'_>,
        buffers: &mut magsgn::Buffers,
        block: &HtBlock<'_>,
    ) -> Result<(), BlockError> {
        let (width, height) = (cleanup.width, cleanup.height);
        self.samples.clear();
        self.samples.resize(width * height, 0);
        cleanup.run(simd, buffers, Doubled { plane: cleanup.plane }, &mut self.samples, width)?;

        let columns = width + 2;
        self.cleanup.clear();
        self.cleanup.resize(columns * (height.div_ceil(STRIPE) + 2), 0);
        for (y, row) in self.samples.chunks_exact(width).enumerate() {
            let flags = &mut self.cleanup[(y / STRIPE + 1) * columns + 1..][..width];
            for (flag, &sample) in flags.iter_mut().zip(row) {
                *flag |= u8::from(sample != 0) << (y % STRIPE);
            }
        }
        self.current.clone_from(&self.cleanup);

        self.sig_prop(block, cleanup.plane);
        if block.passes > 2 {
            self.mag_ref(block, cleanup.plane);
        }
        Ok(())
    }

    /// SigProp: samples that are insignificant but have a significant neighbour.
    fn sig_prop(&mut self, block: &HtBlock<'_>, plane: u8) {
        let (width, height) = (block.width as usize, block.height as usize);
        let columns = width + 2;
        let mut bits = SigPropBits::new(block.refinement);
        for top in (0..height).step_by(STRIPE) {
            let rows = STRIPE.min(height - top);
            let stripe = (top / STRIPE + 1) * columns + 1;
            for first in (0..width).step_by(GROUP) {
                let group = first..width.min(first + GROUP);
                let mut found = [0u8; GROUP];
                for x in group.clone() {
                    let at = stripe + x;
                    // A column's significance with the row above in bit 0 and the row below in bit 5. To the right
                    // and below nothing of this pass is known yet.
                    let below = |x: usize| if block.causal { 0 } else { self.cleanup[x + columns] & 1 };
                    let column = |flags: &[u8], x: usize| self.current[x - columns] >> 3 & 1 | flags[x] << 1 | below(x) << 5;
                    let sides = column(&self.current, at - 1) | column(&self.cleanup, at + 1);
                    let mut own = column(&self.cleanup, at);
                    let mut new = 0;
                    for row in 0..rows {
                        let neighbours = (sides | own) >> row & 0b111;
                        if own >> (row + 1) & 1 == 0 && neighbours != 0 && bits.next() {
                            own |= 2 << row;
                            new |= 1 << row;
                        }
                    }
                    self.current[at] |= new;
                    found[x - first] = new;
                }
                for x in group {
                    for row in (0..rows).filter(|row| found[x - first] >> row & 1 == 1) {
                        // Magnitude 1 in the next plane, and its middle.
                        let sign = u32::from(bits.next());
                        self.samples[(top + row) * width + x] = sign << 31 | 3 << (plane - 1);
                    }
                }
            }
        }
    }

    /// MagRef: one more magnitude bit for what was significant after the cleanup pass.
    fn mag_ref(&mut self, block: &HtBlock<'_>, plane: u8) {
        let (width, height) = (block.width as usize, block.height as usize);
        let mut bits = MagRefBits::new(block.refinement);
        for top in (0..height).step_by(STRIPE) {
            let stripe = (top / STRIPE + 1) * (width + 2) + 1;
            for x in 0..width {
                let significant = self.cleanup[stripe + x];
                for row in (0..STRIPE).filter(|row| significant >> row & 1 == 1) {
                    let sample = &mut self.samples[(top + row) * width + x];
                    // The middle bit gives way to the decoded one, and a new middle follows.
                    *sample = *sample & !(1 << plane) | u32::from(bits.next()) << plane | 1 << (plane - 1);
                }
            }
        }
    }

    /// Dequantises the decoded samples.
    pub fn store(&self, block: &HtBlock<'_>, store: Store<'_>) {
        let (width, height) = (block.width as usize, block.height as usize);
        let rows = self.samples.chunks_exact(width);
        match store {
            Store::Reversible { out, stride } => {
                assert!(stride >= width && out.len() >= (height - 1) * stride + width, "the window is too small");
                for (out, row) in out.chunks_mut(stride).zip(rows) {
                    for (out, &sample) in out.iter_mut().zip(row) {
                        let magnitude = ((sample & 0x7FFF_FFFF) >> 1) as i32;
                        *out = if sample >> 31 == 1 { -magnitude } else { magnitude };
                    }
                }
            }
            Store::Irreversible { out, stride, step } => {
                assert!(stride >= width && out.len() >= (height - 1) * stride + width, "the window is too small");
                for (out, row) in out.chunks_mut(stride).zip(rows) {
                    for (out, &sample) in out.iter_mut().zip(row) {
                        let magnitude = (sample & 0x7FFF_FFFF) as f32 * (0.5 * step);
                        *out = if sample >> 31 == 1 { -magnitude } else { magnitude };
                    }
                }
            }
        }
    }
}

/// SigProp's bits: forwards, first bit lowest, seven in the byte after an 0xFF, zeros beyond the end (7.1.5).
struct SigPropBits<'a> {
    bytes: &'a [u8],
    after_ones: bool,
    byte: u8,
    count: u32,
}

impl<'a> SigPropBits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, after_ones: false, byte: 0, count: 0 }
    }

    fn next(&mut self) -> bool {
        if self.count == 0 {
            self.count = if self.after_ones { 7 } else { 8 };
            self.byte = self.bytes.split_off_first().copied().unwrap_or(0);
            self.after_ones = self.byte == 0xFF;
        }
        next_bit(&mut self.byte, &mut self.count)
    }
}

/// MagRef's bits: backwards, first bit lowest, seven in a byte that ends in seven ones after one above 0x8F, zeros
/// beyond the beginning (7.1.6).
struct MagRefBits<'a> {
    bytes: &'a [u8],
    above: bool,
    byte: u8,
    count: u32,
}

impl<'a> MagRefBits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        // What comes before the first byte counts as 0xFF.
        Self { bytes, above: true, byte: 0, count: 0 }
    }

    fn next(&mut self) -> bool {
        if self.count == 0 {
            self.byte = self.bytes.split_off_last().copied().unwrap_or(0);
            self.count = if self.above && self.byte & 0x7F == 0x7F { 7 } else { 8 };
            self.above = self.byte > 0x8F;
        }
        next_bit(&mut self.byte, &mut self.count)
    }
}

fn next_bit(byte: &mut u8, count: &mut u32) -> bool {
    let bit = *byte & 1 == 1;
    *byte >>= 1;
    *count -= 1;
    bit
}
