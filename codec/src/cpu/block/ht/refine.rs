//! The SigProp and MagRef passes (ISO/IEC 15444-15, 7.4 and 7.5), one bit-plane below the cleanup pass.

use std::ops::{BitAnd, BitOr, Neg, Not, Shl, Shr};

use super::magsgn::{Cleanup, Doubled, Job, Wide};
use super::{BlockError, HtBlock, Store, magsgn};
use crate::cpu::simd::Simd;

/// Rows of a stripe, the unit of both passes.
const STRIPE: usize = 4;
/// Columns whose signs follow their significance bits together.
const GROUP: usize = 4;

/// A sample while it is refined: sign in the top bit, below it twice the magnitude with its middle bit.
trait Word:
    Copy
    + Default
    + PartialEq
    + From<bool>
    + Not<Output = Self>
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + Shl<u8, Output = Self>
    + Shr<u8, Output = Self>
{
    /// The place of the sign.
    const SIGN: u8;

    /// Whether the sample is negative, and the doubled magnitude.
    fn parts(self) -> (bool, Self) {
        (self >> Self::SIGN != Self::default(), self & !(Self::from(true) << Self::SIGN))
    }
}

impl Word for u32 {
    const SIGN: u8 = 31;
}

impl Word for u64 {
    const SIGN: u8 = 63;
}

/// Memory for blocks with refinement passes: samples of either width, `width` to a row, and their significance.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    narrow: Vec<u32>,
    wide: Vec<u64>,
    flags: Flags,
}

impl Buffers {
    /// Decodes a block whose segments have been taken apart.
    pub fn decode(
        &mut self,
        simd: Simd,
        cleanup: Cleanup<'_>,
        buffers: &mut magsgn::Buffers,
        block: &HtBlock<'_>,
        store: Store<'_>,
    ) -> Result<(), BlockError> {
        let (size, width, plane) = (cleanup.width * cleanup.height, cleanup.width, cleanup.plane);
        let form = Doubled { plane };
        let flags = &mut self.flags;
        match store {
            Store::Reversible { .. } | Store::Irreversible { .. } => {
                self.narrow.resize(size, 0);
                let job = Job { cleanup, buffers, form };
                magsgn::run(simd, job, None, &mut self.narrow, width).map_err(|(_, why)| why)?;
                flags.refine(&mut self.narrow, block, plane);
            }
            Store::ReversibleWide { .. } | Store::IrreversibleWide { .. } => {
                self.wide.resize(size, 0);
                let job = Job { cleanup, buffers, form: Wide(form) };
                magsgn::run_scalar(job, None, &mut self.wide, width).map_err(|(_, why)| why)?;
                flags.refine(&mut self.wide, block, plane);
            }
        }
        match store {
            Store::Reversible { out, stride } => dequantise(&self.narrow, width, out, stride, |m| (m >> 1) as i32),
            Store::Irreversible { out, stride, step } => {
                dequantise(&self.narrow, width, out, stride, |m| m as f32 * (0.5 * step));
            }
            Store::ReversibleWide { out, stride } => dequantise(&self.wide, width, out, stride, |m| (m >> 1) as i64),
            Store::IrreversibleWide { out, stride, step } => {
                dequantise(&self.wide, width, out, stride, |m| m as f64 * (0.5 * f64::from(step)));
            }
        }
        Ok(())
    }
}

/// Writes samples to a window; `value` takes a doubled magnitude.
fn dequantise<W: Word, T: Neg<Output = T>>(samples: &[W], width: usize, out: &mut [T], stride: usize, value: impl Fn(W) -> T) {
    let height = samples.len() / width;
    assert!(stride >= width && out.len() >= (height - 1) * stride + width, "the window is too small");
    for (out, row) in out.chunks_mut(stride).zip(samples.chunks_exact(width)) {
        for (out, &sample) in out.iter_mut().zip(row) {
            let (negative, doubled) = sample.parts();
            let magnitude = value(doubled);
            *out = if negative { -magnitude } else { magnitude };
        }
    }
}

/// Significance after the cleanup pass and, with SigProp's own, so far: four bits per column of a stripe, first row lowest.
/// A row of them per stripe, with a zero column on both sides and a zero stripe above and below.
#[derive(Debug, Default)]
struct Flags {
    cleanup: Vec<u8>,
    current: Vec<u8>,
}

impl Flags {
    /// Runs the refinement passes of a block on the samples of its cleanup pass, which ended at bit-plane `plane`.
    fn refine<W: Word>(&mut self, samples: &mut [W], block: &HtBlock<'_>, plane: u8) {
        let (width, height) = (block.width as usize, block.height as usize);
        let columns = width + 2;
        self.cleanup.clear();
        self.cleanup.resize(columns * (height.div_ceil(STRIPE) + 2), 0);
        for (y, row) in samples.chunks_exact(width).enumerate() {
            let flags = &mut self.cleanup[(y / STRIPE + 1) * columns + 1..][..width];
            for (flag, &sample) in flags.iter_mut().zip(row) {
                *flag |= u8::from(sample != W::default()) << (y % STRIPE);
            }
        }
        self.current.clone_from(&self.cleanup);

        self.sig_prop(samples, block, plane);
        if block.passes > 2 {
            self.mag_ref(samples, block, plane);
        }
    }

    /// SigProp: samples that are insignificant but have a significant neighbour.
    fn sig_prop<W: Word>(&mut self, samples: &mut [W], block: &HtBlock<'_>, plane: u8) {
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
                        let (sign, one) = (W::from(bits.next()), W::from(true));
                        samples[(top + row) * width + x] = sign << W::SIGN | one << plane | one << (plane - 1);
                    }
                }
            }
        }
    }

    /// MagRef: one more magnitude bit for what was significant after the cleanup pass.
    fn mag_ref<W: Word>(&self, samples: &mut [W], block: &HtBlock<'_>, plane: u8) {
        let (width, height) = (block.width as usize, block.height as usize);
        let mut bits = MagRefBits::new(block.refinement);
        for top in (0..height).step_by(STRIPE) {
            let stripe = (top / STRIPE + 1) * (width + 2) + 1;
            for x in 0..width {
                let significant = self.cleanup[stripe + x];
                for row in (0..STRIPE).filter(|row| significant >> row & 1 == 1) {
                    let sample = &mut samples[(top + row) * width + x];
                    let (bit, one) = (W::from(bits.next()), W::from(true));
                    // The middle bit gives way to the decoded one, and a new middle follows.
                    *sample = *sample & !(one << plane) | bit << plane | one << (plane - 1);
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
