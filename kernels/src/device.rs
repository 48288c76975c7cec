//! What the CUDA kernels are given, in C layout: `kernels/cuda/abi.cuh` has the same structures.
//!
//! A launch series works on six pieces of device memory: the input (jobs and coded bytes), the decoding tables, records of
//! quads, samples (32 bits each: integers or floats), the output and a status for each code-block. Offsets count from the
//! start of the piece; those of samples may stand for a row or column before it, since index arithmetic wraps.

use bytemuck::{Pod, Zeroable};

/// A kernel, by its place among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kernel {
    /// MEL and VLC: [`Launch::count`] blocks, [`Launch::lanes`] to a warp.
    ReadQuads,
    /// Magnitudes and signs: a warp to a block.
    ReadMagnitudes,
    /// Both at once, for few blocks: a thread block to each of [`Launch::count`].
    ReadBlocks,
    /// SigProp and MagRef: a thread block to each number in a list of blocks that are at [`Launch::first`].
    Refine,
    /// Coding passes of [`ArithmeticBlock`]s, a warp to each. Their [`Segment`]s are listed at [`Launch::first`], the status of
    /// the first one has the number [`Launch::lanes`].
    ReadPasses,
    /// A wavelet level of the 5/3 kernel: a grid row to each [`Synthesis`] from [`Launch::first`] on, a warp to a strip of
    /// [`Launch::lanes`] pairs of rows.
    SynthesizeReversible,
    /// The same for the 9/7 kernel.
    SynthesizeIrreversible,
    /// All of a [`SmallLevels`] of the 5/3 kernel in a thread block: a grid row to each from [`Launch::first`] on, strips as above.
    SynthesizeSmallReversible,
    /// The same for the 9/7 kernel.
    SynthesizeSmallIrreversible,
    /// The last level of one component of the 5/3 kernel and the last stage at once, as [`Kernel::SynthesizeReversible`]: a grid
    /// row to each [`LastLevel`].
    FinishReversible,
    /// The same for the 9/7 kernel.
    FinishIrreversible,
    /// The same for three components of the 5/3 kernel.
    FinishReversibleColours,
    /// The same for three components of the 9/7 kernel.
    FinishIrreversibleColours,
    /// The last stage alone: a grid row to each [`Finish`] from [`Launch::first`] on, a thread block a tile.
    Finish,
}

impl Kernel {
    /// Every kernel, in order.
    pub const ALL: [Self; 14] = [
        Self::ReadQuads,
        Self::ReadMagnitudes,
        Self::ReadBlocks,
        Self::Refine,
        Self::ReadPasses,
        Self::SynthesizeReversible,
        Self::SynthesizeIrreversible,
        Self::SynthesizeSmallReversible,
        Self::SynthesizeSmallIrreversible,
        Self::FinishReversible,
        Self::FinishIrreversible,
        Self::FinishReversibleColours,
        Self::FinishIrreversibleColours,
        Self::Finish,
    ];

    /// Its name in the PTX.
    pub const fn entry(self) -> &'static str {
        match self {
            Self::ReadQuads => "read_quads_kernel",
            Self::ReadMagnitudes => "read_magnitudes_kernel",
            Self::ReadBlocks => "read_blocks_kernel",
            Self::Refine => "refine_kernel",
            Self::ReadPasses => "read_passes_kernel",
            Self::SynthesizeReversible => "synthesize_reversible_kernel",
            Self::SynthesizeIrreversible => "synthesize_irreversible_kernel",
            Self::SynthesizeSmallReversible => "synthesize_small_reversible_kernel",
            Self::SynthesizeSmallIrreversible => "synthesize_small_irreversible_kernel",
            Self::FinishReversible => "finish_reversible_kernel",
            Self::FinishIrreversible => "finish_irreversible_kernel",
            Self::FinishReversibleColours => "finish_reversible_colours_kernel",
            Self::FinishIrreversibleColours => "finish_irreversible_colours_kernel",
            Self::Finish => "finish_kernel",
        }
    }

    /// Threads of a block. [`Kernel::ReadQuads`] may be given any number of whole warps up to this.
    pub const fn threads(self) -> u32 {
        match self {
            Self::ReadQuads | Self::ReadMagnitudes => 128,
            Self::ReadBlocks | Self::Refine => 64,
            Self::ReadPasses => 32,
            Self::SynthesizeReversible | Self::SynthesizeIrreversible => 128,
            Self::SynthesizeSmallReversible | Self::SynthesizeSmallIrreversible => 512,
            Self::FinishReversible | Self::FinishIrreversible => 128,
            Self::FinishReversibleColours | Self::FinishIrreversibleColours => 128,
            Self::Finish => 256,
        }
    }
}

