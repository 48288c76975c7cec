//! Plain-data jobs in C layout. Indices count within the plan that holds the jobs, which has proven them.
//!
//! A plan's tree in flat form: a [`TileJob`] has one [`OutputJob`] per component; that has a lowest band and one
//! [`DwtJob`] per decomposition level; that has three [`BandJob`]s; those have [`BlockJob`]s in raster order; those have
//! [`Span`]s of coded bytes.

use bytemuck::{Pod, Zeroable};

/// Coded bytes, counted from the codestream's SOC marker.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct Span {
    /// First byte.
    pub start: u64,
    /// Bytes.
    pub len: u32,
    /// Of an MQ block: coding passes of the codeword segment that ends with this span, 0 where it goes on with the next one.
    /// Of an HT block: 0.
    pub passes: u32,
}

/// One code-block. Its samples are a window of its band; all of them are written, as zeros where `passes` is 0.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct BlockJob {
    /// First of its spans. HT: the cleanup segment's bytes before the refinement segment's. MQ: in the order of the passes.
    pub first_span: u32,
    /// How many spans there are; HT: 0 to 3.
    pub spans: u32,
    /// HT: bytes of the cleanup segment. MQ: 0.
    pub cleanup_len: u32,
    /// HT: bytes of the refinement segment. MQ: 0.
    pub refinement_len: u32,
    /// First column in the band's stored rectangle.
    pub x: u32,
    /// First row in the band's stored rectangle.
    pub y: u32,
    /// Columns, 1 to 1024.
    pub width: u16,
    /// Rows, 1 to 1024.
    pub height: u16,
    /// 0 for an all-zero block. HT: 1 cleanup, 2 with SigProp, 3 with MagRef. MQ: the number of coding passes.
    pub passes: u8,
    /// Zero bit-planes above the (first) cleanup pass, below the band's bit-planes.
    pub missing: u8,
    /// 0 for an HT block, [`BlockJob::MQ`] for one of ISO/IEC 15444-1.
    pub coding: u8,
    /// Always 0.
    pub reserved: u8,
}

impl BlockJob {
    /// Coding: arithmetic coding of ISO/IEC 15444-1.
    pub const MQ: u8 = 1;
}

/// One subband, or the part of it that the request reaches.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct BandJob {
    /// First of its blocks, which follow in raster order.
    pub first_block: u32,
    /// Blocks across.
    pub blocks_wide: u32,
    /// Blocks down.
    pub blocks_high: u32,
    /// Where its samples start in the tile's coefficients, in words of four bytes, when all bands are held at once. A wide
    /// sample takes two words and starts at an even one.
    pub offset: u32,
    /// First stored column on the subband's grid. The stored rectangle is a union of code-blocks.
    pub x0: u32,
    /// First stored row.
    pub y0: u32,
    /// Column after the last; also gives the distance of rows: `x1 - x0` samples.
    pub x1: u32,
    /// Row after the last.
    pub y1: u32,
    /// Step size; 1 where reversible.
    pub step: f32,
    /// M_b: magnitude bit-planes.
    pub bitplanes: u8,
    /// Shift of the region of interest, added to the bit-planes of its blocks.
    pub roi_shift: u8,
    /// 0 LL, 1 HL, 2 LH, 3 HH.
    pub orientation: u8,
    /// [`BandJob::CAUSAL`] and its neighbours.
    pub flags: u8,
}

impl BandJob {
    /// Flag: vertically causal contexts.
    pub const CAUSAL: u8 = 1;
    /// Flag: integer coefficients.
    pub const REVERSIBLE: u8 = 2;
    /// Flag of MQ blocks: raw bits from the fifth bit-plane on (selective arithmetic coding bypass).
    pub const BYPASS: u8 = 4;
    /// Flag of MQ blocks: context probabilities begin anew with each pass.
    pub const RESET: u8 = 8;
    /// Flag of MQ blocks: each pass ends its codeword segment.
    pub const TERMINATE: u8 = 16;
    /// Flag of MQ blocks: codeword segments end predictably.
    pub const PREDICTABLE: u8 = 32;
    /// Flag of MQ blocks: a segmentation symbol ends each cleanup pass.
    pub const SEGMENTATION: u8 = 64;

