// The kernels. All take one `Launch`: where memory lies, and the jobs of this launch in the input. kernels/src/device.rs
// says what each is given.

#include "abi.cuh"
#include "finish.cuh"
#include "magsgn.cuh"
#include "passes.cuh"
#include "quads.cuh"
#include "refine.cuh"
#include "wavelet.cuh"

constexpr u32 BLOCK_THREADS = 128;

// MEL and VLC of `count` blocks, `lanes` of them to a warp.
extern "C" __global__ void __launch_bounds__(BLOCK_THREADS, 8) read_quads_kernel(const Launch launch) {
    __shared__ __align__(16) u32 tables[TABLE_PASSES];
    __shared__ u32 above[MOST_QUADS / 16 * BLOCK_THREADS];
    // Many loads at a time, since nothing else can begin before.
    constexpr u32 ALL = TABLE_PASSES / 4, MANY = 8;
    for (u32 from = threadIdx.x; from < ALL; from += MANY * blockDim.x) {
        uint4 words[MANY];
#pragma unroll
        for (u32 n = 0; n < MANY; n++) words[n] = ((const uint4 *)launch.tables)[min(from + n * blockDim.x, ALL - 1)];
#pragma unroll
        for (u32 n = 0; n < MANY; n++) ((uint4 *)tables)[min(from + n * blockDim.x, ALL - 1)] = words[n];
    }
    __syncthreads();
    const u32 lane = threadIdx.x % WARP;
    const u32 warp = (blockIdx.x * blockDim.x + threadIdx.x) / WARP;
    const u32 job = warp * launch.lanes + lane;
    if (lane >= launch.lanes || job >= launch.count) return;
    const CodedBlock block = ((const CodedBlock *)(launch.input + launch.jobs))[job];
    read_quads(launch, block, tables, above + threadIdx.x, blockDim.x, launch.status + job);
}

// Magnitudes and signs of `count` blocks, a warp each.
extern "C" __global__ void __launch_bounds__(BLOCK_THREADS) read_magnitudes_kernel(const Launch launch) {
    __shared__ MagSgnShared shared[BLOCK_THREADS / WARP];
    const u32 warp = threadIdx.x / WARP;
    const u32 job = blockIdx.x * (BLOCK_THREADS / WARP) + warp;
    if (job >= launch.count) return;
    const CodedBlock block = ((const CodedBlock *)(launch.input + launch.jobs))[job];
    read_magnitudes(launch, block, launch.status + job, shared[warp], threadIdx.x % WARP);
}

// Refinement passes of the first `count` blocks that have them: the jobs are numbers of blocks, whose list is at `first`.
extern "C" __global__ void __launch_bounds__(REFINE_THREADS) refine_kernel(const Launch launch) {
    __shared__ RefineShared shared;
    const u32 job = ((const u32 *)(launch.input + launch.jobs))[blockIdx.x];
    if (launch.status[job] != STATUS_SOUND) return;
    const CodedBlock block = ((const CodedBlock *)(launch.input + launch.first))[job];
    refine(launch, block, shared, threadIdx.x);
}

// Coding passes of `count` arithmetic blocks, a warp each. Their segments are listed at `first`; their status begins at number
// `lanes`.
extern "C" __global__ void __launch_bounds__(WARP, 32) read_passes_kernel(const Launch launch) {
    __shared__ PassesShared shared;
    const u32 job = blockIdx.x;
    const ArithmeticBlock &block = ((const ArithmeticBlock *)(launch.input + launch.jobs))[job];
    read_passes(launch, block, launch.status + launch.lanes + job, shared, threadIdx.x);
}

// One wavelet level: a row of the grid for each job, from `first` on, a warp for each strip
// of `lanes` pairs of rows.
template <class Kernel> INLINE void synthesize_level(const Launch &launch) {
    const Synthesis job = ((const Synthesis *)(launch.input + launch.jobs))[launch.first + blockIdx.y];
    const ToSamples<Kernel> out = {launch, job, (job.out - job.u0) % 2 == 0 && job.out_stride % 2 == 0};
    const u32 strip = blockIdx.x * (WAVELET_THREADS / WARP) + threadIdx.x / WARP;
    synthesize<Kernel, 1>(launch, &job, launch.lanes, strip, threadIdx.x % WARP, out);
}

extern "C" __global__ void __launch_bounds__(WAVELET_THREADS) synthesize_reversible_kernel(const Launch launch) {
    synthesize_level<Reversible>(launch);
}

extern "C" __global__ void __launch_bounds__(WAVELET_THREADS) synthesize_irreversible_kernel(const Launch launch) {
    synthesize_level<Irreversible>(launch);
}

// The last wavelet level of COUNT components and the last stage at once, strips as above.
template <class Kernel, u32 COUNT> INLINE void finish_level(const Launch &launch) {
    __shared__ LastLevel job;
    const u32 *from = (const u32 *)((const LastLevel *)(launch.input + launch.jobs) + launch.first + blockIdx.y);
    for (u32 n = threadIdx.x; n < sizeof(LastLevel) / 4; n += blockDim.x) ((u32 *)&job)[n] = from[n];
    __syncthreads();
    const ToOutput<Kernel, COUNT> out = {launch, job, is_rgb(job.finish)};
    const u32 strip = blockIdx.x * (WAVELET_THREADS / WARP) + threadIdx.x / WARP;
    synthesize<Kernel, COUNT>(launch, job.levels, launch.lanes, strip, threadIdx.x % WARP, out);
}

extern "C" __global__ void __launch_bounds__(WAVELET_THREADS) finish_reversible_kernel(const Launch launch) {
    finish_level<Reversible, 1>(launch);
}

extern "C" __global__ void __launch_bounds__(WAVELET_THREADS) finish_irreversible_kernel(const Launch launch) {
    finish_level<Irreversible, 1>(launch);
}

extern "C" __global__ void __launch_bounds__(WAVELET_THREADS) finish_reversible_colours_kernel(const Launch launch) {
    finish_level<Reversible, 3>(launch);
}

extern "C" __global__ void __launch_bounds__(WAVELET_THREADS, 6) finish_irreversible_colours_kernel(const Launch launch) {
    finish_level<Irreversible, 3>(launch);
}

// The last stage: a row of the grid for each job, from `first` on, a thread block for each tile.
extern "C" __global__ void __launch_bounds__(FINISH_THREADS) finish_kernel(const Launch launch) {
    const Finish job = ((const Finish *)(launch.input + launch.jobs))[launch.first + blockIdx.y];
    const u32 width = job.x1 - job.x0, height = job.y1 - job.y0;
    const u32 across = (width + TILE_COLUMNS - 1) / TILE_COLUMNS;
    if (width == 0) return;
    const u32 x = blockIdx.x % across * TILE_COLUMNS + threadIdx.x % WARP * PIXELS;
    const u32 y = blockIdx.x / across * TILE_ROWS + threadIdx.x / WARP;
    if (x < width && y < height) finish_pixels(launch, job, x, y);
}
