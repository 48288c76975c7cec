// The inverse wavelet transform (ISO/IEC 15444-1, Annex F): one level in one launch, both directions at once.
//
// A warp makes a strip of the output and goes down it two rows at a time. A lane holds two columns, an even one and the odd
// one to its right; rows are lifted by exchange with the lanes beside it, columns in the lane's own registers, some rows
// behind. What the lifting steps reach beyond the strip is computed with it. Every sample goes through the same operations
// in the same order as on the processor, so that even the 9/7 gives the same bits.
#pragma once

#include "abi.cuh"

// A warp to a strip.
constexpr u32 WAVELET_THREADS = 128;

// The reversible 5/3 kernel (F.3.8). Sums wrap: only damaged data reaches the ends of the range.
struct Reversible {
    using Sample = i32;
    static constexpr bool REVERSIBLE = true;
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
    static constexpr bool REVERSIBLE = false;
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

// An even sample and the odd one behind it.
template <class Kernel> struct Pair {
    typename Kernel::Sample even, odd;
};

// Which samples of a pair lie in the window, whose first row and column are 0 or 1.
struct Inside {
    bool even, odd;
};

INLINE Inside inside(i32 pair, u32 from, u32 to) {
    const i32 at = 2 * pair;
    return {at >= (i32)from && at < (i32)to, at + 1 >= (i32)from && at + 1 < (i32)to};
}

// A step between two neighbours. At the window's ends the signal is mirrored: one neighbour stands for both.
template <class Kernel>
INLINE typename Kernel::Sample lift(u32 step, typename Kernel::Sample x, typename Kernel::Sample before, bool has_before,
                                    typename Kernel::Sample after, bool has_after) {
    return Kernel::lift(step, x, has_before ? before : after, has_after ? after : before);
}

// Lifts a row: a pair in each lane. The outermost lanes, as many as there are pairs of steps, come out wrong.
template <class Kernel> INLINE Pair<Kernel> lift_row(Pair<Kernel> pair, Inside own, bool has_before, bool has_after) {
#pragma unroll
    for (u32 step = 1; step <= Kernel::STEPS; step += 2) {
        const auto before = shuffle_up(pair.odd);
        pair.even = lift<Kernel>(step, pair.even, before, has_before, pair.odd, own.odd);
        const auto after = shuffle_down(pair.even);
        pair.odd = lift<Kernel>(step + 1, pair.odd, pair.even, own.even, after, has_after);
    }
    return pair;
}

// Lifts a column from the top down: gives back the pair that is STEPS / 2 pairs above the one that it takes.
template <class Kernel> struct Column {
    static constexpr u32 STAGES = Kernel::STEPS / 2;
    // For each pair of steps, the pair that came before: its even sample after the step, its odd one before.
    Pair<Kernel> last[STAGES];

    // `rows` tell of the pair that is taken and of the STAGES before it, the newest first.
    INLINE Pair<Kernel> push(Pair<Kernel> pair, const Inside *rows) {
#pragma unroll
        for (u32 stage = 0; stage < STAGES; stage++) {
            const Pair<Kernel> before = last[stage];
            const Inside now = rows[stage], then = rows[stage + 1];
            const auto even = lift<Kernel>(2 * stage + 1, pair.even, before.odd, then.odd, pair.odd, now.odd);
            const auto odd = lift<Kernel>(2 * stage + 2, before.odd, before.even, then.even, even, now.even);
            last[stage] = {even, pair.odd};
            pair = {before.even, odd};
        }
        return pair;
    }
};

// Stores two samples of a row that lie side by side, the even column's at `at`.
template <class Kernel> INLINE void store_pair(i32 *samples, u32 at, Pair<Kernel> pair, Inside own, bool paired) {
    if (paired) {
        *(int2 *)(samples + at) = make_int2(Kernel::bits(pair.even), Kernel::bits(pair.odd));
    } else {
        if (own.even) samples[at] = Kernel::bits(pair.even);
        if (own.odd) samples[at + 1] = Kernel::bits(pair.odd);
    }
}

// The samples of a pair of rows in a pair of columns, of the four bands in order; zeros outside the window.
struct Loaded {
    i32 ll, hl, lh, hh;
};

INLINE Loaded load_pairs(const Launch &launch, const Synthesis &job, i32 x, i32 y, Inside columns) {
    const Inside rows = inside(y, job.v0, job.v1);
    const i32 *samples = launch.samples;
    Loaded loaded = {};
    if (rows.even && columns.even) loaded.ll = samples[job.bands[0] + (u32)y * job.strides[0] + (u32)x];
    if (rows.even && columns.odd) loaded.hl = samples[job.bands[1] + (u32)y * job.strides[1] + (u32)x];
    if (rows.odd && columns.even) loaded.lh = samples[job.bands[2] + (u32)y * job.strides[2] + (u32)x];
    if (rows.odd && columns.odd) loaded.hh = samples[job.bands[3] + (u32)y * job.strides[3] + (u32)x];
    return loaded;
}

// Where a level puts what it makes: among the samples.
template <class Kernel> struct ToSamples {
    i32 *const samples;
    const Synthesis &job;
    u32 at = 0;
    bool paired = false;

    INLINE ToSamples(const Synthesis &level, i32 *all) : samples(all), job(level) {}

    INLINE void begin(i32 column, u32 u0, Inside own) {
        at = job.out + 2 * (u32)column - u0;
        paired = at % 2 == 0 && job.out_stride % 2 == 0 && own.even && own.odd;
    }

    // A pair of samples of row `v` of the window.
    INLINE void put(u32 v, Inside own, const Pair<Kernel> *pair) const {
        store_pair<Kernel>(samples, at + v * job.out_stride, *pair, own, paired);
    }
};

// Makes strip `number` of a level of COUNT components, `pairs` pairs of rows high, if it has so many; all lanes of a warp call it
// together. All components have the window of the first one. `out` is given each pair of samples of a row, of all components.
template <class Kernel, u32 COUNT, class Out>
INLINE void synthesize(const Launch &launch, const Synthesis *jobs, u32 pairs, u32 number, u32 lane, Out out) {
    constexpr u32 STAGES = Kernel::STEPS / 2;
    constexpr u32 STRIP_COLUMNS = WARP - 2 * STAGES;
    const u32 u0 = jobs->u0, v0 = jobs->v0, u1 = jobs->u1, v1 = jobs->v1;
    const u32 across = ((u1 + 1) / 2 + STRIP_COLUMNS - 1) / STRIP_COLUMNS;
    const i32 first = (i32)(number / across * pairs), end = (i32)((v1 + 1) >> 1);
    if (first >= end) return;
    const i32 last = min(first + (i32)pairs, end);
    const i32 column = (i32)(number % across * STRIP_COLUMNS + lane) - (i32)STAGES;
    const Inside own = inside(column, u0, u1);
    const bool has_before = inside(column - 1, u0, u1).odd, has_after = inside(column + 1, u0, u1).even;
    const bool only_column = u1 - u0 == 1, only_row = v1 - v0 == 1;
    const bool writes = lane >= STAGES && lane < WARP - STAGES;
    out.begin(column, u0, own);

    Loaded next[COUNT];
#pragma unroll
    for (u32 c = 0; c < COUNT; c++) next[c] = load_pairs(launch, jobs[c], column, first - (i32)STAGES, own);
    Column<Kernel> evens[COUNT] = {}, odds[COUNT] = {};
    Inside rows[STAGES + 1] = {};
    // The rows above the strip that its own depend on, and as many below.
    for (i32 pair = first - (i32)STAGES; pair < last + (i32)STAGES; pair++) {
#pragma unroll
        for (u32 n = STAGES; n > 0; n--) rows[n] = rows[n - 1];
        rows[0] = inside(pair, v0, v1);
        const i32 done = only_row ? pair : pair - (i32)STAGES;
        // The rows that are done, of all components.
        Pair<Kernel> upper[COUNT], lower[COUNT];
#pragma unroll
        for (u32 c = 0; c < COUNT; c++) {
            // Loads go a pair ahead.
            const Loaded now = next[c];
            next[c] = load_pairs(launch, jobs[c], column, pair + 1, own);
            Pair<Kernel> even, odd;
            even.even = Kernel::enter(Kernel::load(now.ll), false, false, only_column, only_row);
            even.odd = Kernel::enter(Kernel::load(now.hl), true, false, only_column, only_row);
            odd.even = Kernel::enter(Kernel::load(now.lh), false, true, only_column, only_row);
            odd.odd = Kernel::enter(Kernel::load(now.hh), true, true, only_column, only_row);
            if (!only_column) {
                even = lift_row<Kernel>(even, own, has_before, has_after);
                odd = lift_row<Kernel>(odd, own, has_before, has_after);
            }
            Pair<Kernel> left = {even.even, odd.even}, right = {even.odd, odd.odd};
            if (only_row) {
                left.odd = Kernel::leave(left.odd, true);
                right.odd = Kernel::leave(right.odd, true);
            } else {
                left = evens[c].push(left, rows);
                right = odds[c].push(right, rows);
            }
            upper[c] = {left.even, right.even};
            lower[c] = {left.odd, right.odd};
        }
        if (!writes || done < first || done >= last) continue;
        const Inside written = inside(done, v0, v1);
        const u32 v = 2 * (u32)done - v0;
        if (written.even) out.put(v, own, upper);
        if (written.odd) out.put(v + 1, own, lower);
    }
}
