// Step one of the cleanup pass (ISO/IEC 15444-15, 7.3.3 to 7.3.6): MEL, CxtVLC and U-VLC codes to a record per quad.
//
// This chain is serial within a block: every code's length tells where the next begins. A thread runs the chain of one
// block and keeps all of its state in registers; how many lanes of a warp do so is the runner's choice.
#pragma once

#include "abi.cuh"
#include "suffix.cuh"

// Events and bits that a pair of quads takes at most, extensions not counted.
constexpr u32 PAIR_EVENTS = 3, PAIR_BITS = 30;

// A pair of quads whose codes have been read, but not what the suffixes of their exponents say.
struct Pending {
    u32 first, second;
    // The entry of U-VLC, and the bits behind the CxtVLC codes.
    u32 low, high, bits;

    INLINE u32 suffix0() const { return bits >> (low >> 8 & 31) & ((1u << (low >> 16 & 15)) - 1); }
    INLINE u32 suffix1() const { return bits >> (low >> 8 & 31) >> (low >> 16 & 15) & ((1u << (high & 15)) - 1); }
    INLINE bool is_extended() const { return suffix0() >= 28 || suffix1() >= 28; }
};

// The chain of a block: what it reads, and where it stands. Its time is that from one table look-up to the next, so all that
// nothing waits for is done while a look-up is under way, and what comes seldom is behind one branch.
struct Chain {
    SharedTable tables;
    VlcBits vlc;
    Mel mel;
    Pending pending;
    // Where the pending pair goes.
    u32 *records;

    INLINE explicit Chain(const u32 *from) : tables(from) {}

    // Extensions of the pending pair (Table 3), for u of 33 and more; then bits and events for the next pair.
    INLINE void catch_up(u32 &u0, u32 &u1) {
        const u32 length0 = pending.suffix0() >= 28 ? 4 : 0, length1 = pending.suffix1() >= 28 ? 4 : 0;
#pragma unroll 1
        for (u32 round = 0; round < 2; round++) {
            vlc.refill();
            if (round || length0 + length1 == 0) continue;
            u0 += (vlc.low & ((1u << length0) - 1)) << (RECORD_EXPONENT + 2);
            u1 += (vlc.low >> length0 & ((1u << length1) - 1)) << (RECORD_EXPONENT + 2);
            vlc.skip(length0 + length1);
        }
        mel.refill();
    }

    INLINE void exponents(u32 &u0, u32 &u1) const {
        u0 = (pending.low & 0xFF000000u) + (pending.suffix0() << RECORD_EXPONENT);
        u1 = (pending.high & 0xFF000000u) + (pending.suffix1() << RECORD_EXPONENT);
    }

    INLINE void store(u32 u0, u32 u1) { *(uint2 *)records = make_uint2(pending.first + u0, pending.second + u1); }

    // Reads two quads, the second of which may lie outside, while the pair before them is finished. `over` has their context bits
    // from the row above, `left` the entry of the quad before; it becomes that of the second.
    template <bool FIRST_ROW> INLINE void pair(u32 over, bool both, u32 &left, u32 &bottoms) {
        constexpr u32 TABLE = FIRST_ROW ? 0 : TABLE_OTHER;
        const u32 context_mask = 7u << RECORD_CONTEXT;
        u32 context = (over & 5) << RECORD_CONTEXT | (left & context_mask);
        u32 found = tables.word<TABLE>(context | (vlc.low & 127));
        u32 u0, u1;
        exponents(u0, u1);
        if (pending.is_extended() || vlc.count < PAIR_BITS || mel.events < PAIR_EVENTS) {
            catch_up(u0, u1);
            found = tables.word<TABLE>(context | (vlc.low & 127));
        }
        store(u0, u1);
        records += 2;
        // In context 0 a MEL event says whether there is a code at all; outside there is none.
        u32 bits = vlc.low, asked = context == 0;
        const u32 first = !asked || mel.event(0) ? found : 0;
        bits >>= first & 7;
        context = (over >> 2 & 5) << RECORD_CONTEXT | (first & context_mask);
        found = tables.word<TABLE>(context | (bits & 127));
        const bool asks = context == 0 && both;
        const bool none = !both || (asks && !mel.event(asked));
        const u32 second = none ? 0 : found;
        asked += asks;
        bits >>= second & 7;
        left = second;
        u32 mode = (first & 1u << RECORD_U_OFF) | (second & 1u << RECORD_U_OFF) << 1;
        if (FIRST_ROW) {
            // A MEL event tells how two codes are joined.
            const bool joined = mode == 3u << RECORD_U_OFF;
            if (joined) mode = (mel.event(asked) ? 5u : 4u) << RECORD_U_OFF;
            asked += joined;
        }
        mel.skip(asked);
        const uint2 code = tables.pair<TABLE_UVLC>(mode | (bits & 63));
        // Samples 1 and 3 of each quad are at its bottom.
        const u32 bottom0 = (first >> (RECORD_RHO + 1) & 1) | (first >> (RECORD_RHO + 2) & 2);
        const u32 bottom1 = (second >> (RECORD_RHO + 1) & 1) | (second >> (RECORD_RHO + 2) & 2);
        bottoms = bottoms >> 4 | bottom0 << 28 | bottom1 << 30;
        vlc.skip((first & 7) + (second & 7) + (code.x & 31));
        vlc.refill_plain();
        pending = {first, second, code.x, code.y, bits};
    }

