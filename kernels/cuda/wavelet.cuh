// The inverse wavelet transform (ISO/IEC 15444-1, Annex F): one level in one launch, both directions at once.
//
// A thread block makes a tile of the output: it loads the tile's samples of all four bands and as many around it as the
// lifting steps reach, lifts rows and then columns in shared memory, and stores the tile. Every sample goes through the same
// operations in the same order as on the processor, so that even the 9/7 gives the same bits.
#pragma once

#include "abi.cuh"

constexpr u32 TILE_WIDTH = 64, TILE_HEIGHT = 32, WAVELET_THREADS = 256;

// The reversible 5/3 kernel (F.3.8). Sums wrap: only damaged data reaches the ends of the range.
struct Reversible {
    using Sample = i32;
    static constexpr u32 STEPS = 2;

    INLINE static Sample load(i32 bits) { return bits; }
    INLINE static i32 bits(Sample sample) { return sample; }

    // A sample on its way into the lifting steps.
    INLINE static Sample enter(Sample sample, bool odd_column, bool, bool only_column, bool) {
        return only_column && odd_column ? sample >> 1 : sample;
    }

    // A sample of the only row of a resolution.
    INLINE static Sample leave(Sample sample, bool odd_row) { return odd_row ? sample >> 1 : sample; }

    // Step 1 takes a quarter of the neighbours off an even sample, step 2 adds half of them to an odd one.
    INLINE static Sample lift(u32 step, Sample x, Sample a, Sample b) {
        const u32 sum = (u32)a + (u32)b;
        return step == 1 ? (i32)((u32)x - (u32)((i32)(sum + 2) >> 2)) : (i32)((u32)x + (u32)((i32)sum >> 1));
    }
};

// The irreversible 9/7 kernel (F.3.8).
struct Irreversible {
    using Sample = float;
    static constexpr u32 STEPS = 4;
    // The scaling factor of Table F.4: low-pass samples are multiplied by it, high-pass samples divided.
    static constexpr float K = 1.2301741f;

    INLINE static Sample load(i32 bits) { return __int_as_float(bits); }
    INLINE static i32 bits(Sample sample) { return __float_as_int(sample); }

    // The horizontal and the vertical gain together.
    INLINE static Sample enter(Sample sample, bool odd_column, bool odd_row, bool only_column, bool only_row) {
        float low = odd_row ? 1.0f : K * K, high = odd_row ? 1.0f / (K * K) : 1.0f;
        if (only_row) {
            low = odd_row ? 0.5f * K : K;
            high = odd_row ? 0.5f / K : 1.0f / K;
        }
        // A single column is not transformed, so the horizontal part of the gain is taken back.
        if (only_column) return odd_column ? sample * (high * K * 0.5f) : sample * (low / K);
        return sample * (odd_column ? high : low);
    }

    INLINE static Sample leave(Sample sample, bool) { return sample; }

    // The synthesis steps in order: delta, gamma, beta, alpha (Table F.4).
    INLINE static Sample lift(u32 step, Sample x, Sample a, Sample b) {
        const float factor = step == 1 ? 0.44350685f : step == 2 ? 0.8829111f : step == 3 ? -0.05298012f : -1.5861343f;
        return x - factor * (a + b);
    }
};

template <class Kernel> struct WaveletShared {
    static constexpr u32 COLUMNS = TILE_WIDTH + 2 * Kernel::STEPS, ROWS = TILE_HEIGHT + 2 * Kernel::STEPS;
    typename Kernel::Sample samples[ROWS][COLUMNS];
};

// Makes tile `number` of a level, if it has so many; all threads of a block call it together.
template <class Kernel>
INLINE void synthesize(const Launch &launch, const Synthesis &job, u32 number, WaveletShared<Kernel> &shared, u32 thread) {
    using Shared = WaveletShared<Kernel>;
    constexpr u32 STEPS = Kernel::STEPS;
    const u32 width = job.u1 - job.u0, height = job.v1 - job.v0;
    const u32 across = (width + TILE_WIDTH - 1) / TILE_WIDTH;
    if (width == 0 || number / across * TILE_HEIGHT >= height) return;
    const u32 left = number % across * TILE_WIDTH, top = number / across * TILE_HEIGHT;
    const u32 right = min(left + TILE_WIDTH, width), bottom = min(top + TILE_HEIGHT, height);
    // What is loaded, counted from the window's corner, and its corner on the resolution's grid.
    const u32 x0 = left > STEPS ? left - STEPS : 0, x1 = min(right + STEPS, width);
    const u32 y0 = top > STEPS ? top - STEPS : 0, y1 = min(bottom + STEPS, height);
    const u32 columns = x1 - x0, rows = y1 - y0, u = job.u0 + x0, v = job.v0 + y0;
    const bool only_column = width == 1, only_row = height == 1;

    for (u32 i = thread; i < Shared::COLUMNS * rows; i += WAVELET_THREADS) {
        const u32 y = i / Shared::COLUMNS, x = i % Shared::COLUMNS;
        if (x >= columns) continue;
        const u32 odd_row = (v + y) & 1, odd_column = (u + x) & 1, band = 2 * odd_row + odd_column;
        const i32 bits = launch.samples[job.bands[band] + ((v + y) >> 1) * job.strides[band] + ((u + x) >> 1)];
        shared.samples[y][x] = Kernel::enter(Kernel::load(bits), odd_column, odd_row, only_column, only_row);
    }
    __syncthreads();

    // At a border that is not the window's, mirroring gives wrong samples, which do not reach the tile.
    if (!only_column) {
#pragma unroll
        for (u32 step = 1; step <= STEPS; step++) {
            const u32 first = (u + step + 1) & 1;
            constexpr u32 HALF = Shared::COLUMNS / 2;
            for (u32 i = thread; i < HALF * rows; i += WAVELET_THREADS) {
                const u32 x = first + 2 * (i % HALF);
                if (x >= columns) continue;
                auto *row = shared.samples[i / HALF];
                row[x] = Kernel::lift(step, row[x], row[x > 0 ? x - 1 : 1], row[x + 1 < columns ? x + 1 : x - 1]);
            }
            __syncthreads();
        }
    }
    if (!only_row) {
#pragma unroll
        for (u32 step = 1; step <= STEPS; step++) {
            const u32 first = (v + step + 1) & 1;
            for (u32 i = thread; i < Shared::COLUMNS * (Shared::ROWS / 2); i += WAVELET_THREADS) {
                const u32 x = i % Shared::COLUMNS, y = first + 2 * (i / Shared::COLUMNS);
                if (x >= columns || y >= rows) continue;
                auto &rows_of = shared.samples;
                rows_of[y][x] = Kernel::lift(step, rows_of[y][x], rows_of[y > 0 ? y - 1 : 1][x],
                                             rows_of[y + 1 < rows ? y + 1 : y - 1][x]);
            }
            __syncthreads();
        }
    }

    for (u32 i = thread; i < TILE_WIDTH * (bottom - top); i += WAVELET_THREADS) {
        const u32 x = left + i % TILE_WIDTH, y = top + i / TILE_WIDTH;
        if (x >= right) continue;
        auto sample = shared.samples[y - y0][x - x0];
        if (only_row) sample = Kernel::leave(sample, v & 1);
        launch.samples[job.out + y * job.out_stride + x] = Kernel::bits(sample);
    }
}
