// Step two of the cleanup pass (ISO/IEC 15444-15, 7.3.7 and 7.3.8): exponent bounds, then magnitudes and signs.
//
// A warp runs one block, a lane each quad of a row, 32 quads at a time. Where a quad's bits begin is a sum over the quads
// before it. The MagSgn bytes are unstuffed by all lanes together into a ring in shared memory.
#pragma once

#include "abi.cuh"
#include "coefficient.cuh"
#include "unstuff.cuh"

// A stretch takes at most 32 x 4 x 31 bits and a refill adds 1024: together less than the ring holds. Behind it its first words
// come again.
constexpr u32 RING_WORDS = 256, RING_AGAIN = 2;
constexpr u32 MOST_QUADS = 512;

struct MagSgnShared {
    u32 ring[RING_WORDS + RING_AGAIN];
    // Of blocks of more than 32 quads, exponents of the bottom samples 1 and 3 of each quad, for two rows in turn; quad q at
    // q + 1, zeros around.
    u16 bottoms[2][MOST_QUADS + 2];
};

// The MagSgn bits of a segment (7.1.2): a byte after an 0xFF carries seven bits; behind the end there are ones.
struct MagSgnBits {
    u32 *ring;
    u32 lane;
    // Bits in the ring so far.
    u32 filled;
    // Of the next chunk, the words around those of this lane, how many bits of the first one lie before, how many bytes there are
    // from there to the end, and the bytes themselves.
    const u32 *next;
    u32 before;
    i32 left;
    u32 ahead;
    // Whether the last byte of the last chunk was 0xFF.
    u32 after_ones;

    INLINE void load() {
        ahead = 0;
        if (left > 0) ahead = __funnelshift_r(next[0], next[1], before);
        next += WARP;
    }

    INLINE void start(const u8 *first, u32 length, u32 *shared, u32 own_lane) {
        ring = shared;
        lane = own_lane;
        filled = 0;
        next = aligned(first) + lane;
        before = bits_before(first);
        left = (i32)length - (i32)(4 * lane);
        after_ones = 0;
        load();
        if (lane == 0) ring[0] = 0;
    }

    // Unstuffs 128 bytes more.
    INLINE void fill() {
        __syncwarp();
        ring[((filled >> 5) + 1 + lane) % RING_WORDS] = 0;
        const u32 valid = (u32)min(max(left, 0), 4), within = valid < 4 ? (1u << 8 * valid) - 1 : ~0u, top = 0x80808080u;
        u32 word = ahead & within;
        left -= 4 * WARP;
        load();

        const u32 ones = ((word & ~top) + 0x01010101u) & word & top;
        u32 first = __shfl_up_sync(ALL_LANES, ones >> 31, 1);
        if (lane == 0) first = after_ones;
        after_ones = __shfl_sync(ALL_LANES, ones >> 31, WARP - 1);
        const u32 stuffed = (ones << 8 | first << 7) & within;
        word = without(word, stuffed);
        if (valid < 4) word |= ~0u << (8 * valid - __popc(stuffed));
        filled += append<RING_WORDS>(ring, filled, word, valid < 4 ? 32 : 32 - __popc(stuffed), lane);
        if (lane < RING_AGAIN) ring[RING_WORDS + lane] = ring[lane];
        __syncwarp();
    }

    // Two values of at most 31 bits each from `position` on. The lowest five bits of a length are those to be read, those of a
    // width the same and a one above them where that is known.
    INLINE void take(u32 position, u32 length0, u32 width0, u32 length1, u32 width1, u32 &first, u32 &second) const {
        const u32 *from = ring + (position >> 5) % RING_WORDS;
        const u32 low = __funnelshift_r(from[0], from[1], position), high = __funnelshift_r(from[1], from[2], position);
        first = (low | all_from(length0)) & ~all_from(width0);
        second = (__funnelshift_r(low, high, length0) | all_from(length1)) & ~all_from(width1);
    }

  private:
    INLINE static u32 all_from(u32 bit) { return __funnelshift_l(0, ~0u, bit); }
};

