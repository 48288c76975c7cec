// The last stage: inverse colour transform, rounding, level shift, clamping and interleaving (ISO/IEC 15444-1, Annex G).
#pragma once

#include "abi.cuh"
#include "wavelet.cuh"

// A thread makes four pixels of a row, a warp a row of a tile.
constexpr u32 FINISH_THREADS = 256, PIXELS = 4, TILE_COLUMNS = PIXELS * WARP, TILE_ROWS = FINISH_THREADS / WARP;

// To the nearest integer, ties to even, cut beyond 22 bits and a sign; what is not a number comes to the lower end. Adding
// 1.5 * 2^23 leaves the integer in the lowest bits of the sum.
INLINE i32 nearest(float value) {
    const float limit = 4194304.0f, shift = 12582912.0f;
    value = value > -limit ? value : -limit;
    value = value < limit ? value : limit;
    return __float_as_int(value + shift) - __float_as_int(shift);
}

// The range of a component's samples.
struct Range {
    i32 half;
    u32 shift;

    INLINE static Range of(const Finish &job, u32 component) {
        const i32 half = 1 << (job.bits[component] - 1);
        return {half, job.is_signed[component] ? 0 : (u32)half};
    }

    // A sample, clamped to the declared bits and shifted. Clamped first, so that a damaged sample stays at its end of the range.
    INLINE u32 finished(i32 value) const { return (u32)min(max(value, -half), half - 1) + shift; }
};

// Inverse colour transform, if there is one, and rounding of one pixel of COUNT components.
template <u32 COUNT, bool REVERSIBLE> INLINE void finish_pixel(bool colour, i32 *values) {
    if (REVERSIBLE) {
        if (COUNT == 3 && colour) {
            // Inverse RCT (G-6 to G-8). Sums wrap: only damaged data reaches the ends of the range.
            const u32 y1 = values[1], y2 = values[2];
            const u32 green = (u32)values[0] - (u32)((i32)(y1 + y2) >> 2);
            values[0] = (i32)(y2 + green);
            values[1] = (i32)green;
            values[2] = (i32)(y1 + green);
        }
        return;
    }
    float reals[3] = {};
#pragma unroll
    for (u32 c = 0; c < COUNT; c++) reals[c] = __int_as_float(values[c]);
    if (COUNT == 3 && colour) {
        // Inverse ICT (G-12 to G-14).
        const float luma = reals[0], blue = reals[1], red = reals[2];
        reals[0] = luma + 1.402f * red;
        reals[1] = luma - 0.344136f * blue - 0.714136f * red;
        reals[2] = luma + 1.772f * blue;
    }
#pragma unroll
    for (u32 c = 0; c < COUNT; c++) values[c] = nearest(reals[c]);
}

// Four samples from `index` on, as one word of 16 bytes where all are there and it is aligned.
INLINE void load_four(const Launch &launch, u32 index, u32 count, i32 *four) {
    const i32 *from = launch.samples + index;
    if (count == PIXELS && index % PIXELS == 0) {
        const int4 all = *(const int4 *)from;
        four[0] = all.x, four[1] = all.y, four[2] = all.z, four[3] = all.w;
    } else {
#pragma unroll
        for (u32 p = 0; p < PIXELS; p++) four[p] = p < count ? from[p] : 0;
    }
}

INLINE void store_one(u8 *at, u32 bits, u32 sample) {
    if (bits > 8) *(u16 *)at = (u16)sample;
    else *at = (u8)sample;
}

// The low bytes of four words.
INLINE u32 four_bytes(u32 a, u32 b, u32 c, u32 d) {
    return __byte_perm(__byte_perm(a, b, 0x0040), __byte_perm(c, d, 0x0040), 0x5410);
}

// Stores four pixels of three bytes at a whole word.
INLINE void store_rgb(u8 *at, const u32 (*samples)[PIXELS]) {
    const u32 *r = samples[0], *g = samples[1], *b = samples[2];
    u32 *const words = (u32 *)at;
    words[0] = four_bytes(r[0], g[0], b[0], r[1]);
    words[1] = four_bytes(g[1], b[1], r[2], g[2]);
    words[2] = four_bytes(b[2], r[3], g[3], b[3]);
}

// Stores four samples of a component, as few words as their distance and place allow.
INLINE void store_four(u8 *at, u32 step, u32 bits, u32 count, const u32 *four) {
    const size_t address = (size_t)at;
    if (bits > 8 && step == 2 && count == PIXELS && address % 8 == 0) {
        *(uint2 *)at = make_uint2((four[0] & 0xFFFF) | four[1] << 16, (four[2] & 0xFFFF) | four[3] << 16);
    } else if (bits <= 8 && step == 1 && count == PIXELS && address % 4 == 0) {
        *(u32 *)at = four_bytes(four[0], four[1], four[2], four[3]);
    } else {
#pragma unroll
        for (u32 p = 0; p < PIXELS; p++)
            if (p < count) store_one(at + p * step, bits, four[p]);
    }
}

// Whether three components are the bytes of pixels without gaps.
INLINE bool is_rgb(const Finish &job) {
    bool rgb = job.components == 3 && job.targets[1] == job.targets[0] + 1 && job.targets[2] == job.targets[0] + 2;
#pragma unroll
    for (u32 c = 0; c < 3; c++) rgb = rgb && job.steps[c] == 3 && job.bits[c] <= 8;
    return rgb;
}

