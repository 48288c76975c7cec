// The inverse wavelet transform (ISO/IEC 15444-1, Annex F): one level in one launch, both directions at once.
//
// A warp makes a strip of the output and goes down it two rows at a time. A lane holds four columns, the first one even; rows are
// lifted by exchange with the lanes beside it, columns in the lane's own registers, some rows behind. Beyond the window the signal
// is mirrored when it is loaded, and what the lifting steps reach beyond the strip is computed with it. Every sample goes through
// the same operations in the same order as on the processor, so that even the 9/7 gives the same bits.
#pragma once

#include "abi.cuh"

// A warp to a strip, and what a lane holds of a row.
constexpr u32 WAVELET_THREADS = 128, SMALL_THREADS = 512, COLUMNS = 4;

// The reversible 5/3 kernel (F.3.8). Sums wrap: only damaged data reaches the ends of the range.
struct Reversible {
    using Sample = i32;
    static constexpr bool REVERSIBLE = true;
    static constexpr u32 STEPS = 2;

    INLINE static Sample load(i32 bits) { return bits; }
    INLINE static i32 bits(Sample sample) { return sample; }

    // What samples on their way into the lifting steps go through.
    struct Gains {
        bool halves;

        INLINE Gains(bool only_column, bool) : halves(only_column) {}
        INLINE Sample enter(Sample sample, bool odd_column, bool) const { return odd_column && halves ? sample >> 1 : sample; }
    };

    // A sample of the only row of a resolution, an odd one.
    INLINE static Sample leave(Sample sample) { return sample >> 1; }

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

    // The horizontal and the vertical gain together, of the bands in order.
    struct Gains {
        float gains[4];

        INLINE Gains(bool only_column, bool only_row) {
#pragma unroll
            for (u32 band = 0; band < 4; band++) {
                const bool odd_row = band & 2, odd_column = band & 1;
                float low = odd_row ? 1.0f : K * K, high = odd_row ? 1.0f / (K * K) : 1.0f;
                if (only_row) {
                    low = odd_row ? 0.5f * K : K;
                    high = odd_row ? 0.5f / K : 1.0f / K;
                }
                gains[band] = odd_column ? high : low;
                // A single column is not transformed, so the horizontal part of the gain is taken back.
                if (only_column) gains[band] = odd_column ? high * K * 0.5f : low / K;
            }
        }

        INLINE Sample enter(Sample sample, bool odd_column, bool odd_row) const { return sample * gains[2 * odd_row + odd_column]; }
    };

    INLINE static Sample leave(Sample sample) { return sample; }

    // The synthesis steps in order: delta, gamma, beta, alpha (Table F.4).
    INLINE static Sample lift(u32 step, Sample x, Sample a, Sample b) {
        const float factor = step == 1 ? 0.44350685f : step == 2 ? 0.8829111f : step == 3 ? -0.05298012f : -1.5861343f;
        return x - factor * (a + b);
    }
};

// The column or row of a window of two or more that holds the same as one somewhat beyond its ends. Even ones stay even.
INLINE u32 mirrored(i32 at, u32 from, u32 to) {
    const i32 first = (i32)from, last = (i32)to - 1;
    while (at < first || at > last) at = at < first ? 2 * first - at : 2 * last - at;
    return (u32)at;
}

// What a lane holds of a row.
template <class Kernel> struct Row {
    typename Kernel::Sample at[COLUMNS];
};

// Lifts a row. The outermost lanes come out wrong.
template <class Kernel> INLINE void lift_row(Row<Kernel> &row) {
    auto *x = row.at;
#pragma unroll
    for (u32 step = 1; step <= Kernel::STEPS; step += 2) {
        const auto before = shuffle_up(x[3]);
        x[0] = Kernel::lift(step, x[0], before, x[1]);
        x[2] = Kernel::lift(step, x[2], x[1], x[3]);
        const auto after = shuffle_down(x[0]);
        x[1] = Kernel::lift(step + 1, x[1], x[0], x[2]);
        x[3] = Kernel::lift(step + 1, x[3], x[2], after);
    }
}

// Lifts columns from the top down: gives back the pair of rows that is STEPS / 2 pairs above the one that it takes.
template <class Kernel> struct Lifting {
    static constexpr u32 STAGES = Kernel::STEPS / 2;
    // For each pair of steps, the pair of rows that came before: the even one after the step, the odd one before.
    Row<Kernel> evens[STAGES], odds[STAGES];

    INLINE void push(Row<Kernel> &even, Row<Kernel> &odd) {
#pragma unroll
        for (u32 stage = 0; stage < STAGES; stage++)
#pragma unroll
            for (u32 n = 0; n < COLUMNS; n++) {
                auto &last_even = evens[stage].at[n], &last_odd = odds[stage].at[n];
                const auto made_even = Kernel::lift(2 * stage + 1, even.at[n], last_odd, odd.at[n]);
                const auto made_odd = Kernel::lift(2 * stage + 2, last_odd, last_even, made_even);
                even.at[n] = last_even;
                last_even = made_even;
                last_odd = odd.at[n];
                odd.at[n] = made_odd;
            }
    }
};

