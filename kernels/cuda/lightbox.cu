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

// Takes the tables of the chain into shared memory; many loads at a time, since nothing else can begin before.
INLINE void load_tables(const Launch &launch, u32 *tables) {
    constexpr u32 ALL = TABLE_PASSES / 4, MANY = 8;
    for (u32 from = threadIdx.x; from < ALL; from += MANY * blockDim.x) {
        uint4 words[MANY];
#pragma unroll
        for (u32 n = 0; n < MANY; n++) words[n] = ((const uint4 *)launch.tables)[min(from + n * blockDim.x, ALL - 1)];
#pragma unroll
        for (u32 n = 0; n < MANY; n++) ((uint4 *)tables)[min(from + n * blockDim.x, ALL - 1)] = words[n];
    }
    __syncthreads();
}

// MEL and VLC of `count` blocks, `lanes` of them to a warp.
extern "C" __global__ void __launch_bounds__(BLOCK_THREADS, 5) read_quads_kernel(const Launch launch) {
    __shared__ __align__(16) u32 tables[TABLE_PASSES];
    __shared__ u32 above[MOST_QUADS / 16 * BLOCK_THREADS], rings[VLC_RING * BLOCK_THREADS];
    load_tables(launch, tables);
    const u32 lane = threadIdx.x % WARP;
    const u32 warp = (blockIdx.x * blockDim.x + threadIdx.x) / WARP;
    const u32 job = warp * launch.lanes + lane;
    if (lane >= launch.lanes || job >= launch.count) return;
    const CodedBlock block = ((const CodedBlock *)(launch.input + launch.jobs))[job];
    using Words = RingOfWords<BLOCK_THREADS>;
    const VlcBits<Words> vlc(Words(launch.input, block, rings + threadIdx.x));
    launch.status[job] = read_quads(launch, block, tables, vlc, above + threadIdx.x, blockDim.x, [](u32) {});
}

// Magnitudes and signs of `count` blocks, a warp each.
extern "C" __global__ void __launch_bounds__(BLOCK_THREADS, 6) read_magnitudes_kernel(const Launch launch) {
    __shared__ MagSgnShared shared[BLOCK_THREADS / WARP];
    const u32 warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    const u32 job = blockIdx.x * (BLOCK_THREADS / WARP) + warp;
    if (job >= launch.count) return;
    const CodedBlock block = ((const CodedBlock *)(launch.input + launch.jobs))[job];
    const u32 found = block.passes ? launch.status[job] : STATUS_SOUND;
    const WholeRows ready = {found == STATUS_SOUND ? (block.height + 1u) / 2 : found / STATUS_REASONS};
    const u32 status = read_magnitudes(launch, block, ready, shared[warp], lane);
    if (lane == 0) launch.status[job] = status == STATUS_SOUND ? found : status;
}

// Both for each of few blocks, a thread block each: its first warp reads the quads, and the second one magnitudes and signs as
// soon as a row of quads is there.
extern "C" __global__ void __launch_bounds__(2 * WARP, 12) read_blocks_kernel(const Launch launch) {
    __shared__ __align__(16) u32 tables[TABLE_PASSES];
    __shared__ u32 above[MOST_QUADS / 16], words[PLAIN_WORDS];
    __shared__ MagSgnShared shared;
    __shared__ Progress progress;
    const u32 job = blockIdx.x, thread = threadIdx.x, lane = thread % WARP;
    if (thread == 0) progress = {0, 0};
    load_tables(launch, tables);
    const CodedBlock block = ((const CodedBlock *)(launch.input + launch.jobs))[job];
    if (thread < WARP) {
        if (block.passes == 0) return;
        const VlcBits<AllWords> vlc(AllWords(launch.input, block, words, lane));
        if (lane) return;
        progress.end(read_quads(launch, block, tables, vlc, above, 1, [&](u32 rows) { progress.report(rows); }));
        return;
    }
    u32 status = read_magnitudes(launch, block, GrowingRows{progress, lane}, shared, lane);
    if (status == STATUS_SOUND && block.passes) {
        progress.reach(~Progress::ENDED, lane);
        status = progress.end_status();
    }
    if (lane == 0) launch.status[job] = status;
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
    const u32 strip = blockIdx.x * (WAVELET_THREADS / WARP) + threadIdx.x / WARP;
    synthesize<Kernel, 1>(launch, &job, launch.lanes, strip, threadIdx.x % WARP, ToSamples<Kernel>(job, launch.samples));
}