/// One code-block of ISO/IEC 15444-15, or the place of any other.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct CodedBlock {
    /// MagSgn bytes in the input.
    pub magsgn: u32,
    /// How many.
    pub magsgn_bytes: u32,
    /// End in the input of the bytes that MEL and VLC share; at least 16 bytes of input lie before it, and 4 behind.
    pub suffix_end: u32,
    /// How many, at least 2.
    pub suffix_bytes: u32,
    /// Bytes of the refinement segment in the input.
    pub refinement: u32,
    /// How many.
    pub refinement_bytes: u32,
    /// Its first record, even; an even number of records to a row of quads. The two before the first are its own as well.
    pub records: u32,
    /// Its first sample.
    pub samples: u32,
    /// Samples from row to row.
    pub stride: u32,
    /// Quantisation step of its band.
    pub step: f32,
    /// Columns.
    pub width: u16,
    /// Rows. Columns times rows are at most 4096.
    pub height: u16,
    /// 0 for a block that is filled with zeros, of which nothing but place and size is used; 1 cleanup, 2 with SigProp, 3 with
    /// MagRef.
    pub passes: u8,
    /// Missing bit-planes, at most 29.
    pub missing: u8,
    /// The bit-plane of the last bit of the cleanup pass; at least 1 with refinement.
    pub plane: u8,
    /// [`CodedBlock::CAUSAL`] and [`CodedBlock::REVERSIBLE`].
    pub flags: u8,
    /// Shift of the region of interest, below 30.
    pub roi_shift: u8,
    /// Always 0.
    pub reserved: [u8; 3],
}

impl CodedBlock {
    /// Flag: vertically causal contexts.
    pub const CAUSAL: u8 = 1;
    /// Flag: integer coefficients.
    pub const REVERSIBLE: u8 = 2;

    /// Status of a sound block. Any other is [`CodedBlock::REASONS`] times the row of quads or the coding pass where it is
    /// damaged, and one of the reasons.
    pub const SOUND: u32 = u32::MAX;
    /// Room for reasons.
    pub const REASONS: u32 = 8;
    /// Reason: the VLC bit-stream ends before the last quad.
    pub const VLC_END: u32 = 0;
    /// Reason: samples outside the block are significant.
    pub const OUTSIDE: u32 = 1;
    /// Reason: an exponent is too great.
    pub const EXPONENT: u32 = 2;
    /// Reason: a cleanup pass does not end with the segmentation symbol.
    pub const SEGMENTATION: u32 = 3;
    /// Reason: a codeword segment does not end predictably.
    pub const TERMINATION: u32 = 4;
}

/// One code-block of ISO/IEC 15444-1. Its samples are zeros before.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct ArithmeticBlock {
    /// Its bytes in the input.
    pub bytes: u32,
    /// First of its codeword segments in their list.
    pub segments: u32,
    /// How many.
    pub count: u32,
    /// Its first sample.
    pub samples: u32,
    /// Samples from row to row.
    pub stride: u32,
    /// Quantisation step of its band.
    pub step: f32,
    /// Columns, at most 1024.
    pub width: u16,
    /// Rows, at most 1024. Columns times rows are at most 4096.
    pub height: u16,
    /// Magnitude bit-planes, empty ones not counted: 1 to 30.
    pub bitplanes: u8,
    /// 0 LL, 1 HL, 2 LH, 3 HH.
    pub orientation: u8,
    /// The flags of its band: [`crate::abi::BandJob::CAUSAL`] and the others.
    pub flags: u8,
    /// Shift of the region of interest, below 30.
    pub roi_shift: u8,
}

/// A codeword segment. Those of a block follow each other, and so do their bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct Segment {
    /// How many bytes.
    pub bytes: u32,
    /// Coding passes, at least 1; those of a block end with the last of its bit-planes or before. Raw and arithmetic passes are
    /// not in one segment.
    pub passes: u32,
}

/// One level of the inverse wavelet transform of a tile-component.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct Synthesis {
    /// First column of the window, at most 3: columns count from a multiple of four on the resolution's grid.
    pub u0: u32,
    /// First row, 0 or 1: rows count from an even one.
    pub v0: u32,
    /// Column after the last.
    pub u1: u32,
    /// Row after the last.
    pub v1: u32,
    /// Where column 0 of row 0 of LL, HL, LH, HH lies or would lie, an even place: half of those that they are interleaved into.
    pub bands: [u32; 4],
    /// Samples from row to row of each, an even number.
    pub strides: [u32; 4],
    /// Where the window goes.
    pub out: u32,
    /// Samples from row to row.
    pub out_stride: u32,
}

