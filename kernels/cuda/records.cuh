// Where the chain of a block puts what it makes: records of quads, and the significance that the next row of quads asks for.
#pragma once

#include "abi.cuh"

// Records one pair of quads after the other: for another warp that waits for rows, and where too few lanes have blocks for more.
struct RecordsInPairs {
    static constexpr bool IN_GROUPS = false;
    // Where the next pair goes; at first the one before the first.
    u32 *next;

    INLINE RecordsInPairs(const Launch &launch, const CodedBlock &block) : next(launch.records + block.records - 2) {}

    INLINE void put(uint2 pair) {
        put_last(pair);
        next += 2;
    }

    // The last pair, which is put again.
    INLINE void put_last(uint2 pair) { *(uint2 *)next = pair; }
    INLINE void end_group(u32) {}
};

// Pairs of 16 quads, and how far apart a warp's are in shared memory for what it then reads to lie in different banks.
constexpr u32 GROUP_PAIRS = 8;
template <u32 THREADS> constexpr u32 STAGE_PITCH = THREADS + 2;

// Records of 16 quads at a time where all lanes have a block each: alone, each would write to a line of memory of its own at a
// time.
template <u32 THREADS> struct RecordsInGroups {
    static constexpr bool IN_GROUPS = true;
    static constexpr u32 PITCH = STAGE_PITCH<THREADS>;
    // Of this thread: the pair before the group, which is put again, and those of the group, PITCH apart.
    SharedTable stage;
    u32 *const records;
    // Where the group goes, and the pairs that are staged.
    u32 at, count;

    INLINE RecordsInGroups(const Launch &launch, const CodedBlock &block, u32 *shared)
        : stage(shared), records(launch.records), at(block.records), count(0) {}

    INLINE void put(uint2 pair) {
        put_last(pair);
        count += 1;
    }

    INLINE void put_last(uint2 pair) { stage.set_pair((i32)(count * PITCH), pair); }

    INLINE void end_group(u32 pairs) {
        if (all_here(pairs == GROUP_PAIRS && at % 4 == 0)) {
            // Four lanes write the records of one.
            const u32 lane = threadIdx.x % WARP, part = lane % 4;
            __syncwarp();
#pragma unroll
            for (u32 first = 0; first < WARP; first += WARP / 4) {
                const u32 owner = first + lane / 4;
                const u32 to = __shfl_sync(ALL_LANES, at, (i32)owner) + 4 * part;
                const i32 from = (i32)((1 + 2 * part) * PITCH + owner) - (i32)lane;
                const uint2 low = stage.pair_now(from), high = stage.pair_now(from + (i32)PITCH);
                *(uint4 *)(records + to) = make_uint4(low.x, low.y, high.x, high.y);
            }
            __syncwarp();
        } else {
            for (u32 n = 0; n < pairs; n++) *(uint2 *)(records + at + 2 * n) = stage.pair_now((i32)((n + 1) * PITCH));
        }
        at += 2 * pairs;
        count = 0;
    }
};

// Which bottom samples of the row of quads above are significant, two bits to a quad and a word to 16: NEAR words, PITCH apart,
// are in shared memory, those of wider blocks among the records before the block's first.
template <u32 NEAR, u32 PITCH> struct Above {
    u32 *near;
    u32 *far;

    INLINE Above(const Launch &launch, const CodedBlock &block, u32 *shared)
        : near(shared), far(launch.records + block.records - OWN_BEFORE) {}

    INLINE u32 &word(u32 index) const { return index < NEAR ? near[index * PITCH] : far[index]; }
};
