// Code-blocks of ISO/IEC 15444-1: the three coding passes of each bit-plane (Annex D).
//
// A thread decodes a block, since every decision depends on the one before; the other lanes of its warp help before and after.
// What the passes know of the samples is in shared memory, a word pair to each column of a stripe; magnitudes grow in the samples
// themselves, by additions that nobody waits for.
#pragma once

#include "abi.cuh"
#include "arithmetic.cuh"
#include "coefficient.cuh"

// Columns of all stripes of a block of at most 4096 samples and 1024 a side, with one more on either side.
constexpr u32 MOST_STRIPE_COLUMNS = 1536;
// Raw passes begin with this one where arithmetic coding is bypassed (Table D.9).
constexpr u32 FIRST_RAW_PASS = 10;

// Bits of the four rows of a column, three apart.
constexpr u32 ROWS = 0x249;
// Places of a row in a column: its significance in the middle of the three, and its facts.
constexpr u32 OWN = 4, VISITED = 3, REFINED = 4, NEGATIVE = 5;

// A column of a stripe. Rows are counted from the one above the stripe to the one below, three bits each.
struct StripeColumn {
    // Whether the sample to the left, the one itself and the one to the right are significant.
    u32 around;
    // Whether the sample was coded in this bit-plane's significance propagation pass, was refined before, is negative.
    u32 facts;

    INLINE u32 significant() const { return around >> OWN & ROWS; }

    // Samples with a significant neighbour.
    INLINE u32 near() const {
        const u32 beside = around | around >> 2, all = beside | around >> 1;
        return (all | all >> 6 | beside >> 3) & ROWS;
    }
};

struct PassesShared {
    Probabilities probabilities;
    // The contexts of the block's subband by `around` of a sample's three rows, and those of signs.
    u32 zero_coding[128], sign_coding[64];
    // Stripe by stripe. One is read ahead.
    uint2 columns[MOST_STRIPE_COLUMNS + 1];
};

// One pass over a block.
struct Pass {
    PassesShared &shared;
    i32 *samples;
    u32 stride, width, height, plane;
    bool causal;

    // The stripe and the columns in it that the pass is at.
    uint2 *stripe = nullptr;
    u32 y = 0, x = 0, valid = 0;
    StripeColumn left = {}, own = {}, right = {};

    INLINE u32 pitch() const { return width + 2; }

    INLINE static StripeColumn column(uint2 words) { return {words.x, words.y}; }

    // Sample `at` / 3 of the column.
    INLINE i32 *sample(u32 at) const { return samples + (y + at / 3) * stride + x; }

    INLINE u32 zero_context(u32 at) const { return ((const u8 *)shared.zero_coding)[own.around >> at & 511]; }

    // An entry of the sign coding table, whose index has the neighbours above, to the left, to the right and below: whether each
    // is negative and whether it is significant.
    INLINE u32 sign_entry(u32 at) const {
        const u32 negative = (own.facts >> (at + 2) & 0x41) | (left.facts >> (at + 3) & 4) | (right.facts >> (at + 1) & 16);
        return ((const u8 *)shared.sign_coding)[(own.around >> at & 0xAA) | negative];
    }

    // Decodes the sign of a sample that became significant, and tells its neighbours.
    template <class Coder> INLINE void set(Coder &coder, u32 at) {
        const u32 negative = coder.sign(sign_entry(at));
        *sample(at) = (i32)(negative << 31 | 3u << plane);
        own.around |= 1u << (at + OWN);
        left.around |= 1u << (at + OWN + 1);
        right.around |= 1u << (at + OWN - 1);
        own.facts |= negative << (at + NEGATIVE);
        // Samples of the stripe above do not look down where contexts are causal. It has them in its sixth row.
        if (at == 0 && y > 0 && !causal) tell(stripe - pitch() + x + 1, 15 + 1, negative);
        if (at == 9 && y + 4 < height) tell(stripe + pitch() + x + 1, 1, negative);
    }

    INLINE static void tell(uint2 *column, u32 own, u32 negative) {
        atomicOr(&column[-1].x, 2u << own);
        atomicOr(&column[0].x, 1u << own);
        atomicOr(&column[1].x, 1u << own >> 1);
        atomicOr(&column[0].y, negative << (own + 1));
    }

    // Runs `body` for each column in scan order.
    template <class Body> INLINE void scan(Body body) {
        stripe = shared.columns;
        for (y = 0; y < height; y += 4, stripe += pitch()) {
            const u32 rows = min(height - y, 4u);
            valid = ROWS & ((1u << 3 * rows) - 1);
            left = column(stripe[0]);
            own = column(stripe[1]);
            right = column(stripe[2]);
            for (x = 0; x < width; x++) {
                const uint2 ahead = stripe[x + 3];
                body();
                stripe[x] = make_uint2(left.around, left.facts);
                left = own;
                own = right;
                right = column(ahead);
            }
            stripe[width] = make_uint2(left.around, left.facts);
        }
    }

    // Significance propagation (D.3.1): samples that are not significant and have a neighbour that is.
    template <class Coder> INLINE void propagate(Coder &coder) {
        scan([&] {
            u32 members = own.near() & ~own.significant() & valid;
            while (members) {
                const u32 at = (u32)__ffs((int)members) - 1;
                own.facts |= 1u << (at + VISITED);
                members &= ~1u << at;
                if (coder.significance(zero_context(at))) {
                    set(coder, at);
                    // What it is near to becomes a member, as far as it comes later.
                    members = own.near() & ~own.significant() & valid & ~1u << at;
                }
            }
        });
    }