    // Reads a row of quads. `above` holds one word for every 16 quads, `pitch` apart: the significance of the bottom samples of
    // the row above, two bits to a quad; then of this one.
    template <bool FIRST_ROW> INLINE void row(u32 quads, u32 *above, u32 pitch) {
        u32 left = 0, before = 0, word = above[0];
        for (u32 first = 0; first < quads; first += 16, above += pitch) {
            const u32 after = first + 16 < quads ? above[pitch] : 0;
            // Bits 2i and 2i + 2: the two context bits of quad i that come from the row above (7.3.5).
            u64 around = before | (u64)word << 1 | (u64)(after & 1) << 33;
            around |= around >> 1;
            const u32 count = min(quads - first, 16u);
            u32 bottoms = 0;
            for (u32 i = 0; i < count; i += 2, around >>= 4)
                pair<FIRST_ROW>((u32)around, i + 1 < count, left, bottoms);
            // As if there had been 16.
            above[0] = bottoms >> (32 - 4 * ((count + 1) / 2));
            before = word >> 31;
            word = after;
        }
        u32 u0, u1;
        exponents(u0, u1);
        if (pending.is_extended()) catch_up(u0, u1);
        store(u0, u1);
        // It is stored again when the next row begins.
        pending = {pending.first + u0, pending.second + u1, 0, 0, 0};
    }
};

// Reads every quad of a block into its records, an even number to a row, and returns its status. `done` is told how many rows
// there are after each. `above` holds a word for every 16 quads, `pitch` apart.
template <class Done>
INLINE u32 read_quads(const Launch &launch, const CodedBlock &block, const u32 *tables, u32 *above, u32 pitch, const Done &done) {
    const u32 quads = (block.width + 1u) / 2, rows = (block.height + 1u) / 2;
    for (u32 w = 0; 16 * w < quads; w++) above[w * pitch] = 0;
    Chain chain(tables);
    chain.vlc.start(launch.input, block.suffix_end, block.suffix_bytes);
    chain.mel.start(launch.input, block.suffix_end - block.suffix_bytes, block.suffix_bytes);
    chain.records = launch.records + block.records - 2;
    chain.pending = {};
    chain.row<true>(quads, above, pitch);
    u32 y = 0;
    while (chain.vlc.count >= chain.vlc.zeros) {
        done(++y);
        if (y == rows) return STATUS_SOUND;
        chain.row<false>(quads, above, pitch);
    }
    return status_of(y, STATUS_VLC_END);
}

// How far the chain of a block has come, for another warp of the same thread block.
struct Progress {
    // Rows of quads that are read, and whether that is all.
    u32 rows;
    u32 status;

    static constexpr u32 ENDED = 0x80000000u;

    INLINE void report(u32 count) {
        __threadfence_block();
        atomicExch(&rows, count);
    }

    INLINE void end(u32 with) {
        atomicExch(&status, with);
        __threadfence_block();
        atomicOr(&rows, ENDED);
    }

    // The status of a block whose chain has come to its end.
    INLINE u32 end_status() { return atomicOr(&status, 0u); }

    // Waits until a row is read or will never be; all lanes of a warp call it together.
    INLINE bool reach(u32 row, u32 lane) {
        for (;;) {
            const u32 now = __shfl_sync(ALL_LANES, lane == 0 ? atomicOr(&rows, 0u) : 0, 0);
            if ((now & ~ENDED) > row || now & ENDED) {
                __threadfence_block();
                return (now & ~ENDED) > row;
            }
            __nanosleep(100);
        }
    }
};

// The rows of a block while its chain is read.
struct GrowingRows {
    Progress &progress;
    u32 lane;

    INLINE bool reach(u32 row) const { return progress.reach(row, lane); }
};
