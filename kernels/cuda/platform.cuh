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

// The value of the lane below or above by one.
INLINE i32 shuffle_up(i32 value) { return (i32)__shfl_up_sync(ALL_LANES, (u32)value, 1); }
INLINE i32 shuffle_down(i32 value) { return (i32)__shfl_down_sync(ALL_LANES, (u32)value, 1); }
INLINE float shuffle_up(float value) { return __int_as_float(shuffle_up(__float_as_int(value))); }
INLINE float shuffle_down(float value) { return __int_as_float(shuffle_down(__float_as_int(value))); }
