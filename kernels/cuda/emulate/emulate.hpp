// CUDA's words for plain C++, so that the kernels run without a GPU: every thread of a block is a fiber, and a fiber runs
// until it waits for others of its warp or block. Slow; for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

#define __device__
#define __global__
#define __forceinline__ inline
#define __shared__ static
#define __align__(n) __attribute__((aligned(n)))
#define __launch_bounds__(...)

struct Dimensions {
    unsigned x, y, z;
};
extern Dimensions threadIdx, blockIdx, blockDim, gridDim;

struct uint2 {
    unsigned x, y;
} __attribute__((aligned(8)));
struct uint4 {
    unsigned x, y, z, w;
} __attribute__((aligned(16)));
struct int4 {
    int x, y, z, w;
} __attribute__((aligned(16)));
struct int2 {
    int x, y;
} __attribute__((aligned(8)));
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }

inline int __popc(unsigned v) { return __builtin_popcount(v); }
inline int __clz(unsigned v) { return v ? __builtin_clz(v) : 32; }
inline int __ffs(int v) { return __builtin_ffs(v); }
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
    return (unsigned)(((unsigned long long)high << 32 | low) >> (shift & 31));
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
    return (unsigned)(((unsigned long long)high << 32 | low) << (shift & 31) >> 32);
}
inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
    const unsigned long long bytes = (unsigned long long)b << 32 | a;
    unsigned out = 0;
    for (int i = 0; i < 4; i++) out |= (unsigned)(bytes >> 8 * (selector >> 4 * i & 7) & 0xFF) << 8 * i;
    return out;
}
inline int __float_as_int(float v) {
    int bits;
    memcpy(&bits, &v, 4);
    return bits;
}
inline float __int_as_float(int bits) {
    float v;
    memcpy(&v, &bits, 4);
    return v;
}
template <class T> T min(T a, T b) { return b < a ? b : a; }
template <class T> T max(T a, T b) { return a < b ? b : a; }

// The lane's values of a warp, exchanged when all 32 lanes have come; a lane that has ended is an error.
unsigned exchange(unsigned value, const std::function<unsigned(const unsigned *values, unsigned lane)> &read);

void __syncthreads();
inline void __syncwarp() {
    exchange(0, [](const unsigned *, unsigned) { return 0u; });
}
inline unsigned __shfl_sync(unsigned, unsigned value, int source) {
    return exchange(value, [=](const unsigned *values, unsigned) { return values[source & 31]; });
}
inline unsigned __shfl_up_sync(unsigned, unsigned value, unsigned distance) {
    return exchange(value, [=](const unsigned *values, unsigned lane) { return values[lane < distance ? lane : lane - distance]; });
}
inline unsigned __shfl_down_sync(unsigned, unsigned value, unsigned distance) {
    return exchange(value, [=](const unsigned *values, unsigned lane) { return values[lane + distance > 31 ? lane : lane + distance]; });
}
inline unsigned __ballot_sync(unsigned, bool value) {
    return exchange(value, [](const unsigned *values, unsigned) {
        unsigned mask = 0;
        for (int i = 0; i < 32; i++) mask |= values[i] << i;
        return mask;
    });
}
inline bool __any_sync(unsigned mask, bool value) { return __ballot_sync(mask, value) != 0; }
inline unsigned atomicAdd(unsigned *at, unsigned value) {
    const unsigned before = *at;
    *at += value;
    return before;
}
inline unsigned atomicExch(unsigned *at, unsigned value) {
    const unsigned before = *at;
    *at = value;
    return before;
}
// One thread runs at a time.
inline void __threadfence_block() {}
inline void __nanosleep(unsigned) {}
inline unsigned atomicOr(unsigned *at, unsigned value) {
    const unsigned before = *at;
    *at |= value;
    return before;
}
