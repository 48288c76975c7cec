// Step two of the cleanup pass (ISO/IEC 15444-15, 7.3.7 and 7.3.8): exponent bounds, then magnitudes and signs.
//
// A warp runs one block, a lane each quad of a row, 32 quads at a time. Where a quad's bits begin is a sum over the quads
// before it. The MagSgn bytes are unstuffed by all lanes together into a ring in shared memory.
#pragma once

#include "abi.cuh"
#include "coefficient.cuh"

// A stretch takes at most 32 x 4 x 31 bits and a refill adds 1024: together less than the ring holds.
constexpr u32 RING_WORDS = 256;
constexpr u32 CHUNK_BITS = 32 * WARP;
constexpr u32 MOST_QUADS = 512;

struct MagSgnShared {
    u32 ring[RING_WORDS];
    // Exponents of the bottom samples 1 and 3 of each quad, for two rows in turn; quad q at q + 1, zeros around.
    u16 bottoms[2][MOST_QUADS + 2];
};

// The MagSgn bits of a segment (7.1.2): a byte after an 0xFF carries seven bits; behind the end there are ones.
struct MagSgnBits {
    const u8 *from;
    u32 bytes;
    u32 *ring;
    u32 lane;
    // Bits in the ring so far, the next chunk's first byte, its word of this lane, and whether the byte before was 0xFF.
    u32 filled;
    u32 at;
    u32 ahead;
    u32 after_ones;

    // Four bytes from one at a multiple of four on.
    INLINE u32 load(u32 byte) const {
        if (byte >= bytes) return 0;
        const u32 *words = aligned(from + byte);
        return __funnelshift_r(words[0], words[1], bits_before(from));
    }

    INLINE void start(const u8 *first, u32 length, u32 *shared, u32 own_lane) {
        from = first;
        bytes = length;
        ring = shared;
        lane = own_lane;
        filled = 0;
        at = 0;
        after_ones = 0;
        ahead = load(4 * lane);
        if (lane == 0) ring[0] = 0;
    }

    // Unstuffs 128 bytes more.
    INLINE void fill() {
        __syncwarp();
        ring[((filled >> 5) + 1 + lane) % RING_WORDS] = 0;
        const u32 own = at + 4 * lane;
        const u32 valid = own < bytes ? min(bytes - own, 4u) : 0;
        const u32 within = valid < 4 ? (1u << 8 * valid) - 1 : ~0u;
        const u32 top = 0x80808080u;
        u32 word = ahead & within;
        at += 4 * WARP;
        ahead = load(at + 4 * lane);

        const u32 ones = ((word & ~top) + 0x01010101u) & word & top;
        u32 before = __shfl_up_sync(ALL_LANES, ones >> 31, 1);
        if (lane == 0) before = after_ones;
        after_ones = __shfl_sync(ALL_LANES, ones >> 31, WARP - 1);
        u32 stuffed = (ones << 8 | before << 7) & within;
        u32 start = 32 * lane, total = CHUNK_BITS;
        if (__ballot_sync(ALL_LANES, stuffed != 0)) {
            const u32 removed = valid == 4 ? __popc(stuffed) : 0;
            const u32 sum = warp_sum_up_to(removed, lane);
            start -= sum - removed;
            total -= __shfl_sync(ALL_LANES, sum, WARP - 1);
        }
        u32 coded = 8 * valid - __popc(stuffed);
        while (stuffed) {
            const u32 bit = 1u << (31 - __clz(stuffed));
            word = (word >> 1 & ~(bit - 1)) | (word & (bit - 1));
            stuffed ^= bit;
        }
        if (valid < 4) word |= ~0u << coded;
        const u32 bit = filled + start;
        __syncwarp();
        atomicOr(&ring[(bit >> 5) % RING_WORDS], word << (bit & 31));
        if (bit & 31) atomicOr(&ring[((bit >> 5) + 1) % RING_WORDS], word >> (32 - (bit & 31)));
        filled += total;
        __syncwarp();
    }

    // At most 31 bits from `position` on.
    INLINE u32 take(u32 position, u32 length) const {
        const u32 low = ring[(position >> 5) % RING_WORDS], high = ring[((position >> 5) + 1) % RING_WORDS];
        return __funnelshift_r(low, high, position & 31) & ((1u << length) - 1);
    }
};

// The rows of quads of a block whose quads have all been read, up to a damaged one.
struct WholeRows {
    u32 count;

    INLINE bool reach(u32 row) const { return row < count; }
};