    /// Distance of rows in samples.
    pub const fn stride(&self) -> u32 {
        self.x1 - self.x0
    }

    /// Samples stored.
    pub const fn samples(&self) -> u64 {
        self.stride() as u64 * (self.y1 - self.y0) as u64
    }

    /// Whether coefficients are integers.
    pub const fn reversible(&self) -> bool {
        self.flags & Self::REVERSIBLE != 0
    }

    /// Whether contexts are vertically causal.
    pub const fn causal(&self) -> bool {
        self.flags & Self::CAUSAL != 0
    }
}

/// One level of the inverse wavelet transform: the window of its output, on the output resolution's grid. The low band
/// is the previous level's output, or the component's lowest band.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct DwtJob {
    /// First column.
    pub u0: u32,
    /// First row.
    pub v0: u32,
    /// Column after the last.
    pub u1: u32,
    /// Row after the last.
    pub v1: u32,
    /// HL band; LH and HH follow it.
    pub hl: u32,
    /// Always 0.
    pub reserved: [u32; 3],
}

/// The last stage of one component of one tile.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct OutputJob {
    /// First column on the component's reduced grid.
    pub x0: u32,
    /// First row.
    pub y0: u32,
    /// Column after the last.
    pub x1: u32,
    /// Row after the last.
    pub y1: u32,
    /// The lowest band.
    pub lowest: u32,
    /// First of its wavelet levels, lowest first.
    pub first_dwt: u32,
    /// How many levels.
    pub dwts: u32,
    /// Which of the plan's planes it writes.
    pub plane: u16,
    /// 0 for 9/7, 1 for 5/3.
    pub reversible: u8,
    /// 1 where coefficients need eight bytes each: i64 for 5/3, f64 for 9/7. Else they are i32 and f32.
    pub wide: u8,
}

impl OutputJob {
    /// Words of four bytes that a coefficient takes.
    pub const fn words_per_sample(&self) -> usize {
        if self.wide == 1 { 2 } else { 1 }
    }
}

/// One tile: an output for each plane of the plan, in order.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct TileJob {
    /// Number in the codestream.
    pub index: u32,
    /// First of its outputs.
    pub first_output: u32,
    /// Words of four bytes that the samples of all its bands take: an even number, so that every tile can begin wide.
    pub coefficients: u32,
    /// Whether the first three planes go through RCT or ICT.
    pub colour_transform: u32,
}

const _: () = {
    assert!(size_of::<Span>() == 16 && align_of::<Span>() == 8);
    assert!(size_of::<BlockJob>() == 32 && align_of::<BlockJob>() == 4);
    assert!(std::mem::offset_of!(BlockJob, x) == 16 && std::mem::offset_of!(BlockJob, width) == 24);
    assert!(std::mem::offset_of!(BlockJob, passes) == 28 && std::mem::offset_of!(BlockJob, missing) == 29);
    assert!(std::mem::offset_of!(BlockJob, coding) == 30 && std::mem::offset_of!(Span, passes) == 12);
    assert!(size_of::<BandJob>() == 40 && align_of::<BandJob>() == 4);
    assert!(std::mem::offset_of!(BandJob, x0) == 16 && std::mem::offset_of!(BandJob, step) == 32);
    assert!(std::mem::offset_of!(BandJob, bitplanes) == 36 && std::mem::offset_of!(BandJob, flags) == 39);
    assert!(size_of::<DwtJob>() == 32 && std::mem::offset_of!(DwtJob, hl) == 16);
    assert!(size_of::<OutputJob>() == 32 && std::mem::offset_of!(OutputJob, lowest) == 16);
    assert!(std::mem::offset_of!(OutputJob, plane) == 28 && std::mem::offset_of!(OutputJob, reversible) == 30);
    assert!(std::mem::offset_of!(OutputJob, wide) == 31);
    assert!(size_of::<TileJob>() == 16 && std::mem::offset_of!(TileJob, coefficients) == 8);
};
