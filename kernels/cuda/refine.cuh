// The SigProp and MagRef passes (ISO/IEC 15444-15, 7.4 and 7.5), one bit-plane below the cleanup pass.
//
// Both read bit after bit, but not each other's: a block has two warps, one thread of each reads a pass, and all of them
// then put the bits where they belong.
#pragma once

#include "abi.cuh"
#include "coefficient.cuh"

constexpr u32 STRIPE = 4;
constexpr u32 REFINE_THREADS = 64;
// Columns of all stripes of a block of at most 4096 samples; the same with a zero around.
constexpr u32 MOST_COLUMNS = 1640, MOST_BORDERED = 3288;

// Four bits to a column of a stripe, the first row lowest.
struct RefineShared {
    // Significance after the cleanup pass, and as far as SigProp has come.
    u8 cleanup[MOST_BORDERED];
    u8 current[MOST_BORDERED];
    // What SigProp makes significant with the signs above it, and MagRef's bits.
    u8 found[MOST_COLUMNS];
    u8 refined[MOST_COLUMNS];
};

// SigProp's bits: forwards, seven in the byte after an 0xFF, zeros beyond the end (7.1.5).
struct SigPropBits {
    const u8 *bytes;
    u32 left, byte, count, after_ones;

    INLINE u32 next() {
        if (count == 0) {
            count = after_ones ? 7 : 8;
            byte = left ? *bytes : 0;
            bytes += left > 0;
            left -= left > 0;
            after_ones = byte == 0xFF;
        }
        const u32 bit = byte & 1;
        byte >>= 1;
        count -= 1;
        return bit;
    }
};

// MagRef's bits: backwards, seven in a byte that ends in seven ones after one above 0x8F, zeros beyond the beginning (7.1.6).
struct MagRefBits {
    const u8 *end;
    u32 left, byte, count, above;

    INLINE u32 next() {
        if (count == 0) {
            end -= left > 0;
            byte = left ? *end : 0;
            left -= left > 0;
            count = above && (byte & 0x7F) == 0x7F ? 7 : 8;
            above = byte > 0x8F;
        }
        const u32 bit = byte & 1;
        byte >>= 1;
        count -= 1;
        return bit;
    }
};

// SigProp: samples that are insignificant but have a significant neighbour.
INLINE void sig_prop(const u8 *bytes, const CodedBlock &block, RefineShared &shared) {
    const u32 width = block.width, height = block.height, columns = width + 2;
    SigPropBits bits = {bytes, block.refinement_bytes, 0, 0, 0};
    const bool causal = block.flags & BLOCK_CAUSAL;
    for (u32 top = 0; top < height; top += STRIPE) {
        const u32 rows = min(height - top, STRIPE);
        const u32 stripe = top / STRIPE;
        const u32 border = (stripe + 1) * columns;
        // Signs follow the significance of four columns at a time.
        for (u32 first = 0; first < width; first += 4) {
            const u32 end = min(width, first + 4);
            for (u32 x = first; x < end; x++) {
                // A column with the row above in bit 0 and the row below in bit 5. To the right and below nothing of this
                // pass is known yet.
                u32 sides = 0, own = 0;
                for (u32 side = 0; side < 3; side++) {
                    const u32 at = border + x + side;
                    const u32 below = causal ? 0 : shared.cleanup[at + columns] & 1;
                    const u32 here = side == 0 ? shared.current[at] : shared.cleanup[at];
                    const u32 column = (shared.current[at - columns] >> 3 & 1) | here << 1 | below << 5;
                    if (side == 1) own = column;
                    else sides |= column;
                }
                u32 found = 0;
                for (u32 row = 0; row < rows; row++) {
                    const u32 neighbours = (sides | own) >> row & 7;
                    if (!(own >> (row + 1) & 1) && neighbours && bits.next()) {
                        own |= 2u << row;
                        found |= 1u << row;
                    }
                }
                shared.current[border + 1 + x] |= found;
                shared.found[stripe * width + x] = found;
            }
            for (u32 x = first; x < end; x++) {
                u32 found = shared.found[stripe * width + x];
                for (u32 row = 0; row < rows; row++)
                    if (found >> row & 1) found |= bits.next() << (row + 4);
                shared.found[stripe * width + x] = found;
            }
        }
    }
}

// MagRef: one more magnitude bit for what was significant after the cleanup pass.
INLINE void mag_ref(const u8 *bytes, const CodedBlock &block, RefineShared &shared) {
    const u32 width = block.width, stripes = (block.height + STRIPE - 1) / STRIPE;
    // What comes before the first byte counts as 0xFF.
    MagRefBits bits = {bytes + block.refinement_bytes, block.refinement_bytes, 0, 0, 1};
    for (u32 stripe = 0; stripe < stripes; stripe++)
        for (u32 x = 0; x < width; x++) {
            const u32 significant = shared.cleanup[(stripe + 1) * (width + 2) + 1 + x];
            u32 refined = 0;
            for (u32 row = 0; row < STRIPE; row++)
                if (significant >> row & 1) refined |= bits.next() << row;
            shared.refined[stripe * width + x] = refined;
        }
}

// Refines a block whose cleanup pass has been decoded; all threads of a block call it together.
INLINE void refine(const Launch &launch, const CodedBlock &block, RefineShared &shared, u32 thread) {
    const u32 width = block.width, height = block.height, columns = width + 2;
    const u32 stripes = (height + STRIPE - 1) / STRIPE;
    i32 *samples = launch.samples + block.samples;
    for (u32 i = thread; i < columns * (stripes + 2); i += REFINE_THREADS) shared.cleanup[i] = shared.current[i] = 0;
    __syncthreads();
    for (u32 i = thread; i < width * stripes; i += REFINE_THREADS) {
        const u32 stripe = i / width, x = i % width;
        u32 significant = 0;
        for (u32 row = 0; row < STRIPE; row++) {
            const u32 y = stripe * STRIPE + row;
            if (y < height && samples[y * block.stride + x] != 0) significant |= 1u << row;
        }
        const u32 at = (stripe + 1) * columns + 1 + x;
        shared.cleanup[at] = shared.current[at] = significant;
        shared.refined[i] = 0;
    }
    __syncthreads();
    const u8 *bytes = launch.input + block.refinement;
    if (thread == 0) sig_prop(bytes, block, shared);
    if (thread == WARP && block.passes > 2) mag_ref(bytes, block, shared);
    __syncthreads();

    const Store store = Store::of(block);
    const u32 plane = block.plane;
    for (u32 i = thread; i < width * stripes; i += REFINE_THREADS) {
        const u32 stripe = i / width, x = i % width;
        const u32 significant = shared.cleanup[(stripe + 1) * columns + 1 + x];
        const u32 found = shared.found[i], refined = shared.refined[i];
        for (u32 row = 0; row < STRIPE; row++) {
            const u32 y = stripe * STRIPE + row;
            if (y >= height) break;
            i32 *sample = samples + y * block.stride + x;
            u32 doubled = (u32)*sample;
            if (found >> row & 1) {
                // Magnitude 1 in the next plane, and its middle.
                doubled = (found >> (row + 4) & 1) << 31 | 3u << (plane - 1);
            } else if (significant >> row & 1 && block.passes > 2) {
                // The middle bit gives way to the decoded one, and a new middle follows.
                doubled = (doubled & ~(1u << plane)) | (refined >> row & 1) << plane | 1u << (plane - 1);
            }
            *sample = store.refinement(doubled);
        }
    }
}