// Four bits of a record as a byte each, in the order of the stream: samples 0, 1, 2, 3.
INLINE u32 by_samples(u32 four) { return four * (1u | 1u << 6 | 1u << 15 | 1u << 21) & 0x01010101u; }

// The greatest exponent of the bottom samples around a quad in the row above (7.3.7), less one, but at least 1: where all quads
// of a row have a lane.
struct BottomsInLanes {
    // What stands for the exponents of samples 1 and 3: the values, whose bits they count.
    u32 one = 0, three = 0;

    // Lanes at the ends meet themselves once more.
    INLINE u32 kappa(u32, u32) const {
        const u32 west = __shfl_up_sync(ALL_LANES, three, 1), east = __shfl_down_sync(ALL_LANES, one, 1);
        return highest_bit(west | one | three | east | 2);
    }

    INLINE void put(u32, u32, u32 value1, u32 value3) { one = value1, three = value3; }
    INLINE void end_row() {}
};

// The same for any number.
struct BottomsInMemory {
    u16 (*const bottoms)[MOST_QUADS + 2];

    INLINE BottomsInMemory(MagSgnShared &shared, u32 quads, u32 lane) : bottoms(shared.bottoms) {
        for (u32 q = lane; q < quads + 2; q += WARP) bottoms[0][q] = bottoms[1][q] = 0;
        __syncwarp();
    }

    INLINE u32 kappa(u32 y, u32 q) const {
        const u16 *above = bottoms[(y + 1) % 2];
        const u32 west = above[q] >> 8, north = above[q + 1], east = above[q + 2] & 0xFF;
        const u32 most = max(max(west, east), max(north & 0xFF, north >> 8));
        return most > 2 ? most - 1 : 1;
    }

    INLINE void put(u32 y, u32 q, u32 value1, u32 value3) {
        bottoms[y % 2][q + 1] = (u16)((32 - __clz((int)value1)) | (32 - __clz((int)value3)) << 8);
    }

    INLINE void end_row() { __syncwarp(); }
};

// The rows of quads of a block whose quads have all been read, up to a damaged one.
struct WholeRows {
    u32 count;

    INLINE bool reach(u32 row) const { return row < count; }
};

// Where a block's coefficients go: two columns to a lane.
struct Columns {
    i32 *samples;
    // Of the upper samples of the first quad of a row.
    u32 row;
    u32 stride, width, height;
    bool paired;

    INLINE Columns(const Launch &launch, const CodedBlock &block)
        : samples(launch.samples), row(block.samples), stride(block.stride), width(block.width), height(block.height) {
        paired = row % 2 == 0 && stride % 2 == 0;
    }

    INLINE void put_two(u32 at, bool two, i32 left, i32 right) const {
        if (two && paired) {
            store_two(samples + at, (u32)left, (u32)right);
        } else {
            samples[at] = left;
            if (two) samples[at + 1] = right;
        }
    }

    // The samples of quad `q` of row `y`.
    INLINE void put(u32 y, u32 q, const i32 *four) const {
        const bool two = 2 * q + 1 < width;
        put_two(row + 2 * q, two, four[0], four[2]);
        if (2 * y + 1 < height) put_two(row + stride + 2 * q, two, four[1], four[3]);
    }

    INLINE void end_row() { row += 2 * stride; }
};

// Why a row of `quads` with these records is damaged; each lane looks at its own from `q` on. What lies outside is told before what
// is too great: the samples `outside` of each quad, and those `beyond` of the last one.
INLINE u32 reason_of_damage(const u32 *records, u32 q, u32 quads, u32 outside, u32 beyond) {
    bool is_outside = false;
    for (; q < quads; q += WARP) is_outside |= (records[q] & (outside | (q + 1 == quads ? beyond : 0))) != 0;
    return __any_sync(ALL_LANES, is_outside) ? STATUS_OUTSIDE : STATUS_EXPONENT;
}

