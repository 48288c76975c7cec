// The last stage: inverse colour transform, rounding, level shift, clamping and interleaving (ISO/IEC 15444-1, Annex G).
#pragma once

#include "abi.cuh"

constexpr u32 FINISH_THREADS = 256;

// To the nearest integer, ties to even, cut beyond 22 bits and a sign; what is not a number comes to the lower end. Adding
// 1.5 * 2^23 leaves the integer in the lowest bits of the sum.
INLINE i32 nearest(float value) {
    const float limit = 4194304.0f, shift = 12582912.0f;
    value = value > -limit ? value : -limit;
    value = value < limit ? value : limit;
    return __float_as_int(value + shift) - __float_as_int(shift);
}

INLINE void store_sample(const Launch &launch, const Finish &job, u32 component, u32 x, u32 y, i32 value) {
    const u32 bits = job.bits[component];
    const i32 half = 1 << (bits - 1);
    // Clamped before the shift, so that a damaged sample stays at its end of the range.
    value = min(max(value, -half), half - 1) + (job.is_signed[component] ? 0 : half);
    u8 *at = launch.output + job.targets[component] + (u64)y * job.pitches[component] + x * job.steps[component];
    if (bits > 8) *(u16 *)at = (u16)value;
    else *at = (u8)value;
}

// Finishes the pixel at (x, y) of a job's rectangle.
INLINE void finish_pixel(const Launch &launch, const Finish &job, u32 x, u32 y) {
    i32 values[3];
    // Unrolled, so that these stay in registers.
#pragma unroll
    for (u32 c = 0; c < 3; c++)
        values[c] = c < job.components ? launch.samples[job.sources[c] + (job.y0 + y) * job.strides[c] + job.x0 + x] : 0;
    const bool colour = job.flags & FINISH_COLOUR;
    if (job.flags & FINISH_REVERSIBLE) {
        if (colour) {
            // Inverse RCT (G-6 to G-8). Sums wrap: only damaged data reaches the ends of the range.
            const u32 y1 = values[1], y2 = values[2];
            const u32 green = (u32)values[0] - (u32)((i32)(y1 + y2) >> 2);
            values[0] = (i32)(y2 + green);
            values[1] = (i32)green;
            values[2] = (i32)(y1 + green);
        }
    } else {
        float reals[3];
#pragma unroll
        for (u32 c = 0; c < 3; c++) reals[c] = __int_as_float(values[c]);
        if (colour) {
            // Inverse ICT (G-12 to G-14).
            const float luma = reals[0], blue = reals[1], red = reals[2];
            reals[0] = luma + 1.402f * red;
            reals[1] = luma - 0.344136f * blue - 0.714136f * red;
            reals[2] = luma + 1.772f * blue;
        }
#pragma unroll
        for (u32 c = 0; c < 3; c++) values[c] = nearest(reals[c]);
    }
#pragma unroll
    for (u32 c = 0; c < 3; c++)
        if (c < job.components) store_sample(launch, job, c, x, y, values[c]);
}