// Finishes up to four pixels from (x, y) of a job's rectangle on.
INLINE void finish_pixels(const Launch &launch, const Finish &job, u32 x, u32 y) {
    const u32 count = min(job.x1 - job.x0 - x, PIXELS);
    i32 values[PIXELS][3];
#pragma unroll
    for (u32 c = 0; c < 3; c++) {
        i32 four[PIXELS] = {};
        if (c < job.components) load_four(launch, job.sources[c] + (job.y0 + y) * job.strides[c] + job.x0 + x, count, four);
#pragma unroll
        for (u32 p = 0; p < PIXELS; p++) values[p][c] = four[p];
    }
    u32 samples[3][PIXELS];
#pragma unroll
    for (u32 p = 0; p < PIXELS; p++) {
        if (job.flags & FINISH_REVERSIBLE) finish_pixel<3, true>(job.flags & FINISH_COLOUR, values[p]);
        else finish_pixel<3, false>(job.flags & FINISH_COLOUR, values[p]);
#pragma unroll
        for (u32 c = 0; c < 3; c++) samples[c][p] = c < job.components ? Range::of(job, c).finished(values[p][c]) : 0;
    }
    u8 *const first = launch.output + job.targets[0] + (u64)y * job.pitches[0] + x * job.steps[0];
    if (count == PIXELS && is_rgb(job) && (size_t)first % 4 == 0) {
        store_rgb(first, samples);
        return;
    }
#pragma unroll
    for (u32 c = 0; c < 3; c++)
        if (c < job.components) {
            u8 *at = launch.output + job.targets[c] + (u64)y * job.pitches[c] + x * job.steps[c];
            store_four(at, job.steps[c], job.bits[c], count, samples[c]);
        }
}

// Where the last level puts what it makes: through the last stage into the output. All that does not change from row to row is
// found out before.
template <class Kernel, u32 COUNT> struct ToOutput {
    const Finish &job;
    u8 *const output;
    Inside own = {};
    // The first of the lane's columns, and where it is in the first row of the first component.
    i32 x = 0;
    u8 *at = nullptr;
    u32 pitch;
    // What four samples of a row are stored as, where they lie at a whole word.
    enum { APART, BYTES, WORDS, PIXELS_OF_BYTES } form = APART;
    bool colour;
    Range ranges[COUNT];

    INLINE ToOutput(const Finish &finish, u8 *from)
        : job(finish), output(from), pitch(finish.pitches[0]), colour(COUNT == 3 && finish.flags & FINISH_COLOUR) {
#pragma unroll
        for (u32 c = 0; c < COUNT; c++) ranges[c] = Range::of(job, c);
    }

    // The columns may begin before the window, whose first one is `u0`.
    INLINE void begin(i32 column, u32 u0, Inside columns) {
        own = columns;
        x = column - (i32)u0;
        at = output + job.targets[0] + x * (long long)job.steps[0];
        if (!own.all) return;
        if (COUNT == 1 && job.bits[0] > 8 && job.steps[0] == 2) form = WORDS;
        if (COUNT == 1 && job.bits[0] <= 8 && job.steps[0] == 1) form = BYTES;
        if (COUNT == 3 && is_rgb(job)) form = PIXELS_OF_BYTES;
    }

    // The lane's samples of row `y` of the window.
    INLINE void put(u32 y, const Row<Kernel> *rows) const {
        u32 samples[COUNT][COLUMNS];
#pragma unroll
        for (u32 n = 0; n < COLUMNS; n++) {
            i32 values[COUNT];
#pragma unroll
            for (u32 c = 0; c < COUNT; c++) values[c] = Kernel::bits(rows[c].at[n]);
            finish_pixel<COUNT, Kernel::REVERSIBLE>(colour, values);
#pragma unroll
            for (u32 c = 0; c < COUNT; c++) samples[c][n] = ranges[c].finished(values[c]);
        }
        u8 *const first = at + (u64)y * pitch;
        if (form == APART || (size_t)first % 4 != 0) {
#pragma unroll 1
            for (u32 n = 0; n < COLUMNS; n++)
                if (own.mask >> n & 1) store_pixel(y, n, samples);
        } else if (COUNT == 3) {
            store_rgb(first, samples);
        } else if (form == BYTES) {
            *(u32 *)first = four_bytes(samples[0][0], samples[0][1], samples[0][2], samples[0][3]);
        } else {
            const u32 left = __byte_perm(samples[0][0], samples[0][1], 0x5410);
            const u32 right = __byte_perm(samples[0][2], samples[0][3], 0x5410);
            if ((size_t)first % 8 == 0) {
                store_two(first, left, right);
            } else {
                ((u32 *)first)[0] = left;
                ((u32 *)first)[1] = right;
            }
        }
    }

  private:
    INLINE void store_pixel(u32 y, u32 n, const u32 (*samples)[COLUMNS]) const {
#pragma unroll
        for (u32 c = 0; c < COUNT; c++) {
            // Chosen without an index that changes, so that they stay in registers.
            const u32 *four = samples[c], pair[2] = {n & 1 ? four[1] : four[0], n & 1 ? four[3] : four[2]};
            u8 *const to = output + job.targets[c] + (u64)y * job.pitches[c] + (x + (i32)n) * (long long)job.steps[c];
            store_one(to, job.bits[c], n & 2 ? pair[1] : pair[0]);
        }
    }
};
