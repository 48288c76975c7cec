// From magnitudes and signs to coefficients, as the bits of an integer (5/3) or of a float (9/7).
#pragma once

#include "abi.cuh"

struct Store {
    u32 plane;
    u32 roi_shift;
    bool reversible;
    bool refined;
    // Half a quantisation step, and that times the weight of the last bit-plane.
    float step, half, half_weight;

    INLINE static Store of(const CodedBlock &block) {
        return of(block.plane, block.roi_shift, block.flags, block.passes > 1, block.step);
    }

    INLINE static Store of(const ArithmeticBlock &block) { return of(0, block.roi_shift, block.flags, true, block.step); }

    // A MagSgn value, 2 (mu - 1) + s. A block with refinement passes is left with the sign in the top bit, and twice the
    // magnitude with its middle bit below.
    INLINE i32 cleanup(u32 value, u32 significant) const {
        const u32 middle = (value + 2) | 1;
        if (!significant) return 0;
        if (refined) return (i32)(value << 31 | middle << plane);
        if (reversible) return integer(value & 1, middle << plane >> 1);
        return real(value & 1, (float)middle * half_weight);
    }

    // What the refinement passes leave, and those of an arithmetic block.
    INLINE i32 refinement(u32 doubled) const {
        const u32 magnitude = doubled & 0x7FFFFFFFu;
        if (reversible) return integer(doubled >> 31, magnitude >> 1);
        return real(doubled >> 31, (float)magnitude * half);
    }

  private:
    INLINE static Store of(u32 plane, u32 roi_shift, u8 flags, bool refined, float step) {
        const float half = 0.5f * step;
        return {plane, roi_shift, (flags & BLOCK_REVERSIBLE) != 0, refined, step, half, half * (float)(1u << plane)};
    }

    // Coefficients of a region of interest are those that reach above the background's bit-planes (15444-1, H.1).
    INLINE i32 integer(u32 negative, u32 magnitude) const {
        if (roi_shift && magnitude >> roi_shift) magnitude >>= roi_shift;
        return negative ? -(i32)magnitude : (i32)magnitude;
    }

    INLINE i32 real(u32 negative, float magnitude) const {
        if (roi_shift) {
            const float factor = (float)(1u << roi_shift);
            if (magnitude >= factor * step) magnitude /= factor;
        }
        return __float_as_int(negative ? -magnitude : magnitude);
    }
};

// The same for blocks without refinement passes and region of interest, which are most. What is not significant has a value of 0
// and becomes 0. Integers of all bit-planes:
struct PlainIntegers {
    INLINE static bool takes(const Store &store) {
        return store.reversible && !store.refined && store.roi_shift == 0 && store.plane == 0;
    }

    INLINE i32 cleanup(u32 value, u32 significant) const {
        const u32 sign = significant - 2 * (value & 1);
        return (i32)((value >> 1) * sign + sign);
    }
};

// Reals whose values have 22 bits at most: these are the lowest ones of a float of 2^23 and more.
struct PlainReals {
    static constexpr u32 MOST_BITS = 22;
    float half_weight;

    INLINE static bool takes(const Store &store, u32 bits) {
        return !store.reversible && !store.refined && store.roi_shift == 0 && bits <= MOST_BITS;
    }

    INLINE i32 cleanup(u32 value, u32 significant) const {
        const float magnitude = __int_as_float((i32)((value + 2) | 0x4B000001u)) - 8388608.0f;
        const u32 real = (u32)__float_as_int(magnitude * half_weight) | value << 31;
        return (i32)(significant ? real : 0);
    }
};
