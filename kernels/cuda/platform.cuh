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
        const u32 other = __shfl_up_sync(ALL_LANES, value, distance);
        value += lane >= distance ? other : 0;
    }
    return value;
}
