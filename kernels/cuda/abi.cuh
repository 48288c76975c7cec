// The contract with the runner: the structures of kernels/src/device.rs, field by field, and what the numbers mean there.
#pragma once

#include "platform.cuh"

struct CodedBlock {
    u32 magsgn, magsgn_bytes;
    u32 suffix_end, suffix_bytes;
    u32 refinement, refinement_bytes;
    u32 records;
    u32 samples, stride;
    float step;
    u16 width, height;
    u8 passes, missing, plane, flags;
    u8 roi_shift, reserved[3];
};

struct ArithmeticBlock {
    u32 bytes, segments, count;
    u32 samples, stride;
    float step;
    u16 width, height;
    u8 bitplanes, orientation, flags, roi_shift;
};

struct Segment {
    u32 bytes, passes;
};

struct Synthesis {
    u32 u0, v0, u1, v1;
    u32 bands[4], strides[4];
    u32 out, out_stride;
};

struct SmallLevels {
    Synthesis levels[4];
};

struct Finish {
    u32 x0, y0, x1, y1;
    u32 sources[3], strides[3];
    u64 targets[3];
    u32 pitches[3], steps[3];
    u8 bits[3], is_signed[3];
    u8 components, flags;
};

struct LastLevel {
    Synthesis levels[3];
    Finish finish;
};

struct Launch {
    const u8 *input;
    const u32 *tables;
    u32 *records;
    i32 *samples;
    u8 *output;
    u32 *status;
    u32 jobs, count, first, lanes;
};

static_assert(sizeof(CodedBlock) == 52 && sizeof(ArithmeticBlock) == 32 && sizeof(Segment) == 8, "sizes");
static_assert(sizeof(Synthesis) == 56 && sizeof(SmallLevels) == 224, "sizes");
static_assert(sizeof(Finish) == 96 && sizeof(LastLevel) == 264 && sizeof(Launch) == 64, "sizes");

constexpr u8 BLOCK_CAUSAL = 1, BLOCK_REVERSIBLE = 2;
// And of an arithmetic one.
constexpr u8 BLOCK_BYPASS = 4, BLOCK_RESET = 8, BLOCK_TERMINATE = 16, BLOCK_PREDICTABLE = 32, BLOCK_SEGMENTATION = 64;
constexpr u8 FINISH_REVERSIBLE = 1, FINISH_COLOUR = 2;

// A block's status: sound, or the row of quads or the coding pass where it is not and why, the first such one winning.
constexpr u32 STATUS_SOUND = 0xFFFFFFFFu, STATUS_REASONS = 8;
constexpr u32 STATUS_VLC_END = 0, STATUS_OUTSIDE = 1, STATUS_EXPONENT = 2, STATUS_SEGMENTATION = 3, STATUS_TERMINATION = 4;

INLINE u32 status_of(u32 row, u32 reason) { return row * STATUS_REASONS + reason; }

// Words of the decoding tables: CxtVLC for the first row of quads and for the others, then U-VLC; behind those the three zero
// coding tables, sign coding and probability states of the coding passes.
constexpr u32 TABLE_OTHER = 1024, TABLE_UVLC = 2048, TABLE_PASSES = 3072, TABLE_WORDS = 3072 + 3 * 128 + 64 + 128;

// A quad's record; the table entries are records without exponent. The fields of four bits have the samples in the order of rows,
// 0 and 2 before 1 and 3, so that the bottom ones are together.
constexpr u32 RECORD_U_OFF = 6, RECORD_CONTEXT = 7, RECORD_SEVERAL = 11, RECORD_RHO = 12, RECORD_BOTTOM = 14, RECORD_E_K = 16,
              RECORD_E_1 = 20, RECORD_EXPONENT = 24;