// Decodes the rows of a block that `ready` reaches to coefficients of a `store`.
template <class Rows, class Coefficients>
INLINE u32 read_rows(
    const Launch &launch, const CodedBlock &block, const Rows &ready, const Coefficients &store, MagSgnShared &shared, u32 lane) {
    const u32 width = block.width, height = block.height, quads = (width + 1) / 2, rows = (height + 1) / 2;
    i32 *out = launch.samples + block.samples;
    const u32 greatest = block.missing + 2;
    const bool paired = ((size_t)out / 4 % 2 == 0) && block.stride % 2 == 0;

    for (u32 q = lane; q < quads + 2; q += WARP) shared.bottoms[0][q] = shared.bottoms[1][q] = 0;
    MagSgnBits bits;
    bits.start(launch.input + block.magsgn, block.magsgn_bytes, shared.ring, lane);
    __syncwarp();
    const u32 *records = launch.records + block.records;
    u32 position = 0;
    // Records are loaded a stretch ahead.
    bool more = ready.reach(0);
    u32 ahead = more && lane < quads ? records[lane] : 0;
    const u32 row_records = (quads + 1) & ~1u;
    for (u32 y = 0; more; y++) {
        const u16 *above = shared.bottoms[(y + 1) % 2];
        u16 *bottoms = shared.bottoms[y % 2];
        u32 outside = 2 * y + 2 > height ? 10u << RECORD_RHO : 0;
        for (u32 first = 0; first < quads; first += WARP) {
            const u32 q = first + lane;
            const bool inside = q < quads;
            const u32 record = ahead;
            const bool row_ends = first + WARP >= quads;
            const u32 next = row_ends ? row_records + lane : q + WARP;
            if (row_ends) more = y + 1 < rows && ready.reach(y + 1);
            const bool is_next = row_ends ? more && lane < quads : q + WARP < quads;
            ahead = is_next ? records[next] : 0;
            const u32 beyond = q + 1 == quads && width % 2 ? 12u << RECORD_RHO : 0;
            u32 kappa = 1;
            if (inside && record >> RECORD_SEVERAL & 1) {
                const u32 west = above[q] >> 8, north = above[q + 1], east = above[q + 2] & 0xFF;
                const u32 most = max(max(west, east), max(north & 0xFF, north >> 8));
                kappa = most > 2 ? most - 1 : 1;
            }
            const u32 bound = (record >> RECORD_EXPONENT) + kappa;
            const bool is_outside = __any_sync(ALL_LANES, (record & (outside | beyond)) != 0);
            const bool is_great = __any_sync(ALL_LANES, inside && bound > greatest);
            if (is_outside || is_great) {
                // What lies outside is told before what is too great, over the whole row.
                u32 reason = is_outside ? STATUS_OUTSIDE : STATUS_EXPONENT;
                if (!is_outside)
                    for (u32 r = q; r < quads; r += WARP) {
                        const u32 last = r + 1 == quads && width % 2 ? 12u << RECORD_RHO : 0;
                        if (records[r] & (outside | last)) reason = STATUS_OUTSIDE;
                    }
                if (__any_sync(ALL_LANES, reason == STATUS_OUTSIDE)) reason = STATUS_OUTSIDE;
                return status_of(y, reason);
            }

            u32 lengths[4], sum = 0;
#pragma unroll
            for (u32 n = 0; n < 4; n++) {
                const bool significant = record >> (RECORD_RHO + n) & 1;
                lengths[n] = significant ? bound - (record >> (RECORD_E_K + n) & 1) : 0;
                sum += lengths[n];
            }
            const u32 end = warp_sum_up_to(sum, lane);
            const u32 total = __shfl_sync(ALL_LANES, end, WARP - 1);
            while (bits.filled - position < total) bits.fill();
            u32 at = position + end - sum;
            position += total;

            u32 exponents[4];
            i32 values[4];
#pragma unroll
            for (u32 n = 0; n < 4; n++) {
                const bool significant = record >> (RECORD_RHO + n) & 1;
                const u32 value = bits.take(at, lengths[n]) | (record >> (RECORD_E_1 + n) & 1) << lengths[n];
                at += lengths[n];
                // The exponent of mu is the number of bits of 2 mu - 1.
                exponents[n] = significant ? 32 - __clz(value | 1) : 0;
                const i32 coefficient = store.cleanup(value);
                values[n] = significant ? coefficient : 0;
            }
            if (inside) {
                bottoms[q + 1] = (u16)(exponents[1] | exponents[3] << 8);
                const bool two = 2 * q + 1 < width;
                i32 *to = out + 2 * y * block.stride + 2 * q;
                if (two && paired) {
                    *(int2 *)to = make_int2(values[0], values[2]);
                } else {
                    to[0] = values[0];
                    if (two) to[1] = values[2];
                }
                if (2 * y + 1 < height) {
                    to += block.stride;
                    if (two && paired) {
                        *(int2 *)to = make_int2(values[1], values[3]);
                    } else {
                        to[0] = values[1];
                        if (two) to[1] = values[3];
                    }
                }
            }
        }
        __syncwarp();
        records += row_records;
    }
    return STATUS_SOUND;
}

// Decodes the rows of a block that `ready` reaches, and returns its status as far as it can tell; all lanes of a warp call it
// together.
template <class Rows>
INLINE u32 read_magnitudes(const Launch &launch, const CodedBlock &block, const Rows &ready, MagSgnShared &shared, u32 lane) {
    if (block.passes == 0) {
        i32 *out = launch.samples + block.samples;
        for (u32 y = 0; y < block.height; y++)
            for (u32 x = lane; x < block.width; x += WARP) out[y * block.stride + x] = 0;
        return STATUS_SOUND;
    }
    const Store store = Store::of(block);
    if (store.refined || store.roi_shift) return read_rows(launch, block, ready, store, shared, lane);
    if (store.reversible) return read_rows(launch, block, ready, PlainIntegers{store.plane}, shared, lane);
    return read_rows(launch, block, ready, PlainReals{store.half_weight}, shared, lane);
}