impl Synthesis {
    /// Thread blocks that it takes in strips of `pairs` pairs of rows.
    pub const fn blocks(&self, pairs: u32) -> u32 {
        // A warp's 128 columns without those that the lifting steps reach into.
        (self.u1.div_ceil(120) * self.v1.div_ceil(2 * pairs)).div_ceil(Kernel::SynthesizeReversible.threads() / 32)
    }
}

/// Levels of a tile-component that are soon done, each of which takes what the one before has made. Those without rows are left out.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct SmallLevels {
    /// The lowest level first.
    pub levels: [Synthesis; 4],
}

impl SmallLevels {
    /// Most rows, and most columns, of such a level.
    pub const SIDE: u32 = 64;
}

/// The last stage of up to three components of a tile.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct Finish {
    /// First column on the components' reduced grid.
    pub x0: u32,
    /// First row.
    pub y0: u32,
    /// Column after the last.
    pub x1: u32,
    /// Row after the last.
    pub y1: u32,
    /// Where column 0 of row 0 of each component would lie.
    pub sources: [u32; 3],
    /// Samples from row to row of each.
    pub strides: [u32; 3],
    /// Of each component the output byte of the first sample, or its address where [`Launch::output`] is null.
    pub targets: [u64; 3],
    /// Bytes from row to row.
    pub pitches: [u32; 3],
    /// Bytes from sample to sample.
    pub steps: [u32; 3],
    /// Bits of a sample, 1 to 16; up to 8 take one byte, more take two.
    pub bits: [u8; 3],
    /// 1 where samples are signed; others are level shifted.
    pub signed: [u8; 3],
    /// How many components.
    pub components: u8,
    /// [`Finish::REVERSIBLE`] and [`Finish::COLOUR`].
    pub flags: u8,
}

impl Finish {
    /// Flag: integer samples.
    pub const REVERSIBLE: u8 = 1;
    /// Flag: RCT or ICT over the three components.
    pub const COLOUR: u8 = 2;

    /// Thread blocks that it takes.
    pub const fn blocks(&self) -> u32 {
        (self.x1 - self.x0).div_ceil(128) * (self.y1 - self.y0).div_ceil(8)
    }
}

/// The last level of one or three components and their last stage at once.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct LastLevel {
    /// The level of each component, all with the same window; nothing is put [`Synthesis::out`].
    pub levels: [Synthesis; 3],
    /// The last stage of just that window, which takes nothing from [`Finish::sources`].
    pub finish: Finish,
}

/// What every kernel takes: addresses of the six pieces of memory, and the jobs.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct Launch {
    /// Jobs and coded bytes.
    pub input: u64,
    /// [`TABLE_WORDS`] words.
    pub tables: u64,
    /// Quad records.
    pub records: u64,
    /// Samples.
    pub samples: u64,
    /// What comes out; null where jobs of [`Kernel::Finish`] name addresses.
    pub output: u64,
    /// A word for each block.
    pub status: u64,
    /// Where in the input the jobs are.
    pub jobs: u32,
    /// How many.
    pub count: u32,
    /// See [`Kernel`].
    pub first: u32,
    /// See [`Kernel`].
    pub lanes: u32,
}

/// Words of the decoding tables: CxtVLC of the first row of quads and of the others, 1024 each; U-VLC, 512 of two words; zero
/// coding of three kinds of subbands, 512 bytes each, and sign coding, 256 bytes; 128 probability states.
pub const TABLE_WORDS: usize = 3072 + 3 * 128 + 64 + 128;

const _: () = {
    assert!(size_of::<CodedBlock>() == 52 && align_of::<CodedBlock>() == 4);
    assert!(std::mem::offset_of!(CodedBlock, step) == 36 && std::mem::offset_of!(CodedBlock, roi_shift) == 48);
    assert!(size_of::<ArithmeticBlock>() == 32 && size_of::<Segment>() == 8);
    assert!(size_of::<Synthesis>() == 56 && std::mem::offset_of!(Synthesis, out) == 48);
    assert!(size_of::<SmallLevels>() == 224);
    assert!(size_of::<Finish>() == 96 && std::mem::offset_of!(Finish, targets) == 40 && std::mem::offset_of!(Finish, flags) == 95);
    assert!(size_of::<LastLevel>() == 264 && std::mem::offset_of!(LastLevel, finish) == 168);
    assert!(size_of::<Launch>() == 64 && std::mem::offset_of!(Launch, jobs) == 48);
};
