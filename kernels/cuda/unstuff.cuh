// Stuffing bits (ISO/IEC 15444-15, 7.1): found by who reads a stream, taken out here.
#pragma once

#include "abi.cuh"

// A word without the bits of a mask; what is above comes down.
INLINE u32 without(u32 word, u32 stuffed) {
    while (stuffed) {
        // From the top, so that the places below stay where they are.
        const u32 bit = 1u << (31 - __clz((int)stuffed));
        word = (word >> 1 & ~(bit - 1)) | (word & (bit - 1));
        stuffed ^= bit;
    }
    return word;
}

// Puts the words of a warp's lanes one behind the other into shared memory that holds zeros there: `own` bits of each from `from`
// on, wherever in a word that is; WORDS is a power of two, behind which it begins again. Returns how many bits there are.
template <u32 WORDS> INLINE u32 append(u32 *bits, u32 from, u32 word, u32 own, u32 lane) {
    u32 start = 32 * lane, total = 32 * WARP;
    if (__any_sync(ALL_LANES, own != 32)) {
        const u32 end = warp_sum_up_to(own, lane);
        start = end - own;
        total = __shfl_sync(ALL_LANES, end, WARP - 1);
    }
    const u32 bit = from + start;
    __syncwarp();
    atomicOr(&bits[(bit >> 5) % WORDS], word << (bit & 31));
    if (bit & 31) atomicOr(&bits[((bit >> 5) + 1) % WORDS], word >> (32 - (bit & 31)));
    __syncwarp();
    return total;
}