extern "C" __global__ void __launch_bounds__(WAVELET_THREADS) synthesize_reversible_kernel(const Launch launch) {
    synthesize_level<Reversible>(launch);
}

extern "C" __global__ void __launch_bounds__(WAVELET_THREADS) synthesize_irreversible_kernel(const Launch launch) {
    synthesize_level<Irreversible>(launch);
}

// Small levels: a row of the grid for each job, whose levels follow each other.
template <class Kernel> INLINE void synthesize_small(const Launch &launch) {
    const SmallLevels &job = ((const SmallLevels *)(launch.input + launch.jobs))[launch.first + blockIdx.y];
    for (const Synthesis &from : job.levels) {
        const Synthesis level = from;
        const u32 strips = synthesis_strips(level, launch.lanes);
        for (u32 strip = threadIdx.x / WARP; strip < strips; strip += blockDim.x / WARP)
            synthesize<Kernel, 1>(launch, &level, launch.lanes, strip, threadIdx.x % WARP,
                                  ToSamples<Kernel>(level, launch.samples));
        __syncthreads();
    }
}

extern "C" __global__ void __launch_bounds__(SMALL_THREADS) synthesize_small_reversible_kernel(const Launch launch) {
    synthesize_small<Reversible>(launch);
}

extern "C" __global__ void __launch_bounds__(SMALL_THREADS) synthesize_small_irreversible_kernel(const Launch launch) {
    synthesize_small<Irreversible>(launch);
}

// The last wavelet level of COUNT components and the last stage at once, strips as above.
template <class Kernel, u32 COUNT> INLINE void finish_level(const Launch &launch, const LastLevel &job) {
    const u32 strip = blockIdx.x * (WAVELET_THREADS / WARP) + threadIdx.x / WARP;
    const ToOutput<Kernel, COUNT> out(job.finish, launch.output);
    synthesize<Kernel, COUNT>(launch, job.levels, launch.lanes, strip, threadIdx.x % WARP, out);
}

// One component's job fits into registers.
template <class Kernel> INLINE void finish_grey(const Launch &launch) {
    const LastLevel job = ((const LastLevel *)(launch.input + launch.jobs))[launch.first + blockIdx.y];
    finish_level<Kernel, 1>(launch, job);
}

template <class Kernel> INLINE void finish_colours(const Launch &launch) {
    __shared__ LastLevel job;
    const u32 *from = (const u32 *)((const LastLevel *)(launch.input + launch.jobs) + launch.first + blockIdx.y);
    for (u32 n = threadIdx.x; n < sizeof(LastLevel) / 4; n += blockDim.x) ((u32 *)&job)[n] = from[n];
    __syncthreads();
    finish_level<Kernel, 3>(launch, job);
}

extern "C" __global__ void __launch_bounds__(WAVELET_THREADS) finish_reversible_kernel(const Launch launch) {
    finish_grey<Reversible>(launch);
}

extern "C" __global__ void __launch_bounds__(WAVELET_THREADS) finish_irreversible_kernel(const Launch launch) {
    finish_grey<Irreversible>(launch);
}

extern "C" __global__ void __launch_bounds__(WAVELET_THREADS) finish_reversible_colours_kernel(const Launch launch) {
    finish_colours<Reversible>(launch);
}

extern "C" __global__ void __launch_bounds__(WAVELET_THREADS, 3) finish_irreversible_colours_kernel(const Launch launch) {
    finish_colours<Irreversible>(launch);
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
