// What device code is written in: types of known size, and CUDA's words, which the emulator gives a meaning where this is
// compiled as plain C++.
#pragma once

#ifndef __CUDACC__
#include "emulate/emulate.hpp"
#endif

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;
using i8 = signed char;
using i16 = short;
using i32 = int;

#define INLINE __device__ __forceinline__

constexpr u32 WARP = 32;
constexpr u32 ALL_LANES = 0xFFFFFFFFu;

// Inclusive sum over the lanes up to this one.
INLINE u32 warp_sum_up_to(u32 value, u32 lane) {
#pragma unroll
    for (u32 distance = 1; distance < WARP; distance *= 2) {
#ifdef __CUDACC__
        // The exchange itself tells whether there is such a lane.
        asm volatile("{\n\t"
            ".reg .pred is_there;\n\t"
            ".reg .u32 other;\n\t"
            "shfl.sync.up.b32 other|is_there, %0, %1, 0, -1;\n\t"
            "@is_there add.u32 %0, %0, other;\n\t"
            "}"
            : "+r"(value)
            : "r"(distance));
#else
        const u32 other = __shfl_up_sync(ALL_LANES, value, distance);
        value += lane >= distance ? other : 0;
#endif
    }
    (void)lane;
    return value;
}

// Whether something holds for any lane that is here as well.
INLINE bool any_here(bool value) {
#ifdef __CUDACC__
    return __any_sync(__activemask(), value);
#else
    return value;
#endif
}

// The value of the lane below or above by one.
INLINE i32 shuffle_up(i32 value) { return (i32)__shfl_up_sync(ALL_LANES, (u32)value, 1); }
INLINE i32 shuffle_down(i32 value) { return (i32)__shfl_down_sync(ALL_LANES, (u32)value, 1); }
INLINE float shuffle_up(float value) { return __int_as_float(shuffle_up(__float_as_int(value))); }
INLINE float shuffle_down(float value) { return __int_as_float(shuffle_down(__float_as_int(value))); }

// Two words at a multiple of eight bytes.
INLINE void store_two(void *at, u32 first, u32 second) { *(u64 *)at = first | (u64)second << 32; }

// The place of the highest bit that is set, of which there is one.
INLINE u32 highest_bit(u32 value) {
#ifdef __CUDACC__
    u32 place;
    asm("bfind.u32 %0, %1;" : "=r"(place) : "r"(value));
    return place;
#else
    return 31 - __clz(value);
#endif
}

// A table in shared memory, by its address there. The address is hidden from the compiler, which would else compute it again
// for each use rather than keep it in a register.
struct SharedTable {
#ifdef __CUDACC__
    u32 address;

    INLINE explicit SharedTable(u32 *table) : address((u32)__cvta_generic_to_shared(table)) {
        asm volatile("" : "+r"(address));
    }

    // Word `index` from word `FROM` on.
    template <u32 FROM> INLINE u32 word(u32 index) const {
        u32 found;
        asm("ld.shared.u32 %0, [%1 + %2];" : "=r"(found) : "r"(address + 4 * index), "n"(4 * FROM));
        return found;
    }

    // Words that change: what is stored before is seen.
    INLINE u32 now(u32 index) const {
        u32 found;
        asm volatile("ld.shared.u32 %0, [%1];" : "=r"(found) : "r"(address + 4 * index) : "memory");
        return found;
    }

    INLINE void set(u32 index, u32 word) const {
        asm volatile("st.shared.u32 [%0], %1;" ::"r"(address + 4 * index), "r"(word) : "memory");
    }

    // Pairs of words.
    template <u32 FROM> INLINE uint2 pair(u32 index) const {
        uint2 found;
        asm("ld.shared.v2.u32 {%0, %1}, [%2 + %3];" : "=r"(found.x), "=r"(found.y) : "r"(address + 8 * index), "n"(4 * FROM));
        return found;
    }
#else
    u32 *table;

    explicit SharedTable(u32 *from) : table(from) {}
    u32 now(u32 index) const { return table[index]; }
    void set(u32 index, u32 word) const { table[index] = word; }
    template <u32 FROM> u32 word(u32 index) const { return table[FROM + index]; }
    template <u32 FROM> uint2 pair(u32 index) const { return {table[FROM + 2 * index], table[FROM + 2 * index + 1]}; }
#endif
};

// The aligned word that a byte is in, and how many bits of it lie before the byte.
INLINE const u32 *aligned(const u8 *byte) { return (const u32 *)((size_t)byte & ~(size_t)3); }
INLINE u32 bits_before(const u8 *byte) { return 8 * ((size_t)byte & 3); }
