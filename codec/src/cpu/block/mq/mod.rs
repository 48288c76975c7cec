//! The block decoder of ISO/IEC 15444-1 (Annexes C and D): arithmetic coding of bit-planes.
//!
//! `coder` turns the bytes of codeword segments into binary decisions, with the probabilities of `contexts`; `passes` spends
//! them on the samples of a block, which `stripes` keeps in scan order.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2;
mod coder;
mod contexts;
mod passes;
mod store;
mod stripes;
#[cfg(test)]
pub(crate) mod tests;

use super::Store;
use crate::cpu::simd::Simd;
use coder::{Input, Mq, Raw};
use contexts::{Contexts, UNIFORM};
pub(crate) use contexts::{SIGN_CODING, STATES, ZERO_CODING};
use passes::{Pass, Rules};
use stripes::{Sample, Stripes};

pub use super::ht::{MAX_BITPLANES, MAX_SAMPLES, MAX_SIDE, NARROW_BITPLANES};

/// Raw passes begin with this one where arithmetic coding is bypassed (Table D.9).
const FIRST_RAW_PASS: u32 = 10;

/// One codeword segment of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Codeword {
    /// Its bytes among those of the block, which follow each other.
    pub len: usize,
    /// Its coding passes.
    pub passes: u32,
}

/// One MQ code-block: its codeword segments and what the headers say of them.
#[derive(Clone, Copy, Debug)]
pub struct MqBlock<'a> {
    /// The bytes of all segments.
    pub bytes: &'a [u8],
    /// The segments. The last may be cut short where packets or layers are missing.
    pub codewords: &'a [Codeword],
    /// Columns of the block.
    pub width: u32,
    /// Rows of the block.
    pub height: u32,
    /// Magnitude bit-planes, empty ones not counted.
    pub bitplanes: u8,
    /// Subband: 0 LL, 1 HL, 2 LH, 3 HH.
    pub orientation: u8,
    /// Selective arithmetic coding bypass.
    pub bypass: bool,
    /// Context probabilities begin anew with each pass.
    pub reset: bool,
    /// Each pass ends its segment.
    pub terminate: bool,
    /// Vertically causal contexts.
    pub causal: bool,
    /// Segments end predictably.
    pub predictable: bool,
    /// A segmentation symbol ends each cleanup pass.
    pub segmentation: bool,
}

impl MqBlock<'_> {
    /// Whether a pass has raw bits.
    fn is_raw(&self, pass: u32) -> bool {
        self.bypass && pass >= FIRST_RAW_PASS && !pass.is_multiple_of(3)
    }

    /// Checks what the headers say of a block of `bytes` bytes, for a decoder of at most `most` bit-planes.
    ///
    /// # Errors
    /// [`BlockError::Shape`] and [`BlockError::Segment`].
    pub(crate) fn check(&self, mut bytes: usize, most: u8) -> Result<(), BlockError> {
        let &Self { width, height, bitplanes, .. } = self;
        let sized = (1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height) && width * height <= MAX_SAMPLES;
        let passes = self.codewords.iter().fold(0u32, |sum, c| sum.saturating_add(c.passes));
        let deep = (1..=most).contains(&bitplanes) && passes <= 3 * u32::from(bitplanes) - 2;
        if !sized || !deep {
            return Err(BlockError::Shape { width, height, passes, bitplanes });
        }
        let mut number = 0;
        for codeword in self.codewords {
            let end = number + codeword.passes;
            let mixed = (number..end).any(|pass| self.is_raw(pass) != self.is_raw(number));
            bytes = match bytes.checked_sub(codeword.len) {
                Some(left) if number < end && !mixed => left,
                _ => return Err(BlockError::Segment { pass: number }),
            };
            number = end;
        }
        Ok(())
    }

    /// Whether a codeword segment ends with a pass because it has all of its passes, and not because the rest is missing.
    fn ends_segment(&self, pass: u32) -> bool {
        let last = 3 * u32::from(self.bitplanes) - 3;
        // Table D.9: around each pair of raw passes.
        self.terminate || pass == last || self.bypass && pass + 1 >= FIRST_RAW_PASS && pass % 3 != 1
    }
}

/// Why a block was refused. Nothing of its samples may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// A size, number of passes or number of bit-planes that no MQ block has.
    #[error("a block of {width}x{height} samples with {passes} passes in {bitplanes} bit-planes cannot be")]
    Shape {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Coding passes.
        passes: u32,
        /// Bit-planes.
        bitplanes: u8,
    },
    /// A segment has bytes that the block has not, or passes that do not go together.
    #[error("the codeword segment of coding pass {pass} does not fit the block")]
    Segment {
        /// Its first pass.
        pass: u32,
    },
    /// A cleanup pass does not end with the segmentation symbol.
    #[error("coding pass {pass} does not end with the segmentation symbol")]
    Segmentation {
        /// Number of the pass.
        pass: u32,
    },
    /// A segment does not end as predictable termination makes it end.
    #[error("the codeword segment that ends with coding pass {pass} is not terminated predictably")]
    Termination {
        /// Number of the pass.
        pass: u32,
    },
}

/// Working memory for one thread, reused from block to block.
#[derive(Default)]
pub struct Scratch {
    narrow: Stripes<u32>,
    wide: Stripes<u64>,
}

