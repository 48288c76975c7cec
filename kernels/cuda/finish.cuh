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

// A sample of a component, clamped to the declared bits and shifted. Clamped first, so that a damaged sample stays at its end
// of the range.
INLINE u32 finished(const Finish &job, u32 component, i32 value) {
    const i32 half = 1 << (job.bits[component] - 1);
    return (u32)(min(max(value, -half), half - 1) + (job.is_signed[component] ? 0 : half));
}

// Inverse colour transform and rounding of one pixel of COUNT components.
template <u32 COUNT, bool REVERSIBLE> INLINE void finish_pixel(const Finish &job, i32 *values) {
    const bool colour = COUNT == 3 && job.flags & FINISH_COLOUR;
    if (REVERSIBLE) {
        if (colour) {
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
    if (colour) {
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

// Stores four samples of a component, as few words as their distance and place allow.
INLINE void store_four(u8 *at, u32 step, u32 bits, u32 count, const u32 *four) {
    const size_t address = (size_t)at;
    if (bits > 8 && step == 2 && count == PIXELS && address % 8 == 0) {
        *(uint2 *)at = make_uint2((four[0] & 0xFFFF) | four[1] << 16, (four[2] & 0xFFFF) | four[3] << 16);
    } else if (bits <= 8 && step == 1 && count == PIXELS && address % 4 == 0) {
        *(u32 *)at = (four[0] & 0xFF) | (four[1] & 0xFF) << 8 | (four[2] & 0xFF) << 16 | four[3] << 24;
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
        if (job.flags & FINISH_REVERSIBLE) finish_pixel<3, true>(job, values[p]);
        else finish_pixel<3, false>(job, values[p]);
#pragma unroll
        for (u32 c = 0; c < 3; c++) samples[c][p] = c < job.components ? finished(job, c, values[p][c]) : 0;
    }
    u8 *const first = launch.output + job.targets[0] + (u64)y * job.pitches[0] + x * job.steps[0];
    if (count == PIXELS && is_rgb(job) && (size_t)first % 4 == 0) {
        u32 bytes[3 * PIXELS];
#pragma unroll
        for (u32 n = 0; n < 3 * PIXELS; n++) bytes[n] = samples[n % 3][n / 3] & 0xFF;
#pragma unroll
        for (u32 w = 0; w < 3; w++)
            ((u32 *)first)[w] = bytes[4 * w] | bytes[4 * w + 1] << 8 | bytes[4 * w + 2] << 16 | bytes[4 * w + 3] << 24;
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
    // The pair of columns, and where it is in the first row of the first component.
    long long x = 0;
    u8 *at = nullptr;
    // What two samples of a row are stored as.
    enum { APART, TWO_BYTES, TWO_WORDS, PIXELS_OF_BYTES } form = APART;

    INLINE ToOutput(const Finish &finish, u8 *from) : job(finish), output(from) {}

    // The pair may begin a column before the window, whose first column is `u0`.
    INLINE void begin(i32 column, u32 u0, Inside own) {
        x = 2 * column - (i32)u0;
        at = output + job.targets[0] + x * (long long)job.steps[0];
        if (!own.even || !own.odd) return;
        const size_t places = (size_t)at | job.pitches[0];
        if (COUNT == 1 && job.bits[0] > 8 && job.steps[0] == 2 && places % 4 == 0) form = TWO_WORDS;
        if (COUNT == 1 && job.bits[0] <= 8 && job.steps[0] == 1 && places % 2 == 0) form = TWO_BYTES;
        if (COUNT == 3 && is_rgb(job) && places % 2 == 0) form = PIXELS_OF_BYTES;
    }

    // A pair of samples of row `y` of the window.
    INLINE void put(u32 y, Inside own, const Pair<Kernel> *pairs) const {
        u32 samples[COUNT][2];
#pragma unroll
        for (u32 p = 0; p < 2; p++) {
            i32 values[COUNT];
#pragma unroll
            for (u32 c = 0; c < COUNT; c++) values[c] = Kernel::bits(p ? pairs[c].odd : pairs[c].even);
            finish_pixel<COUNT, Kernel::REVERSIBLE>(job, values);
#pragma unroll
            for (u32 c = 0; c < COUNT; c++) samples[c][p] = finished(job, c, values[c]);
        }
        u8 *const first = at + (u64)y * job.pitches[0];
        if (form == TWO_WORDS) {
            *(u32 *)first = (samples[0][0] & 0xFFFF) | samples[0][1] << 16;
        } else if (form == TWO_BYTES) {
            *(u16 *)first = (u16)((samples[0][0] & 0xFF) | samples[0][1] << 8);
        } else if (form == PIXELS_OF_BYTES) {
            constexpr u32 G = COUNT > 1 ? 1 : 0, B = COUNT > 2 ? 2 : 0;
            ((u16 *)first)[0] = (u16)((samples[0][0] & 0xFF) | samples[G][0] << 8);
            ((u16 *)first)[1] = (u16)((samples[B][0] & 0xFF) | samples[0][1] << 8);
            ((u16 *)first)[2] = (u16)((samples[G][1] & 0xFF) | samples[B][1] << 8);
        } else {
#pragma unroll
            for (u32 c = 0; c < COUNT; c++) {
                u8 *const to = output + job.targets[c] + (u64)y * job.pitches[c] + x * (long long)job.steps[c];
                if (own.even) store_one(to, job.bits[c], samples[c][0]);
                if (own.odd) store_one(to + job.steps[c], job.bits[c], samples[c][1]);
            }
        }
    }
};
