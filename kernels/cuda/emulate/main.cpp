// Runs a launch series that a test sends on standard input, and answers with what the kernels leave behind.
//
// In 32-bit words, little-endian: bytes of the input and of the output, words of records and samples, blocks, launches; the
// tables; the input, filled up to a whole word; each launch as kernel, grid x and y, threads, jobs, count, first, lanes.
// The answer is the status, the samples and the output.

#include <cstdio>
#include <csetjmp>
#include <cstdlib>
#include <memory>
#include <ucontext.h>
#include <vector>

#include "../lightbox.cu"

Dimensions threadIdx, blockIdx, blockDim, gridDim;

namespace {

[[noreturn]] void fail(const char *why) {
    fprintf(stderr, "emulate: %s\n", why);
    exit(1);
}

struct Fiber {
    // Where it starts, and where it goes on: jumps, unlike changes of context, ask nothing of the system.
    ucontext_t context;
    jmp_buf resume;
    std::unique_ptr<char[]> stack;
    bool started = false, ended = false;
    // Warp and block barriers that this fiber has reached.
    u32 warp_barriers = 0, block_barriers = 0;
};

constexpr size_t STACK_BYTES = 128 << 10;
std::vector<Fiber> fibers;
std::vector<u32> values;
ucontext_t scheduler_context;
jmp_buf scheduler;
u32 current;
const std::function<void()> *body;

void yield() {
    if (_setjmp(fibers[current].resume) == 0) _longjmp(scheduler, 1);
}

void resume() {
    Fiber &fiber = fibers[current];
    if (_setjmp(scheduler) != 0) return;
    if (fiber.started) _longjmp(fiber.resume, 1);
    fiber.started = true;
    swapcontext(&scheduler_context, &fiber.context);
}

void enter() {
    (*body)();
    fibers[current].ended = true;
    yield();
}

// Waits until every fiber from `first` to `end` has reached as many barriers.
template <class Count> void wait(u32 first, u32 end, Count count) {
    const u32 own = ++count(fibers[current]);
    for (;;) {
        bool all = true;
        for (u32 f = first; f < end; f++) {
            if (count(fibers[f]) < own && fibers[f].ended) fail("a thread has ended before a barrier of its warp or block");
            all &= count(fibers[f]) >= own;
        }
        if (all) return;
        yield();
    }
}

void run_block(u32 threads, bool backwards) {
    if (fibers.size() < threads) fibers.resize(threads);
    values.assign(threads, 0);
    for (u32 f = 0; f < threads; f++) {
        Fiber &fiber = fibers[f];
        if (!fiber.stack) fiber.stack.reset(new char[STACK_BYTES]);
        fiber.started = fiber.ended = false;
        fiber.warp_barriers = fiber.block_barriers = 0;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get();
        fiber.context.uc_stack.ss_size = STACK_BYTES;
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, enter, 0);
    }
    for (bool running = true; running;) {
        running = false;
        for (u32 f = 0; f < threads; f++) {
            // In either order, so that a missing barrier shows.
            current = backwards ? threads - 1 - f : f;
            if (fibers[current].ended) continue;
            running = true;
            threadIdx = {current, 0, 0};
            resume();
        }
    }
}

std::vector<u32> read_words(size_t count) {
    std::vector<u32> words(count);
    if (fread(words.data(), 4, count, stdin) != count) fail("the series is cut off");
    return words;
}

void write_bytes(const void *bytes, size_t count) {
    if (fwrite(bytes, 1, count, stdout) != count) fail("the answer cannot be written");
}

}  // namespace

unsigned exchange(unsigned value, const std::function<unsigned(const unsigned *, unsigned)> &read) {
    const u32 own = current, warp = own / WARP * WARP;
    const auto barriers = [](Fiber &fiber) -> u32 & { return fiber.warp_barriers; };
    values[own] = value;
    wait(warp, warp + WARP, barriers);
    const unsigned result = read(&values[warp], own % WARP);
    wait(warp, warp + WARP, barriers);
    return result;
}

void __syncthreads() {
    wait(0, blockDim.x, [](Fiber &fiber) -> u32 & { return fiber.block_barriers; });
}

int main() {
    using Kernel = void (*)(const Launch);
    const Kernel kernels[] = {read_quads_kernel,
                              read_magnitudes_kernel,
                              read_blocks_kernel,
                              refine_kernel,
                              read_passes_kernel,
                              synthesize_reversible_kernel,
                              synthesize_irreversible_kernel,
                              synthesize_small_reversible_kernel,
                              synthesize_small_irreversible_kernel,
                              finish_reversible_kernel,
                              finish_irreversible_kernel,
                              finish_reversible_colours_kernel,
                              finish_irreversible_colours_kernel,
                              finish_kernel};
    const std::vector<u32> sizes = read_words(6);
    const std::vector<u32> tables = read_words(TABLE_WORDS);
    const std::vector<u32> input = read_words((sizes[0] + 3) / 4);
    // What is not written shows.
    std::vector<u8> output(sizes[1], 0xA5);
    std::vector<u32> records(sizes[2], 0xA5A5A5A5), status(sizes[4], 0xA5A5A5A5);
    std::vector<i32> samples(sizes[3], (i32)0xA5A5A5A5);
    for (u32 n = 0; n < sizes[5]; n++) {
        const std::vector<u32> l = read_words(8);
        if (l[0] >= sizeof kernels / sizeof *kernels) fail("there is no such kernel");
        const Launch launch = {(const u8 *)input.data(), tables.data(), records.data(), samples.data(), output.data(),
                               status.data(),            l[4],          l[5],           l[6],           l[7]};
        const std::function<void()> call = [&] { kernels[l[0]](launch); };
        body = &call;
        gridDim = {l[1], l[2], 1};
        blockDim = {l[3], 1, 1};
        for (u32 y = 0; y < l[2]; y++)
            for (u32 x = 0; x < l[1]; x++) {
                blockIdx = {x, y, 0};
                run_block(l[3], (x + y) % 2);
            }
    }
    write_bytes(status.data(), 4 * status.size());
    write_bytes(samples.data(), 4 * samples.size());
    write_bytes(output.data(), output.size());
}