/// Decodes a block and writes every one of its samples. On an error the window holds no meaningful samples.
///
/// # Errors
/// [`BlockError`] for what contradicts the standard where a code-block can tell: most damage to an MQ block cannot be seen.
///
/// # Panics
/// When the window in `store` is smaller than the block: the caller's plan has settled it.
pub fn decode(simd: Simd, block: &MqBlock<'_>, scratch: &mut Scratch, store: Store<'_>) -> Result<(), BlockError> {
    decode_as(simd, block, End::Standard, scratch, store)
}

/// Decodes a block that [`decode`] refuses for a segmentation symbol, if it is sound but for its end: encoders that cut the last
/// segment where a layer ends may leave out a byte too many, as OpenJPEG does for one block of some thousand. The ones that a
/// decoder reads there (C.3.4) then lie above the interval that was coded, and every decision after is wrong, while zeros lie in
/// it. What is decoded with zeros is taken only if all segmentation symbols but the last pass's are right, and the decisions use
/// no more than such a segment has: those that go astray use up more.
///
/// # Errors
/// [`BlockError`] as from [`decode`], where the block has been damaged otherwise.
///
/// # Panics
/// As [`decode`].
pub fn decode_cut(simd: Simd, block: &MqBlock<'_>, scratch: &mut Scratch, store: Store<'_>) -> Result<(), BlockError> {
    decode_as(simd, block, End::Cut, scratch, store)
}

/// How the last segment of a block ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// As the standard says.
    Standard,
    /// A byte too early, unless it has all of its passes.
    Cut,
}

fn decode_as(simd: Simd, block: &MqBlock<'_>, end: End, scratch: &mut Scratch, store: Store<'_>) -> Result<(), BlockError> {
    block.check(block.bytes.len(), if store.bytes() == 4 { NARROW_BITPLANES } else { MAX_BITPLANES })?;
    match block.bitplanes {
        ..=NARROW_BITPLANES => decode_with(simd, block, end, &mut scratch.narrow, store),
        _ => decode_with(simd, block, end, &mut scratch.wide, store),
    }
}

fn decode_with<S: Sample>(
    simd: Simd,
    block: &MqBlock<'_>,
    end: End,
    stripes: &mut Stripes<S>,
    store: Store<'_>,
) -> Result<(), BlockError> {
    #[cfg(target_arch = "x86_64")]
    if simd.is_avx2() {
        return avx2::run(simd, block, end, stripes, store);
    }
    let _ = simd;
    run(block, end, stripes, store)
}

/// Decodes into the stripes, and stores what is there.
#[inline(always)]
fn run<S: Sample>(block: &MqBlock<'_>, end: End, stripes: &mut Stripes<S>, store: Store<'_>) -> Result<(), BlockError> {
    stripes.reset(block.width as usize, block.height as usize);
    run_passes(block, end, stripes)?;
    stripes.store(store);
    Ok(())
}

/// Runs the passes of a block whose headers have been checked.
#[inline(always)]
fn run_passes<S: Sample>(block: &MqBlock<'_>, last: End, stripes: &mut Stripes<S>) -> Result<(), BlockError> {
    let mut contexts = Contexts::new(block.orientation);
    let (mut bytes, mut number) = (block.bytes, 0);
    let passes = block.codewords.iter().map(|codeword| codeword.passes).sum();
    for codeword in block.codewords {
        let (own, rest) = bytes.split_at(codeword.len);
        bytes = rest;
        let end = number + codeword.passes;
        let predictable = if block.is_raw(number) {
            let mut coder = Raw::new(own);
            for number in number..end {
                let pass = pass(block, stripes, number);
                coder = match number % 3 {
                    1 => pass.significance_propagation(coder),
                    _ => pass.magnitude_refinement(coder),
                };
            }
            coder.ends_predictably()
        } else {
            let is_cut = last == End::Cut && end == passes && !block.ends_segment(end - 1);
            let mut input = Input::new(own, if is_cut { 0 } else { 0xFF });
            let mut coder = Mq::new(&mut contexts, &mut input);
            for number in number..end {
                let pass = pass(block, stripes, number);
                coder = match number % 3 {
                    0 => pass.cleanup(coder),
                    1 => pass.significance_propagation(coder),
                    _ => pass.magnitude_refinement(coder),
                };
                if block.segmentation && number.is_multiple_of(3) {
                    let symbol = (0..4).fold(0, |symbol, _| symbol << 1 | coder.decode(UNIFORM));
                    // Encoders that cut a segment where a layer ends may cut the symbol of its last pass with it.
                    if symbol != 0b1010 && (number + 1 < end || block.ends_segment(number)) {
                        return Err(BlockError::Segmentation { pass: number });
                    }
                }
                if block.reset {
                    coder.reset();
                }
            }
            if is_cut && !coder.ends_within() {
                return Err(BlockError::Segmentation { pass: end - 1 });
            }
            coder.ends_predictably()
        };
        if block.predictable && !predictable && block.ends_segment(end - 1) {
            return Err(BlockError::Termination { pass: end - 1 });
        }
        number = end;
    }
    Ok(())
}

/// Pass `number` of a block: one in the topmost bit-plane, three in each one below.
fn pass<'s, S: Sample>(block: &MqBlock<'_>, stripes: &'s mut Stripes<S>, number: u32) -> Pass<'s, S> {
    let plane = u32::from(block.bitplanes) - 1 - number.div_ceil(3);
    Pass { stripes, rules: Rules { plane, causal: block.causal } }
}