// Where a lane's columns of a window are, or those that they are mirrored to: for each of its two columns of a band the place in a
// row, low-pass bands first.
struct Lane {
    u32 places[2][2];
    // Which of its columns the lane needs, and whether, in all lanes, those of a band lie side by side at an even place: then
    // they are the same in all bands.
    u32 needed;
    bool side_by_side;

    // The lifting steps reach `reach` columns beyond the window. All lanes of a warp call it together.
    INLINE Lane(i32 column, u32 u0, u32 u1, i32 reach) : places{}, needed(0) {
        const i32 first = (i32)u0, end = (i32)u1;
        const bool is_far = column + (i32)COLUMNS + reach <= first || column >= end + reach;
#pragma unroll
        for (u32 n = 0; n < COLUMNS; n++) {
            const i32 at = column + (i32)n;
            const bool is_inside = at >= first && at < end;
            // A single column has nothing to be mirrored to.
            if (is_far || (!is_inside && end - first == 1)) continue;
            places[n % 2][n / 2] = (is_inside ? (u32)at : mirrored(at, u0, u1)) / 2;
            needed |= 1u << n;
        }
        const bool apart = column < first || column + (i32)COLUMNS > end;
        side_by_side = !__any_sync(ALL_LANES, needed && apart);
    }

    // Two columns of a row of a band that do not lie side by side.
    INLINE int2 load_apart(const i32 *row, u32 high) const {
        int2 two = make_int2(0, 0);
        if (needed >> high & 1) two.x = row[places[high][0]];
        if (needed >> high & 4) two.y = row[places[high][1]];
        return two;
    }
};

// The samples of a pair of rows: of LL, HL, LH and HH.
struct Loaded {
    int2 bands[4];
};

// Loads a pair of rows of COUNT components. Beyond the window rows are mirrored; a single one has nothing to be mirrored to.
template <u32 COUNT>
INLINE void load_rows(const Launch &launch, const Synthesis *jobs, const Lane &lane, i32 pair, Loaded *loaded) {
    const u32 v0 = jobs->v0, v1 = jobs->v1;
    u32 rows[2];
    bool is_there[2];
#pragma unroll
    for (u32 odd = 0; odd < 2; odd++) {
        const i32 v = 2 * pair + (i32)odd;
        const bool is_inside = v >= (i32)v0 && v < (i32)v1;
        is_there[odd] = is_inside || v1 - v0 > 1;
        rows[odd] = (u32)v / 2;
        if (!is_inside && is_there[odd]) rows[odd] = mirrored(v, v0, v1) / 2;
    }
#pragma unroll
    for (u32 c = 0; c < COUNT; c++)
#pragma unroll
        for (u32 band = 0; band < 4; band++) loaded[c].bands[band] = make_int2(0, 0);
    if (lane.side_by_side && is_there[0] && is_there[1]) {
        if (!lane.needed) return;
#pragma unroll
        for (u32 c = 0; c < COUNT; c++)
#pragma unroll
            for (u32 band = 0; band < 4; band++) {
                const u32 row = jobs[c].bands[band] + rows[band / 2] * jobs[c].strides[band];
                loaded[c].bands[band] = *(const int2 *)(launch.samples + (row + lane.places[0][0]));
            }
    } else {
#pragma unroll
        for (u32 c = 0; c < COUNT; c++)
#pragma unroll
            for (u32 band = 0; band < 4; band++) {
                if (!is_there[band / 2]) continue;
                const u32 row = jobs[c].bands[band] + rows[band / 2] * jobs[c].strides[band];
                loaded[c].bands[band] = lane.load_apart(launch.samples + row, band % 2);
            }
    }
}

// One row of the four bands' two.
template <class Kernel> INLINE Row<Kernel> enter(const typename Kernel::Gains &gains, const Loaded &loaded, bool odd) {
    const int2 low = loaded.bands[2 * odd], high = loaded.bands[2 * odd + 1];
    return {gains.enter(Kernel::load(low.x), false, odd), gains.enter(Kernel::load(high.x), true, odd),
            gains.enter(Kernel::load(low.y), false, odd), gains.enter(Kernel::load(high.y), true, odd)};
}

// Which of a lane's columns lie in the window.
struct Inside {
    bool all;
    u32 mask;