// Decodes the rows of a block that `ready` reaches to coefficients.
template <class Rows, class Coefficients, class Bottoms>
INLINE u32 read_rows(const Launch &launch, const CodedBlock &block, const Rows &ready, const Coefficients &coefficients,
                     Bottoms bottoms, MagSgnShared &shared, u32 lane) {
    const u32 quads = (block.width + 1u) / 2, rows = (block.height + 1u) / 2;
    const u32 greatest = block.missing + 2, row_records = (quads + 1) & ~1u;
    const u32 beyond = block.width % 2 ? (1u << 1 | 1u << 3) << RECORD_RHO : 0;
    Columns out(launch, block);
    MagSgnBits bits;
    bits.start(launch.input + block.magsgn, block.magsgn_bytes, shared.ring, lane);
    __syncwarp();
    const u32 *records = launch.records + block.records;
    u32 position = 0;
    // Records are loaded a stretch ahead.
    bool more = ready.reach(0);
    u32 ahead = more && lane < quads ? records[lane] : 0;
    for (u32 y = 0; more; y++) {
        const u32 outside = 2 * y + 2 > block.height ? (1u << 2 | 1u << 3) << RECORD_RHO : 0;
        for (u32 first = 0; first < quads; first += WARP) {
            const u32 q = first + lane, record = ahead;
            const bool row_ends = first + WARP >= quads;
            if (row_ends) more = y + 1 < rows && ready.reach(y + 1);
            const u32 next = row_ends ? row_records + lane : q + WARP;
            const bool is_next = row_ends ? more && lane < quads : next < quads;
            ahead = is_next ? records[next] : 0;
            const u32 above = bottoms.kappa(y, q);
            const u32 bound = (record >> RECORD_EXPONENT) + (record >> RECORD_SEVERAL & 1 ? above : 1);
            const bool is_outside = record & (outside | (q + 1 == quads ? beyond : 0));
            if (__any_sync(ALL_LANES, is_outside || bound > greatest))
                return status_of(y, reason_of_damage(records, q, quads, outside, beyond));

            const u32 significant = by_samples(record >> RECORD_RHO & 15);
            const u32 lengths = significant * bound - by_samples(record >> RECORD_E_K & 15);
            // Each with those before it.
            const u32 ends = lengths * 0x01010101u, sum = ends >> 24;
            const u32 end = warp_sum_up_to(sum, lane);
            const u32 total = __shfl_sync(ALL_LANES, end, WARP - 1);
            while (bits.filled - position < total) bits.fill();
            const u32 at = position + end - sum;
            position += total;

            const u32 widths = lengths + by_samples(record >> RECORD_E_1 & 15);
            u32 values[4];
            bits.take(at, lengths, widths, lengths >> 8, widths >> 8, values[0], values[1]);
            bits.take(at + (ends >> 8 & 0xFF), lengths >> 16, widths >> 16, lengths >> 24, widths >> 24, values[2], values[3]);
            i32 made[4];
#pragma unroll
            for (u32 n = 0; n < 4; n++) made[n] = coefficients.cleanup(values[n], __byte_perm(significant, 0, 0x4440 + n));
            if (q < quads) {
                bottoms.put(y, q, values[1], values[3]);
                out.put(y, q, made);
            }
        }
        bottoms.end_row();
        out.end_row();
        records += row_records;
    }
    return STATUS_SOUND;
}

template <class Rows, class Coefficients>
INLINE u32 read_rows(const Launch &launch, const CodedBlock &block, const Rows &ready, const Coefficients &coefficients,
                     MagSgnShared &shared, u32 lane) {
    const u32 quads = (block.width + 1u) / 2;
    if (quads <= WARP) return read_rows(launch, block, ready, coefficients, BottomsInLanes(), shared, lane);
    return read_rows(launch, block, ready, coefficients, BottomsInMemory(shared, quads, lane), shared, lane);
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
    if (PlainIntegers::takes(store)) return read_rows(launch, block, ready, PlainIntegers(), shared, lane);
    if (PlainReals::takes(store, block.missing + 2u))
        return read_rows(launch, block, ready, PlainReals{store.half_weight}, shared, lane);
    return read_rows(launch, block, ready, store, BottomsInMemory(shared, (block.width + 1u) / 2, lane), shared, lane);
}