    // Magnitude refinement (D.3.3): samples that were significant before this bit-plane.
    template <class Coder> INLINE void refine(Coder &coder) {
        scan([&] {
            u32 members = own.significant() & ~(own.facts >> VISITED);
            const u32 near = own.near(), refined = own.facts >> REFINED;
            own.facts |= members << REFINED;
            while (members) {
                const u32 at = (u32)__ffs((int)members) - 1;
                members &= members - 1;
                const u32 context = CONTEXT_REFINEMENT + (refined >> at & 1 ? 2 : near >> at & 1);
                // The middle bit gives way to the decoded one, and a new middle follows.
                atomicAdd((u32 *)sample(at), (2 * coder.refinement(context) - 1) << plane);
            }
        });
    }

    // Cleanup (D.3.4): all samples that the other two passes left out. Four of a column without a significant neighbour take one
    // decision while they stay so.
    INLINE void cleanup(Mq &coder) {
        scan([&] {
            u32 members = ~own.significant() & ~(own.facts >> VISITED) & valid;
            own.facts &= ~(ROWS << VISITED);
            bool found = false;
            if (own.around == 0 && valid == ROWS) {
                if (coder.decode(CONTEXT_RUN)) {
                    const u32 high = coder.decode(CONTEXT_UNIFORM), row = 2 * high + coder.decode(CONTEXT_UNIFORM);
                    members &= ~0u << 3 * row;
                    found = true;
                } else {
                    members = 0;
                }
            }
            while (members) {
                const u32 at = (u32)__ffs((int)members) - 1;
                members &= members - 1;
                if (found || coder.significance(zero_context(at))) set(coder, at);
                found = false;
            }
        });
    }
};

// Whether a codeword segment ends with a pass because it has all of its passes, and not because the rest is missing (Table D.9).
INLINE bool ends_segment(const ArithmeticBlock &block, u32 pass) {
    const u32 last = 3u * block.bitplanes - 3;
    return block.flags & BLOCK_TERMINATE || pass == last || (block.flags & BLOCK_BYPASS && pass + 1 >= FIRST_RAW_PASS && pass % 3 != 1);
}

// Reads all segments of a block and returns its status.
INLINE u32 read_segments(const Launch &launch, const ArithmeticBlock &block, PassesShared &shared) {
    const u8 *bytes = launch.input + block.bytes;
    const Segment *segments = (const Segment *)(launch.input + launch.first) + block.segments;
    i32 *samples = launch.samples + block.samples;
    Pass pass = {shared, samples, block.stride, block.width, block.height, 0, (block.flags & BLOCK_CAUSAL) != 0};
    shared.probabilities.reset();
    u32 number = 0;
    for (u32 n = 0; n < block.count; n++) {
        const Segment segment = segments[n];
        const u32 end = number + segment.passes;
        bool predictable;
        if (block.flags & BLOCK_BYPASS && number >= FIRST_RAW_PASS && number % 3 != 0) {
            Raw coder(Bytes{bytes, segment.bytes, 0, 0});
            for (; number < end; number++) {
                pass.plane = block.bitplanes - 1u - (number + 2) / 3;
                if (number % 3 == 1) pass.propagate(coder);
                else pass.refine(coder);
            }
            predictable = coder.ends_predictably();
        } else {
            Mq coder(shared.probabilities, Bytes{bytes, segment.bytes, 0, 0});
            for (; number < end; number++) {
                pass.plane = block.bitplanes - 1u - (number + 2) / 3;
                if (number % 3 == 0) pass.cleanup(coder);
                else if (number % 3 == 1) pass.propagate(coder);
                else pass.refine(coder);
                if (block.flags & BLOCK_SEGMENTATION && number % 3 == 0) {
                    u32 symbol = 0;
                    for (u32 bit = 0; bit < 4; bit++) symbol = 2 * symbol + coder.decode(CONTEXT_UNIFORM);
                    // Encoders that cut a segment where a layer ends may cut the symbol of its last pass with it.
                    if (symbol != 10 && (number + 1 < end || ends_segment(block, number))) return status_of(number, STATUS_SEGMENTATION);
                }
                if (block.flags & BLOCK_RESET) shared.probabilities.reset();
            }
            predictable = coder.ends_predictably();
        }
        if (block.flags & BLOCK_PREDICTABLE && !predictable && ends_segment(block, end - 1))
            return status_of(end - 1, STATUS_TERMINATION);
        bytes += segment.bytes;
    }
    return STATUS_SOUND;
}

// Decodes a block whose samples are zeros; all lanes of a warp call it together.
INLINE void read_passes(const Launch &launch, const ArithmeticBlock &block, u32 *status, PassesShared &shared, u32 lane) {
    const u32 table = block.orientation == 1 ? 1 : block.orientation == 3 ? 2 : 0;
    const u32 *tables = launch.tables + TABLE_PASSES;
    for (u32 n = lane; n < 128; n += WARP) shared.zero_coding[n] = tables[128 * table + n];
    for (u32 n = lane; n < 64; n += WARP) shared.sign_coding[n] = tables[3 * 128 + n];
    for (u32 n = lane; n < STATES; n += WARP) shared.probabilities.states[n] = tables[3 * 128 + 64 + n];
    const u32 width = block.width, height = block.height, columns = (width + 2) * ((height + 3) / 4);
    for (u32 n = lane; n < columns + 1; n += WARP) shared.columns[n] = make_uint2(0, 0);
    __syncwarp();
    if (lane == 0) *status = read_segments(launch, block, shared);
    __syncwarp();
    const Store store = Store::of(block);
    i32 *samples = launch.samples + block.samples;
    for (u32 y = 0; y < height; y++)
        for (u32 x = lane; x < width; x += WARP) {
            i32 *sample = samples + y * block.stride + x;
            *sample = store.refinement((u32)*sample);
        }
}