    INLINE static Inside of(i32 column, u32 u0, u32 u1) {
        u32 mask = 0;
#pragma unroll
        for (u32 n = 0; n < COLUMNS; n++) mask |= (u32)(column + (i32)n >= (i32)u0 && column + (i32)n < (i32)u1) << n;
        return {mask == (1u << COLUMNS) - 1, mask};
    }
};

// Where a level puts what it makes: among the samples.
template <class Kernel> struct ToSamples {
    i32 *const samples;
    const Synthesis &job;
    Inside own = {};
    u32 at = 0;

    INLINE ToSamples(const Synthesis &level, i32 *all) : samples(all), job(level) {}

    INLINE void begin(i32 column, u32 u0, Inside columns) {
        own = columns;
        at = job.out + (u32)column - u0;
        own.all &= at % COLUMNS == 0 && job.out_stride % COLUMNS == 0;
    }

    // The lane's samples of row `v` of the window.
    INLINE void put(u32 v, const Row<Kernel> *row) const {
        i32 *const to = samples + (at + v * job.out_stride);
        i32 four[COLUMNS];
#pragma unroll
        for (u32 n = 0; n < COLUMNS; n++) four[n] = Kernel::bits(row->at[n]);
        if (own.all) {
            *(int4 *)to = make_int4(four[0], four[1], four[2], four[3]);
        } else {
#pragma unroll
            for (u32 n = 0; n < COLUMNS; n++)
                if (own.mask >> n & 1) to[n] = four[n];
        }
    }
};

// The first and the last lane of a strip hold what the lifting steps reach beyond it.
constexpr u32 STRIP_COLUMNS = (WARP - 2) * COLUMNS;

// Strips of a level side by side, and all.
INLINE u32 strips_across(const Synthesis &job) { return (job.u1 + STRIP_COLUMNS - 1) / STRIP_COLUMNS; }
INLINE u32 synthesis_strips(const Synthesis &job, u32 pairs) {
    return strips_across(job) * ((job.v1 + 2 * pairs - 1) / (2 * pairs));
}

// Makes strip `number` of a level of COUNT components, `pairs` pairs of rows high, if it has so many; all lanes of a warp call it
// together. All components have the window of the first one. `out` is given each row of a lane's samples, of all components.
template <class Kernel, u32 COUNT, class Out>
INLINE void synthesize(const Launch &launch, const Synthesis *jobs, u32 pairs, u32 number, u32 lane, Out out) {
    constexpr u32 STAGES = Kernel::STEPS / 2;
    static_assert(Kernel::STEPS <= COLUMNS, "one lane is enough");
    const u32 u0 = jobs->u0, v0 = jobs->v0, u1 = jobs->u1, v1 = jobs->v1;
    const u32 across = strips_across(*jobs);
    const i32 first = (i32)(number / across * pairs), end = (i32)((v1 + 1) >> 1);
    if (first >= end) return;
    const i32 last = min(first + (i32)pairs, end);
    const i32 column = (i32)(number % across * STRIP_COLUMNS + lane * COLUMNS) - (i32)COLUMNS;
    const Lane own(column, u0, u1, (i32)Kernel::STEPS);
    const bool only_column = u1 - u0 == 1, only_row = v1 - v0 == 1;
    const typename Kernel::Gains gains(only_column, only_row);
    const Inside inside = Inside::of(column, u0, u1);
    const bool writes = lane > 0 && lane < WARP - 1 && inside.mask;
    out.begin(column, u0, inside);

    Loaded next[COUNT];
    load_rows<COUNT>(launch, jobs, own, first - (i32)STAGES, next);
    Lifting<Kernel> columns[COUNT] = {};
    // The rows above the strip that its own depend on, and as many below.
    for (i32 pair = first - (i32)STAGES; pair < last + (i32)STAGES; pair++) {
        Row<Kernel> upper[COUNT], lower[COUNT];
#pragma unroll
        for (u32 c = 0; c < COUNT; c++) {
            upper[c] = enter<Kernel>(gains, next[c], false);
            lower[c] = enter<Kernel>(gains, next[c], true);
        }
        // Loads go a pair ahead.
        load_rows<COUNT>(launch, jobs, own, pair + 1, next);
#pragma unroll
        for (u32 c = 0; c < COUNT; c++) {
            if (!only_column) lift_row(upper[c]), lift_row(lower[c]);
            if (only_row) {
#pragma unroll
                for (u32 n = 0; n < COLUMNS; n++) lower[c].at[n] = Kernel::leave(lower[c].at[n]);
            } else {
                columns[c].push(upper[c], lower[c]);
            }
        }
        // The rows that are done, of all components.
        const i32 done = only_row ? pair : pair - (i32)STAGES, v = 2 * done;
        if (!writes || done < first || done >= last) continue;
        if (v >= (i32)v0) out.put((u32)v - v0, upper);
        if (v + 1 < (i32)v1) out.put((u32)v + 1 - v0, lower);
    }
}
